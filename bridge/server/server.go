// Package server has the two listeners of the bridge: the public Fiber app, which
// strangers and proxies reach, and the operator listener, a socket on this
// machine with metrics, profiles and the details of readiness. What they serve
// is mounted by hooks.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"octobridge/internal/secret"
)

// Options say what to serve, and within which bounds. The zero value of a bound
// is its default.
type Options struct {
	// Listen is the public address, such as "127.0.0.1:8080"; port 0 takes any
	// free one. Not used when Listener is given.
	Listen string
	// Listener is the public listener, opened already. Serve closes it.
	Listener net.Listener
	// TrustedProxies are addresses and networks whose X-Forwarded-For and
	// X-Request-ID are believed.
	TrustedProxies []string
	// RequestsPerMinute is how many requests one client address may send: so
	// many at once, and so many each minute. 0: no limit.
	RequestsPerMinute int
	// Unlimited says that a request does not count towards RequestsPerMinute: its
	// sender has proved who it is. It is asked of every request, before it is
	// routed; nil: none is.
	Unlimited func(*fiber.Ctx) bool
	// BodyBytes is the size of the largest request body; 0: 1 MiB.
	BodyBytes int
	// Large lets one route take larger bodies; nil: none does.
	Large *LargeBodies
	// Grace is how long requests may go on after the context of Serve has ended.
	Grace time.Duration
	// Slow is from when on a request is logged at info; 0: one second.
	Slow time.Duration

	// DataDir is where the operator socket is made, operator.sock; empty: none.
	DataDir string
	// OperatorListen is a loopback address where the operator listener answers
	// too, for tests and demonstrations: it asks for no proof. Empty: none.
	OperatorListen string
	// OperatorRemote is an address where the operator listener answers those
	// who bring OperatorToken as a bearer token; empty: none.
	OperatorRemote string
	OperatorToken  secret.String

	// Public mounts routes on the public app, behind all middleware.
	Public func(fiber.Router)
	// Operator mounts routes on the operator listener.
	Operator func(*http.ServeMux)
	// Checks decide, all together, whether the service is ready.
	Checks []Check

	// Logger gets the access log; nil: nobody does.
	Logger *slog.Logger
	// Registry gets the metrics and is shown at /metrics; nil: one of its own.
	Registry *prometheus.Registry
	// Now is the clock of limits and caches; nil: the system's.
	Now func() time.Time
}

const (
	readTimeout  = 15 * time.Second // of a whole request
	writeTimeout = 30 * time.Second // of a whole answer
	idleTimeout  = 75 * time.Second // above the 60 seconds after which proxies let go, so that it is they who do
	headerBytes  = 16 << 10
	bodyBytes    = 1 << 20
	connections  = 4096 // with headerBytes, BodyBytes and LargeBodies the bound of what requests can take up
)

// Server is the service's two listeners. New makes it, Listen opens the
// listeners, Serve answers.
type Server struct {
	options  Options
	app      *fiber.App
	logger   *slog.Logger
	now      func() time.Time
	proxies  proxies
	limit    *limiter
	metrics  *metrics
	registry *prometheus.Registry
	ready    *readiness
	ids      requestIDs
	large    *largeBodies // nil: there are none

	// requests is what handlers get from UserContext: it lasts until the grace
	// has passed, where fasthttp's own ends when the stopping begins.
	requests context.Context
	cut      context.CancelFunc

	mutex    sync.Mutex
	public   *trackedListener
	operator []net.Listener
	serving  atomic.Bool
}

// New makes a server and mounts what the hooks bring. Nothing is opened yet.
func New(options Options) (*Server, error) {
	s := &Server{options: options, logger: options.Logger, now: options.Now, registry: options.Registry}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.registry == nil {
		s.registry = prometheus.NewRegistry()
	}
	if s.options.Slow == 0 {
		s.options.Slow = time.Second
	}
	if s.options.BodyBytes == 0 {
		s.options.BodyBytes = bodyBytes
	}
	var err error
	if s.proxies, err = parseProxies(options.TrustedProxies); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(s.registry); err != nil {
		return nil, err
	}
	s.requests, s.cut = context.WithCancel(context.Background())
	s.limit = newLimiter(options.RequestsPerMinute, s.now())
	s.ready = newReadiness(s.requests, options.Checks, s.now)
	s.ids = newRequestIDs()
	if options.Large != nil {
		s.large = newLargeBodies(*options.Large, s.requests, s.now, s.options.BodyBytes)
	}
	s.app = s.newApp()
	return s, nil
}

// Listen opens the listeners, so that their addresses are known and can be
// connected to before Serve runs. Serve does it where nobody did; a second call
// does nothing.
func (s *Server) Listen() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.public != nil {
		return nil
	}
	operator, err := s.listenOperator()
	if err != nil {
		return err
	}
	listener := s.options.Listener
	if listener == nil {
		if listener, err = net.Listen("tcp", s.options.Listen); err != nil {
			closeAll(operator)
			return fmt.Errorf("listen on %s: %w: choose another address in listen, or stop what uses it", s.options.Listen, err)
		}
	}
	s.operator, s.public = operator, newTrackedListener(listener)
	return nil
}

// Addr returns the public address, nil before Listen.
func (s *Server) Addr() net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.public == nil {
		return nil
	}
	return s.public.Addr()
}

// OperatorAddrs returns the addresses of the operator listener: its socket, and
// the TCP addresses where there are some.
func (s *Server) OperatorAddrs() []net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var addrs []net.Addr
	for _, listener := range s.operator {
		addrs = append(addrs, listener.Addr())
	}
	return addrs
}

// Serve answers until the context ends or a listener fails. At the end it first
// says that it is not ready, closes the public listener, lets requests finish for
// Options.Grace, cuts off what is left, and closes the operator listener last. It
// returns nil after an orderly end, and can be called once.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		s.cut()
		return err
	}
	defer s.cut()
	failed := make(chan error, 1+len(s.operator))
	var running sync.WaitGroup
	operator := s.newOperator()
	for _, listener := range s.operator {
		running.Go(func() {
			if err := operator.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("the operator listener: %w", err)
			}
		})
	}
	running.Go(func() {
		if err := s.app.Listener(s.public); err != nil {
			failed <- fmt.Errorf("the public listener: %w", err)
		}
	})
	s.serving.Store(true)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.serving.Store(false)
	grace, cancel := context.WithTimeout(context.Background(), s.options.Grace)
	defer cancel()
	if stop := s.stopPublic(grace); stop != nil {
		s.logger.Warn("requests were cut off: they went on longer than shutdown_grace", "grace", s.options.Grace)
	}
	s.cut()
	s.public.closeConnections()
	if stop := operator.Shutdown(grace); stop != nil {
		_ = operator.Close()
	}
	running.Wait()
	return err
}

// stopPublic closes the public listener and waits for its requests.
func (s *Server) stopPublic(grace context.Context) error {
	// Fiber forgets the listener that it has not yet begun to serve.
	_ = s.public.Close()
	return s.app.ShutdownWithContext(grace)
}

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		_ = listener.Close()
	}
}
