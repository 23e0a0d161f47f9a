package platform

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// ScriptPath is where Mount serves the script.
const ScriptPath = "/oct8ne/snippet.js"

// ScriptOptions are what the script knows of the shop.
type ScriptOptions struct {
	// Widget holds what is the same on every page, with Locale and CurrencyCode as
	// defaults. Its CurrentProduct is not used: pages say theirs. Without a License,
	// a Server or a StaticServer the script says so on the browser's console, and shows
	// nothing.
	Widget Widget
}

//go:embed script.js
var scriptSource string

// settingsMark stands in script.js for what is put in from ScriptOptions.
const settingsMark = "/* settings */ {}"

// Script returns the JavaScript that a shop's pages include with one tag (see Tag)
// in place of Widget.HTML. It is strict ES5 and needs no other script.
//
// The tag's attributes data-product-id, data-product-thumbnail, data-locale and
// data-currency say what the page shows; without data-locale the lang of <html>
// counts, and then the default. Included twice, the second one does nothing; beside
// the script of Widget.HTML it makes no second widget.
//
// It offers octobridge.update(what), which calls oct8ne.update(what) as soon as
// oct8ne is there ("cart", "wishlist", "user"; for 5 s, then it is dropped), and
// octobridge.product(id, thumbnail) for pages that change the product without being
// loaded again. oct8ne's callbacks dispatch EventAddedToCart and
// EventAddedToWishList.
func Script(options ScriptOptions) []byte {
	w := options.Widget.filled()
	settings, _ := json.Marshal(struct { // cannot fail: there are only strings
		License            string `json:"license"`
		Server             string `json:"server"`
		StaticServer       string `json:"staticServer"`
		BaseURL            string `json:"baseUrl"`
		CheckoutURL        string `json:"checkoutUrl"`
		LoginURL           string `json:"loginUrl"`
		CheckoutSuccessURL string `json:"checkoutSuccessUrl"`
		Locale             string `json:"locale"`
		CurrencyCode       string `json:"currencyCode"`
		APIVersion         string `json:"apiVersion"`
		AddToCartHTTPVerb  string `json:"addToCartHttpVerb"`
		AddedToCart        string `json:"addedToCart"`
		AddedToWishList    string `json:"addedToWishList"`
	}{
		w.License, w.Server, w.StaticServer, w.BaseURL, w.CheckoutURL, w.LoginURL, w.CheckoutSuccessURL,
		w.Locale, w.CurrencyCode, APIVersion, w.AddToCartHTTPVerb, EventAddedToCart, EventAddedToWishList,
	})
	return []byte(strings.Replace(scriptSource, settingsMark, string(settings), 1))
}

// Tag is the element that includes the script.
type Tag struct {
	PublicURL    string   // of the bridge, without a slash at its end
	Product      *Product // of the page; nil: it is no product's
	Locale       string   // of the page; "": that of <html lang>, else the default
	CurrencyCode string   // of the page; "": the default
}

// HTML returns the element. No value can break out of it.
func (t Tag) HTML() string {
	var b strings.Builder
	attribute := func(name, value string) {
		b.WriteString(" " + name + `="` + html.EscapeString(strings.ToValidUTF8(value, "\uFFFD")) + `"`)
	}
	b.WriteString("<script")
	attribute("src", strings.TrimRight(t.PublicURL, "/")+ScriptPath)
	if t.Product != nil {
		attribute("data-product-id", t.Product.ID)
		if t.Product.Thumbnail != "" {
			attribute("data-product-thumbnail", t.Product.Thumbnail)
		}
	}
	if t.Locale != "" {
		attribute("data-locale", t.Locale)
	}
	if t.CurrencyCode != "" {
		attribute("data-currency", t.CurrencyCode)
	}
	b.WriteString(" async></script>\n")
	return b.String()
}

// Mount serves GET and HEAD /oct8ne/snippet.js. Browsers and proxies keep it for
// five minutes and ask again with its ETag. It holds nothing of a visitor, so every
// page of the web may load it.
func Mount(router fiber.Router, options ScriptOptions) {
	script := Script(options)
	sum := sha256.Sum256(script)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	router.Get(ScriptPath, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/javascript; charset=utf-8")
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		c.Set(fiber.HeaderETag, tag)
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		c.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if known(c.Get(fiber.HeaderIfNoneMatch), tag) {
			c.Status(http.StatusNotModified)
			return nil
		}
		return c.Send(script)
	})
}

// known says whether an If-None-Match header names a tag.
func known(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/") // a proxy that compresses makes it weak
		return part == tag || part == "*"
	})
}
