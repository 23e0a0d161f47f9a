package one_test

import (
	"bytes"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/one"
)

// addShapes seeds a fuzz target with the bodies of testdata/shapes and with nonsense.
func addShapes(f *testing.F, add func(body []byte)) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "shapes", "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("testdata/shapes: %d files, %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(body)
	}
	for _, body := range []string{
		`[[{"clientId":1e400}]]`, `{"client":{"id":"org:"},"cart":"[{}]"}`, "data=%7B%22offerId%22%3A-0.0%7D&=&%", `{"clientId":1E-401}`, `"\"{}\""`, `{"a.b":{"":[[]]}}`,
	} {
		add([]byte(body))
	}
}

// checkIDs says what holds for the ids of whatever was sent.
func checkIDs(t *testing.T, customer, cart, offer string, flag one.Flag) {
	t.Helper()
	for _, id := range []string{customer, cart, offer} {
		if len(id) > 200 || !utf8.ValidString(id) {
			t.Errorf("%q cannot be stored", id)
		}
		for _, r := range id {
			if unicode.IsControl(r) || r == utf8.RuneError {
				t.Errorf("%q has %q", id, r)
			}
		}
	}
	none := customer == "" && cart == "" && offer == ""
	switch flag {
	case one.FlagNone:
		if customer == "" {
			t.Error("it names no customer, and has no flag")
		}
	case one.FlagEmpty, one.FlagNoID, one.FlagUnreadable:
		if !none {
			t.Errorf("%s, and it names %q, %q, %q", flag, customer, cart, offer)
		}
	case one.FlagNoCustomer:
		if customer != "" || none {
			t.Errorf("%s, and it names %q, %q, %q", flag, customer, cart, offer)
		}
	case one.FlagAmbiguous:
		if customer != "" && cart != "" && offer != "" {
			t.Errorf("%s, and it names %q, %q, %q", flag, customer, cart, offer)
		}
	default:
		t.Errorf("there is no flag %q", flag)
	}
}

// Whatever comes is read the same each time, and what it becomes can be stored.
func FuzzIDs(f *testing.F) {
	addShapes(f, func(body []byte) { f.Add("application/json", body) })
	f.Add("application/x-www-form-urlencoded", []byte("a=1"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		customer, cart, offer, flag := one.IDs(contentType, body)
		checkIDs(t, customer, cart, offer, flag)
		for range 2 {
			if a, b, c, d := one.IDs(contentType, body); a != customer || b != cart || c != offer || d != flag {
				t.Errorf("read again, it is %q, %q, %q, %q and not %q, %q, %q, %q", a, b, c, d, customer, cart, offer, flag)
			}
		}
		paths := one.Unknown(body)
		if len(paths) > 50 || flag == one.FlagEmpty && len(paths) > 0 {
			t.Errorf("%d unknown fields", len(paths))
		}
		for _, path := range paths {
			if len(path) > 200 || !utf8.ValidString(path) {
				t.Errorf("%q cannot be shown", path)
			}
		}
	})
}

// Whatever a stranger sends is refused, and whatever ONe sends is kept as it came.
func FuzzWebhook(f *testing.F) {
	addShapes(f, func(body []byte) { f.Add("cart-opened", "POST", "", "application/json", "", body) })
	for _, seed := range []struct{ path, method, authorization, contentType, encoding string }{
		{"client-logged", "HEAD", "", "", ""}, {"offer-opened/", "POST", "Basic YWRtaW46YWRtaW4=", "", ""}, {"Offer-Opened", "POST", "", "a;b=c", "gzip"},
		{"cart-opened?x=%", "PUT", "Basic", "", ""}, {"../one/cart-opened", "POST", "basic  ", "", "identity"}, {"cart%2Dopened", "POST", "", "", ""},
	} {
		f.Add(seed.path, seed.method, seed.authorization, seed.contentType, seed.encoding, []byte(`{"clientId":1}`))
	}
	r := newReceiver(f, sqlite(f))
	app := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 1 << 20})
	r.Mount(app)
	valid := httptest.NewRequest("POST", "/", nil)
	valid.SetBasicAuth(newUser, newPassword)
	f.Fuzz(func(t *testing.T, path, method, authorization, contentType, encoding string, body []byte) {
		r.t = t // a fuzz target may not use its F
		request := httptest.NewRequest("POST", "http://shop.example/", bytes.NewReader(body))
		request.Method = method
		request.URL.Opaque = one.WebhookPath + path
		stranger := authorization != ""
		if !stranger {
			authorization = valid.Header.Get("Authorization")
		}
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Content-Encoding", encoding)
		r.advance(one.SameWithinDefault) // each is an event of its own
		before := r.number("SELECT count(*) FROM one_events")
		response, err := app.Test(request, -1)
		if err != nil {
			return // it is no HTTP
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		stored := r.number("SELECT count(*) FROM one_events") - before
		switch response.StatusCode {
		case 204:
			if stranger {
				t.Errorf("let in with %q", authorization)
			}
			if stored != 1 && method != "HEAD" {
				t.Errorf("answered 204, and %d events are stored", stored)
			}
			if stored == 1 {
				var customer, cart, offer string
				var flag one.Flag
				var kept []byte
				if err := r.store.DB().QueryRow("SELECT customer, cart, offer, flag, body FROM one_events ORDER BY id DESC LIMIT 1").Scan(&customer, &cart, &offer, &flag, &kept); err != nil {
					t.Fatal(err)
				}
				checkIDs(t, customer, cart, offer, flag)
				if !bytes.Equal(kept, body) {
					t.Errorf("%q came, and %q is kept", body, kept)
				}
			}
		case 400, 401, 404, 405, 413, 415, 501:
			if stored != 0 {
				t.Errorf("answered %d, and stored", response.StatusCode)
			}
			if (response.StatusCode == 401) != (response.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("answered %d with WWW-Authenticate %q", response.StatusCode, response.Header.Get("WWW-Authenticate"))
			}
		default:
			t.Errorf("answered %d", response.StatusCode)
		}
	})
}
