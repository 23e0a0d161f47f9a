package customers

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"octobridge/idosell"
	"octobridge/internal/secret"
)

// SignIn proves login and password with one Authenticate call, two around midnight,
// and then asks who it is: see Person. It holds for ref what renews the session,
// until SignOut; a sign-in that was held for the same ref before is replaced. Its
// error is ErrRefused when login or password are wrong; any other means that nobody
// knows. Attempts are not limited here.
func (s *Service) SignIn(ctx context.Context, ref, login string, password secret.String) (Person, error) {
	if ref == "" {
		return Person{}, errors.New("sign a customer in: there is no ref to hold the session for")
	}
	if login == "" || password.Empty() {
		return Person{}, ErrRefused
	}
	digest := idosell.PasswordDigest(password)
	caller := ctx
	return detached(ctx, s, func(ctx context.Context) (Person, error) {
		// Always a new client: what another one knows proves nothing.
		client, err := s.client(login, digest)
		if err != nil {
			return Person{}, fmt.Errorf("open a client for a customer of the wholesaler: %w", err)
		}
		if err := client.Authenticate(ctx); err != nil {
			s.closeClients(client)
			if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.Kind == idosell.KindLogin {
				return Person{}, ErrRefused
			}
			return Person{}, fmt.Errorf("sign a customer in: %w", withoutWords(err))
		}
		person := s.whoIs(ctx, client, login)
		if caller.Err() != nil { // nobody will know that this has signed in
			s.closeClients(client)
			return Person{}, fmt.Errorf("sign a customer in: %w", context.Cause(caller))
		}
		h := holder{ref: ref, since: s.now(), settled: true}
		if s.hold(h, login, digest, client) == nil {
			return Person{}, ErrClosed
		}
		return person, nil
	})
}

// Keep writes, in the transaction that makes ref's visitor, the encrypted digest
// where there is a key, and the lines that a guest had, to be merged into the
// basket once: see Settle. Where there are none, what still waits for the ref before
// goes over to ref: of the same customer, who signs in again; "" for none. SignIn
// must have been there before. Writing twice is harmless.
func (s *Service) Keep(ctx context.Context, tx *sql.Tx, ref, before string, lines []Line) error {
	s.mu.Lock()
	h := s.holders[ref]
	if h != nil {
		h.settled = len(lines) == 0
	}
	s.mu.Unlock()
	if h == nil {
		return ErrSignedOut
	}
	if s.safe != nil {
		_, err := tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO customer_digests (ref, login, key_id, sealed, signed_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (ref) DO UPDATE SET login = excluded.login, key_id = excluded.key_id, sealed = excluded.sealed, signed_at = excluded.signed_at`),
			ref, h.account.login, s.safe.keyID, s.safe.seal(ref, h.account.login, h.account.digest), h.since.UnixMicro())
		if err != nil {
			return fmt.Errorf("keep what opens a customer's session: %w", err)
		}
	}
	if len(lines) == 0 {
		return s.takeOver(ctx, tx, h, before)
	}
	written, err := json.Marshal(lines)
	if err != nil {
		return fmt.Errorf("keep the lines that a guest had: %w", err)
	}
	_, err = tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO customer_merges (ref, state, lines, held, sent, tries, sent_at) VALUES (?, ?, ?, '[]', '[]', 0, ?)
		ON CONFLICT (ref) DO UPDATE SET state = excluded.state, lines = excluded.lines, held = '[]', sent = '[]', tries = 0, sent_at = excluded.sent_at`),
		ref, waiting, string(written), h.since.UnixMicro())
	if err != nil {
		return fmt.Errorf("keep the lines that a guest had: %w", err)
	}
	return nil
}

// takeOver makes a merge that waits for another ref h's own. Whoever is working on it
// finds no row of theirs any more, and stops; as after a crash, what was sent is
// looked for in the basket before anything is sent again.
func (s *Service) takeOver(ctx context.Context, tx *sql.Tx, h *holder, before string) error {
	if before == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.store.Rebind("UPDATE customer_merges SET ref = ? WHERE ref = ?"), h.ref, before)
	waits := 0
	if err == nil {
		err = tx.QueryRowContext(ctx, s.store.Rebind("SELECT COUNT(*) FROM customer_merges WHERE ref = ?"), h.ref).Scan(&waits)
	}
	if err != nil {
		return fmt.Errorf("keep what waits for a customer's basket: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.settled = waits == 0
	return nil
}

// SignedIn says whether what renews ref's session is still there. It asks at most
// the store, with one query. A row that the key does not open, because it was
// encrypted with another, is left alone: the customer is not signed in, and the
// log says so once.
func (s *Service) SignedIn(ctx context.Context, ref string) bool {
	_, err := s.holder(ctx, ref)
	if err != nil && !errors.Is(err, ErrSignedOut) {
		s.logger.WarnContext(ctx, "whether a customer is signed in cannot be looked up", "error", err)
	}
	return err == nil
}

// holder finds who is signed in as ref: in memory, else in the store. ErrSignedOut:
// nobody.
func (s *Service) holder(ctx context.Context, ref string) (*holder, error) {
	for {
		s.mu.Lock()
		h, closed := s.holders[ref], s.closed
		s.mu.Unlock()
		switch {
		case closed:
			return nil, ErrClosed
		case h != nil:
			return h, nil
		case s.safe == nil || ref == "":
			return nil, ErrSignedOut
		}
		signOuts := s.signOuts.Load()
		h, err := s.load(ctx, ref)
		if err != nil {
			return nil, err
		}
		if s.signOuts.Load() == signOuts {
			return h, nil
		}
		// Somebody signed out since the row was read: perhaps this one.
		s.dropHolder(h)
	}
}

// dropHolder forgets a holder, unless another one is in its place by now.
func (s *Service) dropHolder(h *holder) {
	s.mu.Lock()
	var closing []Wholesaler
	if s.holders[h.ref] == h {
		closing = s.drop(h.ref)
	}
	s.mu.Unlock()
	s.closeClients(closing...)
}

// load takes a sign-in from the store into memory.
func (s *Service) load(ctx context.Context, ref string) (*holder, error) {
	var login, keyID string
	var sealed []byte
	var signedAt int64
	var state sql.NullString
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind(`SELECT d.login, d.key_id, d.sealed, d.signed_at, m.state
		FROM customer_digests d LEFT JOIN customer_merges m ON m.ref = d.ref WHERE d.ref = ?`), ref).
		Scan(&login, &keyID, &sealed, &signedAt, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrSignedOut
	}
	if err != nil {
		return nil, fmt.Errorf("look a customer's session up: %w", err)
	}
	digest, opened := s.safe.open(ref, login, sealed)
	if !opened {
		s.wrongKey.Do(func() {
			s.logger.WarnContext(ctx, "what opens customers' sessions was encrypted with another key: they have to sign in again, unless visitors.encryption_key is set to it",
				"sameKey", keyID == s.safe.keyID)
		})
		return nil, ErrSignedOut
	}
	h := s.hold(holder{ref: ref, since: time.UnixMicro(signedAt), settled: !state.Valid || state.String == left, left: state.String == left}, login, digest, nil)
	if h == nil {
		return nil, ErrClosed
	}
	return h, nil
}

// SignOut forgets ref: in the store and in memory, with what waits to be merged.
// Other processes have it in memory until Expire. After an error the store may
// still have it; a second call does nothing else.
func (s *Service) SignOut(ctx context.Context, ref string) error { return s.forget(ctx, ref) }

// forget deletes refs from the store and drops them from memory, in this order: who
// has read a row before sees that there was a sign-out when memory is clean again.
func (s *Service) forget(ctx context.Context, refs ...string) error {
	err := s.delete(ctx, refs...)
	s.signOuts.Add(1)
	s.mu.Lock()
	var closing []Wholesaler
	for _, ref := range refs {
		closing = append(closing, s.drop(ref)...)
	}
	s.mu.Unlock()
	s.closeClients(closing...)
	for _, ref := range refs {
		s.forgot(ref)
	}
	return err
}

// delete deletes the rows of refs.
func (s *Service) delete(ctx context.Context, refs ...string) error {
	err := s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		for _, ref := range refs {
			for _, table := range []string{"customer_digests", "customer_merges"} {
				if _, err := tx.ExecContext(ctx, s.store.Rebind("DELETE FROM "+table+" WHERE ref = ?"), ref); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget what opens a customer's session: %w", err)
	}
	return nil
}

// signOutRefused forgets all who signed in with a password that the wholesaler
// does not accept any more.
func (s *Service) signOutRefused(ctx context.Context, a *account) {
	s.mu.Lock()
	refs := slices.Collect(maps.Keys(a.refs))
	s.mu.Unlock()
	s.logger.InfoContext(ctx, "the wholesaler does not accept a customer's password any more: signed out", "sessions", len(refs))
	if err := s.forget(ctx, refs...); err != nil {
		s.logger.WarnContext(ctx, "a customer whose password is not accepted any more is still in the store", "error", err)
	}
}
