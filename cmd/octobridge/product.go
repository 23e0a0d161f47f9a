package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/idosell"
)

func (p *program) productCommand() *cobra.Command {
	var language string
	cmd := &cobra.Command{
		Use:   "product ID…",
		Short: "Show products with their sizes and stock",
		Long: `Asks the wholesaler for products by their ids and shows what it knows of them,
in the order asked. Exits with 1 where one of them was not found.`,
		Example: "  octobridge product 1101\n  octobridge product 1101 4501 --json",
		GroupID: groupUpstream,
		Args:    cobra.RangeArgs(1, largestPage),
	}
	cmd.Flags().StringVar(&language, "language", "", "names in the language of this `LOCALE`, such as en or pl-PL; else the wholesaler's own")
	p.pricesFlag(cmd)
	return p.upstreamCommand(cmd, func(ctx context.Context, client *idosell.Client, args []string) error {
		query := idosell.ProductQuery{Language: idosell.LanguageID(language)}
		for _, arg := range args {
			id, err := strconv.ParseInt(arg, 10, 64)
			if err != nil || id < 1 {
				return badUsage(cmd, "%q is not the id of a product, which is a number", arg)
			}
			if !slices.Contains(query.IDs, id) {
				query.IDs = append(query.IDs, id)
			}
		}
		byID := map[int64]productView{}
		for product, err := range client.SearchProducts(ctx, query) {
			if err != nil {
				return err
			}
			if slices.Contains(query.IDs, product.ID) {
				byID[product.ID] = p.product(product, query.Language)
			}
		}
		products, missing := []productView{}, []string{}
		for _, id := range query.IDs {
			if view, known := byID[id]; known {
				products = append(products, view)
			} else {
				missing = append(missing, fmt.Sprint(id))
			}
		}
		document := struct {
			Products []productView `json:"products"`
		}{products}
		if err := p.print(document, func(w io.Writer) { p.productSheets(w, products) }); err != nil {
			return err
		}
		if len(missing) > 0 {
			return &answerNo{"the wholesaler has no product " + strings.Join(missing, ", ")}
		}
		return nil
	})
}

// productSheets writes each product with all its details.
func (p *program) productSheets(w io.Writer, products []productView) {
	for i, view := range products {
		if i > 0 {
			fmt.Fprintln(w)
		}
		var about sheet
		about.add("Product", fmt.Sprintf("%d %s", view.ID, view.Name))
		about.add("Code", view.Code)
		about.add("Producer", view.Producer)
		about.add("Category", view.Category)
		about.add("Retail price", view.RetailPrice.text())
		about.add("Promotion", view.PromotionPrice.text())
		about.add("Suggested", view.SRPPrice.text())
		about.add("Account price", view.AccountPrice.text())
		about.add("Unit", view.Unit)
		about.add("Page", view.URL)
		about.add("Pictures", fmt.Sprint(len(view.Pictures)))
		if !view.Visible {
			about.add("Visible", "no")
		}
		io.WriteString(w, about.render())

		sizes := table{columns: []column{{title: "Size", whole: true}, {title: "Name"}, {title: "Code"}, {title: "EAN"}, {title: "Stock", right: true}}}
		if p.prices {
			sizes.columns = append(sizes.columns, column{title: "Account price", right: true})
		}
		for _, size := range view.Sizes {
			sizes.add(size.ID, size.Name, size.CodeExternal, size.CodeProducer, stock([]sizeView{size}), size.AccountPrice.text())
		}
		if len(view.Sizes) > 0 {
			fmt.Fprintln(w)
			io.WriteString(w, sizes.render(p.width()))
		}
	}
}
