package visitors

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"octobridge/bridge/store"
)

const (
	seenEvery    = time.Minute // how often it is written that a visitor was seen
	maxSightings = 20_000      // that wait for being written
	flushBatch   = 200         // visitors in a statement
	liveFor      = 30 * time.Minute
	maxOct8ne    = 200 // bytes
	maxAsked     = 200 // ids in a statement
	maxSameEmail = 100
)

// sightings are visits that are still to be written.
type sightings struct {
	mutex   sync.Mutex
	pending map[string]sighting // by Ref
	writing map[string]sighting // taken out of pending, and not written yet
	dropped int                 // for want of room, since the last flush
}

type sighting struct {
	at     time.Time
	oct8ne string
}

// oct8neValue is a value of the cookie oct8ne-visitor that can be one: printable
// ASCII of at most 200 bytes. Any other counts as none, "".
func oct8neValue(value string) string {
	if len(value) > maxOct8ne || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return value
}

// SeeGuest makes a visitor of a guest who is in a chat, so that the cookie
// oct8ne-visitor leads to somebody; cookie must then be set. Without a value there
// is nothing to keep: the zero Visitor, and no cookie.
func (s *Service) SeeGuest(ctx context.Context, oct8neVisitor string) (v *Visitor, cookie string, err error) {
	value := oct8neValue(oct8neVisitor)
	if value == "" {
		return &Visitor{}, "", nil
	}
	err = s.change(ctx, func(c *change) error {
		_, v, cookie, err = c.insert(ctx, Visitor{Ref: s.NewRef(), Oct8ne: value}, "")
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("keeping a visitor: %w", err)
	}
	return v, cookie, nil
}

// Saw notes that a visitor is here now, and the value of its cookie oct8ne-visitor,
// "" when there is none. It waits for nothing: Run writes it within about ten
// seconds, a value that stays the same once a minute. A guest of whom nothing is
// kept leaves nothing. While very many wait for being written more are passed over.
func (s *Service) Saw(v *Visitor, oct8neVisitor string) {
	if !kept(v) {
		return
	}
	now, value := s.now(), oct8neValue(oct8neVisitor)
	s.seen.mutex.Lock()
	defer s.seen.mutex.Unlock()
	_, waits := s.seen.pending[v.Ref]
	_, written := s.seen.writing[v.Ref]
	switch {
	case !waits && !written && value == v.Oct8ne && now.Sub(v.Seen) < seenEvery:
	case !waits && len(s.seen.pending) >= maxSightings:
		s.seen.dropped++
	default:
		// Both may be parts of a buffer that the web server uses again.
		s.seen.pending[strings.Clone(v.Ref)] = sighting{now, strings.Clone(value)}
	}
}

// flush writes the sightings. What could not be written waits on.
func (s *Service) flush(ctx context.Context) error {
	s.seen.mutex.Lock()
	writing, dropped := s.seen.pending, s.seen.dropped
	s.seen.pending, s.seen.writing, s.seen.dropped = map[string]sighting{}, writing, 0
	s.seen.mutex.Unlock()
	if dropped > 0 {
		s.logger.WarnContext(ctx, "too many visitors came at once to note of all when they were seen", "visits_passed_over", dropped)
	}
	var err error
	refs := slices.Sorted(maps.Keys(writing)) // two processes lock rows in one order
	for batch := range slices.Chunk(refs, flushBatch) {
		if err = s.writeSightings(ctx, batch, writing); err != nil {
			break
		}
		s.seen.mutex.Lock()
		for _, ref := range batch {
			delete(writing, ref)
		}
		s.seen.mutex.Unlock()
	}
	s.seen.mutex.Lock()
	defer s.seen.mutex.Unlock()
	s.seen.writing = nil
	for ref, seen := range writing { // of batches that failed
		if _, newer := s.seen.pending[ref]; !newer && len(s.seen.pending) < maxSightings {
			s.seen.pending[ref] = seen
		}
	}
	if err != nil {
		return fmt.Errorf("writing when visitors were seen: %w", err)
	}
	return nil
}

// writeSightings writes some in one statement. What somebody else wrote in the
// meantime is not overwritten by what is older or the same.
func (s *Service) writeSightings(ctx context.Context, refs []string, seen map[string]sighting) error {
	args := make([]any, 0, 3*len(refs)+1)
	for _, ref := range refs {
		args = append(args, ref, store.Micro(seen[ref].at), seen[ref].oct8ne)
	}
	rows := strings.TrimSuffix(strings.Repeat("(CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT)), ", len(refs)), ", ")
	return s.change(ctx, func(c *change) error {
		_, err := c.exec(ctx, `UPDATE visitors SET seen_at = d.column2, oct8ne = d.column3 FROM (VALUES `+rows+`) AS d
			WHERE visitors.ref = d.column1 AND visitors.seen_at <= d.column2
			AND (visitors.oct8ne <> d.column3 OR visitors.seen_at <= d.column2 - ?)`, append(args, seenEvery.Microseconds())...)
		return err
	})
}

// noted returns what waits for being written of a visitor.
func (s *Service) noted(ref string) (sighting, bool) {
	s.seen.mutex.Lock()
	defer s.seen.mutex.Unlock()
	if seen, found := s.seen.pending[ref]; found {
		return seen, true
	}
	seen, found := s.seen.writing[ref]
	return seen, found
}

// forget drops what waits of a visitor that is no more, and returns it.
func (s *Service) forget(ref string) (sighting, bool) {
	seen, found := s.noted(ref)
	s.seen.mutex.Lock()
	defer s.seen.mutex.Unlock()
	delete(s.seen.pending, ref)
	return seen, found
}

// present is a visitor with when it was seen, and in which chat.
type present struct {
	ref string
	sighting
}

// presents reads visitors by a query that returns ref, oct8ne and seen_at, and
// lets what is not written yet count.
func (s *Service) presents(ctx context.Context, query string, args ...any) ([]present, error) {
	s.queries.Add(1)
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(query), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []present
	for rows.Next() {
		var p present
		var at int64
		if err := rows.Scan(&p.ref, &p.oct8ne, &at); err != nil {
			return nil, err
		}
		p.at = store.Time(at)
		if seen, found := s.noted(p.ref); found && !seen.at.Before(p.at) {
			p.sighting = seen
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// LiveCustomers returns the values of the cookie oct8ne-visitor, each once, of
// visitors who are in a chat, were seen within the last half hour, and are the
// customer of ONe's with one of these ids: their Customer.OneCustomerID is one, or
// the login that they signed in with at the wholesaler's. An id of the shop's own
// is none: the shop counts from 1, as ONe may. What another process has seen counts
// about ten seconds later.
func (s *Service) LiveCustomers(ctx context.Context, ids []string) ([]string, error) {
	asked := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" || !storable(id) })
	slices.Sort(asked)
	live := map[string]bool{}
	since := s.now().Add(-liveFor)
	for some := range slices.Chunk(slices.Compact(asked), maxAsked) {
		marks := store.Marks(len(some))
		args := make([]any, 0, len(some)+1)
		for _, id := range some {
			args = append(args, id)
		}
		args = append(args, s.expired())
		const columns = "SELECT ref, oct8ne, seen_at FROM visitors WHERE "
		found, err := s.presents(ctx, columns+"wholesaler AND customer_id <> '' AND customer_id IN "+marks+" AND seen_at > ? UNION "+
			columns+"one_customer_id <> '' AND one_customer_id IN "+marks+" AND seen_at > ?", append(args, args...)...)
		if err != nil {
			return nil, fmt.Errorf("looking up who of the customers is here: %w", err)
		}
		for _, p := range found {
			if p.oct8ne != "" && !p.at.Before(since) {
				live[p.oct8ne] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(live)), nil
}

// CustomerByEmail returns the refs of visitors who are signed in as a customer of
// the wholesaler with this e-mail address, in any letter case; who was seen last
// comes first. At most a hundred.
func (s *Service) CustomerByEmail(ctx context.Context, email string) ([]string, error) {
	if email == "" || !storable(email) {
		return nil, nil
	}
	found, err := s.presents(ctx, `SELECT ref, oct8ne, seen_at FROM visitors
		WHERE email_folded <> '' AND email_folded = ? AND wholesaler AND seen_at > ? ORDER BY seen_at DESC, id DESC LIMIT ?`,
		folded(email), s.expired(), maxSameEmail)
	if err != nil {
		return nil, fmt.Errorf("looking up a customer: %w", err)
	}
	slices.SortStableFunc(found, func(a, b present) int { return cmp.Compare(b.at.UnixMicro(), a.at.UnixMicro()) })
	var refs []string
	for _, p := range found {
		refs = append(refs, p.ref)
	}
	return refs, nil
}
