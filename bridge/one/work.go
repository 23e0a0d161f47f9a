package one

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// workLock lets one instance at a time work, so that oct8ne is told once and a
	// customer's events keep their order. Losing it does no harm: see mark.
	workLock = "one-events"
	// electing is how long an instance waits to be the one that works.
	electing = 200 * time.Millisecond
	// electedElsewhere is how long it leaves the work to the other one.
	electedElsewhere = time.Second
	// lookEvery is how often events are looked for that nobody told of: those that
	// another instance has received.
	lookEvery = 5 * time.Second
)

// work is what is known of the work on events. Open it before use.
type work struct {
	woken   chan struct{} // holds one token when there may be something new
	running atomic.Bool
}

// open makes it ready.
func (w *work) open(*Service) { w.woken = make(chan struct{}, 1) }

// wake says that there may be events to work. It never waits; several calls count
// as one.
func (w *work) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// Run works events until ctx ends: new ones at once, failed ones when they are due,
// other instances' within five seconds. It deletes hourly what is older than
// Options.Keep. Where several instances run, one of them works at a time. What
// fails is logged and done later. It returns nil when ctx has ended and nothing
// runs any more; call it once at a time, a second call beside it fails.
func (s *Service) Run(ctx context.Context) error {
	if !s.work.running.CompareAndSwap(false, true) {
		return errors.New("the work on ONe's events runs already: call Run once")
	}
	defer s.work.running.Store(false)
	var group sync.WaitGroup
	defer group.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() { s.keepPruned(ctx) })
	for ctx.Err() == nil {
		began := time.Now()
		pause, woken := s.turn(ctx)
		rest(ctx, pause, woken)
		rest(ctx, breath-time.Since(began), nil)
	}
	return nil
}

// rest waits for so long, until something wakes it, or until ctx ends.
func rest(ctx context.Context, pause time.Duration, woken <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-woken:
	case <-ctx.Done():
	}
}

// turn works what is due, unless another instance does. It says how long there is
// nothing to do, and what may end that earlier; nil: nothing may.
func (s *Service) turn(ctx context.Context) (pause time.Duration, woken <-chan struct{}) {
	trying, cancel := context.WithTimeout(ctx, electing)
	unlock, err := s.store.Lock(trying, workLock)
	cancel()
	if err != nil {
		return electedElsewhere, nil
	}
	defer func() {
		if err := unlock(); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "another instance may have worked ONe's events, too, which does no harm", "error", err)
		}
	}()
	next, err := s.workDue(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.logger.WarnContext(ctx, "ONe's events could not be worked, which is tried again", "in", lookEvery, "error", err)
		}
		return lookEvery, nil
	}
	return s.until(next), s.work.woken
}

// until is how long to wait for a time, at least a moment and at most lookEvery;
// that for the zero time.
func (s *Service) until(at time.Time) time.Duration {
	if at.IsZero() {
		return lookEvery
	}
	return min(max(at.Sub(s.now()), time.Millisecond), lookEvery)
}

// workDue works events until none is due. It returns when the next one will be; the
// zero time: there is none. An error says that the database failed; what was not
// marked is worked again.
func (s *Service) workDue(ctx context.Context) (next time.Time, err error) {
	t := newShift(s)
	if err := t.run(ctx); err != nil {
		return time.Time{}, fmt.Errorf("working ONe's events: %w", err)
	}
	return t.next, nil
}
