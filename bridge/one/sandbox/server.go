package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// What Options that are not set mean. They open nothing but a sandbox.
const (
	DemoTenant  = "demo"
	DemoAPIAuth = "0123456789abcdef:fedcba9876543210"
)

// Options are what a Server is made with. The zero value works: events cannot be
// sent before SetBridge then.
type Options struct {
	Tenant  string // what the header one-tenant must say. "": DemoTenant
	APIAuth string // what the header ApiAuth must say. "": DemoAPIAuth
	// Bridge is the public address of the bridge, without a slash at its end: events
	// go to Bridge + "/webhooks/one/" + their kind.
	Bridge string
	// User and Password are the credentials (HTTP Basic) of the webhooks that
	// SetBridge registers, and of events for which there is no webhook. Without a user
	// they bring none, as with ONe's authentication NONE.
	User, Password string
	// BareLists makes a list of webhooks a JSON array, and not a page with the list
	// under content: which of the two ONe answers is not known.
	BareLists bool
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: silent. No id, body or credential is written to it
	// HTTP sends the events. Nil: a client of the sandbox's own, which waits ten
	// seconds and follows no redirection.
	HTTP *http.Client
}

// Server is an ONe. All methods may be called by any number of goroutines.
type Server struct {
	options Options
	now     func() time.Time
	logger  *slog.Logger
	client  *http.Client
	own     *http.Transport // of client, if that is the sandbox's own
	closed  context.Context // done when Close was called
	close   context.CancelFunc
	serving sync.WaitGroup

	mu         sync.Mutex
	bridge     string
	customers  []Customer
	products   map[string]Product
	offers     []*Offer // in the order that they were put
	carts      []*Cart
	webhooks   []*Webhook
	reasons    []Reason
	feeds      map[Feed][]SyncEvent
	files      map[string]Attachment // by the token of their address
	tokens     map[string]string     // of files, by offer and attachment
	troubles   map[Operation]*standing
	calls      []Call
	deliveries []Delivery
	numbers    int // of lines and webhooks, so that no id is given twice
	sent       int // deliveries ever
}

// New makes an ONe with the demonstration's customers, products, offers, carts and
// webhooks. Nothing runs before Listen or Mount.
func New(options Options) *Server {
	if options.Tenant == "" {
		options.Tenant = DemoTenant
	}
	if options.APIAuth == "" {
		options.APIAuth = DemoAPIAuth
	}
	s := &Server{
		options: options, now: options.Now, logger: options.Logger, client: options.HTTP,
		products: map[string]Product{}, feeds: map[Feed][]SyncEvent{},
		files: map[string]Attachment{}, tokens: map[string]string{}, troubles: map[Operation]*standing{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.client == nil {
		s.own = &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}
		s.client = &http.Client{Transport: s.own, Timeout: 10 * time.Second,
			// Credentials go to the address that was configured, and to no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	s.closed, s.close = context.WithCancel(context.Background())
	s.seed()
	if options.Bridge != "" {
		s.SetBridge(options.Bridge)
	}
	return s
}

// SetBridge says where the bridge is: its public address, as in Options.Bridge. The
// first time, it also registers a webhook for each event, as a seller would have
// done. It may be called again, when the bridge moves: their addresses move along.
func (s *Server) SetBridge(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.bridge
	s.bridge = strings.TrimRight(url, "/")
	if before == "" && len(s.webhooks) == 0 {
		s.seedWebhooks()
		return
	}
	for _, w := range s.webhooks {
		if path, ours := strings.CutPrefix(w.CallbackURL, before+"/webhooks/one/"); ours && before != "" {
			w.CallbackURL = s.bridge + "/webhooks/one/" + path
		}
	}
}

// Mount serves the sandbox below a router, such as a group "/_one": see the package's
// comment for the addresses.
func (s *Server) Mount(router fiber.Router) {
	router.All(apiPath+"/*", s.api)
	router.Get("/files/:token", s.file)
	router.Get("/one.css", styleSheet.serve)
	router.Get("/one.svg", icon.serve)
	router.Post("/send", s.send)
	router.Get("", s.page)
}

// Listen serves the sandbox on an address of its own ("127.0.0.1:0" for any free
// port) until ctx is done or Close is called, and returns where that is,
// "http://127.0.0.1:41234".
func (s *Server) Listen(ctx context.Context, address string) (string, error) {
	if s.closed.Err() != nil {
		return "", errors.New("the sandbox of ONe is closed: make a new one")
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("the sandbox of ONe cannot listen on %s; choose another address: %w", address, err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10,
		ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute})
	s.Mount(app)
	ended := make(chan struct{})
	s.serving.Add(2)
	go func() {
		defer s.serving.Done()
		defer close(ended)
		if err := app.Listener(listener); err != nil {
			s.logger.Error("the listener of ONe's sandbox failed", "error", err)
		}
	}()
	go func() {
		defer s.serving.Done()
		select {
		case <-ctx.Done():
		case <-s.closed.Done():
		case <-ended:
		}
		_ = app.ShutdownWithTimeout(5 * time.Second) // a sandbox need not finish what it was asked
		// Where it had not begun to serve, Shutdown has nothing to close.
		_ = listener.Close()
	}()
	return "http://" + listener.Addr().String(), nil
}

// Close ends every call that hangs, every event under way and every listener, and
// waits until they are gone. It may be called again.
func (s *Server) Close() error {
	s.close()
	s.serving.Wait()
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
	return nil
}

// prefixOf returns what the sandbox is mounted at, "" for the root, from the route of
// a handler and its path in Mount.
func prefixOf(c *fiber.Ctx, path string) string {
	return strings.TrimRight(strings.TrimSuffix(c.Route().Path, path), "/")
}
