package conformance_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"octobridge/oct8ne"
)

const (
	token    = "0123456789ABCDEF0123456789ABCDEF"
	customer = "buyer@shop.example"
	proof    = "proof-of-a-session/+="

	// The visitor who is signed in, as the shop knows them.
	session   = "q7Zb0mYv2LxTn9Rk4WcA"
	buyerID   = "customer-4711"
	buyerName = "Zażółcimir"
)

// shop is an adapter that keeps the contract, over forty invented products.
type shop struct {
	mu     sync.Mutex
	lists  map[string][]string // wish lists by cookie
	orders []oct8ne.OrderDetails
}

var _ oct8ne.Adapter = (*shop)(nil)

type ware struct {
	id, title, colour, maker string
	cents                    int
}

var wares = func() (all []ware) {
	for i := range 40 {
		all = append(all, ware{
			id: strconv.Itoa(100 + i), title: fmt.Sprintf("%s teapot No. %02d", []string{"Blue", "Amber", "Clay"}[i%3], i),
			colour: []string{"blue", "amber", "clay"}[i%3], maker: []string{"Ash", "Birch"}[i%2], cents: 1999 + (i*37%40)*2500,
		})
	}
	return all
}()

func newShop() *shop {
	s := &shop{lists: map[string][]string{}}
	for i, reference := range []string{"A-300", "A-200", "A-100"} {
		s.orders = append(s.orders, oct8ne.OrderDetails{
			Order:   oct8ne.Order{Date: fmt.Sprintf("2026-11-%02d 10:00:00", 20-i), Reference: reference, Total: "$55.30", Currency: "USD", LabelState: "Sent"},
			Carrier: "Courier", TrackingNumber: "77", TrackingURL: "https://courier.example/77",
			Products: []oct8ne.OrderProduct{{Quantity: "2", Name: "Salt & pepper <set>"}},
			Comments: []oct8ne.Comment{{Message: "Ring twice", Customer: true}},
		})
	}
	return s
}

func price(cents int, locale string) *string {
	s := fmt.Sprintf("%d.%02d", cents/100, cents%100)
	if len(s) > 6 {
		s = s[:len(s)-6] + "," + s[len(s)-6:]
	}
	if strings.HasPrefix(locale, "de") {
		s = strings.NewReplacer(".", ",", ",", ".").Replace(s)
	}
	s += "\u00a0$"
	return &s
}

func (w ware) summary(locale string) oct8ne.ProductSummary {
	return oct8ne.ProductSummary{
		InternalID: w.id, Title: w.title, FormattedPrice: price(w.cents, locale), FormattedPrevPrice: price(w.cents, locale),
		ProductURL: "https://shop.example/p/" + w.id, Thumbnail: "//pictures.example/" + w.id + ".jpg",
	}
}

func find(ids []string, found func(ware)) {
	for _, id := range ids {
		for _, w := range wares {
			if w.id == id {
				found(w)
			}
		}
	}
}

func (s *shop) ProductInfo(_ context.Context, r *oct8ne.Request, ids []string) (list []oct8ne.ProductInfo, _ error) {
	find(ids, func(w ware) {
		if isBuyer(r) { // who pays less
			w.cents -= 100
			r.MarkPersonal()
		}
		list = append(list, oct8ne.ProductInfo{
			InternalID: w.id, Title: w.title, Description: "<p>A <b>teapot</b></p>", FormattedPrice: price(w.cents, r.Locale),
			FormattedPrevPrice: price(w.cents, r.Locale), ProductURL: "https://shop.example/p/" + w.id, UseProductURL: true,
			Thumbnail: "//pictures.example/" + w.id + ".jpg", Medias: []oct8ne.Media{{URL: "//pictures.example/" + w.id + ".jpg"}},
		})
	})
	return list, nil
}

func (s *shop) ProductSummary(_ context.Context, r *oct8ne.Request, ids []string) (list []oct8ne.ProductSummary, _ error) {
	find(ids, func(w ware) { list = append(list, w.summary(r.Locale)) })
	return list, nil
}

// facets are the shop's two filters.
var facets = []struct {
	param string
	of    func(ware) string
}{
	{"colour", func(w ware) string { return w.colour }},
	{"maker", func(w ware) string { return w.maker }},
}

func (s *shop) Search(_ context.Context, r *oct8ne.Request, q oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	var found []ware
	for _, w := range wares {
		keep := strings.Contains(strings.ToLower(w.title), strings.ToLower(q.Text))
		for _, f := range facets {
			if want, active := q.Filters[f.param]; active && f.of(w) != want {
				keep = false
			}
		}
		if keep {
			found = append(found, w)
		}
	}
	result := oct8ne.SearchResult{Total: len(found)}
	for _, f := range facets {
		if value, active := q.Filters[f.param]; active {
			result.Filters.Applied = append(result.Filters.Applied, oct8ne.AppliedFilter{Param: f.param, ParamLabel: "The " + f.param, Value: value, ValueLabel: value})
			continue
		}
		counts := map[string]int{}
		for _, w := range found {
			counts[f.of(w)]++
		}
		filter := oct8ne.AvailableFilter{Param: f.param, ParamLabel: "The " + f.param}
		for value, n := range counts {
			filter.Options = append(filter.Options, oct8ne.FilterOption{Value: value, ValueLabel: value, Count: strconv.Itoa(n)})
		}
		slices.SortFunc(filter.Options, func(a, b oct8ne.FilterOption) int { return cmp.Compare(a.Value, b.Value) })
		if len(counts) > 0 {
			result.Filters.Available = append(result.Filters.Available, filter)
		}
	}
	slices.SortStableFunc(found, func(a, b ware) int {
		order := map[string]int{oct8ne.OrderName: cmp.Compare(a.title, b.title), oct8ne.OrderPrice: cmp.Compare(a.cents, b.cents)}[q.OrderBy]
		if q.Descending {
			order = -order
		}
		return order
	})
	for i := (q.Page - 1) * q.PageSize; i < min(q.Page*q.PageSize, len(found)); i++ {
		result.Results = append(result.Results, found[i].summary(r.Locale))
	}
	return result, nil
}

func (s *shop) ProductRelated(_ context.Context, r *oct8ne.Request, q oct8ne.RelatedQuery) (result oct8ne.RelatedResult, _ error) {
	known := false
	find([]string{q.ProductID}, func(ware) { known = true })
	for i, w := range wares {
		if !known || w.id == q.ProductID || i >= 5 {
			continue
		}
		result.Total++
		if result.Total > (q.Page-1)*q.PageSize && len(result.Results) < q.PageSize {
			result.Results = append(result.Results, w.summary(r.Locale))
		}
	}
	return result, nil
}

// isBuyer says whether the visitor is signed in.
func isBuyer(r *oct8ne.Request) bool { return r.Cookie("shop-session") == session }

// whose names the visitor's wish list.
func whose(r *oct8ne.Request) string {
	if isBuyer(r) {
		return buyerID
	}
	return r.Cookie("guest")
}

// bought is what lies in the buyer's cart.
var bought = []struct {
	ware
	quantity int
}{{wares[0], 1}, {wares[7], 3}}

func (s *shop) CustomerData(ctx context.Context, r *oct8ne.Request) (data oct8ne.CustomerData, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data.Wishlist, err = s.ProductSummary(ctx, r, s.lists[whose(r)])
	if isBuyer(r) {
		id, name, email := buyerID, buyerName, customer
		data.ID, data.FirstName, data.Email = &id, &name, &email
		for _, line := range bought {
			data.Cart = append(data.Cart, oct8ne.ProductInCart{ProductSummary: line.summary(r.Locale), Quantity: line.quantity})
		}
	}
	return data, err
}

func (s *shop) Cart(_ context.Context, r *oct8ne.Request) (oct8ne.Cart, error) {
	cart := oct8ne.Cart{Currency: "USD"}
	if isBuyer(r) {
		sum := 0
		for _, line := range bought {
			sum += line.cents * line.quantity
			cart.TotalItems += line.quantity
			cart.Lines = append(cart.Lines, oct8ne.CartLine{InternalID: line.id, Title: line.title, Quantity: line.quantity, Price: price(line.cents, r.Locale)})
		}
		cart.Price, cart.FinalPrice = price(sum, r.Locale), price(sum, r.Locale)
	}
	return cart, nil
}

func (s *shop) AddToWishList(_ context.Context, r *oct8ne.Request, ids []string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	guest := whose(r)
	if guest == "" {
		guest = strconv.Itoa(len(s.lists) + 1)
		r.SetCookie(&http.Cookie{Name: "guest", Value: guest, Path: "/"})
	}
	for _, id := range ids {
		if !slices.Contains(s.lists[guest], id) {
			s.lists[guest] = append(s.lists[guest], id)
		}
	}
	return true, nil
}

func (s *shop) AdapterInfo(context.Context, *oct8ne.Request) (oct8ne.AdapterInfo, error) {
	return oct8ne.AdapterInfo{Platform: "Teapots", AdapterName: "teapots", AdapterVersion: "1", DevelopedBy: "us", APIVersion: "2.4", Enabled: true}, nil
}

func (s *shop) Orders(_ context.Context, _ *oct8ne.Request, q oct8ne.OrdersQuery) (list []oct8ne.Order, _ error) {
	for i, o := range s.orders {
		if q.CustomerEmail == customer && i/q.PageSize == q.Page-1 {
			list = append(list, o.Order)
		}
	}
	return list, nil
}

func (s *shop) OrderDetails(_ context.Context, _ *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	for i, o := range s.orders {
		if o.Reference == reference || strings.TrimPrefix(o.Reference, "A-") == reference {
			return &s.orders[i], nil
		}
	}
	return nil, nil
}

func (s *shop) SalesReport(context.Context, *oct8ne.Request, oct8ne.SalesQuery) ([]oct8ne.Sale, error) {
	return []oct8ne.Sale{{QuoteID: "1", LastAction: "C"}}, nil
}

func (s *shop) CheckSession(_ context.Context, _ *oct8ne.Request, q oct8ne.SessionQuery) (oct8ne.SessionVerdict, error) {
	switch {
	case q.CustomerEmail != customer:
		return oct8ne.CustomerNotFound, nil
	case q.SessionID != proof:
		return oct8ne.SessionInvalid, nil
	}
	return oct8ne.SessionValid, nil
}
