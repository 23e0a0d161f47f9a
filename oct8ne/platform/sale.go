package platform

import (
	"html"
	"net/url"
	"strings"
)

// SaleNotification tells oct8ne that an order was placed, so that it can say which
// chats end with a sale (oct8ne API 2.4, "Session notification with order placed").
// Only License is required; what is "" is left out.
type SaleNotification struct {
	StaticServer string // host of oct8ne's scripts; see Widget
	License      string // licence id of the account
	CurrencyCode string // ISO 4217
	Locale       string // "pl-PL"
	Value        string // total of the order, formatted: "589,32 €"
	Reference    string // the order's, in the shop
	CustomerID   string // the customer's, in the shop
	ContextInfo  string // anything else, such as a JSON object with keys and values
}

// HTML returns the script for the page that is shown when an order was placed. The
// document gives its id twice, differently; oct8ne-sale-notification is that of its
// note and its example. No value can break out of it.
func (s SaleNotification) HTML() string {
	return `<script id="oct8ne-sale-notification" type="text/javascript" src="` + html.EscapeString(s.URL()) + `"></script>` + "\n"
}

// URL returns the address of the script alone.
func (s SaleNotification) URL() string {
	var address strings.Builder
	address.WriteString("https://" + withSlash(s.StaticServer) + "api/source/js/ext/sale-notification.js?license=" + parameter(s.License))
	for _, p := range []struct{ name, value string }{
		{"currencyCode", s.CurrencyCode}, {"locale", s.Locale}, {"value", s.Value},
		{"reference", s.Reference}, {"customerId", s.CustomerID}, {"contextInfo", s.ContextInfo},
	} {
		if p.value != "" {
			address.WriteString("&" + p.name + "=" + parameter(p.value))
		}
	}
	return address.String()
}

// parameter returns a value for a query, with %20 for a space: the document's
// example has no +, and a script may not take it for one.
func parameter(value string) string {
	return strings.ReplaceAll(url.QueryEscape(strings.ToValidUTF8(value, "\uFFFD")), "+", "%20")
}
