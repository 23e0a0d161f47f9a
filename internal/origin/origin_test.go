package origin_test

import (
	"strings"
	"testing"

	"octobridge/internal/origin"
)

const bridge = "bridge.shop.example"

var pages = origin.NewPages("https://shop.example", "https://www.shop.example:443", "http://127.0.0.1:8080", "nonsense", "")

func TestWhichPagesMayAct(t *testing.T) {
	for _, c := range []struct {
		name   string
		asked  origin.Asked
		may    bool // MayAct
		strict bool // Named
	}{
		{"the bridge's own page", origin.Asked{SecFetchSite: "same-origin", Referer: "https://" + bridge + "/x"}, true, true},
		{"the address bar", origin.Asked{SecFetchSite: "none"}, true, false},
		{"the shop, another site", origin.Asked{SecFetchSite: "cross-site", Referer: "https://shop.example/p/1"}, true, true},
		{"the shop, the same site", origin.Asked{SecFetchSite: "same-site", Origin: "https://shop.example"}, true, true},
		{"the shop with its default port", origin.Asked{SecFetchSite: "cross-site", Origin: "https://www.shop.example"}, true, true},
		{"the shop by another scheme", origin.Asked{SecFetchSite: "cross-site", Origin: "http://shop.example"}, false, false},
		{"the shop by another port", origin.Asked{SecFetchSite: "cross-site", Origin: "https://shop.example:8443"}, false, false},
		{"a neighbour", origin.Asked{SecFetchSite: "same-site", Referer: "https://evil.shop.example/"}, false, false},
		{"a stranger", origin.Asked{SecFetchSite: "cross-site", Referer: "https://evil.example/https://shop.example"}, false, false},
		{"a stranger who hides", origin.Asked{SecFetchSite: "cross-site"}, false, false},
		{"a neighbour who hides", origin.Asked{SecFetchSite: "same-site"}, false, false},
		{"a sandboxed page", origin.Asked{SecFetchSite: "cross-site", Origin: "null"}, false, false},
		{"a stranger whose Referer is the shop's", origin.Asked{SecFetchSite: "cross-site", Origin: "https://evil.example", Referer: "https://shop.example/"}, false, false},
		{"a word that no browser sends", origin.Asked{SecFetchSite: "same-origin, cross-site"}, false, false},
		{"an old browser on the shop", origin.Asked{Referer: "https://shop.example/"}, true, true},
		{"an old browser on the bridge", origin.Asked{Referer: "https://" + bridge + "/shop"}, true, true},
		{"an old browser on a stranger's page", origin.Asked{Referer: "https://evil.example/"}, false, false},
		{"a server", origin.Asked{}, true, false},
	} {
		c.asked.Host = bridge
		if got := pages.MayAct(c.asked); got != c.may {
			t.Errorf("%s: MayAct is %v", c.name, got)
		}
		if got := pages.Named(c.asked); got != c.strict {
			t.Errorf("%s: Named is %v", c.name, got)
		}
	}
}

func TestWithoutPagesOnlyTheHostItselfMayAct(t *testing.T) {
	var none origin.Pages
	if none.MayAct(origin.Asked{SecFetchSite: "cross-site", Origin: "https://shop.example", Host: bridge}) || none.Has("https://shop.example") {
		t.Error("a page may act that nobody named")
	}
	if !none.MayAct(origin.Asked{Origin: "https://" + bridge, Host: bridge + ":443"}) {
		t.Error("the host's own page may not act")
	}
}

func TestOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://Shop.Example/p?q=1#f": "https://shop.example", "http://shop.example:80": "http://shop.example", "https://shop.example:80/": "https://shop.example:80",
		"https://[2001:DB8::1]:443/": "https://[2001:db8::1]", "https://[2001:db8::1]:8443": "https://[2001:db8::1]:8443", "https://user:pass@shop.example/": "https://shop.example",
		"null": "", "": "", "ftp://shop.example": "", "//shop.example": "", "https://": "", "https://shop.example:99999999999999/%": "", "javascript:alert(1)": "",
	} {
		if got, ok := origin.Of(address); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", address, got, ok)
		}
	}
}

// FuzzPages: whatever headers say, a page may act only where its origin is one of
// those named, or the host's own.
func FuzzPages(f *testing.F) {
	f.Add("https://shop.example", "", "cross-site", bridge)
	f.Add("", "https://evil.example/", "", bridge)
	f.Add("null", "https://shop.example/", "same-site", "")
	f.Add("https://shop.example@evil.example", "", "cross-site", "evil.example")
	f.Fuzz(func(t *testing.T, from, referer, site, host string) {
		asked := origin.Asked{Origin: from, Referer: referer, SecFetchSite: site, Host: host}
		may, named := pages.MayAct(asked), pages.Named(asked)
		if named && !may {
			t.Error("Named allows what MayAct does not")
		}
		page := from
		if page == "" {
			page = referer
		}
		of, ok := origin.Of(page)
		if ok && (of != strings.ToLower(of) || strings.Contains(of, "@")) {
			t.Errorf("the origin of %q is %q", page, of)
		}
		if lower := strings.ToLower(site); may && lower != "" && lower != "same-origin" && lower != "none" && !pages.Has(page) {
			t.Errorf("%q may act from %q", page, site)
		}
		if named && !ok {
			t.Errorf("%q is no page", page)
		}
	})
}
