package bridge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// errClosed is what a flight ends with when the bridge stops.
var errClosed = errors.New("the bridge is stopping")

// flights makes equal concurrent calls one. A call runs detached from whoever
// asked first, so that a visitor who leaves does not spoil it for the others; it
// is bounded by its own time limit and ends when the flights are closed.
type flights[K comparable, V any] struct {
	base    context.Context
	stop    context.CancelCauseFunc
	timeout time.Duration

	mu      sync.Mutex
	closed  bool
	running map[K]*flight[V]
	ended   sync.WaitGroup
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func newFlights[K comparable, V any](timeout time.Duration) *flights[K, V] {
	base, stop := context.WithCancelCause(context.Background())
	return &flights[K, V]{base: base, stop: stop, timeout: timeout, running: make(map[K]*flight[V])}
}

// start joins the running call with this key, or starts it.
func (f *flights[K, V]) start(key K, call func(context.Context) (V, error)) (*flight[V], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, errClosed
	}
	if current, ok := f.running[key]; ok {
		return current, nil
	}
	current := &flight[V]{done: make(chan struct{})}
	f.running[key] = current
	f.ended.Add(1)
	go func() {
		defer f.ended.Done()
		ctx, cancel := context.WithTimeout(f.base, f.timeout)
		defer cancel()
		current.value, current.err = guarded(ctx, call)
		f.mu.Lock()
		delete(f.running, key)
		f.mu.Unlock()
		close(current.done)
	}()
	return current, nil
}

// do joins or starts a call and waits for it until ctx ends.
func (f *flights[K, V]) do(ctx context.Context, key K, call func(context.Context) (V, error)) (V, error) {
	var none V
	current, err := f.start(key, call)
	if err != nil {
		return none, err
	}
	select {
	case <-current.done:
		return current.value, current.err
	case <-ctx.Done():
		return none, fmt.Errorf("gave up waiting for the wholesaler: %w", context.Cause(ctx))
	}
}

// close ends all calls and waits for them.
func (f *flights[K, V]) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.stop(errClosed)
	f.ended.Wait()
}

// guarded turns a panic of call into an error: nobody else would catch it in a
// goroutine of our own, and one strange answer must not stop the service.
func guarded[V any](ctx context.Context, call func(context.Context) (V, error)) (value V, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a call to the wholesaler panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return call(ctx)
}
