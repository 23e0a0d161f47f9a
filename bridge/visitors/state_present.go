package visitors

import (
	"context"
	"fmt"
	"slices"

	"octobridge/bridge/store"
)

// mostPresent bounds the parameters of one query.
const mostPresent = 500

// Present says which of these refs are visitors still. What else is kept of the
// others can be forgotten.
func (s *Service) Present(ctx context.Context, refs []string) (map[string]bool, error) {
	here := make(map[string]bool, len(refs))
	for part := range slices.Chunk(refs, mostPresent) {
		args := make([]any, 0, len(part)+1)
		for _, ref := range part {
			args = append(args, ref)
		}
		found, err := s.presents(ctx, "SELECT ref, oct8ne, seen_at FROM visitors WHERE ref IN "+store.Marks(len(part))+" AND seen_at > ?", append(args, s.expired())...)
		if err != nil {
			return nil, fmt.Errorf("looking for visitors: %w", err)
		}
		for _, p := range found {
			here[p.ref] = true
		}
	}
	return here, nil
}
