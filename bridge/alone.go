package bridge

import (
	"context"
	"time"

	"octobridge/bridge/store"
)

// electionTime is how long an instance waits to be the one that does a task.
const electionTime = 200 * time.Millisecond

// alone does a regular task unless another instance is at it, which is no error:
// one leader a task and time. It returns what do returns.
func alone(ctx context.Context, s *store.Store, task string, do func(context.Context) error) error {
	electing, cancel := context.WithTimeout(ctx, electionTime)
	unlock, err := s.Lock(electing, "cron-"+task)
	cancel()
	if err != nil {
		return nil
	}
	defer func() { _ = unlock() }() // two at once are no harm
	return do(ctx)
}
