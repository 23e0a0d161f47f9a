package platform

import (
	"container/heap"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"
)

// What becomes of a change that an Updater was told of.
const (
	OutcomeSent    = "sent"    // oct8ne took it
	OutcomeMerged  = "merged"  // a request that was still to begin tells of it, too
	OutcomeFailed  = "failed"  // dropped: no try reached oct8ne
	OutcomeRefused = "refused" // dropped: oct8ne answered that it does not take it
	OutcomeFull    = "full"    // dropped: too many were waiting
	OutcomeLate    = "late"    // dropped: it waited so long that the page has reloaded by now
	OutcomeEnded   = "ended"   // dropped: the updater has ended
	OutcomeInvalid = "invalid" // dropped: no visitor or no kind that oct8ne knows
)

// Outcomes returns every outcome there is, for a metric that shall begin with zeros.
func Outcomes() []string {
	return []string{OutcomeSent, OutcomeMerged, OutcomeFailed, OutcomeRefused, OutcomeFull, OutcomeLate, OutcomeEnded, OutcomeInvalid}
}

const (
	updatePath = "/platformConnection/update"
	// longestVisitor bounds the value of the cookie oct8ne-visitor, in bytes. The
	// document gives no limit; this one is octobridge's own.
	longestVisitor = 200
	// patience is how long a change may be under way. Later, the widget has most
	// likely asked for everything on a new page.
	patience = 30 * time.Second
	// mostWaits is how many times UpdaterOptions.Wait changes that go on and on are
	// waited for.
	mostWaits = 5
	// apart is the least time between the beginnings of two requests about the same
	// subject, but for tries of a request that failed: whatever changes within a
	// second, and with whatever pauses, two requests tell of it.
	apart = time.Second
	// grace is how long what waits may still be sent when the updater ends.
	grace = time.Second
)

// retries are the pauses before a second and a third try.
var retries = [...]time.Duration{200 * time.Millisecond, time.Second}

// UpdaterOptions are what an Updater needs. BackofficeURL is required.
type UpdaterOptions struct {
	BackofficeURL string            // https, or http on this machine; see BackofficeURL
	Transport     http.RoundTripper // nil: one of its own
	Logger        *slog.Logger      // nil: silent
	// Observe is told what became of each change, one of Outcomes, once for every
	// call of Update. It is called goroutines at once, and by Update itself, so it must not wait. Nil: nobody is
	// told.
	Observe func(outcome string)

	// Wait is how long nothing of the same kind must have changed before a request,
	// 300 ms when 0. A visitor who goes on changing is told of after mostWaits times
	// that. There is a second between two requests of one kind for one visitor.
	Wait    time.Duration
	Timeout time.Duration // of one try; 3 s when 0
	Workers int           // requests at the same time; 4 when 0
	Pending int           // changes that wait or are being sent, at most; 4,096 when 0
}

// Updater tells oct8ne that something of a visitor's has changed, so that the
// widget shows it at once (oct8ne API 2.4, "Real-time update of the oct8ne
// widget"). Nothing is kept over a restart, and what fails is dropped: the widget
// asks for everything when the next page loads. Its methods may be called by many
// goroutines.
type Updater struct {
	options UpdaterOptions
	http    *resty.Client
	idle    func()
	logger  *slog.Logger
	changed chan struct{} // something waits, or nothing is left

	mu      sync.Mutex
	changes map[subject]*change
	begun   map[subject]time.Time // when the last request began of those that nothing waits for; of less than apart ago, and some older ones
	sweepAt int                   // how many of them there are when the older ones go
	waiting schedule
	ran     bool
	ending  bool
	failing bool // the last request failed, and the log says so
}

// subject is what a change is about.
type subject struct{ visitor, what string }

// change is something that oct8ne is to be told.
type change struct {
	subject
	at      int       // its place in the schedule; -1: it is not there
	first   time.Time // when the first change came that is not told of yet
	after   time.Time // when a request may begin at the earliest
	begun   time.Time // when the last request began; zero: none has
	due     time.Time // of the next try
	told    time.Time // when it was last told of
	tries   int       // that have failed
	sending bool      // a request is under way
	again   bool      // it changed once more since the request began
}

// NewUpdater returns an updater; nothing is sent before Run. Its error says that
// the address of the backoffice cannot be used.
func NewUpdater(options UpdaterOptions) (*Updater, error) {
	if err := checkBackoffice(options.BackofficeURL); err != nil {
		return nil, err
	}
	if options.Wait <= 0 {
		options.Wait = 300 * time.Millisecond
	}
	if options.Timeout <= 0 {
		options.Timeout = 3 * time.Second
	}
	if options.Workers <= 0 {
		options.Workers = 4
	}
	if options.Pending <= 0 {
		options.Pending = 4096
	}
	if options.Observe == nil {
		options.Observe = func(string) {}
	}
	u := &Updater{options: options, logger: options.Logger, changed: make(chan struct{}, 1), changes: map[subject]*change{}, begun: map[subject]time.Time{}}
	if u.logger == nil {
		u.logger = slog.New(slog.DiscardHandler)
	}
	u.http, u.idle = newClient(options.BackofficeURL, options.Transport, options.Workers)
	return u, nil
}

// Update says that what, "cart", "wishlist" or "user", has changed for the visitor
// with this value of the cookie oct8ne-visitor: 1 to 200 bytes of printable ASCII.
// Anything else is dropped. It never waits, and keeps nothing of the two texts'
// memory. Changes of one kind for one visitor are told of together: a change that
// comes while its request is under way causes one more, and no more.
func (u *Updater) Update(visitor, what string) {
	if outcome := u.take(visitor, what); outcome != "" {
		u.options.Observe(outcome)
	}
}

// take takes a change in, and returns what became of it; "" while that is open.
func (u *Updater) take(visitor, what string) string {
	kind, known := kindOf(what)
	if !known || !validVisitor(visitor) {
		return OutcomeInvalid
	}
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.changes[subject{visitor, kind}]
	switch {
	case u.ending:
		return OutcomeEnded
	case c != nil && c.sending && !c.again:
		c.again, c.told = true, now
		return ""
	case c != nil:
		c.told = now
		if c.at >= 0 && c.tries == 0 { // else it is being tried, or tried again soon
			c.due = later(earlier(now.Add(u.options.Wait), c.first.Add(mostWaits*u.options.Wait)), c.after)
			heap.Fix(&u.waiting, c.at)
		}
		return OutcomeMerged
	case len(u.changes) >= u.options.Pending:
		return OutcomeFull
	}
	// Copied, for the caller's buffers are used again.
	c = &change{subject: subject{strings.Clone(visitor), kind}, first: now, told: now}
	if begun, found := u.begun[c.subject]; found {
		c.after = begun.Add(apart)
		delete(u.begun, c.subject)
	}
	c.due = later(now.Add(u.options.Wait), c.after)
	u.changes[c.subject] = c
	u.schedule(c)
	return ""
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// forget lets a change go, but for when its last request began. u.mu is held.
func (u *Updater) forget(c *change) {
	delete(u.changes, c.subject)
	if c.begun.IsZero() {
		return
	}
	if len(u.begun) >= u.sweepAt {
		maps.DeleteFunc(u.begun, func(_ subject, at time.Time) bool { return time.Since(at) >= apart })
		u.sweepAt = max(64, 2*len(u.begun))
	}
	u.begun[c.subject] = c.begun
}

// schedule has a change tried when it is due. u.mu is held.
func (u *Updater) schedule(c *change) {
	heap.Push(&u.waiting, c)
	if u.waiting[0] == c {
		u.signal()
	}
}

// kindOf returns a constant in place of a text in the caller's memory.
func kindOf(what string) (kind string, known bool) {
	switch what {
	case "cart":
		return "cart", true
	case "wishlist":
		return "wishlist", true
	case "user":
		return "user", true
	}
	return "", false
}

func validVisitor(visitor string) bool {
	if visitor == "" || len(visitor) > longestVisitor {
		return false
	}
	for i := range len(visitor) {
		if visitor[i] < ' ' || visitor[i] > '~' {
			return false
		}
	}
	return true
}

// signal wakes the goroutine that hands changes out.
func (u *Updater) signal() {
	select {
	case u.changed <- struct{}{}:
	default:
	}
}

// schedule is a heap of the changes that wait, the next one first.
type schedule []*change

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].at, s[j].at = i, j
}
func (s *schedule) Push(added any) {
	c := added.(*change)
	c.at = len(*s)
	*s = append(*s, c)
}
func (s *schedule) Pop() any {
	last := len(*s) - 1
	c := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	c.at = -1
	return c
}
