// Package sandbox is an oct8ne to try the bridge with: it takes updates and links
// shops up like oct8ne's servers, and its script shows a panel in the shop's pages
// that calls the adapter as oct8ne's widget does.
//
// It is for demonstrations and tests. It keeps what it is told in memory, for
// everybody to read, and hands the apiToken to the page.
package sandbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/secret"
)

// Options are what a Server is made with. The zero value works: then nobody can
// link up, every licence is accepted, and the panel shows no orders.
type Options struct {
	// Token is the apiToken: the answer to a link-up, and what the panel asks for
	// orders with.
	//
	// ONLY A DEMONSTRATION MAY DO THE LATTER. oct8ne's own widget never holds the
	// apiToken: oct8ne's servers ask for orders, and show them to the agent alone.
	// Who holds it reads the orders of every customer, and any page of the host
	// that this server is mounted at can read it. Never give it a token that is
	// used anywhere else.
	Token secret.String
	// License is the licence id that link-up answers and that sale notifications
	// must carry; with "" they may carry any.
	License string
	// Email and Password are who may link up.
	Email    string
	Password secret.String
	// PascalCase makes link-up answer ApiToken instead of apiToken and so on, as
	// oct8ne's servers do at times.
	PascalCase bool
	// CustomerEmail is whose orders the panel offers to show while the visitor is
	// a guest; "" for none. Like Token it is handed to the page.
	CustomerEmail string

	Now    func() time.Time // time.Now when nil
	Logger *slog.Logger     // silent when nil
}

// Server is an oct8ne. All methods may be called by any number of goroutines.
type Server struct {
	options Options
	log     *slog.Logger
	closed  context.Context // done when Close was called
	close   context.CancelFunc
	waiting atomic.Int32 // long polls

	mu      sync.Mutex
	changed chan struct{}   // closed and replaced when an update came or was forgotten
	held    context.Context // not nil: calls wait until it is done
	release context.CancelFunc
	failing int // the status of every call; 0: none fails
	last    uint64
	updates []numbered
	notes   []numberedNote
	sales   []Sale
	linkUps []LinkUp
}

// New makes an oct8ne. It starts nothing; Close ends what waits in its handlers.
func New(options Options) *Server {
	s := &Server{options: options, log: options.Logger, changed: make(chan struct{})}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.closed, s.close = context.WithCancel(context.Background())
	return s
}

// Close ends the calls that hang and the panels' waiting for news; from then on
// both are answered with 503. Call it when the server that it is mounted at is
// about to stop: it waits for answers under way. A second call does nothing.
func (s *Server) Close() { s.close() }

// Mount serves oct8ne's addresses, under the paths that they have on oct8ne's own
// servers, and under /_oct8ne what only a sandbox has:
//
//	POST   /platformConnection/update              see Updates
//	POST   /platformConnection/linkup              see LinkUps
//	GET    /api/v2/oct8ne.js                       the panel's script, and beside it panel.css
//	GET    /api/source/js/ext/sale-notification.js see Sales
//	GET    /_oct8ne/events?visitor=&after=&wait=   what came for a visitor, as soon as it comes
//	GET    /_oct8ne/agent                          what the panel asks for orders with: see Options.Token
//	GET    /_oct8ne/updates, /_oct8ne/sales        everything that came, for tests
//	DELETE /_oct8ne/updates                        forgets the updates
func (s *Server) Mount(router fiber.Router) {
	router.Post("/platformConnection/update", s.update)
	router.Post("/platformConnection/linkup", s.linkUp)
	router.Get("/api/v2/oct8ne.js", panelScript.serve)
	router.Get("/api/v2/panel.css", panelStyle.serve)
	router.Get("/api/source/js/ext/sale-notification.js", s.saleNotification)
	router.Get("/_oct8ne/events", s.events)
	router.Get("/_oct8ne/agent", s.agent)
	router.Get("/_oct8ne/updates", s.listUpdates)
	router.Delete("/_oct8ne/updates", s.forgetUpdates)
	router.Get("/_oct8ne/sales", s.listSales)
}

// answerJSON writes an answer that no cache keeps.
func answerJSON(c *fiber.Ctx, status int, value any) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.Status(status).JSON(value)
}

// complain answers as oct8ne's servers are taken to: {"message": "…"}.
func complain(c *fiber.Ctx, status int, message string) error {
	return answerJSON(c, status, fiber.Map{"message": message})
}
