package storefront

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// maxReference is how long an order's reference may be, in bytes.
const maxReference = 100

var (
	checkoutTemplate = parse("checkout.html")
	successTemplate  = parse("success.html")
)

// checkoutBody is what the checkout has.
type checkoutBody struct {
	Cart     *cartBody
	Delivery Delivery
	Filled   Checkout
	// Wrong names the text that says what is wrong with a field, by its name.
	Wrong map[string]string
}

func (s *shop) checkout(v *visit) error {
	cart, delivery, err := s.order(v)
	if err != nil {
		return s.fail(v, err)
	}
	if elsewhere := v.elsewhere(cart); elsewhere != "" {
		return s.seeOther(v, elsewhere)
	}
	p := s.newPage(v, checkoutTemplate, CheckoutPath)
	return s.answer(v, p.fill(cart, delivery, Checkout{Key: p.Key, Email: delivery.Email, Address: delivery.Address}, nil))
}

// order returns what is to be ordered and how it can be delivered.
func (s *shop) order(v *visit) (Cart, Delivery, error) {
	cart, err := s.options.Visitors.Cart(v.ctx, v.request)
	if err != nil {
		return Cart{}, Delivery{}, err
	}
	delivery, err := s.options.Visitors.Delivery(v.ctx, v.request)
	return cart, delivery, err
}

// elsewhere returns the address to go to where a cart cannot be ordered here, and
// "" where it can.
func (v *visit) elsewhere(cart Cart) string {
	here := withLang(CartPath, nil, v.view.lang)
	switch {
	case len(cart.Lines) == 0:
		return telling(here, NoticeCartEmpty, "")
	case cart.Checkout != "":
		return here // the cart's page leads to the right checkout
	}
	return ""
}

// fill puts the form of the checkout on the page.
func (p *page) fill(cart Cart, delivery Delivery, filled Checkout, wrong map[string]string) *page {
	// What is usual is chosen where nothing else was.
	if filled.Courier == "" && len(delivery.Couriers) > 0 && wrong == nil {
		filled.Courier = delivery.Couriers[0].ID
	}
	if filled.Address.Country == "" && len(delivery.Countries) > 0 {
		filled.Address.Country = delivery.Countries[0].Code
	}
	p.Title = p.tongue.text(table["checkout"])
	p.Body = &checkoutBody{Cart: p.cartBody(cart), Delivery: delivery, Filled: filled, Wrong: wrong}
	return p
}

// placeOrder takes the form of the checkout. Where something has to be put right,
// the form comes again with what was entered, and with the same key: an order that
// was placed after all is not placed twice.
func (s *shop) placeOrder(v *visit) error {
	if !isKey(v.form.Get("key")) {
		return s.refuse(v, fiber.StatusBadRequest)
	}
	cart, delivery, err := s.order(v)
	if err != nil {
		return s.fail(v, err)
	}
	filled, wrong := readCheckout(v.form, delivery)
	again := func(status int, notice Notice) error {
		p := s.newPage(v, checkoutTemplate, CheckoutPath)
		p.tell(notice, "")
		return s.answerWith(v, p.fill(cart, delivery, filled, wrong), status)
	}
	elsewhere := v.elsewhere(cart)
	switch {
	case cart.Checkout != "", elsewhere != "" && len(wrong) > 0:
		return s.seeOther(v, elsewhere)
	case len(wrong) > 0:
		return again(fiber.StatusUnprocessableEntity, "")
	}
	// An empty cart is no reason to stop: the same form may have been sent before,
	// and who sent it twice is to see the order.
	reference, err := s.options.Visitors.PlaceOrder(v.ctx, v.request, filled)
	refused, isRefused := errors.AsType[*Refused](err)
	outage, isOutage := errors.AsType[*Unavailable](err)
	switch {
	case err == nil:
		return s.seeOther(v, withLang(SuccessPath, map[string][]string{"order": {reference}}, v.view.lang))
	case elsewhere != "":
		return s.seeOther(v, elsewhere)
	case isRefused:
		setCookies(v.c, refused.Cookies)
		return again(fiber.StatusConflict, refused.Notice)
	case isOutage:
		s.options.OnError(v.c.UserContext(), err)
		setRetryAfter(v.c, outage)
		return again(fiber.StatusServiceUnavailable, NoticeUnavailable)
	case errors.Is(err, context.DeadlineExceeded):
		s.options.OnError(v.c.UserContext(), err)
		setRetryAfter(v.c, nil)
		return again(fiber.StatusServiceUnavailable, NoticeUnknown)
	}
	return s.fail(v, err)
}

// success says thanks for the order that ?order= names.
func (s *shop) success(v *visit) error {
	reference := strings.Clone(v.c.Query("order"))
	if reference == "" || len(reference) > maxReference || !utf8.ValidString(reference) || strings.ContainsFunc(reference, unicode.IsControl) {
		return s.refuse(v, fiber.StatusNotFound)
	}
	placed, err := s.options.Visitors.Placed(v.ctx, v.request, reference)
	if err != nil {
		return s.fail(v, err)
	}
	if placed == nil {
		return s.refuse(v, fiber.StatusNotFound)
	}
	p := s.newPage(v, successTemplate, withLang(SuccessPath, map[string][]string{"order": {reference}}, ""))
	p.Title, p.Body = p.tongue.text(table["thanks"]), placed
	p.scripts = []string{placed.SaleNotification}
	return s.answer(v, p)
}
