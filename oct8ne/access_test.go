package oct8ne_test

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne"
)

func TestAPIToken(t *testing.T) {
	f := &fake{
		orders: []oct8ne.Order{{Reference: "A1"}}, details: &oct8ne.OrderDetails{Order: oct8ne.Order{Reference: "A1"}},
		sales: []oct8ne.Sale{{QuoteID: "9"}}, verdict: oct8ne.SessionValid,
	}
	base := mount(t, f, oct8ne.Options{})
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	oct8ne.Mount(app, f, oct8ne.Options{})
	open := listen(t, app) // no apiToken is configured here
	for _, method := range []string{"getOrders", "getOrderDetails", "getSalesReport", "checkSession"} {
		parameters := strings.ReplaceAll(every[method], "apiToken="+token, "")
		address := "/oct8ne/frame/" + method + "?" + parameters
		if a := get(t, base+address+"&apiToken="+token); a.status != 200 || a.body == empties[method] {
			t.Errorf("%s with the token: %+v", method, a)
		}
		f.last(t)
		for _, wrong := range []string{"", "&apiToken=", "&apiToken=" + token[1:], "&apiToken=" + token + "0",
			"&apiToken=" + strings.ToLower(token), "&apitoken=" + token, "&apiToken=%00", "&apiToken=x&apiToken=" + token} {
			if a := get(t, base+address+wrong); a.status != 200 || a.body != empties[method] {
				t.Errorf("%s with %q: %+v", method, wrong, a)
			}
			if a := get(t, base+address+wrong+"&callback=f"); a.status != 200 || a.body != "/**/f("+empties[method]+");" {
				t.Errorf("%s as JSONP with %q: %+v", method, wrong, a)
			}
			if a := get(t, open+address+wrong); a.status != 200 || a.body != empties[method] {
				t.Errorf("%s with no token configured, with %q: %+v", method, wrong, a)
			}
			f.untouched(t)
		}
		if a := get(t, open+address+"&apiToken="+token); a.body != empties[method] {
			t.Errorf("%s with no token configured: %+v", method, a)
		}
		f.untouched(t)
	}
}

func TestVerdicts(t *testing.T) {
	f := &fake{}
	base := mount(t, f, oct8ne.Options{})
	for verdict, want := range map[oct8ne.SessionVerdict]string{
		oct8ne.SessionValid:        `{"success":true,"message":"user enabled"}`,
		oct8ne.CustomerNotFound:    `{"success":false,"error":"Customer not found"}`,
		oct8ne.OrderInvalid:        `{"success":false,"error":"Invalid Order for customer email"}`,
		oct8ne.SessionInvalid:      `{"success":false,"error":"Invalid session: it is not one of this customer's, or it has ended"}`,
		oct8ne.SessionVerdict(-99): `{"success":false,"error":"Customer not found"}`,
	} {
		f.verdict = verdict
		if a := get(t, base+"/oct8ne/frame/checkSession?"+every["checkSession"]); a.body != want {
			t.Errorf("verdict %d: %s, want %s", verdict, a.body, want)
		}
	}
	if a := get(t, base+"/oct8ne/frame/checkSession?customerEmail=a@b.example&apiToken="+token); !strings.HasPrefix(a.body, `{"success":false,"error":"Invalid session: `) {
		t.Errorf("without a proof: %s", a.body)
	}
}

// TestWhoMayChangeAWishList goes through what browsers send along.
func TestWhoMayChangeAWishList(t *testing.T) {
	f := &fake{adds: true}
	base := mount(t, f, oct8ne.Options{Origins: []string{"https://Shop.example/", "http://shop.test:8080", "https://other.example:443", "nonsense", "ftp://evil.example"}})
	for _, c := range []struct {
		site, origin, referer string
		allowed               bool
	}{
		// Browsers that send Sec-Fetch-Site.
		{"same-origin", "", "https://shop.example/a", true},
		{"same-origin", "", "", true},
		{"none", "", "", true},
		{"same-site", "", "https://shop.example/", true},
		{"same-site", "", "https://blog.shop.example/", false},
		{"same-site", "", "", false},
		{"cross-site", "", "", false},
		{"cross-site", "", "https://evil.example/", false},
		{"cross-site", "https://evil.example", "https://shop.example/", false},
		{"cross-site", "", "https://shop.example/", true},
		{"cross-site", "https://shop.example", "", true},
		{"cross-site", "null", "", false},
		{"Cross-Site", "", "https://evil.example/", false},
		{"something-new", "", "https://evil.example/", false},
		// Browsers that do not.
		{"", "", "", true},
		{"", "", "https://shop.example/page?x=1", true},
		{"", "", "https://SHOP.example:443/page", true},
		{"", "http://shop.test:8080", "", true},
		{"", "", "https://other.example/", true},
		{"", "", base + "/page", true}, // the bridge's own page
		{"", "", "http://shop.example/", false},
		{"", "", "http://shop.test/", false},
		{"", "", "https://shop.example.evil.example/", false},
		{"", "", "https://shop.example@evil.example/", false},
		{"", "", "https://evil.example/https://shop.example/", false},
		{"", "https://evil.example", "https://shop.example/", false},
		{"", "null", "", false},
		{"", "ftp://evil.example", "", false},
		{"", "", "about:blank", false},
		{"", "", "::not an address::", false},
	} {
		headers := []string{}
		for _, h := range [][2]string{{"Sec-Fetch-Site", c.site}, {"Origin", c.origin}, {"Referer", c.referer}} {
			if h[1] != "" {
				headers = append(headers, h[0], h[1])
			}
		}
		a := get(t, base+"/oct8ne/frame/addToWishList?productIds=1", headers...)
		want := `{"result":"false"}`
		if c.allowed {
			want = `{"result":"true"}`
			f.last(t)
		}
		f.untouched(t)
		if a.status != 200 || a.body != want {
			t.Errorf("%v: %d %s, want %s", headers, a.status, a.body, want)
		}
	}
	// Reading is open to every page.
	if a := get(t, base+"/oct8ne/frame/customerData", "Sec-Fetch-Site", "cross-site"); a.status != 200 {
		t.Errorf("customerData across sites: %+v", a)
	}
}
