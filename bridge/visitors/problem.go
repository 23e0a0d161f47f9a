package visitors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"
)

// Why is the reason of a change that was declined. It is the code that a form's
// page gets as ?notice=, too.
type Why string

// The reasons of a Declined.
const (
	WhySoldOut    Why = "sold-out"    // nothing can be had
	WhyChooseSize Why = "choose-size" // the id is a product's whose size must be chosen
	WhyQuantity   Why = "quantity"    // no multiple of the step, below the minimum, or above the largest
	WhyFull       Why = "full"        // there are as many lines as there may be
	WhyGone       Why = "gone"        // no such goods are sold
	WhyElsewhere  Why = "elsewhere"   // the wholesaler's page has to be used
	WhyUnknown    Why = "unknown"     // whether it happened is not known: look before it is sent again
	WhyBusy       Why = "busy"        // the same request is still being worked on
)

// Declined is the error of a change that was not made (but for WhyUnknown: that
// was maybe not made). Errors of other types are failures.
type Declined struct {
	Why Why
	ID  string // of the shop, that was asked for; "" where it is about all of it
	// Step, Minimum and Largest are what the quantity must keep to, with WhyQuantity.
	Step, Minimum, Largest decimal.Decimal
	// Page is where to go instead: the product's with WhyChooseSize, the
	// wholesaler's basket with WhyElsewhere; "" where none is known.
	Page string
	// Harmless says that it may be sent again although it has happened, maybe.
	Harmless bool
	Err      error // the cause; may be nil
}

// Error says what happened.
func (d *Declined) Error() string {
	if d.Err == nil {
		return "a change of a visitor's was declined: " + string(d.Why)
	}
	return fmt.Sprintf("a change of a visitor's was declined (%s): %v", d.Why, d.Err)
}

// Unwrap returns the cause.
func (d *Declined) Unwrap() error { return d.Err }

// What pages are told beside the reasons of a Declined; see bridge/storefront.
const (
	noticeParameter = "notice"
	leftParameter   = "left"

	noticeAdded       = "added"
	noticeLimited     = "limited"
	noticeUnconfirmed = "unconfirmed"
	noticeSignedIn    = "signed-in"
	noticeSignedOut   = "signed-out"
	noticeRefused     = "refused"
	noticeTryLater    = "try-later"
	noticeInvalid     = "invalid"
)

// The kinds of problems, by what follows "urn:octobridge:problem:", beside the
// reasons of a Declined.
const (
	problemTypePrefix = "urn:octobridge:problem:"

	kindOrigin      = "origin"
	kindMethod      = "method"
	kindMalformed   = "malformed"
	kindMediaType   = "media-type"
	kindTooLarge    = "too-large"
	kindInvalid     = "invalid"
	kindNotFound    = "not-found"
	kindNotAccepted = "not-accepted"
	kindAttempts    = "too-many-attempts"
	kindChanged     = "visitor-changed"
	kindUnavailable = "unavailable"
)

// The member that says whether a request may be sent again without the risk that
// it takes effect twice, as in the shop's API.
const (
	memberSendAgain = "safeToSendAgain"

	againYes     = "yes"
	againNo      = "no"
	againUnknown = "unknown"
)

const (
	retryWhenNotKnown = 5 * time.Second
	retryWhenBusy     = time.Second
)

// failure is an answer that is no success.
type failure struct {
	problem Problem
	notice  string        // for a form's page
	retry   time.Duration // Retry-After; 0: none
}

// Error returns the problem's sentence.
func (f *failure) Error() string { return f.problem.Detail }

func newFailure(status int, kind, title, detail, notice, again string) *failure {
	return &failure{notice: notice, problem: Problem{
		Status: status, Type: problemTypePrefix + kind, Title: title, Detail: detail, Extra: map[string]any{memberSendAgain: again},
	}}
}

func (f *failure) with(name string, value any) *failure {
	f.problem.Extra[name] = value
	return f
}

func (f *failure) because(err error) *failure {
	f.problem.Err = err
	return f
}

func (f *failure) after(wait time.Duration) *failure {
	f.retry = wait
	return f
}

func notAccepted() *failure {
	return newFailure(http.StatusUnauthorized, kindNotAccepted, "Not accepted", ErrRefused.Error(), noticeRefused, againNo)
}

// failureOf makes an answer of an error.
func failureOf(err error) *failure {
	if known, is := errors.AsType[*failure](err); is {
		return known
	}
	if declined, is := errors.AsType[*Declined](err); is {
		return declined.failure()
	}
	if wrong, is := errors.AsType[wrongInput](err); is {
		return newFailure(http.StatusUnprocessableEntity, kindInvalid, "The request is invalid", wrong.Error(), noticeInvalid, againNo)
	}
	switch {
	case errors.Is(err, errMalformed):
		return newFailure(http.StatusBadRequest, kindMalformed, "The request cannot be read", "The body must be a JSON object or a form, in UTF-8, and the query percent-encoded.", noticeInvalid, againNo)
	case errors.Is(err, errMediaType):
		return newFailure(http.StatusUnsupportedMediaType, kindMediaType, "Not JSON and no form", "Send application/json or application/x-www-form-urlencoded, in UTF-8 and not compressed.", noticeInvalid, againNo)
	case errors.Is(err, ErrRefused):
		return notAccepted()
	case errors.Is(err, ErrFull):
		return (&Declined{Why: WhyFull}).failure()
	case errors.Is(err, ErrGone):
		return newFailure(http.StatusConflict, kindChanged, "The visitor has changed", "The visitor has signed in or out meanwhile, and nothing was changed: load the page again.", noticeTryLater, againYes).because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newFailure(http.StatusServiceUnavailable, kindUnavailable, "No answer in time", "The answer took too long, or the service is stopping; look at the cart before you try again.", noticeTryLater, againUnknown).
			because(err).after(retryWhenNotKnown)
	}
	return newFailure(http.StatusServiceUnavailable, kindUnavailable, "The service cannot answer now", "Something failed, and nothing was changed; wait as long as Retry-After says.", noticeTryLater, againYes).
		because(err).after(retryWhenNotKnown)
}

// failure makes an answer of what was declined.
func (d *Declined) failure() *failure {
	f := d.words()
	f.problem.Err = d.Err
	if d.ID != "" {
		f.with("id", d.ID)
	}
	return f
}

func (d *Declined) words() *failure {
	kind := string(d.Why)
	switch d.Why {
	case WhySoldOut:
		return newFailure(http.StatusConflict, kind, "Sold out", "Nothing of it can be had at the moment.", kind, againNo)
	case WhyChooseSize:
		f := newFailure(http.StatusUnprocessableEntity, kind, "Choose a size", "This product comes in sizes: send the id of one of them.", kind, againNo)
		if d.Page != "" {
			f.with("productUrl", d.Page)
		}
		return f
	case WhyQuantity:
		f := newFailure(http.StatusUnprocessableEntity, kind, "Not in this quantity", "The quantity must be a multiple of step, at least minimum and at most maximum.", kind, againNo)
		return f.with("step", jsonNumber(d.Step)).with("minimum", jsonNumber(d.Minimum)).with("maximum", jsonNumber(d.Largest))
	case WhyFull:
		return newFailure(http.StatusConflict, kind, "The list is full", "There are as many lines as there may be: take one out first.", kind, againNo)
	case WhyGone:
		return newFailure(http.StatusNotFound, kindNotFound, "Not found", "No such product or size is sold here.", kind, againNo)
	case WhyElsewhere:
		f := newFailure(http.StatusConflict, kind, "On the wholesaler's page only", "The wholesaler lets the basket be changed on its own page only.", kind, againNo)
		if d.Page != "" {
			f.with("page", d.Page)
		}
		return f
	case WhyBusy:
		return newFailure(http.StatusConflict, kind, "Already being done", "The same request is still being worked on: look at the cart in a moment.", string(WhyUnknown), againYes).after(retryWhenBusy)
	}
	again := againUnknown
	if d.Harmless {
		again = againYes
	}
	return newFailure(http.StatusGatewayTimeout, string(WhyUnknown), "Whether it happened is not known", "The wholesaler did not say whether it happened: look at the cart before you try again.", string(WhyUnknown), again)
}

// problem makes the error that the listener answers with.
func (s *Service) problem(p Problem) error {
	if s.options.Problem != nil {
		return s.options.Problem(p)
	}
	return fiber.NewError(p.Status, p.Detail)
}
