package sandbox_test

import (
	"encoding/json"
	"io"
	"math/big"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"

	"octobridge/bridge/one/sandbox"
)

// FuzzCart sends any body to a cart: it is refused and changes nothing, or every line
// of it is one that the product's rules allow, below a parent that is there.
func FuzzCart(f *testing.F) {
	f.Add([]byte(cable("12.5", `,"removable":false`)))
	f.Add([]byte(cable("1e400000000", "")))
	f.Add([]byte(`{"configurableProducts":[{"main":{"productId":"BEBEN-500","quantity":{"type":"ORDER_QUANTITY","value":3}},"children":[{"productId":"BEBEN-320","quantity":{"type":"CONTENT_QUANTITY","value":1}}]}]}`))
	f.Add([]byte(strings.Repeat(`{"configurableProducts":[`, 30)))
	f.Add([]byte("{\"configurableProducts\":[{\"main\":{\"productId\":\"\xff\"}}]}"))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(`[]]`))
	s := sandbox.New(sandbox.Options{})
	f.Cleanup(func() { _ = s.Close() })
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	f.Fuzz(func(t *testing.T, body []byte) {
		s.PutCart(sandbox.Cart{ID: "1", Customer: sandbox.DemoCustomer})
		request := httptest.NewRequest("PUT", cartAddress("", "1"), strings.NewReader(string(body)))
		for name, value := range map[string]string{"one-tenant": sandbox.DemoTenant, "ApiAuth": sandbox.DemoAPIAuth, "Accept": "application/json", "Content-Type": "application/json"} {
			request.Header.Set(name, value)
		}
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !json.Valid(answer) {
			t.Fatalf("the answer is %s, %v", answer, err)
		}
		c, _ := s.Cart("1")
		switch response.StatusCode {
		case 400:
			if len(c.Lines) != 0 || len(c.Bodies) != 0 {
				t.Errorf("a refused body left %+v", c)
			}
		case 200:
			if !json.Valid(body) || len(c.Lines) == 0 || len(c.Bodies) != 1 {
				t.Errorf("%q was taken and left %+v", body, c)
			}
			ids := map[string]bool{"": true}
			for _, l := range c.Lines {
				content, ok := new(big.Rat).SetString(string(l.Content))
				if !ok || content.Sign() <= 0 || !ids[l.Parent] || ids[l.ID] || l.Unit == "" {
					t.Errorf("a line is %+v", l)
				}
				if l.SKU == sandbox.DemoCable && (!content.Mul(content, big.NewRat(2, 1)).IsInt() || content.Cmp(big.NewRat(10, 1)) < 0) {
					t.Errorf("a length of the cable is %s", l.Content)
				}
				ids[l.ID] = true
			}
		default:
			t.Errorf("status %d: %s", response.StatusCode, answer)
		}
	})
}

// FuzzWebhook sends any body as a new webhook: it is refused, or is one of ONe's
// types with an address to call.
func FuzzWebhook(f *testing.F) {
	f.Add([]byte(webhook("a", "CartOpened", "https://bridge.example/x")))
	f.Add([]byte(`{"name":"a","status":"ACTIVE","webhookType":{"name":"CartOpened","exchangeName":"p-u-o-m-e-c-cartopened-klient"},"callbackUrl":"http://u:p@h","callbackAuthentication":{"type":"NONE"}}`))
	f.Add([]byte(`{"callbackAuthentication":null}`))
	s := sandbox.New(sandbox.Options{})
	f.Cleanup(func() { _ = s.Close() })
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	f.Fuzz(func(t *testing.T, body []byte) {
		before := len(s.Webhooks())
		request := httptest.NewRequest("POST", "/api/v1/webhooks"+integ+"webhooks", strings.NewReader(string(body)))
		for name, value := range map[string]string{"one-tenant": sandbox.DemoTenant, "ApiAuth": sandbox.DemoAPIAuth, "Accept": "application/json", "Content-Type": "application/json"} {
			request.Header.Set(name, value)
		}
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		after := s.Webhooks()
		switch response.StatusCode {
		case 400, 409:
			if len(after) != before {
				t.Errorf("%q was refused and kept", body)
			}
		case 201:
			w := after[len(after)-1]
			if len(after) != before+1 || !strings.HasPrefix(strings.ToLower(w.CallbackURL), "http") || !strings.HasPrefix(w.Exchange, "p-u-o-m-e-") || w.Auth == "HTTP_BASIC" && w.User == "" {
				t.Errorf("%q made %+v", body, w)
			}
		default:
			t.Errorf("status %d", response.StatusCode)
		}
	})
}

// FuzzAddress asks for any address, with any method that there is: it is answered
// with a status that the sandbox gives, in JSON, and nothing breaks.
func FuzzAddress(f *testing.F) {
	f.Add("GET", "orderpath/integrations/auth-required/offer?offerId=O%2F13%2F11%2F2026")
	f.Add("PUT", "orderpath/integrations/auth-required/carts/%2e%2e%2f/add-configurable-products")
	f.Add("GET", "webhooks/integrations/auth-required/webhooks?pageNumber=99999999999999999999&pageSize=%zz")
	f.Add("DELETE", "webhooks/integrations/auth-required/webhooks/%00%ff")
	f.Add("GET", "orders/integrations/auth-required/synchronization/order?startId=9223372036854775807&eventTypes=,,,")
	f.Add("GET", "catalog/integrations/auth-required/products/%")
	f.Add("GET", "//../..;/#")
	s := sandbox.New(sandbox.Options{})
	f.Cleanup(func() { _ = s.Close() })
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	f.Fuzz(func(t *testing.T, method, path string) {
		switch method {
		case "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS":
		default:
			return
		}
		if strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || len(path) > 2000 {
			return // no request line
		}
		request := httptest.NewRequest(method, "/", nil)
		request.RequestURI = "/api/v1/" + path
		for name, value := range map[string]string{"one-tenant": sandbox.DemoTenant, "ApiAuth": sandbox.DemoAPIAuth, "Accept": "application/json"} {
			request.Header.Set(name, value)
		}
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		switch response.StatusCode {
		case 200, 204, 400, 404, 405:
		default:
			t.Errorf("%s %s: status %d", method, path, response.StatusCode)
		}
		if err != nil || response.StatusCode != 204 && strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && !json.Valid(answer) {
			t.Errorf("%s %s: %s, %v", method, path, answer, err)
		}
	})
}

// FuzzPage shows the back office for any choice in its address: it is a page without
// a script, and what was chosen is shown where it is one of the choices.
func FuzzPage(f *testing.F) {
	f.Add("org:9001", "snake", "1", "en", "paused", "pl;q=0.1, en")
	f.Add(`"><script>`, "'", "-1", "PL", "nowhere", "en;q=NaN,pl;q=-Inf")
	f.Add("\x00\xff", "garbage", "99999999999999999999", "", "x", ";;;,,,=")
	s := sandbox.New(sandbox.Options{Bridge: "http://127.0.0.1:1"})
	f.Cleanup(func() { _ = s.Close() })
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	f.Fuzz(func(t *testing.T, customer, shape, sent, lang, problem, accepted string) {
		query := url.Values{"customer": {customer}, "shape": {shape}, "sent": {sent}, "lang": {lang}, "problem": {problem}}.Encode()
		if len(query) > 2000 || strings.ContainsFunc(accepted, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
			return
		}
		request := httptest.NewRequest("GET", "/?"+query, nil)
		request.Header.Set("Accept-Language", accepted)
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != 200 {
			t.Fatalf("status %d, %v", response.StatusCode, err)
		}
		root := parsed(t, string(body))
		if len(all(root, "script"))+len(all(root, "style")) != 0 || len(all(root, "form")) != 1 {
			t.Errorf("the page is %s", body)
		}
		if tag := attribute(all(root, "html")[0], "lang"); tag != "pl" && tag != "en" || lang == "en" && tag != "en" {
			t.Errorf("with %q and %q it is %q", lang, accepted, tag)
		}
		chosen := 0
		for _, option := range all(root, "option") {
			if slices.ContainsFunc(option.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
				chosen++
			}
		}
		if chosen != 1 {
			t.Errorf("%d shapes are chosen", chosen)
		}
	})
}

// FuzzSend presses any button for anybody: it is refused, or leads back to the page
// below the same prefix.
func FuzzSend(f *testing.F) {
	f.Add("org:9001", "offer-opened O/13/11/2026", "snake", "en")
	f.Add("ind:77", "cart-opened", "garbage", "\r\nLocation: https://evil.example")
	f.Add("org:9001", "client-logged", "//evil.example", "pl")
	s := sandbox.New(sandbox.Options{}) // without a bridge nothing is sent
	f.Cleanup(func() { _ = s.Close() })
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app.Group("/_one"))
	f.Fuzz(func(t *testing.T, customer, button, shape, lang string) {
		form := url.Values{"customer": {customer}, "do": {button}, "shape": {shape}, "lang": {lang}}.Encode()
		request := httptest.NewRequest("POST", "/_one/send", strings.NewReader(form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		to := response.Header.Get("Location")
		if response.StatusCode != 400 && (response.StatusCode != 303 || !strings.HasPrefix(to, "/_one?customer=") || !strings.Contains(to, "problem=nowhere")) {
			t.Errorf("status %d to %q", response.StatusCode, to)
		}
		if len(s.Deliveries()) != 0 {
			t.Error("something was sent")
		}
	})
}
