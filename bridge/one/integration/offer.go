package integration

import (
	"context"
	"net/http"
	"net/url"

	"github.com/shopspring/decimal"
)

// Offer is an offer of a seller to a customer. It holds purchase prices: it is for
// the seller alone, and for no page.
type Offer struct {
	ID          string       `json:"id"`
	Number      string       `json:"number"`               // documentNumber, "O/36/1/2022"
	Customer    string       `json:"customer"`             // clientId, "org:…"
	Status      string       `json:"status"`               // ONe's word, such as WON_TRANSFERRED
	Expires     string       `json:"expires"`              // expirationDate, YYYY-MM-DD, as it came
	Currency    string       `json:"currency"`             // ISO 4217; empty where ONe does not say
	ModifiedAt  string       `json:"modifiedAt,omitempty"` // without a zone, as it came
	Lines       []*Line      `json:"lines"`                // the top of the tree, in ONe's order
	Orphans     []*Line      `json:"orphans"`              // lines whose parent is not in the tree (not in the offer, or in Cycles), with what is below them; and what is too deep for the tree
	Cycles      []*Line      `json:"cycles"`               // lines that are, by their parents, below themselves; without children
	Notes       []Note       `json:"notes"`
	Attachments []Attachment `json:"attachments"`        // of the offer and of its notes
	Warnings    []string     `json:"warnings,omitempty"` // what is odd about the offer: sentences for the seller
}

// Line is a product line of an offer. Several lines may be of one product.
type Line struct {
	ID            string           `json:"id"`
	ParentID      string           `json:"parentId"`  // parentLineId; empty at the top
	ProductID     string           `json:"productId"` // sku
	Name          string           `json:"name"`
	Quantity      decimal.Decimal  `json:"quantity"`           // in Unit
	Unit          string           `json:"unit"`               // content unit, such as "m"; empty where ONe does not say
	Currency      string           `json:"currency,omitempty"` // where it is not the offer's
	Price         *decimal.Decimal `json:"price"`              // net, for one of Unit; nil where ONe does not say
	PurchasePrice *decimal.Decimal `json:"purchasePrice"`      // net, for one of Unit (an assumption); nil where ONe does not say, or says it for something else
	// PurchaseCurrency is that of PurchasePrice where it is not the line's.
	PurchaseCurrency string           `json:"purchaseCurrency,omitempty"`
	Total            *decimal.Decimal `json:"total"`    // net, of the line; nil where neither ONe says it nor a price is known
	Children         []*Line          `json:"children"` // such as the drum that a cable is wound on
}

// Note is a remark on an offer.
type Note struct {
	Text    string `json:"text"`
	Visible bool   `json:"visible"` // for the customer, too
}

// Attachment is a file of an offer.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Totals are the sums over all lines of an offer: the tree, the orphans and the
// cycles.
type Totals struct {
	Currency             string          `json:"currency"`             // of the sums; empty where ONe does not say
	Net                  decimal.Decimal `json:"net"`                  // of the lines with a price, or whose total ONe says
	Purchase             decimal.Decimal `json:"purchase"`             // of the lines with a purchase price: price by quantity
	Lines                int             `json:"lines"`                // all of them
	WithoutPrice         int             `json:"withoutPrice"`         // they are not in Net
	WithoutPurchasePrice int             `json:"withoutPurchasePrice"` // or with one in another currency: they are not in Purchase
	OtherCurrency        int             `json:"otherCurrency"`        // they are in neither sum, whatever they cost
}

// Totals adds up the offer's lines. Sums are exact, not rounded. Of the lines in
// another currency than the offer's nothing is added: they are counted only. A
// purchase price in another currency than its line's counts as none.
func (o *Offer) Totals() Totals {
	totals := Totals{Currency: o.Currency}
	o.Walk(func(line *Line, _ int) {
		totals.Lines++
		if line.Currency != "" && line.Currency != o.Currency {
			totals.OtherCurrency++
			return
		}
		if line.Total == nil {
			totals.WithoutPrice++
		} else {
			totals.Net = totals.Net.Add(*line.Total)
		}
		if line.PurchasePrice == nil || line.PurchaseCurrency != "" {
			totals.WithoutPurchasePrice++
		} else {
			totals.Purchase = totals.Purchase.Add(line.PurchasePrice.Mul(line.Quantity))
		}
	})
	return totals
}

// Walk visits every line of the offer once, each before its children: the tree, then
// the orphans with what is below them, then the cycles. depth is 0 at the top of
// each.
func (o *Offer) Walk(visit func(line *Line, depth int)) {
	Walk(o.Lines, visit)
	Walk(o.Orphans, visit)
	Walk(o.Cycles, visit)
}

// Walk visits lines and what is below them, each before its children. depth is 0
// for the given ones.
func Walk(lines []*Line, visit func(line *Line, depth int)) {
	levels := [][]*Line{lines}
	for len(levels) > 0 {
		last := len(levels) - 1
		if len(levels[last]) == 0 {
			levels = levels[:last]
			continue
		}
		line := levels[last][0]
		levels[last] = levels[last][1:]
		visit(line, last)
		if len(line.Children) > 0 {
			levels = append(levels, line.Children)
		}
	}
}

// Offer reads an offer with its lines as a tree (docs.b2b.one,
// orderpath/integration-controller). It hangs on nothing: orphans and cycles are in
// the offer's lists, and Warnings says so. Safe to repeat.
func (c *Client) Offer(ctx context.Context, id string) (*Offer, error) {
	if err := checkID("the offer's id", id); err != nil {
		return nil, notSent(OpOffer, err, "")
	}
	r := request{op: OpOffer, method: http.MethodGet, path: orderPath + "offer", query: url.Values{"offerId": {id}}}
	reply, err := c.call(ctx, r)
	if err != nil {
		return nil, err
	}
	offer, err := readOffer(reply.body, id)
	if err != nil {
		return nil, c.unreadable(r, reply.status, err)
	}
	return offer, nil
}

// Where the services of the integration API are (one.md).
const (
	orderPath    = "/api/v1/orderpath/integrations/auth-required/"
	ordersPath   = "/api/v1/orders/integrations/auth-required/"
	catalogPath  = "/api/v1/catalog/integrations/auth-required/"
	webhooksPath = "/api/v1/webhooks/integrations/auth-required/webhooks"
)
