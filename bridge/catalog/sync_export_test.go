package catalog

import (
	"context"
	"time"

	"octobridge/bridge/catalog/feed"
)

// Hurry has the catalogue wait for nobody: not between attempts, little for a
// server that sends nothing, and little for another instance.
func (c *Catalog) Hurry() error {
	c.follower.patience = 50 * time.Millisecond
	return c.follower.connect(feed.Options{
		Stall: 2 * time.Second,
		Wait:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}
