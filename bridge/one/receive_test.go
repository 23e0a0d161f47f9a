package one_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// Which events are the same is said by their kind and every id, within ten seconds.
func TestTheSameEventWithinAShortTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		stored := func() int { t.Helper(); return r.number("SELECT count(*) FROM one_events") }
		for n, c := range []struct {
			kind one.Kind
			body string
			want int // events afterwards
		}{
			{one.CartOpened, `{"clientId":"org:1","cartId":"1"}`, 1},
			{one.CartOpened, `{"clientId":"org:1","cartId":"1"}`, 1},
			{one.CartOpened, `{"cart_id":1,"client_id":"ORG:1","sent":"a second later"}`, 1},
			{one.CartOpened, `{"clientId":"org:1","cartId":"2"}`, 2},
			{one.CartOpened, `{"clientId":"org:1","cartId":"1","offerId":"3"}`, 3},
			{one.CartOpened, `{"clientId":"org:11","cartId":""}`, 4}, // no two are written alike
			{one.ClientLogged, `{"clientId":"org:1","cartId":"1"}`, 5},
			{one.ClientLogged, `{"clientId":"org:1"}`, 6},
			{one.ClientLogged, `{"clientId":"org:1"}`, 6},
			{one.ClientLogged, `{"clientId":"ind:1"}`, 7},
			{one.OfferOpened, `{"clientId":"org:1","offerId":"1"}`, 8},
			{one.OfferOpened, `{"clientId":"org:1","offerId":"2"}`, 9}, // two offers are two
			{one.OfferOpened, `{"clientId":"org:1","offerId":"1"}`, 9},
			{one.OfferOpened, `{"clientId":"org:1"}`, 10}, // without its id it may be any offer
			{one.OfferOpened, `{"clientId":"org:1"}`, 11},
			{one.OfferOpened, `{"test":1}`, 12}, // flagged ones are the same by their bodies
			{one.OfferOpened, `{"test":1}`, 12},
			{one.OfferOpened, `{"test":2}`, 13},
			{one.ClientLogged, `{"test":1}`, 14},
			{one.ClientLogged, "", 15},
			{one.ClientLogged, "", 15},
			{one.ClientLogged, `{"cartId":"1","x":1}`, 16},
			{one.ClientLogged, `{"cartId":"1","x":2}`, 17},
		} {
			r.receive(c.kind, c.body)
			wants(t, fmt.Sprintf("events after %d, %s %s", n, c.kind, c.body), stored(), c.want)
		}
		wants(t, "repetitions of the first", r.number("SELECT repeats FROM one_events ORDER BY id LIMIT 1"), 2)
		wants(t, "observed as repeated", r.observations("cart-opened repeated"), 2)
		wants(t, "observed as stored", r.observations("cart-opened stored"), 4)

		r.advance(one.SameWithinDefault - time.Microsecond)
		r.receive(one.CartOpened, `{"clientId":"org:1","cartId":"1"}`)
		wants(t, "just before ten seconds", stored(), 17)
		wants(t, "when it was repeated", r.number("SELECT repeated_at FROM one_events ORDER BY id LIMIT 1"), int(r.clock.UnixMicro()))
		r.advance(time.Microsecond)
		r.receive(one.CartOpened, `{"clientId":"org:1","cartId":"1"}`)
		wants(t, "after ten seconds", stored(), 18)
		r.receive(one.CartOpened, `{"clientId":"org:1","cartId":"1"}`)
		wants(t, "of the new one", r.number("SELECT repeats FROM one_events ORDER BY id DESC LIMIT 1"), 1)
		wants(t, "of the old one", r.number("SELECT repeats FROM one_events ORDER BY id LIMIT 1"), 3)

		// A clock that was wrong and is put right must not make a customer unheard.
		r.advance(-24 * time.Hour)
		r.receive(one.CartOpened, `{"clientId":"org:1","cartId":"1"}`)
		wants(t, "with the clock put back", stored(), 19)
	})
}

// Equal events that come together share a transaction and are one, and each key
// names the row of its own event.
func TestEventsThatComeTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		r.receive(one.CartOpened, cartBody(3)) // is known before
		release := r.held(cartBody(0))         // and so is this one
		send, sent := r.sendInTurn()
		for range 3 {
			for n := range 20 {
				send(one.CartOpened, cartBody(n))
			}
		}
		send(one.OfferOpened, `{"clientId":"org:1"}`)
		send(one.OfferOpened, `{"clientId":"org:1"}`)
		commits := r.commits
		release()
		sent()
		wants(t, "commits", r.commits-commits, 2) // the one that was held, and the others'
		wants(t, "events", r.number("SELECT count(*) FROM one_events"), 20+2)
		wants(t, "rows in another order than they came", r.number(`SELECT count(*) FROM one_events AS a JOIN one_events AS b ON a.id < b.id
			WHERE a.cart NOT IN ('', 'C/0', 'C/3') AND b.cart NOT IN ('', 'C/0', 'C/3')
			AND CAST(substr(a.cart, 3) AS INTEGER) > CAST(substr(b.cart, 3) AS INTEGER)`), 0)
		for n := range 20 {
			want := 2
			if n == 0 || n == 3 {
				want = 3
			}
			cart := fmt.Sprintf("C/%d", n)
			wants(t, "repetitions of "+cart, r.number("SELECT repeats FROM one_events WHERE cart = ?", cart), want)
			r.receive(one.CartOpened, cartBody(n))
			wants(t, "and once more", r.number("SELECT repeats FROM one_events WHERE cart = ?", cart), want+1)
		}
	})
}

// Events that wait together for longer than equal ones are the same are not one.
func TestEqualEventsThatWaitedLong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		release := r.held(cartBody(0))
		send, sent := r.sendInTurn()
		for range 3 {
			send(one.CartOpened, cartBody(1))
			r.advance(one.SameWithinDefault / 2)
			send(one.CartOpened, cartBody(1))
			r.advance(one.SameWithinDefault / 2)
		}
		release()
		sent()
		wants(t, "events", r.number("SELECT count(*) FROM one_events WHERE cart = 'C/1'"), 3)
		wants(t, "repetitions", r.number("SELECT sum(repeats) FROM one_events WHERE cart = 'C/1'"), 3)
	})
}

// sendInTurn returns a function that sends an event and waits until it is queued, and
// one that waits until all are stored.
func (r *receiver) sendInTurn() (send func(one.Kind, string), sent func()) {
	var all sync.WaitGroup
	return func(kind one.Kind, body string) {
		queued := r.Queued()
		all.Go(func() { r.receive(kind, body) })
		r.untilQueued(queued + 1)
	}, all.Wait
}

// A thousand equal events at once are one, also where two instances get them.
func TestAThousandEqualEventsAtOnce(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, receivers ...*receiver) {
		var all sync.WaitGroup
		for n := range 1000 {
			all.Go(func() { receivers[n%len(receivers)].receive(one.CartOpened, cartBody(7)) })
		}
		all.Wait()
		r := receivers[0]
		wants(t, "events", r.number("SELECT count(*) FROM one_events"), 1)
		wants(t, "repetitions", r.number("SELECT repeats FROM one_events"), 999)
		stored, repeated := 0, 0
		for _, r := range receivers {
			stored += r.observations("cart-opened stored")
			repeated += r.observations("cart-opened repeated")
		}
		wants(t, "observed as stored", stored, 1)
		wants(t, "observed as repeated", repeated, 999)
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) { check(t, newReceiver(t, s)) })
	t.Run("two instances", func(t *testing.T) {
		if testing.Short() {
			t.Skip("with -short on SQLite alone")
		}
		one, two := storetest.TwoInstances(t)
		check(t, newReceiver(t, one), newReceiver(t, two))
	})
}

// Two instances that get many different events in each other's way store each once.
func TestTwoInstancesReceive(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short on SQLite alone")
	}
	a, b := storetest.TwoInstances(t)
	receivers := []*receiver{newReceiver(t, a), newReceiver(t, b)}
	var all sync.WaitGroup
	for _, r := range receivers {
		for sender := range 16 {
			all.Go(func() {
				for _, n := range rand.Perm(100) {
					r.receive(one.CartOpened, cartBody(n+100*(sender%4)))
				}
			})
		}
	}
	all.Wait()
	r := receivers[0]
	wants(t, "events", r.number("SELECT count(*) FROM one_events"), 400)
	wants(t, "received", r.number("SELECT sum(1 + repeats) FROM one_events"), 2*16*100)
	wants(t, "keys that name another event", r.number(`SELECT count(*) FROM one_event_keys AS k
		WHERE NOT EXISTS (SELECT 1 FROM one_events AS e WHERE e.id = k.event AND e.received_at = k.received_at)`), 0)
}

// What waits is stored in few transactions, all of it, and no more waits than there
// is room for.
func TestAFullQueueIsStored(t *testing.T) {
	t.Parallel()
	queue := 4096
	if testing.Short() {
		queue = 512 // the bound is shown by TestAFloodOverHTTP, too
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		release := r.held(cartBody(-1))
		var all sync.WaitGroup
		for n := range queue {
			all.Go(func() { r.receive(one.CartOpened, cartBody(n)) })
		}
		r.untilQueued(queue)
		if queue == 4096 {
			if err := r.Receive(t.Context(), one.CartOpened, "", []byte(cartBody(queue))); !errors.Is(err, one.ErrFlood) {
				t.Errorf("one too much: got %v, want ErrFlood", err)
			}
			wants(t, "observed", r.observations("cart-opened flood"), 1)
		}
		release()
		all.Wait()
		wants(t, "commits", r.commits, 1+queue/256)
		wants(t, "events", r.number("SELECT count(*) FROM one_events"), 1+queue)
		wants(t, "different ones", r.number("SELECT count(DISTINCT cart) FROM one_events"), 1+queue)
	})
}

// What waits takes up a bounded amount of memory, too.
func TestLargeEventsThatWait(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short not, as 64 MB take long to read with the race detector")
	}
	r := newReceiver(t, sqlite(t))
	release := r.held(cartBody(0))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	large := make([]byte, one.MaxBody)
	var all sync.WaitGroup
	for range 1024 {
		all.Go(func() { _ = r.Receive(ctx, one.CartOpened, "", large) })
	}
	r.untilQueued(1024) // 64 MB
	if err := r.Receive(t.Context(), one.CartOpened, "", large); !errors.Is(err, one.ErrFlood) {
		t.Errorf("got %v, want ErrFlood", err)
	}
	cancel()
	all.Wait()
	release()
	r.receive(one.CartOpened, string(large))
	wants(t, "events", r.number("SELECT count(*) FROM one_events"), 2)
}

func TestEventsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	if err := r.Receive(t.Context(), one.CartOpened, "", make([]byte, one.MaxBody+1)); !errors.Is(err, one.ErrTooLarge) {
		t.Errorf("a large one: got %v, want ErrTooLarge", err)
	}
	if err := r.Receive(t.Context(), "cart-closed", "", []byte(cartBody(1))); err == nil || !strings.Contains(err.Error(), "cart-closed") {
		t.Errorf("another kind: got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Receive(ended, one.CartOpened, "", []byte(cartBody(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("one whose context has ended: got %v", err)
	}
	wants(t, "events", r.number("SELECT count(*) FROM one_events"), 0)
	r.receive(one.CartOpened, cartBody(1))
	wants(t, "events afterwards", r.number("SELECT count(*) FROM one_events"), 1)
}

// A content type is a stranger's text: what of it cannot be stored is left out.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		if err := r.Receive(t.Context(), one.CartOpened, "text/\x00plain\r\n;\xff charset=ż"+strings.Repeat("ó", 300), []byte("\x00\xff")); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := s.DB().QueryRowContext(t.Context(), "SELECT content_type FROM one_events").Scan(&got); err != nil {
			t.Fatal(err)
		}
		wants(t, "content type", got, "text/plain; charset=ż"+strings.Repeat("ó", 200-len([]rune("text/plain; charset=ż"))))
	})
}

// An event that the database does not take fails alone.
func TestAPoisonedEventFailsAlone(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	r.exec(`CREATE TRIGGER poison BEFORE INSERT ON one_events WHEN NEW.customer = 'org:13'
		BEGIN SELECT RAISE(ABORT, 'poisoned'); END`)
	release := r.held(cartBody(100))
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			err := r.Receive(t.Context(), one.CartOpened, "", []byte(cartBody(n)))
			wants(t, fmt.Sprintf("event %d failed", n), err != nil, n == 13)
		})
	}
	r.untilQueued(50)
	release()
	all.Wait()
	wants(t, "events", r.number("SELECT count(*) FROM one_events"), 50)
	r.exec("DROP TRIGGER poison")
	r.receive(one.CartOpened, cartBody(13)) // its key was not kept
	wants(t, "events", r.number("SELECT count(*) FROM one_events WHERE customer = 'org:13'"), 1)
}

// A panic while events are stored tells none of their callers that it was, and the
// next event is taken.
func TestAPanicWhileEventsAreStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		release := r.held(cartBody(100))
		var failed, panicked atomic.Int64
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				defer func() {
					if recover() != nil {
						panicked.Add(1)
					}
				}()
				if err := r.Receive(context.Background(), one.CartOpened, "", []byte(cartBody(n))); err != nil {
					failed.Add(1)
				}
			})
		}
		r.untilQueued(50)
		release()
		all.Wait()
		wants(t, "stored at first", r.number("SELECT count(*) FROM one_events"), 51)

		r.beforeCommit(func() { panic("the disk is on fire") })
		for n := range 50 {
			all.Go(func() {
				defer func() {
					if recover() != nil {
						panicked.Add(1)
					}
				}()
				if err := r.Receive(context.Background(), one.OfferOpened, "", []byte(cartBody(n))); err != nil {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		wants(t, "not stored", failed.Load()+panicked.Load(), 50)
		if panicked.Load() == 0 {
			t.Error("the panic went nowhere")
		}
		r.beforeCommit(nil)
		r.receive(one.OfferOpened, cartBody(1))
		wants(t, "stored", r.number("SELECT count(*) FROM one_events"), 52)
	})
}

// Callers that go away at any moment hold up nobody, and what was said to be stored
// is.
func TestCallersThatGoAway(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		var all sync.WaitGroup
		var told sync.Map
		for sender := range 32 {
			all.Go(func() {
				for n := range 20 {
					number := sender*100 + n
					ctx, cancel := context.WithTimeout(t.Context(), rand.N(4*time.Millisecond))
					err := r.Receive(ctx, one.CartOpened, "", []byte(cartBody(number)))
					cancel()
					if err == nil {
						told.Store(number, true)
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("event %d: %v", number, err)
					}
				}
			})
		}
		all.Wait()
		r.untilQueued(0)
		r.allThere(&told)
		r.receive(one.CartOpened, cartBody(-1)) // there is a leader again
	})
}

// allThere says which events of cartBody are not stored although they were said to be.
func (r *receiver) allThere(told *sync.Map) (n int) {
	r.t.Helper()
	told.Range(func(number, _ any) bool {
		n++
		if r.number("SELECT count(*) FROM one_events WHERE cart = ?", fmt.Sprintf("C/%d", number)) != 1 {
			r.t.Errorf("event %d was said to be stored", number)
		}
		return true
	})
	return n
}

// What was said to be stored is there when the database has stopped in the middle.
func TestTheStoreStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	options := storetest.SQLite(t)
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, s)
	var told sync.Map
	var stored, failed atomic.Int64
	var all sync.WaitGroup
	for sender := range 16 {
		all.Go(func() {
			for n := range 100 {
				number := sender*100 + n
				if err := r.Receive(t.Context(), one.CartOpened, "", []byte(cartBody(number))); err != nil {
					failed.Add(1)
					return
				}
				told.Store(number, true)
				if stored.Add(1) == 200 {
					all.Go(func() { _ = s.Close() })
				}
			}
		})
	}
	all.Wait()
	if failed.Load() == 0 {
		t.Fatal("the store did not stop")
	}
	again := newReceiver(t, openStore(t, options))
	if n := again.allThere(&told); n < 200 {
		t.Errorf("only %d events were stored", n)
	}
	wants(t, "told of in the log", strings.Contains(r.logged(), "could not be stored"), true)
}

// What was said to be stored is there when the server breaks connections, also in the
// middle of commits; and what is sent again until it is taken is there once.
func TestTheServerBreaksConnections(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short on SQLite alone")
	}
	s, other := storetest.TwoInstances(t)
	r := newReceiver(t, s)
	// Every third transaction is broken: by turns before its commit, and at the time
	// of it, so that it may have taken effect or not.
	var breaking, all sync.WaitGroup
	breakAll := func() {
		_, err := other.DB().ExecContext(context.Background(), `SELECT pg_terminate_backend(pid, 200) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil && !strings.Contains(err.Error(), "57P01") { // another one of these was faster
			t.Errorf("break the connections: %v", err)
		}
	}
	var transactions atomic.Int64
	r.beforeCommit(func() {
		switch transactions.Add(1) % 6 {
		case 0:
			breakAll()
		case 3:
			breaking.Go(breakAll)
		}
	})
	var told sync.Map
	var failed atomic.Int64
	for sender := range 8 {
		all.Go(func() {
			for n := range 20 {
				number := sender*100 + n
				for {
					if err := r.Receive(t.Context(), one.CartOpened, "", []byte(cartBody(number))); err == nil {
						break
					}
					if failed.Add(1) > 1_000_000 {
						t.Error("nothing is stored any more")
						return
					}
				}
				told.Store(number, true)
			}
		})
	}
	all.Wait()
	breaking.Wait()
	if failed.Load() == 0 {
		t.Error("nothing was broken")
	}
	r.beforeCommit(nil)
	for r.store.Healthy(t.Context()) != nil && failed.Add(1) < 1_000_000 { // until the broken connections are gone
	}
	wants(t, "events that are there", r.allThere(&told), 8*20)
	wants(t, "events", r.number("SELECT count(*) FROM one_events"), 8*20)
	t.Logf("%d receptions failed", failed.Load())
}

// Events are received while others are worked: neither makes the other fail.
func TestEventsAreReceivedWhileOthersAreWorked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const senders, each = 16, 30
		var done atomic.Int64
		worked := make(chan struct{})
		r := newReceiver(t, s, func(o *one.Options) {
			o.Observe = func(_ one.Kind, outcome string) {
				if outcome == "done" && done.Add(1) == senders*each {
					close(worked)
				}
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		var all sync.WaitGroup
		for sender := range senders {
			all.Go(func() {
				for n := range each {
					// Customers have several events, and each event comes twice.
					body := fmt.Sprintf(`{"clientId":"org:%d","cartId":"%d-%d"}`, n%7, sender, n)
					r.receive(one.CartOpened, body)
					r.receive(one.CartOpened, body)
				}
			})
		}
		all.Wait()
		select {
		case <-worked:
		case <-time.After(time.Minute):
			t.Errorf("%d of %d events were worked", done.Load(), senders*each)
		}
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		wants(t, "events", r.number("SELECT count(*) FROM one_events WHERE state = ?", string(one.Done)), senders*each)
		wants(t, "repetitions", r.number("SELECT sum(repeats) FROM one_events"), senders*each)
		if text := r.logged(); strings.Contains(text, "could not be stored") {
			t.Errorf("logged: %s", text)
		}
	})
}

// Many senders, on one processor or two: how long one waits is told by ns/op times
// the number of senders.
func BenchmarkReceive(b *testing.B) {
	for _, senders := range []int{1, 16} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			r := newReceiver(b, sqlite(b))
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range senders {
				all.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						r.receive(one.CartOpened, cartBody(int(n)))
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(r.commits)/float64(b.N), "commits/op")
		})
	}
}
