package bridge

import (
	"encoding/json"
	"errors"
	"net/http"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// OperatorError is what the operator API answers in place of a document, as
// application/problem+json.
type OperatorError struct {
	Status    int
	Code      string // for programs: "order-not-found", "reference-taken", …; may be empty
	Field     string // JSON path of what is wrong with an order: "products[0].quantity"
	Detail    string // a sentence: what happened and what to do
	SendAgain string // yes, no, unknown; empty: not said

	err error
}

// Error returns the sentence.
func (e *OperatorError) Error() string { return e.Detail }

// Unwrap returns the cause; nil at the client's.
func (e *OperatorError) Unwrap() error { return e.err }

// OperatorRefusal is the error of a part that does not do what it was asked, for
// a reason that whoever asked can mend.
type OperatorRefusal struct{ Sentence string }

// Error returns the sentence.
func (e *OperatorRefusal) Error() string { return e.Sentence }

// operatorProblem is how an OperatorError travels (RFC 9457).
type operatorProblem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      string `json:"code,omitempty"`
	Field     string `json:"field,omitempty"`
	SendAgain string `json:"safeToSendAgain,omitempty"`
}

// refusals are the answers to errors of the parts.
var refusals = []struct {
	err    error
	status int
	code   string
}{
	{orders.ErrNotFound, http.StatusNotFound, "order-not-found"},
	{orders.ErrReferenceTaken, http.StatusConflict, "reference-taken"},
	{orders.ErrTooLate, http.StatusConflict, "too-late"},
	{orders.ErrNotUnknown, http.StatusConflict, "nothing-to-settle"},
	{orders.ErrNotRetryable, http.StatusConflict, "not-retryable"},
	{ErrNotThere, http.StatusNotFound, "not-found"},
	{ErrFeedBusy, http.StatusConflict, "feed-busy"},
	{ErrNothingHeld, http.StatusConflict, "nothing-held"},
}

// operatorError returns what to answer to an error.
func operatorError(err error) *OperatorError {
	if known, ok := errors.AsType[*OperatorError](err); ok {
		return known
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			return &OperatorError{Status: refusal.status, Code: refusal.code, Detail: err.Error(), SendAgain: "no", err: err}
		}
	}
	if invalid, ok := errors.AsType[*orders.InvalidError](err); ok {
		return &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid-order", Field: invalid.Field, Detail: invalid.Error(), SendAgain: "no", err: err}
	}
	if refusal, ok := errors.AsType[*OperatorRefusal](err); ok {
		return &OperatorError{Status: http.StatusConflict, Code: "refused", Detail: refusal.Sentence, SendAgain: "no", err: err}
	}
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		return &OperatorError{Status: http.StatusBadGateway, Code: "wholesaler-failed", Detail: "the wholesaler did not do it: " + failure.Error(), SendAgain: string(failure.SendAgain), err: err}
	}
	return &OperatorError{Status: http.StatusInternalServerError, Code: "failed", Detail: "the service could not do it: " + err.Error(), err: err}
}

// refuse answers an error. What the service itself is to blame for is logged.
func (o *operatorAPI) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer := operatorError(err)
	if answer.Status == http.StatusInternalServerError && r.Context().Err() == nil {
		o.Logger.ErrorContext(r.Context(), "an operator could not be answered", "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(answer.Status)
	_ = json.NewEncoder(w).Encode(operatorProblem{ // whoever asked is gone
		Type: "about:blank", Title: http.StatusText(answer.Status), Status: answer.Status, Detail: answer.Detail,
		Code: answer.Code, Field: answer.Field, SendAgain: answer.SendAgain,
	})
}
