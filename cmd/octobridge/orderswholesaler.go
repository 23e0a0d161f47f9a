package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/idosell"
)

// listAtWholesaler lists the account's orders as the wholesaler has them.
func (p *program) listAtWholesaler(cmd *cobra.Command, filter listFlags) error {
	return p.withClient(cmd, func(ctx context.Context, client *idosell.Client) error {
		begin, err := moment(cmp.Or(filter.since, "30d"), time.Now(), client.Location())
		if err != nil {
			return badUsage(cmd, "--since %w", err)
		}
		query := idosell.OrderQuery{DateType: idosell.DateAdded, Begin: begin}
		for _, status := range filter.statuses {
			query.Statuses = append(query.Statuses, idosell.OrderStatus(status))
		}
		orders, more, err := newest(client.Orders(ctx, query), filter.limit)
		if err != nil {
			return err
		}
		document := struct {
			More   bool        `json:"more"` // there are older ones, left out by --limit
			Orders []orderView `json:"orders"`
		}{more, []orderView{}}
		for _, order := range orders {
			document.Orders = append(document.Orders, p.order(order))
		}
		err = p.print(document, func(w io.Writer) {
			p.orderTable(w, document.Orders)
			if more {
				fmt.Fprintf(w, "Only the newest %d; --limit shows more.\n", filter.limit)
			}
		})
		if err == nil && len(orders) == 0 {
			err = &answerNo{"the wholesaler has no such orders since " + begin.Format("2006-01-02 15:04")}
		}
		return err
	})
}

// moment reads a day, in a time zone, or how long ago: "7d", "12h", "90m".
func moment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, nil
	}
	if days, found := strings.CutSuffix(text, "d"); found {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return now.In(zone).AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.In(zone).Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a day such as 2026-11-01 nor a time ago such as 7d or 12h", text)
}

// newest reads all orders and keeps the newest, so that what is held in memory
// does not grow with what the wholesaler has. more says whether older ones were
// left out.
func newest(all func(func(idosell.Order, error) bool), limit int) (kept []idosell.Order, more bool, err error) {
	shorten := func() {
		slices.SortStableFunc(kept, func(a, b idosell.Order) int {
			return cmp.Or(b.AddedAt.Compare(a.AddedAt), cmp.Compare(b.SerialNumber, a.SerialNumber))
		})
		if len(kept) > limit {
			more = true
			clear(kept[limit:])
			kept = kept[:limit]
		}
	}
	for order, err := range all {
		if err != nil {
			return nil, false, err
		}
		if kept = append(kept, order); len(kept) >= 2*limit+100 {
			shorten()
		}
	}
	shorten()
	return kept, more, nil
}

func (p *program) orderTable(w io.Writer, orders []orderView) {
	if len(orders) == 0 {
		return
	}
	rows := table{columns: []column{
		{title: "Order", whole: true}, {title: "Reference", whole: true}, {title: "Added", whole: true}, {title: "Status"},
		{title: "Recipient"}, {title: "Courier"}, {title: "Parcels", right: true},
	}}
	if p.prices {
		rows.columns = append(rows.columns, column{title: "Account pays", right: true})
	}
	for _, order := range orders {
		rows.add(order.ID, order.Reference, day(order.AddedAt), order.Status,
			order.Recipient.who(), order.Courier, fmt.Sprint(len(order.Parcels)), order.AccountTotal.text())
	}
	io.WriteString(w, rows.render(p.width()))
}
