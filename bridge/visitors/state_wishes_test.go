package visitors

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestWishLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, func(o *Options) { o.MaxLines = 4 })
		v, cookie, n, err := s.Wish(t.Context(), &Visitor{}, []int64{9, 3, 9})
		if err != nil || cookie == "" || n != 2 || wishesOf(v) != "9, 3" {
			t.Fatalf("%s, %d, %v", wishesOf(v), n, err)
		}
		wish := func(want string, added int, full bool, products ...int64) {
			t.Helper()
			now, other, n, err := s.Wish(t.Context(), v, products)
			if errors.Is(err, ErrFull) != full || (err != nil && !full) || n != added || other != "" {
				t.Errorf("%v: %d, %q, %v", products, n, other, err)
			}
			stored := look(t, s, cookie)
			if err == nil {
				sameVisitor(t, stored, now)
			}
			if wishesOf(stored) != want {
				t.Errorf("%v: %s", products, wishesOf(stored))
			}
		}
		wish("9, 3", 0, false, 3, 9) // no duplicates
		wish("9, 3, 5", 1, false, 3, 5)
		wish("9, 3, 5", 0, true, 6, 7) // both or none
		wish("9, 3, 5, 7", 1, false, 7)
		wish("9, 3, 5, 7", 0, false, 9, 3)
		wish("9, 3, 5, 7", 0, false)
		v = add(t, s, v, lineOf(9, "", "1")).Visitor // the cart has limits of its own
		if v, err = s.Unwish(t.Context(), v, []int64{9, 5, 100}); err != nil || wishesOf(v) != "3, 7" || cartOf(v) != "9 x 1" {
			t.Errorf("%s, %s, %v", wishesOf(v), cartOf(v), err)
		}
		sameVisitor(t, look(t, s, cookie), v)
		for range 2 {
			if v, err = s.ClearWishes(t.Context(), v); err != nil || wishesOf(v) != "" || cartOf(v) != "9 x 1" {
				t.Errorf("%s, %s, %v", wishesOf(v), cartOf(v), err)
			}
		}
		sameVisitor(t, look(t, s, cookie), v)
	})
}

func TestConcurrentWishesAreNotDoubled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		made := add(t, s, nil, lineOf(1, "", "1"))
		var count atomic.Int64
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				_, _, n, err := s.Wish(t.Context(), made.Visitor, []int64{41, 42})
				if err != nil {
					t.Error(err)
				}
				count.Add(int64(n))
			})
		}
		all.Wait()
		if v := look(t, s, made.Cookie); wishesOf(v) != "41, 42" || count.Load() != 2 {
			t.Errorf("%s, and %d were told to be new", wishesOf(v), count.Load())
		}
	})
}
