package customers_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/customers"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// look reads a basket that must be there.
func look(t *testing.T, s *customers.Service, ref string) *customers.Basket {
	t.Helper()
	basket, _, err := s.Basket(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return basket
}

func TestBasketIsReadOnceWhileFresh(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.fill(line(mug, 2), line(mug, 1), line(boot, 1))
	s := w.service()
	w.signIn(s, "r1")
	before := w.calls()
	for range 3 {
		if got := shown(look(t, s, "r1")); got != "41:3 42-3:1" {
			t.Errorf("%s", got)
		}
	}
	if made := w.calls() - before; made != 1 {
		t.Errorf("%d calls for three looks, want 1", made)
	}
	w.clock.advance(5 * time.Second)
	before = w.calls()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { look(t, s, "r1") })
	}
	group.Wait()
	if made := w.calls() - before; made != 1 {
		t.Errorf("%d calls for fifty at once, want 1", made)
	}
	if got, err := s.Add(t.Context(), "r1", line(mug, 1)); err != nil || shown(got) != "41:4 42-3:1" {
		t.Errorf("after an addition: %s, %v", shown(got), err)
	}
	if got := shown(look(t, s, "r1")); got != "41:4 42-3:1" {
		t.Errorf("the basket of before is shown after a change: %s", got)
	}
}

func TestBasketTellsPricesOfTheCustomer(t *testing.T) {
	w := newWorld(t, sqlite(t))
	for _, test := range []struct {
		net                    bool
		login, password, price string
	}{{false, login, password, "100"}, {true, login, password, "81.3"}, {false, other, otherWord, "90"}, {true, other, otherWord, "73.17"}} {
		s := w.service(func(o *customers.Options) { o.Net = test.net })
		ref := fmt.Sprint(test.login, test.net)
		w.signInAs(s, ref, test.login, test.password, line(mug, 1))
		basket := look(t, s, ref)
		if basket.Currency != "PLN" || len(basket.Lines) != 1 || basket.Lines[0].Name != "Kubek" ||
			!basket.Lines[0].Price.Valid || !basket.Lines[0].Price.Decimal.Equal(decimal.RequireFromString(test.price)) {
			t.Errorf("%s, net %v: %+v, want the price %s", test.login, test.net, basket, test.price)
		}
		w.shop.SetMoods()
		if _, err := s.Set(t.Context(), ref, []customers.Line{line(mug, 0)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKnownBasketStandsIn(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.fill(line(mug, 2))
	s := w.service()
	w.signIn(s, "r1")
	down := sandbox.Moods{Trouble: sandbox.Trouble{Status: 404, HTML: true}}
	w.shop.SetMoods(down)
	if _, _, err := s.Basket(t.Context(), "r1"); err == nil {
		t.Error("a basket that was never read is shown in an outage")
	} else {
		noPersonal(t, err)
	}
	w.shop.SetMoods()
	if basket := look(t, s, "r1"); basket.Age != 0 {
		t.Errorf("a fresh basket is %v old", basket.Age)
	}
	w.shop.SetMoods(down)
	w.clock.advance(10 * time.Minute)
	if basket := look(t, s, "r1"); basket.Age != 10*time.Minute || shown(basket) != "41:2" {
		t.Errorf("in the outage: %s, %v old", shown(basket), basket.Age)
	}
}

// hanging is a wholesaler who does not answer for the basket while told so.
type hanging struct {
	customers.Wholesaler
	hangs *atomic.Bool
}

func (h *hanging) Basket(ctx context.Context) (idosell.Basket, error) {
	if h.hangs.Load() {
		<-ctx.Done()
		return idosell.Basket{}, ctx.Err()
	}
	return h.Wholesaler.Basket(ctx)
}

// A wholesaler who hung held up every page of a signed-in customer until the page's
// own time was over, eight seconds, although the basket was known: also while a
// guest's lines wait to be merged.
func TestNoPageWaitsForAKnownBasket(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.fill(line(mug, 2))
	var hangs atomic.Bool
	w.around = func(real customers.Wholesaler) customers.Wholesaler { return &hanging{real, &hangs} }
	s := w.service(func(o *customers.Options) { o.Wait = time.Millisecond })
	w.signIn(s, "r1")
	if basket := look(t, s, "r1"); basket.Age != 0 { // waited for, and known from here on
		t.Errorf("a basket that nobody knows is %v old", basket.Age)
	}
	hangs.Store(true)
	w.signIn(s, "r2", line(boot, 1))
	for _, ref := range []string{"r1", "r2"} {
		w.clock.advance(time.Minute)
		began := time.Now()
		if basket := look(t, s, ref); basket.Age == 0 || shown(basket) != "41:2" {
			t.Errorf("%s: %s, %v old", ref, shown(basket), basket.Age)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s waited %v for a wholesaler who hangs", ref, took)
		}
	}
}

func TestAdd(t *testing.T) {
	import1 := func(trouble sandbox.Trouble) []sandbox.Moods {
		return []sandbox.Moods{{Gates: []string{importGate}, Calls: 1, Trouble: trouble}}
	}
	noBasket := sandbox.Moods{Gates: []string{"Basket/get"}, Skip: 1, Trouble: sandbox.Trouble{Status: 404, HTML: true}}
	for _, test := range []struct {
		name  string
		line  customers.Line
		moods []sandbox.Moods
		want  string
		err   error
		calls int // imports that the wholesaler saw
	}{
		{"all goes well", line(boot4, 2), nil, "41:1 42-4:2", nil, 1},
		{"more of the same", line(mug, 2), nil, "41:3", nil, 1},
		{"no answer in time", line(mug, 2), import1(sandbox.Trouble{AnswerDelay: sandbox.Duration(time.Hour)}), "41:3", nil, 1},
		{"no answer in time, and not done", line(mug, 2), import1(sandbox.Trouble{Delay: sandbox.Duration(time.Hour)}), "41:1", customers.ErrUnknown, 1},
		{"the answer is lost", line(mug, 2), import1(sandbox.Trouble{Drop: "after"}), "41:3", nil, 1},
		{"the connection is cut before", line(mug, 2), import1(sandbox.Trouble{Drop: "before"}), "41:3", nil, 2},
		{"cut again and again", line(mug, 2), []sandbox.Moods{{Gates: []string{importGate}, Trouble: sandbox.Trouble{Drop: "before"}}}, "41:1", customers.ErrUnknown, 2},
		{"the session ends", line(mug, 2), import1(sandbox.Trouble{Fault: &sandbox.Fault{Code: 1}}), "41:3", nil, 2},
		{"sold out", line(vase, 1), nil, "41:1", customers.ErrNotAvailable, 1},
		{"unknown", line(customers.Key{Product: 999}, 1), nil, "41:1", customers.ErrNotAvailable, 1},
		{"the outcome cannot be looked up", line(mug, 2), append(import1(sandbox.Trouble{Drop: "after"}), noBasket), "41:3", customers.ErrUnknown, 1},
		{"the basket cannot be read after it", line(mug, 2), []sandbox.Moods{noBasket}, "41:3", nil, 1},
		{"imports replace the basket", line(boot4, 2), []sandbox.Moods{{Gates: []string{importGate}, Different: sandbox.Different{ReplaceOnImport: true}}}, "41:1 42-4:2", nil, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t))
			w.timeout = 2 * time.Second
			w.fill(line(mug, 1))
			s := w.service()
			w.signIn(s, "r1")
			before := w.calls(importGate)
			w.shop.SetMoods(test.moods...)
			basket, err := s.Add(t.Context(), "r1", test.line)
			if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("%v, want %v", err, test.err)
			}
			noPersonal(t, err)
			w.shop.SetMoods()
			if got := w.holds(); got != test.want || err == nil && shown(basket) != test.want {
				t.Errorf("the basket holds %q and is shown as %q, want %q", got, shown(basket), test.want)
			}
			if made := w.calls(importGate) - before; made != test.calls {
				t.Errorf("%d imports, want %d", made, test.calls)
			}
			if got := shown(look(t, s, "r1")); got != test.want {
				t.Errorf("looked at again the basket is shown as %q, want %q", got, test.want)
			}
		})
	}
}

func TestSet(t *testing.T) {
	trouble := func(gate string, trouble sandbox.Trouble) []sandbox.Moods {
		return []sandbox.Moods{{Gates: []string{gate}, Calls: 1, Trouble: trouble}}
	}
	missing := func(gates ...string) []sandbox.Moods {
		return []sandbox.Moods{{Gates: gates, Different: sandbox.Different{MissingGates: gates}}}
	}
	all := []customers.Line{line(mug, 0), line(boot, 0), line(boot4, 0)}
	const had = "41:3 42-3:1 42-4:1"
	for _, test := range []struct {
		name    string
		changes []customers.Line
		moods   []sandbox.Moods
		want    string
		err     error
	}{
		{"nothing", nil, nil, had, nil},
		{"a quantity", []customers.Line{line(boot, 5)}, nil, "41:3 42-3:5 42-4:1", nil},
		{"of two positions", []customers.Line{line(mug, 7)}, nil, "41:7 42-3:1 42-4:1", nil},
		{"of two positions that have it in all", []customers.Line{line(mug, 3)}, nil, had, nil},
		{"one is taken out", []customers.Line{line(boot, 0)}, nil, "41:3 42-4:1", nil},
		{"several at once", []customers.Line{line(mug, 0), line(boot, 4), line(lamp, 2)}, nil, "42-3:4 42-4:1 43:2", nil},
		{"something new", []customers.Line{line(lamp, 2)}, nil, had + " 43:2", nil},
		{"what is not there is taken out", []customers.Line{line(lamp, 0)}, nil, had, nil},
		{"all is taken out", all, nil, "", nil},
		{"all, without a gate to clear", all, missing("Basket/clear"), "", nil},
		{"more than there is", []customers.Line{line(boot, 500)}, nil, "41:3 42-3:100 42-4:1", nil},
		{"no gates", []customers.Line{line(boot, 5)}, missing("Basket/setQuantity", "Basket/remove"), had, customers.ErrElsewhere},
		{"no gate to remove", []customers.Line{line(boot, 0)}, missing("Basket/remove"), had, customers.ErrElsewhere},
		{"no gates, and something new beside", []customers.Line{line(lamp, 1), line(boot, 5)}, missing("Basket/setQuantity"), had, customers.ErrElsewhere},
		{"no gates, and only something new", []customers.Line{line(lamp, 1)}, missing("Basket/setQuantity", "Basket/remove"), had + " 43:1", nil},
		{"the answer is lost", []customers.Line{line(boot, 5)}, trouble("Basket/setQuantity", sandbox.Trouble{Drop: "after"}), "41:3 42-3:5 42-4:1", nil},
		{"cut before", []customers.Line{line(boot, 5)}, trouble("Basket/setQuantity", sandbox.Trouble{Drop: "before"}), "41:3 42-3:5 42-4:1", nil},
		{"removed, and the answer is lost", []customers.Line{line(boot, 0)}, trouble("Basket/remove", sandbox.Trouble{Drop: "after"}), "41:3 42-4:1", nil},
		{"500 when removing", []customers.Line{line(boot, 0)}, trouble("Basket/remove", sandbox.Trouble{Status: 500, HTML: true}), "41:3 42-4:1", nil},
		{"the session ends", []customers.Line{line(boot, 0)}, trouble("Basket/remove", sandbox.Trouble{Fault: &sandbox.Fault{Code: 1}}), "41:3 42-4:1", nil},
		{"again and again", []customers.Line{line(boot, 5)}, []sandbox.Moods{{Gates: []string{"Basket/setQuantity"}, Trouble: sandbox.Trouble{Drop: "before"}}}, had, customers.ErrUnknown},
		{"imports replace the basket", []customers.Line{line(lamp, 1), line(mug, 0)},
			[]sandbox.Moods{{Gates: []string{importGate}, Different: sandbox.Different{ReplaceOnImport: true}}}, "42-3:1 42-4:1 43:1", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t))
			w.fill(line(mug, 1), line(boot, 1), line(mug, 2), line(boot4, 1))
			s := w.service()
			w.signIn(s, "r1")
			w.shop.SetMoods(test.moods...)
			for range 2 { // twice is harmless
				basket, err := s.Set(t.Context(), "r1", test.changes)
				if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
					t.Errorf("%v, want %v", err, test.err)
				}
				noPersonal(t, err)
				if got := w.holds(); got != test.want || err == nil && shown(basket) != test.want {
					t.Errorf("the basket holds %q and is shown as %q, want %q", got, shown(basket), test.want)
				}
			}
		})
	}
}

// Where the gates are missing, the page is told, and what is asked about them is
// asked once for all customers.
func TestBasketThatIsChangedElsewhere(t *testing.T) {
	w := newWorld(t, sqlite(t), func(o *sandbox.Options) { o.WithoutOptionalGates = true })
	s := w.service()
	w.signIn(s, "r1", line(mug, 1))
	if basket := look(t, s, "r1"); basket.Changeable || basket.Page != "https://hurt.example/basketedit.php" || shown(basket) != "41:1" {
		t.Errorf("%+v", basket)
	}
	if basket, err := s.Add(t.Context(), "r1", line(mug, 1)); err != nil || basket.Changeable || shown(basket) != "41:2" {
		t.Errorf("%+v, %v", basket, err)
	}
	w = newWorld(t, sqlite(t))
	s = w.service()
	w.signIn(s, "r1")
	if basket := look(t, s, "r1"); !basket.Changeable || basket.Page != "" {
		t.Errorf("%+v", basket)
	}
}

func TestOrdersAndAddresses(t *testing.T) {
	anna := sandbox.Address{FirstName: "Anna", LastName: "Nowak", Street: "Kwiatowa 1", ZipCode: "50-001", City: "Wrocław", CountryID: "PL", Email: "anna@example.com"}
	w := newWorld(t, sqlite(t), func(o *sandbox.Options) {
		for n := range 230 { // the wholesaler lists the oldest first
			o.Orders = append(o.Orders, order(login, time.Duration(1000-n)*time.Hour, anna), order(other, time.Hour, anna))
		}
	})
	s := w.service()
	w.signIn(s, "r1")
	before := w.calls("Orders/get")
	orders, err := s.Orders(t.Context(), "r1")
	if err != nil || len(orders) != 100 {
		t.Fatalf("%d orders, %v", len(orders), err)
	}
	if made := w.calls("Orders/get") - before; made != 3 {
		t.Errorf("%d calls, want 3", made)
	}
	if newest, oldest := orders[0].ID, orders[99].ID; newest != login+"-230" || oldest != login+"-131" {
		t.Errorf("from %s to %s, want the newest hundred", newest, oldest)
	}
	if !slices.IsSortedFunc(orders, func(a, b idosell.Order) int { return b.AddedAt.Compare(a.AddedAt) }) {
		t.Error("not the newest first")
	}
	addresses, err := s.Addresses(t.Context(), "r1")
	if err != nil || len(addresses) != 100 || addresses[0].City != "Wrocław" {
		t.Errorf("%d addresses, %v", len(addresses), err)
	}
	w.shop.SetMoods(sandbox.Moods{Gates: []string{"Orders/get", "Clients"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 9, Text: login + lastName + mailOfBill}}})
	if _, err := s.Orders(t.Context(), "r1"); err == nil {
		t.Error("no error")
	} else {
		noPersonal(t, err)
	}
	_, err = s.Addresses(t.Context(), "r1")
	noPersonal(t, err)
	for _, ref := range []string{"", "r2"} {
		if _, err := s.Orders(t.Context(), ref); !errors.Is(err, customers.ErrSignedOut) {
			t.Errorf("a stranger's orders: %v", err)
		}
		if _, err := s.Addresses(t.Context(), ref); !errors.Is(err, customers.ErrSignedOut) {
			t.Errorf("a stranger's addresses: %v", err)
		}
	}
}

func TestPricesOfTheCustomer(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := w.service()
	w.signIn(s, "r1")
	w.signInAs(s, "r2", other, otherWord)
	w.signIn(s, "r3")
	accounts := map[string]string{}
	for ref, want := range map[string]string{"r1": "100", "r2": "90", "r3": "100"} {
		account, products, err := s.Upstream(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		accounts[ref] = account
		page, err := products.SearchProductsPage(t.Context(), idosell.ProductQuery{IDs: []int64{41}}, 0, 10)
		if err != nil || len(page.Items) != 1 || !page.Items[0].WholesalePrice.Decimal.Equal(decimal.RequireFromString(want)) {
			t.Errorf("%s: %+v, %v, want %s", ref, page.Items, err, want)
		}
	}
	if accounts["r1"] == accounts["r2"] || accounts["r1"] != accounts["r3"] {
		t.Error("the names of accounts do not tell customers apart")
	}
	noPersonal(t, errors.New(accounts["r1"]))
	_, products, _ := s.Upstream(t.Context(), "r1")
	if err := s.SignOut(t.Context(), "r1"); err != nil {
		t.Fatal(err)
	}
	if _, err := products.SearchProductsPage(t.Context(), idosell.ProductQuery{IDs: []int64{41}}, 0, 10); !errors.Is(err, customers.ErrSignedOut) {
		t.Errorf("prices after signing out: %v", err)
	}
}

// Hundreds of customers at once, with fewer clients than customers: each sees only
// what is theirs.
func TestCustomersNeverSeeEachOther(t *testing.T) {
	const many, kept = 200, 60
	w := newWorld(t, sqlite(t), func(o *sandbox.Options) {
		for n := range many {
			o.Accounts = append(o.Accounts, sandbox.Account{Login: fmt.Sprint("klient", n), Password: secret.New(fmt.Sprint("haslo", n)),
				Email: fmt.Sprintf("k%d@example.com", n), Discount: decimal.NewFromInt(int64(n % 50))})
			o.Orders = append(o.Orders, order(fmt.Sprint("klient", n), time.Hour, sandbox.Address{FirstName: "A", LastName: fmt.Sprint("L", n), Street: "U", ZipCode: "1", City: "M", CountryID: "PL", Email: "a@example.com"}))
		}
	})
	s := w.service(func(o *customers.Options) { o.Clients = kept; o.EncryptionKey = nil })
	var group sync.WaitGroup
	for n := range many {
		group.Go(func() {
			ref := fmt.Sprint("ref", n)
			person := w.signInAs(s, ref, fmt.Sprint("klient", n), fmt.Sprint("haslo", n), line(mug, int64(n+1)))
			if person.ID != fmt.Sprint("klient", n) || person.Email != fmt.Sprintf("k%d@example.com", n) {
				t.Errorf("customer %d is taken for %+v", n, person)
			}
			price := decimal.NewFromInt(int64(100 - n%50))
			for round := range 2 {
				basket, _, err := s.Basket(t.Context(), ref)
				if err != nil {
					t.Error(err)
					return
				}
				if want := fmt.Sprint("41:", n+1+round); shown(basket) != want || !basket.Lines[0].Price.Decimal.Equal(price) {
					t.Errorf("customer %d sees %s at %s, want %s at %s", n, shown(basket), basket.Lines[0].Price.Decimal, want, price)
				}
				if _, err := s.Add(t.Context(), ref, line(mug, 1)); err != nil {
					t.Error(err)
				}
				_, products, err := s.Upstream(t.Context(), ref)
				if err != nil {
					t.Error(err)
					return
				}
				page, err := products.SearchProductsPage(t.Context(), idosell.ProductQuery{IDs: []int64{41}}, 0, 1)
				if err != nil || len(page.Items) != 1 || !page.Items[0].WholesalePrice.Decimal.Equal(price) {
					t.Errorf("customer %d has another's prices: %+v, %v, want %s", n, page.Items, err, price)
				}
			}
			orders, err := s.Orders(t.Context(), ref)
			if err != nil || len(orders) != 1 || orders[0].ID != fmt.Sprint("klient", n, "-1") {
				t.Errorf("customer %d has %d orders: %v", n, len(orders), err)
			}
		})
	}
	group.Wait()
	if open, made := w.clients(); open > kept || made < many {
		t.Errorf("%d clients are open of %d that were made, want %d at most", open, made, kept)
	}
	for n := range many { // evicted or not, without a key
		if !s.SignedIn(t.Context(), fmt.Sprint("ref", n)) {
			t.Errorf("customer %d is not signed in any more", n)
		}
	}
}
