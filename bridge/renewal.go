package bridge

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"octobridge/idosell"
)

// renewEvery is how often the wholesaler's session is renewed: its key lives for
// 15 minutes.
const renewEvery = 12 * time.Minute

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
	logger *slog.Logger

	mu      sync.Mutex
	refused error
}

// Run renews the session now and regularly until ctx ends.
func (r *renewal) Run(ctx context.Context) {
	schedule := cron.New(cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	schedule.Schedule(jittered(renewEvery), cron.FuncJob(func() { r.once(ctx) }))
	r.once(ctx)
	schedule.Start()
	<-ctx.Done()
	<-schedule.Stop().Done()
}

func (r *renewal) once(ctx context.Context) {
	err := r.renew(ctx)
	r.mu.Lock()
	before := r.refused
	r.refused = nil
	if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.Kind == idosell.KindLogin {
		r.refused = err
	}
	r.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil:
		r.logger.ErrorContext(ctx, "the wholesaler's session could not be renewed", "error", err, "send_again", idosell.MaySendAgain(err))
	case before != nil:
		r.logger.InfoContext(ctx, "the wholesaler accepts the login again")
	}
}

// check is not nil while the wholesaler refuses the login: nothing can work then
// until somebody changes the configuration.
func (r *renewal) check(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}
