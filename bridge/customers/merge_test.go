package customers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/customers"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

const importGate = "Dropshipping/basketImport"

// merged looks at the basket until nothing is on its way any more, a while apart,
// and returns what was told to be left over.
func (w *world) merged(s *customers.Service, ref string) string {
	w.t.Helper()
	var over []customers.Line
	for range 5 {
		basket, left, err := s.Basket(w.t.Context(), ref)
		if err != nil {
			w.t.Logf("the basket: %v", err)
			noPersonal(w.t, err)
		} else if basket.Age == 0 && shown(basket) != w.holds() {
			w.t.Errorf("the basket is shown as %s and holds %s", shown(basket), w.holds())
		}
		over = append(over, left...)
		w.clock.advance(2 * time.Minute)
	}
	return lines(over)
}

// Whatever goes wrong, what the guest had is in the basket once or is told to be
// left over, and what the customer had there stays.
func TestMergeOnce(t *testing.T) {
	import1 := func(trouble sandbox.Trouble) []sandbox.Moods {
		return []sandbox.Moods{{Gates: []string{importGate}, Calls: 1, Trouble: trouble}}
	}
	always := func(trouble sandbox.Trouble) []sandbox.Moods {
		return []sandbox.Moods{{Gates: []string{importGate}, Trouble: trouble}}
	}
	const had, guest, both = "41:2 42-3:1", "41:3 42-4:2", "41:5 42-3:1 42-4:2"
	for _, test := range []struct {
		name       string
		moods      []sandbox.Moods
		want, over string
		imports    int // that the wholesaler saw
	}{
		{"all goes well", nil, both, "", 1},
		{"the answer is lost", import1(sandbox.Trouble{Drop: "after"}), both, "", 1},
		{"no answer in time", import1(sandbox.Trouble{AnswerDelay: sandbox.Duration(time.Hour)}), both, "", 1},
		{"the connection is cut before", import1(sandbox.Trouble{Drop: "before"}), both, "", 2},
		{"half an answer", import1(sandbox.Trouble{Drop: "middle"}), both, "", 1},
		{"a status of 500 after the work", import1(sandbox.Trouble{Status: 500}), both, "", 1},
		{"a status of 500 instead of the work", import1(sandbox.Trouble{Status: 500, HTML: true}), both, "", 2},
		{"a SOAP fault", import1(sandbox.Trouble{SOAPFault: "awaria " + login}), both, "", 2},
		{"too many calls", import1(sandbox.Trouble{Status: 429}), both, "", 2},
		{"the session ends", import1(sandbox.Trouble{Fault: &sandbox.Fault{Code: 1}}), both, "", 2},
		{"refused", import1(sandbox.Trouble{Fault: &sandbox.Fault{Code: 5}}), had, guest, 1},
		{"a fault that says nothing", import1(sandbox.Trouble{Fault: &sandbox.Fault{Code: 77}}), both, "", 2},
		{"done, and every line marked with a fault", import1(sandbox.Trouble{ItemFault: &sandbox.Fault{Code: 5}}), both, "", 1},
		{"never arrives", always(sandbox.Trouble{Drop: "before"}), had, guest, 3},
		{"the basket cannot be read at first", []sandbox.Moods{{Gates: []string{"Basket/get"}, Calls: 3, Trouble: sandbox.Trouble{Status: 500, HTML: true}}}, both, "", 1},
		{"the basket cannot be read after it", []sandbox.Moods{{Gates: []string{"Basket/get"}, Skip: 1, Calls: 3, Trouble: sandbox.Trouble{Status: 500, HTML: true}}}, both, "", 1},
		{"nobody says what can be had", []sandbox.Moods{{Gates: []string{"Dropshipping/basketVerification"}, Calls: 3, Trouble: sandbox.Trouble{SOAPFault: "x"}}}, both, "", 1},
		{"imports replace the basket", []sandbox.Moods{{Gates: []string{importGate}, Different: sandbox.Different{ReplaceOnImport: true}}}, both, "", 2},
		{"imports replace the basket and the answer is lost", []sandbox.Moods{{Gates: []string{importGate},
			Different: sandbox.Different{ReplaceOnImport: true}, Trouble: sandbox.Trouble{Drop: "after"}}}, both, "", 2},
		{"imports replace the basket, and what they replaced is not put back at first", []sandbox.Moods{
			{Gates: []string{importGate}, Calls: 1, Different: sandbox.Different{ReplaceOnImport: true}},
			{Gates: []string{importGate}, Calls: 5, Trouble: sandbox.Trouble{Drop: "before"}},
			{Gates: []string{importGate}, Different: sandbox.Different{ReplaceOnImport: true}}}, both, "", 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t))
			w.timeout = 2 * time.Second
			w.fill(line(mug, 2), line(boot, 1))
			s := w.service()
			w.signIn(s, "r1", line(mug, 3), line(boot4, 2))
			before := w.calls(importGate)
			w.shop.SetMoods(test.moods...)
			over := w.merged(s, "r1")
			if got := w.holds(); got != test.want {
				t.Errorf("the basket holds %q, want %q", got, test.want)
			}
			if over != test.over {
				t.Errorf("%q was told to be left over, want %q", over, test.over)
			}
			if imports := w.calls(importGate) - before; imports != test.imports {
				t.Errorf("%d imports, want %d", imports, test.imports)
			}
			if rows := table(t, w.store, "customer_merges"); len(rows) != 0 {
				t.Errorf("%d merges are still there", len(rows))
			}
		})
	}
}

// An import that comes after its time-out is waited for, and not doubled.
func TestLateImportIsNotDoubled(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.timeout = time.Second
	s := w.service()
	w.signIn(s, "r1", line(mug, 3))
	w.shop.SetMoods(sandbox.Moods{Gates: []string{importGate}, Calls: 1, Trouble: sandbox.Trouble{Late: sandbox.Duration(2 * time.Second)}})
	for range 3 { // the first ends with the time-out, the others come too soon
		basket, over, err := s.Basket(t.Context(), "r1")
		if err != nil || len(over) > 0 {
			t.Fatalf("%v, %v", over, err)
		}
		if shown(basket) == "41:3" {
			break
		}
		w.clock.advance(6 * time.Second)
	}
	if imports := w.calls(importGate); imports != 1 {
		t.Errorf("%d imports while the first may still arrive, want 1", imports)
	}
	for w.shop.Underway() > 0 {
		<-time.After(10 * time.Millisecond)
	}
	if over := w.merged(s, "r1"); over != "" || w.holds() != "41:3" {
		t.Errorf("the basket holds %q and %q is left over", w.holds(), over)
	}
}

// What cannot be had, or not as much, is told once, by whichever call comes first
// after a restart.
func TestLeftOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.fill(line(lamp, 1))
		s := w.service()
		pair := customers.Line{Key: boot, SizeName: "M", Quantity: decimal.NewFromInt(150), Step: decimal.NewFromInt(6), Minimum: decimal.NewFromInt(12)}
		w.signIn(s, "r1", line(lamp, 5), line(vase, 1), line(mug, 1), line(customers.Key{Product: 999}, 4), pair)
		if err := s.Settle(t.Context(), "r1"); err != nil {
			t.Fatal(err)
		}
		if got := w.holds(); got != "41:1 42-3:96 43:3" {
			t.Errorf("the basket holds %q", got)
		}
		s = w.service()
		_, over, err := s.Basket(t.Context(), "r1")
		if err != nil || lines(over) != "42-3:54 43:3 44:1 999:4" {
			t.Errorf("%q was told (%v)", lines(over), err)
		}
		for _, l := range over {
			if l.Key == boot && (l.SizeName != "M" || !l.Step.Equal(pair.Step)) {
				t.Errorf("the size and the step are gone: %+v", l)
			}
		}
		if _, over, err := s.Basket(t.Context(), "r1"); err != nil || len(over) > 0 {
			t.Errorf("told twice: %q (%v)", lines(over), err)
		}
	})
}

// A customer who changes the basket while the outcome is not known is right.
func TestCustomerChangesTheBasketMeanwhile(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.fill(line(boot, 1))
	s := w.service()
	w.signIn(s, "r1", line(mug, 3))
	w.shop.SetMoods(sandbox.Moods{Gates: []string{importGate}, Calls: 1, Trouble: sandbox.Trouble{Drop: "before"}})
	if _, over, err := s.Basket(t.Context(), "r1"); err != nil || len(over) > 0 {
		t.Fatalf("%v %v", over, err)
	}
	w.fill(line(boot4, 1))
	w.clock.advance(10 * time.Second)
	if over := w.merged(s, "r1"); over != "41:3" || w.holds() != "42-3:1 42-4:1" {
		t.Errorf("%q was left over, the basket holds %q", over, w.holds())
	}
}

// errDead is what everything fails with in a process that has died.
var errDead = errors.New("the process has died")

// dying is a client in a process that dies at a step: before or after a call. The
// call itself is done, or it is not.
type dying struct {
	customers.Wholesaler
	death *death
}

type death struct {
	mu   sync.Mutex
	step int // at which it dies; calls and their ends are steps
	dead bool
}

func (d *death) next() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.step--; d.step == 0 {
		d.dead = true
	}
	if d.dead {
		return errDead
	}
	return nil
}

func around[T any](d *death, call func() (T, error)) (T, error) {
	var none T
	if err := d.next(); err != nil {
		return none, err
	}
	value, err := call()
	if dead := d.next(); dead != nil {
		return none, dead
	}
	return value, err
}

func (d dying) Basket(ctx context.Context) (idosell.Basket, error) {
	return around(d.death, func() (idosell.Basket, error) { return d.Wholesaler.Basket(ctx) })
}

func (d dying) ImportBasket(ctx context.Context, list idosell.BasketImport) ([]idosell.ImportedLine, error) {
	return around(d.death, func() ([]idosell.ImportedLine, error) { return d.Wholesaler.ImportBasket(ctx, list) })
}

func (d dying) Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error) {
	return around(d.death, func() ([]idosell.Availability, error) { return d.Wholesaler.Availability(ctx, lines...) })
}

// A process that dies at any step leaves nothing half done: the next one merges,
// once. With imports that replace the basket, too.
func TestDeathBetweenSteps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for _, replaces := range []bool{false, true} {
			for step := 1; ; step++ {
				ref := fmt.Sprint("r", replaces, step)
				w := newWorld(t, st)
				w.fill(line(boot, 1))
				if replaces {
					w.shop.SetMoods(sandbox.Moods{Gates: []string{importGate}, Different: sandbox.Different{ReplaceOnImport: true}})
				}
				d := &death{step: step}
				w.around = func(client customers.Wholesaler) customers.Wholesaler { return dying{client, d} }
				first := w.service()
				w.signIn(first, ref, line(mug, 3))
				err := first.Settle(t.Context(), ref)
				if err := first.Close(); err != nil {
					t.Fatal(err)
				}
				if !d.dead {
					if err != nil || w.holds() != "41:3 42-3:1" || step < 9 {
						t.Errorf("alive after %d steps: %v, %s", step, err, w.holds())
					}
					break
				}
				w.around = nil
				over := w.merged(w.service(), ref)
				if got := w.holds(); got != "41:3 42-3:1" || over != "" {
					t.Errorf("died at step %d (replaces: %v): the basket holds %q and %q is left over", step, replaces, got, over)
				}
			}
		}
	})
}

// Two browsers of one customer sign in at once, each with a cart of its own.
func TestTwoBrowsersOfOneCustomer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.fill(line(boot, 1))
		services := []*customers.Service{w.service(), w.service()} // and two processes
		var group sync.WaitGroup
		const browsers = 6
		for n := range browsers {
			group.Go(func() {
				s, ref := services[n%2], fmt.Sprint("r", n)
				w.signIn(s, ref, line(mug, 1), line(boot, 2))
				if err := s.Settle(t.Context(), ref); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for n := range browsers {
			if _, over, err := services[n%2].Basket(t.Context(), fmt.Sprint("r", n)); err != nil || len(over) > 0 {
				t.Errorf("%q is left over (%v)", lines(over), err)
			}
		}
		if got := w.holds(); got != "41:6 42-3:13" {
			t.Errorf("the basket holds %q", got)
		}
		for n, s := range services {
			if basket, _, err := s.Basket(t.Context(), fmt.Sprint("r", n)); err != nil || shown(basket) == "" || strings.Contains(shown(basket), "two") {
				t.Errorf("%s, %v", shown(basket), err)
			}
		}
	})
}

// While one process merges, no other one changes the basket of the same login.
func TestOneChangeAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		one, two := w.service(), w.service()
		w.signIn(one, "r1", line(mug, 3))
		w.signIn(two, "r2")
		w.signInAs(two, "r3", other, otherWord)
		hold := make(chan struct{})
		w.shop.SetMoods(sandbox.Moods{Gates: []string{importGate}, Calls: 1, Trouble: sandbox.Trouble{Hold: hold}})
		merged := make(chan error, 1)
		go func() { merged <- one.Settle(t.Context(), "r1") }()
		for w.calls(importGate) == 0 {
			<-time.After(time.Millisecond)
		}
		soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := two.Add(soon, "r2", line(boot, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another browser of the customer changed the basket meanwhile: %v", err)
		}
		if _, err := two.Add(t.Context(), "r3", line(boot, 1)); err != nil {
			t.Errorf("another customer had to wait: %v", err)
		}
		if imports := w.calls(importGate); imports != 2 {
			t.Errorf("%d imports, want the one that is held and the other customer's", imports)
		}
		close(hold)
		if err := <-merged; err != nil {
			t.Error(err)
		}
		if err := two.Close(); err != nil { // waits for what was left behind
			t.Fatal(err)
		}
		if got := w.holds(); got != "41:3" && got != "41:3 42-3:1" {
			t.Errorf("the basket holds %q", got)
		}
	})
}

// Who signs in again brings along what still waits, in whatever state: what was sent
// before is not sent twice, and what could not be had is told.
func TestMergeGoesAlongToAnotherSignIn(t *testing.T) {
	for _, state := range []string{"waiting", "importing"} {
		t.Run(state, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.Store) {
				w := newWorld(t, db)
				s := w.service()
				w.signIn(s, "r1", line(mug, 2), line(vase, 1))
				if state == "importing" { // it arrived, and nobody was told
					w.shop.SetMoods(sandbox.Moods{Gates: []string{importGate, "Basket/get"}, Skip: 1, Trouble: sandbox.Trouble{Drop: "after"}})
					_ = s.Settle(t.Context(), "r1")
					w.shop.SetMoods()
				}
				var got string
				if err := db.DB().QueryRowContext(t.Context(), "SELECT state FROM customer_merges WHERE ref = 'r1'").Scan(&got); err != nil || got != state {
					t.Fatalf("the merge is %q: %v", got, err)
				}
				if _, err := s.SignIn(t.Context(), "r2", login, secret.New(password)); err != nil {
					t.Fatal(err)
				}
				for range 2 { // the transaction may be repeated
					if err := db.Tx(t.Context(), func(tx *sql.Tx) error { return s.Keep(t.Context(), tx, "r2", "r1", nil) }); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.SignOut(t.Context(), "r1"); err != nil {
					t.Fatal(err)
				}
				w.clock.advance(time.Hour)
				_, left, err := s.Basket(t.Context(), "r2")
				if err != nil || lines(left) != "44:1" || w.holds() != "41:2" {
					t.Errorf("the basket holds %s, left over %s, %v", w.holds(), lines(left), err)
				}
			})
		})
	}
}
