package bridge

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"octobridge/bridge/catalog/index"
	"octobridge/bridge/customers"
	"octobridge/bridge/pricing"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

const (
	// mostOwn bounds the customers of the wholesaler whose prices and orders are
	// kept in memory.
	mostOwn = 1_000
	// ownProducts bounds the products kept with one customer's prices.
	ownProducts = 300
)

// ownAccounts are what customers of the wholesaler who are signed in see: their own
// prices and orders. Everything is kept by visitor, so that nobody is ever
// answered with what another one sees.
type ownAccounts struct {
	customers *customers.Service
	options   AdapterOptions
	mapper    *mapper // with what the account pays
	accounts  *lru.Cache[string, *ownAccount]
}

// ownAccount is one visitor's.
type ownAccount struct {
	live   *liveSource
	orders *OrderHistory
}

// newOwnAccounts returns nil where nobody signs in with the wholesaler, and nothing
// to see there: in dropshipping.
func newOwnAccounts(options *AdapterOptions, m *mapper) (*ownAccounts, error) {
	if options.Customers == nil {
		return nil, nil
	}
	own := *m
	if options.Prices != PricesNone {
		pricer, err := pricing.New(pricing.Options{Source: pricing.Account, Net: options.NetPrices, Currency: options.DefaultCurrency})
		if err != nil {
			return nil, err
		}
		own.pricer = pricer
	}
	accounts, err := lru.NewWithEvict(mostOwn, func(_ string, account *ownAccount) { account.close() })
	if err != nil {
		return nil, err
	}
	return &ownAccounts{customers: options.Customers, options: *options, mapper: &own, accounts: accounts}, nil
}

// of returns what is kept of a visitor.
func (o *ownAccounts) of(ref string) *ownAccount {
	if account, ok := o.accounts.Get(ref); ok {
		return account
	}
	options := o.options
	options.CacheItems = ownProducts
	options.Upstream = &customerUpstream{customers: o.customers, ref: ref}
	live, err := newLiveSource(&options, o.mapper)
	if err != nil {
		panic(fmt.Sprintf("bridge: %v", err)) // ownProducts is more than zero
	}
	account := &ownAccount{live: live, orders: NewOrderHistory(OrderHistoryOptions{
		Upstream: options.Upstream, ShopKind: Wholesale, History: options.OrderHistory, Stale: options.CacheStale, Clock: options.Clock, Logger: options.Logger,
	})}
	if before, found, _ := o.accounts.PeekOrAdd(ref, account); found {
		account.close()
		return before
	}
	return account
}

// forget drops what is kept of a visitor who has gone.
func (o *ownAccounts) forget(ref string) {
	if o != nil {
		o.accounts.Remove(ref)
	}
}

func (o *ownAccounts) close() {
	if o != nil {
		o.accounts.Purge()
	}
}

func (a *ownAccount) close() {
	a.live.close()
	a.orders.Close()
}

// source is where the visitor's products are asked for.
func (o *ownAccounts) source(a *Adapter, ref string) productSource {
	own := &ownSource{live: o.of(ref).live}
	if a.catalog != nil && a.catalog.ready() {
		own.catalog = a.catalog
	}
	return own
}

// known returns the order histories that were read already, for a reference that
// names no customer.
func (o *ownAccounts) known() []*OrderHistory {
	var list []*OrderHistory
	for _, account := range o.accounts.Values() {
		list = append(list, account.orders)
	}
	return list
}

// customerUpstream asks the wholesaler as a customer. Each call finds the session
// anew: it ends when the customer signs out.
type customerUpstream struct {
	customers *customers.Service
	ref       string
}

// SearchProductsPage implements Upstream.
func (u *customerUpstream) SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error) {
	_, products, err := u.customers.Upstream(ctx, u.ref)
	if err != nil {
		return idosell.Page[idosell.Product]{}, err
	}
	return products.SearchProductsPage(ctx, query, page, size)
}

// Orders implements Upstream: the customer's latest, whatever the query. An agent
// is shown no more of them.
func (u *customerUpstream) Orders(ctx context.Context, _ idosell.OrderQuery) iter.Seq2[idosell.Order, error] {
	return func(yield func(idosell.Order, error) bool) {
		list, err := u.customers.Orders(ctx, u.ref)
		if err != nil {
			yield(idosell.Order{}, err)
			return
		}
		for i := range list {
			if !yield(list[i], nil) {
				return
			}
		}
	}
}

// Couriers implements Upstream. Couriers are the same for all: the account's own
// client is asked for them.
func (u *customerUpstream) Couriers(context.Context, string) ([]idosell.Courier, error) {
	return nil, errNotAsked
}

// Supplier implements Upstream like Couriers.
func (u *customerUpstream) Supplier(context.Context) (idosell.Supplier, error) {
	return idosell.Supplier{}, errNotAsked
}

var errNotAsked = fmt.Errorf("customers are not asked for this")

// ownSource answers with the prices of one customer. What there is, and by which
// words it is found, the catalogue says where there is one; prices come from the
// wholesaler, asked as the customer. Where they cannot be had there is none: the
// prices of others are nobody's business.
type ownSource struct {
	live    *liveSource
	catalog *catalogSource // nil: everything is asked live
}

// asking bounds how long the wholesaler is waited for where the catalogue can
// answer without prices: else no page would come within its time while the
// wholesaler hangs.
func (s *ownSource) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.catalog == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}

func (s *ownSource) products(ctx context.Context, ids []int64, v *view) ([]*product, time.Duration, error) {
	asking, cancel := s.asking(ctx)
	defer cancel()
	list, age, err := s.live.products(asking, ids, v)
	if err == nil || s.catalog == nil {
		return list, age, err
	}
	known, age, err := s.catalog.products(ctx, ids, v)
	list = make([]*product, len(known))
	for i, p := range known {
		list[i] = p.with(withoutPrice(p.card))
	}
	return list, max(age, time.Nanosecond), err
}

func (s *ownSource) cards(ctx context.Context, ids []int64, v *view) ([]*card, time.Duration, error) {
	asking, cancel := s.asking(ctx)
	defer cancel()
	list, age, err := s.live.cards(asking, ids, v)
	if err == nil || s.catalog == nil {
		return list, age, err
	}
	known, _, err := s.catalog.cards(ctx, ids, v)
	return withoutPrices(known), time.Nanosecond, err
}

// search finds by the catalogue and shows the customer's prices. Filters by price
// would count by the prices of others: there are none.
func (s *ownSource) search(ctx context.Context, query searchQuery, filters map[string]string, v *view) (found, time.Duration, error) {
	if s.catalog == nil {
		return s.live.search(ctx, query, filters, v)
	}
	if filters[index.PriceParam] != "" {
		without := make(map[string]string, len(filters))
		for param, value := range filters {
			if param != index.PriceParam {
				without[param] = value
			}
		}
		filters = without
	}
	page, _, err := s.catalog.search(ctx, query, filters, v)
	if err != nil {
		return found{}, 0, err
	}
	page.filters.Available = slices.DeleteFunc(page.filters.Available, func(f oct8ne.AvailableFilter) bool { return f.Param == index.PriceParam })
	var age time.Duration
	page.cards, age = s.priced(ctx, page.cards, v)
	return page, age, nil
}

func (s *ownSource) related(ctx context.Context, id int64, v *view) ([]*card, time.Duration, error) {
	if s.catalog == nil {
		return s.live.related(ctx, id, v)
	}
	list, _, err := s.catalog.related(ctx, id, v)
	if err != nil {
		return nil, 0, err
	}
	priced, age := s.priced(ctx, list, v)
	return priced, age, nil
}

// priced puts the customer's prices to cards, in their order.
func (s *ownSource) priced(ctx context.Context, cards []*card, v *view) ([]*card, time.Duration) {
	if len(cards) == 0 {
		return cards, 0
	}
	ids := make([]int64, len(cards))
	for i, c := range cards {
		ids[i] = c.id
	}
	asking, cancel := s.asking(ctx)
	defer cancel()
	own, age, err := s.live.cards(asking, ids, v)
	if err != nil {
		return withoutPrices(cards), time.Nanosecond
	}
	known := make(map[int64]*card, len(own))
	for _, c := range own {
		known[c.id] = c
	}
	list := make([]*card, len(cards))
	for i, c := range cards {
		list[i] = withoutPrice(c)
		if priced := known[c.id]; priced != nil {
			list[i].price, list[i].rank = priced.price, priced.rank
		}
	}
	return list, age
}

func withoutPrice(c *card) *card {
	bare := c.copy()
	bare.price = price{}
	return bare
}

func withoutPrices(cards []*card) []*card {
	list := make([]*card, len(cards))
	for i, c := range cards {
		list[i] = withoutPrice(c)
	}
	return list
}
