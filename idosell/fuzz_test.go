package idosell_test

import (
	"strings"
	"testing"

	"octobridge/idosell"
)

// FuzzAnswer throws anything at the SOAP decoder: no panic, and what is read
// stays within what was sent.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(listed("<resultsNumberAll>1</resultsNumberAll>", orderItem)))
	f.Add([]byte(fault(2, "Brak")))
	f.Add([]byte(envelope(`<products SOAP-ENC:arrayType="ns1:p[0]"/>`)))
	f.Add([]byte(envelope(`<products href="#a"/><x id="a"><item href="#a"/></x>`)))
	f.Add([]byte(envelope(`<item><key>products</key><value><item><key>1</key><value><productId>1</productId></value></item></value></item>`)))
	f.Add([]byte("\xef\xbb\xbf" + envelope("")))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Add([]byte(`<?xml version="1.0" encoding="ISO-8859-2"?><Envelope><Body><r><p><results>` + "\xb3" + `</results></p></r></Body></Envelope>`))
	f.Add([]byte(`<Envelope><Body><Fault><faultcode>Server</faultcode></Fault></Body></Envelope>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		orders, err := idosell.DecodeOrders(body)
		if err == nil && len(orders) > len(body) {
			t.Errorf("%d orders of %d bytes", len(orders), len(body))
		}
		basket, err := idosell.DecodeBasket(body)
		if err == nil && len(basket.Lines) > len(body)*4+16 {
			t.Errorf("%d lines of %d bytes", len(basket.Lines), len(body))
		}
		idosell.DecodeFault(body)
		idosell.ParseWSDL(body)
	})
}

// FuzzGates throws anything at the reader of override files.
func FuzzGates(f *testing.F) {
	f.Add(override)
	f.Add("get-orders: {names: {params.ids: [a, b]}}")
	f.Add("*: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := idosell.ReadGates(strings.NewReader(text))
		if err == nil && len(table.Operations()) != len(idosell.DefaultGates().Operations()) {
			t.Error("an override changed which operations there are")
		}
	})
}

// FuzzParseDecimal looks for numbers that are read as something else.
func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{"1", "-1,5", "1 299,90", "1.234,56", "1e9"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := idosell.ParseDecimal(text)
		if err != nil {
			return
		}
		again, err := idosell.ParseDecimal(d.String())
		if err != nil || !again.Equal(d) {
			t.Errorf("%q is read as %s, which is read as %s, %v", text, d, again, err)
		}
	})
}
