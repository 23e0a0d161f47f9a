package sandbox_test

import (
	"encoding/json"
	"io"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

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
