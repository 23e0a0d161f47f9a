package bridge

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"octobridge/idosell"
)

const (
	// confirmedFor is how long the wholesaler's word that goods can be had is
	// repeated without asking again: seconds, because stock is what it is about.
	confirmedFor = 5 * time.Second
	// gatherFor is how long lines of several askers are gathered for one call.
	gatherFor = 10 * time.Millisecond
	// mostConfirmed bounds the answers that are kept.
	mostConfirmed = 10_000
)

// confirmations ask the wholesaler whether goods can be had, what the catalogue
// says of them being minutes old: the lines of all who ask in one moment go in
// one call, and answers are kept for seconds. Orders are verified without it,
// right before they are placed.
type confirmations struct {
	ask func(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error)
	now func() time.Time

	base    context.Context
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	pending *confirmation
	kept    map[confirmedLine]confirmedAnswer
}

// confirmedLine is what an answer is kept by: codes are compared without case.
type confirmedLine struct {
	code     string
	codeType idosell.CodeType
	quantity string
}

type confirmedAnswer struct {
	answer idosell.Availability
	said   bool // whether the wholesaler said anything of the line
	at     time.Time
}

// confirmation is one call, on its way or about to be.
type confirmation struct {
	lines   []idosell.Line
	asked   map[confirmedLine]bool
	codes   map[confirmedLine]bool // without quantities: a code stands in a call once
	done    chan struct{}
	answers map[confirmedLine]confirmedAnswer
	err     error
}

func newConfirmations(ask func(context.Context, ...idosell.Line) ([]idosell.Availability, error), now func() time.Time) *confirmations {
	c := &confirmations{ask: ask, now: now, kept: map[confirmedLine]confirmedAnswer{}}
	c.base, c.stop = context.WithCancelCause(context.Background())
	return c
}

// Availability is [idosell.Client.Availability], in the order of the lines; those
// of which the wholesaler says nothing are left out. It only reads: safe to repeat.
func (c *confirmations) Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error) {
	answers := make(map[confirmedLine]confirmedAnswer, len(lines))
	calls, err := c.join(lines, answers)
	if err != nil {
		return nil, err
	}
	for _, call := range calls {
		select {
		case <-call.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("gave up waiting for the wholesaler: %w", context.Cause(ctx))
		}
		if call.err != nil {
			return nil, call.err
		}
		for key, answer := range call.answers {
			answers[key] = answer
		}
	}
	list := make([]idosell.Availability, 0, len(lines))
	for _, line := range lines {
		if found := answers[keyOf(line)]; found.said {
			list = append(list, found.answer)
		}
	}
	return list, nil
}

// join fills in what is known, and puts the other lines into calls.
func (c *confirmations) join(lines []idosell.Line, known map[confirmedLine]confirmedAnswer) ([]*confirmation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	now := c.now()
	var calls []*confirmation
	for _, line := range lines {
		key := keyOf(line)
		if kept, ok := c.kept[key]; ok && now.Sub(kept.at) < confirmedFor {
			known[key] = kept
			continue
		}
		call := c.callFor(line, key)
		if len(calls) == 0 || calls[len(calls)-1] != call {
			calls = append(calls, call)
		}
	}
	return calls, nil
}

// callFor returns the call that a line goes with.
func (c *confirmations) callFor(line idosell.Line, key confirmedLine) *confirmation {
	code := confirmedLine{code: key.code, codeType: key.codeType}
	if p := c.pending; p != nil {
		if p.asked[key] {
			return p
		}
		if !p.codes[code] && len(p.lines) < mostPerCall {
			p.lines, p.asked[key], p.codes[code] = append(p.lines, line), true, true
			return p
		}
	}
	call := &confirmation{
		lines: []idosell.Line{line}, asked: map[confirmedLine]bool{key: true}, codes: map[confirmedLine]bool{code: true},
		done: make(chan struct{}),
	}
	c.pending = call
	c.running.Go(func() { c.run(call) })
	return call
}

// run waits for more lines and makes the call, detached from whoever asked first.
func (c *confirmations) run(call *confirmation) {
	gathering := time.NewTimer(gatherFor)
	defer gathering.Stop()
	select {
	case <-gathering.C:
	case <-c.base.Done():
	}
	c.mu.Lock()
	if c.pending == call {
		c.pending = nil // nothing is added from here on
	}
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(c.base, flightTimeout)
	defer cancel()
	var answers []idosell.Availability
	answers, call.err = guarded(ctx, func(ctx context.Context) ([]idosell.Availability, error) { return c.ask(ctx, call.lines...) })
	if call.err == nil {
		call.answers = c.keep(call.lines, answers)
	}
	close(call.done)
}

// keep joins lines and answers, which may come in another order and be fewer, and
// keeps them.
func (c *confirmations) keep(lines []idosell.Line, answers []idosell.Availability) map[confirmedLine]confirmedAnswer {
	now := c.now()
	found := make(map[confirmedLine]confirmedAnswer, len(lines))
	for _, line := range lines {
		entry := confirmedAnswer{at: now}
		for i := range answers {
			if strings.EqualFold(answers[i].Code, line.Code) && cmp.Or(answers[i].CodeType, idosell.CodeInternal) == cmp.Or(line.CodeType, idosell.CodeInternal) {
				entry.answer, entry.said = answers[i], true
				break
			}
		}
		found[keyOf(line)] = entry
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept)+len(found) > mostConfirmed {
		clear(c.kept)
	}
	for key, entry := range found {
		c.kept[key] = entry
	}
	return found
}

func keyOf(line idosell.Line) confirmedLine {
	return confirmedLine{strings.ToLower(line.Code), cmp.Or(line.CodeType, idosell.CodeInternal), line.Quantity.String()}
}

// close ends the calls that are under way and waits for them.
func (c *confirmations) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop(errClosed)
	c.running.Wait()
}
