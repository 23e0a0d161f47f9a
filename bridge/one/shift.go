package one

import (
	"context"
	"fmt"
	"sync"
	"time"

	"octobridge/bridge/store"
)

const (
	pageSize  = 500 // events that are read at once
	mostQuick = 500 // events that are held and ask ONe nothing; a page more at most
	mostSlow  = 256 // events that are held and fetch an offer
	atOnce    = 8   // lines of each sort that are worked at the same time

	// gatherFor is how long the first line that has ended waits for others, so that
	// one transaction marks many.
	gatherFor = 20 * time.Millisecond
	// breath is the least time from the beginning of one sweep to that of the next,
	// but where a customer waits for it.
	breath = 25 * time.Millisecond
	// mostInVain is how many events a sweep may pass over for each one that it takes.
	mostInVain = 20
)

// shift works events until none is due. It sweeps over all that are new, by id, and
// makes a line of those of one customer that can be worked now. Lines are worked
// beside each other, the events of a line one after the other, and a customer has
// one line at a time: that is the order per customer.
//
// An event that cannot be worked yet, because it is due later or its customer has
// a line already, is passed over, and all later ones of this customer with it,
// until the next sweep.
//
// Its fields belong to the goroutine in run. A line belongs to its own goroutine
// from start until it comes back through ended.
type shift struct {
	service *Service
	group   sync.WaitGroup // of lines
	ended   chan *line     // has room for all
	quick   chan struct{}  // a token for each quick line that is worked
	slow    chan struct{}  // a token for each slow line that is worked or waits to be marked: so few offers are in memory

	lines      map[string]*line // those that are out, by key
	quickLines int
	quickHeld  int // events in quick lines
	slowLines  int

	// Of the sweep.
	after      int64           // the last event read
	finished   bool            // it has come to the end
	passed     map[string]bool // keys that were passed over; one for each customer who waits
	slowPassed bool            // a line was passed over for want of room
	next       time.Time       // when the first event that was passed over is due
	reading    time.Duration   // how long it read
	took, left int             // events taken, and passed over
	notBefore  time.Time       // when the next sweep may begin
	breathe    time.Time       // when it may begin where nobody waits for it
	again      bool            // there may be more to do: sweep once more
	waits      bool            // there is more to do
}

// line is events of one customer, to be worked in this order.
type line struct {
	key     string
	events  []Event
	slow    bool     // it is one event that fetches an offer
	started bool     // its goroutine has it
	slot    bool     // it has a token of shift.slow; written by its goroutine
	results []result // of its first events, once worked
}

func newShift(s *Service) *shift {
	return &shift{service: s, lines: map[string]*line{}, passed: map[string]bool{}, ended: make(chan *line, mostQuick+pageSize+mostSlow),
		quick: make(chan struct{}, atOnce), slow: make(chan struct{}, atOnce)}
}

// run works until nothing is due, or ctx ends; then it marks what was done still.
// When it returns nothing runs any more.
func (t *shift) run(ctx context.Context) error {
	defer t.group.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for {
		if err := t.read(ctx); err != nil {
			return err
		}
		if len(t.lines) == 0 && (ctx.Err() != nil || t.finished && !t.again) {
			return nil
		}
		ended := t.gather(ctx)
		if err := t.service.mark(ctx, ended); err != nil {
			return err
		}
		t.close(ended)
	}
}

// read goes on with the sweep while there is room, and begins one where it should.
func (t *shift) read(ctx context.Context) error {
	if t.finished && t.again && t.untilSweep() <= 0 {
		t.after, t.finished, t.again, t.waits = 0, false, false, false
		t.slowPassed, t.next, t.reading, t.took, t.left = false, time.Time{}, 0, 0, 0
		clear(t.passed)
	}
	for ctx.Err() == nil && !t.finished && t.quickHeld < mostQuick {
		if t.after == 0 {
			t.breathe = time.Now().Add(breath)
		}
		if err := t.readPage(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// readPage reads a page and starts its lines.
func (t *shift) readPage(ctx context.Context) error {
	began := time.Now()
	events, err := t.service.readNew(ctx, t.after, pageSize)
	if err != nil {
		return fmt.Errorf("read new events: %w", err)
	}
	t.reading += time.Since(began)
	now := t.service.now()
	var fresh []*line
	for _, event := range events {
		t.after = event.ID
		if l := t.take(event, now); l != nil {
			fresh = append(fresh, l)
		}
	}
	for _, l := range fresh {
		t.start(ctx, l)
	}
	if t.finished = len(events) < pageSize; t.finished && t.left > mostInVain*t.took {
		// Nearly all of them wait, as when ONe is not there: reading them over and over
		// takes a fifth of the time at most.
		t.notBefore = time.Now().Add(4 * t.reading)
	}
	return nil
}

// untilSweep is how long the next sweep has to wait. One that a customer waits for,
// whose line has ended, comes at once; one that may be in vain takes a breath, so
// that events which come one by one share sweeps and transactions.
func (t *shift) untilSweep() time.Duration {
	if t.waits {
		return time.Until(t.notBefore)
	}
	return max(time.Until(t.notBefore), time.Until(t.breathe))
}

// take puts an event into a line of this page, or passes it over. It returns the
// line if it is a new one.
func (t *shift) take(event Event, now time.Time) *line {
	key := lineKey(&event)
	slow := t.service.fetches(&event)
	l := t.lines[key]
	switch {
	case t.passed[key]:
		t.left++
		return nil
	case event.DueAt.After(now):
		t.passOver(key)
		t.dueAt(event.DueAt)
		return nil
	case l != nil && (l.slow || slow || l.started):
		t.passOver(key)
		return nil
	case l != nil:
		l.events = append(l.events, event)
		t.quickHeld++
		t.took++
		return nil
	case slow && t.slowLines >= mostSlow:
		t.passOver(key)
		t.slowPassed = true
		return nil
	}
	l = &line{key: key, events: []Event{event}, slow: slow}
	t.lines[key] = l
	t.took++
	if slow {
		t.slowLines++
	} else {
		t.quickLines++
		t.quickHeld++
	}
	return l
}

// passOver leaves a customer's events, from this one on, to the next sweep.
func (t *shift) passOver(key string) {
	t.passed[key] = true
	t.left++
}

// dueAt notes when an event is due that was passed over.
func (t *shift) dueAt(at time.Time) {
	if t.next.IsZero() || at.Before(t.next) {
		t.next = at
	}
}

// start has a line worked by a goroutine, which ends soon after ctx does.
func (t *shift) start(ctx context.Context, l *line) {
	l.started = true
	slots := t.quick
	if l.slow {
		slots = t.slow
	}
	t.group.Go(func() {
		defer func() { t.ended <- l }()
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if l.slow {
			l.slot = true
		} else {
			defer func() { <-slots }()
		}
		t.service.workLine(ctx, l)
	})
}

// gather waits until lines have ended or it is time to read on, and returns those
// that have ended: all that end within a moment, and no more offers than are
// fetched at once.
func (t *shift) gather(ctx context.Context) (ended []*line) {
	timer := time.NewTimer(t.pause())
	defer timer.Stop()
	stopping := ctx.Done()
	for len(ended) == 0 {
		if len(t.lines) == 0 && ctx.Err() != nil {
			return nil
		}
		if len(t.lines) > 0 && ctx.Err() != nil {
			stopping = nil // the lines end at once
		}
		select {
		case l := <-t.ended:
			ended = append(ended, t.back(l))
		case <-t.service.work.woken:
			t.again = true
			return nil
		case <-timer.C:
			t.again = true
			return nil
		case <-stopping:
		}
	}
	moment := time.NewTimer(gatherFor)
	defer moment.Stop()
	for t.quickLines > 0 {
		select {
		case l := <-t.ended:
			ended = append(ended, t.back(l))
		case <-moment.C:
			return ended
		}
	}
	for {
		select {
		case l := <-t.ended:
			ended = append(ended, t.back(l))
		default:
			return ended
		}
	}
}

// pause is how long there is nothing to read: until the next sweep may begin, if
// there is to be one; else until an event is due, or others are looked for.
func (t *shift) pause() time.Duration {
	switch {
	case !t.finished:
		return lookEvery // what there is no room for is read once there is
	case t.again:
		return max(t.untilSweep(), 0)
	}
	return t.service.until(t.next)
}

// back counts a line that has ended.
func (t *shift) back(l *line) *line {
	if l.slow {
		t.slowLines--
	} else {
		t.quickLines--
		t.quickHeld -= len(l.events)
	}
	return l
}

// close lets the customers go of lines that were marked.
func (t *shift) close(lines []*line) {
	for _, l := range lines {
		delete(t.lines, l.key)
		if l.slot {
			<-t.slow
		}
		if t.passed[l.key] || l.slow && t.slowPassed {
			t.again, t.waits = true, true
		}
		if due := l.due(); !due.IsZero() {
			t.dueAt(due)
		}
		if l.left() {
			t.passed[l.key] = true
		}
	}
}

// due is when a line's event is to be tried again; the zero time: none is.
func (l *line) due() time.Time {
	if len(l.results) == 0 || l.results[len(l.results)-1].state != Waiting {
		return time.Time{}
	}
	return l.results[len(l.results)-1].due
}

// left says whether events of the line are new still.
func (l *line) left() bool { return len(l.results) < len(l.events) || !l.due().IsZero() }

// lineKey is what events have in common that are worked one after the other. One
// without a customer waits for no other.
func lineKey(event *Event) string {
	if event.Customer == "" || event.Flag != FlagNone {
		return fmt.Sprintf("\x00%d", event.ID) // no id has a control character
	}
	return lineOf(event.Customer)
}

// readNew reads the new events after one, by id, without their bodies.
func (s *Service) readNew(ctx context.Context, after int64, limit int) ([]Event, error) {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(`SELECT id, kind, received_at, customer, cart, offer, flag, meaning, attempts, due_at
		FROM one_events WHERE state = 'new' AND id > ? ORDER BY id LIMIT ?`), after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var events []Event
	for rows.Next() {
		event := Event{State: Waiting}
		var received, due int64
		if err := rows.Scan(&event.ID, &event.Kind, &received, &event.Customer, &event.Cart, &event.Offer, &event.Flag, &event.Meaning, &event.Attempts, &due); err != nil {
			return nil, err
		}
		event.ReceivedAt, event.DueAt = store.Time(received), store.Time(due)
		events = append(events, event)
	}
	return events, rows.Err()
}
