// Package storefront serves the demonstration's shop: pages below /shop/, with the
// products that the bridge shows oct8ne, a cart, a wish list, signing in and a
// checkout. The pages need no JavaScript; where there is some, it spares going to
// another page. They load nothing but their own files, the products' pictures and
// oct8ne's widget.
package storefront

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// The addresses of the pages, on the host that they are mounted on. A product's
// stands below ProductPrefix, with its id.
const (
	Prefix        = "/shop/"
	ProductPrefix = Prefix + "product/"
	CartPath      = Prefix + "cart"
	WishListPath  = Prefix + "wishlist"
	SignInPath    = Prefix + "sign-in"
	AccountPath   = Prefix + "account"
	CheckoutPath  = Prefix + "checkout"
	SuccessPath   = CheckoutPath + "/success" // with ?order=, the reference
)

const (
	pageSize    = 20 // products on a page of the list
	mostRelated = 6

	defaultTimeout = 15 * time.Second
	// defaultRetry is when to come back after an outage of unknown length.
	defaultRetry = 30 * time.Second
)

// Options say what the pages show. Products is required.
type Options struct {
	Products Products
	// Visitors have carts. Nil: the pages show products, and nothing can be bought.
	Visitors Visitors
	// Cookie is the name of the visitors' cookie. A page for a request without it
	// is a guest's with nothing, and may be cached for everybody. Empty: every page
	// is made for who asks.
	Cookie string
	// MayAct says whether the page that a request comes from may change something
	// for the visitor, by the headers Origin, Referer, Sec-Fetch-Site and Host.
	// Nil: none may.
	MayAct func(origin, referer, secFetchSite, host string) bool
	// DemoCustomer is the name of the customer whom Visitors.SignInDemo signs in,
	// with one button. Empty: customers sign in with a login and a password, at
	// /visitor/login.
	DemoCustomer string

	// SnippetURL is the address of the script that brings oct8ne's widget to every
	// page, "/oct8ne/snippet.js" or an absolute one. Empty: no page has a widget.
	SnippetURL string
	Currency   string // ISO 4217, for the widget; "" for the widget's default
	// Scripts are further origins that the widget's scripts, styles, frames, pictures
	// and data come from, "https://static-eu.oct8ne.com"; Pictures those that
	// pictures come from of products that are not on the page itself. What is no
	// origin is left out.
	Scripts  []string
	Pictures []string

	Timeout time.Duration // for everything that a page asks of Products and Visitors; 15 seconds when 0

	// OnError is told why a page, or a part of it, could not be made, or a change
	// not be done. Visitors are told only that it could not. May be nil.
	OnError func(ctx context.Context, err error)
}

// Mount serves the pages on a router:
//
//	GET  /shop/                   products; ?q= searches, ?sort=, ?page=, ?f.<param>= filters
//	GET  /shop/product/:id        one product
//	GET  /shop/cart               POST changes it
//	GET  /shop/wishlist           POST changes it
//	GET  /shop/sign-in            POST signs the demonstration's customer in
//	GET  /shop/account            of who is signed in
//	GET  /shop/checkout           POST places the order
//	GET  /shop/checkout/success   ?order=, right after that
//	GET  /shop/style.css          shop.js, and icon.svg
//
// All but the first two and the files are there with Options.Visitors only. Every
// page takes ?lang=pl and ?lang=en; without it Accept-Language decides, and Polish
// is the default. HEAD works as GET does. A POST takes a form
// (application/x-www-form-urlencoded) and answers 303, or the page again where
// something has to be put right. An unknown product and any other address below
// /shop/ are a page with status 404, a query or a form that makes no sense one with
// 400, a change from a page that may not act one with 403, an outage one with 503
// and Retry-After. No page repeats what it refuses.
func Mount(router fiber.Router, options Options) {
	s := &shop{options: options}
	if s.options.Timeout <= 0 {
		s.options.Timeout = defaultTimeout
	}
	if s.options.OnError == nil {
		s.options.OnError = func(context.Context, error) {}
	}
	s.policy = s.options.policy()
	router.Get(Prefix, s.visited(s.list))
	router.Get(ProductPrefix+":id", s.visited(s.product))
	if s.options.Visitors != nil {
		router.Get(CartPath, s.personal(s.cart))
		router.Post(CartPath, s.changing(s.changeCart))
		router.Get(WishListPath, s.personal(s.wishList))
		router.Post(WishListPath, s.changing(s.changeWishList))
		router.Get(SignInPath, s.personal(s.signIn))
		router.Post(SignInPath, s.changing(s.signInDemo))
		router.Get(AccountPath, s.personal(s.account))
		router.Get(CheckoutPath, s.personal(s.checkout))
		router.Post(CheckoutPath, s.changing(s.placeOrder))
		router.Get(SuccessPath, s.personal(s.success))
	}
	router.Get(Prefix+"style.css", serve(styleSheet, "text/css; charset=utf-8"))
	router.Get(Prefix+"shop.js", serve(script, "text/javascript; charset=utf-8"))
	router.Get(Prefix+"icon.svg", serve(icon, "image/svg+xml"))
	router.Get(Prefix+"*", s.visited(func(v *visit) error { return s.refuse(v, fiber.StatusNotFound) }))
}

type shop struct {
	options Options
	policy  policy
}
