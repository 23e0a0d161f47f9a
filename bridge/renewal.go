package bridge

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// renewEvery is how often the wholesaler's session is renewed: its key lives for
// 15 minutes.
const renewEvery = 12 * time.Minute

// renewAhead is how long before its end a session is renewed at the latest.
const renewAhead = 2 * time.Minute

// jittered is a cron.Schedule that comes round about every so often, so that
// many instances do not come at the same moment.
type jittered time.Duration

// Next implements cron.Schedule: up to a tenth earlier than due, never later.
func (j jittered) Next(after time.Time) time.Time {
	return after.Add(time.Duration(j) - rand.N(time.Duration(j)/10))
}

// renewal keeps the wholesaler's session renewed and remembers whether the
// wholesaler refuses the login, which an operator must be told.
type renewal struct {
	renew  func(context.Context) error
	until  func() time.Time // when the present session ends
	logger *slog.Logger
	alerts orders.Alerts // of a refused password; nil: nobody is told
	due    chan struct{} // asks Run to renew; holds one

	mu      sync.Mutex
	failing idosell.Kind // of the last renewal; empty: it went well
	refused error
}

func newRenewal(logger *slog.Logger) *renewal {
	return &renewal{logger: logger, due: make(chan struct{}, 1)}
}

// Run renews the session now and regularly until ctx ends. What fails is tried
// again much sooner than the next regular time, so that a wholesaler who was
// away, or a password that was put right there, needs no visitor to be noticed.
func (r *renewal) Run(ctx context.Context) {
	schedule := cron.New()
	schedule.Schedule(jittered(renewEvery), cron.FuncJob(r.ask))
	schedule.Start()
	defer func() { <-schedule.Stop().Done() }()
	// One that was got a moment ago, for an order that was placed at the start, is
	// as good as a new one.
	if good := time.Until(r.until()) - renewAhead; good > 0 && !r.wait(ctx, good) {
		return
	}
	for failures := 0; ; {
		err := r.renew(ctx)
		if ctx.Err() != nil {
			return
		}
		r.note(ctx, err)
		// The schedule comes round sooner, but for a session that was taken over
		// from another instance or from before a restart.
		wait := max(time.Until(r.until())-renewAhead, firstRetry)
		if err != nil {
			wait = untilRetry(err, failures)
			failures++
		} else {
			failures = 0
		}
		r.wait(ctx, wait)
	}
}

// wait waits for a time, or until the session is due to be renewed. It says false
// when ctx has ended.
func (r *renewal) wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-r.due:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// ask makes Run renew the session now, if it is not about to anyway.
func (r *renewal) ask() {
	select {
	case r.due <- struct{}{}:
	default:
	}
}

// note remembers how the renewal went and logs what is new about it: a failure
// is one line when it begins and one when it is over, however long it lasts.
func (r *renewal) note(ctx context.Context, err error) {
	var kind idosell.Kind
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		kind = failure.Kind
	} else if err != nil {
		kind = idosell.KindRequest // none of the client's own: it sent nothing
	}
	r.mu.Lock()
	before := r.failing
	r.failing, r.refused = kind, nil
	if kind == idosell.KindLogin {
		r.refused = err
	}
	r.mu.Unlock()
	if r.alerts != nil && kind == idosell.KindLogin {
		r.alerts.Raise(ctx, orders.AlertLogin, "The wholesaler refuses the login: put idosell.login and idosell.password right. Nothing can be shown or ordered until then.")
	} else if r.alerts != nil && err == nil {
		r.alerts.Over(ctx, orders.AlertLogin)
	}
	switch {
	case err == nil && before != "":
		r.logger.InfoContext(ctx, "the wholesaler's session is renewed again")
	case kind != before:
		r.logger.ErrorContext(ctx, "the wholesaler's session could not be renewed; it is tried again", "error", err, "send_again", idosell.MaySendAgain(err))
	case err != nil:
		r.logger.DebugContext(ctx, "the wholesaler's session still cannot be renewed", "error", err)
	}
}

var errRefused = errors.New("the wholesaler refuses the login: check idosell.login and idosell.password")

// saw is told of every call to the wholesaler. Visitors' calls get new sessions,
// too, when the present one is refused: that the login does not work any more, or
// works again, shows there first.
func (r *renewal) saw(call idosell.Call) {
	if call.Operation != idosell.OpAuthenticate {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case call.Kind == "":
		r.refused = nil
	case call.Kind == idosell.KindLogin && r.refused == nil:
		r.refused = errRefused
		r.ask() // so that it is tried again even when no visitor comes
	}
}

// The pauses between the tries of what goes on in the background: doubled each
// time, unless the wholesaler or the client says how long to wait.
const (
	firstRetry = 15 * time.Second
	lastRetry  = 5 * time.Minute
)

// untilRetry is how long to wait after a failure that came after so many others.
func untilRetry(err error, failures int) time.Duration {
	if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.RetryAfter > 0 {
		return max(failure.RetryAfter, time.Second)
	}
	return min(firstRetry<<min(failures, 10), lastRetry)
}

// check is not nil while the wholesaler refuses the login: nothing can work then
// until somebody changes the configuration.
func (r *renewal) check(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}
