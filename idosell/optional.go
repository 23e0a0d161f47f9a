package idosell

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// missingFor is how long a gate that was not there is taken to be missing.
const missingFor = time.Hour

// missingGates remembers which optional gates the wholesaler has.
type missingGates struct {
	mu    sync.Mutex
	known map[Operation]presence
}

type presence struct {
	there bool
	until time.Time // zero: for good
}

func (m *missingGates) get(op Operation, now time.Time) (there, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.known[op]
	if !ok || !p.until.IsZero() && now.After(p.until) {
		return false, false
	}
	return p.there, true
}

func (m *missingGates) set(op Operation, p presence) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[Operation]presence{}
	}
	m.known[op] = p
}

// Supports says whether the wholesaler has the gate of an operation. For the
// optional ones it asks for the gate's WSDL, once: a gate that is there is
// remembered for good, a missing one for an hour. Nothing is changed.
func (c *Client) Supports(ctx context.Context, op Operation) (bool, error) {
	spec := c.gates.Gate(op)
	if spec == nil {
		return false, nil
	}
	if !spec.Optional {
		return true, nil
	}
	if there, known := c.missing.get(op, c.now()); known {
		return there, nil
	}
	wsdl, err := c.WSDL(ctx, op)
	failure, failed := errors.AsType[*Error](err)
	switch {
	case err == nil:
		there := wsdl.has(spec.Method)
		c.remember(op, there)
		return there, nil
	case failed && (failure.Status == http.StatusNotFound || failure.Status == http.StatusGone):
		c.remember(op, false)
		return false, nil
	case failed && failure.Kind == KindUnreadable && failure.Status == http.StatusOK:
		c.remember(op, false) // a page of the shop stands where the WSDL would be
		return false, nil
	}
	return false, err
}

func (c *Client) remember(op Operation, there bool) {
	p := presence{there: there}
	if !there {
		p.until = c.now().Add(missingFor)
	}
	c.missing.set(op, p)
}

// callOptional calls a gate that the wholesaler may lack.
func (c *Client) callOptional(ctx context.Context, op Operation, params any) error {
	there, err := c.Supports(ctx, op)
	if err != nil {
		return c.asError(c.gates.Gate(op), err)
	}
	if !there {
		return ErrGateMissing
	}
	_, err = call[struct{}](ctx, c, op, params)
	if failure, ok := errors.AsType[*Error](err); ok && failure.Status == http.StatusNotFound {
		c.remember(op, false)
		return ErrGateMissing
	}
	return err
}
