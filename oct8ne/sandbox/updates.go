package sandbox

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Update is one call of /platformConnection/update (API 2.4, "Real-time update of
// the oct8ne widget"). A call with wrong parameters is none.
type Update struct {
	Visitor string    `json:"visitor"` // value of the cookie oct8ne-visitor
	What    string    `json:"what"`    // cart, wishlist or user
	At      time.Time `json:"at"`
	// Status is what the call was answered with: 204, a status of Fail's, or 0
	// for one that hung. The panel hears of those with 204 alone.
	Status int `json:"status"`
}

// numbered is an update with its place among all updates and notes that ever came,
// from 1.
type numbered struct {
	Update
	number uint64
}

const (
	maxUpdates = 10_000           // that are kept, the newest
	maxWaiting = 200              // panels that wait at a time
	longest    = 20 * time.Second // a panel's wait; below what servers give a whole answer
)

// Updates returns the updates that came, the oldest first: the newest 10,000 at
// most, and none from before they were forgotten.
func (s *Server) Updates() []Update {
	updates, _ := s.listed()
	return updates
}

// listed returns the updates, and what is closed when there are others.
func (s *Server) listed() ([]Update, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	updates := make([]Update, len(s.updates))
	for i, update := range s.updates {
		updates[i] = update.Update
	}
	return updates, s.changed
}

// Wait returns nil as soon as enough says so of the updates that came, or an error
// when ctx ends before. It asks again each time that an update comes.
func (s *Server) Wait(ctx context.Context, enough func([]Update) bool) error {
	for {
		updates, changed := s.listed()
		if enough(updates) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("oct8ne's sandbox has got %d updates, which are not those waited for: %w", len(updates), context.Cause(ctx))
		}
	}
}

// note keeps an update and wakes who waits.
func (s *Server) note(update Update) {
	s.mu.Lock()
	s.last++
	s.updates = append(s.updates, numbered{update, s.last})
	if len(s.updates) > maxUpdates {
		s.updates = slices.Clone(s.updates[len(s.updates)-maxUpdates:])
	}
	s.wake()
	s.mu.Unlock()
	s.log.Debug("oct8ne's sandbox got an update", "what", update.What, "status", update.Status)
}

// wake tells who waits that the updates are others; s.mu is held.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) listUpdates(c *fiber.Ctx) error {
	return answerJSON(c, http.StatusOK, s.Updates())
}

func (s *Server) forgetUpdates(c *fiber.Ctx) error {
	s.mu.Lock()
	s.updates = nil
	s.wake()
	s.mu.Unlock()
	return c.SendStatus(http.StatusNoContent)
}

// event is an update as its panel is told of it.
type event struct {
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

// news is what came for a visitor, the oldest first.
type news struct {
	After   uint64  `json:"after"` // the newest number
	Updates []event `json:"updates"`
	Notes   []Note  `json:"notes"`
}

// events answers what came for a visitor after a number, as soon as something did,
// at the latest after wait (seconds, 20 at most and by default). Without after,
// or with one that this server never gave, it answers the newest number at once.
// The visitor's random id is what a page must know to ask; cookies do not count,
// so any origin may.
func (s *Server) events(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	visitor := strings.Clone(c.Query("visitor"))
	after, errAfter := number(c.Query("after"))
	wait, errWait := waitOf(c.Query("wait"))
	if !visitorID(visitor) || errAfter != nil || errWait != nil {
		return complain(c, http.StatusBadRequest, "visitor must be the value of the cookie oct8ne-visitor; after and wait must be whole numbers, if given.")
	}
	if c.Query("after") == "" {
		found, _ := s.since(visitor, math.MaxUint64)
		return answerJSON(c, http.StatusOK, found)
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > maxWaiting {
		c.Set(fiber.HeaderRetryAfter, "5")
		return complain(c, http.StatusTooManyRequests, "Too many panels are waiting. Close some.")
	}
	found := s.await(c.UserContext(), visitor, after, wait)
	if s.closed.Err() != nil {
		c.Set(fiber.HeaderRetryAfter, "5")
		return complain(c, http.StatusServiceUnavailable, "oct8ne's sandbox is stopping.")
	}
	return answerJSON(c, http.StatusOK, found)
}

// waitOf reads how long a panel wants to wait, in seconds.
func waitOf(written string) (time.Duration, error) {
	if written == "" {
		return longest, nil
	}
	seconds, err := number(written)
	return time.Duration(min(seconds, uint64(longest/time.Second))) * time.Second, err
}

// number reads a whole number; "" is 0.
func number(written string) (uint64, error) {
	if written == "" {
		return 0, nil
	}
	return strconv.ParseUint(written, 10, 53) // a page's numbers hold no more
}

// await returns what came for a visitor after a number. It waits for something to
// come, no longer than wait.
func (s *Server) await(ctx context.Context, visitor string, after uint64, wait time.Duration) news {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		found, changed := s.since(visitor, after)
		if len(found.Updates)+len(found.Notes) > 0 || wait <= 0 || after > found.After {
			return found
		}
		select {
		case <-changed:
		case <-timeout.C:
			return found
		case <-ctx.Done():
			return found
		case <-s.closed.Done():
			return found
		}
	}
}

// since returns what came for a visitor after a number, and what is closed when
// there is more.
func (s *Server) since(visitor string, after uint64) (_ news, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []event{}
	for _, update := range slices.Backward(s.updates) {
		if update.number <= after {
			break
		}
		if update.Visitor == visitor && update.Status == http.StatusNoContent {
			found = append(found, event{update.What, update.At})
		}
	}
	slices.Reverse(found)
	return news{After: s.last, Updates: found, Notes: s.notesSince(visitor, after)}, s.changed
}
