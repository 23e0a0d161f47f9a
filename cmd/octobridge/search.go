package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/idosell"
)

// largestPage is how many products one call may ask for.
const largestPage = 100

// searchOrders are the values of --order, with their direction.
var searchOrders = map[string]idosell.Ordering{
	"name":       {Element: idosell.ByName, Direction: idosell.Ascending},
	"price":      {Element: idosell.ByPrice, Direction: idosell.Ascending},
	"price-desc": {Element: idosell.ByPrice, Direction: idosell.Descending},
}

// found is the JSON document of `search`.
type found struct {
	Total    *int          `json:"total"` // null: the wholesaler does not say
	Products []productView `json:"products"`
}

func (p *program) searchCommand() *cobra.Command {
	var limit int
	var order, language string
	cmd := &cobra.Command{
		Use:   "search WORDS…",
		Short: "Find products by words of their name, or by a code",
		Long: `Asks the wholesaler for products (Products/search) and lists them with stock and
retail price. Exits with 1 where nothing was found.

With --facets or --filter the running service is asked in place of the
wholesaler, for what visitors find and the prices that they see.`,
		Example: "  octobridge search kubek\n  octobridge search łańcuch rowerowy --limit 5 --order price\n  octobridge search kubek --json\n  octobridge search kubek --facets\n  octobridge search kubek --filter producer=12 --filter price=50-100",
		GroupID: groupUpstream,
		Args:    cobra.MinimumNArgs(1),
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "list at most `N` products, 1 to 1000")
	cmd.Flags().StringVar(&order, "order", "", "sort by name, price or price-desc; else by relevance, as the wholesaler sees it")
	cmd.Flags().StringVar(&language, "language", "", "names in the language of this `LOCALE`, such as en or pl-PL; else the wholesaler's own")
	p.pricesFlag(cmd)
	served := searchFlags(cmd)
	cmd = p.upstreamCommand(cmd, func(ctx context.Context, client *idosell.Client, args []string) error {
		query := idosell.ProductQuery{Text: strings.Join(args, " "), Language: idosell.LanguageID(language)}
		if order != "" {
			query.OrderBy = []idosell.Ordering{searchOrders[order]}
		}
		result := found{Products: []productView{}}
		for page := 0; len(result.Products) < limit; page++ {
			answer, err := client.SearchProductsPage(ctx, query, page, min(limit, largestPage))
			if err != nil {
				return err
			}
			if answer.Total > 0 {
				result.Total = &answer.Total
			}
			for _, product := range answer.Items {
				result.Products = append(result.Products, p.product(product, query.Language))
			}
			if len(answer.Items) < answer.Size || len(result.Products) == answer.Total {
				break
			}
		}
		result.Products = result.Products[:min(limit, len(result.Products))]
		if err := p.print(result, func(w io.Writer) { p.productTable(w, result) }); err != nil {
			return err
		}
		if len(result.Products) == 0 {
			return &answerNo{fmt.Sprintf("the wholesaler has nothing for %q", query.Text)}
		}
		return nil
	})
	served.flags = reachable(cmd)
	wholesaler := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, known := searchOrders[order]; !known && order != "" {
			return badUsage(cmd, "--order %q is not one of name, price, price-desc", order)
		}
		if limit < 1 || limit > 1000 {
			return badUsage(cmd, "--limit %d is not between 1 and 1000", limit)
		}
		if err := served.check(cmd, p.prices); err != nil {
			return err
		}
		if !served.wanted() {
			return wholesaler(cmd, args)
		}
		filters, err := served.filterMap(cmd)
		if err != nil {
			return err
		}
		service, err := p.service(cmd, served.flags)
		if err != nil {
			return err
		}
		defer service.Close()
		sorting, descending := strings.CutSuffix(order, "-desc")
		return p.searchOfService(cmd.Context(), service, bridge.CatalogQuery{
			Text: strings.Join(args, " "), Locale: language, Currency: served.currency, Order: sorting, Descending: descending, Filters: filters,
		}, limit, served.facets)
	}
	return cmd
}

func (p *program) productTable(w io.Writer, result found) {
	if len(result.Products) == 0 {
		return
	}
	rows := table{columns: []column{
		{title: "ID", right: true, whole: true}, {title: "Code"}, {title: "Name"}, {title: "Producer"},
		{title: "Stock", right: true}, {title: "Retail price", right: true},
	}}
	if p.prices {
		rows.columns = append(rows.columns, column{title: "Account price", right: true})
	}
	for _, view := range result.Products {
		rows.add(fmt.Sprint(view.ID), view.Code, view.Name, view.Producer, stock(view.Sizes), view.retail().text(), view.AccountPrice.text())
	}
	io.WriteString(w, rows.render(p.width()))
	if result.Total != nil && *result.Total > len(result.Products) {
		fmt.Fprintf(w, "%d of %d products; --limit shows more.\n", len(result.Products), *result.Total)
	}
}
