package one

import (
	"context"
	"time"
)

// WorkDue works what is due now, as Run does when it has the lock.
func (s *Service) WorkDue(ctx context.Context) (next time.Time, err error) { return s.workDue(ctx) }

// Wake says that there may be events to work, as Receive does.
func (s *Service) Wake() { s.work.wake() }

// Prune deletes what is too old.
func (s *Service) Prune(ctx context.Context) error { return s.prune(ctx) }
