// Package customers holds the wholesaler's customers who are signed in: a session
// of CustomerAPI for each, their prices, baskets, orders and addresses.
//
// Whoever is signed in is named by a ref, which is the visitor's. What renews a
// session is the digest of the password ([idosell.PasswordDigest]), as good as the
// password itself: it is held in memory, and in the store only when there is a key
// to encrypt it with. Signing out forgets it.
//
// Everything of one customer hangs on that customer's own entry: no cache is shared
// between two logins.
package customers

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/idosell"
)

// Wholesaler is what is asked of CustomerAPI for one customer. An *idosell.Client
// is one; what its methods promise about being called again holds here.
type Wholesaler interface {
	Authenticate(ctx context.Context) error
	Basket(ctx context.Context) (idosell.Basket, error)
	ImportBasket(ctx context.Context, list idosell.BasketImport) ([]idosell.ImportedLine, error)
	Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error)
	SetBasketQuantity(ctx context.Context, position int64, quantity idosell.Decimal) error
	RemoveFromBasket(ctx context.Context, position int64) error
	ClearBasket(ctx context.Context) error
	Supports(ctx context.Context, op idosell.Operation) (bool, error)
	OrdersPage(ctx context.Context, query idosell.OrderQuery, page, size int) (idosell.Page[idosell.Order], error)
	DeliveryAddresses(ctx context.Context, query idosell.AddressQuery) iter.Seq2[idosell.DeliveryAddress, error]
	Products
	Close() error
}

// Products finds products with the prices of one customer. Reading only; see
// idosell.Client.
type Products interface {
	SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error)
}

var _ Wholesaler = (*idosell.Client)(nil)

// Options are what a Service needs. Store and Client are required.
type Options struct {
	Store *store.Store
	// Client makes a client of the wholesaler's account with this login. It calls
	// nobody yet. Clients of one wholesaler share a budget and a transport; their
	// sessions are best kept in memory, each client's own.
	Client func(login string, digest idosell.Secret) (Wholesaler, error)
	// EncryptionKey encrypts the digests in the store: 32 bytes. Nil: they are in
	// memory only, and who was signed in is not any more after a restart.
	EncryptionKey []byte
	Net           bool   // prices are net; false: gross
	BasketPage    string // the wholesaler's page of the basket, for what cannot be changed here; may be ""

	// Forgotten is told of each ref that is not signed in any more, whoever ended
	// it, so that what else is kept of a customer goes, too. It may be told twice,
	// and of refs that it does not know. Nil: nobody is told.
	Forgotten func(ref string)

	Clients  int           // how many clients are kept open; 2,000 when 0
	Fresh    time.Duration // how long a basket that was read is used; 5 seconds when 0
	Wait     time.Duration // how long a basket that is known is waited for before it stands in; 2 seconds when 0
	Patience time.Duration // how long all that is done for one call may take; 30 seconds when 0
	// Late is how long after it was sent an import of which nothing was heard may
	// still arrive: only then is it sent again. A minute when 0; more than twice
	// the time that one request may take.
	Late time.Duration

	Now    func() time.Time // time.Now when nil
	Logger *slog.Logger     // silent when nil
}

// Person is who has signed in, as far as the wholesaler tells.
type Person struct {
	ID        string // the login
	Email     string // may be ""
	FirstName string // may be ""
	LastName  string // may be ""
}

// Key names goods: a product in a size. Size is "" for a product without sizes.
type Key struct {
	Product int64  `json:"product"` // the wholesaler's id
	Size    string `json:"size,omitempty"`
}

// Line is a quantity of goods. Step and Minimum are what the quantity is held to
// when less can be had; zero: not at all.
type Line struct {
	Key
	SizeName string          `json:"sizeName,omitempty"`
	Quantity decimal.Decimal `json:"quantity"` // in the product's unit
	Step     decimal.Decimal `json:"step"`
	Minimum  decimal.Decimal `json:"minimum"`
}

// Basket is what a customer's basket at the wholesaler's holds.
type Basket struct {
	Lines    []BasketLine // one for each Key, in the wholesaler's order
	Currency string       // of the prices, ISO 4217
	// Changeable says that Set works. Otherwise the basket is changed on Page.
	Changeable bool
	Page       string // Options.BasketPage where it is not changeable, or ""
	// Age is how old the known basket is that stands in while the wholesaler does
	// not answer; 0: it is fresh.
	Age time.Duration
}

// BasketLine is what the basket holds of some goods, whatever number of positions
// the wholesaler keeps them in.
type BasketLine struct {
	Key
	Name     string // plain text; may be ""
	Quantity decimal.Decimal
	Price    decimal.NullDecimal // for one, net or gross as Options.Net says
}

var (
	// ErrRefused says that login or password are wrong, and no more.
	ErrRefused = errors.New("not accepted")
	// ErrSignedOut says that nothing is held with which a session could be opened:
	// the customer never signed in, has signed out, or changed the password.
	ErrSignedOut = errors.New("the customer is not signed in to the wholesaler: sign in again")
	// ErrUnknown says that whether a change happened is not known.
	ErrUnknown = errors.New("whether the basket was changed is not known: look at it before you try again")
	// ErrElsewhere says that the wholesaler has no gates for the change.
	ErrElsewhere = errors.New("the wholesaler lets the basket be changed on its own page only")
	// ErrNotAvailable says that the wholesaler does not have what was asked for, and
	// that the basket is as it was.
	ErrNotAvailable = errors.New("the wholesaler does not have as much as is asked for")
	// ErrClosed is the error of a closed Service.
	ErrClosed = errors.New("the service for the wholesaler's customers is closed")
)
