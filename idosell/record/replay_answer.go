package record

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// answer is a response with a recorded body, which ends with a failure where the
// recorded one did.
func answer(request *http.Request, status int, header http.Header, body []byte, failure error) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	response := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: request,
	}
	if failure != nil {
		response.Body, response.ContentLength = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{failure})), -1
	}
	return response
}

// RecordedFailure is the error of a call that got no answer when it was recorded.
type RecordedFailure struct {
	Gate    string // "Orders/get"
	Failure string // of Exchange: "timeout", "network"
}

// Error says which call failed, and how.
func (e *RecordedFailure) Error() string {
	if e.Timeout() {
		return e.Gate + " got no answer in time when it was recorded"
	}
	return e.Gate + " got no answer when it was recorded: no connection, or it broke"
}

// Timeout says whether the answer did not come in time (net.Error).
func (e *RecordedFailure) Timeout() bool { return e.Failure == "timeout" }

// Temporary says no; net.Error wants it.
func (e *RecordedFailure) Temporary() bool { return false }

// Unwrap returns context.DeadlineExceeded for a time-out, as net/http's errors do.
func (e *RecordedFailure) Unwrap() error {
	if e.Timeout() {
		return context.DeadlineExceeded
	}
	return io.ErrUnexpectedEOF
}
