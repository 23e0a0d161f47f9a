package integration

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// onceTransport sends a request once. Without GetBody, net/http does not send one
// with a body again on its own, over another connection (HTTP/1.1) or after a
// refused stream (HTTP/2).
type onceTransport struct{ next http.RoundTripper }

// RoundTrip sends the request.
func (t onceTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	once := request.WithContext(request.Context())
	once.GetBody = nil
	return t.next.RoundTrip(once)
}

// journey is how far a request came.
type journey struct{ asked, connected atomic.Bool }

func (j *journey) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { j.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { j.connected.Store(true) },
	})
}

// unsent says whether it is certain that nothing was sent: there was no connection.
// net/http's own transport tells of every one; one of Config.Transport is only known
// to tell of them where it told that one was asked for.
func (j *journey) unsent(tells bool) bool { return (tells || j.asked.Load()) && !j.connected.Load() }

// pause waits, or ends early with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errTooLarge is the cause when an answer is over the limit.
var errTooLarge = errors.New("the answer is larger than is read")

// readCapped reads at most limit bytes; more is errTooLarge. What had come stands
// beside either error. size is the announced size, -1 when unknown.
func readCapped(r io.Reader, limit, size int64) ([]byte, error) {
	if size > limit {
		return nil, errTooLarge
	}
	var content bytes.Buffer
	content.Grow(int(min(max(size, 0), 64<<10)) + bytes.MinRead)
	n, err := content.ReadFrom(io.LimitReader(r, limit+1))
	if n > limit {
		return content.Bytes()[:limit], errTooLarge
	}
	return content.Bytes(), err
}
