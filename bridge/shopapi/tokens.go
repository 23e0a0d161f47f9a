package shopapi

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	tokenPrefix  = "obt_"
	tokenBytes   = 32
	rememberFor  = 5 * time.Second // how long a token that was found good is not looked up again
	touchEvery   = time.Minute     // how often the time of its last use is written
	touchTimeout = 5 * time.Second
)

var (
	// ErrBadToken says that a token cannot be made as asked: what follows says why.
	ErrBadToken = errors.New("the token cannot be made")
	// ErrNameTaken says that another token has the name.
	ErrNameTaken = errors.New("another token has this name: revoke it first, or choose another name")
	// ErrNoToken says that there is no such token.
	ErrNoToken = errors.New("there is no token with this id or name: octobridge token list shows them")
	// ErrRefused says that a request brought no token that is good.
	ErrRefused = errors.New("the API token is missing, unknown or revoked")
)

// Token is what is known of a token; not the token itself.
type Token struct {
	ID         int64     `json:"id"`
	Name       string    `json:"name"`
	Scopes     []Scope   `json:"scopes"`
	CreatedAt  time.Time `json:"createdAt"`           // UTC, as all times
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"` // to the minute; zero: never
	RevokedAt  time.Time `json:"revokedAt,omitzero"`  // zero: it is good
}

// Has says whether the token allows something.
func (t *Token) Has(scope Scope) bool { return slices.Contains(t.Scopes, scope) }

// Tokens keeps the tokens. Its methods may be called by many goroutines, and on
// PostgreSQL by several processes. Close it in the end.
type Tokens struct {
	store  *store.Store
	now    func() time.Time
	logger *slog.Logger

	mutex      sync.Mutex
	good       map[string]remembered // by hash
	changes    int                   // revocations so far: what was looked up before one is not remembered after it
	touched    map[int64]time.Time   // when the last use was last written, by id
	closed     bool
	writing    sync.WaitGroup
	inProgress map[int64]bool
}

type remembered struct {
	token Token
	until time.Time
}

// NewTokens prepares the table of tokens. now is the clock, nil: the system's;
// logger may be nil.
func NewTokens(ctx context.Context, s *store.Store, now func() time.Time, logger *slog.Logger) (*Tokens, error) {
	if err := Migrate(ctx, s); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Tokens{store: s, now: now, logger: logger, good: map[string]remembered{}, touched: map[int64]time.Time{}, inProgress: map[int64]bool{}}, nil
}

// Migrate brings the table of tokens up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "shopapi", migrations); err != nil {
		return fmt.Errorf("preparing the table of API tokens: %w", err)
	}
	return nil
}

// Close waits until the times of last uses are written, at most five seconds.
// None is written after it. A second call does nothing.
func (t *Tokens) Close() {
	t.mutex.Lock()
	t.closed = true
	t.mutex.Unlock()
	t.writing.Wait()
}

// Create makes a token and returns it. This is the only time that it can be
// had: what is stored is its SHA-256. The name has 1 to 64 characters, not all
// of them digits, and is no other token's that is good; ErrBadToken, ErrNameTaken.
func (t *Tokens) Create(ctx context.Context, name string, scopes []Scope) (secret.String, Token, error) {
	if err := checkName(name); err != nil {
		return secret.String{}, Token{}, err
	}
	scopes, err := checkScopes(scopes)
	if err != nil {
		return secret.String{}, Token{}, err
	}
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails
	text := tokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	token := Token{Name: name, Scopes: scopes, CreatedAt: t.now().UTC().Truncate(time.Microsecond)}
	err = t.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		var taken int
		query := t.store.Rebind("SELECT COUNT(*) FROM api_tokens WHERE name = ? AND revoked_at = 0")
		if err := tx.QueryRowContext(ctx, query, name).Scan(&taken); err != nil {
			return err
		}
		if taken > 0 {
			return ErrNameTaken
		}
		return tx.QueryRowContext(ctx, t.store.Rebind(`INSERT INTO api_tokens (hash, name, scopes, created_at, last_used_at, revoked_at)
			VALUES (?, ?, ?, ?, 0, 0) RETURNING id`), hashOf(text), name, joined(scopes, " "), token.CreatedAt.UnixMicro()).Scan(&token.ID)
	})
	if err != nil {
		return secret.String{}, Token{}, fmt.Errorf("storing the token: %w", err)
	}
	return secret.New(text), token, nil
}

func checkName(name string) error {
	digits := strings.Trim(name, "0123456789") == ""
	if name == "" || digits || utf8.RuneCountInString(name) > 64 || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
		return fmt.Errorf("%w: its name must be one line of 1 to 64 characters, not only digits, without blanks around it", ErrBadToken)
	}
	return nil
}

// List returns all tokens, revoked ones too, oldest first.
func (t *Tokens) List(ctx context.Context) ([]Token, error) {
	rows, err := t.store.DB().QueryContext(ctx, selectTokens+" ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	defer rows.Close()
	list := []Token{}
	for rows.Next() {
		token, err := scanToken(rows)
		if err != nil {
			return nil, fmt.Errorf("reading the tokens: %w", err)
		}
		list = append(list, token)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	return list, nil
}

// Revoke ends a token, given by its id or name, for good: in this process at
// once, in others within five seconds. Of a name that several had, it is the
// newest's. ErrNoToken; safe to repeat: what is revoked already stays as it is.
func (t *Tokens) Revoke(ctx context.Context, idOrName string) (Token, error) {
	where, key := "name = ?", any(idOrName)
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		where, key = "id = ?", id
	}
	var token Token
	err := t.store.TxRepeatable(ctx, func(tx *sql.Tx) (err error) {
		token, err = scanToken(tx.QueryRowContext(ctx, t.store.Rebind(selectTokens+" WHERE "+where+" ORDER BY id DESC LIMIT 1"), key))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoToken
		}
		if err != nil || !token.RevokedAt.IsZero() {
			return err
		}
		token.RevokedAt = t.now().UTC().Truncate(time.Microsecond)
		_, err = tx.ExecContext(ctx, t.store.Rebind("UPDATE api_tokens SET revoked_at = ? WHERE id = ?"), token.RevokedAt.UnixMicro(), token.ID)
		return err
	})
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.changes++ // after an unknown outcome, too
	clear(t.good)
	if err != nil {
		return Token{}, fmt.Errorf("revoking the token: %w", err)
	}
	return token, nil
}

// Authenticate returns the token in an Authorization header, ErrRefused where
// there is none that is good. An unknown and a revoked one take the same way.
func (t *Tokens) Authenticate(ctx context.Context, authorization string) (Token, error) {
	text, ok := bearer(authorization)
	if !ok {
		return Token{}, ErrRefused
	}
	hash := hashOf(text)
	now := t.now()
	t.mutex.Lock()
	known, found := t.good[hash]
	changes := t.changes
	t.mutex.Unlock()
	if found && now.Before(known.until) {
		t.touch(&known.token, now)
		return known.token, nil
	}
	token, err := scanToken(t.store.DB().QueryRowContext(ctx, t.store.Rebind(selectTokens+" WHERE hash = ?"), hash))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Token{}, fmt.Errorf("looking up an API token: %w", err)
	}
	refused := err != nil || !token.RevokedAt.IsZero()
	t.mutex.Lock()
	switch {
	case refused:
		delete(t.good, hash)
	case changes == t.changes:
		t.good[hash] = remembered{token, now.Add(rememberFor)}
	}
	t.mutex.Unlock()
	if refused {
		return Token{}, ErrRefused
	}
	t.touch(&token, now)
	return token, nil
}

// bearer takes the token out of an Authorization header; false where it cannot
// be one of ours.
func bearer(authorization string) (string, bool) {
	scheme, text, found := strings.Cut(authorization, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	text = strings.TrimLeft(text, " ")
	random, ours := strings.CutPrefix(text, tokenPrefix)
	if !ours || len(random) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return "", false
	}
	return text, true
}

// touch writes when a token was used, beside the request: at most once a minute,
// and what fails is only logged.
func (t *Tokens) touch(token *Token, now time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	last, known := t.touched[token.ID]
	if !known {
		last = token.LastUsedAt
	}
	if now.Sub(last) < touchEvery || t.inProgress[token.ID] || t.closed {
		return
	}
	t.touched[token.ID], t.inProgress[token.ID] = now, true
	id := token.ID
	t.writing.Go(func() {
		// Beside the request, and so without its context: Close waits for it.
		ctx, cancel := context.WithTimeout(context.Background(), touchTimeout)
		defer cancel()
		err := t.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, t.store.Rebind("UPDATE api_tokens SET last_used_at = ? WHERE id = ?"), now.UnixMicro(), id)
			return err
		})
		if err != nil {
			t.logger.Warn("the last use of an API token could not be written", "token", id, "error", err)
		}
		t.mutex.Lock()
		defer t.mutex.Unlock()
		delete(t.inProgress, id)
	})
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

const selectTokens = "SELECT id, name, scopes, created_at, last_used_at, revoked_at FROM api_tokens"

func scanToken(row interface{ Scan(...any) error }) (Token, error) {
	var token Token
	var scopes string
	var created, used, revoked int64
	if err := row.Scan(&token.ID, &token.Name, &scopes, &created, &used, &revoked); err != nil {
		return Token{}, err
	}
	token.Scopes = separated(scopes)
	token.CreatedAt, token.LastUsedAt, token.RevokedAt = store.Time(created), store.Time(used), store.Time(revoked)
	return token, nil
}
