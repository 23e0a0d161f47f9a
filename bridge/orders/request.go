package orders

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// Request is an order as a shop hands it over. Its JSON is what is stored.
type Request struct {
	Reference string   `json:"reference"` // the shop's order number; makes the request idempotent
	Customer  Customer `json:"customer"`  // the shop's, as oct8ne knows them
	// Total is what the customer pays the shop, gross: shown to agents. Zero
	// currency: not told.
	Total   Money  `json:"total,omitzero"`
	Session string `json:"oct8neSession,omitempty"` // the oct8ne session that led to the order

	Recipient     Address             `json:"recipient"`
	PickupPointID string              `json:"pickupPointId,omitempty"`
	Courier       CourierChoice       `json:"courier,omitzero"`  // zero: the configured rule
	PaymentType   idosell.PaymentType `json:"paymentType"`       // prepaid when empty; cash_on_delivery is collected by the courier
	Billing       *Address            `json:"billing,omitempty"` // nil: the account's own
	Payer         *Address            `json:"payer,omitempty"`   // nil: as billing
	Lines         []Line              `json:"products"`
	Note          string              `json:"note,omitempty"`         // for the wholesaler
	CourierNote   string              `json:"courierNote,omitempty"`  // for the courier
	DeliveryDate  string              `json:"deliveryDate,omitempty"` // wished, YYYY-MM-DD
	Attachments   []Attachment        `json:"attachments,omitempty"`  // such as a label
}

// Customer is the shop's customer.
type Customer struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
}

// Money is an amount in a currency (ISO 4217).
type Money struct {
	Amount   idosell.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

// Address is a postal address with the person there.
type Address struct {
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Firm      string `json:"firm,omitempty"`
	TaxNumber string `json:"taxNumber,omitempty"`
	Street    string `json:"street"`
	ZipCode   string `json:"zipCode"`
	City      string `json:"city"`
	Province  string `json:"province,omitempty"`
	Country   string `json:"country"` // ISO 3166-1 alpha-2
	Phone     string `json:"phone,omitempty"`
	Phone2    string `json:"phone2,omitempty"`
	Email     string `json:"email,omitempty"`
}

// CourierChoice names a courier or a rule to choose one by. At most one of its
// fields is set.
type CourierChoice struct {
	ID   int64       `json:"id,omitempty"`
	Name string      `json:"name,omitempty"` // as the wholesaler lists it, in any letter case
	Rule CourierRule `json:"rule,omitempty"`
}

// CourierRule chooses a courier.
type CourierRule string

// The rules.
const (
	Cheapest  CourierRule = "cheapest"   // of those who would take the basket to the address
	ByCountry CourierRule = "by-country" // as orders.couriers says
)

// Line is one product of an order.
type Line struct {
	Code     string           `json:"code"`
	CodeType idosell.CodeType `json:"codeType"` // internal when empty
	Quantity idosell.Decimal  `json:"quantity"`
	Comment  string           `json:"comment,omitempty"`
	// Price is what the shop expects the account to pay for one, gross, in the
	// account's currency. Null: what it is when the order is first verified.
	Price idosell.OptionalDecimal `json:"price,omitzero"`
}

// Attachment is a file that goes with an order.
type Attachment struct {
	Name    string `json:"name"`
	Content []byte `json:"content,omitempty"` // base64 in JSON; not there in what is read back
}

// The bounds of a request. They are octobridge's own but for the 10 MB of a
// CustomerAPI call, which the attachments must fit into as base64.
const (
	maxLines       = 500
	maxText        = 2000 // characters of a note
	maxField       = 200  // characters of everything else
	maxAttachments = 10
	maxAttached    = 6 << 20 // bytes, all attachments together
)

// InvalidError says what is wrong with a request.
type InvalidError struct {
	Field   string // JSON path: "products[2].quantity"
	Problem string // what is wrong and what to write; repeats nothing of the input
}

func (e *InvalidError) Error() string { return e.Field + " " + e.Problem }

func invalid(field, format string, args ...any) error {
	return &InvalidError{field, fmt.Sprintf(format, args...)}
}

// complete tidies a request and checks it. The error is an *InvalidError.
func (r *Request) complete() error {
	// The reference goes into the order's note, and only there is it found again.
	if _, err := idosell.NoteWithReference(r.Reference, ""); err != nil {
		return invalid("reference", "must have 1 to 100 characters, without square brackets, line breaks and blanks around it")
	}
	if !plain(r.Reference, 100) {
		return invalid("reference", "must not hold control characters")
	}
	if r.Reference == "." || r.Reference == ".." {
		return invalid("reference", "must not be one or two dots: it stands in addresses")
	}
	r.Customer.Email = strings.ToLower(strings.TrimSpace(r.Customer.Email))
	for _, text := range []struct{ field, value string }{
		{"customer.id", r.Customer.ID}, {"customer.email", r.Customer.Email}, {"oct8neSession", r.Session},
		{"pickupPointId", r.PickupPointID}, {"courier.name", r.Courier.Name},
	} {
		if !plain(text.value, maxField) {
			return invalid(text.field, "must be one line of at most %d characters", maxField)
		}
	}
	if r.Customer.Email != "" && !emailLike(r.Customer.Email) {
		return invalid("customer.email", "is not an e-mail address")
	}
	for _, text := range []struct{ field, value string }{{"note", r.Note}, {"courierNote", r.CourierNote}} {
		if utf8.RuneCountInString(text.value) > maxText || !utf8.ValidString(text.value) || strings.ContainsFunc(text.value, forbiddenInNotes) {
			return invalid(text.field, "must have at most %d characters and no control characters", maxText)
		}
	}
	if reference, _ := idosell.SplitNote(r.Note); reference != "" {
		return invalid("note", "must not hold a mark such as [ref:…]: the order is found again by its own")
	}
	if err := r.Total.complete("total"); err != nil {
		return err
	}
	if err := r.Recipient.complete("recipient"); err != nil {
		return err
	}
	for field, address := range map[string]*Address{"billing": r.Billing, "payer": r.Payer} {
		if address != nil {
			if err := address.complete(field); err != nil {
				return err
			}
		}
	}
	if err := r.Courier.check(); err != nil {
		return err
	}
	if r.PaymentType == "" {
		r.PaymentType = idosell.Prepaid
	}
	if !slices.Contains([]idosell.PaymentType{idosell.Prepaid, idosell.CashOnDelivery, idosell.TradeCredit}, r.PaymentType) {
		return invalid("paymentType", "must be prepaid, cash_on_delivery or tradecredit")
	}
	if r.DeliveryDate != "" {
		if _, err := time.Parse(time.DateOnly, r.DeliveryDate); err != nil {
			return invalid("deliveryDate", "must be a day such as 2026-11-30")
		}
	}
	if err := r.completeLines(); err != nil {
		return err
	}
	return r.checkAttachments()
}

func (r *Request) completeLines() error {
	if len(r.Lines) == 0 || len(r.Lines) > maxLines {
		return invalid("products", "must have 1 to %d lines", maxLines)
	}
	for i := range r.Lines {
		line := &r.Lines[i]
		field := func(name string) string { return fmt.Sprintf("products[%d].%s", i, name) }
		if line.CodeType == "" {
			line.CodeType = idosell.CodeInternal
		}
		switch {
		case line.Code == "" || !plain(line.Code, maxField) || strings.TrimSpace(line.Code) != line.Code:
			return invalid(field("code"), "must be one line of 1 to %d characters, without blanks around it", maxField)
		case !line.CodeType.Known():
			return invalid(field("codeType"), "must be internal, producer or external")
		case !line.Quantity.IsPositive() || !bounded(line.Quantity):
			return invalid(field("quantity"), "must be above zero and at most 1000000, with at most 4 decimal places")
		case !plain(line.Comment, maxField):
			return invalid(field("comment"), "must be one line of at most %d characters", maxField)
		case line.Price.Valid && (line.Price.Decimal.IsNegative() || !bounded(line.Price.Decimal)):
			return invalid(field("price"), "must be an amount of at most 1000000, with at most 4 decimal places")
		}
	}
	return nil
}

func (r *Request) checkAttachments() error {
	if len(r.Attachments) > maxAttachments {
		return invalid("attachments", "must be at most %d", maxAttachments)
	}
	size := 0
	for i, attachment := range r.Attachments {
		if attachment.Name == "" || !plain(attachment.Name, maxField) || strings.ContainsAny(attachment.Name, `/\`) {
			return invalid(fmt.Sprintf("attachments[%d].name", i), "must be a file name of at most %d characters", maxField)
		}
		if len(attachment.Content) == 0 {
			return invalid(fmt.Sprintf("attachments[%d].content", i), "is empty")
		}
		size += len(attachment.Content)
	}
	if size > maxAttached {
		return invalid("attachments", "have more than %d bytes together", maxAttached)
	}
	return nil
}

func (m *Money) complete(field string) error {
	m.Currency = strings.ToUpper(strings.TrimSpace(m.Currency))
	switch {
	case m.Currency == "" && m.Amount.IsZero():
		return nil
	case len(m.Currency) != 3 || strings.ContainsFunc(m.Currency, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return invalid(field+".currency", "must be an ISO 4217 code such as PLN")
	case m.Amount.IsNegative() || m.Amount.Exponent() < -4 || m.Amount.NumDigits() > 15:
		return invalid(field+".amount", "must not be negative, nor have more than 4 decimal places")
	}
	return nil
}

func (a *Address) complete(field string) error {
	for _, text := range []*string{&a.FirstName, &a.LastName, &a.Firm, &a.TaxNumber, &a.Street, &a.ZipCode, &a.City, &a.Province, &a.Country, &a.Phone, &a.Phone2, &a.Email} {
		*text = strings.TrimSpace(*text)
		if !plain(*text, maxField) {
			return invalid(field, "has a field that is not one line of at most %d characters", maxField)
		}
	}
	a.Country = strings.ToUpper(a.Country)
	switch {
	case a.LastName == "" && a.Firm == "":
		return invalid(field+".lastName", "or firm is required")
	case a.Street == "":
		return invalid(field+".street", "is required")
	case a.ZipCode == "":
		return invalid(field+".zipCode", "is required")
	case a.City == "":
		return invalid(field+".city", "is required")
	case len(a.Country) != 2 || strings.ContainsFunc(a.Country, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return invalid(field+".country", "must be an ISO 3166-1 code of two letters, such as PL")
	case a.Email != "" && !emailLike(a.Email):
		return invalid(field+".email", "is not an e-mail address")
	}
	return nil
}

func (c *CourierChoice) check() error {
	set := 0
	for _, is := range []bool{c.ID != 0, c.Name != "", c.Rule != ""} {
		if is {
			set++
		}
	}
	switch {
	case set > 1:
		return invalid("courier", "must have one of id, name and rule")
	case c.ID < 0:
		return invalid("courier.id", "must be above zero")
	case c.Rule != "" && c.Rule != Cheapest && c.Rule != ByCountry:
		return invalid("courier.rule", "must be cheapest or by-country")
	}
	return nil
}

// digest identifies what was asked, so that the same request again is told from
// another one under its reference.
func (r *Request) digest() (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// plain says whether a text is one line of at most so many characters, none of
// them a control character.
func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

func forbiddenInNotes(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

// bounded says whether a number is at most a million and has at most four places:
// what is longer than any real one is refused before it is computed with.
func bounded(n idosell.Decimal) bool {
	return n.Exponent() >= -4 && n.Exponent() <= 6 && n.NumDigits() <= 11 && n.LessThanOrEqual(million)
}

var million = decimal.NewFromInt(1_000_000)

func emailLike(text string) bool {
	name, host, found := strings.Cut(text, "@")
	return found && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(text, " <>,;\"") && strings.Count(text, "@") == 1
}
