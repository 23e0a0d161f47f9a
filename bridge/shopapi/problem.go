package shopapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Problem is an answer that is no success, as application/problem+json
// (RFC 9457).
type Problem struct {
	Status int
	Type   string // URI
	Title  string
	Detail string
	Extra  map[string]any // members beside the usual ones
	Err    error          // for the log; may be nil
}

// The kinds of problems, by what follows "urn:octobridge:problem:".
const (
	kindUnauthorized    = "unauthorized"
	kindScope           = "missing-scope"
	kindBrowser         = "browser"
	kindMalformed       = "malformed"
	kindMediaType       = "media-type"
	kindTooLarge        = "too-large"
	kindInvalid         = "invalid"
	kindNotFound        = "not-found"
	kindReferenceTaken  = "reference-taken"
	kindTooLate         = "too-late"
	kindWholesaler      = "wholesaler-refused"
	kindUnreachable     = "wholesaler-unreachable"
	kindUnavailable     = "unavailable"
	problemTypePrefix   = "urn:octobridge:problem:"
	retryWhenNotKnown   = 5 * time.Second
	memberErrors        = "errors"
	memberSendAgain     = "safeToSendAgain"
	memberReference     = "reference"
	memberMissingScope  = "scope"
	sameAgainIsSafe     = "Whether the order was stored is not known. Send the same order again: its reference makes that safe."
	changeSomethingElse = "Change what the errors name and send it again."
)

// problem makes the error that a handler returns.
func (a *api) problem(status int, kind, title, detail string, err error, extra map[string]any) error {
	return a.options.Problem(Problem{Status: status, Type: problemTypePrefix + kind, Title: title, Detail: detail, Extra: extra, Err: err})
}

func (a *api) invalid(faults []Fault) error {
	return a.problem(http.StatusUnprocessableEntity, kindInvalid, "The request is invalid", changeSomethingElse, nil,
		map[string]any{memberErrors: faults, memberSendAgain: SendAgainNo})
}

func (a *api) malformed(err error) error {
	return a.problem(http.StatusBadRequest, kindMalformed, "The request cannot be read", "It cannot be read: "+err.Error()+".", nil,
		map[string]any{memberSendAgain: SendAgainNo})
}

func (a *api) notFound(what string) error {
	return a.problem(http.StatusNotFound, kindNotFound, "Not found", what, nil, nil)
}

// failure answers what an interface failed with.
func (a *api) failure(c *fiber.Ctx, err error, otherwise SendAgain) error {
	var invalid *InvalidError
	var upstream *UpstreamError
	switch {
	case errors.As(err, &invalid):
		return a.invalid(invalid.Faults)
	case errors.Is(err, ErrNotFound):
		return a.notFound("There is nothing under this reference or number.")
	case errors.Is(err, ErrTooLate):
		return a.problem(http.StatusConflict, kindTooLate, "It is too late", "The order was sent to the wholesaler and cannot be cancelled here any more: ask the wholesaler.", nil,
			map[string]any{memberSendAgain: SendAgainNo})
	case errors.As(err, &upstream) && upstream.Refused:
		return a.problem(http.StatusBadGateway, kindWholesaler, "The wholesaler refused", "The wholesaler refused what was asked; the operator finds its words in the log by the request id.", err,
			map[string]any{memberSendAgain: upstream.SendAgain})
	case errors.As(err, &upstream):
		retryAfter(c, upstream.RetryAfter)
		return a.problem(http.StatusServiceUnavailable, kindUnreachable, "The wholesaler cannot be reached", "The wholesaler does not answer now; wait as long as Retry-After says.", err,
			map[string]any{memberSendAgain: upstream.SendAgain})
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		retryAfter(c, 0)
		return a.problem(http.StatusServiceUnavailable, kindUnavailable, "No answer in time", "The answer took too long, or the service is stopping; wait as long as Retry-After says.", err,
			map[string]any{memberSendAgain: otherwise})
	}
	retryAfter(c, 0)
	return a.problem(http.StatusServiceUnavailable, kindUnavailable, "The service cannot answer now", "Something failed here; wait as long as Retry-After says. The operator finds it in the log by the request id.", err,
		map[string]any{memberSendAgain: otherwise})
}

func retryAfter(c *fiber.Ctx, wait time.Duration) {
	if wait <= 0 {
		wait = retryWhenNotKnown
	}
	c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
}
