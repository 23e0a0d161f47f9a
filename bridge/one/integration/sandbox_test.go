package integration_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/bridge/one/integration"
	"octobridge/bridge/one/sandbox"
	"octobridge/internal/secret"
)

// fake starts ONe's sandbox, which is strict and shares no code with the client, and
// a client of it.
func fake(t *testing.T, options sandbox.Options) (*sandbox.Server, *integration.Client) {
	t.Helper()
	one := sandbox.New(options)
	t.Cleanup(func() {
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := one.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return one, connect(t, address, func(c *integration.Config) {
		c.Tenant, c.APIAuth = sandbox.DemoTenant, secret.New(sandbox.DemoAPIAuth)
	})
}

func TestAgainstSandbox(t *testing.T) {
	for _, bare := range []bool{false, true} {
		one, client := fake(t, sandbox.Options{Bridge: "http://127.0.0.1:1", User: "one", Password: webhookPassword, BareLists: bare})
		ctx := context.Background()
		offer, err := client.Offer(ctx, sandbox.DemoOffer)
		if err != nil {
			t.Fatal(err)
		}
		// From the sandbox's own numbers: 382.80 + 45.00 + 104.73 (35.5 × 2.95, which it
		// rounds) + 29.90 + 38.28 + 378.00 + 23.00; and 289.20 + 31.00 + 85.555 + 19.50 +
		// 28.92 + 248.00, without the boxes, whose purchase price it does not tell.
		totals := offer.Totals()
		if !totals.Net.Equal(decimal.RequireFromString("1001.71")) || !totals.Purchase.Equal(decimal.RequireFromString("702.175")) || totals.WithoutPurchasePrice != 1 || totals.Lines != 7 || totals.WithoutPrice != 0 || len(offer.Warnings) != 0 {
			t.Errorf("the totals are %+v, the warnings %q", totals, offer.Warnings)
		}
		if len(offer.Lines) != 5 || len(offer.Lines[0].Children) != 1 || offer.Lines[0].Children[0].ProductID != sandbox.DemoDrum || len(offer.Attachments) != 2 {
			t.Errorf("the offer is %s", shape(offer))
		}
		for _, attachment := range offer.Attachments {
			var file bytes.Buffer
			if n, err := client.DownloadAttachment(ctx, offer.ID, attachment.ID, &file, 1000); err != nil || n < 20 {
				t.Errorf("%s: %d bytes, %v", attachment.Name, n, err)
			}
		}
		odd, err := client.Offer(ctx, sandbox.OddOffer)
		if err != nil || shape(odd) != "odd-1 | odd-2 | odd-3 odd-4 odd-5" {
			t.Errorf("the odd offer is %s, %v", shape(odd), err)
		}

		product, err := client.Product(ctx, sandbox.DemoCable)
		if err != nil {
			t.Fatal(err)
		}
		cable := integration.Cable{ProductID: product.ID, Drum: sandbox.DemoDrum, KeepTogether: true, Lengths: decimals("12.5", "300"), Step: product.Step, Minimum: product.Minimum}
		products, err := cable.Products()
		if err != nil {
			t.Fatal(err)
		}
		if err := client.AddConfigurableProducts(ctx, sandbox.DemoCart, products); err != nil {
			t.Fatal(err)
		}
		if cart, _ := one.Cart(sandbox.DemoCart); len(cart.Lines) != 4 {
			t.Errorf("the cart is %+v", cart)
		}
		if err := client.TransferFailed(ctx, sandbox.DemoOffer, "Brak towaru"); err != nil || len(one.Reasons()) != 1 {
			t.Errorf("TransferFailed: %v, %v", err, one.Reasons())
		}
		for feed, want := range map[integration.Feed]int{integration.OfferFeed: 3, integration.RFQFeed: 1, integration.OrderFeed: 3} {
			if events, err := read(client, feed, 1); err != nil || len(events) != want || events[0].ID == "" {
				t.Errorf("the feed of %s: %+v, %v", feed, events, err)
			}
		}
		if events, err := read(client, integration.OfferFeed, 1, "CREATED"); err != nil || len(events) != 1 {
			t.Errorf("created offers: %+v, %v", events, err)
		}

		webhook := newWebhook()
		bridge := serve(t, answers(http.StatusAccepted, ""))
		webhook.Callback = bridge.URL
		made, err := client.CreateWebhook(ctx, webhook)
		if err != nil || made.ID == "" {
			t.Fatalf("CreateWebhook: %+v, %v", made, err)
		}
		if err := client.SetWebhookStatus(ctx, made.ID, integration.Inactive, integration.Credentials{User: "one", Password: secret.New(webhookPassword)}); err != nil {
			t.Error(err)
		}
		if err := client.TestWebhook(ctx, made.ID); err != nil {
			t.Error(err)
		}
		if got := bridge.all(); len(got) != 1 || got[0].method != http.MethodPost || !strings.HasPrefix(got[0].header.Get("Authorization"), "Basic ") {
			t.Errorf("the webhook's address got %+v", got)
		}
		count, paused := 0, 0
		for webhook, err := range client.Webhooks(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			count++
			if webhook.ID == made.ID && webhook.Status == integration.Inactive && webhook.User == "one" {
				paused++
			}
		}
		if count != 4 || paused != 1 {
			t.Errorf("%d webhooks, %d of them the paused one", count, paused)
		}
	}
}

// The sandbox does what it was asked for and closes the connection: the products are
// in the cart once, and the error says that nobody knows.
func TestSandboxActsAndDrops(t *testing.T) {
	one, client := fake(t, sandbox.Options{})
	one.Fail(sandbox.Any, sandbox.Trouble{ActThenDrop: true})
	cable := integration.Cable{ProductID: sandbox.DemoCable, Lengths: decimals("50"), Drum: sandbox.DemoDrum}
	products, err := cable.Products()
	if err != nil {
		t.Fatal(err)
	}
	err = client.AddConfigurableProducts(context.Background(), sandbox.DemoCart, products)
	checkFailure(t, "a dropped connection", err, integration.KindNetwork, integration.SendAgainUnknown)
	if cart, _ := one.Cart(sandbox.DemoCart); len(cart.Lines) != 2 {
		t.Errorf("%d lines are in the cart, want the cable and its drum, once", len(cart.Lines))
	}
	if got := len(one.Calls()); got != 1 {
		t.Errorf("%d calls arrived", got)
	}
}
