package platform

import (
	"encoding/json"
	"fmt"
	"strings"
)

// APIVersion is the version of oct8ne's API that the adapter keeps to.
const APIVersion = "2.4"

// The events that oct8ne's callbacks become, on document, with the product's id in
// detail.productId.
const (
	EventAddedToCart     = "octobridge:added-to-cart"
	EventAddedToWishList = "octobridge:added-to-wish-list"
)

// Product is a product that a page shows.
type Product struct {
	ID        string // as the adapter knows it
	Thumbnail string // absolute address; may be ""
}

// Widget is what a page of the shop tells oct8ne's script (oct8ne API 2.4,
// "Inserting the oct8ne widget"). License, Server and BaseURL are required there,
// and so are Locale and CurrencyCode; nothing here checks it.
type Widget struct {
	License string // licence id of the account
	// Server is the host of oct8ne's server, and StaticServer that of its scripts,
	// as link up told them. A protocol before and a slash behind do not matter:
	// existing snippets have the slash, so that it is always written.
	Server, StaticServer string
	// BaseURL is the address of the shop's first page. oct8ne asks the adapter
	// below it.
	BaseURL            string
	LoginURL           string // BaseURL and /login when ""
	CheckoutURL        string // BaseURL and /checkout when ""
	CheckoutSuccessURL string // CheckoutURL and /success when ""
	Locale             string // "pl-PL"
	CurrencyCode       string // ISO 4217
	// AddToCartHTTPVerb is "GET" where addToCartUrl wants it so; "POST", oct8ne's
	// default, when "".
	AddToCartHTTPVerb string
	CurrentProduct    *Product // of the page; nil: it is no product's
}

// filled returns the widget with what follows from other properties.
func (w Widget) filled() Widget {
	w.BaseURL = strings.TrimRight(w.BaseURL, "/")
	if w.LoginURL == "" {
		w.LoginURL = w.BaseURL + "/login"
	}
	if w.CheckoutURL == "" {
		w.CheckoutURL = w.BaseURL + "/checkout"
	}
	if w.CheckoutSuccessURL == "" {
		w.CheckoutSuccessURL = strings.TrimRight(w.CheckoutURL, "/") + "/success"
	}
	w.Server, w.StaticServer = withSlash(w.Server), withSlash(w.StaticServer)
	if w.AddToCartHTTPVerb == "" {
		w.AddToCartHTTPVerb = "POST"
	}
	return w
}

// withSlash returns a host without a protocol, with the slash that oct8ne's scripts
// put paths behind.
func withSlash(host string) string {
	host, _ = hostTold(strings.TrimSpace(host))
	if host = strings.TrimRight(host, "/"); host == "" {
		return ""
	}
	return host + "/"
}

// HTML returns the script of the document with every property. Put it before
// </body>. No value can break out of it. oct8ne's callbacks dispatch EventAddedToCart
// and EventAddedToWishList.
func (w Widget) HTML() string {
	w = w.filled()
	var b strings.Builder
	b.WriteString(`<script type="text/javascript">
var oct8ne = document.createElement("script");
oct8ne.type = "text/javascript";
`)
	set := func(property, value string) { fmt.Fprintf(&b, "oct8ne.%s = %s;\n", property, quoted(value)) }
	set("server", w.Server)
	fmt.Fprintf(&b, `oct8ne.src = (document.location.protocol == "https:" ? "https://" : "http://") + %s + "api/v2/oct8ne.js?" + (Math.round(new Date().getTime() / 86400000));
oct8ne.async = true;
`, quoted(w.StaticServer))
	set("license", w.License)
	set("baseUrl", w.BaseURL)
	set("checkoutUrl", w.CheckoutURL)
	set("loginUrl", w.LoginURL)
	set("checkoutSuccessUrl", w.CheckoutSuccessURL)
	set("locale", w.Locale)
	set("currencyCode", w.CurrencyCode)
	set("apiVersion", APIVersion)
	set("addToCartHttpVerb", w.AddToCartHTTPVerb)
	if p := w.CurrentProduct; p != nil {
		fmt.Fprintf(&b, "oct8ne.currentProduct = { id: %s, thumbnail: %s };\n", quoted(p.ID), quoted(p.Thumbnail))
	}
	for _, callback := range []struct{ name, event string }{
		{"onProductAddedToCart", EventAddedToCart},
		{"onProductAddedToWishList", EventAddedToWishList},
	} {
		fmt.Fprintf(&b, `oct8ne.%s = function (productId) {
  document.dispatchEvent(new CustomEvent(%s, { detail: { productId: String(productId) } }));
};
`, callback.name, quoted(callback.event))
	}
	b.WriteString(`var s = document.getElementsByTagName("script")[0];
s.parentNode.insertBefore(oct8ne, s);
</script>
`)
	return b.String()
}

// quoted returns a text as a JavaScript literal that can stand in a script of a
// page: json.Marshal escapes <, >, &, U+2028 and U+2029, so that neither the script
// nor the line can end in it. What is no UTF-8 becomes U+FFFD.
func quoted(text string) string {
	literal, _ := json.Marshal(text) // cannot fail for a string
	return string(literal)
}
