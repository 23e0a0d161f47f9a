package sandbox

import (
	"testing"
	"time"

	"octobridge/internal/secret"
)

func TestSystemKeyHasTheDocumentedForm(t *testing.T) {
	for _, test := range []struct{ date, password, want string }{
		{"20240131", "password", "500b52c7bf1cf6f03abeb498410740f3d398f730"},
		{"20241103", "zażółć", "0c0bffb641f0c40f102b368bbf79894acb312cfb"},
	} {
		date, err := time.Parse("20060102", test.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := systemKey(date, test.password); got != test.want {
			t.Errorf("systemKey(%s) = %s, want %s", test.date, got, test.want)
		}
	}
}

func TestSessionEndsAfterFifteenMinutes(t *testing.T) {
	s, server := newWholesaler(t)
	caller, got := login(t, server, testLogin, testPassword, "20261121")
	if life := got.text("results/sessionLifeTime"); life != "900" {
		t.Errorf("sessionLifeTime %s, want 900", life)
	}
	s.Advance(15*time.Minute - time.Second)
	caller.must("Basket/get", "")
	s.Advance(time.Second)
	if got := caller.call("Basket/get", ""); got.code() != "1" || got.status != 200 {
		t.Errorf("after 15 minutes: status %d, fault %s, want 200 and 1", got.status, got.code())
	}
}

func TestKeysAreChecked(t *testing.T) {
	s, server := newWholesaler(t)
	wrong, got := login(t, server, testLogin, "another", "20261121")
	if got.code() != "1" || wrong.key != "" {
		t.Errorf("wrong password: fault %s, key %q", got.code(), wrong.key)
	}
	if _, unknown := login(t, server, "nobody", testPassword, "20261121"); unknown.text("errors/faultString") != got.text("errors/faultString") {
		t.Error("an unknown login is told apart from a wrong password")
	}
	if other, got := login(t, server, otherLogin, otherWord, "20261121"); got.code() != "0" || other.key == "" {
		t.Errorf("a password beyond ASCII: fault %s", got.code())
	}

	caller := signIn(t, server)
	caller.dropshipper = "another"
	if got := caller.call("Products/search", ""); got.code() != "4" {
		t.Errorf("wrong dropshippingKey: fault %s, want 4", got.code())
	}
	caller.dropshipper = testKey
	echo := caller.must("Basket/get", "").text("authenticate/sessionKey")
	if echo != caller.key+"_iai" {
		t.Errorf("the echo is %q, want the key with _iai", echo)
	}
	if got := (&shop{t: t, url: server.URL, key: echo, dropshipper: testKey}).call("Basket/get", ""); got.code() != "1" {
		t.Errorf("the echo opens a gate: fault %s, want 1", got.code())
	}
	s.Revoke()
	if got := caller.call("Basket/get", ""); got.code() != "1" {
		t.Errorf("after Revoke: fault %s, want 1", got.code())
	}
}

func TestDateOfTheKeyIsTheShops(t *testing.T) {
	s, server := newWholesaler(t)
	for _, test := range []struct{ moment, date string }{
		{"2026-11-21T22:59:59Z", "20261121"}, // 23:59:59 in Warsaw
		{"2026-11-21T23:00:00Z", "20261122"},
		{"2026-10-25T00:30:00Z", "20261025"}, // the night on which summer time ends
		{"2026-03-28T22:59:59Z", "20260328"},
		{"2026-03-29T21:59:59Z", "20260329"}, // summer time since this morning
		{"2026-03-29T22:00:00Z", "20260330"},
	} {
		moment, err := time.Parse(time.RFC3339, test.moment)
		if err != nil {
			t.Fatal(err)
		}
		s.SetTime(moment)
		if _, got := login(t, server, testLogin, testPassword, test.date); got.code() != "0" {
			t.Errorf("at %s with the date %s: fault %s", test.moment, test.date, got.code())
		}
		if _, got := login(t, server, testLogin, testPassword, moment.AddDate(0, 0, 2).Format("20060102")); got.code() != "1" {
			t.Errorf("at %s with another date: fault %s, want 1", test.moment, got.code())
		}
	}
}

func TestAuthenticateContradictsAssumptions(t *testing.T) {
	t.Run("date", func(t *testing.T) {
		s, server := newWholesaler(t)
		s.SetTime(time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)) // the 22nd in Warsaw
		for date, want := range map[string]string{"utc": "20261121", "yesterday": "20261121", "tomorrow": "20261123", "": "20261122"} {
			s.SetMoods(Moods{Different: Different{AuthenticateDate: date}})
			if _, got := login(t, server, testLogin, testPassword, want); got.code() != "0" {
				t.Errorf("%q: the date %s is refused", date, want)
			}
		}
	})
	t.Run("names", func(t *testing.T) {
		s, server := newWholesaler(t)
		s.SetMoods(Moods{Different: Different{LoginNames: true}})
		if _, got := login(t, server, testLogin, testPassword, "20261121"); got.code() != "1" {
			t.Errorf("the usual names: fault %s, want 1", got.code())
		}
		got := (&shop{t: t, url: server.URL}).send("Authenticate/authenticate", "<authenticate><userLogin>"+testLogin+
			"</userLogin><authenticateKey>"+sha("20261121"+sha(testPassword))+"</authenticateKey></authenticate>")
		if got.code() != "0" {
			t.Errorf("userLogin and authenticateKey: fault %s", got.code())
		}
	})
	t.Run("single session", func(t *testing.T) {
		s, server := newWholesaler(t)
		first := signIn(t, server)
		other, _ := login(t, server, otherLogin, otherWord, "20261121")
		s.SetMoods(Moods{Different: Different{SingleSession: true}})
		second := signIn(t, server)
		if got := first.call("Basket/get", ""); got.code() != "1" {
			t.Errorf("the older session: fault %s, want 1", got.code())
		}
		second.must("Basket/get", "")
		other.must("Basket/get", "")
	})
	t.Run("shorter life", func(t *testing.T) {
		s, server := newWholesaler(t)
		s.SetMoods(Moods{Different: Different{SessionLife: Duration(time.Minute)}})
		caller, got := login(t, server, testLogin, testPassword, "20261121")
		if life := got.text("results/sessionLifeTime"); life != "900" {
			t.Errorf("it says %s seconds, want 900 all the same", life)
		}
		s.Advance(time.Minute)
		if got := caller.call("Basket/get", ""); got.code() != "1" {
			t.Errorf("after a minute: fault %s, want 1", got.code())
		}
	})
	t.Run("basket per session", func(t *testing.T) {
		s, server := newWholesaler(t)
		signIn(t, server).fill("101", "1")
		if got := signIn(t, server).must("Basket/get", "").part.all("results/products/item"); len(got) != 1 {
			t.Errorf("by default a new session finds %d lines, want 1", len(got))
		}
		s.SetMoods(Moods{Different: Different{BasketPerSession: true}})
		if got := signIn(t, server).must("Basket/get", "").part.all("results/products/item"); len(got) != 0 {
			t.Errorf("in the mood a new session finds %d lines, want none", len(got))
		}
	})
}

func TestAccountWithoutLoginIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New took two accounts with one login")
		}
	}()
	New(Options{Catalogue: testCatalogue(), Accounts: []Account{{Login: "a", Password: secret.New("b")}, {Login: "a"}}})
}
