package sandbox

import (
	"sync"
	"time"
)

// Clock tells the time of the wholesaler's server.
type Clock interface {
	// Now returns the present moment. It is called from many goroutines.
	Now() time.Time
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// shiftedClock is a clock that can be moved, set and stopped.
type shiftedClock struct {
	source Clock

	mu      sync.Mutex
	shift   time.Duration
	frozen  bool
	stopped time.Time // the moment shown while frozen
}

func (c *shiftedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *shiftedClock) now() time.Time {
	if c.frozen {
		return c.stopped
	}
	return c.source.Now().Add(c.shift)
}

func (c *shiftedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
	c.stopped = c.stopped.Add(d)
}

func (c *shiftedClock) set(moment time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = moment.Sub(c.source.Now())
	c.stopped = moment
}

func (c *shiftedClock) freeze(frozen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.frozen, c.stopped = frozen, now
	c.shift = now.Sub(c.source.Now())
}
