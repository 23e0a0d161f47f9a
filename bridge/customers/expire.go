package customers

import (
	"context"
	"fmt"
	"time"
)

const (
	expireAtOnce = 500       // refs that Expire asks about together
	expireGrace  = time.Hour // a sign-in this young may be on its way into the store
)

// Expire forgets those whose visitors are gone: call it every hour or so. alive
// says which of some refs still have a visitor. It returns how many were forgotten.
// Sign-ins of the last hour are left alone. Safe to repeat, and in all processes.
func (s *Service) Expire(ctx context.Context, alive func(ctx context.Context, refs []string) (map[string]bool, error)) (int, error) {
	before := s.now().Add(-expireGrace)
	s.mu.Lock()
	var inMemory []string
	for ref, h := range s.holders {
		if h.since.Before(before) {
			inMemory = append(inMemory, ref)
		}
	}
	s.mu.Unlock()
	forgotten := 0
	for len(inMemory) > 0 {
		part := inMemory[:min(len(inMemory), expireAtOnce)]
		inMemory = inMemory[len(part):]
		n, err := s.expire(ctx, part, alive)
		if forgotten += n; err != nil {
			return forgotten, err
		}
	}
	for after := ""; ; {
		refs, err := s.oldRefs(ctx, after, before)
		if err != nil || len(refs) == 0 {
			return forgotten, err
		}
		after = refs[len(refs)-1]
		n, err := s.expire(ctx, refs, alive)
		if forgotten += n; err != nil {
			return forgotten, err
		}
	}
}

// expire forgets those of some refs that are not alive.
func (s *Service) expire(ctx context.Context, refs []string, alive func(context.Context, []string) (map[string]bool, error)) (int, error) {
	living, err := alive(ctx, refs)
	if err != nil {
		return 0, fmt.Errorf("find out which customers are still there: %w", err)
	}
	var gone []string
	for _, ref := range refs {
		if !living[ref] {
			gone = append(gone, ref)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	return len(gone), s.forget(ctx, gone...)
}

// oldRefs returns the next refs that the store knows, in their order.
func (s *Service) oldRefs(ctx context.Context, after string, before time.Time) (refs []string, err error) {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(`SELECT ref FROM customer_digests WHERE ref > ? AND signed_at < ?
		UNION SELECT ref FROM customer_merges WHERE ref > ? AND sent_at < ? ORDER BY ref LIMIT ?`),
		after, before.UnixMicro(), after, before.UnixMicro(), expireAtOnce)
	if err != nil {
		return nil, fmt.Errorf("list the customers who signed in: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var ref string
		if err := rows.Scan(&ref); err != nil {
			return nil, fmt.Errorf("list the customers who signed in: %w", err)
		}
		refs = append(refs, ref)
	}
	return refs, rows.Err()
}
