package one

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"octobridge/bridge/store"
)

// The bounds of what waits for the database.
const (
	batchEvents    = 256      // of one transaction
	waitingEvents  = 4096     // besides those that are just being stored
	waitingBytes   = 64 << 20 // of their bodies
	maxContentType = 200      // characters of a content type
	storeWithin    = 10 * time.Second
	tellEvery      = time.Minute // a failure of the database is logged no more often
)

// errUnanswered is what those get whose leader went away, by a panic, before their
// events were stored.
var errUnanswered = errors.New("storing the events stopped half way")

// Receive stores an event: it is on disk when this returns nil. An equal event
// within Options.SameWithin, one of the same kind with the same ids, is not stored
// again but counted; flagged ones are equal when their bodies are. An opened offer
// without an offer's id equals no other: ONe promises the customer's id alone, and
// two of them may be of two offers.
//
// Events that come together share a transaction. After an error the event may be
// sent again; where ctx has ended it may have been stored, and is then found to be
// the same. ErrTooLarge; ErrFlood; store.ErrFull. Body is not kept: it may be
// used again at once.
func (s *Service) Receive(ctx context.Context, kind Kind, contentType string, body []byte) error {
	switch kind {
	case CartOpened, ClientLogged, OfferOpened:
	default:
		return fmt.Errorf("%q is none of ONe's events that are taken: it is cart-opened, client-logged or offer-opened", kind)
	}
	if len(body) > MaxBody {
		return ErrTooLarge
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store an event of ONe's: %w", err)
	}
	if err := s.intake.join(ctx, s.arrival(kind, contentType, body)); err != nil {
		return fmt.Errorf("store an event of ONe's: %w", err)
	}
	return nil
}

// arrival is an event whose caller waits until it is stored.
type arrival struct {
	event     Event
	key       *key          // nil: it equals no other
	appointed bool          // its caller is to lead; under the intake's mutex
	lead      chan struct{} // closed when its caller is to lead
	done      chan error    // what became of it, once
	answered  bool          // done was told; the leader's
}

// key is by what an event is the same as another.
type key = [sha256.Size]byte

// arrival reads an event. It keeps nothing of what it is given.
func (s *Service) arrival(kind Kind, contentType string, body []byte) *arrival {
	a := &arrival{lead: make(chan struct{}), done: make(chan error, 1)}
	e := &a.event
	e.Kind, e.ReceivedAt = kind, s.now()
	e.ContentType = storable(contentType)
	e.Body = append([]byte{}, body...) // never nil: the column is never NULL
	e.Customer, e.Cart, e.Offer, e.Flag = ids(contentType, body)
	if e.Kind != OfferOpened || e.Offer != "" || e.Flag != FlagNone {
		k := e.key()
		a.key = &k
	}
	return a
}

// key returns what an event has in common with those that are the same. Each part
// is preceded by its length, so that no two events are written alike.
func (e *Event) key() key {
	parts := []string{string(e.Kind), "ids", e.Customer, e.Cart, e.Offer}
	if e.Flag != FlagNone {
		parts = []string{string(e.Kind), "body", string(e.Body)}
	}
	hash := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return key(hash.Sum(nil))
}

// storable is a text of a stranger's that both databases take. It is a copy: the
// text is in a buffer of Fiber's, which is used again once its caller has left, and an
// event that is just being stored stays behind then.
func storable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxContentType {
		text = string(runes[:maxContentType])
	}
	return strings.Clone(text)
}

// intake stores events that come together in one transaction, as each commit waits
// for the disk. It has no goroutine of its own: of the callers that wait, one
// leads. It stores the first of them, its own event among these, and appoints the
// next leader.
type intake struct {
	service *Service
	gate    gate

	mutex   sync.Mutex
	waiting []*arrival // as they came
	bytes   int        // of their bodies
	led     bool       // somebody leads, or is appointed

	failures failures // the leader's
}

func (i *intake) open(s *Service) {
	i.service = s
	i.gate = newGate(s.options.Credentials)
}

// join waits until an event is stored, and leads when it is its turn.
func (i *intake) join(ctx context.Context, a *arrival) error {
	i.mutex.Lock()
	if len(i.waiting) >= waitingEvents || i.bytes+len(a.event.Body) > waitingBytes {
		i.mutex.Unlock()
		i.service.options.Observe(a.event.Kind, "flood")
		return ErrFlood
	}
	i.waiting = append(i.waiting, a)
	i.bytes += len(a.event.Body)
	if !i.led {
		i.appoint()
	}
	i.mutex.Unlock()

	select {
	case err := <-a.done:
		return err
	case <-a.lead:
		i.storeSome(context.WithoutCancel(ctx)) // the others' events, too
		return <-a.done
	case <-ctx.Done():
		i.leave(a)
		return ctx.Err()
	}
}

// appoint makes the first of those who wait the leader. Under the mutex.
func (i *intake) appoint() {
	i.led = len(i.waiting) > 0
	if i.led {
		first := i.waiting[0]
		first.appointed = true
		close(first.lead)
	}
}

// leave takes an event back whose caller does not wait any more, unless it is being
// stored.
func (i *intake) leave(a *arrival) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	at := slices.Index(i.waiting, a)
	if at < 0 {
		return
	}
	i.waiting = slices.Delete(i.waiting, at, at+1)
	i.bytes -= len(a.event.Body)
	if a.appointed {
		i.appoint()
	}
}

// batch takes the first of those who wait, up to one that equals an earlier one and
// is not the same, for having come too much later.
func (i *intake) batch() []*arrival {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	first := map[key]time.Time{}
	n := 0
	for ; n < min(len(i.waiting), batchEvents); n++ {
		a := i.waiting[n]
		if a.key != nil {
			if at, known := first[*a.key]; !known {
				first[*a.key] = a.event.ReceivedAt
			} else if a.event.ReceivedAt.Sub(at).Abs() >= i.service.options.SameWithin {
				break
			}
		}
		i.bytes -= len(a.event.Body)
	}
	batch := slices.Clone(i.waiting[:n])
	i.waiting = slices.Delete(i.waiting, 0, n)
	return batch
}

// storeSome is a leader's work: it stores some events, tells their callers, and
// appoints the next leader, whatever happens.
func (i *intake) storeSome(ctx context.Context) {
	batch := i.batch()
	defer func() {
		for _, a := range batch { // of a panic
			a.answer(errUnanswered)
		}
		i.mutex.Lock()
		defer i.mutex.Unlock()
		i.appoint()
	}()
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err := i.commit(ctx, batch)
	failed := 0
	for _, a := range batch {
		alone := err
		if err != nil && len(batch) > 1 {
			// One event that the database does not take must not fail the others. Where
			// it is not known whether all were stored, their keys tell; an opened offer
			// without an id may be there twice then.
			alone = i.commit(ctx, []*arrival{a})
		}
		if alone != nil {
			failed++
		}
		a.answer(alone)
	}
	i.tell(ctx, err, failed)
}

// answer tells a caller what became of its event; a second call does nothing.
func (a *arrival) answer(err error) {
	if !a.answered {
		a.answered = true
		a.done <- err
	}
}

// failures are counted between two lines of the log.
type failures struct {
	toldAt time.Time
	since  int
}

// tell logs that events could not be stored, once in a while: when the database
// does not answer, hundreds of them come in a second.
func (i *intake) tell(ctx context.Context, err error, failed int) {
	if failed == 0 {
		return
	}
	now := i.service.now()
	i.failures.since += failed
	if !i.failures.toldAt.IsZero() && now.Sub(i.failures.toldAt).Abs() < tellEvery {
		return
	}
	i.service.logger.ErrorContext(ctx, "events of ONe's could not be stored; their senders were told so",
		"events", i.failures.since, "error", err, "full", errors.Is(err, store.ErrFull))
	i.failures = failures{toldAt: now}
}
