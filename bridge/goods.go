package bridge

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/visitors"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// goods is what visitors put into their carts: visitors.Goods over the adapter.
type goods struct {
	adapter *Adapter
	ask     func(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error) // see confirmations
}

var _ visitors.Goods = (*goods)(nil)

// Find implements visitors.Goods.
func (g *goods) Find(ctx context.Context, visitor *visitors.Visitor, ids []string) (map[string]visitors.Item, error) {
	a := g.adapter
	asked := make(map[string]shopItem, len(ids))
	var numbers []int64
	for _, id := range ids {
		item, ok := a.mapper.ids.item(id)
		if !ok {
			continue
		}
		asked[id] = item
		if !slices.Contains(numbers, item.product) {
			numbers = append(numbers, item.product)
		}
	}
	found := make(map[string]visitors.Item, len(asked))
	if len(asked) == 0 {
		return found, nil
	}
	request := &oct8ne.Request{}
	_, known, _, err := productsFor(ctx, a.sourceOf(request, visitor), numbers, true, a.view(request))
	if err != nil {
		return nil, unavailable(err)
	}
	for id, item := range asked {
		if p := known[item.product]; p != nil {
			if one, ok := itemOf(p, item.size); ok {
				found[id] = one
			}
		}
	}
	return found, nil
}

// itemOf is a product in a size; the size may be left out where there is only one.
// It says false for a size that the product does not have.
func itemOf(p *product, size string) (visitors.Item, bool) {
	item := visitors.Item{Key: visitors.Key{Product: p.id}, Step: p.step, Minimum: p.step}
	at := 0
	switch {
	case size != "":
		at = slices.IndexFunc(p.sizes, func(s productSize) bool { return strings.EqualFold(s.id, size) })
	case len(p.sizes) > 1:
		item.Choice = true
		return item, true
	}
	if at < 0 || at >= len(p.sizes) {
		// A wholesaler that tells no sizes is believed to have none.
		return item, len(p.sizes) == 0 && (size == "" || idosell.IsOneSize(size))
	}
	if chosen := p.sizes[at]; !idosell.IsOneSize(chosen.id) {
		item.Size, item.SizeName = chosen.id, chosen.name
	}
	return item, true
}

// Available implements visitors.Goods.
func (g *goods) Available(ctx context.Context, item visitors.Item, quantity decimal.Decimal) visitors.Availability {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers, err := g.ask(ctx, idosell.Line{Code: supplierCodeOf(item.Key), CodeType: idosell.CodeInternal, Quantity: quantity})
	if err != nil || len(answers) == 0 {
		return visitors.Availability{}
	}
	answer := &answers[0]
	switch {
	case answer.Fault.Code == idosell.FaultNothing: // the wholesaler does not have it at all
		return visitors.Availability{Said: true, Left: decimal.NewNullDecimal(decimal.Zero)}
	case !answer.Fault.OK():
		return visitors.Availability{}
	case answer.Available:
		return visitors.Availability{Said: true, Left: knownLeft(answer.AvailableQuantity)}
	case !answer.AvailableQuantity.Valid, answer.AvailableQuantity.Decimal.IsNegative():
		return visitors.Availability{Said: true, Left: decimal.NewNullDecimal(decimal.Zero)}
	}
	return visitors.Availability{Said: true, Left: decimal.NewNullDecimal(answer.AvailableQuantity.Decimal)}
}

// knownLeft drops the -1 of "some, amount unknown".
func knownLeft(left decimal.NullDecimal) decimal.NullDecimal {
	if left.Valid && left.Decimal.IsNegative() {
		return decimal.NullDecimal{}
	}
	return left
}

// supplierCodeOf is the wholesaler's own code of an item: "41", "41-3".
func supplierCodeOf(key visitors.Key) string {
	code := strconv.FormatInt(key.Product, 10)
	if key.Size != "" {
		code += "-" + key.Size
	}
	return code
}

// Show implements visitors.Goods.
func (g *goods) Show(ctx context.Context, visitor *visitors.Visitor, cart *visitors.Cart, view visitors.View) (visitors.Shown, error) {
	a := g.adapter
	request := &oct8ne.Request{Locale: view.Locale, Currency: strings.ToUpper(view.Currency)}
	if cart == nil {
		cart = &visitors.Cart{}
	}
	described, err := a.describe(ctx, request, visitor, cart, true)
	if err != nil {
		return visitors.Shown{}, err
	}
	sum := a.sum(ctx, described)
	shown := visitors.Shown{
		Currency: sum.currency, Price: orEmpty(sum.text(described.view, sum.before)), FinalPrice: orEmpty(sum.text(described.view, sum.now)),
		Stale: described.age > time.Duration(0),
	}
	for i := range described.lines {
		shown.Cart = append(shown.Cart, a.shownLine(&described.lines[i], described.view))
	}
	for _, wish := range described.wishes {
		if wish.card == nil {
			shown.Wishes = append(shown.Wishes, a.gone(a.mapper.ids.shown(wish.product), ""))
			continue
		}
		shown.Wishes = append(shown.Wishes, shownProduct(wish.card, described.view))
	}
	return shown, nil
}

// gone is what is left to show of goods that are not sold any more.
func (a *Adapter) gone(id, name string) visitors.ShownProduct {
	return visitors.ShownProduct{ID: id, Title: cmp.Or(plainText(name), id), Gone: true, Thumbnail: a.mapper.publicURL + NoPicturePath}
}

func (a *Adapter) shownLine(l *shownLine, v *view) visitors.ShownLine {
	line := visitors.ShownLine{
		ProductID: a.mapper.ids.shown(l.Product), SizeName: l.SizeName, Quantity: l.Quantity, Step: l.Step, Minimum: l.Minimum,
	}
	id := a.mapper.ids.lineID(l.Key)
	if l.card == nil {
		line.ShownProduct = a.gone(id, l.Name)
		return line
	}
	line.ShownProduct, line.ID = shownProduct(l.card, v), id
	now, before := l.prices(v)
	line.Price, line.Previous = orEmpty(now), orEmpty(before)
	if l.price.valid {
		p := v.convert(l.price)
		line.Total = orEmpty(v.money(asShown(p.now, p.currency).Mul(l.Quantity), p.currency))
	}
	return line
}

func shownProduct(c *card, v *view) visitors.ShownProduct {
	texts := c.prices(v)
	return visitors.ShownProduct{
		ID: c.idText, Title: c.title, Price: orEmpty(texts.now), Previous: orEmpty(texts.before), URL: c.url, Thumbnail: c.thumbnail,
	}
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
