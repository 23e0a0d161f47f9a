package integration

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Operation is a call of the integration API, as logs and errors name it.
type Operation string

// The operations.
const (
	OpOffer          Operation = "read offer"
	OpProduct        Operation = "read product"
	OpAddProducts    Operation = "add configurable products"
	OpTransferFailed Operation = "report failed transfer"
	OpAttachment     Operation = "download attachment"
	OpWebhooks       Operation = "list webhooks"
	OpWebhook        Operation = "read webhook"
	OpCreateWebhook  Operation = "create webhook"
	OpWebhookStatus  Operation = "change webhook"
	OpTestWebhook    Operation = "test webhook"
	OpSync           Operation = "read synchronisation feed"
)

// Kind says what sort of failure an Error is.
type Kind string

// The kinds of failure.
const (
	KindLogin      Kind = "login"      // 401 or 403: the key or the tenant is wrong, or may not do this
	KindNotFound   Kind = "not-found"  // 404 or 410
	KindRefused    Kind = "refused"    // another 4xx: ONe will not do this
	KindHTTP       Kind = "http"       // any other HTTP status that is no success
	KindUnreadable Kind = "unreadable" // an answer that is no JSON, is cut short, or is not what was asked for
	KindTooLarge   Kind = "too-large"  // an answer over the limit
	KindNetwork    Kind = "network"    // no connection, or it broke
	KindTimeout    Kind = "timeout"    // no answer in time
	KindCanceled   Kind = "canceled"   // the caller gave up, or the client was closed
	KindRequest    Kind = "request"    // the request cannot be sent as it is; nothing was sent
)

// SendAgain says whether the failed call may be sent again without the risk that
// it happens twice.
type SendAgain string

// The three answers. For calls that only read it is never Unknown.
const (
	SendAgainYes     SendAgain = "yes"     // it did not happen, and sending it again may help
	SendAgainNo      SendAgain = "no"      // it was refused or cannot work as it is: change something first
	SendAgainUnknown SendAgain = "unknown" // it may have happened: Error.Advice says what to look at
)

// Error is the failure of one call of the integration API. It holds no secrets,
// and of the request nothing but what ONe repeats of it.
type Error struct {
	Operation  Operation
	Kind       Kind
	Status     int    // HTTP status, 0 when there was no answer
	Text       string // ONe's words, for people; at most 300 characters; never to be matched on
	SendAgain  SendAgain
	Advice     string        // what an operator should do
	RetryAfter time.Duration // when to ask again, 0 when not known
	Err        error         // the cause, may be nil
}

// Error says which call failed, how, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ONe, %s: ", e.Operation)
	if e.Kind == KindHTTP || e.Kind == KindRefused {
		fmt.Fprintf(&b, "HTTP status %d", e.Status)
	} else {
		b.WriteString(kindWords[e.Kind])
	}
	if e.Text != "" {
		fmt.Fprintf(&b, " (%s)", e.Text)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Advice != "" {
		fmt.Fprintf(&b, ". %s", e.Advice)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var kindWords = map[Kind]string{
	KindLogin:      "login refused",
	KindNotFound:   "not found",
	KindUnreadable: "the answer cannot be read",
	KindTooLarge:   "too large",
	KindNetwork:    "no connection",
	KindTimeout:    "no answer in time",
	KindCanceled:   "cancelled",
	KindRequest:    "not sent",
}

// ErrClosed is the cause of the error of a call on a closed Client.
var ErrClosed = errors.New("the client is closed")

// MaySendAgain says whether the failed call behind err may be sent again. A
// *LengthError is no: nothing was sent, and it cannot be sent as it is. An error
// that is not from this package counts as unknown.
func MaySendAgain(err error) SendAgain {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.SendAgain
	}
	if _, ok := errors.AsType[*LengthError](err); ok {
		return SendAgainNo
	}
	return SendAgainUnknown
}
