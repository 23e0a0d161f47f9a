package idosell_test

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"octobridge/idosell"
)

// The digests come from coreutils' sha1sum.
func TestPasswordDigest(t *testing.T) {
	for word, want := range map[string]string{
		"password": "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
		"zażółć":   "92ae8bcb9b2481b38693bd2f3b742bf5729ddc1f",
	} {
		if got := idosell.PasswordDigest(idosell.NewSecret(word)).Reveal(); got != want {
			t.Errorf("PasswordDigest(%q) = %s, want %s", word, got, want)
		}
	}
	if !idosell.PasswordDigest(idosell.Secret{}).Empty() {
		t.Error("the empty password has a digest: it would open something")
	}
}

// byDigest makes a client's account known by the digest alone.
func byDigest(c *idosell.Config) {
	c.PasswordDigest = idosell.PasswordDigest(c.Password)
	c.Password = idosell.Secret{}
}

// A client that knows only the digest sends the very key that one with the
// password sends.
func TestClientWithoutThePassword(t *testing.T) {
	now := &clock{at: time.Date(2024, 11, 3, 12, 0, 0, 0, time.UTC)}
	sent := regexp.MustCompile(`<systemKey[^>]*>([0-9a-f]{40})</systemKey>`)
	var keys []string
	for _, change := range []func(*idosell.Config){func(*idosell.Config) {}, byDigest} {
		w := newWholesaler(t)
		w.guarded(basketGate, emptyBasket)
		client := w.client(t, change, func(c *idosell.Config) { c.Now = now.now })
		if err := client.Authenticate(t.Context()); err != nil {
			t.Fatal(err)
		}
		found := sent.FindStringSubmatch(w.lastRequest())
		if found == nil {
			t.Fatalf("no systemKey in %s", w.lastRequest())
		}
		keys = append(keys, found[1])
		if _, err := client.Basket(t.Context()); err != nil {
			t.Errorf("reading with the session: %v", err)
		}
	}
	inner := sha1.Sum([]byte(password))
	outer := sha1.Sum([]byte("20241103" + hex.EncodeToString(inner[:])))
	if want := hex.EncodeToString(outer[:]); keys[0] != want || keys[1] != want {
		t.Errorf("keys %v, want %s twice", keys, want)
	}
}

func TestDigestIsChecked(t *testing.T) {
	digest := idosell.PasswordDigest(idosell.NewSecret(password))
	for name, change := range map[string]func(*idosell.Config){
		"beside a password": func(c *idosell.Config) { c.PasswordDigest = digest },
		"too short":         func(c *idosell.Config) { byDigest(c); c.PasswordDigest = idosell.NewSecret(digest.Reveal()[1:]) },
		"in upper case":     func(c *idosell.Config) { byDigest(c); c.PasswordDigest = idosell.NewSecret(strings.Repeat("A", 40)) },
		"a password":        func(c *idosell.Config) { byDigest(c); c.PasswordDigest = idosell.NewSecret(password) },
	} {
		config := idosell.Config{URL: "https://hurt.example", Login: login, Password: idosell.NewSecret(password), DropshippingKey: idosell.NewSecret(dropshippingKey)}
		change(&config)
		_, err := idosell.New(config)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), config.PasswordDigest.Reveal()) {
			t.Errorf("%s: the error tells the digest: %v", name, err)
		}
	}
}

// A session that somebody else has opened proves nothing about this client's
// password: whoever knew only the login would be let in.
func TestAuthenticateDoesNotTrustTheSessionStore(t *testing.T) {
	w := newWholesaler(t)
	w.guarded(basketGate, emptyBasket)
	sessions := idosell.NewMemorySessions()
	right := w.client(t, func(c *idosell.Config) { c.Sessions = sessions })
	if err := right.Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.says(authenticate, fault(1, "Błędny login lub klucz"))
	wrong := w.client(t, func(c *idosell.Config) { c.Sessions, c.Password = sessions, idosell.NewSecret("inne") })
	if err := wrong.Renew(t.Context()); err != nil {
		t.Fatalf("the kept session is shared: %v", err)
	}
	err := wrong.Authenticate(t.Context())
	if failure, ok := errors.AsType[*idosell.Error](err); !ok || failure.Kind != idosell.KindLogin {
		t.Errorf("%v, want a login failure", err)
	}
}

// A gate that repeats what it was sent does not bring the digest into an error.
func TestDigestStaysOutOfErrorsAndLogs(t *testing.T) {
	digest := idosell.PasswordDigest(idosell.NewSecret(password)).Reveal()
	w := newWholesaler(t)
	w.says(authenticate, fault(1, "Błąd: "+digest))
	client := w.client(t, byDigest)
	err := client.Authenticate(t.Context())
	if err == nil || strings.Contains(err.Error(), digest) {
		t.Errorf("error: %v", err)
	}
	w.answer(authenticate, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "<"+digest) })
	_ = w.client(t, byDigest).Authenticate(t.Context())
	if strings.Contains(w.logs.String(), digest) {
		t.Error("the digest is in the log")
	}
}
