package visitors_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"octobridge/bridge/visitors"
)

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// The shop works without JavaScript: forms go back to their page, which is told
// what became of it.
func TestFormsGoBack(t *testing.T) {
	s := startWholesale(t, func(o *visitors.Options) { o.LoginsPerLogin = 2 })
	b := s.browser()
	html := []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Origin", "http://" + s.url[len("http://"):]}
	for _, c := range []struct{ name, path, want string }{
		{"added", "/cart/add?" + form("id", "42", "back", "/shop/product/42").Encode(), "/shop/product/42?notice=added"},
		{"limited", "/cart/add?" + form("id", "46", "qty", "9", "back", "/shop/?page=2&notice=old&left=7#list").Encode(), "/shop/?left=3&notice=limited&page=2#list"},
		{"sold out", "/cart/add?" + form("id", "45", "back", "/shop/").Encode(), "/shop/?notice=sold-out"},
		{"a size", "/cart/add?" + form("id", "41", "back", "/shop/").Encode(), "/shop/?notice=choose-size"},
		{"quantity", "/cart/add?" + form("id", "43", "qty", "1", "back", "/shop/").Encode(), "/shop/?notice=quantity"},
		{"no number", "/cart/add?" + form("id", "43", "qty", "x", "back", "/shop/").Encode(), "/shop/?notice=quantity"},
		{"gone", "/cart/add?" + form("id", "9", "back", "/shop/").Encode(), "/shop/?notice=gone"},
	} {
		path, query, _ := cut(c.path)
		values, _ := url.ParseQuery(query)
		for way, r := range map[string]reply{"as a form": b.send(http.MethodPost, path, values, html...), "in the query": b.send(http.MethodPost, c.path, nil, html...)} {
			r.is(http.StatusSeeOther)
			equal(t, c.name+" "+way, r.header.Get("Location"), c.want)
			equal(t, "Cache-Control", r.header.Get("Cache-Control"), "private, no-store")
		}
	}
	s.shelf.change(func() { s.shelf.silent = true })
	r := b.send(http.MethodPost, "/cart/add", form("id", "100", "back", "/shop/"), html...)
	equal(t, "unconfirmed", r.header.Get("Location"), "/shop/?notice=unconfirmed")

	signIn := func(login, password string) reply {
		return b.send(http.MethodPost, "/visitor/login", form("login", login, "password", password, "back", "/shop/sign-in"), html...)
	}
	for _, c := range []struct{ name, login, password, want string }{
		{"wrong", "anna", "wrong", "refused"}, {"nothing", "", "", "refused"}, {"right", "anna", passwordOf("anna"), "signed-in"},
		{"wrong again", "anna", "wrong", "refused"}, {"too often", "anna", passwordOf("anna"), "try-later"},
	} {
		equal(t, c.name, signIn(c.login, c.password).header.Get("Location"), "/shop/sign-in?notice="+c.want)
	}
	r = b.send(http.MethodPost, "/visitor/logout", form("back", "/shop/"), html...)
	equal(t, "signed out", r.header.Get("Location"), "/shop/?notice=signed-out")
	equal(t, "cookie", b.cookie(), "")
}

func cut(address string) (path, query string, found bool) {
	at, err := url.Parse(address)
	if err != nil {
		return "", "", false
	}
	return at.Path, at.RawQuery, true
}

// Nobody is led to another host, and who wants no page gets JSON.
func TestBackIsOnThisHost(t *testing.T) {
	b := start(t).browser()
	for _, back := range []string{
		"", "//evil.example/", "https://evil.example/", `/\evil.example`, `\/evil.example`, "shop/", "javascript:alert(1)", "/shop\r\nSet-Cookie: a=b", "/ /evil", "/\t/evil.example",
	} {
		r := b.send(http.MethodPost, "/cart/add", form("id", "42", "back", back), "Accept", "text/html")
		if r.status != http.StatusOK || r.header.Get("Location") != "" {
			t.Errorf("back %q: %d to %q", back, r.status, r.header.Get("Location"))
		}
	}
	b.send(http.MethodPost, "/cart/add", form("id", "42", "back", "/shop/"), "Accept", "application/json").is(http.StatusOK)
	// A page that may not act is not led anywhere.
	r := b.send(http.MethodPost, "/cart/add", form("id", "42", "back", "/shop/"), "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	r.problem(http.StatusForbidden, "origin")
	// Nor does a GET that is allowed lead anywhere: only forms are led back.
	byGet := start(t, func(o *visitors.Options) { o.AddByGet = true }).browser()
	byGet.send(http.MethodGet, "/cart/add?id=42&back=%2Fshop%2F", nil, "Accept", "text/html").is(http.StatusOK)
}

// A form that is sent by the back button's reload is harmless, too.
func TestFormTwice(t *testing.T) {
	s := start(t)
	b := s.browser()
	b.add("100").is(http.StatusOK)
	for range 2 {
		r := b.send(http.MethodPost, "/cart/add", form("id", "42", "key", "of-the-page", "back", "/shop/"), "Accept", "text/html")
		equal(t, "Location", r.header.Get("Location"), "/shop/?notice=added")
		s.clock.move(time.Minute)
	}
	equal(t, "cart", b.cart(), "100 x 1, 42 x 1")
}
