package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Operation is a call of the integration API.
type Operation string

// The operations.
const (
	Any             Operation = "" // for Fail: every one of them
	GetOffer        Operation = "offer"
	GetProduct      Operation = "product"
	AddToCart       Operation = "add-configurable-products"
	TransferFailed  Operation = "transfer-failed"
	AttachmentURL   Operation = "attachment-url"
	AttachmentFile  Operation = "attachment-file" // the file itself, outside /api/v1
	ListWebhooks    Operation = "list-webhooks"
	ListTypes       Operation = "list-webhook-types"
	CreateWebhook   Operation = "create-webhook"
	GetWebhook      Operation = "webhook"
	UpdateWebhook   Operation = "update-webhook"
	DeleteWebhook   Operation = "delete-webhook"
	TestWebhook     Operation = "test-webhook"
	SyncOffers      Operation = "sync-offers"
	SyncRFQs        Operation = "sync-rfqs"
	SyncOrders      Operation = "sync-orders"
	unknownAddress  Operation = "unknown"
	forbiddenMethod Operation = "method-not-allowed"
)

// maxCalls is how many calls are remembered.
const maxCalls = 10_000

// Trouble is how calls go wrong. Its parts come in this order: Slow, Hang, Status;
// what is left of the call is done then, and its answer spoilt by one of
// ActThenDrop, CutShort and Garbage.
type Trouble struct {
	Slow        time.Duration // the call waits so long first
	Hang        bool          // it is answered with nothing, until Mend or Close; nothing is done
	Status      int           // it is refused with this status; nothing is done
	ActThenDrop bool          // it is done, and the connection closed without a word
	CutShort    bool          // it is done, and the connection closed in the middle of the answer
	Garbage     bool          // it is done, and answered 200 with a page that is no JSON
	Times       int           // so many calls; 0: all until Mend
}

// standing is a trouble that is in force.
type standing struct {
	Trouble
	left  int             // calls; below zero: all
	over  context.Context // done with Mend, or when another takes its place
	ended context.CancelFunc
}

// Fail makes calls of an operation go wrong, or of all (Any) that have no trouble of
// their own. It takes the place of the operation's trouble of before.
func (s *Server) Fail(operation Operation, trouble Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.troubles[operation]; before != nil {
		before.ended()
	}
	t := &standing{Trouble: trouble, left: trouble.Times}
	if t.left == 0 {
		t.left = -1
	}
	t.over, t.ended = context.WithCancel(s.closed)
	s.troubles[operation] = t
}

// Mend ends all troubles, and lets go of the calls that hang.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.troubles {
		t.ended()
	}
	clear(s.troubles)
}

// Call is a call that came, whatever became of it. It holds no secret: the API has
// none in its addresses.
type Call struct {
	Method    string
	Path      string // below the prefix, percent-encoded as it came
	Query     string
	Operation Operation // "unknown" and "method-not-allowed" are no operations of ONe's
}

// Calls returns the calls that came, oldest first, ten thousand at most.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// begin notes a call and returns the trouble that it is to have: nil for none.
func (s *Server) begin(call Call) *standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == maxCalls {
		s.calls = slices.Delete(s.calls, 0, maxCalls/10)
	}
	s.calls = append(s.calls, call)
	for _, operation := range []Operation{call.Operation, Any} {
		t := s.troubles[operation]
		if t == nil || t.left == 0 {
			continue
		}
		if t.left > 0 {
			t.left--
		}
		return t
	}
	return nil
}

// with answers a call by act, but for the trouble that it has.
func (s *Server) with(c *fiber.Ctx, call Call, act func() error) error {
	t := s.begin(call)
	if t == nil {
		return act()
	}
	if t.Slow > 0 && !s.wait(t.over, t.Slow) {
		return drop(c, nil)
	}
	if t.Hang {
		<-t.over.Done()
		return drop(c, nil)
	}
	if t.Status != 0 {
		return s.refuse(c, t.Status, "the sandbox was told to fail")
	}
	if err := act(); err != nil {
		return err
	}
	switch {
	case t.ActThenDrop:
		return drop(c, nil)
	case t.CutShort:
		return drop(c, half(c))
	case t.Garbage:
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		return c.Status(fiber.StatusOK).SendString("<html><body>Przerwa techniczna</body></html>")
	}
	return nil
}

// wait waits, and says false when the sandbox was closed, or the trouble is over,
// before the time.
func (s *Server) wait(over context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over.Done():
		return false
	}
}

// half returns the first half of an answer as it would go over the wire, with the
// length of the whole.
func half(c *fiber.Ctx) []byte {
	body := c.Response().Body()
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %s\r\n\r\n",
		c.Response().StatusCode(), http.StatusText(c.Response().StatusCode()), c.Response().Header.ContentType(), strconv.Itoa(len(body)+1))
	return append([]byte(head), body[:len(body)/2]...)
}

// drop writes some bytes and closes the connection, instead of an answer.
func drop(c *fiber.Ctx, first []byte) error {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(connection net.Conn) {
		_, _ = connection.Write(first)
		_ = connection.Close()
	})
	return nil
}
