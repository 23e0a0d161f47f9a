package visitors_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/visitors"
)

func TestCookies(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*visitors.Options)
		want   string // without the value
	}{
		{"one host", func(*visitors.Options) {}, "__Host-octobridge=; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"},
		{"a domain", func(o *visitors.Options) { o.Domain = "shop.example" }, "__Secure-octobridge=; Path=/; Domain=shop.example; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"},
		{"another site", func(o *visitors.Options) { o.CrossSite = true }, "__Host-octobridge=; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=None; Partitioned"},
		{"another site and a domain", func(o *visitors.Options) { o.CrossSite, o.Domain = true, "shop.example" },
			"__Secure-octobridge=; Path=/; Domain=shop.example; Max-Age=2592000; HttpOnly; Secure; SameSite=None; Partitioned"},
		{"loopback", func(o *visitors.Options) { o.PublicURL = "http://127.0.0.1:8080" }, "octobridge=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"},
		{"loopback and the rest", func(o *visitors.Options) {
			o.PublicURL, o.CrossSite, o.Domain = "http://127.0.0.1:8080", true, "shop.example"
		},
			"octobridge=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"},
		{"kept for a day", func(o *visitors.Options) { o.Keep = 24 * time.Hour }, "__Host-octobridge=; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, c.change)
			b := s.browser()
			b.headers["Origin"] = shopOrigin
			r := b.add("42")
			r.is(http.StatusOK)
			value := b.cookie()
			if len(value) != 32 || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Errorf("value %q", value)
			}
			equal(t, "cookie", strings.Replace(r.header.Get("Set-Cookie"), value, "", 1), c.want)
			equal(t, "cart", b.cart(), "42 x 1")

			forget := s.service.Forget().String()
			name, rest, _ := strings.Cut(c.want, "Max-Age=")
			_, rest, _ = strings.Cut(rest, ";")
			equal(t, "to forget it", forget, name+"Max-Age=0;"+rest)
		})
	}
}

// A cookie that is forged, swapped for another's name, or broken gives a guest, who
// may begin anew.
func TestForgedCookies(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("42").is(http.StatusOK)
	good := b.cookie()
	for _, value := range []string{
		"x", strings.Repeat("A", 32), good[:31], good + "A", strings.ToLower(good) + "", good[:31] + "!", "' OR 1=1 --", strings.Repeat("%00", 11),
	} {
		if value == good {
			continue
		}
		forger := s.browser()
		forger.cookies[s.service.CookieName()] = value
		equal(t, "cart of "+value, forger.cart(), "")
		equal(t, "cookies for "+value, len(forger.last), 0) // without a word
	}
	forger := s.browser()
	forger.cookies["octobridge"] = good // the name of another configuration's cookie
	equal(t, "cart under another name", forger.cart(), "")
	forger.cookies[s.service.CookieName()] = strings.Repeat("A", 32)
	forger.add("100").is(http.StatusOK)
	if forger.cookie() == strings.Repeat("A", 32) {
		t.Error("a visitor got a cookie that somebody else chose")
	}
	equal(t, "cart", b.cart(), "42 x 1")
}

// The cookie lasts as long as the visitor is kept, counted from the last visit: it
// is set anew when the visitor comes back, and not with each answer.
func TestCookieIsRenewed(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("42").is(http.StatusOK)
	value := b.cookie()
	for _, c := range []struct {
		away  time.Duration
		renew bool
	}{{time.Minute, false}, {58 * time.Minute, false}, {20 * 24 * time.Hour, true}} {
		s.clock.move(c.away)
		equal(t, "cart", b.cart(), "42 x 1")
		equal(t, "set anew after "+c.away.String(), len(b.last) == 1, c.renew)
	}
	equal(t, "cookie", b.cookie(), value)
	s.clock.move(31 * 24 * time.Hour)
	equal(t, "cart after it has expired", b.cart(), "")
	equal(t, "set after it has expired", len(b.last), 0)
}
