package one_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"octobridge/bridge/one"
	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
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

// A return that was only recorded, or given up, counted as heard of without saying
// what it meant. Replayed, it was compared with itself and became a login.
func TestAReplayedReturnIsAReturn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.work()

		w.advance(time.Hour)
		w.options.Rules = map[one.Kind]one.Rule{one.ClientLogged: one.RuleRecord}
		w.reopen()
		recorded := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		w.work()
		wants(t, "what the recorded one means", w.want(recorded, one.Recorded, "as the rule").Meaning, one.Return)
		w.options.Rules = nil
		w.reopen()

		w.advance(time.Hour)
		w.liveErr = errors.New("the database is away")
		failed := w.add(one.Event{Kind: one.ClientLogged, Customer: "org:9001"})
		for range 5 {
			w.work()
			w.advance(time.Minute)
		}
		wants(t, "what the failed one means", w.want(failed, one.Failed, "given up after 5 attempts").Meaning, one.Return)
		w.liveErr = nil

		for _, id := range []int64{recorded, failed} {
			if _, err := w.service.Replay(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		w.work()
		for _, id := range []int64{recorded, failed} {
			wants(t, "what the replayed one means", w.want(id, one.Done, "returned; ").Meaning, one.Return)
		}
	})
}

// An offer that the program did not get along with ended the process, with everything
// else that it serves, and did so again at each start, as its event still waited. It
// fails alone.
func TestAPanicWhileAnEventIsWorked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newStand(t, s)
		w.offers = func(_ context.Context, id string) (*integration.Offer, error) {
			if id == "words" {
				panic("the offer of Kowalski")
			}
			return &integration.Offer{ID: id[:len(id)-100]}, nil
		}
		ids := w.addAll(one.Event{Kind: one.OfferOpened, Customer: "org:1", Offer: "index"}, one.Event{Kind: one.OfferOpened, Customer: "org:2", Offer: "words"},
			one.Event{Kind: one.CartOpened, Customer: "org:3"}, one.Event{Kind: one.CartOpened, Customer: "org:1"})
		w.work()
		w.want(ids[0], one.Waiting, "fault of octobridge's")
		w.want(ids[1], one.Waiting, "fault of octobridge's")
		w.want(ids[2], one.Done, "")
		for range 4 {
			w.advance(time.Minute)
			w.work()
		}
		w.want(ids[0], one.Failed, "given up after 5 attempts: ")
		w.want(ids[1], one.Failed, "given up after 5 attempts: ")
		w.want(ids[3], one.Done, "")
		log := w.logged.String()
		for _, want := range []string{"slice bounds out of range", "regressions_test.go", "panic=string"} {
			if !strings.Contains(log, want) {
				t.Errorf("the log has no %q", want)
			}
		}
		if strings.Contains(log, "Kowalski") {
			t.Errorf("the log has somebody's name:\n%s", log)
		}
	})
}
