package visitors

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

var (
	ada  = Customer{ID: "c-1", Email: "Ada@shop.example", FirstName: "Ada", LastName: "A", OneCustomerID: "900"}
	bela = Customer{ID: "c-2", Email: "bela@shop.example", FirstName: "Bela"}
	carl = Customer{ID: "carl", Email: "carl@firm.example", FirstName: "Carl", Wholesaler: true}
)

// guestWith is a guest with a cart, a wish list and a chat.
func guestWith(t *testing.T, s *Service) (v *Visitor, cookie string) {
	t.Helper()
	v, cookie, err := s.SeeGuest(t.Context(), "chat-1")
	if err != nil {
		t.Fatal(err)
	}
	v = add(t, s, v, lineOf(41, "M", "2")).Visitor
	if v, _, _, err = s.Wish(t.Context(), v, []int64{7}); err != nil {
		t.Fatal(err)
	}
	return v, cookie
}

func become(t *testing.T, s *Service, v *Visitor, c Customer, ref string, keep inTx) (*Visitor, string) {
	t.Helper()
	now, cookie, err := s.Become(t.Context(), v, c, ref, keep)
	if err != nil {
		t.Fatal(err)
	}
	return now, cookie
}

func TestSigningIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		guest, old := guestWith(t, s)
		addWithKey(t, s, guest, "k")
		clock.move(time.Second)
		v, cookie := become(t, s, guest, ada, "", func(*sql.Tx, []Line) error { return errOfTest }) // is not the wholesaler's: not called
		if cookie == "" || cookie == old || v.Ref == guest.Ref || *v.Customer != ada || cartOf(v) != "41-M x 2, 41 x 2" || wishesOf(v) != "7" || v.Oct8ne != "chat-1" {
			t.Errorf("%+v", v)
		}
		sameVisitor(t, look(t, s, cookie), v)
		isGuest(t, look(t, s, old))
		if n := rowsIn(t, db, "visitors"); n != 1 {
			t.Errorf("%d visitors", n)
		}
		if again := addWithKey(t, s, v, "k"); !again.Again || cartOf(again.Visitor) != "41-M x 2, 41 x 2" {
			t.Errorf("a second submission after signing in: %s", cartOf(again.Visitor))
		}

		// Identifying again, as each page does, changes nothing but names.
		renamed := ada
		renamed.LastName, renamed.Email, renamed.OneCustomerID = "B", "new@shop.example", ""
		again, other := become(t, s, v, renamed, "", nil)
		if other != "" || again.Ref != v.Ref || *again.Customer != renamed || cartOf(again) != cartOf(v) || wishesOf(again) != "7" {
			t.Errorf("%+v, %q", again, other)
		}
		sameVisitor(t, look(t, s, cookie), again)

		// Another customer at the same browser finds nothing of the first one's.
		second, next := become(t, s, again, bela, "", nil)
		if next == "" || second.Ref == v.Ref || *second.Customer != bela || len(second.Cart)+len(second.Wishes) != 0 || second.Oct8ne != "" {
			t.Errorf("%+v", second)
		}
		sameVisitor(t, look(t, s, next), second)
		isGuest(t, look(t, s, cookie))
		if lines, keys := rowsIn(t, db, "visitor_lines"), rowsIn(t, db, "visitor_keys"); lines != 0 || keys != 0 {
			t.Errorf("%d lines and %d keys are left of somebody", lines, keys)
		}
		if _, known, err := s.answered(t.Context(), second, "k"); known || err != nil {
			t.Errorf("%v, %v", known, err)
		}
	})
}

func TestSigningInWithNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		for _, guest := range []*Visitor{nil, {}, {Ref: s.NewRef()}, {Ref: "gone", Customer: &bela}} {
			v, cookie := become(t, s, guest, ada, "", nil)
			if cookie == "" || *v.Customer != ada || len(v.Cart)+len(v.Wishes) != 0 {
				t.Errorf("%+v", v)
			}
			sameVisitor(t, look(t, s, cookie), v)
		}
	})
}

func TestSigningOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		guest, _ := guestWith(t, s)
		v, cookie := become(t, s, guest, ada, "", nil)
		other, otherCookie := guestWith(t, s)
		s.Saw(v, "chat-2")
		proof := s.Proof(v)
		for range 2 {
			if err := s.Leave(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
		isGuest(t, look(t, s, cookie))
		if good, err := s.Proven(t.Context(), proof, ada.Email); good || err != nil {
			t.Errorf("the proof is still good: %v, %v", good, err)
		}
		if live, err := s.LiveCustomers(t.Context(), []string{ada.OneCustomerID}); len(live) != 0 || err != nil {
			t.Errorf("still here: %v, %v", live, err)
		}
		s.Saw(v, "chat-3") // a request that was on its way
		if err := s.flush(t.Context()); err != nil {
			t.Error(err)
		}
		isGuest(t, look(t, s, cookie))
		sameVisitor(t, look(t, s, otherCookie), other)
		if n := rowsIn(t, db, "visitor_lines"); n != 2 {
			t.Errorf("%d lines are kept", n)
		}
	})
}

func TestCustomersOfTheWholesaler(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		wholesaler := &signOuts{}
		s, _ := stateService(t, db, func(o *Options) { o.Wholesaler = wholesaler })
		if _, err := db.DB().Exec("CREATE TABLE kept (ref TEXT)"); err != nil {
			t.Fatal(err)
		}
		guest, old := guestWith(t, s)
		ref := s.NewRef()
		var merged []Line
		keep := func(tx *sql.Tx, lines []Line) error {
			merged = lines
			_, err := tx.Exec(db.Rebind("INSERT INTO kept VALUES (?)"), ref)
			return err
		}

		// What keep refuses leaves everything as it was.
		_, _, err := s.Become(t.Context(), guest, carl, ref, func(tx *sql.Tx, lines []Line) error { return errors.Join(keep(tx, lines), errOfTest) })
		if !errors.Is(err, errOfTest) || rowsIn(t, db, "kept") != 0 || len(wholesaler.taken()) != 0 {
			t.Errorf("%v", err)
		}
		sameVisitor(t, look(t, s, old), guest)

		merged = nil
		v, cookie := become(t, s, guest, carl, ref, keep)
		if v.Ref != ref || len(v.Cart) != 0 || wishesOf(v) != "7" || v.Oct8ne != "chat-1" || rowsIn(t, db, "kept") != 1 {
			t.Errorf("%+v", v)
		}
		if len(merged) != 1 || merged[0].Key != (Key{41, "M"}) || !merged[0].Quantity.Equal(number("2")) {
			t.Errorf("to be merged: %+v", merged)
		}
		sameVisitor(t, look(t, s, cookie), v)
		isGuest(t, look(t, s, old))
		if refs := wholesaler.taken(); len(refs) != 0 {
			t.Errorf("signed out: %v", refs)
		}

		// With a password again: another session at the wholesaler's, and so another
		// visitor; the wish list goes along.
		ref = s.NewRef()
		again, next := become(t, s, v, carl, ref, keep)
		if again.Ref != ref || next == "" || wishesOf(again) != "7" || len(merged) != 0 {
			t.Errorf("%+v, %+v", again, merged)
		}
		isGuest(t, look(t, s, cookie))
		if refs := wholesaler.taken(); !slices.Equal(refs, []string{v.Ref}) {
			t.Errorf("signed out: %v, not the old one %s", refs, v.Ref)
		}

		// A customer of the shop with the same id is somebody else.
		shop := carl
		shop.Wholesaler = false
		if v, _ := become(t, s, again, shop, "", nil); len(v.Wishes) != 0 {
			t.Errorf("%+v", v)
		}
		if refs := wholesaler.taken(); !slices.Equal(refs, []string{ref}) {
			t.Errorf("signed out: %v", refs)
		}

		// Signing out forgets what renews the session, or is not done.
		v, cookie = become(t, s, nil, carl, "", nil)
		wholesaler.err = errOfTest
		if err := s.Leave(t.Context(), v); !errors.Is(err, errOfTest) || look(t, s, cookie).Ref != v.Ref {
			t.Errorf("%v", err)
		}
		wholesaler.err = nil
		if err := s.Leave(t.Context(), v); err != nil || !slices.Equal(wholesaler.taken(), []string{v.Ref, v.Ref}) {
			t.Error(err)
		}
		isGuest(t, look(t, s, cookie))
	})
}

// Two tabs of a guest open at once and both bring the shop's token. Each answer
// sets a cookie, and nobody knows which the browser keeps: the cart must be there
// under both. For a while only the first one had it, and carts were lost.
func TestTwoTabsSignInAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		guest, old := guestWith(t, s)
		cookies := make([]string, 6)
		var all sync.WaitGroup
		for i := range cookies {
			all.Go(func() {
				_, cookie, err := s.Become(t.Context(), guest, ada, "", nil)
				if err != nil {
					t.Error(err)
				}
				cookies[i] = cookie
			})
		}
		all.Wait()
		for _, cookie := range cookies {
			if v := look(t, s, cookie); v.Customer == nil || *v.Customer != ada || cartOf(v) != "41-M x 2" || wishesOf(v) != "7" {
				t.Errorf("%+v", v)
			}
		}
		isGuest(t, look(t, s, old))
		// Nobody else gets the cart by it.
		for _, c := range []Customer{bela, {ID: ada.ID, Wholesaler: true}} {
			if v, _ := become(t, s, guest, c, "", nil); len(v.Cart)+len(v.Wishes) != 0 {
				t.Errorf("%+v", v)
			}
		}
	})
}

func TestCookiesThatAreSwapped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		first, a := become(t, s, nil, ada, "", nil)
		second, b := become(t, s, nil, bela, "", nil)
		sameVisitor(t, look(t, s, a), first)
		sameVisitor(t, look(t, s, b), second)
		isGuest(t, look(t, s, a[:16]+b[16:]))
		isGuest(t, look(t, s, first.Ref+a[:10])) // the ref is no cookie
		isGuest(t, look(t, s, s.Proof(first)[:32]))
	})
}

func TestCustomersThatCannotBe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		guest, cookie := guestWith(t, s)
		for _, c := range []Customer{{}, {Email: "a@shop.example"}, {ID: "a\x00"}, {ID: "a", FirstName: "\xff"}, {ID: "a", Email: "\x00"}} {
			if _, _, err := s.Become(t.Context(), guest, c, "", nil); !errors.Is(err, ErrRefused) {
				t.Errorf("%v", err)
			}
		}
		for _, ref := range []string{"a.b", "a b", strings.Repeat("a", maxRef+1)} {
			if _, _, err := s.Become(t.Context(), guest, ada, ref, nil); err == nil || strings.Contains(err.Error(), ref) {
				t.Errorf("%q: %v", ref, err)
			}
		}
		sameVisitor(t, look(t, s, cookie), guest)
	})
}

// What waits for being written goes along with a sign-in.
func TestASightingGoesAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		guest, _ := guestWith(t, s)
		s.Saw(guest, "chat-2")
		clock.move(time.Second)
		_, cookie := become(t, s, guest, ada, "", nil)
		if live, err := s.LiveCustomers(t.Context(), []string{"900"}); !slices.Equal(live, []string{"chat-2"}) || err != nil {
			t.Errorf("%v, %v", live, err)
		}
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := look(t, s, cookie); v.Oct8ne != "chat-2" {
			t.Errorf("%+v", v)
		}
	})
}
