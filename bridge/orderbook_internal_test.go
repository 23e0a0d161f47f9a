package bridge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"octobridge/idosell"
)

func numbered(n int, kind ShopKind) *record {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	o := idosell.Order{ID: fmt.Sprint("shop-", n), SerialNumber: int64(n)}
	o.AddedAt, o.ChangedAt = at, at
	o.ClientNote = fmt.Sprintf("[ref:R/%d]", n)
	o.Client.Delivery.Email = "a@example.com"
	return newRecord(&o, kind, at)
}

// The book keeps the newest orders up to its limit and no trace of the others.
func TestOrderBookIsBounded(t *testing.T) {
	t.Parallel()
	book := newOrderBook()
	for n := range 100 {
		book.put(numbered((n*37)%100+1, Dropshipping))
	}
	book.forget(10, func(r *record) bool { return r.serial%2 == 0 })
	list := book.ofEmail("A@example.com")
	if len(list) != 10 || list[0].serial != 99 || list[9].serial != 81 {
		t.Errorf("%d orders are left, from %d to %d; want the ten newest odd ones", len(list), list[0].serial, list[len(list)-1].serial)
	}
	for name, n := range map[string]int{
		"byID": len(book.byID), "byName": len(book.byName) / 2, "bySerial": len(book.bySerial), "byDigits": len(book.byDigits),
	} {
		if n != 10 {
			t.Errorf("%s holds %d orders, want 10", name, n)
		}
	}
	book.forget(10, func(*record) bool { return true })
	if n := len(book.byID) + len(book.byName) + len(book.bySerial) + len(book.byDigits) + len(book.byEmail); n != 0 {
		t.Errorf("%d entries are left behind", n)
	}
}

// What the account pays is not even kept in dropshipping.
func TestRecordOfDropshippingHasNoCosts(t *testing.T) {
	t.Parallel()
	var o idosell.Order
	o.SerialNumber = 7
	o.Payment.Costs.Products.Valid = true
	o.SellerNote = "x"
	o.Client.Account.Email = "shop@example.com"
	r := newRecord(&o, Dropshipping, time.Time{})
	if r.total.Valid || r.seller != "" || len(r.emails) != 0 || r.id != "7" {
		t.Errorf("got %+v", r)
	}
	if r = newRecord(&o, Wholesale, time.Time{}); !r.total.Valid || r.seller == "" || len(r.emails) != 1 {
		t.Errorf("wholesale: got %+v", r)
	}
}

// Whatever an agent's client sends as a reference, an order is only found by its
// names in some letter case, by its serial number, or by digits alone.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{"R/7", "r/7", "7", "shop-12", "#7", "x7", "", "-7", "+7", "07", "٧", "R/7\x00", "ſhop-7"} {
		f.Add(seed)
	}
	book := newOrderBook()
	for n := range 50 {
		book.put(numbered(n+1, Wholesale))
	}
	f.Fuzz(func(t *testing.T, given string) {
		r := book.ofReference(given)
		if r == nil {
			return
		}
		given = strings.TrimSpace(given)
		named := strings.EqualFold(given, r.id) || strings.EqualFold(given, r.reference)
		digits := !strings.ContainsAny(strings.ToLower(given), "abcdefghijklmnopqrstuvwxyz") && digitsOf(given) == digitsOf(r.reference)
		serial := strings.TrimLeft(given, "+0") == fmt.Sprint(r.serial)
		if !named && !digits && !serial {
			t.Errorf("%q finds %s (%s)", given, r.id, r.reference)
		}
	})
}
