package oct8ne

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic is the error that OnError gets when an adapter panics.
type Panic struct {
	Value any    // what it panicked with; it may hold anything, so do not log it unseen
	Stack []byte // where, as of runtime/debug.Stack
}

// Error says that the adapter panicked. The value is repeated only where the
// runtime made it (an index out of range, for instance), for any other may hold
// personal data.
func (p *Panic) Error() string {
	if err, ok := p.Value.(runtime.Error); ok {
		return fmt.Sprintf("the adapter panicked: %v", err)
	}
	return fmt.Sprintf("the adapter panicked with a %T", p.Value)
}

var (
	errBusy = errors.New("too many calls of the adapter are still running")
	errExit = errors.New("the adapter ended its goroutine without an answer")
)

// outcome is what came of a call: an answer that its receiver releases, also
// beside an error.
type outcome struct {
	answer *encoder
	err    error
}

// call asks the adapter and waits for its answer until the method's deadline.
// The caller releases the answer.
func (s *service) call(parent context.Context, m *method, request *Request, ask question) (*encoder, error) {
	if s.calls.Add(1) > int64(s.options.MaxCalls) {
		s.calls.Add(-1)
		err := &Unavailable{Err: errBusy}
		s.report(parent, m, err)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(parent, s.timeouts[m.limit])
	var result outcome
	if s.options.Inline {
		result = s.ask(ctx, request, ask)
	} else {
		result = s.askAside(ctx, request, ask)
	}
	if result.err != nil && ctx.Err() != nil && !isUnavailable(result.err) {
		result.err = &Unavailable{Err: result.err}
	}
	cancel()
	if result.err != nil {
		if result.answer != nil {
			result.answer.release()
		}
		s.report(parent, m, result.err)
		return nil, result.err
	}
	return result.answer, nil
}

// ask calls the adapter on this goroutine.
func (s *service) ask(ctx context.Context, request *Request, ask question) (result outcome) {
	result = outcome{newEncoder(request.JSONP), errExit}
	defer func() {
		if value := recover(); value != nil {
			result.err = &Panic{Value: value, Stack: debug.Stack()}
		}
		s.calls.Add(-1)
	}()
	result.err = ask(ctx, s.adapter, request, result.answer)
	return result
}

// askAside calls the adapter on a goroutine of its own and goes on without it
// when ctx ends. The encoder is that goroutine's until it is handed over.
func (s *service) askAside(ctx context.Context, request *Request, ask question) outcome {
	done := make(chan outcome, 1)
	go func() {
		result := outcome{err: errExit}
		defer func() { done <- result }()
		result = s.ask(ctx, request, ask)
	}()
	select {
	case result := <-done:
		return result
	case <-ctx.Done():
		// What is ready in the same moment counts: it is the better answer.
		select {
		case result := <-done:
			return result
		default:
			return outcome{err: &Unavailable{Err: fmt.Errorf("no answer in time: %w", ctx.Err())}}
		}
	}
}

func isUnavailable(err error) bool {
	var unavailable *Unavailable
	return errors.As(err, &unavailable) || errors.Is(err, context.DeadlineExceeded)
}

func (s *service) report(ctx context.Context, m *method, err error) {
	if s.options.OnError != nil {
		s.options.OnError(ctx, m.name, err)
	}
}
