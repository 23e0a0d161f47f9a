package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
)

// currencyCode is what may be a code of ISO 4217. One that the service has no rate
// for is left out by it, as visitors' are.
var currencyCode = regexp.MustCompile(`^[A-Za-z]{3}$`)

// facetOptions is how many values of a filter a table lists; JSON has all.
const facetOptions = 10

// searchService are the values of `search` that only a running service answers.
type searchService struct {
	flags    *serviceFlags
	facets   bool
	filters  []string
	currency string
}

// wanted says whether the running service is to be asked, and not the wholesaler.
func (s *searchService) wanted() bool { return s.facets || len(s.filters) > 0 }

// searchFlags gives the command the flags that lead to the running service.
func searchFlags(cmd *cobra.Command) *searchService {
	s := &searchService{}
	cmd.Flags().BoolVar(&s.facets, "facets", false, "ask the running service, as visitors do, and list the filters that it has on offer, too")
	cmd.Flags().StringArrayVar(&s.filters, "filter", nil, "only what has this `PARAM=VALUE`, as --facets lists them, such as producer=12 or price=50-100; may be repeated; asks the running service")
	cmd.Flags().StringVar(&s.currency, "currency", "", "prices and their ranges in this `CURRENCY`, such as EUR, with --facets or --filter; else the shop's")
	return s
}

// filterMap reads --filter.
func (s *searchService) filterMap(cmd *cobra.Command) (map[string]string, error) {
	filters := map[string]string{}
	for _, filter := range s.filters {
		param, value, ok := strings.Cut(filter, "=")
		if !ok || param == "" || value == "" {
			return nil, badUsage(cmd, "--filter %q is not a param with its value, such as producer=12", filter)
		}
		if _, twice := filters[param]; twice {
			return nil, badUsage(cmd, "--filter names %s twice: it can have one value", param)
		}
		filters[param] = value
	}
	return filters, nil
}

// check says what flags of a search do not go together.
func (s *searchService) check(cmd *cobra.Command, prices bool) error {
	switch {
	case s.currency != "" && !currencyCode.MatchString(s.currency):
		return badUsage(cmd, "--currency %q is not a currency: write an ISO 4217 code such as EUR", s.currency)
	case s.wanted() && prices:
		return badUsage(cmd, "--prices shows what the wholesaler tells this account; the service is asked what visitors see: leave one out")
	case !s.wanted() && (cmd.Flags().Changed("server") || cmd.Flags().Changed("data-dir") || cmd.Flags().Changed("currency")):
		return badUsage(cmd, "--server, --data-dir and --currency go with --facets or --filter: without them the wholesaler is asked, not the service")
	}
	return nil
}

// searchOfService asks the running service and prints what visitors would find.
func (p *program) searchOfService(ctx context.Context, service *bridge.OperatorClient, query bridge.CatalogQuery, limit int, facets bool) error {
	result := bridge.CatalogFound{}
	query.PageSize = min(limit, largestPage)
	for query.Page = 1; len(result.Products) < limit; query.Page++ {
		found, err := service.Search(ctx, query)
		if err != nil {
			return err
		}
		products := append(result.Products, found.Products...)
		if query.Page == 1 {
			result = found
		}
		result.Products = products
		if len(found.Products) < query.PageSize || len(products) >= result.Total {
			break
		}
	}
	result.Products = append([]bridge.CatalogProduct{}, result.Products[:min(limit, len(result.Products))]...)
	for _, param := range slices.Sorted(maps.Keys(query.Filters)) {
		if !slices.ContainsFunc(result.Applied, func(f bridge.CatalogFilter) bool { return f.Param == param }) {
			p.notice("--filter %s=%s is left out: the service does not know the filter, or no such value of it", param, query.Filters[param])
		}
	}
	if err := p.print(result, func(w io.Writer) { p.catalogTable(w, result, facets) }); err != nil {
		return err
	}
	if len(result.Products) == 0 {
		sentence := fmt.Sprintf("visitors find nothing for %q", query.Text)
		if len(result.Applied) > 0 {
			sentence += " with these filters"
		}
		return &answerNo{sentence}
	}
	if facets && len(result.Facets) == 0 {
		p.notice("no filter is on offer: the service asks the wholesaler, live, or all that was found is alike. With feed.url it searches the feed, and has filters")
	}
	return nil
}

// catalogTable writes what visitors find, then the filters on offer.
func (p *program) catalogTable(w io.Writer, result bridge.CatalogFound, facets bool) {
	if len(result.Applied) > 0 {
		var applied []string
		for _, f := range result.Applied {
			applied = append(applied, fmt.Sprintf("%s: %s", f.Label, f.ValueLabel))
		}
		io.WriteString(w, hang("Only  ", strings.Join(applied, "; "), p.width())+"\n")
	}
	if len(result.Products) > 0 {
		rows := table{columns: []column{{title: "ID", right: true, whole: true}, {title: "Name"}, {title: "Price", right: true}, {title: "Before", right: true}}}
		for _, product := range result.Products {
			price, before := textOf(product.Price), textOf(product.PrevPrice)
			if before == price {
				before = ""
			}
			rows.add(product.ID, product.Title, price, before)
		}
		io.WriteString(w, rows.render(p.width()))
		if result.Total > len(result.Products) {
			fmt.Fprintf(w, "%d of %d products; --limit shows more.\n", len(result.Products), result.Total)
		}
	}
	if facets && len(result.Facets) > 0 {
		io.WriteString(w, "\n"+facetTable(result.Facets, p.width()))
	}
}

// facetTable lists filters with their values and how many products each leaves.
func facetTable(facets []bridge.CatalogFacet, width int) string {
	rows := table{columns: []column{{title: "Filter"}, {title: "--filter", whole: true}, {title: "Value"}, {title: "Products", right: true}}}
	for _, facet := range facets {
		name := facet.Label
		if name == "" {
			name = facet.Param
		}
		for i, option := range facet.Options {
			if i == facetOptions {
				rows.add("", "", fmt.Sprintf("… and %d more; --json lists them", len(facet.Options)-facetOptions), "")
				break
			}
			rows.add(name, shellWord(facet.Param)+"="+shellWord(option.Value), option.Label, fmt.Sprint(option.Count))
			name = ""
		}
	}
	return rows.render(width)
}

// textOf is a text that may be missing.
func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
