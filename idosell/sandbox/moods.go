package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as text in JSON: "15m", "1.5s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration.String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("write a duration with its unit, such as \"15m\" or \"1.5s\": %w", err)
	}
	*d = Duration(parsed)
	return nil
}

// Fault is a fault that a mood answers with.
type Fault struct {
	Code int    `json:"code"`
	Text string `json:"text,omitempty"`
}

// Moods make the sandbox behave in other ways than by the default gate table.
// The zero value is the default mood. Several may be set at once: for a call the
// first one whose Gates and Calls fit holds.
type Moods struct {
	// Gates limits the mood to gates ("Orders/get") or whole groups
	// ("Dropshipping"). Empty: all. Files of the feed are meant only where they
	// are named: "Feed", "Feed/full" (see FeedTrouble).
	Gates []string `json:"gates,omitempty"`
	// Calls limits the mood to the next so many calls that it fits; then it is
	// forgotten. 0: until other moods are set.
	Calls int `json:"calls,omitempty"`
	// Skip lets so many fitting calls pass before the mood begins.
	Skip int `json:"skip,omitempty"`

	Form      Form        `json:"form,omitzero"`
	Trouble   Trouble     `json:"trouble,omitzero"`
	Feed      FeedTrouble `json:"feed,omitzero"`
	Different Different   `json:"different,omitzero"`
}

// Form is how an answer is written: the same content in another form, which a
// reader has to understand all the same (idosell.md, idosell-wire.md).
type Form struct {
	// OtherPrefixes writes soap, enc, x, i and m instead of SOAP-ENV,
	// SOAP-ENC, xsd, xsi and ns1.
	OtherPrefixes bool `json:"otherPrefixes,omitempty"`
	// Part names the answer's part instead of "response"; "{method}" in it
	// stands for the method's name.
	Part string `json:"part,omitempty"`
	// Results names the container instead of "results": "Results", "result".
	Results string `json:"results,omitempty"`
	// SnakeCase writes product_id for productId.
	SnakeCase bool `json:"snakeCase,omitempty"`
	// LoneItem writes an array of one item as that item alone, without the
	// array around it.
	LoneItem bool `json:"loneItem,omitempty"`
	// Repeated writes an array as its own element once for each item.
	Repeated bool `json:"repeated,omitempty"`
	// EmptyArrays writes a structure without content as an empty array.
	EmptyArrays bool `json:"emptyArrays,omitempty"`
	// Nil writes what is empty with xsi:nil.
	Nil bool `json:"nil,omitempty"`
	// CDATA writes texts in CDATA sections.
	CDATA bool `json:"cdata,omitempty"`
	// Untyped leaves xsi:type out.
	Untyped bool `json:"untyped,omitempty"`
	// Encoding is "" (UTF-8), "utf-8-bom", "iso-8859-2", "windows-1250",
	// "utf-16" (big endian) or "utf-16le", both with a byte order mark.
	Encoding string `json:"encoding,omitempty"`
	// DecimalCommas writes 12,50 for 12.50.
	DecimalCommas bool `json:"decimalCommas,omitempty"`
	// ZeroDates writes "0000-00-00 00:00:00" for a date that there is none of.
	ZeroDates bool `json:"zeroDates,omitempty"`
	// Map writes the results' structures, and the errors, as Apache and PHP maps.
	Map bool `json:"map,omitempty"`
	// MultiRef writes structures as multi-references: href and id.
	MultiRef bool `json:"multiRef,omitempty"`
	// BareItemFaults writes an item's faultCode and faultString straight into
	// the item instead of into errors.
	BareItemFaults bool `json:"bareItemFaults,omitempty"`
	// NoErrors leaves the element errors out where there is no fault.
	NoErrors bool `json:"noErrors,omitempty"`
}

// Trouble is what goes wrong with a call.
type Trouble struct {
	// Fault answers this fault instead of doing the work.
	Fault *Fault `json:"fault,omitempty"`
	// ItemFault does the work, but marks every item of the answer with this
	// fault; the outer code stays 0.
	ItemFault *Fault `json:"itemFault,omitempty"`
	// DeepFault is ItemFault one level further down: outer 0, and each item
	// has details with the code as a text.
	DeepFault *Fault `json:"deepFault,omitempty"`
	// SOAPFault answers a SOAP-ENV:Fault with HTTP 500 instead of doing the
	// work; the text is its faultstring.
	SOAPFault string `json:"soapFault,omitempty"`
	// Status answers with this HTTP status. With an ordinary answer in the
	// body, after the work, unless HTML, Empty, Redirect or RetryAfter say
	// otherwise. 429 and 503 are answered without doing the work.
	Status int `json:"status,omitempty"`
	// RetryAfter is the header of the same name, sent with Status.
	RetryAfter Duration `json:"retryAfter,omitempty"`
	// RetryAfterDate writes RetryAfter as an HTTP date, by the sandbox's clock.
	RetryAfterDate bool `json:"retryAfterDate,omitempty"`
	// HTML answers an HTML page, with Status or 200, without doing the work.
	HTML bool `json:"html,omitempty"`
	// Empty answers an empty body, after the work was done.
	Empty bool `json:"empty,omitempty"`
	// Redirect answers with this Location and Status or 302, without doing the
	// work.
	Redirect string `json:"redirect,omitempty"`
	// Truncated ends the body in its middle, as if it were whole; the work is
	// done.
	Truncated bool `json:"truncated,omitempty"`
	// GiantMB blows the answer up by so many megabytes of results; the work is
	// done.
	GiantMB int `json:"giantMB,omitempty"`
	// Delay waits before the work, AnswerDelay between the work and the answer.
	// A caller who goes away ends the waiting; one who leaves before the work
	// leaves it undone.
	Delay       Duration `json:"delay,omitempty"`
	AnswerDelay Duration `json:"answerDelay,omitempty"`
	// Late waits before the work as Delay does, but does the work also when the
	// caller has gone away meanwhile: the order is placed after the time-out.
	Late Duration `json:"late,omitempty"`
	// Twice writes the answer two times, one behind the other.
	Twice bool `json:"twice,omitempty"`
	// Hold waits before the work until the channel is closed (Go only).
	Hold <-chan struct{} `json:"-"`
	// Drop closes the connection without an answer: "before" the work, "after"
	// it (the order is placed, the answer is lost), or in the "middle" of the
	// answer's body.
	Drop string `json:"drop,omitempty"`
}

// Different contradicts what is assumed about CustomerAPI.
type Different struct {
	// KeepBasket: placing an order does not empty the basket.
	KeepBasket bool `json:"keepBasket,omitempty"`
	// LoseNote: the note given with an order is not kept.
	LoseNote bool `json:"loseNote,omitempty"`
	// ReplaceOnImport: an import replaces what the basket held.
	ReplaceOnImport bool `json:"replaceOnImport,omitempty"`
	// MissingGates answers as for a gate that does not exist: "Basket/clear".
	MissingGates []string `json:"missingGates,omitempty"`
	// IgnoreFilters: Orders/get ignores what was asked and answers everything.
	IgnoreFilters bool `json:"ignoreFilters,omitempty"`
	// AuthenticateDate takes another date for the systemKey: "utc",
	// "yesterday" or "tomorrow".
	AuthenticateDate string `json:"authenticateDate,omitempty"`
	// SettleOrders hides an order from Orders/get until it is this old.
	SettleOrders Duration `json:"settleOrders,omitempty"`
	// LoginNames: Authenticate takes userLogin and authenticateKey only.
	LoginNames bool `json:"loginNames,omitempty"`
	// SessionLife: a session ends after this time, whatever was said.
	SessionLife Duration `json:"sessionLife,omitempty"`
	// SingleSession: a new Authenticate ends the account's older sessions.
	SingleSession bool `json:"singleSession,omitempty"`
	// BasketPerSession: a new Authenticate begins with an empty basket.
	BasketPerSession bool `json:"basketPerSession,omitempty"`
	// EnforceStep: a quantity that is no multiple of what the product is sold to
	// accounts by is refused, line by line, with fault 3.
	EnforceStep bool `json:"enforceStep,omitempty"`
}

// check finds a mood that could never have an effect: a word that is not one of
// the allowed ones.
func (m Moods) check() error {
	for _, word := range []struct {
		key, value string
		allowed    []string
	}{
		{"form.encoding", m.Form.Encoding, []string{"", "utf-8-bom", "iso-8859-2", "windows-1250", "utf-16", "utf-16le"}},
		{"trouble.drop", m.Trouble.Drop, []string{"", "before", "after", "middle"}},
		{"different.authenticateDate", m.Different.AuthenticateDate, []string{"", "utc", "yesterday", "tomorrow"}},
	} {
		if !slices.Contains(word.allowed, word.value) {
			return fmt.Errorf("mood %s: %q is not one of %q", word.key, word.value, word.allowed[1:])
		}
	}
	if m.Trouble.Status != 0 && (m.Trouble.Status < 200 || m.Trouble.Status > 599) {
		return fmt.Errorf("mood trouble.status: %d is not an HTTP status from 200 to 599", m.Trouble.Status)
	}
	if m.Trouble.GiantMB < 0 || m.Trouble.GiantMB > 4096 {
		return fmt.Errorf("mood trouble.giantMB: %d is not from 0 to 4096", m.Trouble.GiantMB)
	}
	ofGates := slices.DeleteFunc(slices.Clone(m.Gates), aboutFeed)
	for _, name := range slices.Concat(ofGates, m.Different.MissingGates) {
		if !slices.ContainsFunc(gates, func(g *gate) bool { return g.matches(name) }) {
			return fmt.Errorf("mood: there is no gate %q; gates are named like \"Orders/get\" or \"Orders\", files of the feed \"Feed/full\" or \"Feed\"", name)
		}
	}
	return m.Feed.check(m.Gates)
}

// readMoods reads one mood or a list of them from JSON.
func readMoods(body []byte) ([]Moods, error) {
	var moods []Moods
	target := any(&moods)
	var one Moods
	single := strings.HasPrefix(strings.TrimSpace(string(body)), "{")
	if single {
		target = &one
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return nil, fmt.Errorf("moods are a JSON object or a list of objects: %w", err)
	}
	if single {
		moods = []Moods{one}
	}
	for _, mood := range moods {
		if err := mood.check(); err != nil {
			return nil, err
		}
	}
	return moods, nil
}

// SetMoods replaces all moods; without arguments the sandbox is back in its
// default mood. It panics on a mood with a word that is not allowed, which is a
// mistake in the caller's source. Calls that are under way keep their mood.
func (s *Server) SetMoods(moods ...Moods) {
	for _, mood := range moods {
		if err := mood.check(); err != nil {
			panic("sandbox: " + err.Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moods = slices.Clone(moods)
}

// moodFor picks the mood for a call and counts it.
func (s *Server) moodFor(g *gate) Moods {
	return s.pickMood(true, func(mood *Moods) bool {
		return len(mood.Gates) == 0 || slices.ContainsFunc(mood.Gates, g.matches)
	})
}

// pickMood is the first mood that fits and is not being skipped. It is counted
// where it is taken.
func (s *Server) pickMood(taken bool, fits func(*Moods) bool) Moods {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.moods {
		mood := &s.moods[i]
		if !fits(mood) {
			continue
		}
		if mood.Skip > 0 {
			if taken {
				mood.Skip--
			}
			continue
		}
		chosen := *mood
		if taken && mood.Calls > 0 {
			if mood.Calls--; mood.Calls == 0 {
				s.moods = slices.Delete(s.moods, i, i+1)
			}
		}
		return chosen
	}
	return Moods{}
}
