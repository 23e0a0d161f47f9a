package idosell_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/idosell"
)

const (
	authenticate = "Authenticate/authenticate"
	basketGate   = "Basket/get"
)

var emptyBasket = envelope(`<products SOAP-ENC:arrayType="ns1:p[0]" xsi:type="SOAP-ENC:Array"/><currencyId>PLN</currencyId>`)

// The two keys stand in idosell.md, computed independently of this code.
func TestSystemKey(t *testing.T) {
	for _, c := range []struct{ day, password, want string }{
		{"2024-01-31", "password", "500b52c7bf1cf6f03abeb498410740f3d398f730"},
		{"2024-11-03", "zażółć", "0c0bffb641f0c40f102b368bbf79894acb312cfb"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := idosell.SystemKey(idosell.NewSecret(c.password), day).Reveal(); got != c.want {
			t.Errorf("SystemKey(%q, %s) = %s, want %s", c.password, c.day, got, c.want)
		}
	}
}

func TestOneThousandCallersRenewOnce(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	now := &clock{at: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
	if _, err := client.Basket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.count(authenticate); got != 1 {
		t.Fatalf("the first call made %d Authenticate calls, want 1", got)
	}
	now.advance(15 * time.Minute)
	var group sync.WaitGroup
	var failed atomic.Int64
	start := make(chan struct{})
	for range 1000 {
		group.Go(func() {
			<-start
			if _, err := client.Basket(t.Context()); err != nil {
				failed.Add(1)
			}
		})
	}
	close(start)
	group.Wait()
	if failed.Load() != 0 {
		t.Errorf("%d of 1000 calls failed", failed.Load())
	}
	if got := w.count(authenticate); got != 2 {
		t.Errorf("1000 calls at the moment of expiry made %d Authenticate calls, want 1", got-1)
	}
}

func TestRevokedSessionCostsOneRenewalAndOneRead(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	client := w.client(t)
	if _, err := client.Basket(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.revoke()
	if _, err := client.Basket(t.Context()); err != nil {
		t.Fatalf("after the wholesaler ended the session: %v", err)
	}
	if auth, reads := w.count(authenticate), w.count(basketGate); auth != 2 || reads != 3 {
		t.Errorf("%d Authenticate calls and %d reads, want 2 (one renewal) and 3 (one repeated)", auth, reads)
	}
}

// A session that is refused even when new must not make the client go round.
func TestSessionRefusedForGood(t *testing.T) {
	w := newWholesaler(t)
	w.says(basketGate, fault(1, "Brak dostępu"))
	client := w.client(t)
	_, err := client.Basket(t.Context())
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok || failure.Kind != idosell.KindLogin || failure.Gate != basketGate {
		t.Fatalf("error %v, want a login failure of %s", err, basketGate)
	}
	if auth, reads := w.count(authenticate), w.count(basketGate); auth != 2 || reads != 2 {
		t.Errorf("%d Authenticate calls and %d reads, want 2 and 2", auth, reads)
	}
}

// A call that changes something is not repeated after a login fault: it was
// refused, and the caller compares the basket first.
func TestLoginFaultOfAChangeIsNotRepeated(t *testing.T) {
	w := newWholesaler(t)
	w.guarded("Dropshipping/placeOrder", envelope(`<orderId>sklep-1</orderId>`))
	client := w.client(t)
	if err := client.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.revoke()
	_, err := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1})
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok || failure.SendAgain != idosell.SendAgainYes || failure.Kind != idosell.KindLogin {
		t.Fatalf("error %v, want a login failure that may be sent again", err)
	}
	if auth, placed := w.count(authenticate), w.count("Dropshipping/placeOrder"); auth != 2 || placed != 1 {
		t.Errorf("%d Authenticate calls and %d placeOrder calls, want 2 and 1", auth, placed)
	}
	if _, err := client.PlaceOrder(t.Context(), idosell.NewOrder{CourierID: 1}); err != nil {
		t.Errorf("with the renewed session: %v", err)
	}
}

func TestWrongPasswordBacksOff(t *testing.T) {
	for _, start := range []string{"2026-05-04 12:00:00", "2026-05-04 23:55:00"} {
		t.Run(start, func(t *testing.T) {
			w := newWholesaler(t)
			w.says(authenticate, fault(1, "Niepoprawny login lub klucz"))
			now := &clock{at: warsaw(t, start)}
			client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
			for range 60 { // a call every second for a minute
				_, err := client.Basket(t.Context())
				failure, ok := errors.AsType[*idosell.Error](err)
				if !ok || failure.Kind != idosell.KindLogin || failure.SendAgain != idosell.SendAgainNo {
					t.Fatalf("error %v, want a login failure that is not to be sent again", err)
				}
				if failure.RetryAfter <= 0 {
					t.Errorf("the error does not say when the next attempt is: %v", err)
				}
				now.advance(time.Second)
			}
			if got := w.count(authenticate); got > 3 {
				t.Errorf("%d Authenticate calls in a minute with a wrong password, want at most 3", got)
			}
			before := w.count(authenticate)
			now.advance(20 * time.Minute)
			client.Basket(t.Context())
			if w.count(authenticate) == before {
				t.Error("the client never tries again")
			}
		})
	}
}

func warsaw(t *testing.T, at string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation(time.DateTime, at, zone)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// The wholesaler's clock and ours may lie on two sides of midnight. Keys are
// compared with ones computed for the day on which the wholesaler is.
func TestMidnightInWarsaw(t *testing.T) {
	cases := []struct {
		name, here, there string
		date              string // the wholesaler's Date header; "" for none
		calls             int
		works             bool
	}{
		{"before midnight, same day", "2026-05-04 23:55:00", "2026-05-04", "", 1, true},
		{"before midnight, the wholesaler is ahead", "2026-05-04 23:55:00", "2026-05-05", "", 2, true},
		{"after midnight, the wholesaler is behind", "2026-05-05 00:05:00", "2026-05-04", "", 2, true},
		{"after midnight, same day", "2026-05-05 00:05:00", "2026-05-05", "", 1, true},
		{"far from midnight nothing is tried", "2026-05-05 00:15:00", "2026-05-04", "", 1, false},
		{"new year", "2026-12-31 23:59:00", "2027-01-01", "", 2, true},
		{"the night when clocks go forward", "2026-03-29 00:04:00", "2026-03-28", "", 2, true},
		{"the evening before", "2026-03-28 23:56:00", "2026-03-29", "", 2, true},
		{"the night when clocks go back", "2026-10-25 00:04:00", "2026-10-24", "", 2, true},
		{"the end of the long day", "2026-10-25 23:56:00", "2026-10-26", "", 2, true},
		{"our clock is a day off, its Date header says so", "2026-05-07 12:00:00", "2026-05-05", "Tue, 05 May 2026 10:00:00 GMT", 2, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			there, err := time.Parse(time.DateOnly, c.there)
			if err != nil {
				t.Fatal(err)
			}
			want := idosell.SystemKey(idosell.NewSecret(password), there).Reveal()
			w := newWholesaler(t)
			granted := w.answers[authenticate]
			w.answer(authenticate, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header()["Date"] = nil
				if c.date != "" {
					rw.Header().Set("Date", c.date)
				}
				body, _ := io.ReadAll(r.Body)
				found := regexp.MustCompile(`<systemKey[^>]*>([0-9a-f]{40})</systemKey>`).FindSubmatch(body)
				if found == nil || string(found[1]) != want {
					io.WriteString(rw, fault(1, "Niepoprawny klucz"))
					return
				}
				granted(rw, r)
			})
			w.guarded(basketGate, emptyBasket)
			now := &clock{at: warsaw(t, c.here)}
			client := w.client(t, func(config *idosell.Config) { config.Now = now.now })
			_, err = client.Basket(t.Context())
			if (err == nil) != c.works {
				t.Errorf("error %v, want success: %v", err, c.works)
			}
			if got := w.count(authenticate); got != c.calls {
				t.Errorf("%d Authenticate calls, want %d", got, c.calls)
			}
		})
	}
}

// Two clients with one store are two instances of the service.
func TestInstancesShareTheSession(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	store := idosell.NewMemorySessions()
	share := func(c *idosell.Config) { c.Sessions = store }
	one, two := w.client(t, share), w.client(t, share)
	for _, client := range []*idosell.Client{one, two, one} {
		if _, err := client.Basket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.count(authenticate); got != 1 {
		t.Fatalf("two instances made %d Authenticate calls, want 1", got)
	}
	if err := one.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.revoke()
	var group sync.WaitGroup
	for _, client := range []*idosell.Client{one, two} {
		group.Go(func() {
			if _, err := client.Basket(t.Context()); err != nil {
				t.Errorf("after the session was revoked: %v", err)
			}
		})
	}
	group.Wait()
	if got := w.count(authenticate); got > 4 {
		t.Errorf("%d Authenticate calls in all, want at most 4", got)
	}
}

func TestRenewAheadOfTime(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	now := &clock{at: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
	for range 5 {
		if err := client.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		now.advance(12 * time.Minute)
		if _, err := client.Basket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.count(authenticate); got != 5 {
		t.Errorf("%d Authenticate calls for 5 renewals ahead of time, want 5: no read has to renew", got)
	}
}

func TestClosedClientRefuses(t *testing.T) {
	w := newWholesaler(t)
	client := w.client(t)
	client.Close()
	if _, err := client.Basket(context.Background()); !errors.Is(err, idosell.ErrClosed) {
		t.Errorf("reading with a closed client: %v, want ErrClosed", err)
	}
	if _, err := client.PlaceOrder(context.Background(), idosell.NewOrder{}); !errors.Is(err, idosell.ErrClosed) {
		t.Errorf("ordering with a closed client: %v, want ErrClosed", err)
	}
}
