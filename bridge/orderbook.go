package bridge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"octobridge/idosell"
)

// maxOrdersKept bounds the order book: the newest are kept.
const maxOrdersKept = 200_000

// record is what agents may see of an order. In dropshipping what the account
// pays is not even kept.
type record struct {
	id        string // the wholesaler's, "login-N"
	serial    int64
	reference string // the shop's own, "" where the note has none
	emails    []string
	added     time.Time
	changed   time.Time
	delivery  time.Time // delivered or expected; zero: not known
	status    idosell.OrderStatus
	stage     *words // in place of a status, of an order that the wholesaler says nothing of
	total     decimal.NullDecimal
	currency  string
	retail    bool // total and currency are what the customer pays, as the shop told
	courierID int64
	courier   string
	parcels   []idosell.Parcel
	lines     []recordLine
	note      string // the customer's
	seller    string // the wholesaler's own note
	seenAt    time.Time
}

type recordLine struct {
	quantity decimal.Decimal
	name     string
}

// label says in a language how far the order has come.
func (r *record) label(base string) string {
	if r.stage != nil {
		return r.stage.in(base)
	}
	return statusLabel(r.status, base)
}

// shownReference is the reference that agents see and chat clients send back.
func (r *record) shownReference() string { return cmp.Or(r.reference, r.id) }

func newRecord(o *idosell.Order, kind ShopKind, seenAt time.Time) *record {
	reference, note := idosell.SplitNote(o.ClientNote)
	r := &record{
		reference: plainText(reference),
		id:        cmp.Or(o.ID, strconv.FormatInt(o.SerialNumber, 10)),
		serial:    o.SerialNumber,
		added:     o.AddedAt,
		changed:   o.ChangedAt,
		status:    o.Status,
		currency:  strings.ToUpper(o.Payment.Costs.Currency),
		courierID: o.Dispatch.CourierID,
		courier:   plainText(o.Dispatch.CourierName),
		parcels:   slices.Clone(o.Dispatch.Parcels),
		note:      plainLines(note),
		seenAt:    seenAt,
	}
	r.delivery = o.Dispatch.DeliveryDate
	if r.delivery.IsZero() {
		r.delivery = o.Dispatch.EstimatedDelivery
	}
	r.addEmail(o.Client.Delivery.Email)
	if kind == Wholesale {
		// The agents are the wholesaler's own people there. In dropshipping the
		// wholesaler's note is between it and the shop, and the account's
		// e-mail is the shop's.
		r.addEmail(o.Client.Account.Email)
		r.seller = plainLines(o.SellerNote)
		r.total = o.Payment.Costs.Total()
	}
	for i := range o.Lines {
		r.lines = append(r.lines, newRecordLine(&o.Lines[i]))
	}
	return r
}

func (r *record) addEmail(email string) {
	if email = normalEmail(email); email != "" && !slices.Contains(r.emails, email) {
		r.emails = append(r.emails, email)
	}
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func newRecordLine(line *idosell.OrderLine) recordLine {
	name := cmp.Or(plainText(line.ProductName), plainText(line.ProductCode), strconv.FormatInt(line.ProductID, 10))
	if size := plainText(line.SizeName); size != "" && !idosell.IsOneSize(line.SizeID) && !strings.HasSuffix(name, " "+size) {
		name += " (" + size + ")"
	}
	return recordLine{quantity: line.Quantity, name: name}
}

// orderBook finds orders by e-mail and by every kind of reference. It is not
// safe for concurrent use by itself.
type orderBook struct {
	byID     map[string]*record
	byEmail  map[string][]*record
	byName   map[string][]*record // references and ids, lower case
	bySerial map[int64][]*record
	byDigits map[string][]*record // the digits of the shown reference
}

func newOrderBook() *orderBook {
	return &orderBook{
		byID:     make(map[string]*record),
		byEmail:  make(map[string][]*record),
		byName:   make(map[string][]*record),
		bySerial: make(map[int64][]*record),
		byDigits: make(map[string][]*record),
	}
}

// put takes over what was read of an order, unless something newer is known.
func (b *orderBook) put(r *record) {
	if before, ok := b.byID[r.id]; ok {
		if before.changed.After(r.changed) {
			before.seenAt = r.seenAt
			return
		}
		b.remove(before)
	}
	b.byID[r.id] = r
	b.index(r, add)
}

func (b *orderBook) remove(r *record) {
	delete(b.byID, r.id)
	b.index(r, drop)
}

func (b *orderBook) index(r *record, change func([]*record, *record) []*record) {
	for _, email := range r.emails {
		alter(b.byEmail, email, r, change)
	}
	names := []string{strings.ToLower(r.id)}
	if name := strings.ToLower(r.reference); name != "" && name != names[0] {
		names = append(names, name)
	}
	for _, name := range names {
		alter(b.byName, name, r, change)
	}
	if r.serial != 0 {
		alter(b.bySerial, r.serial, r, change)
	}
	if digits := digitsOf(r.shownReference()); digits != "" {
		alter(b.byDigits, digits, r, change)
	}
}

func alter[K comparable](index map[K][]*record, key K, r *record, change func([]*record, *record) []*record) {
	if list := change(index[key], r); len(list) > 0 {
		index[key] = list
	} else {
		delete(index, key)
	}
}

func add(list []*record, r *record) []*record { return append(list, r) }

func drop(list []*record, r *record) []*record {
	return slices.DeleteFunc(list, func(other *record) bool { return other == r })
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// ofEmail returns a customer's orders, newest first.
func (b *orderBook) ofEmail(email string) []*record {
	list := slices.Clone(b.byEmail[normalEmail(email)])
	slices.SortFunc(list, newestFirst)
	return list
}

func newestFirst(a, b *record) int {
	return cmp.Or(b.added.Compare(a.added), cmp.Compare(b.serial, a.serial), strings.Compare(b.id, a.id))
}

// ofReference returns the order with a reference, nil when there is none: the
// shop's reference or the wholesaler's id exactly, then in any letter case; then
// by the digits of the reference that is shown, because some chat clients strip
// everything else; and only where no shown reference has these digits, by the
// wholesaler's serial number, which is shown to nobody. An order is somebody's:
// where two match, none is the answer.
func (b *orderBook) ofReference(reference string) *record {
	reference = strings.TrimSpace(reference)
	if reference == "" {
		return nil
	}
	named := slices.Clone(b.byName[strings.ToLower(reference)])
	if len(named) > 0 {
		slices.SortFunc(named, func(x, y *record) int {
			return cmp.Or(x.closeness(reference)-y.closeness(reference), newestFirst(x, y))
		})
		return named[0]
	}
	if strings.ContainsFunc(reference, unicode.IsLetter) {
		return nil
	}
	matching := b.byDigits[digitsOf(reference)]
	if serial, err := strconv.ParseInt(reference, 10, 64); err == nil && len(matching) == 0 {
		matching = b.bySerial[serial]
	}
	if len(matching) == 1 {
		return matching[0]
	}
	return nil
}

// closeness is the smaller the better a reference names the order.
func (r *record) closeness(reference string) int {
	switch reference {
	case r.reference:
		return 0
	case r.id:
		return 1
	default:
		return 2
	}
}

// forget drops the orders that match, and the oldest above the limit.
func (b *orderBook) forget(limit int, gone func(*record) bool) {
	for _, r := range b.byID {
		if gone(r) {
			b.remove(r)
		}
	}
	if excess := len(b.byID) - limit; excess > 0 {
		all := make([]*record, 0, len(b.byID))
		for _, r := range b.byID {
			all = append(all, r)
		}
		slices.SortFunc(all, newestFirst)
		for _, r := range all[limit:] {
			b.remove(r)
		}
	}
}
