package visitors

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func answerOf(a added) []byte { return []byte("now " + a.Line.Quantity.String()) }

func addWithKey(t *testing.T, s *Service, v *Visitor, key string) added {
	t.Helper()
	got, err := s.addLine(t.Context(), v, lineOf(41, "", "2"), decimal.NullDecimal{}, key, answerOf)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestASecondSubmissionIsHarmless(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		first := addWithKey(t, s, &Visitor{}, "k")
		v := first.Visitor
		if first.Cookie == "" || first.Again || string(first.Answer) != "now 2" {
			t.Fatalf("%+v", first)
		}
		addWithKey(t, s, v, "other")
		again := addWithKey(t, s, v, "k")
		if !again.Again || string(again.Answer) != "now 2" || again.Cookie != "" || cartOf(again.Visitor) != "41 x 4" || !again.Line.Quantity.Equal(number("4")) {
			t.Errorf("%+v", again)
		}
		if answer, known, err := s.answered(t.Context(), v, "k"); string(answer) != "now 2" || !known || err != nil {
			t.Errorf("%q, %v, %v", answer, known, err)
		}
		if _, known, err := s.answered(t.Context(), v, "K"); known || err != nil {
			t.Errorf("another key: %v, %v", known, err)
		}
		stranger := addWithKey(t, s, &Visitor{}, "k")
		if stranger.Again || cartOf(stranger.Visitor) != "41 x 2" {
			t.Errorf("the key of somebody else: %+v", stranger)
		}
		// A day later nobody submits it for the second time.
		clock.move(keysKept)
		if late := addWithKey(t, s, v, "k"); late.Again || cartOf(late.Visitor) != "41 x 6" || string(late.Answer) != "now 6" {
			t.Errorf("%+v", late)
		}
		if late := addWithKey(t, s, v, "k"); !late.Again || string(late.Answer) != "now 6" {
			t.Errorf("%+v", late)
		}
	})
}

// An answer of nil, such as that nothing was left, does not use the key up: the
// same button is pressed again when there is something.
func TestAKeyThatIsNotUsedUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		v := add(t, s, nil, lineOf(1, "", "1")).Visitor
		none := decimal.NewNullDecimal(number("0"))
		got, err := s.addLine(t.Context(), v, lineOf(41, "", "2"), none, "k", func(a added) []byte {
			if a.Added.IsZero() {
				return nil
			}
			return []byte("added")
		})
		if err != nil || got.Again || !got.Line.Quantity.IsZero() {
			t.Fatalf("%+v, %v", got, err)
		}
		if got := addWithKey(t, s, v, "k"); got.Again || cartOf(got.Visitor) != "1 x 1, 41 x 2" {
			t.Errorf("%+v", got)
		}
	})
}

func TestDoubleClicks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		made := add(t, s, nil, lineOf(1, "", "1"))
		var first, claims atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				got, err := s.addLine(t.Context(), made.Visitor, lineOf(41, "", "2"), decimal.NullDecimal{}, "k", answerOf)
				if err != nil || string(got.Answer) != "now 2" {
					t.Errorf("%q, %v", got.Answer, err)
				}
				if !got.Again {
					first.Add(1)
				}
				_, claimed, err := s.claimKey(t.Context(), made.Visitor, "basket")
				if err != nil {
					t.Error(err)
				}
				if claimed {
					claims.Add(1)
				}
			})
		}
		all.Wait()
		if v := look(t, s, made.Cookie); cartOf(v) != "1 x 1, 41 x 2" || first.Load() != 1 || claims.Load() != 1 {
			t.Errorf("%s, first %d times, claimed %d times", cartOf(v), first.Load(), claims.Load())
		}
	})
}

// The wholesaler's basket is outside of the store: its key is reserved before, and
// answered after.
func TestKeysForTheBasket(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v := add(t, s, nil, lineOf(1, "", "1")).Visitor
		claim := func(wantAnswer string, wantClaimed bool) {
			t.Helper()
			answer, claimed, err := s.claimKey(t.Context(), v, "k")
			if err != nil || claimed != wantClaimed || string(answer) != wantAnswer || (answer == nil) != (wantAnswer == "") {
				t.Fatalf("%q, claimed %v, %v", answer, claimed, err)
			}
		}
		settle := func(answer []byte) {
			t.Helper()
			if err := s.answerKey(t.Context(), v, "k", answer); err != nil {
				t.Fatal(err)
			}
		}
		claim("", true)
		claim("", false) // how it ended is not known
		if answer, known, err := s.answered(t.Context(), v, "k"); answer != nil || !known || err != nil {
			t.Errorf("%q, %v, %v", answer, known, err)
		}
		settle(nil) // nothing happened
		settle(nil)
		claim("", true)
		settle([]byte("in the basket"))
		settle([]byte("in the basket"))
		claim("in the basket", false)
		clock.move(keysKept)
		claim("", true)
	})
}

func TestKeysAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		v := add(t, s, nil, lineOf(1, "", "1")).Visitor
		other := add(t, s, nil, lineOf(1, "", "1")).Visitor
		if _, _, err := s.claimKey(t.Context(), other, "k"); err != nil {
			t.Fatal(err)
		}
		for i := range maxKeys + 10 {
			clock.move(time.Second)
			if err := s.answerKey(t.Context(), v, fmt.Sprint("k", i), []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		if n := rowsIn(t, db, "visitor_keys"); n != maxKeys+1 {
			t.Errorf("%d keys are kept", n)
		}
		for key, want := range map[string]bool{"k0": false, "k9": false, "k10": true, fmt.Sprint("k", maxKeys+9): true} {
			if _, known, err := s.answered(t.Context(), v, key); known != want || err != nil {
				t.Errorf("%s: %v, %v", key, known, err)
			}
		}
	})
}

// What answers nothing and fails changes nothing: the key is free.
func TestAFailureUsesNoKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, func(o *Options) { o.MaxLines = 1 })
		v := add(t, s, nil, lineOf(1, "", "1")).Visitor
		if _, err := s.addLine(t.Context(), v, lineOf(41, "", "2"), decimal.NullDecimal{}, "k", answerOf); !errors.Is(err, ErrFull) {
			t.Error(err)
		}
		if _, known, err := s.answered(t.Context(), v, "k"); known || err != nil {
			t.Errorf("%v, %v", known, err)
		}
	})
}
