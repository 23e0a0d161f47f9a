package feed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/internal/secret"
)

func secretOf(text string) secret.String { return secret.New(text) }

func TestFileThatIsTooLargeIsRefused(t *testing.T) {
	bomb := packed(t, strings.Repeat("\n", 16<<20))
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	cases := map[string]func(o *origin){
		"said at once":    func(o *origin) { o.body = make([]byte, 1<<20+1) },
		"bomb":            func(o *origin) { o.body = bomb },
		"without an end":  func(o *origin) { o.hook = endless },
		"a byte too much": func(o *origin) { o.body = packed(t, numbered(1<<20+1)) },
		"endless and weak": func(o *origin) {
			o.hook = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("ETag", `W/"1"`)
				return endless(w, r)
			}
		},
	}
	for name, set := range cases {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, "")
			set(o)
			dir := t.TempDir()
			c, pauses := o.client(t, func(options *feed.Options) { options.Dir = dir })
			_, err := c.Fetch(t.Context(), o.request())
			if !errors.Is(err, feed.ErrTooLarge) || !strings.Contains(err.Error(), "1048576") {
				t.Errorf("the error is %v", err)
			}
			if len(o.requests()) != 1 || len(*pauses) != 0 {
				t.Errorf("it was asked %d times", len(o.requests()))
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 0 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
	t.Run("just fits", func(t *testing.T) {
		o := newOrigin(t, numbered(1<<20))
		c, _ := o.client(t, nil)
		fetch(t, c, o.request(), numbered(1<<20))
		o.set(func(o *origin) { o.body = packed(t, numbered(1<<20)) })
		fetch(t, c, o.request(), numbered(1<<20))
	})
}

// endless sends until the client has had enough.
func endless(w http.ResponseWriter, _ *http.Request) bool {
	for {
		if _, err := w.Write(make([]byte, 32<<10)); err != nil {
			return true
		}
	}
}

func TestDamagedPackedFile(t *testing.T) {
	whole := packed(t, numbered(100_000))
	for name, body := range map[string][]byte{
		"cut off":  whole[:len(whole)/2],
		"head":     whole[:5],
		"checksum": append(append([]byte{}, whole[:len(whole)-8]...), 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, string(body))
			dir := t.TempDir()
			c, _ := o.client(t, func(options *feed.Options) { options.Dir = dir })
			if _, err := c.Fetch(t.Context(), o.request()); !errors.Is(err, feed.ErrDamaged) {
				t.Errorf("the error is %v", err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 0 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

func TestOtherPackingThanAskedFor(t *testing.T) {
	o := newOrigin(t, "x")
	o.hook = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "br")
		return false
	}
	c, _ := o.client(t, nil)
	if _, err := c.Fetch(t.Context(), o.request()); !errors.Is(err, feed.ErrDamaged) {
		t.Errorf("the error is %v", err)
	}
}

// A server that stops sending without closing the connection is left, and asked
// for the rest.
func TestStalledDownloadIsTakenUpAgain(t *testing.T) {
	content := numbered(100_000)
	o := newOrigin(t, content)
	first := true
	o.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if !first {
			return false
		}
		first = false
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write([]byte(content)[:60_000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	c, _ := o.client(t, func(options *feed.Options) { options.Stall = 50 * time.Millisecond })
	fetch(t, c, o.request(), content)
	if asked := o.requests(); len(asked) != 2 || asked[1].Header.Get("Range") != "bytes=60000-" {
		t.Errorf("%d requests", len(asked))
	}
}

func TestTimeIsUp(t *testing.T) {
	hold := func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	o := newOrigin(t, "")
	o.hook = hold
	c, _ := o.client(t, func(options *feed.Options) { options.Timeout = 30 * time.Millisecond })
	if _, err := c.Fetch(t.Context(), o.request()); !errors.Is(err, feed.ErrTimeout) {
		t.Errorf("the error is %v", err)
	}
	if _, _, err := c.Head(t.Context(), o.request()); !errors.Is(err, feed.ErrTimeout) {
		t.Errorf("the error of HEAD is %v", err)
	}
	patient, _ := o.client(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	o.set(func(o *origin) {
		o.hook = func(w http.ResponseWriter, r *http.Request) bool { cancel(); return hold(w, r) }
	})
	if _, err := patient.Fetch(ctx, o.request()); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server was called") }))
	t.Cleanup(other.Close)
	o := newOrigin(t, "<offer/>")
	lead := func(to string, times int) {
		o.set(func(o *origin) {
			o.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Referer") != "" {
					t.Errorf("the address was told on: %s", r.Header.Get("Referer"))
				}
				if times--; times < 0 {
					return false
				}
				http.Redirect(w, r, to, http.StatusFound)
				return true
			}
		})
	}
	c, _ := o.client(t, nil)
	for _, times := range []int{1, 5} {
		lead(o.address().Reveal(), times)
		fetch(t, c, o.request(), "<offer/>")
	}
	for name, to := range map[string]string{
		"another port":  other.URL,
		"another host":  "https://other.example/?token=" + tokenEncoded,
		"another kind":  "file:///etc/passwd",
		"a user's name": "http://" + tokenEncoded + "@" + strings.TrimPrefix(o.URL, "http://"),
	} {
		t.Run(name, func(t *testing.T) {
			lead(to, 1)
			_, err := c.Fetch(t.Context(), o.request())
			var address *feed.AddressError
			if !errors.As(err, &address) {
				t.Fatalf("the error is %v", err)
			}
			noToken(t, err.Error())
		})
	}
	lead(o.address().Reveal(), 6)
	if _, err := c.Fetch(t.Context(), o.request()); err == nil {
		t.Error("six redirects were followed")
	}
}

// noToken fails the test if a text holds the token, or an address at all.
func noToken(t *testing.T, text string) {
	t.Helper()
	for _, leak := range []string{token, tokenEncoded, "s3cr3t", "tok+en", "token=", "://", "export-offer"} {
		if strings.Contains(text, leak) {
			t.Errorf("%q holds %q", text, leak)
		}
	}
}

func TestNothingToldHoldsTheToken(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	troubles := map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"broken": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"status": func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true },
		"busy":   func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true },
		"no redirect": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "http://[::1%25"+tokenEncoded+"/"+token)
			w.WriteHeader(http.StatusFound)
			return true
		},
		"no HTTP": func(w http.ResponseWriter, r *http.Request) bool {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 " + token + " " + r.URL.String() + "\r\n\r\n"))
				_ = conn.Close()
			}
			return true
		},
		"header": func(w http.ResponseWriter, r *http.Request) bool {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n" + token + "\r\n" + tokenEncoded + ": x\r\n\r\n"))
				_ = conn.Close()
			}
			return true
		},
	}
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, "")
			o.hook = trouble
			c, _ := o.client(t, func(options *feed.Options) { options.Logger = logger })
			_, err := c.Fetch(t.Context(), o.request())
			if err == nil {
				t.Fatal("no error")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				noToken(t, e.Error())
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		o := newOrigin(t, "")
		c, _ := o.client(t, func(options *feed.Options) { options.Logger = logger })
		o.Close()
		_, err := c.Fetch(t.Context(), o.request())
		if !errors.Is(err, feed.ErrUnreachable) {
			t.Errorf("the error is %v", err)
		}
		noToken(t, err.Error())
	})
	for line := range strings.Lines(log.String()) {
		noToken(t, line)
	}
	if !strings.Contains(log.String(), "file=full") {
		t.Errorf("nothing was logged: %s", log.String())
	}
}

func TestScrubKeepsWhatAnErrorIs(t *testing.T) {
	address := secretOf("https://b2b.shop.pl/edi/export-offer.php?client=x&token=" + tokenEncoded)
	inner := errors.New(`line 3: <full url="` + address.Reveal() + `"> ` + token + " e19156ecfdeaf09da54cd9f http://10.0.0.1/x")
	err := feed.Scrub(errors.Join(inner, feed.ErrDamaged), address)
	noToken(t, err.Error())
	if strings.Contains(err.Error(), "e19156") || strings.Contains(err.Error(), "10.0.0.1") || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("the text is %q", err)
	}
	if !errors.Is(err, feed.ErrDamaged) || errors.Unwrap(err) != nil {
		t.Error("it is not the error it was, or gives it away")
	}
}

func TestFilesThatSayTheSameAreKnown(t *testing.T) {
	hash := func(content string) string {
		path := filepath.Join(t.TempDir(), "file.xml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := feed.Local(t.Context(), path, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Remove(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("somebody else's file was removed: %v", err)
		}
		return d.Content
	}
	const first = `<offer version="3.0" generated="2026-11-22 10:00:00" expires="2026-11-23 10:00:00"><products currency="PLN"><product id="1"/></products></offer>`
	same := strings.NewReplacer("22 10:00", "22 11:15", "23 10:00", "23 11:15").Replace(first)
	if hash(first) != hash(same) {
		t.Error("a file that was only made anew is taken for another")
	}
	if hash(first) != hash(string(packed(t, first))) {
		t.Error("a packed file is taken for another")
	}
	for _, other := range []string{
		strings.Replace(first, "PLN", "EUR", 1),
		strings.Replace(first, `id="1"`, `id="2"`, 1),
		strings.Replace(first, `<product id="1"/>`, `<product id="1" generated="2026-11-22"/>`, 1),
		first[:len(first)-1],
	} {
		if hash(first) == hash(other) {
			t.Errorf("taken for the same: %s", other)
		}
	}
	// The MD5 of "abc" is RFC 1321's.
	path := filepath.Join(t.TempDir(), "abc")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err := feed.Local(t.Context(), path, 3); err != nil || d.MD5 != "900150983cd24fb0d6963f7d28e17f72" {
		t.Errorf("the MD5 is %v (%v)", d, err)
	}
	if _, err := feed.Local(t.Context(), path, 2); !errors.Is(err, feed.ErrTooLarge) {
		t.Errorf("the error is %v", err)
	}
	if _, err := feed.Local(t.Context(), filepath.Dir(path), 1<<20); err == nil {
		t.Error("a folder was taken for a file")
	}
}
