package visitors

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func sweep(t *testing.T, s *Service) {
	t.Helper()
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestVisitorsExpire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, func(o *Options) { o.Keep = 48 * time.Hour })
		guest, _ := guestWith(t, s)
		v, cookie := become(t, s, guest, ada, "", nil)
		addWithKey(t, s, v, "k")
		clock.move(48*time.Hour - time.Second)
		sweep(t, s)
		v = look(t, s, cookie)
		if cartOf(v) != "41-M x 2, 41 x 2" {
			t.Fatalf("%+v", v)
		}
		// To be seen keeps it on, and so does a change.
		s.Saw(v, v.Oct8ne)
		flush(t, s)
		clock.move(47 * time.Hour)
		v = add(t, s, look(t, s, cookie), lineOf(42, "", "1")).Visitor
		clock.move(47 * time.Hour)
		sweep(t, s)
		sameVisitor(t, look(t, s, cookie), v)

		clock.move(time.Hour)
		isGuest(t, look(t, s, cookie)) // at once, and not only when it is deleted
		if _, err := s.clearCart(t.Context(), v); !errors.Is(err, ErrGone) {
			t.Errorf("%v", err)
		}
		if live, err := s.CustomerByEmail(t.Context(), ada.Email); len(live) != 0 || err != nil {
			t.Errorf("%v, %v", live, err)
		}
		sweep(t, s)
		for _, table := range []string{"visitors", "visitor_lines", "visitor_keys"} {
			if n := rowsIn(t, db, table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

// Two thousand guests were made in twelve seconds, each with a chat that was invented,
// and would have stayed for a month.
func TestGuestsWithNothingGoAfterADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		_, empty, err := s.SeeGuest(t.Context(), "invented")
		if err != nil {
			t.Fatal(err)
		}
		full, _ := guestWith(t, s)
		customer, _ := become(t, s, nil, ada, "", nil)
		clock.move(emptyKept - time.Second)
		sweep(t, s)
		if v := look(t, s, empty); v.Ref == "" {
			t.Error("a guest has gone before a day was over")
		}
		clock.move(time.Second)
		sweep(t, s)
		isGuest(t, look(t, s, empty))
		if left, err := s.Present(t.Context(), []string{full.Ref, customer.Ref}); err != nil || len(left) != 2 {
			t.Errorf("a guest with a cart and a customer: %d are left, %v", len(left), err)
		}
		if n := rowsIn(t, db, "visitors"); n != 2 {
			t.Errorf("%d visitors are left, want 2", n)
		}
	})
}

// Thousands that expire at once are deleted in several transactions, and nobody
// who has not expired.
func TestSweepingInBatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		fill(t, s, 2*sweepBatch+1, 2)
		clock.move(defaultKeep)
		stays := add(t, s, nil, lineOf(41, "", "1"))
		before := s.Queries()
		more, err := s.sweepVisitors(t.Context())
		if n := rowsIn(t, db, "visitors"); !more || err != nil || n != sweepBatch+2 {
			t.Errorf("%d are left; more: %v, %v", n, more, err)
		}
		if n := s.Queries() - before; n > sweepBatch+1 {
			t.Errorf("%d statements", n)
		}
		sweep(t, s)
		if visitors, lines := rowsIn(t, db, "visitors"), rowsIn(t, db, "visitor_lines"); visitors != 1 || lines != 1 {
			t.Errorf("%d visitors and %d lines are left", visitors, lines)
		}
		sameVisitor(t, look(t, s, stays.Cookie), stays.Visitor)
	})
}

func TestOldKeysAreSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v := addWithKey(t, s, nil, "old").Visitor
		clock.move(keysKept - time.Second)
		addWithKey(t, s, v, "new")
		sweep(t, s)
		if n := rowsIn(t, db, "visitor_keys"); n != 2 {
			t.Errorf("%d keys are kept", n)
		}
		clock.move(time.Second)
		sweep(t, s)
		if _, known, err := s.answered(t.Context(), v, "new"); rowsIn(t, db, "visitor_keys") != 1 || !known || err != nil {
			t.Errorf("%v, %v", known, err)
		}
	})
}

// What renews a customer's session does not outlive the visitor. While it cannot
// be forgotten the visitor's row stays, so that it is tried again.
func TestExpiredCustomersAreSignedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		wholesaler := &signOuts{err: errOfTest}
		s, clock := stateService(t, db, func(o *Options) { o.Wholesaler = wholesaler })
		v, cookie := become(t, s, nil, carl, "", nil)
		become(t, s, nil, ada, "", nil)
		clock.move(defaultKeep)
		if err := s.sweep(t.Context()); !errors.Is(err, errOfTest) || rowsIn(t, db, "visitors") != 2 {
			t.Errorf("%v", err)
		}
		isGuest(t, look(t, s, cookie))
		wholesaler.err = nil
		sweep(t, s)
		if refs := wholesaler.taken(); !slices.Equal(refs, []string{v.Ref, v.Ref}) || rowsIn(t, db, "visitors") != 0 {
			t.Errorf("signed out: %v", refs)
		}
	})
}

// Run deletes what has expired when it begins.
func TestRunSweepsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		wholesaler := &swept{refs: make(chan string, 1)}
		s, clock := stateService(t, db, func(o *Options) { o.Wholesaler = wholesaler })
		v, _ := become(t, s, nil, carl, "", nil)
		clock.move(defaultKeep)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		if ref := <-wholesaler.refs; ref != v.Ref {
			t.Errorf("signed out: %s", ref)
		}
		cancel()
		<-ended
	})
}

// swept is a wholesaler that tells whom it was asked to forget.
type swept struct {
	Wholesaler
	refs chan string
}

func (w *swept) SignOut(_ context.Context, ref string) error {
	w.refs <- ref
	return nil
}
