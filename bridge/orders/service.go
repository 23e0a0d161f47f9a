package orders

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Wholesaler is what orders ask of CustomerAPI. An *idosell.Client is one; what
// its methods promise about being called again holds here.
type Wholesaler interface {
	Account() string
	Location() *time.Location
	Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error)
	Basket(ctx context.Context) (idosell.Basket, error)
	ImportBasket(ctx context.Context, list idosell.BasketImport) ([]idosell.ImportedLine, error)
	ClearBasket(ctx context.Context) error
	RemoveFromBasket(ctx context.Context, position int64) error
	Supports(ctx context.Context, op idosell.Operation) (bool, error)
	Couriers(ctx context.Context, countryID string) ([]idosell.Courier, error)
	CouriersForOrder(ctx context.Context, query idosell.CourierQuery) ([]idosell.CourierOffer, error)
	PlaceOrder(ctx context.Context, order idosell.NewOrder) (idosell.PlacedOrder, error)
	Orders(ctx context.Context, query idosell.OrderQuery) iter.Seq2[idosell.Order, error]
	OrdersPage(ctx context.Context, query idosell.OrderQuery, page, size int) (idosell.Page[idosell.Order], error)
	CancelOrder(ctx context.Context, id string) error
}

var _ Wholesaler = (*idosell.Client)(nil)

// Jobs is a durable queue. Enqueue stores in the same transaction that kind's
// handler is to look at the order with this id, at a time or (zero) at once.
type Jobs interface {
	Enqueue(ctx context.Context, tx *sql.Tx, kind string, id int64, at time.Time) error
}

// JobPlace is the kind of the jobs that bring an order to its end: see
// Service.Work.
const JobPlace = "place"

// Change is something that the shop wants to be told.
type Change string

// The changes.
const (
	ChangePlaced        Change = "order.placed"
	ChangeFailed        Change = "order.failed"
	ChangeUnknown       Change = "order.unknown"
	ChangeDispatched    Change = "order.dispatched"
	ChangeParcelChanged Change = "order.parcel_changed"
	ChangeDelivered     Change = "order.delivered"
	ChangeCancelled     Change = "order.cancelled"
)

// Announce tells the shop of a change, in the transaction that makes it.
type Announce func(ctx context.Context, tx *sql.Tx, change Change, order *Order) error

// Alerts tells the operator that something needs a person, once, and once that
// it is over. Both may be called again and again.
type Alerts interface {
	Raise(ctx context.Context, key, text string)
	Over(ctx context.Context, key string)
}

// AlertLogin is the key of the alert about a refused login or password. Whoever
// else notices the refusal raises the same one, so that it is told once.
const AlertLogin = "login-refused"

// Rules are the configured decisions about orders.
type Rules struct {
	// Settle is how long after an unknown outcome the wholesaler's order list is
	// taken to be complete. Two looks without the order, that far apart, are
	// needed for a proof that it was not placed.
	Settle time.Duration
	// CallTimeout is the longest that one call may take.
	CallTimeout time.Duration
	// ClearBasket allows taking goods out of the account's basket that no order
	// of ours put there.
	ClearBasket bool
	// PriceRise is by how many per cent the account's price may have risen.
	PriceRise idosell.Decimal
	// Unavailable: what to do when goods cannot be had.
	Unavailable Unavailable
	// Courier is the rule for orders that name none: "cheapest", a courier's
	// name or id, each for one country or ("*") for all others.
	Couriers []CountryCourier
	// FollowFor is how long a placed order is followed at most.
	FollowFor time.Duration
	// StuckAfter is how long an order may wait before the operator is told.
	StuckAfter time.Duration
}

// Unavailable says what to do when goods cannot be had.
type Unavailable string

// The ways.
const (
	StopUnavailable    Unavailable = "stop"    // the order fails, with a reason
	WaitUnavailable    Unavailable = "wait"    // it waits for them
	PartialUnavailable Unavailable = "partial" // what can be had is ordered
)

// CountryCourier is one row of the rule by-country.
type CountryCourier struct {
	Country string // ISO 3166-1 alpha-2, or "*"
	Courier string // an id, a name, or "cheapest"
}

// Options are what a Service needs.
type Options struct {
	Store      *store.Store
	Wholesaler Wholesaler
	Jobs       Jobs
	Announce   Announce // nil: nobody is told
	Alerts     Alerts   // nil: nobody is told
	Rules      Rules
	Now        func() time.Time // nil: time.Now
	Logger     *slog.Logger     // nil: silent
	// Step is told before and after each call to the wholesaler and each commit
	// on an order's way: "before call Basket/get", "after commit placing". Tests
	// kill the process in it. Nil: nobody is told.
	Step func(step string)
}

// Service takes, places and follows orders. Its methods may be called by many
// goroutines and, on PostgreSQL, by several processes.
type Service struct {
	store      *store.Store
	wholesaler Wholesaler
	jobs       Jobs
	announce   Announce
	alerts     Alerts
	rules      Rules
	now        func() time.Time
	logger     *slog.Logger
	step       func(string)
	couriers   courierList
}

var (
	// ErrNotFound says that there is no order under this reference.
	ErrNotFound = errors.New("there is no order with this reference")
	// ErrReferenceTaken says that another order has this reference. Nothing was
	// changed.
	ErrReferenceTaken = errors.New("another order has this reference already: use a new one, or send the same order again")
	// ErrTooLate says that the wholesaler may have the order already.
	ErrTooLate = errors.New("the order has been sent to the wholesaler: it can only be cancelled there")
	// ErrNotUnknown says that there is nothing to settle.
	ErrNotUnknown = errors.New("the outcome of this order is known: there is nothing to settle")
	// ErrNotRetryable says that an order cannot be tried again in its state.
	ErrNotRetryable = errors.New("the wholesaler has or had this order: only one that waits, has failed, or was called off before it was sent can be tried again")
)

// New returns a service and prepares its tables.
func New(ctx context.Context, options Options) (*Service, error) {
	if err := Migrate(ctx, options.Store); err != nil {
		return nil, err
	}
	s := &Service{store: options.Store, wholesaler: options.Wholesaler, jobs: options.Jobs, announce: options.Announce,
		alerts: options.Alerts, rules: options.Rules, now: options.Now, logger: options.Logger, step: options.Step}
	if s.announce == nil {
		s.announce = func(context.Context, *sql.Tx, Change, *Order) error { return nil }
	}
	if s.alerts == nil {
		s.alerts = noAlerts{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	// As precise as what is stored, so that what was read back compares alike.
	clock := s.now
	s.now = func() time.Time { return clock().UTC().Truncate(time.Microsecond) }
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.step == nil {
		s.step = func(string) {}
	}
	return s, nil
}

// Migrate brings the tables of orders up to date. Safe to repeat.
func Migrate(ctx context.Context, s *store.Store) error {
	if err := s.MigrateFrom(ctx, "orders", migrations); err != nil {
		return fmt.Errorf("preparing the tables of orders: %w", err)
	}
	return nil
}

type noAlerts struct{}

func (noAlerts) Raise(context.Context, string, string) {}
func (noAlerts) Over(context.Context, string)          {}

// Query says which orders to list: all of them when empty. What is given must
// all match.
type Query struct {
	Email     string  // the customer's or the recipient's, in any letter case
	Parcel    string  // a parcel number
	States    []State // any of them
	Progress  []Progress
	Reference string    // begins with it
	Since     time.Time // accepted then or later
	Until     time.Time // accepted before
	Open      bool      // only those that are still to be placed, or that are followed
	Before    int64     // for paging: ids below it, as Order.ID of the last one listed; 0: from the newest
	Limit     int       // at most; 100 when 0
}

// Verdict is what an operator says has become of an order of unknown outcome.
type Verdict string

// The verdicts.
const (
	SettledPlaced    Verdict = "placed"
	SettledNotPlaced Verdict = "not-placed"
)
