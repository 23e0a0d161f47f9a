package orders

import (
	"time"

	"octobridge/idosell"
)

// State is how far an order has come on its way to the wholesaler.
type State string

// The states. Accepted, verified, importing, imported and placing are passed in
// this order; placed, failed, unknown and cancelled are where it can end.
const (
	Accepted  State = "accepted"  // stored; nothing was asked of the wholesaler
	Verified  State = "verified"  // its goods can be had, at the expected price
	Importing State = "importing" // its goods are being put into the account's basket, or were when the process died
	Imported  State = "imported"  // the basket holds exactly its goods
	Placing   State = "placing"   // placeOrder is being sent, or was when the process died
	Placed    State = "placed"    // the wholesaler has it
	Failed    State = "failed"    // nothing was ordered, and nothing will be unless somebody retries it
	Unknown   State = "unknown"   // it may have been placed: it is looked for, or an operator settles it
	Cancelled State = "cancelled" // called off before it was sent
)

// Open says whether an order in this state still is to be worked on.
func (s State) Open() bool { return s != Placed && s != Failed && s != Cancelled }

// Sent says whether the wholesaler may have the order: it cannot be called off
// here any more.
func (s State) Sent() bool { return s == Placing || s == Placed || s == Unknown }

// Progress is what has become of a placed order.
type Progress string

// The progresses, in their order; a cancelled order is at its end wherever it
// was.
const (
	NotPlaced            Progress = ""
	InPreparation        Progress = "in_preparation"
	Dispatched           Progress = "dispatched"
	Delivered            Progress = "delivered"
	CancelledBySupplier  Progress = "cancelled" // by the wholesaler, or there on the shop's request
	NotFollowedAnyLonger Progress = "lapsed"    // nothing was heard of it for the configured time
)

// Order is a shop's order as it is known here.
type Order struct {
	ID      int64   `json:"-"`
	Account string  `json:"-"`       // the client's account key
	Request Request `json:"request"` // as the shop gave it, attachments' contents left out when listed

	State     State     `json:"state"`
	Reason    Reason    `json:"reason,omitzero"` // why it waits or has failed
	CreatedAt time.Time `json:"createdAt"`       // UTC, as all times here
	UpdatedAt time.Time `json:"updatedAt"`
	NextAt    time.Time `json:"nextAt,omitzero"` // when it is looked at next; zero: at once, or never when it is not open
	Attempts  int       `json:"attempts"`        // times that placeOrder was announced

	// What is known from verifying, as the wholesaler counts: Goods may be less
	// than what was asked where orders.unavailable is "partial".
	Goods     []Goods   `json:"goods,omitempty"`
	CourierID int64     `json:"courierId,omitempty"`
	Courier   string    `json:"courier,omitempty"`
	AskedAt   time.Time `json:"askedAt,omitzero"` // when placeOrder was last announced

	SupplierID     string              `json:"supplierId,omitempty"` // the wholesaler's order id, "login-N"
	SupplierSerial int64               `json:"supplierSerial,omitempty"`
	SupplierStatus idosell.OrderStatus `json:"supplierStatus,omitempty"`

	Progress     Progress  `json:"progress,omitempty"`
	PlacedAt     time.Time `json:"placedAt,omitzero"`
	DispatchedAt time.Time `json:"dispatchedAt,omitzero"`
	DeliveredAt  time.Time `json:"deliveredAt,omitzero"`
	ExpectedAt   time.Time `json:"expectedAt,omitzero"` // day on which the goods should arrive
	Parcels      []Parcel  `json:"parcels,omitempty"`   // those taken back are not among them

	waitingSince time.Time // for its present reason
	lookAt       time.Time // when the wholesaler is asked about it next; zero: not followed
	heardAt      time.Time // when something new was last heard of it
	proof        proof
	version      int64 // for optimistic updates
}

// Reason says why an order waits, has failed or is unknown.
type Reason struct {
	Code ReasonCode `json:"code,omitempty"`
	Text string     `json:"text,omitempty"` // a sentence for people: what happened and what to do; no personal data
}

// ReasonCode is a reason for programs.
type ReasonCode string

// The reasons.
const (
	ReasonUnreachable    ReasonCode = "wholesaler-unreachable" // waits for the wholesaler to answer
	ReasonLogin          ReasonCode = "login-refused"          // waits for the password to be put right
	ReasonBasketForeign  ReasonCode = "basket-not-ours"        // the account's basket holds what no order of ours put there
	ReasonBasketLeft     ReasonCode = "basket-not-clean"       // goods of an order of ours are left in the basket and cannot be taken out by us
	ReasonUnavailable    ReasonCode = "unavailable"            // goods cannot be had
	ReasonPriceChanged   ReasonCode = "price-changed"          // the account would pay more than expected
	ReasonUnknownProduct ReasonCode = "unknown-product"        // the wholesaler does not know a code
	ReasonNoCourier      ReasonCode = "no-courier"             // no courier fits the order and the rule
	ReasonRefused        ReasonCode = "refused"                // the wholesaler refused the order
	ReasonOutcomeUnknown ReasonCode = "outcome-unknown"        // placeOrder got no answer that can be relied on
	ReasonNotProven      ReasonCode = "not-proven"             // it cannot be proven that it was not placed: somebody has to settle it
	ReasonCancelled      ReasonCode = "cancelled"              // by the shop or an operator
	ReasonSettled        ReasonCode = "settled"                // an operator said what became of it
)

// Goods is a line as the wholesaler identifies it. Prices are what the account
// pays for one: confidential in dropshipping, and so never part of JSON that
// leaves the operator's side.
type Goods struct {
	ProductID int64                   `json:"productId"`
	SizeID    string                  `json:"sizeId"`
	Code      string                  `json:"code"`
	CodeType  idosell.CodeType        `json:"codeType"`
	Name      string                  `json:"name"`
	Quantity  idosell.Decimal         `json:"quantity"`
	Gross     idosell.OptionalDecimal `json:"gross"` // when it was verified; null: not told
}

// Parcel is one parcel of an order.
type Parcel struct {
	Number         string    `json:"number"` // what the recipient tracks it by
	ShippingNumber string    `json:"shippingNumber,omitempty"`
	TrackingURL    string    `json:"trackingUrl,omitempty"` // the platform's or the courier's own; empty: see the table of couriers
	Courier        string    `json:"courier,omitempty"`
	FirstSeenAt    time.Time `json:"firstSeenAt"`
}

// Event is one entry of an order's timeline. It holds no personal data and no
// secrets: the timeline is what operators paste into tickets.
type Event struct {
	At     time.Time `json:"at"`
	Kind   EventKind `json:"kind"`
	State  State     `json:"state"`            // the order's after it
	Text   string    `json:"text"`             // a sentence
	Detail string    `json:"detail,omitempty"` // gate, fault code, duration, quantities
}

// EventKind says what an event is about.
type EventKind string

// The kinds of events.
const (
	EventStep     EventKind = "step"     // the order's state changed
	EventCall     EventKind = "call"     // a call to the wholesaler is about to be made
	EventAnswer   EventKind = "answer"   // what came of it
	EventWait     EventKind = "wait"     // the order waits for something
	EventProof    EventKind = "proof"    // something was found out about an unknown outcome
	EventNotice   EventKind = "notice"   // the wholesaler's shop told something
	EventOperator EventKind = "operator" // a person did something
	EventProgress EventKind = "progress" // the wholesaler got on with the order
)
