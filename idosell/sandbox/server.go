package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the shop's time zone must be known on a bare machine, too

	lru "github.com/hashicorp/golang-lru/v2"

	"octobridge/internal/secret"
)

// Server is a wholesaler. It is an http.Handler; Listen serves it on an address
// of its own. All methods may be called by any number of goroutines.
type Server struct {
	offer           atomic.Pointer[offer] // replaced, never changed
	clock           *shiftedClock
	location        *time.Location
	dropshippingKey secret.String
	publicURL       string
	optionalGates   bool
	log             *slog.Logger
	mux             *http.ServeMux
	pictures        *lru.Cache[pictureKey, []byte]
	feed            feedState

	closed    chan struct{}
	underway  atomic.Int64 // calls
	closeOnce sync.Once
	serving   sync.WaitGroup

	mu          sync.Mutex
	moods       []Moods
	calls       map[string]int
	accounts    map[string]*account
	sessions    map[string]*session
	orders      []*order // ascending serial numbers
	addresses   []*deliveryAddress
	promised    map[variant]int64 // pieces that placed orders hold
	revision    int64             // of the offer; grows with each change, also of stock
	stockChange time.Time         // when it last changed
}

// account is an Account with what it did.
type account struct {
	Account
	id           int64
	basket       []basketLine
	lastPosition int64
	lastOrder    int64
}

// New makes a wholesaler. It panics on options that cannot work: two accounts
// with one login, a seed order of an unknown account.
func New(options Options) *Server {
	s := &Server{
		location: options.Location, dropshippingKey: options.DropshippingKey,
		publicURL: strings.TrimRight(options.PublicURL, "/"), optionalGates: !options.WithoutOptionalGates,
		log: options.Logger, closed: make(chan struct{}), calls: map[string]int{},
		accounts: map[string]*account{}, sessions: map[string]*session{}, promised: map[variant]int64{},
	}
	if options.Catalogue == nil {
		options.Catalogue = Assortment()
	}
	if s.location == nil {
		warsaw, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			panic("sandbox: Europe/Warsaw: " + err.Error()) // tzdata is linked in
		}
		s.location = warsaw
	}
	if options.Clock == nil {
		options.Clock = SystemClock{}
	}
	s.clock = &shiftedClock{source: options.Clock}
	if s.dropshippingKey.Empty() {
		s.dropshippingKey = secret.New(DemoDropshippingKey)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if options.Accounts == nil {
		options.Accounts = demoAccounts()
	}
	for i, a := range options.Accounts {
		if _, twice := s.accounts[a.Login]; twice || a.Login == "" {
			panic(fmt.Sprintf("sandbox: account %d: the login is empty or given twice", i))
		}
		s.accounts[a.Login] = &account{Account: a, id: int64(i) + 1}
	}
	s.offer.Store(&offer{catalogue: options.Catalogue, index: newOfferIndex(options.Catalogue)})
	s.stockChanged()
	s.pictures, _ = lru.New[pictureKey, []byte](256) // fails for sizes below 1 only
	s.seed(options.Orders)
	s.openFeed()
	s.mux = s.routes()
	return s
}

func (s *Server) seed(orders []SeedOrder) {
	demo := orders == nil
	if demo {
		orders = demoOrders()
	}
	for _, seed := range orders {
		owner, known := s.accounts[seed.Login]
		if !known && demo {
			continue
		}
		if !known {
			panic("sandbox: a seed order's account is not one of the accounts: " + seed.Login)
		}
		s.placeSeed(owner, seed)
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/customer-api/", s.customerAPI)
	mux.HandleFunc("GET /_sandbox/orders", s.controlOrders)
	mux.HandleFunc("GET /_sandbox/calls", s.controlCalls)
	mux.HandleFunc("POST /_sandbox/moods", s.controlMoods)
	mux.HandleFunc("GET /_sandbox/clock", s.controlClock)
	mux.HandleFunc("POST /_sandbox/clock", s.controlClock)
	mux.HandleFunc("POST /_sandbox/revoke", s.controlRevoke)
	mux.HandleFunc("GET /_sandbox/offer", s.controlOffer)
	mux.HandleFunc("POST /_sandbox/offer", s.controlOffer)
	mux.HandleFunc("GET /_sandbox/feed/{part}", s.feedPart)
	mux.HandleFunc("GET /_sandbox/picture/{product}/{file}", s.pictureFile)
	mux.HandleFunc("GET /_sandbox/tracking/{number}", s.trackingPage)
	mux.HandleFunc("GET /product/{page}", s.productPage)
	mux.HandleFunc("GET /basketedit.php", basketPage)
	mux.HandleFunc("/", s.otherPage)
	return mux
}

// ServeHTTP answers as the wholesaler's server does. The Date header tells the
// time on the sandbox's clock: a client may go by it for the day of its key.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

// Listen serves the sandbox on addr ("127.0.0.1:0" for any free port) until ctx
// is done or Close is called, and returns the sandbox's address,
// "http://127.0.0.1:41234".
func (s *Server) Listen(ctx context.Context, addr string) (string, error) {
	select {
	case <-s.closed:
		return "", errors.New("the sandbox is closed; make a new one")
	default:
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("the sandbox cannot listen on %s; choose another address: %w", addr, err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute}
	s.serving.Add(2)
	go func() {
		defer s.serving.Done()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the sandbox's listener failed", "error", err)
		}
	}()
	go func() {
		defer s.serving.Done()
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		_ = server.Close() // a sandbox need not finish what it was asked
	}()
	return "http://" + listener.Addr().String(), nil
}

// Close ends every waiting answer and every listener, and waits until they are
// gone. It may be called again.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { close(s.closed) })
	s.serving.Wait()
	return nil
}

// Now is the time on the sandbox's clock, in the shop's time zone.
func (s *Server) Now() time.Time { return s.clock.Now().In(s.location) }

// Advance moves the sandbox's clock by d, also backwards.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// SetTime sets the sandbox's clock. It goes on from there unless it is frozen.
func (s *Server) SetTime(moment time.Time) { s.clock.set(moment) }

// Freeze stops the sandbox's clock, or lets it go on.
func (s *Server) Freeze(frozen bool) { s.clock.freeze(frozen) }

// Revoke forgets all sessions, as a wholesaler does that restarts its servers.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// Calls counts the calls to each gate since the sandbox was made: by names like
// "Orders/get". Refused calls count, too.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// Underway is how many calls are being worked on or answered, also those whose
// caller has gone away: while there are any, something may still happen.
func (s *Server) Underway() int { return int(s.underway.Load()) }

// Orders tells every order that the sandbox ever accepted, in the order of their
// serial numbers, whatever the moods hide from Orders/get.
func (s *Server) Orders() []AcceptedOrder {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	all := make([]AcceptedOrder, 0, len(s.orders))
	for _, o := range s.orders {
		all = append(all, o.accepted(now))
	}
	return all
}

// catalogue is what is offered now. It does not change: a change of the offer
// makes another.
func (s *Server) catalogue() *Catalogue { return s.offer.Load().catalogue }

// index finds what is in the catalogue.
func (s *Server) index() *offerIndex { return s.offer.Load().index }

// stockChanged notes a change of stock. s.mu is held, or nobody else has s yet.
func (s *Server) stockChanged() {
	s.revision++
	s.stockChange = s.clock.Now().Truncate(time.Second)
}

// logins are the accounts' logins in the order in which they were given.
func (s *Server) logins() []string {
	return slices.SortedFunc(maps.Keys(s.accounts), func(a, b string) int {
		return int(s.accounts[a].id - s.accounts[b].id)
	})
}

// address is the beginning of the sandbox's absolute URLs.
func (s *Server) address(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// randomKey is 40 hexadecimal digits that nobody can guess.
func randomKey() string {
	var key [20]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	return hex.EncodeToString(key[:])
}
