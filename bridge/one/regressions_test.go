package one_test

import (
	"context"
	"sync"
	"testing"
	"unsafe"

	"octobridge/bridge/one"
)

// Fiber's header is in a buffer that the next request is read into. Whoever does not
// wait any longer for an event that another one stores gives the buffer back before it
// is stored: the content type was read from it afterwards, and was, in the worst case,
// the next request's credentials.
func TestTheContentTypeOfOneWhoDoesNotWaitIsACopy(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	// The events that come together fail together, and are stored one by one then.
	r.exec(`CREATE TRIGGER poison BEFORE INSERT ON one_events WHEN NEW.customer = 'org:13'
		BEGIN SELECT RAISE(ABORT, 'poisoned'); END`)
	buffer := []byte("application/json")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var all, left sync.WaitGroup
	stored := 0
	reached, free := make(chan struct{}), make(chan struct{})
	r.beforeCommit(func() { // one leads at a time
		switch stored++; stored {
		case 1:
			close(reached)
			<-free
		case 2: // the leader's own is about to be stored, and the impatient one's is next
			leave()
			left.Wait()
			copy(buffer, "Basic c2VjcmV0cw")
		}
	})
	send := func(customer int) {
		all.Go(func() { _ = r.Receive(t.Context(), one.CartOpened, "", []byte(cartBody(customer))) })
	}
	send(100)
	<-reached
	send(1)
	r.untilQueued(1)
	left.Go(func() {
		_ = r.Receive(ctx, one.CartOpened, unsafe.String(&buffer[0], len(buffer)), []byte(cartBody(2)))
	})
	r.untilQueued(2)
	send(13)
	r.untilQueued(3)
	close(free)
	all.Wait()
	wants(t, "events stored", r.number("SELECT count(*) FROM one_events"), 3)
	wants(t, "with the content type that it came with", r.number("SELECT count(*) FROM one_events WHERE content_type = 'application/json'"), 1)
}
