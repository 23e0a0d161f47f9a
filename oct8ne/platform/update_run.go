package platform

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// errRefused says that oct8ne answered, and that the same request would be
// answered alike.
var errRefused = errors.New("oct8ne does not take updates: check oct8ne.region and oct8ne.backoffice_url")

// Run sends what Update is told of, until ctx ends. What then still waits is sent
// at once and without further tries, for a second at most; the rest is dropped.
// Run returns when no goroutine of the updater is left. Call it once; it panics
// when it is called again.
func (u *Updater) Run(ctx context.Context) {
	u.mu.Lock()
	if u.ran {
		u.mu.Unlock()
		panic("platform: Updater.Run was called before")
	}
	u.ran = true
	u.mu.Unlock()
	defer u.idle()

	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	work := make(chan *change)
	var running sync.WaitGroup
	running.Go(func() {
		<-ctx.Done()
		u.end()
		last := time.NewTimer(grace)
		defer last.Stop()
		select {
		case <-last.C:
		case <-sending.Done():
		}
		stop()
	})
	for range u.options.Workers {
		running.Go(func() {
			for c := range work {
				u.try(sending, c)
			}
		})
	}
	u.handOut(sending, work)
	close(work)
	stop()
	running.Wait()
}

// end lets no further changes in.
func (u *Updater) end() {
	u.mu.Lock()
	u.ending = true
	u.mu.Unlock()
	u.signal()
}

// handOut gives changes to the workers as they become due, until the updater ends.
func (u *Updater) handOut(sending context.Context, work chan<- *change) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		c, wait, over := u.next()
		if over {
			return
		}
		if c != nil {
			select {
			case work <- c:
			case <-sending.Done():
				u.drop(c)
				return
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-u.changed:
		case <-timer.C:
		case <-sending.Done():
			u.drop(nil)
			return
		}
	}
}

// next returns a change that is due, or how long to wait for one; over says that
// the updater ends and nothing is left.
func (u *Updater) next() (c *change, wait time.Duration, over bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.waiting) == 0 {
		return nil, time.Hour, u.ending && len(u.changes) == 0
	}
	if wait := time.Until(u.waiting[0].due); wait > 0 && !u.ending {
		return nil, wait, false
	}
	return heap.Pop(&u.waiting).(*change), 0, false
}

// drop forgets what waits, and c, which was about to be handed out.
func (u *Updater) drop(c *change) {
	u.mu.Lock()
	dropped := u.waiting
	if c != nil {
		dropped = append(dropped, c)
	}
	u.waiting = nil
	for _, c := range dropped {
		delete(u.changes, c.subject)
	}
	u.mu.Unlock()
	for range dropped {
		u.options.Observe(OutcomeEnded)
	}
}

// try tells oct8ne of a change once.
func (u *Updater) try(ctx context.Context, c *change) {
	u.mu.Lock()
	late := time.Since(c.told) > patience
	if late {
		u.forget(c)
	}
	c.sending = !late
	if !late {
		c.begun = time.Now()
	}
	u.mu.Unlock()
	if late {
		u.options.Observe(OutcomeLate)
		u.signal()
		return
	}
	u.settle(ctx, c, u.send(ctx, c.subject))
}

// settle decides what follows from a try: nothing, another one, or a request for
// what has changed meanwhile.
func (u *Updater) settle(ctx context.Context, c *change, err error) {
	var outcomes []string
	now := time.Now()
	u.mu.Lock()
	again := c.again
	c.sending, c.again = false, false
	switch {
	case err == nil:
		outcomes = append(outcomes, OutcomeSent)
	case u.ending:
		outcomes = append(outcomes, OutcomeEnded)
	case errors.Is(err, errRefused):
		outcomes = append(outcomes, OutcomeRefused)
	case c.tries < len(retries):
		c.due = now.Add(retries[c.tries])
		c.tries++
		u.schedule(c)
		if again { // the next try tells of it
			outcomes = append(outcomes, OutcomeMerged)
		}
		u.mu.Unlock()
		u.observe(outcomes)
		return
	default:
		outcomes = append(outcomes, OutcomeFailed)
	}
	switch {
	case again && ctx.Err() == nil:
		c.tries, c.first, c.after = 0, now, c.begun.Add(apart)
		c.due = later(now.Add(u.options.Wait), c.after)
		u.schedule(c)
	case again:
		outcomes = append(outcomes, OutcomeEnded)
		fallthrough
	default:
		u.forget(c)
	}
	turned := !u.ending && u.failing != (err != nil)
	if turned {
		u.failing = err != nil
	}
	u.mu.Unlock()
	u.observe(outcomes)
	u.signal()
	switch {
	case turned && err != nil:
		u.logger.WarnContext(ctx, "oct8ne is not told of changes: its widget shows them when the next page loads", "error", err)
	case turned:
		u.logger.InfoContext(ctx, "oct8ne is told of changes again")
	}
}

func (u *Updater) observe(outcomes []string) {
	for _, outcome := range outcomes {
		u.options.Observe(outcome)
	}
}

// send makes one request. Its error holds nothing of the visitor's. Whether oct8ne
// looks at the request's body is not documented: it is empty, as in the example.
func (u *Updater) send(ctx context.Context, about subject) error {
	ctx, cancel := context.WithTimeout(ctx, u.options.Timeout)
	defer cancel()
	// Without a length, resty would send the empty body in chunks.
	response, err := u.http.R().SetContext(ctx).SetContentLength(true).
		SetQueryParam("visitor", about.visitor).
		SetQueryParam("what", about.what).
		Post(updatePath)
	if err != nil {
		return fmt.Errorf("oct8ne's backoffice does not answer: check the network and oct8ne.backoffice_url: %w", withoutAddress(err))
	}
	discard(response.RawBody())
	switch status := response.StatusCode(); {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests || status >= 500:
		return fmt.Errorf("oct8ne's backoffice answered %d %s", status, http.StatusText(status))
	default:
		return fmt.Errorf("%w (it answered %d %s)", errRefused, status, http.StatusText(status))
	}
}
