package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	driverapi "database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// ErrLockLost says that the lock was gone before it was given back: the
// connection that held it broke, and another instance may have had it.
var ErrLockLost = errors.New("the lock was lost while it was held")

// Lock waits for a lock of this name that all instances with this database
// share, or until the context ends; ending it later does not give the lock back.
// Call unlock in the end: its error is [ErrLockLost] when the lock did not last,
// and a second call does nothing. The lock goes when the process dies. It is not
// re-entrant.
//
// With PostgreSQL it is an advisory lock on a connection of its own; with SQLite,
// where one process has the file, it is kept in memory.
func (s *Store) Lock(ctx context.Context, name string) (unlock func() error, err error) {
	// First come the goroutines of this process to an agreement: so one session
	// a name waits at the server, and not one a goroutine.
	leave, err := s.names.lock(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("wait for the lock %q: %w", name, err)
	}
	if s.dialect == sqlite {
		return sync.OnceValue(func() error { leave(); return nil }), nil
	}
	conn, err := s.locks.Conn(ctx)
	if err != nil {
		leave()
		return nil, fmt.Errorf("wait for the lock %q: %w", name, err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockNumber(name)); err != nil {
		drop(conn) // whether it holds the lock is not known
		leave()
		return nil, fmt.Errorf("wait for the lock %q: %w", name, err)
	}
	return sync.OnceValue(func() error {
		defer leave()
		var held bool
		// The context may have ended long ago; the lock must go all the same.
		err := conn.QueryRowContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lockNumber(name)).Scan(&held)
		if err != nil || !held {
			drop(conn)
			return errors.Join(fmt.Errorf("%q: %w", name, ErrLockLost), err)
		}
		return conn.Close()
	}), nil
}

// drop closes a connection instead of giving it back.
func drop(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driverapi.ErrBadConn })
	_ = conn.Close()
}

// lockNumber is PostgreSQL's name of a lock.
func lockNumber(name string) int64 {
	sum := sha256.Sum256([]byte("octobridge lock " + name))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // any 64 bits will do
}

// keyedMutex is a mutex a name. The zero value is ready; names that nobody holds
// or waits for take no memory.
type keyedMutex struct {
	mutex sync.Mutex
	names map[string]*turn
}

type turn struct {
	taken chan struct{} // holds one token while somebody has the name
	users int           // who have it or wait for it
}

func (k *keyedMutex) lock(ctx context.Context, name string) (unlock func(), err error) {
	k.mutex.Lock()
	t := k.names[name]
	if t == nil {
		if k.names == nil {
			k.names = map[string]*turn{}
		}
		t = &turn{taken: make(chan struct{}, 1)}
		k.names[name] = t
	}
	t.users++
	k.mutex.Unlock()

	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; k.leave(name, t) }, nil
	case <-ctx.Done():
		k.leave(name, t)
		return nil, ctx.Err()
	}
}

func (k *keyedMutex) leave(name string, t *turn) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if t.users--; t.users == 0 {
		delete(k.names, name)
	}
}
