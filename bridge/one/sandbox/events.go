package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind is what an event is about: the end of the address that it is sent to.
type Kind string

// The kinds.
const (
	CartOpened   Kind = "cart-opened"
	ClientLogged Kind = "client-logged"
	OfferOpened  Kind = "offer-opened"
)

// Event is something that a customer, or a seller for one, has done.
type Event struct {
	Kind     Kind
	Customer string // with its prefix, "org:9001"
	Cart     string // of CartOpened
	Offer    string // of OfferOpened; may be empty: the documentation promises the customer alone
}

// name is ONe's word for the event.
func (e Event) name() string {
	for _, t := range webhookTypes {
		if t.kind == e.Kind {
			return t.Name
		}
	}
	return string(e.Kind)
}

var (
	// ErrNoBridge says that nobody has said where the bridge is.
	ErrNoBridge = errors.New("the sandbox of ONe does not know where the bridge is: set Options.Bridge, or call SetBridge")
	// ErrPaused says that the webhook is INACTIVE, so that ONe sends nothing.
	ErrPaused = errors.New("the webhook is paused: make it ACTIVE, as with \"octobridge one webhooks\"")
)

// Delivery is an event that was sent, and what was answered. It holds no credentials.
type Delivery struct {
	Number      int // counted from 1
	At          time.Time
	Event       Event
	Shape       Shape
	ContentType string
	Body        []byte
	Status      int           // 0: nothing was answered
	Challenge   string        // the header WWW-Authenticate
	Answer      string        // the answer's body, 2 kB at most
	Problem     string        // why nothing was answered
	Took        time.Duration // by the machine's clock
}

const (
	maxDeliveries = 200
	maxAnswer     = 2 << 10
)

// Deliveries returns what was sent, oldest first, two hundred at most.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

// Send sends an event to the bridge, once, with the credentials of the bridge's
// webhook for it, or those of Options where none is registered, and returns the
// status that was answered. An error says that nothing was answered, or that nothing
// was sent: ErrNoBridge; ErrPaused where that webhook is INACTIVE. Whether ONe sends an event again that was refused is not
// documented: this one does not. A second call sends a second event.
func (s *Server) Send(ctx context.Context, event Event, shape Shape) (status int, err error) {
	d, err := s.post(ctx, event, shape)
	return d.Status, err
}

// post is Send with all that is kept of it. The delivery has no number where nothing
// was sent.
func (s *Server) post(ctx context.Context, event Event, shape Shape) (Delivery, error) {
	s.mu.Lock()
	target := s.bridge + "/webhooks/one/" + string(event.Kind)
	user, password := s.options.User, s.options.Password
	paused := false
	for _, w := range s.webhooks {
		if w.CallbackURL == target && w.Type == event.name() {
			if paused = w.Status != "ACTIVE"; !paused {
				user, password = w.User, w.password
				break
			}
		}
	}
	nowhere := s.bridge == ""
	s.mu.Unlock()
	switch {
	case nowhere:
		return Delivery{}, ErrNoBridge
	case paused:
		return Delivery{}, ErrPaused
	}
	return s.deliver(ctx, target, user, password, event, shape)
}

// deliver sends an event to an address, and keeps what was answered.
func (s *Server) deliver(ctx context.Context, target, user, password string, event Event, shape Shape) (Delivery, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.closed, stop)()
	d := Delivery{At: s.now(), Event: event, Shape: shape}
	d.Body, d.ContentType = shape.body(event, d.At.UTC().Format("2006-01-02T15:04:05.000000"))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(d.Body))
	if err != nil {
		return Delivery{}, fmt.Errorf("an event cannot be sent to the address of the bridge: %w", err)
	}
	request.Header.Set("Content-Type", d.ContentType)
	request.Header.Set("User-Agent", "ONe-sandbox")
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	began := time.Now()
	response, err := s.client.Do(request)
	if err == nil {
		d.Status, d.Challenge = response.StatusCode, response.Header.Get("WWW-Authenticate")
		var answer []byte
		answer, _ = io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // what came of it is enough for people to look at
		d.Answer = strings.ToValidUTF8(string(answer), "\ufffd")
		_ = response.Body.Close()
	} else {
		d.Problem = err.Error()
	}
	d.Took = time.Since(began)
	d = s.keep(d)
	if err != nil {
		s.logger.Warn("an event of ONe's sandbox was not answered", "kind", event.Kind, "shape", shape)
		return d, fmt.Errorf("the bridge did not answer the event: %w", err)
	}
	s.logger.Info("ONe's sandbox sent an event", "kind", event.Kind, "shape", shape, "status", d.Status)
	return d, nil
}

// keep remembers a delivery, and returns it with its number.
func (s *Server) keep(d Delivery) Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	d.Number = s.sent
	if len(s.deliveries) == maxDeliveries {
		s.deliveries = slices.Delete(s.deliveries, 0, 1)
	}
	s.deliveries = append(s.deliveries, d)
	return d
}
