package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"octobridge/bridge"
)

// watchEvery is how often a watched list is read.
const watchEvery = 2 * time.Second

// watchOrders shows a list until it is interrupted, which is how it is meant to
// end. A service that does not answer may be starting again: once it has
// answered, it is waited for.
func (p *program) watchOrders(ctx context.Context, client *bridge.OperatorClient, filter bridge.OrderFilter) error {
	show := p.changes()
	if terminal(p.out) && !p.json {
		show = p.redraw
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	down := false
	for first := true; ; first = false {
		list, err := readOrders(ctx, client, filter)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (first || !is[*bridge.OperatorDown](err)):
			return err
		case err != nil && !down:
			p.notice("%v; waiting for it", err)
			down = true
		case err == nil:
			if down = false; first || len(list.Orders) > 0 || terminal(p.out) {
				if err := show(list); err != nil {
					return fmt.Errorf("write the output: %w", err)
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// redraw fills the terminal anew.
func (p *program) redraw(list orderList) error {
	text := orderTable(list, p.width())
	if text == "" {
		text = "No such orders yet.\n"
	}
	_, err := fmt.Fprintf(p.out, "\x1b[H\x1b[2J%s\n%s  Ctrl-C ends it.\n", text, time.Now().Format("15:04:05"))
	return err
}

// changes returns what prints the orders that are new or have changed since it
// was last called, the oldest first: a line each, or with --json a document on a
// line each.
func (p *program) changes() func(orderList) error {
	known := map[string]string{}
	return func(list orderList) error {
		now := map[string]string{}
		for i := len(list.Orders) - 1; i >= 0; i-- {
			order := list.Orders[i]
			line := fmt.Sprintf("%s  %s  %s  %s", clock(order.UpdatedAt), oneLine(order.Request.Reference), statusOf(order), oneLine(order.SupplierID+" "+aboutOrder(order)))
			reference := order.Request.Reference
			if now[reference] = line; known[reference] == line {
				continue
			}
			if p.json {
				text, err := json.Marshal(order)
				if err != nil {
					return err
				}
				line = string(text)
			}
			if _, err := io.WriteString(p.out, line+"\n"); err != nil {
				return err
			}
		}
		known = now
		return nil
	}
}
