package integration_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"octobridge/bridge/one/integration"
)

// FuzzOffer throws anything at the reader of offers: no panic, every line once, no
// child that is not below its parent, and JSON that can be read again.
func FuzzOffer(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(`{"id":"o1",` + lines("a<b b<a c<a d<c e<e f<x a g<a") + `}`))
	f.Add([]byte(`{"id":"o1","productLines":[{"productLines":[{"id":"a"}]},{"id":1,"quantity":{"type":"ORDER_QUANTITY","value":"1e3"},"price":{"net":"-0.10"}}]}`))
	f.Add([]byte(`{"documentNumber":"O/1","currency":"pln","productLines":[{"id":"a","quantity":1e20,"netPrice":"9999999999999999999999999999999999999999","currency":{"code":"EUR"}}]}`))
	f.Add([]byte(`{"id":"o1",` + lines("a") + `,"split":{"slots":[{` + lines("a a b<a") + `}]}}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		offer, err := integration.ReadOffer(body, "o1")
		if err != nil {
			if offer != nil {
				t.Error("an error with an offer")
			}
			return
		}
		seen := map[*integration.Line]bool{}
		offer.Walk(func(line *integration.Line, depth int) {
			if seen[line] || depth >= 100 {
				t.Fatalf("the line %q comes twice, or at depth %d", line.ID, depth)
			}
			seen[line] = true
			for _, child := range line.Children {
				if child.ParentID != line.ID {
					t.Errorf("%q is below %q and names %q", child.ID, line.ID, child.ParentID)
				}
			}
		})
		if totals := offer.Totals(); totals.Lines != len(seen) || len(seen) > len(body) || len(offer.Warnings) > 20 {
			t.Errorf("%d lines, %d walked, %d warnings", totals.Lines, len(seen), len(offer.Warnings))
		}
		written, err := json.Marshal(offer)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, new(integration.Offer)); err != nil {
			t.Error(err)
		}
	})
}

// FuzzErrorAnswer throws anything at the reader of an error's words: they are short,
// on one line, and without the secret.
func FuzzErrorAnswer(f *testing.F) {
	f.Add([]byte(`{"message":"no","errors":[{"field":"a","defaultMessage":"b"}]}`), "hidden")
	f.Add([]byte("plain hid\nden"), "hid den")
	f.Add([]byte(`{"error":{"error":{"error":{"error":"deep"}}}}`), "deep")
	f.Add([]byte("\xff\u00ad\u2028"), "\xff")
	f.Fuzz(func(t *testing.T, body []byte, hidden string) {
		if len(hidden) < 4 || strings.Contains("[redacted][mail address]", hidden) {
			return
		}
		text := integration.ReadWords(body, func(text string) string { return strings.ReplaceAll(text, hidden, "*") })
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 301 || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("the words are %q", text)
		}
		if clean := strings.TrimSuffix(text, "…"); strings.Contains(clean, hidden) {
			t.Errorf("%q holds %q", text, hidden)
		}
	})
}

// FuzzPages throws anything at the readers of lists, feeds and products.
func FuzzPages(f *testing.F) {
	f.Add([]byte(`{"content":[{"webhookId":"w1","webhookType":{"name":"CartOpened"}}],"totalPages":1,"last":true}`), int64(1))
	f.Add([]byte(`[{"id":7}]`), int64(-1))
	f.Add([]byte(`{"nextId":"16","events":[{"offerId":"o1","orderId":1,"eventType":"A"}]}`), int64(15))
	f.Add([]byte(`{"nextId":-9223372036854775809,"events":[]}`), int64(1))
	f.Add([]byte(`{"sku":"YKY","orderInformation":{"quantityInterval":"0.5","quantityMin":1e3}}`), int64(1))
	f.Fuzz(func(t *testing.T, body []byte, start int64) {
		if webhooks, err := integration.ReadWebhooks(body); err == nil && len(webhooks) > len(body) {
			t.Errorf("%d webhooks of %d bytes", len(webhooks), len(body))
		}
		events, next, err := integration.ReadSync(body, start, "offerId")
		if err == nil && (next < start || len(events) > len(body)) {
			t.Errorf("%d events, from %d on to %d", len(events), start, next)
		}
		for _, event := range events {
			if event.Next != next {
				t.Errorf("an event leads to %d, the page to %d", event.Next, next)
			}
		}
		if product, err := integration.ReadProduct(body, "asked"); err == nil && (product.ID == "" || product.Step.IsNegative() || product.Minimum.IsNegative()) {
			t.Errorf("the product is %+v", product)
		}
	})
}
