package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// Problem is an error with words for the client beside the cause for the log. A
// handler of the public app returns it to answer application/problem+json
// (RFC 9457). Any other error is answered with the words of its status alone,
// those of Fiber's errors included: they repeat what was asked.
type Problem struct {
	Status int    // 400 to 599
	Type   string // URI of the kind of problem; empty: "about:blank"
	Title  string // a few words; empty: the status's
	Detail string // a sentence: what happened and what to do. Never input
	Err    error  // the cause; may be nil
	// Extra are members beside the usual ones (RFC 9457, section 3.2), which
	// they do not replace.
	Extra map[string]any
}

// Error returns the cause, for the log.
func (p *Problem) Error() string {
	if p.Err == nil {
		return p.Detail
	}
	return p.Err.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// answer is what a client gets.
type answer struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	RequestID string `json:"requestId"`
}

// details are what to do about a status, where its name does not say.
var details = map[int]string{
	http.StatusBadRequest:                  "The request could not be understood.",
	http.StatusNotFound:                    "Nothing is served at this address.",
	http.StatusMethodNotAllowed:            "This address does not take this method.",
	http.StatusRequestTimeout:              "The request did not arrive in time; send it again.",
	http.StatusRequestEntityTooLarge:       "The body is larger than this service takes.",
	http.StatusTooManyRequests:             "Too many requests came from this address; wait as long as Retry-After says.",
	http.StatusRequestHeaderFieldsTooLarge: "The headers are larger than this service takes; cookies may have piled up.",
	http.StatusInternalServerError:         "Something went wrong here; the operator finds it in the log by the request id.",
	http.StatusServiceUnavailable:          "The service cannot answer now; try again later.",
}

// refuse answers an error. It is the app's error handler too, so it also gets
// what fasthttp refuses before any middleware has run.
func (s *Server) refuse(c *fiber.Ctx, err error) error {
	early := len(c.Response().Header.PeekBytes(headerRequestID)) == 0
	if early {
		setSecurityHeaders(c)
		s.setRequestID(c, false)
		if s.large != nil {
			if status := s.large.tooLarge(c); errors.Is(err, fiber.ErrRequestEntityTooLarge) {
				err = status
			}
		}
	}
	problem, meant := wordsFor(err)
	if problem.Status >= 500 && !isStatus(err) {
		s.logger.LogAttrs(s.requests, slog.LevelError, "a handler failed",
			slog.String("requestId", RequestID(c)), slog.Int("status", problem.Status), slog.Any("error", err))
	}
	if early {
		s.metrics.observe(c.Method(), nil, unmatched, problem.Status, 0)
	}
	body, err := problem.body(RequestID(c))
	if err != nil {
		return err
	}
	header := &c.Response().Header
	header.Set(fiber.HeaderCacheControl, "no-store")
	if !meant {
		header.Set(fiber.HeaderContentSecurityPolicy, ownPolicy)
	}
	c.Response().ResetBody()
	header.SetContentType("application/problem+json")
	return c.Status(problem.Status).Send(body)
}

// wordsFor completes what is said to the client, and says whether a handler
// chose it.
func wordsFor(err error) (Problem, bool) {
	var problem Problem
	var chosen *Problem
	var status *fiber.Error
	switch {
	case errors.As(err, &chosen):
		problem = *chosen
	case errors.As(err, &status):
		problem.Status = status.Code
	}
	if problem.Status < 400 || problem.Status > 599 {
		problem.Status = http.StatusInternalServerError
	}
	if problem.Type == "" {
		problem.Type = "about:blank"
	}
	if problem.Title == "" {
		problem.Title = http.StatusText(problem.Status)
	}
	if problem.Detail == "" {
		problem.Detail = details[problem.Status]
	}
	return problem, chosen != nil
}

// body is the document that a client gets.
func (p *Problem) body(requestID string) ([]byte, error) {
	usual := answer{Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, RequestID: requestID}
	if len(p.Extra) == 0 {
		return json.Marshal(usual)
	}
	members := maps.Clone(p.Extra)
	members["type"], members["title"], members["status"], members["requestId"] = usual.Type, usual.Title, usual.Status, usual.RequestID
	if delete(members, "detail"); usual.Detail != "" {
		members["detail"] = usual.Detail
	}
	return json.Marshal(members)
}

// isStatus says whether an error is only a status, with no cause to log.
func isStatus(err error) bool {
	_, is := err.(*fiber.Error) //nolint:errorlint // a wrapped one has a cause
	return is
}
