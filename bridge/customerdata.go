package bridge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/pricing"
	"octobridge/bridge/visitors"
	"octobridge/oct8ne"
)

// CustomerData implements oct8ne.Adapter: who is asking, by one query of the
// store, with cart and wish list, by one call of the wholesaler for each hundred of
// their products that are not known here, and one for the basket of a customer of
// the wholesaler. Who it is and what they hold is told in an outage, too. It also
// notes that the visitor was seen.
func (a *Adapter) CustomerData(ctx context.Context, request *oct8ne.Request) (oct8ne.CustomerData, error) {
	v, err := a.seen(ctx, request)
	if err != nil {
		return oct8ne.CustomerData{}, err
	}
	data := oct8ne.CustomerData{}
	if c := v.Customer; c != nil {
		data.ID, data.FirstName, data.LastName, data.Email = &c.ID, &c.FirstName, &c.LastName, &c.Email
	}
	shown, err := a.cartOf(ctx, request, v, true)
	if err != nil {
		return oct8ne.CustomerData{}, err
	}
	for i := range shown.lines {
		line := &shown.lines[i]
		if line.card == nil {
			continue
		}
		summary := line.card.summary(shown.view)
		summary.Title = line.title()
		summary.FormattedPrice, summary.FormattedPrevPrice = line.prices(shown.view)
		data.Cart = append(data.Cart, oct8ne.ProductInCart{ProductSummary: summary, Quantity: line.whole()})
	}
	for _, wish := range shown.wishes {
		if wish.card != nil {
			data.Wishlist = append(data.Wishlist, wish.card.summary(shown.view))
		}
	}
	return data, nil
}

// seen finds out who is asking and notes that they are there, and in a chat or not.
func (a *Adapter) seen(ctx context.Context, request *oct8ne.Request) (*visitors.Visitor, error) {
	v, err := a.visitor(ctx, request)
	if err != nil || a.visitors == nil {
		return v, err
	}
	chat := request.Cookie(visitors.ChatCookie)
	if v.Ref != "" {
		if again := a.visitors.Renew(v, request.Cookie(a.visitors.CookieName())); again != nil {
			request.SetCookie(again)
		}
		a.visitors.Saw(v, chat)
		return v, nil
	}
	if chat == "" {
		return v, nil
	}
	v, cookie, err := a.visitors.SeeGuest(ctx, chat)
	if err != nil {
		return nil, err
	}
	if cookie != "" {
		request.SetCookie(a.visitors.Cookie(cookie))
	}
	return v, nil
}

// Cart implements oct8ne.Adapter. The amounts are null where prices are not shown,
// where that of a line is not known, and while the currency of an empty cart is not
// known: it is the configured one, else the one that the wholesaler names for the
// account. A quantity that is no whole number is rounded up, and said in the title.
func (a *Adapter) Cart(ctx context.Context, request *oct8ne.Request) (oct8ne.Cart, error) {
	v, err := a.visitor(ctx, request)
	if err != nil {
		return oct8ne.Cart{}, err
	}
	shown, err := a.cartOf(ctx, request, v, false)
	if err != nil {
		return oct8ne.Cart{}, err
	}
	sum := a.sum(ctx, shown)
	cart := oct8ne.Cart{Currency: sum.currency, Price: sum.text(shown.view, sum.before), FinalPrice: sum.text(shown.view, sum.now)}
	for i := range shown.lines {
		line := &shown.lines[i]
		if line.card == nil {
			continue
		}
		price, _ := line.prices(shown.view)
		cart.Lines = append(cart.Lines, oct8ne.CartLine{InternalID: line.card.idText, Title: line.title(), Quantity: line.whole(), Price: price})
		cart.TotalItems += line.whole()
	}
	return cart, nil
}

// AddToWishList implements oct8ne.Adapter: whoever has no wish list yet gets one
// with a cookie. It says no where no product is known, and where there is no room
// for them.
func (a *Adapter) AddToWishList(ctx context.Context, request *oct8ne.Request, ids []string) (bool, error) {
	_, numbers := a.askedProducts(ids)
	if a.visitors == nil || len(numbers) == 0 {
		return false, nil
	}
	v, err := a.visitor(ctx, request)
	if err != nil {
		return false, err
	}
	cards, _, err := a.sourceOf(request, v).cards(ctx, numbers, a.view(request))
	if err != nil {
		return false, unavailable(err)
	}
	if len(cards) == 0 {
		return false, nil
	}
	known := make([]int64, len(cards))
	for i, c := range cards {
		known[i] = c.id
	}
	_, cookie, added, err := a.visitors.Wish(ctx, v, known)
	if cookie != "" {
		request.SetCookie(a.visitors.Cookie(cookie))
	}
	if added > 0 {
		a.tell(request, visitors.WhatWishlist)
	}
	if errors.Is(err, visitors.ErrFull) || errors.Is(err, visitors.ErrGone) {
		return false, nil
	}
	return err == nil, err
}

// tell lets oct8ne know of a change, where the visitor is in a chat.
func (a *Adapter) tell(request *oct8ne.Request, what string) {
	if chat := request.Cookie(visitors.ChatCookie); chat != "" && a.updates != nil {
		a.updates.Update(chat, what)
	}
}

// shownCart is a cart and a wish list with the products in them, in their order.
type shownCart struct {
	view   *view
	lines  []shownLine
	wishes []shownWish
	age    time.Duration
}

type shownLine struct {
	visitors.CartLine
	card  *card // nil: it is not sold any more
	price price // for one; not valid where none is shown
}

type shownWish struct {
	product int64
	card    *card // nil: it is not sold any more
}

// cartOf reads a visitor's cart, and the wish list where it is wanted: then a basket
// that nobody knows at the moment is shown as an empty one, and stale.
func (a *Adapter) cartOf(ctx context.Context, request *oct8ne.Request, v *visitors.Visitor, wishes bool) (*shownCart, error) {
	cart := &visitors.Cart{}
	if v.Ref != "" {
		var leftOver []visitors.Line
		var err error
		cart, leftOver, err = a.visitors.CartOf(ctx, v)
		switch {
		case err == nil:
		case wishes: // who it is, and what they wish for, is known all the same
			cart = &visitors.Cart{Basket: true, Age: time.Nanosecond}
		default:
			return nil, unavailable(err)
		}
		for i := range leftOver { // on the wish list by now, where this visitor has not seen them
			v.Wishes = append(v.Wishes, visitors.Wish{Product: leftOver[i].Product})
		}
	}
	return a.describe(ctx, request, v, cart, wishes)
}

// describe finds the products of a cart and a wish list, all with one question up to
// a hundred of them. Of those that nobody can tell anything about while the
// wholesaler does not answer the ids are left to show, and no price.
func (a *Adapter) describe(ctx context.Context, request *oct8ne.Request, v *visitors.Visitor, cart *visitors.Cart, wishes bool) (*shownCart, error) {
	shown := &shownCart{view: a.view(request), age: cart.Age}
	markStale(request, cart.Age)
	var ids []int64
	add := func(id int64) {
		if !slices.Contains(ids, id) && (cart.Basket || a.mapper.ids.sells(id)) {
			ids = append(ids, id)
		}
	}
	for i := range cart.Lines {
		add(cart.Lines[i].Product)
	}
	if wishes {
		for i := range v.Wishes {
			add(v.Wishes[i].Product)
		}
	}
	asked, cancel := context.WithTimeout(ctx, 2*patience) // there is something to show whatever the wholesaler says
	defer cancel()
	// A basket does not tell the names of sizes, nor in which quantities goods are sold.
	known, whole, age, err := productsFor(asked, a.sourceOf(request, v), ids, cart.Basket, shown.view)
	if err != nil && ctx.Err() != nil && !cart.Basket { // a basket names its goods itself
		return nil, unavailable(err)
	}
	markStale(request, age)
	shown.age = max(shown.age, age)
	cardOf := func(id int64, name string) *card {
		if c := known[id]; c != nil {
			return c
		}
		// The wholesaler's basket has it, or nobody says that it is gone.
		if name != "" || age > 0 && slices.Contains(ids, id) {
			return a.mapper.unlisted(id, name)
		}
		return nil
	}
	for i := range cart.Lines {
		line := cart.Lines[i]
		if cart.Basket {
			complete(&line, whole[line.Product])
		}
		c := cardOf(line.Product, line.Name)
		if id, ok := a.mapper.ids.ofSize(line.Key); ok && c != nil {
			c = a.mapper.calledCard(c, id)
		}
		one := shownLine{CartLine: line, card: c}
		if c != nil {
			one.price = linePrice(&line, c, a.prices != PricesNone)
		}
		shown.lines = append(shown.lines, one)
	}
	if wishes {
		for i := range v.Wishes {
			shown.wishes = append(shown.wishes, shownWish{v.Wishes[i].Product, cardOf(v.Wishes[i].Product, "")})
		}
	}
	return shown, nil
}

// productsFor finds products, a hundred with each question. wanted has them whole,
// with sizes and the quantities that they are sold in; whole is empty without it.
func productsFor(ctx context.Context, source productSource, ids []int64, wanted bool, v *view) (known map[int64]*card, whole map[int64]*product, age time.Duration, err error) {
	known, whole = make(map[int64]*card, len(ids)), map[int64]*product{}
	for part := range slices.Chunk(ids, mostPerCall) {
		var cards []*card
		var partAge time.Duration
		if wanted {
			var list []*product
			list, partAge, err = source.products(ctx, part, v)
			for _, p := range list {
				cards, whole[p.id] = append(cards, p.card), p
			}
		} else {
			cards, partAge, err = source.cards(ctx, part, v)
		}
		if err != nil {
			return known, whole, time.Nanosecond, err
		}
		age = max(age, partAge)
		for _, c := range cards {
			known[c.id] = c
		}
	}
	return known, whole, age, nil
}

// complete adds what a basket does not tell of a line; p is nil where the product
// is not known.
func complete(line *visitors.CartLine, p *product) {
	line.Step, line.Minimum = decimal.NewFromInt(1), decimal.NewFromInt(1)
	if line.Size != "" {
		line.SizeName = line.Size
	}
	if p == nil {
		return
	}
	line.Step, line.Minimum = p.step, p.step
	for _, size := range p.sizes {
		if strings.EqualFold(size.id, line.Size) {
			line.SizeName = size.name
		}
	}
}

// linePrice is what one of a line costs: what the wholesaler's basket says, else the
// product's price.
func linePrice(line *visitors.CartLine, c *card, shown bool) price {
	if !line.Price.Valid || !shown {
		return c.price
	}
	return price{now: line.Price.Decimal, before: line.Price.Decimal, currency: line.Currency, valid: line.Price.Decimal.IsPositive() && line.Currency != ""}
}

// unlisted is the card of a product that is in a cart or on a wish list and of which
// no more is known at the moment than its id, and its name where that is not empty.
func (m *mapper) unlisted(id int64, name string) *card {
	c := &card{id: id, idText: m.ids.shown(id), thumbnail: m.publicURL + NoPicturePath}
	c.title = cmp.Or(plainText(name), c.idText)
	c.url = m.pageOf(c, "")
	return c
}

// title names the size, and a quantity that the contract's whole number cannot.
func (l *shownLine) title() string {
	title := l.card.title
	if l.SizeName != "" && !strings.HasSuffix(title, " "+l.SizeName) {
		title += " (" + l.SizeName + ")"
	}
	if !l.Quantity.IsInteger() {
		title += " × " + l.Quantity.String()
	}
	return title
}

// mostItems keeps a quantity within what everybody can count.
const mostItems = 1_000_000_000

// whole is the quantity as the contract has it.
func (l *shownLine) whole() int {
	return int(decimal.Min(l.Quantity.Ceil(), decimal.NewFromInt(mostItems)).IntPart())
}

// prices are those of one, as the view writes them; nil where none is shown.
func (l *shownLine) prices(v *view) (now, before *string) {
	if !l.price.valid {
		return nil, nil
	}
	p := v.convert(l.price)
	return v.money(p.now, p.currency), v.money(p.before, p.currency)
}

// cartSum is what all lines of a cart come to.
type cartSum struct {
	now, before decimal.Decimal
	currency    string // ISO 4217; "" while none is known
	known       bool
}

func (s *cartSum) text(v *view, amount decimal.Decimal) *string {
	if !s.known {
		return nil
	}
	return v.money(amount, s.currency)
}

// sum adds up a cart in the currency of the view. Each line is the shown price of
// one, rounded as it is shown, times the quantity: what visitors add up themselves.
func (a *Adapter) sum(ctx context.Context, shown *shownCart) cartSum {
	if len(shown.lines) == 0 {
		return cartSum{currency: a.viewCurrency(ctx, shown.view), known: a.prices != PricesNone}
	}
	sum := cartSum{known: true}
	for i := range shown.lines {
		line := &shown.lines[i]
		if line.card == nil {
			continue
		}
		if !line.price.valid {
			sum.known = false
			continue
		}
		p := shown.view.convert(line.price)
		if sum.currency == "" {
			sum.currency = p.currency
		}
		if sum.currency != p.currency { // amounts of two currencies have no sum
			sum.known = false
			continue
		}
		sum.now = sum.now.Add(asShown(p.now, p.currency).Mul(line.Quantity))
		sum.before = sum.before.Add(asShown(p.before, p.currency).Mul(line.Quantity))
	}
	if sum.currency == "" {
		sum.currency = a.viewCurrency(ctx, shown.view)
	}
	return sum
}

// asShown rounds an amount to the digits that its currency is written with.
func asShown(amount decimal.Decimal, currency string) decimal.Decimal {
	digits, _ := pricing.Digits(strings.ToUpper(currency))
	return amount.Round(digits)
}

// viewCurrency is the currency of an answer that has no price in it.
func (a *Adapter) viewCurrency(ctx context.Context, v *view) string {
	if v.currency != "" {
		return v.currency
	}
	return a.accountCurrency(ctx)
}

func (a *Adapter) accountCurrency(ctx context.Context) string {
	if a.currency != "" {
		return a.currency
	}
	supplier, _ := a.supplier.get(ctx)
	return strings.ToUpper(supplier.Currency)
}
