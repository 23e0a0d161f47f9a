package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge"
	"octobridge/bridge/pricing"
	"octobridge/bridge/visitors"
	"octobridge/oct8ne"
)

// someone is the one visitor there is.
type someone struct {
	bridge.Visitors // nothing else is asked
	visitors.Visitor
	cart    *visitors.Cart
	failure error // of CartOf
}

func (s *someone) CookieName() string { return "octobridge" }

func (s *someone) Known(context.Context, string) (*visitors.Visitor, error) {
	own := s.Visitor
	return &own, nil
}

func (s *someone) Renew(*visitors.Visitor, string) *http.Cookie { return nil }

func (s *someone) Saw(*visitors.Visitor, string) {}

func (s *someone) CartOf(context.Context, *visitors.Visitor) (*visitors.Cart, []visitors.Line, error) {
	return s.cart, nil, s.failure
}

// holding is somebody with these lines in the cart, and a request of theirs.
func holding(wishes []int64, lines ...visitors.CartLine) (*someone, *oct8ne.Request) {
	s := &someone{Visitor: visitors.Visitor{Ref: "ref", Customer: &visitors.Customer{ID: "7", FirstName: "Anna", Email: "anna@example.com"}}, cart: &visitors.Cart{Lines: lines}}
	for _, id := range wishes {
		s.Wishes = append(s.Wishes, visitors.Wish{Product: id})
	}
	return s, &oct8ne.Request{Cookies: map[string]string{"octobridge": "value"}}
}

func line(product, quantity int64) visitors.CartLine {
	return visitors.CartLine{Line: visitors.Line{Key: visitors.Key{Product: product}, Quantity: decimal.NewFromInt(quantity)}}
}

// What is shown of a cart, and what its sum is, must agree in every currency: sums
// were once made of amounts with two digits, where yen have none and dinars three.
// The expectations were computed by hand: 23.90 / 13.1234 is 1.8212.
func TestSumIsOfTheShownAmounts(t *testing.T) {
	t.Parallel()
	rates, err := pricing.FixedRates([]string{"EUR=4.25", "JPY=0.0267", "KWD=13.1234"})
	if err != nil {
		t.Fatal(err)
	}
	yen := line(42, 3)
	yen.Price, yen.Currency = amount("1234.5"), "JPY" // as a basket may have it
	for _, c := range []struct {
		line                     visitors.CartLine
		currency, one, all, code string
	}{
		{line(41, 3), "", "PLN 23.90", "PLN 71.70", "PLN"},
		{line(41, 3), "EUR", "€5.62", "€16.86", "EUR"},
		{line(41, 3), "JPY", "¥895", "¥2,685", "JPY"},
		{line(41, 3), "KWD", "KWD 1.821", "KWD 5.463", "KWD"},
		{yen, "", "¥1,235", "¥3,705", "JPY"},
	} {
		adapter := newAdapter(t, newWholesaler(goods(41, "Kubek", "23.9"), goods(42, "Miska", "1")), func(o *bridge.AdapterOptions) {
			o.Rates = func() *pricing.Rates { return rates }
		})
		who, request := holding(nil, c.line)
		adapter.KnowVisitors(who, nil)
		request.Locale, request.Currency = "en-US", c.currency
		cart, err := adapter.Cart(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%s, %s, %s", text(cart.Lines[0].Price), text(cart.FinalPrice), cart.Currency)
		if want := c.one + ", " + c.all + ", " + c.code; strings.ReplaceAll(got, "\u00a0", " ") != want {
			t.Errorf("in %q: %s, want %s", c.currency, got, want)
		}
	}
}

// A customer with a cart was answered as a guest without one while the wholesaler
// did not answer, although who they are and what they hold is known here. And where
// only some products were known, the others were missing, as if they were not sold
// any more, and the sum was that of what was left.
func TestCartOfUnknownGoodsInAnOutage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, seen, titles, wishes string }{
		{"nothing is known", "", "41 42", "43"},
		{"one is known", "41", "Kubek 42", "43"},
		{"the wish is known", "43", "41 42", "Talerz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop := newWholesaler(goods(41, "Kubek", "23.9"), goods(42, "Miska", "10"), goods(43, "Talerz", "5"))
			adapter := newAdapter(t, shop)
			who, request := holding([]int64{43}, line(41, 2), line(42, 1))
			adapter.KnowVisitors(who, nil)
			if c.seen != "" {
				if _, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{c.seen}); err != nil {
					t.Fatal(err)
				}
			}
			shop.change(func(w *wholesaler) { w.failure = io.ErrUnexpectedEOF })

			data, err := adapter.CustomerData(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if data.ID == nil || *data.ID != "7" {
				t.Error("who it is is known, and not told")
			}
			var titles, wishes []string
			for _, l := range data.Cart {
				titles = append(titles, l.Title)
			}
			for _, w := range data.Wishlist {
				wishes = append(wishes, w.Title)
			}
			if got := strings.Join(titles, " "); got != c.titles {
				t.Errorf("in the cart: %s, want %s", got, c.titles)
			}
			if got := strings.Join(wishes, " "); got != c.wishes {
				t.Errorf("wished for: %s, want %s", got, c.wishes)
			}
			cart, err := adapter.Cart(t.Context(), request)
			if err != nil || cart.TotalItems != 3 || cart.FinalPrice != nil {
				t.Errorf("got %d items for %s, %v; want 3 for what nobody knows", cart.TotalItems, text(cart.FinalPrice), err)
			}
		})
	}
}

// What is really not sold any more is left out still, and the sum is that of the rest.
func TestGoneGoodsAreLeftOut(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(41, "Kubek", "23.9")))
	who, request := holding([]int64{43}, line(41, 2), line(42, 1))
	adapter.KnowVisitors(who, nil)
	data, err := adapter.CustomerData(t.Context(), request)
	if err != nil || len(data.Cart) != 1 || len(data.Wishlist) != 0 {
		t.Errorf("got %+v, %v", data, err)
	}
	cart, err := adapter.Cart(t.Context(), request)
	if err != nil || cart.TotalItems != 2 || text(cart.FinalPrice) != "47,80\u00a0zł" {
		t.Errorf("got %d items for %s, %v", cart.TotalItems, text(cart.FinalPrice), err)
	}
}

// Where the shop has an id for each size (shop.ids_file), all sizes of a product were
// shown under the id of the first, with the address of its page.
func TestLinesHaveTheShopsIDOfTheirSize(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(41, "Kubek", "23.9"), goods(50, "Fartuch", "10")), func(o *bridge.AdapterOptions) {
		o.ShopIDs = readIDs(t, "S;50-3\nM;50-4\nMUG;41\n")
		o.ProductURL = "https://shop.example/p/{id}?size={size}"
	})
	small, medium := line(50, 1), line(50, 2)
	small.Size, medium.Size = "3", "4"
	who, request := holding([]int64{41}, medium, line(41, 1), small)
	adapter.KnowVisitors(who, nil)
	data, err := adapter.CustomerData(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, l := range data.Cart {
		shown = append(shown, l.InternalID, l.ProductURL)
	}
	want := []string{"M", "https://shop.example/p/M?size=4", "MUG", "https://shop.example/p/MUG?size=", "S", "https://shop.example/p/S?size=3"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	cart, err := adapter.Cart(t.Context(), request)
	if err != nil || len(cart.Lines) != 3 || cart.Lines[0].InternalID != "M" || cart.Lines[2].InternalID != "S" {
		t.Errorf("the cart is %+v, %v", cart.Lines, err)
	}
}

// What was taken out of the shop's file of ids after it was put into a cart was shown
// under the wholesaler's number, which the shop may have given to other goods.
func TestWhatTheShopHasNoIDForIsGone(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(3, "Kubek", "23.9"), goods(4, "Miska", "10")), func(o *bridge.AdapterOptions) {
		o.ShopIDs = readIDs(t, "3;4\n")
	})
	who, request := holding([]int64{3, 4}, line(3, 1), line(4, 1))
	adapter.KnowVisitors(who, nil)
	data, err := adapter.CustomerData(t.Context(), request)
	if err != nil || len(data.Cart) != 1 || data.Cart[0].Title != "Miska" || len(data.Wishlist) != 1 || data.Wishlist[0].Title != "Miska" {
		t.Errorf("got %+v and %+v, %v", data.Cart, data.Wishlist, err)
	}
}

// A customer of the wholesaler whose basket could not be read was answered as a guest.
func TestWhoItIsIsToldWithoutTheBasket(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(goods(43, "Talerz", "5")))
	who, request := holding([]int64{43})
	who.failure = io.ErrUnexpectedEOF
	adapter.KnowVisitors(who, nil)
	data, err := adapter.CustomerData(t.Context(), request)
	if err != nil || data.ID == nil || len(data.Wishlist) != 1 || len(data.Cart) != 0 {
		t.Errorf("got %+v, %v", data, err)
	}
	if _, err := adapter.Cart(t.Context(), request); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a basket that nobody knows is %v", err)
	}
}
