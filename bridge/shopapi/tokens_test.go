package shopapi_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/shopapi"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// clock is a time that tests move.
type clock struct {
	mutex sync.Mutex
	time  time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.time
}

func (c *clock) advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.time = c.time.Add(d)
}

func openTokens(t *testing.T, s *store.Store, c *clock) *shopapi.Tokens {
	t.Helper()
	tokens, err := shopapi.NewTokens(t.Context(), s, c.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tokens.Close)
	return tokens
}

func newClock() *clock { return &clock{time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

// allowed says whether a token is let in.
func allowed(t *testing.T, tokens *shopapi.Tokens, token string) bool {
	t.Helper()
	_, err := tokens.Authenticate(t.Context(), "Bearer "+token)
	if err != nil && !errors.Is(err, shopapi.ErrRefused) {
		t.Fatal(err)
	}
	return err == nil
}

func TestTokenIsShownOnceAndStoredHashed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tokens := openTokens(t, s, newClock())
		made, about, err := tokens.Create(t.Context(), "shop", []shopapi.Scope{shopapi.OrdersWrite, shopapi.OrdersRead, shopapi.OrdersWrite})
		if err != nil {
			t.Fatal(err)
		}
		text := made.Reveal()
		if !regexp.MustCompile(`^obt_[A-Za-z0-9_-]{43}$`).MatchString(text) {
			t.Errorf("the token is %q", text)
		}
		if printed := fmt.Sprintf("%v %+v %v", made, made, about); strings.Contains(printed, "obt_") {
			t.Errorf("it prints itself: %s", printed)
		}
		if !slices.Equal(about.Scopes, []shopapi.Scope{shopapi.OrdersRead, shopapi.OrdersWrite}) {
			t.Errorf("scopes: %v", about.Scopes)
		}
		var hash string
		if err := s.DB().QueryRowContext(t.Context(), "SELECT hash FROM api_tokens").Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256([]byte(text)); hash != hex.EncodeToString(sum[:]) {
			t.Errorf("stored is %s", hash)
		}
		got, err := tokens.Authenticate(t.Context(), "bearer "+text)
		if err != nil || got.ID != about.ID || got.Name != "shop" || !slices.Equal(got.Scopes, about.Scopes) || !got.CreatedAt.Equal(about.CreatedAt) {
			t.Errorf("it is let in as %+v, %v", got, err)
		}
		if other, _, err := tokens.Create(t.Context(), "another", about.Scopes); err != nil || other.Reveal() == text {
			t.Errorf("the next one is the same, %v", err)
		}
	})
}

func TestTokensThatAreNone(t *testing.T) {
	tokens := openTokens(t, open(t), newClock())
	made, _, err := tokens.Create(t.Context(), "shop", []shopapi.Scope{shopapi.OrdersRead})
	if err != nil {
		t.Fatal(err)
	}
	text := made.Reveal()
	for _, header := range []string{
		"", "Bearer", "Bearer ", text, "Basic " + text, "Bearer " + text[:len(text)-1], "Bearer " + text + "x", "Bearer " + strings.ToUpper(text),
		"Bearer " + text + " ", "Bearer obt_" + strings.Repeat("A", 43), "Bearer " + strings.Replace(text, "obt_", "xxx_", 1), "Bearer ' OR 1=1",
	} {
		if _, err := tokens.Authenticate(t.Context(), header); !errors.Is(err, shopapi.ErrRefused) {
			t.Errorf("%q: %v", header, err)
		}
	}
}

func TestRevokedTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newClock()
		here, elsewhere := openTokens(t, s, c), openTokens(t, s, c)
		made, about, err := here.Create(t.Context(), "shop", []shopapi.Scope{shopapi.OrdersRead})
		if err != nil {
			t.Fatal(err)
		}
		if !allowed(t, here, made.Reveal()) || !allowed(t, elsewhere, made.Reveal()) {
			t.Fatal("it is not let in")
		}
		if _, _, err := here.Create(t.Context(), "shop", about.Scopes); !errors.Is(err, shopapi.ErrNameTaken) {
			t.Errorf("a second one with the name: %v", err)
		}
		revoked, err := here.Revoke(t.Context(), "shop")
		if err != nil || revoked.ID != about.ID || !revoked.RevokedAt.Equal(c.now()) {
			t.Errorf("revoked %+v, %v", revoked, err)
		}
		if allowed(t, here, made.Reveal()) {
			t.Error("it is let in after it was revoked here")
		}
		c.advance(6 * time.Second)
		if allowed(t, elsewhere, made.Reveal()) {
			t.Error("it is let in elsewhere six seconds after it was revoked")
		}
		again, err := here.Revoke(t.Context(), fmt.Sprint(about.ID))
		if err != nil || !again.RevokedAt.Equal(revoked.RevokedAt) {
			t.Errorf("revoked again, by its id: %+v, %v", again, err)
		}
		if _, err := here.Revoke(t.Context(), "nobody"); !errors.Is(err, shopapi.ErrNoToken) {
			t.Errorf("one that is not there: %v", err)
		}
		second, _, err := here.Create(t.Context(), "shop", about.Scopes)
		if err != nil || !allowed(t, here, second.Reveal()) {
			t.Errorf("the name cannot be used again: %v", err)
		}
		list, err := here.List(t.Context())
		if err != nil || len(list) != 2 || list[0].RevokedAt.IsZero() || !list[1].RevokedAt.IsZero() {
			t.Errorf("listed %+v, %v", list, err)
		}
	})
}

func TestTokensThatCannotBeMade(t *testing.T) {
	tokens := openTokens(t, open(t), newClock())
	some := []shopapi.Scope{shopapi.OrdersRead}
	for name, scopes := range map[string][]shopapi.Scope{
		"": some, "12": some, " shop": some, "sh\nop": some, strings.Repeat("x", 65): some, "no scopes": nil, "wrong scope": {"orders:delete"},
	} {
		if _, _, err := tokens.Create(t.Context(), name, scopes); !errors.Is(err, shopapi.ErrBadToken) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if list, err := tokens.List(t.Context()); err != nil || list == nil || len(list) != 0 {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// The time of the last use is written beside the request, at most once a minute.
func TestLastUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newClock()
		first := openTokens(t, s, c)
		made, _, err := first.Create(t.Context(), "shop", []shopapi.Scope{shopapi.OrdersRead})
		if err != nil {
			t.Fatal(err)
		}
		begin := c.now()
		for _, step := range []struct {
			wait time.Duration
			want time.Time
		}{{0, begin}, {30 * time.Second, begin}, {31 * time.Second, begin.Add(61 * time.Second)}} {
			c.advance(step.wait)
			tokens := openTokens(t, s, c)
			for range 3 {
				if !allowed(t, tokens, made.Reveal()) {
					t.Fatal("it is not let in")
				}
			}
			first.Close()
			tokens.Close() // waits for what is being written
			list, err := openTokens(t, s, c).List(t.Context())
			if err != nil || len(list) != 1 || !list[0].LastUsedAt.Equal(step.want) {
				t.Errorf("after %v it was last used %v, want %v, %v", step.wait, list, step.want, err)
			}
		}
	})
}

// Whoever holds the database's lock does not keep requests from being let in.
func TestLastUseWaitsBesideTheRequest(t *testing.T) {
	s := open(t)
	tokens := openTokens(t, s, newClock())
	made, _, err := tokens.Create(t.Context(), "shop", []shopapi.Scope{shopapi.OrdersRead})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Tx(t.Context(), func(*sql.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := tokens.Authenticate(ctx, "Bearer "+made.Reveal())
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
