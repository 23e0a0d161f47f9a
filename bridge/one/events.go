package one

import (
	"errors"
	"time"

	"octobridge/bridge/one/integration"
)

// Kind is what an event is about. It is the last part of the address that ONe
// sends it to, so that it never depends on the body.
type Kind string

// The kinds, and what ONe calls them.
const (
	CartOpened   Kind = "cart-opened"   // CartOpened: a customer, or a seller for one, has opened a cart
	ClientLogged Kind = "client-logged" // ClientLogged: a customer has logged in, or was active again after 30 minutes
	OfferOpened  Kind = "offer-opened"  // OfferOpened: a customer, or a seller for one, has opened an offer
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{CartOpened, ClientLogged, OfferOpened} }

// Flag says what is wrong with an event. A flagged one is kept, and nothing is
// done with it.
type Flag string

// The flags.
const (
	FlagNone       Flag = ""            // it says what its kind needs
	FlagEmpty      Flag = "empty"       // it has no body, or nothing in it: {}, [], null, blanks
	FlagNoID       Flag = "no-id"       // it is readable and holds none of the ids, as a test of the webhook may
	FlagNoCustomer Flag = "no-customer" // it holds ids, but no customer's
	FlagAmbiguous  Flag = "ambiguous"   // it holds two different ids of one sort
	FlagUnreadable Flag = "unreadable"  // it is neither JSON nor a form, or an id in it is longer than 200 bytes or has control characters
)

// State is how far an event has come.
type State string

// The states.
const (
	Waiting  State = "new"      // is to be worked; New is the constructor's name
	Done     State = "done"     // what is due was done
	Recorded State = "recorded" // was only stored: it is flagged, or the rule says so
	Failed   State = "failed"   // was given up; it can be replayed
)

// Meaning says what a ClientLogged means.
type Meaning string

// The meanings.
const (
	Login  Meaning = "login"
	Return Meaning = "return" // active again after 30 idle minutes: ONe repeats the event then
)

// Rule is an operator's decision about the events of a kind.
type Rule string

// The rules.
const (
	RuleUpdate Rule = "update" // oct8ne is told, and an opened offer is fetched
	RulePass   Rule = "pass"   // that, and the event is passed on to the shop in a signed webhook
	RuleRecord Rule = "record" // it is only stored
)

// Outcomes are what Options.Observe is told.
func Outcomes() []string {
	return []string{"stored", "repeated", "refused", "flood", "done", "recorded", "failed"}
}

// Event is one event as it is kept. Its body is as it came, and may hold personal
// data: it belongs into no log.
type Event struct {
	ID          int64
	Kind        Kind
	ReceivedAt  time.Time // UTC, as all times here
	ContentType string
	Body        []byte // nil in lists
	// The ids as they came, with a prefix such as "org:" where they had one; empty
	// where the event holds none.
	Customer, Cart, Offer string
	Flag                  Flag
	State                 State
	Meaning               Meaning // of a ClientLogged that waits no more and has no flag
	Outcome               string  // a sentence: what was done, or what failed
	Attempts              int
	DueAt                 time.Time // of a new one: when it is worked at the earliest
	WorkedAt              time.Time // zero: not yet
	Repeats               int       // how often it came again within Options.SameWithin
	RepeatedAt            time.Time
}

// Query says which events to list; what is given must all match.
type Query struct {
	Kind     Kind
	State    State
	Customer string // with or without its prefix
	Flagged  bool   // only those with a flag
	After    int64  // only those with a higher id; 0: all
	Oldest   bool   // the oldest first
	Limit    int    // at most; 100 when 0
}

// KeptOffer is an offer as it was when it was opened. It holds purchase prices:
// it is for operators alone, and for no page.
type KeptOffer struct {
	Customer  string
	OpenedAt  time.Time
	FetchedAt time.Time
	Offer     *integration.Offer
}

var (
	// ErrNotFound says that there is no such event or offer.
	ErrNotFound = errors.New("there is no such event or offer: octobridge one events list shows what there is")
	// ErrTooLarge says that an event has more than MaxBody bytes. It was not stored.
	ErrTooLarge = errors.New("an event has at most 64 kB")
	// ErrFlood says that more events wait for the database than are taken. It was
	// not stored: send it again.
	ErrFlood = errors.New("more events come than can be stored: send this one again")
	// ErrNothingToDo says that an event cannot be replayed, as it says nothing that
	// could be done.
	ErrNothingToDo = errors.New("the event is flagged: nothing can be done with it")
)

// MaxBody is how large an event may be, in bytes.
const MaxBody = 64 << 10
