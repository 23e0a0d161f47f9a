package integration_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

func TestNewRefuses(t *testing.T) {
	right := integration.Config{URL: "https://api.one.example", Tenant: tenant, APIAuth: secret.New(key)}
	for name, test := range map[string]struct {
		change func(*integration.Config)
		want   string
	}{
		"no address":      {func(c *integration.Config) { c.URL = "" }, "one.url"},
		"no URL":          {func(c *integration.Config) { c.URL = "api.one.example" }, "one.url"},
		"broken URL":      {func(c *integration.Config) { c.URL = "https://api.one.example/%zz" }, "one.url"},
		"http":            {func(c *integration.Config) { c.URL = "http://api.one.example" }, "in the open"},
		"another scheme":  {func(c *integration.Config) { c.URL = "ftp://api.one.example" }, `"ftp"`},
		"a user":          {func(c *integration.Config) { c.URL = "https://anna:geheim@api.one.example" }, "user name"},
		"a query":         {func(c *integration.Config) { c.URL = "https://api.one.example?a=b" }, "one.url"},
		"no tenant":       {func(c *integration.Config) { c.Tenant = "" }, "one.tenant"},
		"tenant of two":   {func(c *integration.Config) { c.Tenant = "a\r\nApiAuth: b" }, "one.tenant"},
		"no key":          {func(c *integration.Config) { c.APIAuth = secret.String{} }, "one.api_auth"},
		"key with a line": {func(c *integration.Config) { c.APIAuth = secret.New(key + "\n") }, "one.api_auth"},
		"negative time":   {func(c *integration.Config) { c.Timeout = -1 }, "one.timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			config := right
			test.change(&config)
			_, err := integration.New(config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("New: %v, want an error with %q", err, test.want)
			}
			for _, hidden := range []string{key, "geheim"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error repeats a secret: %v", err)
				}
			}
		})
	}
	for _, url := range []string{"https://api.one.example", "https://api.one.example/", "https://proxy.example/one", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:1"} {
		config := right
		config.URL = url
		client, err := integration.New(config)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		_ = client.Close()
	}
}

// Every call brings the two headers, and ids are escaped as a whole.
func TestRequestsAsDocumented(t *testing.T) {
	one := serve(t, answers(http.StatusOK, `{"id":"O/36/1/2022","callbackUrl":"https://bridge.example/","status":"ACTIVE"}`))
	client := connect(t, one.URL+"/behind/")
	ctx := context.Background()
	if _, err := client.Offer(ctx, "O/36/1/2022"); err != nil {
		t.Error(err)
	}
	if _, err := client.Product(ctx, "YKY 3x2,5/żo 100%"); err != nil {
		t.Error(err)
	}
	if err := client.AddConfigurableProducts(ctx, "org:1/2?x", cableInCart(t)); err != nil {
		t.Error(err)
	}
	if err := client.TransferFailed(ctx, "a b", "Brak towaru"); err != nil {
		t.Error(err)
	}
	if err := client.SetWebhookStatus(ctx, "w/1", integration.Inactive); err != nil {
		t.Error(err)
	}
	if err := client.TestWebhook(ctx, "w/1"); err != nil {
		t.Error(err)
	}
	want := []string{
		"GET /behind/api/v1/orderpath/integrations/auth-required/offer?offerId=O%2F36%2F1%2F2022",
		"GET /behind/api/v1/catalog/integrations/auth-required/products/YKY%203x2%2C5%2F%C5%BCo%20100%25",
		"PUT /behind/api/v1/orderpath/integrations/auth-required/carts/org:1%2F2%3Fx/add-configurable-products",
		"PUT /behind/api/v1/orderpath/integrations/auth-required/offers/a%20b/transfer-failed",
		"GET /behind/api/v1/webhooks/integrations/auth-required/webhooks/w%2F1",
		"PUT /behind/api/v1/webhooks/integrations/auth-required/webhooks/w%2F1",
		"POST /behind/api/v1/webhooks/integrations/auth-required/webhooks/w%2F1/test",
	}
	got := one.all()
	if len(got) != len(want) {
		t.Fatalf("%d requests arrived, want %d", len(got), len(want))
	}
	for i, request := range got {
		if line := request.method + " " + request.uri; line != want[i] {
			t.Errorf("request %d is %s\nwant         %s", i, line, want[i])
		}
		for name, value := range map[string]string{"One-Tenant": tenant, "Apiauth": key, "Accept": "application/json", "User-Agent": "octobridge"} {
			if got := request.header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("request %d has %s %q, want %q", i, name, got, value)
			}
		}
		if kind := request.header.Get("Content-Type"); (request.body != "") != (kind == "application/json") {
			t.Errorf("request %d has the content type %q with %d bytes", i, kind, len(request.body))
		}
	}
	if got[3].body != `{"reason":"Brak towaru"}` {
		t.Errorf("transfer-failed was %s", got[3].body)
	}
}

func TestIDsThatAreNone(t *testing.T) {
	one := serve(t, answers(http.StatusOK, `{}`))
	client := connect(t, one.URL)
	ctx := context.Background()
	for _, id := range []string{"", "..", ".", "a/../b", `a\..\b`, "a\nb", "a\x00", "\xff", strings.Repeat("a", 201)} {
		_, offer := client.Offer(ctx, id)
		_, product := client.Product(ctx, id)
		_, file := client.DownloadAttachment(ctx, id, "a", nil, 1)
		_, file2 := client.DownloadAttachment(ctx, "a", id, nil, 1)
		for what, err := range map[string]error{
			"Offer": offer, "Product": product, "attachment of": file, "attachment": file2,
			"cart": client.AddConfigurableProducts(ctx, id, cableInCart(t)), "transfer": client.TransferFailed(ctx, id, "why"),
			"status": client.SetWebhookStatus(ctx, id, integration.Active), "test": client.TestWebhook(ctx, id),
		} {
			checkFailure(t, what, err, integration.KindRequest, integration.SendAgainNo)
		}
	}
	if got := one.all(); len(got) != 0 {
		t.Errorf("%d requests were sent", len(got))
	}
}

// Close ends what is under way, waits for it, and lets nothing begin.
func TestClose(t *testing.T) {
	arrived := make(chan struct{})
	one := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	client := connect(t, one.URL)
	ended := make(chan error, 1)
	go func() { ended <- client.AddConfigurableProducts(context.Background(), "k1", cableInCart(t)) }()
	<-arrived
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		checkFailure(t, "the call under way", err, integration.KindCanceled, integration.SendAgainUnknown)
	case <-time.After(10 * time.Second):
		t.Fatal("Close did not end the call")
	}
	_, err := client.Offer(context.Background(), "o1")
	checkFailure(t, "a call afterwards", err, integration.KindCanceled, integration.SendAgainYes)
	if !errors.Is(err, integration.ErrClosed) {
		t.Errorf("it is not ErrClosed: %v", err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// checkFailure checks an error's kind, and whether it may be sent again.
func checkFailure(t *testing.T, what string, err error, kind integration.Kind, again integration.SendAgain) *integration.Error {
	t.Helper()
	failure, ok := errors.AsType[*integration.Error](err)
	if !ok {
		t.Fatalf("%s: %v is no *Error", what, err)
	}
	if failure.Kind != kind || failure.SendAgain != again || integration.MaySendAgain(err) != again {
		t.Errorf("%s: %s, send again %s; want %s, %s: %v", what, failure.Kind, failure.SendAgain, kind, again, err)
	}
	return failure
}
