package idosell

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// SessionLifetime is how long a sessionKey lives (CustomerAPI page); the gate
// may say otherwise.
const SessionLifetime = 15 * time.Minute

const (
	renewAhead     = time.Minute // a session that ends sooner is renewed before it is used
	aroundMidnight = 10 * time.Minute
	firstRefusal   = 75 * time.Second // at most three Authenticate calls in a minute with a wrong password, two of them around midnight
	longestRefusal = 15 * time.Minute
	otherRefusal   = 30 * time.Second // after a refusal of Authenticate that is not about the password
	uselessFor     = time.Minute      // how long a gate that refuses even a new session is not worth another one
)

// Session is a sessionKey and how long it is good for.
type Session struct {
	Key       Secret
	ExpiresAt time.Time
}

// fresh says whether the session can be used at a moment, with some time left
// for the call.
func (s Session) fresh(now time.Time) bool {
	return !s.Key.Empty() && now.Add(renewAhead).Before(s.ExpiresAt)
}

// SessionStore keeps the session of each account, so that all clients of an
// account, also in other processes, share one. account is an opaque key.
type SessionStore interface {
	// Load returns the kept session, the zero Session when there is none.
	Load(ctx context.Context, account string) (Session, error)
	// Save keeps a session in place of the one before. Saving twice is harmless.
	Save(ctx context.Context, account string, session Session) error
	// Lock makes the caller the only one who renews the account's session until
	// it calls unlock. It waits for its turn, at most until ctx ends.
	Lock(ctx context.Context, account string) (unlock func(), err error)
}

// NewMemorySessions returns a SessionStore for the clients of one process.
func NewMemorySessions() SessionStore {
	return &memorySessions{sessions: map[string]Session{}, locks: map[string]chan struct{}{}}
}

type memorySessions struct {
	mu       sync.Mutex
	sessions map[string]Session
	locks    map[string]chan struct{}
}

func (m *memorySessions) Load(_ context.Context, account string) (Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[account], nil
}

func (m *memorySessions) Save(_ context.Context, account string, session Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[account] = session
	return nil
}

func (m *memorySessions) Lock(ctx context.Context, account string) (func(), error) {
	m.mu.Lock()
	lock := m.locks[account]
	if lock == nil {
		lock = make(chan struct{}, 1)
		m.locks[account] = lock
	}
	m.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// neighbour returns the other day on which the wholesaler's clock may be when
// ours is close to midnight there.
func neighbour(now time.Time) (time.Time, bool) {
	before, after := now.Add(-aroundMidnight), now.Add(aroundMidnight)
	switch {
	case before.Day() != now.Day():
		return before, true
	case after.Day() != now.Day():
		return after, true
	}
	return time.Time{}, false
}

// sessions holds the session of one client's account.
type sessions struct {
	client *Client

	mu       sync.Mutex
	current  Session
	refusals int       // wrong passwords in a row
	notUntil time.Time // no Authenticate before this moment
	refusal  *Error
	renewals atomic.Int64            // that were begun
	useless  map[Operation]time.Time // gates that refused a new session, and until when that counts
}

// worthRenewing says whether a new session may help after a gate has refused
// one. Where it refused a new one a moment ago it is not the session: asking for
// one after the other would only get the account blocked.
func (s *sessions) worthRenewing(op Operation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.client.now().Before(s.useless[op])
}

func (s *sessions) setUseless(op Operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.useless == nil {
		s.useless = map[Operation]time.Time{}
	}
	s.useless[op] = s.client.now().Add(uselessFor)
}

// sessionKey is a key to call gates with.
type sessionKey struct {
	Secret
	adopted bool // somebody else got it, perhaps before the sessions were revoked

	renewal int64 // of this process, that brought it
}

// key returns a session key that is good for a while, renewing it first when
// needed. However many callers come at once, one of them renews for all.
func (s *sessions) key(ctx context.Context) (sessionKey, error) {
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	if current.fresh(s.client.now()) {
		return sessionKey{Secret: current.Key}, nil
	}
	return s.renew(ctx, current.Key)
}

// renew replaces the key stale, which ran out or was refused, and returns the
// new one; when somebody else has replaced it already, theirs.
func (s *sessions) renew(ctx context.Context, stale Secret) (sessionKey, error) {
	before := s.renewals.Load()
	key, err := shared(ctx, s.client, "session", func(ctx context.Context) (sessionKey, error) {
		renewal := s.renewals.Add(1)
		s.mu.Lock()
		current := s.current
		s.mu.Unlock()
		if s.usable(current, stale) {
			return sessionKey{current.Key, true, renewal}, nil
		}
		kept, adopted, err := s.replace(ctx, stale)
		if err != nil {
			return sessionKey{}, err
		}
		s.mu.Lock()
		s.current = kept
		s.mu.Unlock()
		return sessionKey{kept.Key, adopted, renewal}, nil
	})
	// One that was under way when this caller was refused may have begun before
	// the wholesaler forgot its sessions.
	key.adopted = key.adopted || key.renewal <= before
	return key, err
}

// replace gets a session in place of the one with the key stale: another
// instance's, or a new one that it keeps for the others. A store that fails, or
// that makes this wait longer than for an answer of the wholesaler's, does not
// stand in the way: each instance then gets a session of its own.
func (s *sessions) replace(ctx context.Context, stale Secret) (session Session, adopted bool, err error) {
	store, account := s.client.sessionStore, s.client.account
	storeCtx, cancel := context.WithTimeout(ctx, s.client.timeout)
	defer cancel()
	unlock, err := store.Lock(storeCtx, account)
	if err != nil {
		if ctx.Err() != nil {
			return Session{}, false, s.storeError(err)
		}
		s.client.logger.WarnContext(ctx, "the session cannot be shared with other instances", "step", "lock", "error", err)
		session, err = s.authenticate(ctx)
		return session, false, err
	}
	defer unlock()
	kept, err := store.Load(storeCtx, account)
	if err != nil {
		if ctx.Err() != nil {
			return Session{}, false, s.storeError(err)
		}
		s.client.logger.WarnContext(ctx, "the session cannot be shared with other instances", "step", "load", "error", err)
	} else if s.usable(kept, stale) {
		return kept, true, nil
	}
	if session, err = s.authenticate(ctx); err != nil {
		return Session{}, false, err
	}
	if err := store.Save(ctx, account, session); err != nil {
		s.client.logger.WarnContext(ctx, "the session cannot be shared with other instances", "step", "save", "error", err)
	}
	return session, false, nil
}

func (s *sessions) usable(session Session, stale Secret) bool {
	return session.fresh(s.client.now()) && !session.Key.Equal(stale)
}

func (s *sessions) storeError(err error) error {
	spec := s.client.gates.Gate(OpAuthenticate)
	return &Error{Operation: OpAuthenticate, Gate: spec.Name(), Kind: kindOfContext(err, KindRequest), SendAgain: SendAgainYes,
		Err: fmt.Errorf("waiting for the shared session: %w", err), Advice: "Check the database that keeps the session"}
}

type loginParams struct {
	Login     string `gate:"login"`
	SystemKey string `gate:"systemKey"`
}

type sessionParams struct {
	SessionKey      string `gate:"sessionKey"`
	DropshippingKey string `gate:"dropshippingKey"`
}

type sessionAnswer struct {
	SessionKey string `gate:"sessionKey"`
	Lifetime   int64  `gate:"lifetime"`
}

// authenticate gets a new session. A login fault is answered by one more try
// with another day where the wholesaler's clock may be there: its Date header
// says so, or it is within ten minutes of midnight. After a refusal it waits,
// longer each time, so that a wrong password does not get the account blocked;
// after any other failure that is no passing one it waits, too.
func (s *sessions) authenticate(ctx context.Context) (Session, error) {
	s.mu.Lock()
	refusal, until := s.refusal, s.notUntil
	s.mu.Unlock()
	if wait := until.Sub(s.client.now()); refusal != nil && wait > 0 {
		again := *refusal
		again.RetryAfter = wait
		again.Advice = fmt.Sprintf("%s; the next attempt is at %s", again.Advice, until.In(s.client.zone).Format("15:04:05 MST"))
		return Session{}, &again
	}
	day := s.client.now().In(s.client.zone)
	session, serverTime, err := s.authenticateOn(ctx, day)
	refused := isLoginFault(err)
	if refused {
		if other, ok := s.otherDay(day, serverTime); ok {
			session, _, err = s.authenticateOn(ctx, other)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure, ok := errors.AsType[*Error](err); ok && (refused || failure.SendAgain == SendAgainNo) {
		wait := otherRefusal
		if refused {
			wait = min(firstRefusal<<min(s.refusals, 10), longestRefusal)
			s.refusals++
		}
		s.refusal, s.notUntil = failure, s.client.now().Add(wait)
		failure.RetryAfter = wait
		return Session{}, failure
	}
	if err == nil {
		s.refusals, s.refusal = 0, nil
	}
	return session, err
}

// otherDay is the day to try after a refusal.
func (s *sessions) otherDay(day, serverTime time.Time) (time.Time, bool) {
	if !serverTime.IsZero() {
		if there := serverTime.In(s.client.zone); there.YearDay() != day.YearDay() || there.Year() != day.Year() {
			return there, true
		}
	}
	return neighbour(day)
}

func isLoginFault(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Code == FaultLogin
}

// authenticateOn asks for a session with the key of one day. The second result
// is the wholesaler's clock, zero when it did not tell.
func (s *sessions) authenticateOn(ctx context.Context, day time.Time) (Session, time.Time, error) {
	c := s.client
	spec := c.gates.Gate(OpAuthenticate)
	key := systemKey(c.digest, day)
	body, err := envelope{spec: spec, authenticate: loginParams{c.login, key.Reveal()}, zone: c.zone}.bytes()
	if err != nil {
		return Session{}, time.Time{}, c.requestError(spec, err)
	}
	asked := c.now()
	reply, err := c.retried(ctx, spec, body, key)
	var serverTime time.Time
	if reply != nil {
		serverTime = reply.date
	}
	if err != nil {
		return Session{}, serverTime, err
	}
	var out sessionAnswer
	if err := decodeInto(reply.answer, &out, spec, c.zone); err != nil {
		return Session{}, serverTime, c.unreadable(spec, reply, err)
	}
	if out.SessionKey == "" {
		return Session{}, serverTime, c.unreadable(spec, reply, errors.New("it has no session key"))
	}
	lifetime := SessionLifetime
	if out.Lifetime > 0 && out.Lifetime < 24*3600 {
		lifetime = time.Duration(out.Lifetime) * time.Second
	}
	if lifetime < 2*renewAhead {
		// It would count as run out at once or soon, and every call would ask for
		// another one: half of such a short life is used.
		lifetime = lifetime/2 + renewAhead
	}
	return Session{Key: NewSecret(out.SessionKey), ExpiresAt: asked.Add(lifetime)}, serverTime, nil
}

// SessionUntil is when the present session ends, the zero time when there is none
// yet. The wholesaler may end it sooner.
func (c *Client) SessionUntil() time.Time {
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	return c.sessions.current.ExpiresAt
}

// Renew gets a new session although the present one may still be good: call it
// regularly, more often than every 15 minutes, so that no caller has to wait
// for it. Calls at the same time are one.
func (c *Client) Renew(ctx context.Context) error {
	c.sessions.mu.Lock()
	stale := c.sessions.current.Key
	c.sessions.mu.Unlock()
	if _, err := c.sessions.renew(ctx, stale); err != nil {
		return c.asError(c.gates.Gate(OpAuthenticate), err)
	}
	return nil
}

// Authenticate gets a new session from the wholesaler, whatever the SessionStore
// keeps: unlike Renew, it proves that login and password are right. It makes one
// call, and a second one around midnight; calls at the same time are one. The
// error's Kind is KindLogin when login or password are wrong.
func (c *Client) Authenticate(ctx context.Context) error {
	_, err := shared(ctx, c, "authenticate", func(ctx context.Context) (struct{}, error) {
		session, err := c.sessions.authenticate(ctx)
		if err != nil {
			return struct{}{}, err
		}
		c.sessions.mu.Lock()
		c.sessions.current = session
		c.sessions.mu.Unlock()
		if err := c.sessionStore.Save(ctx, c.account, session); err != nil {
			c.logger.WarnContext(ctx, "the session cannot be shared with other instances", "step", "save", "error", err)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return c.asError(c.gates.Gate(OpAuthenticate), err)
	}
	return nil
}
