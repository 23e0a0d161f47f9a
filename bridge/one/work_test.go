package one_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// Whatever fails, and however often: what happens for a customer happens in the
// order in which their events came, and each event once.
func TestOrderPerCustomer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seeds := uint64(3)
		if testing.Short() {
			seeds = 1
		}
		for seed := range seeds {
			random := rand.New(rand.NewPCG(seed, 7))
			w := newStand(t, s)
			_, err := s.DB().ExecContext(t.Context(), "DELETE FROM one_events")
			if err != nil {
				t.Fatal(err)
			}
			const customers = 7
			fails := map[string]int{} // by offer: how often it is not given
			want := map[string][]string{}
			var events []one.Event
			for i := range 120 {
				n := random.IntN(customers)
				visitor := fmt.Sprintf("v-%d", n)
				w.live[customer(n)] = []string{visitor}
				e := one.Event{Kind: one.Kinds()[random.IntN(3)], Customer: customer(n)}
				if random.IntN(4) == 0 {
					e.Customer = strings.Replace(e.Customer, "org:", "ORG:", 1)
				}
				switch e.Kind {
				case one.ClientLogged:
					want[visitor] = append(want[visitor], "user")
				case one.CartOpened:
					want[visitor] = append(want[visitor], "cart")
				case one.OfferOpened:
					e.Offer = fmt.Sprintf("%d-%d", n, i)
					if fails[e.Offer] = max(0, random.IntN(14)-7); fails[e.Offer] < 5 {
						want[visitor] = append(want[visitor], e.Offer)
					}
				}
				events = append(events, e)
			}
			w.offers = func(_ context.Context, id string) (*integration.Offer, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				if fails[id] > 0 {
					fails[id]--
					return nil, passing()
				}
				visitor := "v-" + id[:1]
				w.effects[visitor] = append(w.effects[visitor], id)
				return offerOf(id), nil
			}
			some := random.IntN(len(events))
			w.addAll(events[:some]...)
			w.work()
			w.addAll(events[some:]...)
			for range 10_000 {
				next := w.work()
				if next.IsZero() {
					break
				}
				w.inOrder()
				w.mu.Lock()
				w.at = next
				w.mu.Unlock()
			}
			if n := w.rows("one_events WHERE state = 'new'"); n != 0 {
				t.Fatalf("seed %d: %d events are new still", seed, n)
			}
			for visitor, effects := range want {
				if !slices.Equal(w.effects[visitor], effects) {
					t.Fatalf("seed %d: %s: there happened\n%q, want\n%q", seed, visitor, w.effects[visitor], effects)
				}
			}
			last := map[string]int64{}
			for _, told := range w.told {
				key := strings.ToLower(told.event.Customer)
				if told.event.ID <= last[key] {
					t.Fatalf("seed %d: event %d was told of after %d", seed, told.event.ID, last[key])
				}
				last[key] = told.event.ID
			}
		}
	})
}

// inOrder checks that no event is closed while an earlier one of its customer's
// waits.
func (w *stand) inOrder() {
	w.t.Helper()
	rows, err := w.store.DB().QueryContext(w.t.Context(), "SELECT id, customer, state FROM one_events ORDER BY id")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	waits := map[string]int64{} // the first of a customer's that does
	for rows.Next() {
		var id int64
		var customer string
		var state one.State
		if err := rows.Scan(&id, &customer, &state); err != nil {
			w.t.Fatal(err)
		}
		customer = strings.ToLower(customer)
		switch first := waits[customer]; {
		case state == one.Waiting && first == 0:
			waits[customer] = id
		case state != one.Waiting && first != 0:
			w.t.Fatalf("event %d is %s, and %d of the same customer waits", id, state, first)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}

// More than one read of events, of one customer and of many, in the right order.
func TestManyEventsOfOneCustomer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.live["org:1"], w.live["org:2"] = []string{"v-1"}, []string{"v-2"}
		var events []one.Event
		var want []string
		for i := range 1300 {
			e := one.Event{Kind: one.Kinds()[i%2], Customer: "org:1"}
			want = append(want, []string{"cart", "user"}[i%2])
			events = append(events, e)
			if i%100 == 0 {
				events = append(events, one.Event{Kind: one.OfferOpened, Customer: "org:1", Offer: fmt.Sprint(i)}, one.Event{Kind: one.CartOpened, Customer: "org:2"})
				want = append(want, fmt.Sprint(i))
			}
		}
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.effects["v-1"] = append(w.effects["v-1"], id)
			return offerOf(id), nil
		}
		w.addAll(events...)
		w.work()
		if !slices.Equal(w.effects["v-1"], want) || len(w.effects["v-2"]) != 13 {
			t.Errorf("%d and %d effects", len(w.effects["v-1"]), len(w.effects["v-2"]))
		}
	})
}

// The order holds where events of one customer are far apart: whoever has to wait,
// or is being worked on, waits with all later events, also with those that are read
// afterwards.
func TestOrderHoldsOverReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		var others []one.Event
		for n := range 500 {
			others = append(others, one.Event{Kind: one.CartOpened, Customer: customer(n)})
		}
		var waiting []one.Event
		for range 500 {
			waiting = append(waiting, one.Event{Kind: one.CartOpened, Customer: "org:waits", DueAt: noon.Add(time.Hour)})
		}
		w.offers = func(context.Context, string) (*integration.Offer, error) { return nil, passing() }
		w.live["org:busy"] = []string{"v-busy"}
		busy := []one.Event{{Kind: one.CartOpened, Customer: "org:busy"}, {Kind: one.ClientLogged, Customer: "org:busy"}, {Kind: one.ClientLogged, Customer: "org:busy"}}
		ids := w.addAll(slices.Concat(
			[]one.Event{{Kind: one.OfferOpened, Customer: "org:fails", Offer: "O/1"}}, busy, others[:450],
			waiting, busy, others, others,
			[]one.Event{{Kind: one.CartOpened, Customer: "org:fails"}}, busy, waiting[:1])...)
		w.work()
		w.inOrder()
		w.want(ids[0], one.Waiting, "503")
		w.want(ids[len(ids)-5], one.Waiting, "") // of the one whose offer fails
		if n := w.rows("one_events WHERE state = 'new'"); n != 2+501 {
			t.Errorf("%d wait", n)
		}
		want := []string{"cart", "user", "user", "cart", "user", "user", "cart", "user", "user"}
		if !slices.Equal(w.effects["v-busy"], want) {
			t.Errorf("there happened %q", w.effects["v-busy"])
		}
	})
}

// ONe hangs at more offers than are fetched at once: who logs in is told of all the
// same, those who come meanwhile, too. Stopping waits for nobody and counts no
// attempt.
func TestCustomersDoNotWaitForEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.offers = func(ctx context.Context, _ string) (*integration.Offer, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		var events []one.Event
		for n := range 600 { // more than are held
			events = append(events, one.Event{Kind: one.OfferOpened, Customer: customer(n), Offer: fmt.Sprint(n)}, one.Event{Kind: one.CartOpened, Customer: customer(n)})
		}
		events = append(events, one.Event{Kind: one.ClientLogged, Customer: "org:there"})
		w.live["org:there"] = []string{"v-there"}
		w.live[customer(0)] = []string{"v-0"}
		ids := w.addAll(events...)
		stop := w.run()
		w.until("the login is told of", func() bool { return len(w.updates) == 1 })
		w.until("fetches begin", func() bool { return len(w.fetched) == 8 })
		w.mu.Lock()
		w.live["org:later"] = []string{"v-later"}
		w.mu.Unlock()
		w.add(one.Event{Kind: one.CartOpened, Customer: "org:later"})
		w.service.Wake()
		w.until("the later one is told of", func() bool { return len(w.updates) == 2 })
		stop()
		if !slices.Equal(w.updates, []string{"v-there user", "v-later cart"}) || len(w.fetched) != 8 {
			t.Errorf("updates %q, %d fetches", w.updates, len(w.fetched))
		}
		for _, id := range []int64{ids[0], ids[1]} {
			if event := w.get(id); event.State != one.Waiting || event.Attempts != 0 {
				t.Errorf("event %d is %s after %d attempts", id, event.State, event.Attempts)
			}
		}
	})
}

// Stopping marks what was done: it is not done again.
func TestStoppingMarksWhatWasDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) {
			cancel()
			return offerOf(id), nil
		}
		id := w.add(one.Event{Kind: one.OfferOpened, Customer: "org:1", Offer: "O/1"})
		if _, err := w.service.WorkDue(ctx); err != nil {
			t.Fatal(err)
		}
		w.want(id, one.Done, "fetched")
	})
}

// published passes events on into a table, as the notifier does.
func published(o *one.Options) {
	o.Rules = map[one.Kind]one.Rule{one.CartOpened: one.RulePass, one.ClientLogged: one.RulePass, one.OfferOpened: one.RulePass}
	o.Publish = func(ctx context.Context, tx *sql.Tx, kind, subject string, data any) error {
		text, err := json.Marshal(data)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, o.Store.Rebind("INSERT INTO passed (kind, subject, data) VALUES (?, ?, ?)"), kind, subject, string(text))
		return err
	}
}

func passedTable(t *testing.T, s *store.Store) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), "CREATE TABLE passed (kind TEXT, subject TEXT, data TEXT)"); err != nil {
		t.Fatal(err)
	}
}

func TestEventsArePassedOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		passedTable(t, s)
		w := newStand(t, s, published)
		id := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001", Body: []byte(`{"clientId":"org:9001","email":"ada@example.com"}`)})
		w.addAll(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"}, one.Event{Kind: one.CartOpened, Customer: "9001", Cart: "c-1"}, one.Event{Kind: one.CartOpened, Flag: one.FlagEmpty})
		w.work()
		w.work()
		w.want(id, one.Done, "; passed on to the shop")
		rows, err := s.DB().QueryContext(t.Context(), "SELECT kind, subject, data FROM passed ORDER BY kind")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var got []string
		for rows.Next() {
			var kind, subject, data string
			if err := rows.Scan(&kind, &subject, &data); err != nil {
				t.Fatal(err)
			}
			got = append(got, kind+" "+subject+" "+data)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		at := `"receivedAt":"2026-11-22T12:00:00Z"}`
		want := []string{
			fmt.Sprintf(`one.cart_opened 9001 {"eventId":%d,"kind":"cart-opened","customer":"9001","cart":"c-1",%s`, id+2, at),
			fmt.Sprintf(`one.client_logged org:9001 {"eventId":%d,"kind":"client-logged","customer":"org:9001","meaning":"login",%s`, id, at),
			fmt.Sprintf(`one.offer_opened org:9001 {"eventId":%d,"kind":"offer-opened","customer":"org:9001","offer":"O/1",%s`, id+1, at),
		}
		if !slices.Equal(got, want) {
			t.Errorf("passed on:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// An event that cannot be passed on fails alone: the others of its transaction do
// not, but for later ones of its customer, which wait.
func TestOneThatCannotBePassedOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		passedTable(t, s)
		refuse := true
		w := newStand(t, s, published, func(o *one.Options) {
			publish := o.Publish
			o.Publish = func(ctx context.Context, tx *sql.Tx, kind, subject string, data any) error {
				if subject == "org:2" && refuse {
					return errors.New("it is too large")
				}
				return publish(ctx, tx, kind, subject, data)
			}
		})
		var ids []int64
		for n := range 4 {
			for range 2 {
				ids = append(ids, w.add(one.Event{Kind: one.CartOpened, Customer: fmt.Sprintf("org:%d", n)}))
			}
		}
		w.work()
		for i, id := range ids {
			want := one.Done
			if i == 4 || i == 5 {
				want = one.Waiting
			}
			w.want(id, want, "")
		}
		w.want(ids[4], one.Waiting, "it could not be passed on to the shop")
		if n := w.rows("passed"); n != 6 {
			t.Errorf("%d were passed on", n)
		}
		for range 4 {
			w.advance(time.Minute)
			w.work()
		}
		w.want(ids[4], one.Failed, "given up after 5 attempts: it could not be passed on")
		refuse = false
		w.advance(10 * time.Minute)
		w.work()
		w.want(ids[5], one.Done, "passed on")
	})
}

// The process ends between what an event does and its mark: it is worked again. It
// ends after the mark: it is not. Nothing is passed on twice.
func TestProcessEndsWhileItWorks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		passedTable(t, s)
		for step, again := range map[string]int{"before commit worked": 2, "after commit worked": 1} {
			w := newStand(t, s, published, func(o *one.Options) {
				o.Step = func(at string) {
					if at == step {
						panic("killed " + step)
					}
				}
			})
			w.live["org:9001"] = []string{"v-1"}
			id := w.add(one.Event{Kind: one.CartOpened, Customer: "org:9001", Cart: step})
			func() {
				defer func() {
					if recover() == nil {
						t.Error("it went on")
					}
				}()
				_, _ = w.service.WorkDue(t.Context())
			}()
			w.options.Step = nil
			w.reopen()
			w.work()
			w.want(id, one.Done, "passed on")
			if n := w.rows("passed WHERE data LIKE ?", `%"cart":"`+step+`"%`); n != 1 || len(w.updates) != again {
				t.Errorf("%s: passed on %d times, %d updates", step, n, len(w.updates))
			}
		}
	})
}

// A database that goes away loses nothing.
func TestDatabaseGoesAwayWhileItWorks(t *testing.T) {
	options := storetest.SQLite(t)
	first, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	w := newStand(t, first)
	id := w.add(one.Event{Kind: one.OfferOpened, Customer: "org:9001", Offer: "O/1"})
	w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), first.Close() }
	if _, err := w.service.WorkDue(t.Context()); err == nil {
		t.Error("no error")
	}
	second, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	w.store, w.options.Store = second, second
	w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), nil }
	w.reopen()
	w.work()
	w.want(id, one.Done, "fetched")
}

// Two instances that both work, as after a lost lock: each event is marked, told of
// and passed on once.
func TestTwoInstancesWithoutALock(t *testing.T) {
	first, second := storetest.TwoInstances(t)
	passedTable(t, first)
	a, b := newStand(t, first, published), newStand(t, second, published)
	var events []one.Event
	for i := range 400 {
		events = append(events, one.Event{Kind: one.Kinds()[i%3], Customer: customer(i % 20), Offer: fmt.Sprint(i)})
	}
	ids := a.addAll(events...)
	var group sync.WaitGroup
	for _, w := range []*stand{a, b} {
		group.Go(func() {
			for range 100 {
				if _, err := w.service.WorkDue(t.Context()); err == nil {
					return
				} else if !errors.Is(err, store.ErrConflict) {
					t.Errorf("%v", err)
					return
				}
			}
			t.Error("conflicts without end")
		})
	}
	group.Wait()
	if n := a.rows("passed"); n != len(ids) {
		t.Errorf("%d were passed on, want %d", n, len(ids))
	}
	if n := a.rows("one_events WHERE state = 'done'"); n != len(ids) {
		t.Errorf("%d are done, want %d", n, len(ids))
	}
	done := maps.Clone(a.observed)
	for what, n := range b.observed {
		done[what] += n
	}
	if total := done["cart-opened done"] + done["client-logged done"] + done["offer-opened done"]; total != len(ids) {
		t.Errorf("observed %v", done)
	}
}

// Two instances that run: what either has received is worked, once.
func TestTwoInstancesRun(t *testing.T) {
	first, second := storetest.TwoInstances(t)
	passedTable(t, first)
	a, b := newStand(t, first, published), newStand(t, second, published)
	a.live["org:9001"] = []string{"v-1"}
	b.live["org:9001"] = []string{"v-1"}
	stopA, stopB := a.run(), b.run()
	for i := range 20 {
		w := []*stand{a, b}[i%2]
		w.add(one.Event{Kind: one.CartOpened, Customer: "org:9001", Cart: fmt.Sprint(i)})
		w.service.Wake()
	}
	deadline := time.Now().Add(20 * time.Second)
	for a.rows("one_events WHERE state = 'new'") > 0 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	stopA()
	stopB()
	if n := a.rows("passed"); n != 20 || len(a.updates)+len(b.updates) != 20 {
		t.Errorf("%d passed on, %d and %d updates", n, len(a.updates), len(b.updates))
	}
}

// Run works what Receive has stored, at once, and what waited before it ran.
func TestRunWorksWhatIsReceived(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.live["org:9001"] = []string{"v-1", "v-2"}
		receive := func(kind one.Kind, body string) {
			t.Helper()
			if err := w.service.Receive(t.Context(), kind, "application/json", []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		receive(one.ClientLogged, `{"clientId":"org:9001"}`)
		stop := w.run()
		w.until("what waited is told of", func() bool { return len(w.updates) == 2 })
		if err := w.service.Run(t.Context()); err == nil {
			t.Error("a second Run beside the first does not fail")
		}
		receive(one.CartOpened, `{"clientId":"org:9001","cartId":"c-1"}`)
		w.until("the cart is told of", func() bool { return len(w.updates) == 4 })
		receive(one.CartOpened, `{}`)
		receive(one.OfferOpened, `{"clientId":"org:9001","offerId":"O/1/2026"}`)
		w.until("the offer is kept", func() bool { return w.observed["offer-opened done"] == 1 })
		stop()
		if !slices.Equal(w.updates, []string{"v-1 user", "v-2 user", "v-1 cart", "v-2 cart"}) {
			t.Errorf("updates %q", w.updates)
		}
		if _, err := w.service.Offer(t.Context(), "O/1/2026"); err != nil {
			t.Error(err)
		}
	})
}
