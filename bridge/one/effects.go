package one

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"octobridge/bridge/one/integration"
)

const (
	// offerTime is how long ONe has to tell of an offer.
	offerTime = 20 * time.Second
	// visitorsTime is how long it may take to look up who is there.
	visitorsTime = 5 * time.Second
	// longestWait bounds how long ONe may ask to be left alone.
	longestWait = 5 * time.Minute
	// longestReason is how long the words of a failure are kept, in bytes.
	longestReason = 400
)

// retries are the pauses after which an event that failed is worked again. Then it
// is given up.
var retries = [...]time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}

// The kinds of change that oct8ne is told of (oct8ne API 2.4, "Real-time update of
// the oct8ne widget").
const (
	updateUser = "user"
	updateCart = "cart"
)

// result is what came of working an event.
type result struct {
	event    Event
	state    State  // Waiting: it is worked again when due
	outcome  string // what was done, without what a ClientLogged means; or what failed
	due      time.Time
	attempts int
	visitors []string
	offer    *integration.Offer // nil: none was fetched
	fetched  time.Time
	cause    string // for the log: what failed, without anybody's data
}

// rule is what an operator decided about a kind.
func (s *Service) rule(kind Kind) Rule {
	if rule := s.options.Rules[kind]; rule != "" {
		return rule
	}
	return RuleUpdate
}

// fetches says whether an event needs an answer of ONe's, which may take long.
func (s *Service) fetches(event *Event) bool {
	return event.Kind == OfferOpened && event.Offer != "" && s.options.Offers != nil && s.onlyRecorded(event) == ""
}

// onlyRecorded says why nothing is to be done for an event; "" where something is.
func (s *Service) onlyRecorded(event *Event) string {
	switch event.Flag {
	case FlagNone:
	case FlagEmpty:
		return "recorded: it has nothing in it"
	case FlagNoID:
		return "recorded: it holds no id, as a test of the webhook may"
	case FlagNoCustomer:
		return "recorded: it names no customer"
	case FlagAmbiguous:
		return "recorded: it holds two different ids of one sort"
	case FlagUnreadable:
		return "recorded: it cannot be read"
	default:
		return "recorded: it is flagged"
	}
	switch {
	case event.Customer == "":
		return "recorded: it names no customer"
	case s.rule(event.Kind) == RuleRecord:
		return "recorded, as the rule for " + string(event.Kind) + " says"
	}
	return ""
}

// workLine works a line's events in order, up to the first that has to be tried
// again, or the end of ctx.
func (s *Service) workLine(ctx context.Context, l *line) {
	for i := range l.events {
		if ctx.Err() != nil {
			return
		}
		r := s.attempt(ctx, l.events[i])
		if r.state == Waiting && ctx.Err() != nil {
			return // it failed because everything ends: it was not tried
		}
		l.results = append(l.results, r)
		if r.state == Waiting {
			return
		}
	}
}

// attempt is perform, with a panic as a failure: else one event with which the
// program does not get along would end the process, and again at each start.
func (s *Service) attempt(ctx context.Context, event Event) (r result) {
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		why := fmt.Sprintf("%T", reason) // its words may be somebody's data
		if fault, ok := reason.(runtime.Error); ok {
			why = fault.Error()
		}
		s.logger.ErrorContext(ctx, "working an event of ONe's panicked", "event", event.ID, "kind", event.Kind, "panic", why, "stack", string(debug.Stack()))
		r = s.failing(result{event: event}, true, 0, "it could not be worked, by a fault of octobridge's: see the log", "a panic")
	}()
	return s.perform(ctx, event)
}

// perform does what an event asks for. Nothing is stored yet, and doing it again
// does no harm.
func (s *Service) perform(ctx context.Context, event Event) result {
	r := result{event: event, state: Recorded, attempts: event.Attempts}
	if r.outcome = s.onlyRecorded(&event); r.outcome != "" {
		return r
	}
	r.state, r.attempts = Done, r.attempts+1
	if event.Kind == OfferOpened && event.Offer == "" {
		// ONe promises the customer alone. Nothing is merged into another event.
		r.outcome = "ONe named no offer, so that none was fetched"
		return r
	}
	if s.options.Visitors != nil {
		looking, cancel := context.WithTimeout(ctx, visitorsTime)
		visitors, err := s.options.Visitors.LiveCustomers(looking, sameCustomer(event.Customer))
		cancel()
		if err != nil {
			return s.failing(r, true, 0, "who of the visitors is there could not be looked up: see the log", err.Error())
		}
		r.visitors = slices.Compact(slices.Sorted(slices.Values(visitors)))
	}
	switch event.Kind {
	case ClientLogged:
		return s.tell(r, updateUser)
	case CartOpened:
		return s.tell(r, updateCart)
	case OfferOpened:
		return s.fetch(ctx, r)
	}
	r.state, r.outcome = Recorded, "recorded: this version does not know what to do with "+string(event.Kind)
	return r
}

// tell tells oct8ne that something of the visitors' has changed.
func (s *Service) tell(r result, what string) result {
	switch {
	case s.options.Updates == nil:
		r.outcome = "oct8ne is not told of anything, as it is not configured"
	case len(r.visitors) == 0:
		r.outcome = "none of the visitors who are there is this customer"
	default:
		for _, visitor := range r.visitors {
			s.options.Updates.Update(visitor, what)
		}
		r.outcome = fmt.Sprintf("oct8ne was told to ask for the %s of %s", what, count(len(r.visitors), "visitor"))
	}
	return r
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// fetch asks ONe for the offer that was opened.
func (s *Service) fetch(ctx context.Context, r result) result {
	if s.options.Offers == nil {
		r.outcome = "the offer was not fetched, as ONe's integration API is not configured"
		return r
	}
	asking, cancel := context.WithTimeout(ctx, offerTime)
	defer cancel()
	offer, err := s.options.Offers.Offer(asking, r.event.Offer)
	if err == nil && offer == nil {
		err = errNoOffer
	}
	if err != nil {
		return s.notFetched(r, err)
	}
	r.offer, r.fetched = offer, s.now()
	r.outcome = "the offer was fetched and kept"
	return r
}

var errNoOffer = errors.New("ONe answered without an offer")

// notFetched is what comes of an offer that ONe did not give. What it refuses is not
// asked for again. ONe's own words are kept with the event, for operators, and are
// not logged: they may repeat a name.
func (s *Service) notFetched(r result, err error) result {
	var failure *integration.Error
	switch {
	case errors.As(err, &failure):
		cause := string(failure.Kind)
		if failure.Status != 0 {
			cause += fmt.Sprintf(", HTTP status %d", failure.Status)
		}
		return s.failing(r, failure.SendAgain != integration.SendAgainNo, failure.RetryAfter, "the offer was not fetched: "+cut(err.Error()), cause)
	case errors.Is(err, context.DeadlineExceeded):
		return s.failing(r, true, 0, fmt.Sprintf("the offer was not fetched: ONe did not answer within %v", offerTime), "no answer in time")
	}
	return s.failing(r, true, 0, "the offer was not fetched: it cannot be read, or ONe cannot be asked", "no answer that can be read")
}

// cut bounds a text, at the end of a character.
func cut(text string) string {
	if len(text) <= longestReason {
		return text
	}
	end := longestReason
	for end > 0 && text[end]&0xc0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}

// failing is what comes of an event that could not be worked: it is tried again,
// not before it may be, or given up.
func (s *Service) failing(r result, again bool, wait time.Duration, sentence, cause string) result {
	r.attempts = r.event.Attempts + 1
	r.visitors, r.offer, r.cause = nil, nil, cause
	switch {
	case !again:
		r.state, r.outcome = Failed, sentence
	case r.attempts > len(retries):
		r.state, r.outcome = Failed, fmt.Sprintf("given up after %s: %s", count(r.attempts, "attempt"), sentence)
	default:
		r.state, r.outcome = Waiting, sentence
		r.due = s.now().Add(max(retries[r.attempts-1], min(wait, longestWait)))
	}
	return r
}
