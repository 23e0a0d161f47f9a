package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/orders"
)

// statusOf is how far an order has come in a word or two: its progress once it is
// placed, its state until then.
func statusOf(order bridge.OperatorOrder) string {
	if order.State == orders.Placed && order.Progress != orders.NotPlaced {
		return strings.ReplaceAll(string(order.Progress), "_", " ")
	}
	return string(order.State)
}

// aboutOrder is what is worth knowing of an order in a line: why it waits, or
// where its parcels are.
func aboutOrder(order bridge.OperatorOrder) string {
	if order.State != orders.Placed {
		waits := ""
		if order.HeldUpBy != "" {
			waits = "waits for " + order.HeldUpBy
		}
		return cmp.Or(order.Reason.Text, string(order.Reason.Code), waits)
	}
	parcels := ""
	if len(order.Parcels) > 0 {
		parcels = order.Parcels[0].Number
	}
	if more := len(order.Parcels) - 1; more > 0 {
		parcels += fmt.Sprintf(" and %d more", more)
	}
	return strings.TrimSpace(order.Courier + " " + parcels)
}

// clock is a time for people, in this machine's time zone; "" for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}

// adviceOn is what to do about an order, with its reference where the advice has
// REF, and that of the order before it for HELD.
func adviceOn(order bridge.OperatorOrder) string {
	return strings.NewReplacer(" REF", " "+shellWord(order.Request.Reference), " HELD", " "+shellWord(order.HeldUpBy)).Replace(order.Advice)
}

// nextLook says when an order is looked at again, "" where it is not.
func nextLook(order bridge.OperatorOrder, now time.Time) string {
	if !order.State.Open() {
		return ""
	}
	wait := order.NextAt.Sub(now)
	if order.NextAt.IsZero() || wait <= 0 {
		return "now"
	}
	return fmt.Sprintf("%s, in %s", order.NextAt.Local().Format("15:04:05"), wait.Round(time.Second))
}
