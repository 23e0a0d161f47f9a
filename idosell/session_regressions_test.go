package idosell_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/idosell"
)

// Mistakes with sessions that a review found; each comment tells the story.

// Only the password was counted: an Authenticate gate that refused otherwise, or
// on an inner level, or gave a life of under a minute, was asked at every call.
func TestAuthenticateIsNotHammered(t *testing.T) {
	for name, answer := range map[string]string{
		"fault on an inner level": envelope(`<errors><faultCode>1</faultCode></errors>`),
		"fault 5":                 fault(5, "Konto zablokowane"),
		"SOAP fault":              `<e:Envelope xmlns:e="x"><e:Body><e:Fault><faultcode>e:Client</faultcode></e:Fault></e:Body></e:Envelope>`,
		"no key":                  envelope(""),
		"short life":              envelope(`<sessionKey>K</sessionKey><sessionLifeTime>60</sessionLifeTime>`),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t)
			w.says(authenticate, answer)
			w.says(basketGate, emptyBasket)
			now := &clock{at: warsaw(t, "2026-05-04 12:00:00")}
			client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
			for range 60 {
				client.Basket(t.Context())
				now.advance(time.Second)
			}
			if got := w.count(authenticate); got > 3 {
				t.Errorf("%d Authenticate calls in a minute, want at most 3", got)
			}
		})
	}
}

// A gate that refuses every session had a new one made for each call.
func TestGateThatRefusesEverySession(t *testing.T) {
	w := newWholesaler(t)
	w.says(basketGate, fault(1, "Brak dostępu"))
	now := &clock{at: warsaw(t, "2026-05-04 12:00:00")}
	client := w.client(t, func(c *idosell.Config) { c.Now = now.now })
	for range 30 {
		if _, err := client.Basket(t.Context()); err == nil {
			t.Fatal("read")
		}
		now.advance(time.Second)
	}
	if got := w.count(authenticate); got != 2 {
		t.Errorf("%d Authenticate calls in half a minute, want 2", got)
	}
	now.advance(time.Minute)
	w.guarded(basketGate, emptyBasket)
	w.revoke()
	if _, err := client.Basket(t.Context()); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}

// A login fault inside the results was not answered by a renewal.
func TestLoginFaultOnAnInnerLevelRenews(t *testing.T) {
	w := newWholesaler(t)
	var reads atomic.Int64
	w.answer(basketGate, func(rw http.ResponseWriter, _ *http.Request) {
		if reads.Add(1) == 1 {
			io.WriteString(rw, envelope(`<errors><faultCode>1</faultCode></errors>`))
			return
		}
		io.WriteString(rw, emptyBasket)
	})
	if _, err := w.client(t).Basket(t.Context()); err != nil {
		t.Error(err)
	}
	if got := w.count(authenticate); got != 2 {
		t.Errorf("%d Authenticate calls, want 2", got)
	}
}

// storeOf is a SessionStore whose steps fail as a test wants.
type storeOf struct {
	idosell.SessionStore
	lock, load, save error
}

func (s storeOf) Lock(ctx context.Context, account string) (func(), error) {
	if s.lock != nil {
		return nil, s.lock
	}
	return s.SessionStore.Lock(ctx, account)
}

func (s storeOf) Load(ctx context.Context, account string) (idosell.Session, error) {
	if s.load != nil {
		return idosell.Session{}, s.load
	}
	return s.SessionStore.Load(ctx, account)
}

func (s storeOf) Save(ctx context.Context, account string, session idosell.Session) error {
	if s.save != nil {
		return s.save
	}
	return s.SessionStore.Save(ctx, account, session)
}

// A database that is gone once left a service without a session as soon as the
// present one ended, although the wholesaler was there. What cannot be shared is
// each instance's own.
func TestBrokenSessionStore(t *testing.T) {
	broken := errors.New("the disk is full")
	for name, store := range map[string]storeOf{"lock": {lock: broken}, "load": {load: broken}, "save": {save: broken}} {
		t.Run(name, func(t *testing.T) {
			w := newWholesaler(t)
			w.guarded(basketGate, emptyBasket)
			store.SessionStore = idosell.NewMemorySessions()
			client := w.client(t, func(config *idosell.Config) { config.Sessions = store })
			for range 3 {
				if _, err := client.Basket(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if got := w.count(authenticate); got != 1 {
				t.Errorf("%d Authenticate calls, want 1", got)
			}
			if !strings.Contains(w.logs.String(), "cannot be shared") || !strings.Contains(w.logs.String(), broken.Error()) {
				t.Errorf("nobody is told of it:\n%s", w.logs.String())
			}
		})
	}
}

// A store that never answers is not waited for longer than the wholesaler is.
func TestSessionStoreThatHangs(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	store := idosell.NewMemorySessions()
	client := w.client(t, func(config *idosell.Config) { config.Sessions, config.Timeout = store, 200*time.Millisecond })
	unlock, err := store.Lock(t.Context(), client.Account())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := client.Basket(t.Context()); err != nil {
		t.Error(err)
	}
	if until := client.SessionUntil(); time.Until(until) < 10*time.Minute {
		t.Errorf("the session is said to end at %v", until)
	}
}
