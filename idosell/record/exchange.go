package record

import (
	"net/http"
	"time"

	"octobridge/idosell"
)

// Exchange is one call to CustomerAPI, or to a gate's WSDL, and its answer. What is
// read from a folder is redacted; what a Recorder holds before it redacts never
// leaves memory.
type Exchange struct {
	Gate      string            // "Orders", as the address has it; empty: it could not be found out
	Method    string            // "get"
	Version   int               // of the address; -1: it does not say
	Operation idosell.Operation // of the gate table that was recorded with; empty: the table has no such gate
	WSDL      bool              // the gate's WSDL was asked for
	At        time.Time         // when it was sent, UTC
	Took      time.Duration     // until the whole answer was there
	Status    int               // of HTTP; 0: there was no answer, see Failure
	Failure   string            // "timeout", "network": what came in place of an answer
	Header    http.Header       // of the answer: Content-Type, Date, Retry-After alone
	Request   []byte            // SOAP; empty for a WSDL
	Answer    []byte            // as it came, redacted; SOAP, or whatever stood in its place
}

// Name is the gate's name as people know it: "Orders/get".
func (e *Exchange) Name() string { return e.Gate + "/" + e.Method }
