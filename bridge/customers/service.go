package customers

import (
	"container/list"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"octobridge/bridge/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	defaultClients  = 2000
	defaultFresh    = 5 * time.Second
	defaultWait     = 2 * time.Second
	defaultPatience = 30 * time.Second
	defaultLate     = time.Minute
)

// Service holds the customers who are signed in. Its methods may be called by any
// number of goroutines and, on PostgreSQL, by several processes. Close it in the
// end.
type Service struct {
	store    *store.Store
	client   func(login string, digest secretText) (Wholesaler, error)
	safe     *safe // nil: nothing is kept in the store
	net      bool
	page     string
	clients  int
	fresh    time.Duration
	wait     time.Duration
	forgot   func(ref string)
	patience time.Duration
	late     time.Duration
	now      func() time.Time
	logger   *slog.Logger
	salt     [32]byte // of the names of accounts

	appends   atomic.Bool // imports were seen to add to what the basket held
	signOuts  atomic.Int64
	wrongKey  sync.Once
	flights   singleflight.Group
	base      context.Context // ends with Close
	stop      context.CancelFunc
	running   sync.WaitGroup
	closeOnce sync.Once
	closeErr  error

	mu       sync.Mutex
	closed   bool
	holders  map[string]*holder // by ref
	accounts map[string]*account
	open     list.List // of *lease in use by accounts, the last used in front
	gates    gatesKnown
}

// Migrate brings the tables of signed-in customers up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "customers", migrations); err != nil {
		return fmt.Errorf("preparing the tables of signed-in customers: %w", err)
	}
	return nil
}

// New returns a Service, with its tables up to date. It calls no wholesaler.
func New(ctx context.Context, options Options) (*Service, error) {
	if options.Store == nil || options.Client == nil {
		return nil, errors.New("the customers of the wholesaler need a store and a way to make clients")
	}
	if err := Migrate(ctx, options.Store); err != nil {
		return nil, err
	}
	s := &Service{
		store: options.Store, client: options.Client, net: options.Net, page: options.BasketPage,
		clients: options.Clients, fresh: options.Fresh, wait: options.Wait, forgot: options.Forgotten, patience: options.Patience, late: options.Late,
		now: options.Now, logger: options.Logger,
		holders: map[string]*holder{}, accounts: map[string]*account{},
	}
	if s.clients <= 0 {
		s.clients = defaultClients
	}
	if s.fresh <= 0 {
		s.fresh = defaultFresh
	}
	if s.wait <= 0 {
		s.wait = defaultWait
	}
	if s.forgot == nil {
		s.forgot = func(string) {}
	}
	if s.patience <= 0 {
		s.patience = defaultPatience
	}
	if s.late <= 0 {
		s.late = defaultLate
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if options.EncryptionKey != nil {
		var err error
		if s.safe, err = newSafe(options.EncryptionKey); err != nil {
			return nil, err
		}
	}
	_, _ = rand.Read(s.salt[:]) // never fails (crypto/rand)
	s.base, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Close gives up what is under way, waits until it has ended, and closes every
// client. A second call does nothing and returns what the first returned.
func (s *Service) Close() error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.stop()
		s.running.Wait()
		s.closeErr = s.closeAll()
	})
	return s.closeErr
}

// begin counts a call as running; false when the service is closed.
func (s *Service) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// detached does work that goes on when its caller has gone away: a visitor who
// leaves the page must not cut a change into halves. It ends with the service, and
// after its patience.
func detached[T any](ctx context.Context, s *Service, work func(context.Context) (T, error)) (T, error) {
	done := make(chan singleflight.Result, 1)
	if !s.begin() {
		var none T
		return none, ErrClosed
	}
	go func() {
		defer s.running.Done()
		value, err := bounded(s, work)
		done <- singleflight.Result{Val: value, Err: err}
	}()
	return wait[T](ctx, done)
}

// joined is detached for work that only one at a time does under a name: others
// who want it meanwhile get its result.
func joined[T any](ctx context.Context, s *Service, name string, work func(context.Context) (T, error)) (T, error) {
	done := s.flights.DoChan(name, func() (any, error) {
		if !s.begin() {
			return nil, ErrClosed
		}
		defer s.running.Done()
		return bounded(s, work)
	})
	return wait[T](ctx, done)
}

func wait[T any](ctx context.Context, done <-chan singleflight.Result) (T, error) {
	var none T
	select {
	case result := <-done:
		if result.Err != nil {
			return none, result.Err
		}
		return result.Val.(T), nil
	case <-ctx.Done():
		return none, fmt.Errorf("gave up waiting for the wholesaler: %w", context.Cause(ctx))
	}
}

// bounded does work within the service's time limit. A panic becomes an error:
// nobody else would catch it in a goroutine of our own.
func bounded[T any](s *Service, work func(context.Context) (T, error)) (value T, err error) {
	ctx, cancel := context.WithTimeout(s.base, s.patience)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			s.logger.Error("work for a customer of the wholesaler panicked", "stack", string(debug.Stack()))
			err = errors.New("work for a customer of the wholesaler panicked: see the log")
		}
	}()
	return work(ctx)
}
