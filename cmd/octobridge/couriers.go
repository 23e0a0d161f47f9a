package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"octobridge/idosell"
)

// courierView is a courier as the commands print it.
type courierView struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	PickupPoints bool     `json:"pickupPoints"`
	TrackingURL  string   `json:"trackingUrl"`
	Payments     []string `json:"payments"`  // prepaid, cash_on_delivery, tradecredit
	Countries    []string `json:"countries"` // as the wholesaler writes them; empty: not said
}

func (p *program) couriersCommand() *cobra.Command {
	var country string
	cmd := &cobra.Command{
		Use:   "couriers",
		Short: "List the couriers that the wholesaler offers",
		Long: `Lists the couriers that the wholesaler offers, with their ids (an order names
one) and the ways of paying (Dropshipping/getCouriers). Exits with 1 where there
is none.`,
		Example: "  octobridge couriers\n  octobridge couriers --country PL --json",
		GroupID: groupUpstream,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&country, "country", "", "only couriers to this `COUNTRY`: ISO 3166 as in PL, or the wholesaler's id")
	return p.upstreamCommand(cmd, func(ctx context.Context, client *idosell.Client, _ []string) error {
		couriers, err := client.Couriers(ctx, country)
		if err != nil {
			return err
		}
		document := struct {
			Couriers []courierView `json:"couriers"`
		}{[]courierView{}}
		rows := table{columns: []column{
			{title: "ID", right: true, whole: true}, {title: "Name"}, {title: "Pickup points"}, {title: "Payments"}, {title: "Countries"},
		}}
		for _, courier := range couriers {
			view := courierView{
				ID: courier.ID, Name: courier.Name, PickupPoints: courier.HasPickupPoints, TrackingURL: courier.TrackingURL,
				Payments: []string{}, Countries: append([]string{}, courier.Countries...),
			}
			for _, payment := range courier.Payments {
				view.Payments = append(view.Payments, string(payment))
			}
			document.Couriers = append(document.Couriers, view)
			rows.add(fmt.Sprint(view.ID), view.Name, yes(view.PickupPoints), strings.Join(view.Payments, ", "), strings.Join(view.Countries, " "))
		}
		err = p.print(document, func(w io.Writer) {
			if len(rows.rows) > 0 {
				io.WriteString(w, rows.render(p.width()))
			}
		})
		if err == nil && len(couriers) == 0 {
			err = &answerNo{"the wholesaler offers no courier there"}
		}
		return err
	})
}
