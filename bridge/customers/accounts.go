package customers

import (
	"container/list"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"octobridge/internal/secret"
)

type secretText = secret.String

// account is a login with a password that was right, and what is known of it. It
// is shared by all who signed in with both.
type account struct {
	name   string // opaque: nothing of the login can be found in it
	login  string
	digest secretText
	refs   map[string]*holder // guarded by Service.mu

	lease *lease // nil: no client is open; guarded by Service.mu

	known      *knownBasket // guarded by Service.mu; nil while none was read
	generation int64        // grows with each change of ours; guarded by Service.mu
}

// holder is one visitor who is signed in. Its fields are guarded by Service.mu.
type holder struct {
	ref     string
	account *account
	since   time.Time
	settled bool      // nothing is on its way into the basket
	left    bool      // something is to be told: see Service.Basket
	retryAt time.Time // when merging is tried again
}

// lease is an open client and how many are using it: it is not closed before they
// are done. Guarded by Service.mu.
type lease struct {
	wholesaler Wholesaler
	account    *account
	users      int
	retired    bool          // to be closed by the last user
	place      *list.Element // in Service.open
}

// accountName names the account of a login with a password, and lockName the lock
// of the basket of a login, which all passwords share.
func (s *Service) accountName(login string, digest secretText) string {
	mac := hmac.New(sha256.New, s.salt[:])
	_, _ = fmt.Fprintf(mac, "%d\n%s\n%s", len(login), login, digest.Reveal())
	return hex.EncodeToString(mac.Sum(nil))
}

// lockName does not hold the login: the store's errors name their locks.
func lockName(login string) string {
	sum := sha256.Sum256([]byte(login))
	return "customer-basket:" + hex.EncodeToString(sum[:16])
}

// hold remembers a sign-in, in place of an earlier one with the same ref. A client
// that was opened for it becomes the account's: its session is the newest.
func (s *Service) hold(h holder, login string, digest secretText, opened Wholesaler) *holder {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.closeClients(opened)
		return nil
	}
	var closing []Wholesaler
	if opened == nil {
		if old := s.holders[h.ref]; old != nil {
			s.mu.Unlock()
			return old // another request has loaded it meanwhile
		}
	} else {
		closing = s.drop(h.ref)
	}
	name := s.accountName(login, digest)
	a := s.accounts[name]
	if a == nil {
		a = &account{name: name, login: login, digest: digest, refs: map[string]*holder{}}
		s.accounts[name] = a
	}
	h.account = a
	held := &h
	a.refs[h.ref], s.holders[h.ref] = held, held
	if opened != nil {
		closing = append(closing, s.retire(a)...)
		s.lend(a, opened)
		closing = append(closing, s.evict()...)
	}
	s.mu.Unlock()
	s.closeClients(closing...)
	return held
}

// lend makes a client the account's. s.mu is held.
func (s *Service) lend(a *account, opened Wholesaler) {
	a.lease = &lease{wholesaler: opened, account: a}
	a.lease.place = s.open.PushFront(a.lease)
}

// retire takes an account's client away, and returns it if it is to be closed now.
// s.mu is held.
func (s *Service) retire(a *account) []Wholesaler {
	l := a.lease
	if l == nil {
		return nil
	}
	a.lease = nil
	l.retired = true
	s.open.Remove(l.place)
	if l.users > 0 {
		return nil
	}
	return []Wholesaler{l.wholesaler}
}

// evict takes away the clients that were not used for longest, while there are too
// many and nobody is using them. What opens them again is kept; the basket goes.
// s.mu is held.
func (s *Service) evict() (closing []Wholesaler) {
	for at := s.open.Back(); at != nil && s.open.Len() > s.clients; {
		l, before := at.Value.(*lease), at.Prev()
		if l.users == 0 && before != nil {
			l.account.known = nil
			closing = append(closing, s.retire(l.account)...)
		}
		at = before
	}
	return closing
}

// drop forgets a ref, and its account with the last one. s.mu is held.
func (s *Service) drop(ref string) []Wholesaler {
	h := s.holders[ref]
	if h == nil {
		return nil
	}
	delete(s.holders, ref)
	delete(h.account.refs, ref)
	if len(h.account.refs) > 0 {
		return nil
	}
	delete(s.accounts, h.account.name)
	return s.retire(h.account)
}

// visit is the use of an account's client. End it.
type visit struct {
	*Service
	account *account
	lease   *lease

	wholesaler Wholesaler
}

// visitAs visits for a ref, which must still be signed in.
func (s *Service) visitAs(h *holder) (*visit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders[h.ref] != h && !s.closed {
		return nil, ErrSignedOut
	}
	return s.visitLocked(h.account)
}

// visitFor visits for all who share an account.
func (s *Service) visitFor(a *account) (*visit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visitLocked(a)
}

// visitLocked opens the account's client where it is not open. s.mu is held.
func (s *Service) visitLocked(a *account) (*visit, error) {
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.accounts[a.name] != a:
		return nil, ErrSignedOut
	}
	if a.lease == nil {
		opened, err := s.client(a.login, a.digest)
		if err != nil {
			return nil, fmt.Errorf("open a client for a customer of the wholesaler: %w", err)
		}
		s.lend(a, opened)
	}
	l := a.lease
	l.users++
	s.open.MoveToFront(l.place)
	s.running.Add(1)
	return &visit{Service: s, account: a, lease: l, wholesaler: l.wholesaler}, nil
}

// end gives the client back.
func (v *visit) end() {
	defer v.running.Done()
	v.mu.Lock()
	v.lease.users--
	var closing []Wholesaler
	if v.lease.retired && v.lease.users == 0 {
		closing = append(closing, v.lease.wholesaler)
	}
	closing = append(closing, v.evict()...)
	v.mu.Unlock()
	v.closeClients(closing...)
}

func (s *Service) closeClients(clients ...Wholesaler) {
	for _, client := range clients {
		if client == nil {
			continue
		}
		if err := client.Close(); err != nil {
			s.logger.Warn("the client of a customer of the wholesaler could not be closed", "error", err)
		}
	}
}

// closeAll closes every client, when nobody uses one any more.
func (s *Service) closeAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, a := range s.accounts {
		for _, client := range s.retire(a) {
			err = errors.Join(err, client.Close())
		}
	}
	clear(s.accounts)
	clear(s.holders)
	return err
}
