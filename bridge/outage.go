package bridge

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// outage logs a failure that lasts as one line at its begin and one at its end:
// what happens in between happens to every visitor, and would bury the rest.
type outage struct {
	what   string // "products", "orders"
	logger *slog.Logger
	on     atomic.Bool
}

func (o *outage) failed(err error) {
	level := slog.LevelWarn
	if o.on.Swap(true) {
		level = slog.LevelDebug
	}
	o.logger.Log(context.Background(), level, o.what+" cannot be read from the wholesaler", "error", err)
}

func (o *outage) over() {
	if o.on.Load() && o.on.Swap(false) {
		o.logger.Info(o.what + " can be read from the wholesaler again")
	}
}

// seldom lets something be logged once in a while, and counts what was not.
type seldom struct {
	every time.Duration

	mu     sync.Mutex
	last   time.Time
	unsaid int
}

// say returns whether to log now and how many times it was not since.
func (s *seldom) say(now time.Time) (unsaid int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && now.Sub(s.last) < s.every {
		s.unsaid++
		return 0, false
	}
	unsaid, s.unsaid, s.last = s.unsaid, 0, now
	return unsaid, true
}
