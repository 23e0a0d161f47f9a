package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
)

// oneOfferView is an offer as the commands print it: ONe's offer, its totals, and
// of a kept one when it was opened and read.
type oneOfferView struct {
	*integration.Offer
	Totals    integration.Totals `json:"totals"`
	OpenedAt  *time.Time         `json:"openedAt,omitempty"`  // of a kept one
	FetchedAt *time.Time         `json:"fetchedAt,omitempty"` // of a kept one
}

// viewOfOffer makes the view of an offer.
func viewOfOffer(offer *integration.Offer) oneOfferView {
	return oneOfferView{Offer: offer, Totals: offer.Totals()}
}

// amountIn writes an amount with two decimals, or with as many more as it has, and
// its currency where it is known; "" for none.
func amountIn(amount *decimal.Decimal, currency string) string {
	if amount == nil {
		return ""
	}
	return strings.TrimSpace(amount.StringFixed(max(2, -amount.Exponent())) + " " + currency)
}

// quantityText writes how much of a line's product there is.
func quantityText(line *integration.Line) string {
	return strings.TrimSpace(line.Quantity.String() + " " + line.Unit)
}

// writeOffer writes an offer for people: its head, its lines as a tree, its totals,
// and below what is odd about it.
func (v oneOfferView) write(w io.Writer, width int) {
	var head sheet
	name := v.ID
	if v.Number != "" && v.Number != v.ID {
		name = v.Number + "  " + v.ID
	}
	head.add("Offer", name)
	head.add("Customer", v.Customer)
	head.add("Status", v.Status)
	head.add("Expires", v.Expires)
	head.add("Changed", v.ModifiedAt)
	if v.OpenedAt != nil {
		head.add("Opened", fmt.Sprintf("%s; this is what ONe showed then", clock(*v.OpenedAt)))
	}
	prices := "net, for one unit"
	if v.Currency != "" {
		prices += ", in " + v.Currency
	}
	head.add("Prices", prices)
	io.WriteString(w, head.wrapped(width)+"\n")

	rows := linesTable(v.Offer)
	if len(rows.rows) == 0 {
		fmt.Fprintln(w, "The offer has no lines.")
	} else {
		io.WriteString(w, rows.render(width))
	}
	io.WriteString(w, "\n"+hang("Total  ", v.totalText(), width))
	if odd := v.oddities(width); odd != "" {
		io.WriteString(w, "\n"+odd)
	}
	if about := v.remarks(width); about != "" {
		io.WriteString(w, "\n"+about)
	}
}

// linesTable lists the lines of an offer, each below its parent: at the end, marked
// with "?", those outside the tree, so that each line is there once.
func linesTable(offer *integration.Offer) table {
	rows := table{columns: []column{
		{title: "Product"}, {title: "Code", whole: true}, {title: "Quantity", right: true}, {title: "Price", right: true},
		{title: "Purchase", right: true}, {title: "Line total", right: true},
	}}
	put := func(line *integration.Line, depth int, outside bool) {
		name, currency := oneLine(line.Name), ""
		if line.Currency != offer.Currency {
			currency = oneLine(line.Currency)
		}
		switch {
		case depth == 0 && outside:
			name = "? " + name
		case depth > 0:
			// Two columns a level; a tree that is deeper than a terminal is wide stays
			// readable.
			name = strings.Repeat("  ", min(depth, deepest)-1) + "└ " + name
		}
		// The row is put in as it is: add would take the indentation off.
		rows.rows = append(rows.rows, []string{
			name, oneLine(line.ProductID), oneLine(quantityText(line)),
			amountIn(line.Price, currency), amountIn(line.PurchasePrice, cmp.Or(oneLine(line.PurchaseCurrency), currency)), amountIn(line.Total, currency),
		})
	}
	integration.Walk(offer.Lines, func(line *integration.Line, depth int) { put(line, depth, false) })
	for _, outside := range [][]*integration.Line{offer.Orphans, offer.Cycles} {
		integration.Walk(outside, func(line *integration.Line, depth int) { put(line, depth, true) })
	}
	return rows
}

// deepest is how many levels of a tree are drawn apart.
const deepest = 8

// totalText sums up an offer in a sentence.
func (v oneOfferView) totalText() string {
	t := v.Totals
	text := amountIn(&t.Net, t.Currency) + " net, purchase " + amountIn(&t.Purchase, t.Currency) + ", on " + plural(t.Lines, "line")
	if t.WithoutPrice > 0 {
		text += fmt.Sprintf("; ONe says no price of %d, which the total leaves out", t.WithoutPrice)
	}
	if t.WithoutPurchasePrice > 0 {
		text += fmt.Sprintf("; no purchase price of %d", t.WithoutPurchasePrice)
	}
	if t.OtherCurrency > 0 {
		text += fmt.Sprintf("; %d in another currency, in neither sum", t.OtherCurrency)
	}
	return text
}

// mostOdd is how many lines that are odd are told one by one; --json has all.
const mostOdd = 20

// oddities tell what is wrong with an offer, and its tree, a paragraph each.
func (v oneOfferView) oddities(width int) string {
	var b strings.Builder
	for _, warning := range v.Warnings {
		b.WriteString(hang("Warning  ", warning, width))
	}
	for _, odd := range []struct {
		label, what string
		lines       []*integration.Line
	}{
		{"Orphan   ", "has no place below its parent, line %s", v.Orphans},
		{"Cycle    ", "is, by its parent, line %s, below itself", v.Cycles},
	} {
		for _, line := range odd.lines[:min(len(odd.lines), mostOdd)] {
			b.WriteString(hang(odd.label, lineText(line)+": "+fmt.Sprintf(odd.what, line.ParentID), width))
		}
		if more := len(odd.lines) - mostOdd; more > 0 {
			b.WriteString(hang(odd.label, fmt.Sprintf("and %d more", more), width))
		}
	}
	return b.String()
}

// lineText names a line outside its table.
func lineText(line *integration.Line) string {
	name := oneLine(line.Name)
	if line.ProductID != "" {
		name = strings.TrimSpace(name + " (" + line.ProductID + ")")
	}
	return fmt.Sprintf("%s, %s, line %s", name, quantityText(line), line.ID)
}

// remarks are an offer's notes and files.
func (v oneOfferView) remarks(width int) string {
	var b strings.Builder
	for _, note := range v.Notes {
		if text := oneLine(note.Text); text != "" {
			b.WriteString(hang(map[bool]string{true: "Note     ", false: "Note     (for the seller only) "}[note.Visible], text, width))
		}
	}
	for _, file := range v.Attachments {
		b.WriteString(hang("File     ", strings.TrimSpace(file.Name+"  "+file.ID), width))
	}
	return b.String()
}
