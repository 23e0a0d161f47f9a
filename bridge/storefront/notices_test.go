package storefront_test

import (
	"context"
	"strings"
	"testing"

	"octobridge/bridge/storefront"
)

func contextDeadline() error { return context.DeadlineExceeded }

// every notice there is.
var everyNotice = []storefront.Notice{
	storefront.NoticeAdded, storefront.NoticeLimited, storefront.NoticeUnconfirmed, storefront.NoticeSoldOut, storefront.NoticeChooseSize,
	storefront.NoticeQuantity, storefront.NoticeFull, storefront.NoticeGone, storefront.NoticeChanged, storefront.NoticeRemoved,
	storefront.NoticeEmptied, storefront.NoticeElsewhere, storefront.NoticeUnknown, storefront.NoticeBusy, storefront.NoticeInvalid,
	storefront.NoticeWished, storefront.NoticeUnwished, storefront.NoticeSignedIn, storefront.NoticeSignedOut, storefront.NoticeRefused,
	storefront.NoticeTryLater, storefront.NoticeCartEmpty, storefront.NoticeNotPlaced, storefront.NoticeUnavailable,
}

// Each notice is told in both languages, once, on a page that no cache keeps.
func TestNotices(t *testing.T) {
	s := peopled(t, crowd())
	said := map[string]storefront.Notice{}
	for _, notice := range everyNotice {
		for _, lang := range []string{"pl", "en"} {
			answer := s.send("GET", "/shop/product/1101?lang="+lang+"&notice="+string(notice))
			told := one(t, parsed(t, answer.body), "div", "told")
			got := text(all(told, "p", "")[0])
			if len(got) < 10 || said[got] != "" {
				t.Errorf("%s in %s says %q, as %s does", notice, lang, got, said[got])
			}
			said[got] = notice
			if caching := answer.Header.Get("Cache-Control"); caching != "private, no-store" {
				t.Errorf("%s: Cache-Control %q", notice, caching)
			}
			if role := attribute(told, "role"); role != "status" && role != "alert" {
				t.Errorf("%s has the role %q", notice, role)
			}
		}
	}
	for query, want := range map[string]string{
		"notice=limited&left=3":    "Only 3 left: that is what is in your cart now.",
		"notice=limited&left=2.5":  "Only 2.5 left: that is what is in your cart now.",
		"notice=limited&left=<b>x": "There are not that many: your cart holds what can be had.",
		"notice=limited&left=":     "There are not that many: your cart holds what can be had.",
	} {
		if got := text(all(one(t, s.page("/shop/?lang=en&"+query), "div", "told"), "p", "")[0]); got != want {
			t.Errorf("%s says %q, want %q", query, got, want)
		}
	}
	if got, want := text(all(one(t, s.page("/shop/?lang=pl&notice=limited&left=2.5"), "div", "told"), "p", "")[0]), "Zostało tylko 2,5: tyle jest teraz w koszyku."; got != want {
		t.Errorf("in Polish it says %q, want %q", got, want)
	}
	for _, query := range []string{"notice=zebra", "notice=", "notice=%3Cb%3Ezebra", "notice=ADDED", "left=3"} {
		answer := s.send("GET", "/shop/?"+query)
		if answer.StatusCode != 200 || len(all(parsed(t, answer.body), "div", "told")) != 0 || strings.Contains(answer.body, "zebra") {
			t.Errorf("%s: status %d, and something is told", query, answer.StatusCode)
		}
		if got := answer.Header.Get("Cache-Control"); got != "public, max-age=30" {
			t.Errorf("%s: Cache-Control %q", query, got)
		}
	}
	// Where it happened leads on.
	if got := links(one(t, s.page("/shop/product/1101?lang=en&notice=added"), "div", "told"))["Go to the cart"]; got != "/shop/cart?lang=en" {
		t.Errorf("added leads to %q", got)
	}
}

// The notices of the page's script are the same texts.
func TestScriptKnowsTheNotices(t *testing.T) {
	root := peopled(t, crowd()).page("/shop/?lang=en")
	codes := map[string]bool{}
	for _, template := range all(root, "template", "") {
		codes[attribute(template, "data-code")] = true
	}
	for _, code := range []string{"added", "limited", "only", "unconfirmed", "sold-out", "choose-size", "quantity", "full", "gone", "elsewhere", "unknown", "busy", "invalid", "wished", "unavailable", "to-cart", "to-wish-list", "dismiss"} {
		if !codes[code] {
			t.Errorf("the script has no text for %s", code)
		}
	}
}
