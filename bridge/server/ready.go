package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Check is something that the service needs to be ready.
type Check struct {
	Name string // one word, shown to operators
	// Func returns nil when all is well. It is called at most every few seconds,
	// while it fails a few times a second, never twice at once, and its context
	// ends after two seconds.
	Func func(context.Context) error
	// Note says what goes on, ready or not, "" for nothing to say; may be nil. It is
	// asked as Func is, and must not wait.
	Note func() string
}

const (
	checkFresh   = 5 * time.Second
	checkAgain   = 250 * time.Millisecond // after one that failed, so that what is ready is used at once
	checkTimeout = 2 * time.Second
)

// Status is what a check said.
type Status struct {
	Name  string    `json:"name"`
	Ready bool      `json:"ready"`
	Error string    `json:"error,omitempty"`
	Note  string    `json:"note,omitempty"`
	At    time.Time `json:"at"` // UTC
}

type readiness struct {
	checks []*cachedCheck
}

func newReadiness(life context.Context, checks []Check, now func() time.Time) *readiness {
	r := &readiness{}
	for _, check := range checks {
		r.checks = append(r.checks, &cachedCheck{Check: check, life: life, now: now})
	}
	return r
}

// statuses runs the checks side by side, those whose answer is not fresh.
func (r *readiness) statuses() (list []Status, ready bool) {
	list = make([]Status, len(r.checks))
	var all sync.WaitGroup
	for i, check := range r.checks {
		all.Go(func() { list[i] = check.status() })
	}
	all.Wait()
	ready = true
	for _, status := range list {
		ready = ready && status.Ready
	}
	return list, ready
}

// cachedCheck asks its check rarely, whoever asks it often.
type cachedCheck struct {
	Check
	life context.Context // of the server
	now  func() time.Time

	mutex   sync.Mutex
	last    Status
	running chan struct{} // closed when the running one is done; nil: none runs
}

var errSlow = errors.New("the check did not answer in time")

func (c *cachedCheck) status() Status {
	c.mutex.Lock()
	if c.running == nil {
		fresh := checkFresh
		if !c.last.Ready {
			fresh = checkAgain
		}
		if !c.last.At.IsZero() && c.now().Sub(c.last.At) < fresh {
			defer c.mutex.Unlock()
			return c.last
		}
		c.running = make(chan struct{})
		go c.run(c.running)
	}
	running := c.running
	c.mutex.Unlock()

	timeout := time.NewTimer(checkTimeout)
	defer timeout.Stop()
	select {
	case <-running:
		c.mutex.Lock()
		defer c.mutex.Unlock()
		return c.last
	case <-timeout.C: // a check that does not heed its context
		return c.say(errSlow)
	}
}

func (c *cachedCheck) run(done chan struct{}) {
	ctx, cancel := context.WithTimeout(c.life, checkTimeout)
	defer cancel()
	status := c.say(c.Func(ctx))
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.last, c.running = status, nil
	close(done)
}

func (c *cachedCheck) say(err error) Status {
	status := Status{Name: c.Name, Ready: err == nil, At: c.now().UTC()}
	if err != nil {
		status.Error = err.Error()
	}
	if c.Note != nil {
		status.Note = c.Note()
	}
	return status
}

// isReady says whether requests should be sent here, and what the checks said.
func (s *Server) isReady() ([]Status, bool) {
	list, ready := s.ready.statuses()
	return list, ready && s.serving.Load()
}

// readyz says yes or no; why is for the operator listener.
func (s *Server) readyz(c *fiber.Ctx) error {
	if _, ready := s.isReady(); !ready {
		return plain(c, fiber.StatusServiceUnavailable, "no\n")
	}
	return plain(c, fiber.StatusOK, "yes\n")
}
