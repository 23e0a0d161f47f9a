package one

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// markTime is how long marking may take when the process ends.
const markTime = 10 * time.Second

// Passed is what the shop is told of an event that is passed on (RulePass): the data
// of the webhook "one.cart_opened", "one.client_logged" or "one.offer_opened". The
// event's body is never in it.
type Passed struct {
	EventID    int64   `json:"eventId"`
	Kind       Kind    `json:"kind"`
	Customer   string  `json:"customer"`
	Cart       string  `json:"cart,omitempty"`
	Offer      string  `json:"offer,omitempty"`
	Meaning    Meaning `json:"meaning,omitempty"` // of a ClientLogged
	ReceivedAt string  `json:"receivedAt"`        // RFC 3339, UTC
}

// unpublished is the error of an event that could not be passed on.
type unpublished struct {
	event int64
	err   error
}

func (u *unpublished) Error() string { return fmt.Sprintf("pass event %d on: %v", u.event, u.err) }
func (u *unpublished) Unwrap() error { return u.err }

// mark stores what came of some lines, in one transaction, and tells of it. An
// event that is not new any more, because another instance has worked it, is left as
// it is. Stopping does not cut it off: what was done should not be done again.
//
// An event that cannot be passed on is one that failed, and holds up no other
// customer. An error says that nothing was stored.
func (s *Service) mark(ctx context.Context, lines []*line) error {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l *line) bool { return len(l.results) == 0 })
	if len(lines) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	// The order of rows is always the same, so that two do not wait for each other.
	slices.SortFunc(lines, func(a, b *line) int { return cmp.Compare(a.events[0].ID, b.events[0].ID) })
	for {
		var marked []result
		err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) (err error) {
			if marked, err = s.markIn(ctx, tx, lines); err == nil {
				s.options.Step("before commit worked")
			}
			return err
		})
		if err == nil {
			s.options.Step("after commit worked")
			s.announce(ctx, marked)
			return nil
		}
		var failed *unpublished
		if !errors.As(err, &failed) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFull) || ctx.Err() != nil || !s.unmark(lines, failed) {
			return fmt.Errorf("store what came of events: %w", err)
		}
	}
}

// unmark makes an event one that failed which could not be passed on. What came
// after it in its line is forgotten, unless it is given up.
func (s *Service) unmark(lines []*line, failed *unpublished) bool {
	for _, l := range lines {
		for i := range l.results {
			if r := &l.results[i]; r.event.ID == failed.event && r.state == Done {
				*r = s.failing(*r, true, 0, "it could not be passed on to the shop: see the log", failed.err.Error())
				if r.state == Waiting {
					l.results = l.results[:i+1]
				}
				return true
			}
		}
	}
	return false
}

// change is what an event becomes; equal ones are written by one statement.
type change struct {
	state    State
	meaning  Meaning
	outcome  string
	attempts int
	due      int64 // of a new one
}

// markIn marks lines in a transaction, and returns what was marked.
func (s *Service) markIn(ctx context.Context, tx *sql.Tx, lines []*line) ([]result, error) {
	var ids []int64
	var customers []string
	for _, l := range lines {
		for i := range l.results {
			ids = append(ids, l.results[i].event.ID)
			customers = append(customers, l.results[i].event.Customer)
		}
	}
	still, err := s.stillNew(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	known, err := s.hear(ctx, tx, customers)
	if err != nil {
		return nil, err
	}
	now := s.now()
	changes := map[change][]int64{}
	marked := make([]result, 0, len(ids))
	for _, l := range lines {
		for _, r := range l.results {
			if !still[r.event.ID] {
				continue
			}
			s.settle(&r, known, now)
			if err := s.passOn(ctx, tx, &r); err != nil {
				return nil, err
			}
			if err := s.keepOffer(ctx, tx, &r); err != nil {
				return nil, err
			}
			c := change{r.event.State, r.event.Meaning, r.event.Outcome, r.event.Attempts, store.Micro(r.due)}
			changes[c] = append(changes[c], r.event.ID)
			marked = append(marked, r)
		}
	}
	if err := s.write(ctx, tx, changes, now); err != nil {
		return nil, err
	}
	return marked, s.keepHeard(ctx, tx, known)
}

// settle writes a result into its event, with what a ClientLogged means, also where
// it was only recorded or has failed: judged by when it came, however late it is
// worked. One that is worked again keeps what it meant before.
func (s *Service) settle(r *result, known *hearing, now time.Time) {
	e := &r.event
	e.State, e.Outcome, e.Attempts = r.state, r.outcome, r.attempts
	if e.State == Waiting {
		e.DueAt = r.due
		return
	}
	e.WorkedAt = now
	if e.Flag != FlagNone || e.Customer == "" {
		return
	}
	if e.Kind == ClientLogged {
		words := map[Meaning]string{Login: "logged in", Return: "returned"}[e.Meaning]
		if e.Meaning == "" { // else it was settled before, and would be compared with itself
			e.Meaning, words = known.of(e.Customer).means(e.ReceivedAt, s.options.Session)
		}
		if e.State == Done {
			e.Outcome = words + "; " + e.Outcome
		}
	}
	known.note(e)
}

// passOn passes an event on to the shop where the rule says so.
func (s *Service) passOn(ctx context.Context, tx *sql.Tx, r *result) error {
	e := &r.event
	if e.State != Done || s.rule(e.Kind) != RulePass || s.options.Publish == nil {
		return nil
	}
	kind := "one." + strings.ReplaceAll(string(e.Kind), "-", "_")
	err := s.options.Publish(ctx, tx, kind, e.Customer, Passed{
		EventID: e.ID, Kind: e.Kind, Customer: e.Customer, Cart: e.Cart, Offer: e.Offer, Meaning: e.Meaning, ReceivedAt: e.ReceivedAt.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return &unpublished{e.ID, err}
	}
	e.Outcome += "; passed on to the shop"
	return nil
}

// stillNew says which of some events are new.
func (s *Service) stillNew(ctx context.Context, tx *sql.Tx, ids []int64) (map[int64]bool, error) {
	still := make(map[int64]bool, len(ids))
	for some := range slices.Chunk(ids, mostParameters) {
		if err := s.stillNewOf(ctx, tx, some, still); err != nil {
			return nil, fmt.Errorf("read which events are new: %w", err)
		}
	}
	return still, nil
}

func (s *Service) stillNewOf(ctx context.Context, tx *sql.Tx, ids []int64, still map[int64]bool) error {
	rows, err := tx.QueryContext(ctx, s.store.Rebind("SELECT id FROM one_events WHERE state = 'new' AND id IN "+store.Marks(len(ids))), anything(ids)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		still[id] = true
	}
	return rows.Err()
}

// write stores changes of events that are new.
func (s *Service) write(ctx context.Context, tx *sql.Tx, changes map[change][]int64, now time.Time) error {
	all := slices.SortedFunc(maps.Keys(changes), func(a, b change) int { return cmp.Compare(changes[a][0], changes[b][0]) })
	for _, c := range all {
		when, at := "worked_at", store.Micro(now)
		if c.state == Waiting {
			when, at = "due_at", c.due
		}
		for some := range slices.Chunk(changes[c], mostParameters) {
			args := append([]any{c.state, c.meaning, c.outcome, c.attempts, at}, anything(some)...)
			done, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE one_events SET state = ?, meaning = ?, outcome = ?, attempts = ?, "+when+
				" = ? WHERE state = 'new' AND id IN "+store.Marks(len(some))), args...)
			if err != nil {
				return fmt.Errorf("mark events: %w", err)
			}
			if n, err := done.RowsAffected(); err != nil || n != int64(len(some)) {
				// They were new in this transaction.
				return errors.Join(fmt.Errorf("mark events: %d of %d were new", n, len(some)), err)
			}
		}
	}
	return nil
}

// announce tells of what was marked, after the commit.
func (s *Service) announce(ctx context.Context, marked []result) {
	var problems int
	var first *result
	for i := range marked {
		r := &marked[i]
		if r.cause != "" {
			if problems++; first == nil {
				first = r
			}
		}
		if r.event.State == Waiting {
			continue
		}
		s.options.Observe(r.event.Kind, string(r.event.State))
		if r.event.State == Done && (len(r.visitors) > 0 || r.offer != nil) {
			s.options.Told(r.event, r.visitors, r.offer)
		}
	}
	if first != nil {
		s.logger.WarnContext(ctx, "events of ONe's could not be worked: octobridge one events list shows which are tried again and which were given up",
			"events", problems, "first", first.event.ID, "kind", first.event.Kind, "state", first.event.State, "problem", first.cause)
	}
}
