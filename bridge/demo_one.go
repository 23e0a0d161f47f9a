package bridge

import (
	"cmp"
	"strings"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	onesandbox "octobridge/bridge/one/sandbox"
	"octobridge/idosell/sandbox"
	oct8nesandbox "octobridge/oct8ne/sandbox"
)

// The demonstration's account at its own ONe. All are fixed, so that examples can
// be copied.
const (
	demoOnePrefix   = "/_one"
	demoOneTenant   = onesandbox.DemoTenant
	demoOneKey      = onesandbox.DemoAPIAuth
	demoOneUser     = "one"
	demoOnePassword = "demo-one-password"
)

// demoOneCustomer is the id at ONe of the customer who signs in to the shop: the
// identity token names it; a customer of the wholesaler's has the one that they
// have there.
func demoOneCustomer(kind ShopKind) string {
	if kind == Wholesale {
		return sandbox.DemoBuyerLogin
	}
	return onesandbox.DemoCustomer
}

// tellAgent shows the agent an event of ONe's, in the panel of each of the
// customer's visitors.
func (d *Demo) tellAgent(event one.Event, visitors []string, offer *integration.Offer) {
	note := oct8nesandbox.Note{Source: "ONe"}
	switch event.Kind {
	case one.ClientLogged:
		note.What = string(cmp.Or(event.Meaning, one.Login))
	case one.CartOpened:
		note.What, note.Text = "cart", event.Cart
	case one.OfferOpened:
		note.What, note.Text = "offer", event.Offer
	}
	if offer != nil {
		note.Text, note.Lines = cmp.Or(offer.Number, offer.ID), offerLines(offer)
	}
	for _, visitor := range visitors {
		d.oct8ne.Note(visitor, note)
	}
}

// offerLines is what is in an offer, for the agent: names and quantities, and
// nothing of what anything cost the seller.
func offerLines(offer *integration.Offer) (lines []string) {
	offer.Walk(func(line *integration.Line, depth int) {
		text := strings.Repeat("  ", depth) + cmp.Or(line.Name, line.ProductID)
		if !line.Quantity.IsZero() {
			text += ": " + strings.TrimSpace(line.Quantity.String()+" "+line.Unit)
		}
		lines = append(lines, text)
	})
	return lines
}
