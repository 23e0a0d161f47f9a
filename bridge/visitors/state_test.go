package visitors

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// stateGoods are goods that the state asks nothing of: to ask is to fail.
type stateGoods struct{ Goods }

// stateClock is a clock that stands still until it is moved.
type stateClock struct {
	mutex sync.Mutex
	at    time.Time
}

func newStateClock() *stateClock {
	return &stateClock{at: time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.UTC)}
}

func (c *stateClock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *stateClock) move(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(by)
}

// signOuts is a wholesaler that notes whom it was asked to forget.
type signOuts struct {
	Wholesaler
	mutex sync.Mutex
	refs  []string
	err   error
}

func (w *signOuts) SignOut(_ context.Context, ref string) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.refs = append(w.refs, ref)
	return w.err
}

func (w *signOuts) taken() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	refs := w.refs
	w.refs = nil
	return refs
}

// stateService is a service on a database, with a clock; change may be nil.
func stateService(t testing.TB, s *store.Store, change func(*Options)) (*Service, *stateClock) {
	t.Helper()
	clock := newStateClock()
	options := Options{Store: s, Goods: stateGoods{}, PublicURL: "https://bridge.example", Now: clock.now}
	if change != nil {
		change(&options)
	}
	service, err := New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	return service, clock
}

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// lineOf is a line as the goods describe it: by the piece.
func lineOf(product int64, size, quantity string) Line {
	one := number("1")
	line := Line{Key: Key{Product: product, Size: size}, Quantity: number(quantity), Step: one, Minimum: one}
	if size != "" {
		line.SizeName = "size " + size
	}
	return line
}

// add adds to a cart without conditions.
func add(t testing.TB, s *Service, v *Visitor, line Line) added {
	t.Helper()
	result, err := s.addLine(t.Context(), v, line, decimal.NullDecimal{}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func look(t testing.TB, s *Service, cookie string) *Visitor {
	t.Helper()
	v, err := s.Of(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cartOf writes a cart as "41-s3 x 2, 42 x 1".
func cartOf(v *Visitor) string {
	var lines []string
	for _, line := range v.Cart {
		name := fmt.Sprint(line.Product)
		if line.Size != "" {
			name += "-" + line.Size
		}
		lines = append(lines, name+" x "+line.Quantity.String())
	}
	return strings.Join(lines, ", ")
}

// wishesOf writes a wish list as "41, 42".
func wishesOf(v *Visitor) string {
	var products []string
	for _, wish := range v.Wishes {
		products = append(products, fmt.Sprint(wish.Product))
	}
	return strings.Join(products, ", ")
}

// sameVisitor fails where a snapshot and what was read later differ. Decimals may
// be written in several ways, so carts are compared by their lines.
func sameVisitor(t testing.TB, got, want *Visitor) {
	t.Helper()
	if fmt.Sprintf("%+v", got.Cart) != fmt.Sprintf("%+v", want.Cart) {
		t.Errorf("the cart is\n%+v, not\n%+v", got.Cart, want.Cart)
	}
	a, b := *got, *want
	a.Cart, b.Cart = nil, nil
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the visitor is\n%+v (customer %+v), not\n%+v (customer %+v)", a, a.Customer, b, b.Customer)
	}
}

func isGuest(t testing.TB, v *Visitor) {
	t.Helper()
	if !reflect.DeepEqual(v, &Visitor{}) {
		t.Errorf("not a guest without anything: %+v", v)
	}
}

// rowsIn counts the rows of a table.
func rowsIn(t testing.TB, s *store.Store, table string) (n int) {
	t.Helper()
	if err := s.DB().QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhoIsNobodyIsAGuest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		real := add(t, s, nil, lineOf(41, "", "1")).Cookie
		if len(real) != 32 {
			t.Fatalf("the cookie has %d characters", len(real))
		}
		for _, cookie := range []string{
			"", "x", real[:31], real + "A", strings.ToLower(real) + "=", strings.Repeat("A", 32), strings.Repeat("ż", 16),
			real[:31] + "\x00", real[:31] + "+", "' OR 1=1 --" + strings.Repeat(" ", 21),
		} {
			isGuest(t, look(t, s, cookie))
		}
		if v := look(t, s, real); cartOf(v) != "41 x 1" {
			t.Errorf("the real cookie's cart is %q", cartOf(v))
		}
	})
}

// A guest who does nothing leaves nothing.
func TestNothingIsKeptOfAGuest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		guest := look(t, s, "")
		s.Saw(guest, "chat")
		if err := s.flush(t.Context()); err != nil {
			t.Error(err)
		}
		for what, do := range map[string]func() (*Visitor, error){
			"no wishes":     func() (*Visitor, error) { v, _, _, err := s.Wish(t.Context(), guest, nil); return v, err },
			"unwish":        func() (*Visitor, error) { return s.Unwish(t.Context(), guest, []int64{41}) },
			"clear wishes":  func() (*Visitor, error) { return s.ClearWishes(t.Context(), guest) },
			"clear cart":    func() (*Visitor, error) { return s.clearCart(t.Context(), guest) },
			"nothing to be": func() (*Visitor, error) { return guest, s.Leave(t.Context(), guest) },
			"no chat":       func() (*Visitor, error) { v, _, err := s.SeeGuest(t.Context(), ""); return v, err },
			"no value":      func() (*Visitor, error) { v, _, err := s.SeeGuest(t.Context(), "two\nlines"); return v, err },
			"zero": func() (*Visitor, error) {
				v, _, err := s.setLines(t.Context(), guest, []Line{lineOf(41, "", "0")})
				return v, err
			},
			"sold out": func() (*Visitor, error) {
				result, err := s.addLine(t.Context(), guest, lineOf(41, "", "2"), decimal.NewNullDecimal(number("0")), "key", func(added) []byte { return []byte("{}") })
				return result.Visitor, err
			},
		} {
			v, err := do()
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			isGuest(t, v)
		}
		if n := rowsIn(t, db, "visitors"); n != 0 {
			t.Errorf("%d visitors are kept", n)
		}
	})
}

func TestVisitorsSurviveARestart(t *testing.T) {
	for name, options := range map[string]func(testing.TB) store.Options{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			where := options(t)
			var cookie, proof string
			var before *Visitor
			restarted(t, where, func(s *Service) {
				v := add(t, s, nil, lineOf(41, "M", "2.50")).Visitor
				v = add(t, s, v, lineOf(42, "", "1")).Visitor
				v, _, _, err := s.Wish(t.Context(), v, []int64{7, 8})
				if err != nil {
					t.Fatal(err)
				}
				customer := Customer{ID: "c-1", Email: "Ada@Shop.Example", FirstName: "Ada", LastName: "Łoś", OneCustomerID: "900"}
				if before, cookie, err = s.Become(t.Context(), v, customer, "", nil); err != nil {
					t.Fatal(err)
				}
				proof = s.Proof(before)
			})
			restarted(t, where, func(s *Service) {
				after := look(t, s, cookie)
				sameVisitor(t, after, before)
				if cartOf(after) != "41-M x 2.5, 42 x 1" || wishesOf(after) != "7, 8" || after.Cart[0].SizeName != "size M" {
					t.Errorf("%+v", after)
				}
				if good, err := s.Proven(t.Context(), proof, "ada@shop.example"); !good || err != nil {
					t.Errorf("the proof from before is good: %v, %v", good, err)
				}
			})
		})
	}
}

// restarted runs do with a service that is closed afterwards.
func restarted(t *testing.T, options store.Options, do func(*Service)) {
	t.Helper()
	db, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	service, _ := stateService(t, db, nil)
	do(service)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// The cookie itself is nowhere in the database.
func TestTheCookieIsNotStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		cookie := add(t, s, nil, lineOf(41, "", "1")).Cookie
		v := look(t, s, cookie)
		if strings.Contains(cookie, v.Ref) || strings.Contains(v.Ref, cookie[:8]) {
			t.Error("the ref leads to the cookie")
		}
		var hash []byte
		var ref string
		if err := db.DB().QueryRow("SELECT cookie, ref FROM visitors").Scan(&hash, &ref); err != nil {
			t.Fatal(err)
		}
		if len(hash) != 32 || strings.Contains(string(hash), cookie[:8]) {
			t.Errorf("stored is %q", hash)
		}
	})
}

func TestCancelledContexts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		made := add(t, s, nil, lineOf(41, "", "1"))
		v := made.Visitor
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for what, do := range map[string]func() error{
			"Of":       func() error { _, err := s.Of(ctx, made.Cookie); return err },
			"SeeGuest": func() error { _, _, err := s.SeeGuest(ctx, "chat"); return err },
			"Wish":     func() error { _, _, _, err := s.Wish(ctx, v, []int64{1}); return err },
			"Unwish":   func() error { _, err := s.Unwish(ctx, v, []int64{1}); return err },
			"addLine": func() error {
				_, err := s.addLine(ctx, v, lineOf(42, "", "1"), decimal.NullDecimal{}, "", nil)
				return err
			},
			"setLines":        func() error { _, _, err := s.setLines(ctx, v, []Line{lineOf(42, "", "1")}); return err },
			"clearCart":       func() error { _, err := s.clearCart(ctx, v); return err },
			"Become":          func() error { _, _, err := s.Become(ctx, v, Customer{ID: "c"}, "", nil); return err },
			"Leave":           func() error { return s.Leave(ctx, v) },
			"claimKey":        func() error { _, _, err := s.claimKey(ctx, v, "k"); return err },
			"answerKey":       func() error { return s.answerKey(ctx, v, "k", []byte("{}")) },
			"answered":        func() error { _, _, err := s.answered(ctx, v, "k"); return err },
			"LiveCustomers":   func() error { _, err := s.LiveCustomers(ctx, []string{"c"}); return err },
			"CustomerByEmail": func() error { _, err := s.CustomerByEmail(ctx, "a@shop.example"); return err },
			"sweep":           func() error { return s.sweep(ctx) },
		} {
			if err := do(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
		}
		sameVisitor(t, look(t, s, made.Cookie), v)
		if n := rowsIn(t, db, "visitors"); n != 1 {
			t.Errorf("%d visitors", n)
		}
	})
}

func TestOptionsThatAreNeeded(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, options := range []Options{
		{Goods: stateGoods{}, PublicURL: "https://bridge.example"},
		{Store: db, PublicURL: "https://bridge.example"},
		{Store: db, Goods: stateGoods{}},
	} {
		if _, err := New(t.Context(), options); err == nil || !strings.Contains(err.Error(), "Options.") {
			t.Errorf("%v", err)
		}
	}
}

// FuzzOf offers any cookie: it is nobody's, or the one that there is.
func FuzzOf(f *testing.F) {
	db, err := store.Open(context.Background(), storetest.SQLite(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	s, _ := stateService(f, db, nil)
	made, err := s.addLine(context.Background(), nil, lineOf(41, "", "1"), decimal.NullDecimal{}, "", nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", made.Cookie[:31], strings.Repeat("_", 32), "\x00", "%' --", made.Cookie + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		if v, err := s.Of(t.Context(), cookie); err != nil || kept(v) != (cookie == made.Cookie) {
			t.Errorf("%q: %+v, %v", cookie, v, err)
		}
	})
}

var errOfTest = errors.New("an error of the test")

// inTx is what Become gives to keep.
type inTx = func(tx *sql.Tx, lines []Line) error
