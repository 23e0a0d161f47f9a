package one_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// Events that come one by one, two hundred in a second, share transactions, and
// each is told of soon.
func TestSteadyStreamSharesTransactions(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short without the stream of two seconds")
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const events = 400
		var mu sync.Mutex
		commits, sent, took := 0, map[string]time.Time{}, []time.Duration(nil)
		w := newStand(t, s, func(o *one.Options) {
			o.Step = func(step string) {
				mu.Lock()
				defer mu.Unlock()
				if step == "after commit worked" {
					commits++
				}
			}
			o.Told = func(event one.Event, _ []string, _ *integration.Offer) {
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(sent[event.Customer]))
			}
		})
		for n := range events {
			w.live[customer(n)] = []string{"v"}
		}
		stop := w.run()
		ticks := time.NewTicker(time.Second / 200)
		defer ticks.Stop()
		for n := range events {
			<-ticks.C
			mu.Lock()
			sent[customer(n)] = time.Now()
			mu.Unlock()
			if err := w.service.Receive(t.Context(), one.CartOpened, "", []byte(`{"clientId":"`+customer(n)+`"}`)); err != nil {
				t.Fatal(err)
			}
		}
		w.until("all are worked", func() bool { return w.observed["cart-opened done"] == events })
		stop()
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(took)
		t.Logf("%d events in %d transactions; from sending to telling: half within %v, 99 of 100 within %v", events, commits, took[len(took)/2], took[len(took)*99/100])
		if commits > events/2 {
			t.Errorf("%d events took %d transactions", events, commits)
		}
	})
}

// A backlog of 10,000 events is worked in bounded time and memory.
func TestBacklog(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short without the backlog of 10,000 events")
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const events = 10_000
		w := newStand(t, s, func(o *one.Options) { o.Told = nil })
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) { return offerOf(id), nil }
		var backlog []one.Event
		for i := range events {
			backlog = append(backlog, one.Event{Kind: one.Kinds()[i%3], Customer: customer(i % 3000), Offer: fmt.Sprint(i)})
		}
		w.addAll(backlog...)
		runtime.GC()
		var before, after, peak runtime.MemStats
		runtime.ReadMemStats(&before)
		commits := 0
		w.options.Step = func(step string) {
			if step == "after commit worked" {
				if commits++; commits%10 == 0 {
					runtime.ReadMemStats(&after)
					peak.HeapInuse = max(peak.HeapInuse, after.HeapInuse)
				}
			}
		}
		w.reopen()
		began := time.Now()
		w.work()
		took := time.Since(began)
		if n := w.rows("one_events WHERE state = 'done'"); n != events {
			t.Errorf("%d are done", n)
		}
		grown := int64(peak.HeapInuse) - int64(before.HeapInuse)
		t.Logf("%d events in %v, %.0f a second, %d commits, heap grew by %d kB", events, took.Round(time.Millisecond), events/took.Seconds(), commits, grown/1024)
		if took > time.Minute || grown > 64<<20 || commits > events/5 {
			t.Error("that is too much")
		}
	})
}

func BenchmarkWork(b *testing.B) {
	s, err := store.Open(b.Context(), storetest.SQLite(b))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	service, err := one.New(b.Context(), one.Options{Store: s})
	if err != nil {
		b.Fatal(err)
	}
	const batch = 1000
	add := func() {
		at := time.Now().Add(-time.Minute).UnixMicro()
		if err := s.Tx(b.Context(), func(tx *sql.Tx) error {
			for i := range batch {
				if _, err := tx.ExecContext(b.Context(), `INSERT INTO one_events (kind, received_at, content_type, body, customer, cart, offer, flag, state, due_at)
					VALUES (?, ?, '', ?, ?, '', '', '', 'new', ?)`, one.Kinds()[i%2], at, []byte("{}"), customer(i), at); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	worked := 0
	for b.Loop() {
		b.StopTimer()
		add()
		b.StartTimer()
		if _, err := service.WorkDue(b.Context()); err != nil {
			b.Fatal(err)
		}
		worked += batch
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(worked), "ns/event")
}
