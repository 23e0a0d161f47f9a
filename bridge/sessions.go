package bridge

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

//go:embed migrations/*.sql
var migrations embed.FS

// sessionStore keeps the wholesaler's sessions in the database, so that all
// instances of the service use one and a restart does not need a new one. It is
// an idosell.SessionStore.
type sessionStore struct {
	store  *store.Store
	logger *slog.Logger
}

// openSessions makes the table of sessions when it is missing.
func openSessions(ctx context.Context, s *store.Store, logger *slog.Logger) (*sessionStore, error) {
	if err := s.MigrateFrom(ctx, "bridge", migrations); err != nil {
		return nil, fmt.Errorf("preparing the database: %w", err)
	}
	return &sessionStore{store: s, logger: logger}, nil
}

// Load implements idosell.SessionStore.
func (s *sessionStore) Load(ctx context.Context, account string) (idosell.Session, error) {
	var key string
	var expires int64
	err := s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT session_key, expires_at FROM idosell_sessions WHERE account = ?"), account).Scan(&key, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return idosell.Session{}, nil
	}
	if err != nil {
		return idosell.Session{}, err
	}
	return idosell.Session{Key: idosell.NewSecret(key), ExpiresAt: time.UnixMicro(expires)}, nil
}

// Save implements idosell.SessionStore.
func (s *sessionStore) Save(ctx context.Context, account string, session idosell.Session) error {
	return s.store.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO idosell_sessions (account, session_key, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (account) DO UPDATE SET session_key = excluded.session_key, expires_at = excluded.expires_at`),
			account, session.Key.Reveal(), session.ExpiresAt.UnixMicro())
		return err
	})
}

// Lock implements idosell.SessionStore.
func (s *sessionStore) Lock(ctx context.Context, account string) (func(), error) {
	unlock, err := s.store.Lock(ctx, "idosell-session:"+account)
	if err != nil {
		return nil, err
	}
	return func() {
		// A lock that was lost means at the worst one Authenticate call more.
		if err := unlock(); err != nil {
			s.logger.Warn("the lock of the wholesaler's session was not held to its end", "error", err)
		}
	}, nil
}
