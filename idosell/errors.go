package idosell

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of failure an Error is.
type Kind string

// The kinds of failure.
const (
	KindLogin      Kind = "login"      // fault 1: wrong login or password, or a session that is refused even when new
	KindFault      Kind = "fault"      // the gate answered with a fault code
	KindSOAPFault  Kind = "soap-fault" // <SOAP-ENV:Fault>
	KindHTTP       Kind = "http"       // an HTTP status without a readable answer
	KindUnreadable Kind = "unreadable" // an answer that is no SOAP, is cut short, or has values that cannot be read
	KindTooLarge   Kind = "too-large"  // an answer or a request over the limit
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
	SendAgainUnknown SendAgain = "unknown" // it may have happened: find out before sending it again
)

// Error is the failure of one CustomerAPI call. It holds no secrets and nothing
// of the request.
type Error struct {
	Operation  Operation
	Gate       string // "Orders/get"
	Kind       Kind
	Code       int    // fault code, 0 when there is none
	Status     int    // HTTP status, 0 when there was no answer
	Text       string // the wholesaler's words, for people; never to be matched on
	SendAgain  SendAgain
	Advice     string        // what an operator should do
	RetryAfter time.Duration // when to ask again, 0 when not known
	Err        error         // the cause, may be nil
}

// Error says which gate failed, how, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", e.Gate)
	switch {
	case e.Code != 0:
		fmt.Fprintf(&b, "fault %d", e.Code)
	case e.Kind == KindHTTP:
		fmt.Fprintf(&b, "HTTP status %d", e.Status)
	default:
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
	KindFault:      "fault",
	KindSOAPFault:  "SOAP fault",
	KindUnreadable: "the answer cannot be read",
	KindTooLarge:   "too large",
	KindNetwork:    "no connection",
	KindTimeout:    "no answer in time",
	KindCanceled:   "cancelled",
	KindRequest:    "not sent",
}

// ErrGateMissing is the error of an optional operation that the wholesaler's
// CustomerAPI does not have. Nothing was sent.
var ErrGateMissing = errors.New("the wholesaler's CustomerAPI does not have this gate")

// ErrClosed is the error of a call on a closed Client.
var ErrClosed = errors.New("the client is closed")

// MaySendAgain says whether the failed call behind err may be sent again. An
// error that is not from this package counts as unknown.
func MaySendAgain(err error) SendAgain {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.SendAgain
	}
	if errors.Is(err, ErrGateMissing) {
		return SendAgainNo
	}
	return SendAgainUnknown
}

// ImportError is the error of an ImportBasket that was sent in several calls of
// which a later one failed, or of which some lines were refused.
type ImportError struct {
	Imported int   // lines that the wholesaler confirmed
	Err      error // the failure that ended it
}

// Error says how many lines went in before the failure.
func (e *ImportError) Error() string {
	return fmt.Sprintf("%d lines are in the basket, then: %v", e.Imported, e.Err)
}

// Unwrap returns the failure that ended the import.
func (e *ImportError) Unwrap() error { return e.Err }

// Fault is a fault code with its text, as one item of an answer carries it.
// The zero Fault means success.
type Fault struct {
	Code int
	Text string // for people; never to be matched on
}

// OK says whether there is no fault.
func (f Fault) OK() bool { return f.Code == 0 }

// The fault codes of Error.Code and Fault.Code (gates.md; an assumption but for
// 0, success, and 1). Others occur.
const (
	FaultLogin           = 1 // any gate: the session is gone, or the key is wrong
	FaultNothing         = 2 // nothing found
	FaultParameter       = 3 // wrong parameter
	FaultDropshippingKey = 4 // dropshippingKey refused
	FaultNotAllowed      = 5
	FaultUnreadable      = -1 // ours: a fault code that is no number
)

func faultAdvice(code int) string {
	switch code {
	case FaultLogin:
		return "Check idosell.login and idosell.password, and that the account may use CustomerAPI"
	case FaultNothing:
		return "The wholesaler found nothing that matches"
	case FaultParameter:
		return "The wholesaler refuses a parameter: compare the gate table with its WSDL"
	case FaultDropshippingKey:
		return "Check idosell.dropshipping_key: the wholesaler shows it under Administration / Dropshipping and cross-docking"
	case FaultNotAllowed:
		return "The account is not allowed to do this: ask the wholesaler to switch it on"
	default:
		return "See the wholesaler's words, and its CustomerAPI documentation, for what this code means"
	}
}
