package customers_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/customers"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

func sqlite(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSignIn(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := w.service()
	for _, test := range []struct{ name, login, password string }{
		{"a wrong password", login, "kawa"}, {"an unknown login", "nikt", password}, {"somebody else's password", login, otherWord},
		{"no password", login, ""}, {"no login", "", password},
	} {
		before := w.calls("Authenticate/authenticate")
		_, err := s.SignIn(t.Context(), "wrong", test.login, secret.New(test.password))
		if err == nil || !errors.Is(err, customers.ErrRefused) || err.Error() != "not accepted" {
			t.Errorf("%s: %v, want ErrRefused and no more words", test.name, err)
		}
		if made := w.calls("Authenticate/authenticate") - before; made > 1 {
			t.Errorf("%s: %d Authenticate calls, want one at most", test.name, made)
		}
		if s.SignedIn(t.Context(), "wrong") {
			t.Errorf("%s: signed in", test.name)
		}
	}
	before := w.calls("Authenticate/authenticate")
	w.signIn(s, "r1")
	if made := w.calls("Authenticate/authenticate") - before; made != 1 {
		t.Errorf("%d Authenticate calls for a sign-in, want 1", made)
	}
	if !s.SignedIn(t.Context(), "r1") || s.SignedIn(t.Context(), "r2") {
		t.Error("who is signed in is not known")
	}
	if basket, _, err := s.Basket(t.Context(), "r2"); !errors.Is(err, customers.ErrSignedOut) {
		t.Errorf("a stranger's basket: %v, %v", basket, err)
	}
	if open, _ := w.clients(); open != 1 {
		t.Errorf("%d clients are open, want 1: the refused ones are closed", open)
	}
}

// A wrong password is refused although the login has a session already, and the
// one who has it keeps it.
func TestWrongPasswordBesideASession(t *testing.T) {
	w := newWorld(t, sqlite(t))
	sessions := idosell.NewMemorySessions()
	s := w.service(func(o *customers.Options) {
		o.Client = func(login string, digest idosell.Secret) (customers.Wholesaler, error) {
			return idosell.New(idosell.Config{URL: w.url, Login: login, PasswordDigest: digest, DropshippingKey: secret.New(dropKey),
				Sessions: sessions, Budget: idosell.NewBudget(1e6, 8), Now: w.clock.Now})
		}
	})
	w.signIn(s, "r1")
	if _, err := s.SignIn(t.Context(), "r2", login, secret.New("zgadywane")); !errors.Is(err, customers.ErrRefused) {
		t.Errorf("%v, want ErrRefused", err)
	}
	if _, _, err := s.Basket(t.Context(), "r1"); err != nil {
		t.Error(err)
	}
}

// Only a login fault refuses; everything else is an outage.
func TestNobodyKnows(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := w.service()
	for name, mood := range map[string]sandbox.Trouble{
		"another fault":  {Fault: &sandbox.Fault{Code: 9, Text: "Konto " + login + " " + mailOfBill}},
		"maintenance":    {Status: 500, HTML: true},
		"a SOAP fault":   {SOAPFault: "konto " + login},
		"a cut answer":   {Truncated: true},
		"a broken line":  {Drop: "before"},
		"too many calls": {Status: 429, RetryAfter: sandbox.Duration(time.Hour)},
	} {
		w.shop.SetMoods(sandbox.Moods{Gates: []string{"Authenticate"}, Trouble: mood})
		_, err := s.SignIn(t.Context(), "r1", login, secret.New(password))
		if err == nil || errors.Is(err, customers.ErrRefused) {
			t.Errorf("%s: %v, want an error that refuses nobody", name, err)
		}
		noPersonal(t, err)
	}
	if open, _ := w.clients(); open != 0 {
		t.Errorf("%d clients are open", open)
	}
}

func TestAroundMidnight(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := w.service()
	w.clock.advance(11*time.Hour + 55*time.Minute) // 23:55 in Warsaw
	w.shop.SetMoods(sandbox.Moods{Different: sandbox.Different{AuthenticateDate: "tomorrow"}})
	w.signIn(s, "r1")
	if made := w.calls("Authenticate/authenticate"); made != 2 {
		t.Errorf("%d Authenticate calls, want 2", made)
	}
}

func TestWhoItIs(t *testing.T) {
	anna := sandbox.Address{FirstName: "Anna", LastName: "Nowak", Street: "Kwiatowa 1", ZipCode: "50-001", City: "Wrocław", CountryID: "PL", Email: "anna@example.com"}
	jan := anna
	jan.FirstName, jan.Email = "Jan", "jan@example.com"
	whole := customers.Person{ID: login, Email: mailOfBill, FirstName: firstName, LastName: lastName}
	noOrders := sandbox.Moods{Gates: []string{"Orders/get"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 5, Text: mailOfBill}}}
	nothing := sandbox.Moods{Gates: []string{"Orders/get", "Clients"}, Trouble: sandbox.Trouble{Status: 500, HTML: true}}
	for _, test := range []struct {
		name   string
		orders []sandbox.SeedOrder
		mood   sandbox.Moods
		want   customers.Person
	}{
		{"from the orders", []sandbox.SeedOrder{order(login, time.Hour, anna), order(login, time.Minute, jan)}, sandbox.Moods{}, whole},
		{"somebody else's orders", []sandbox.SeedOrder{order(other, time.Hour, anna)}, sandbox.Moods{}, customers.Person{ID: login}},
		{"from the addresses", []sandbox.SeedOrder{order(login, time.Hour, anna), order(login, time.Minute, anna)}, noOrders,
			customers.Person{ID: login, Email: "anna@example.com", FirstName: "Anna", LastName: "Nowak"}},
		{"from different recipients", []sandbox.SeedOrder{order(login, time.Hour, anna), order(login, time.Minute, jan)}, noOrders, customers.Person{ID: login}},
		{"from nothing", nil, sandbox.Moods{}, customers.Person{ID: login}},
		{"in an outage", []sandbox.SeedOrder{order(login, time.Hour, anna)}, nothing, customers.Person{ID: login}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), func(o *sandbox.Options) { o.Orders = append(o.Orders, test.orders...) })
			w.shop.SetMoods(test.mood)
			s := w.service()
			if person := w.signIn(s, "r1"); person != test.want {
				t.Errorf("%+v, want %+v", person, test.want)
			}
		})
	}
	t.Run("a login that is an address", func(t *testing.T) {
		const mail = "sklep@example.org"
		w := newWorld(t, sqlite(t), func(o *sandbox.Options) { o.Accounts[0].Login = mail })
		if person := w.signInAs(w.service(), "r1", mail, password); person != (customers.Person{ID: mail, Email: mail}) {
			t.Errorf("%+v", person)
		}
	})
}

func TestRestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		before := w.service()
		w.signIn(before, "r1", line(mug, 1))
		w.signIn(before, "r2")
		if err := before.Close(); err != nil {
			t.Fatal(err)
		}
		if before.SignedIn(t.Context(), "r1") {
			t.Error("a closed service knows who is signed in")
		}

		changed := w.service(func(o *customers.Options) { o.EncryptionKey = bytes.Repeat([]byte{8}, 32) })
		without := w.service(func(o *customers.Options) { o.EncryptionKey = nil })
		for range 2 {
			if changed.SignedIn(t.Context(), "r1") || changed.SignedIn(t.Context(), "r2") || without.SignedIn(t.Context(), "r1") {
				t.Error("signed in without the key")
			}
		}
		if warnings := strings.Count(w.log.String(), "another key"); warnings != 1 {
			t.Errorf("%d warnings about the key, want 1", warnings)
		}
		w.signIn(without, "r3")
		if _, _, err := without.Basket(t.Context(), "r3"); err != nil {
			t.Errorf("without a key the session is in memory: %v", err)
		}

		after := w.service()
		if !after.SignedIn(t.Context(), "r1") || !after.SignedIn(t.Context(), "r2") || after.SignedIn(t.Context(), "r3") {
			t.Error("after a restart with the key it is not known who is signed in")
		}
		basket, _, err := after.Basket(t.Context(), "r1")
		if err != nil || shown(basket) != "41:1" {
			t.Errorf("after a restart: %v, %v", shown(basket), err)
		}
	})
}

// What was sealed for one row opens no other one.
func TestRowsCannotBeExchanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		s := w.service()
		w.signIn(s, "r1")
		w.signInAs(s, "r2", other, otherWord)
		for _, change := range []string{
			"UPDATE customer_digests SET ref = 'stolen' WHERE ref = 'r1'",
			"UPDATE customer_digests SET login = '" + login + "' WHERE ref = 'r2'",
		} {
			if _, err := st.DB().ExecContext(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		after := w.service()
		for _, ref := range []string{"stolen", "r1", "r2"} {
			if after.SignedIn(t.Context(), ref) {
				t.Errorf("%s is signed in with another's row", ref)
			}
		}
	})
}

// table reads all of a table as text.
func table(t *testing.T, st *store.Store, name string) (rows []string) {
	t.Helper()
	found, err := st.DB().QueryContext(t.Context(), "SELECT * FROM "+name)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := found.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, value := range values {
			if raw, ok := (*value.(*any)).([]byte); ok {
				row = append(row, string(raw), hex.EncodeToString(raw))
			}
			row = append(row, fmt.Sprint(*value.(*any)))
		}
		rows = append(rows, strings.Join(row, "|"))
	}
	return rows
}

// The digest, which is as good as the password, is nowhere after signing out, and
// never in the open in the store.
func TestSignOutForgets(t *testing.T) {
	digest := idosell.PasswordDigest(secret.New(password)).Reveal()
	raw, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		s := w.service()
		w.signIn(s, "r1", line(mug, 2))
		w.signIn(s, "r2")
		w.signInAs(s, "r3", other, otherWord)
		if !customers.Remembers(s, digest) {
			t.Fatal("the search does not find the digest in memory where it is: it proves nothing")
		}
		for _, row := range slices.Concat(table(t, st, "customer_digests"), table(t, st, "customer_merges")) {
			for _, hidden := range []string{digest, string(raw), password} {
				if strings.Contains(row, hidden) {
					t.Errorf("the store has it in the open: %q", row)
				}
			}
		}
		if err := s.SignOut(t.Context(), "r1"); err != nil {
			t.Fatal(err)
		}
		if s.SignedIn(t.Context(), "r1") || !s.SignedIn(t.Context(), "r2") {
			t.Error("one browser signed out, and not the other")
		}
		if open, _ := w.clients(); open != 2 {
			t.Errorf("%d clients are open, want 2: one is shared, and still used", open)
		}
		for range 2 {
			if err := s.SignOut(t.Context(), "r2"); err != nil {
				t.Fatal(err)
			}
		}
		if open, _ := w.clients(); open != 1 {
			t.Errorf("%d clients are open, want the other customer's", open)
		}
		if customers.Remembers(s, digest) {
			t.Error("the digest is still in memory")
		}
		if digests, merges := table(t, st, "customer_digests"), table(t, st, "customer_merges"); len(digests) != 1 || len(merges) != 0 {
			t.Errorf("%d digests and %d merges in the store, want the other customer's digest", len(digests), len(merges))
		}
		if w.holds() != "" {
			t.Errorf("signed out before merging, and yet the basket holds %s", w.holds())
		}
	})
}

// A changed password signs out, at the latest when the session ends.
func TestChangedPassword(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		s := w.service()
		w.signIn(s, "r1")
		w.signInAs(s, "r2", other, otherWord)
		w.shop.Revoke()
		w.shop.SetMoods(sandbox.Moods{Gates: []string{"Authenticate"}, Calls: 1, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 1, Text: "złe hasło"}}})
		if _, _, err := s.Basket(t.Context(), "r1"); !errors.Is(err, customers.ErrSignedOut) {
			t.Errorf("%v, want ErrSignedOut", err)
		}
		if s.SignedIn(t.Context(), "r1") || !s.SignedIn(t.Context(), "r2") {
			t.Error("the one with the changed password is signed out, and nobody else")
		}
		if rows := table(t, st, "customer_digests"); len(rows) != 1 {
			t.Errorf("%d rows, want 1", len(rows))
		}
		if _, _, err := s.Basket(t.Context(), "r2"); err != nil {
			t.Error(err)
		}
	})
}

func TestExpire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		s := w.service()
		for n := range 5 {
			w.signIn(s, fmt.Sprint("r", n), line(mug, 1))
		}
		restarted := w.service()
		asked := map[string]int{}
		alive := func(_ context.Context, refs []string) (map[string]bool, error) {
			for _, ref := range refs {
				asked[ref]++
			}
			return map[string]bool{"r1": true, "r3": true}, nil
		}
		if n, err := s.Expire(t.Context(), alive); n != 0 || err != nil || len(asked) != 0 {
			t.Errorf("%d were forgotten right after signing in (%v)", n, err)
		}
		w.clock.advance(2 * time.Hour)
		if _, err := s.Expire(t.Context(), func(context.Context, []string) (map[string]bool, error) { return nil, errors.New("no answer") }); err == nil {
			t.Error("where nobody knows who is alive, all were forgotten")
		}
		if n, err := restarted.Expire(t.Context(), alive); n != 3 || err != nil {
			t.Errorf("%d were forgotten, want 3 (%v)", n, err)
		}
		if n, err := s.Expire(t.Context(), alive); n != 3 || err != nil {
			t.Errorf("%d were forgotten in the memory of another process, want 3 (%v)", n, err)
		}
		for n := range 5 {
			if ref := fmt.Sprint("r", n); s.SignedIn(t.Context(), ref) != (n%2 == 1) || restarted.SignedIn(t.Context(), ref) != (n%2 == 1) {
				t.Errorf("%s is signed in: %v", ref, s.SignedIn(t.Context(), ref))
			}
		}
		if rows := table(t, st, "customer_merges"); len(rows) != 2 {
			t.Errorf("%d merges are left, want 2", len(rows))
		}
	})
}
