package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"octobridge/bridge/config"
	"octobridge/idosell"
)

// fieldNames are the names that each of our fields may have in a notice, folded.
type fieldNames map[string][]string

// usualNames are looked for where nothing else is configured. The template of a
// webhook is free, so these are what IdoSell's own gates, its panel in Polish and
// people call such things. Letter case, accents, blanks, underscores and dashes
// do not matter; a name may also be spread over levels: order{id}.
var usualNames = fieldNames{
	"order": {"orderid", "order", "orderno", "ordernumber", "zamowienie", "zamowienieid", "idzamowienia", "numerzamowienia", "zamowienienumer", "nrzamowienia"},
	"serial": {"orderserialnumber", "serialnumber", "ordersn", "orderserial", "numerseryjny", "numerseryjnyzamowienia", "zamowienienumerseryjny",
		"zamowieniesn", "ordernumber", "numerzamowienia", "zamowienienumer", "nrzamowienia", "orderid", "order", "zamowienie"},
	"reference": {"reference", "orderreference", "externalorderid", "orderexternalid", "referencja", "numerzewnetrzny",
		"clientnotetoorder", "ordernote", "clientnote", "note", "uwagi", "uwagiklienta", "uwagidozamowienia"},
	"status": {"status", "orderstatus", "dropshippingorderstatus", "statuszamowienia", "zamowieniestatus"},
	"parcel": {"packagenumber", "packagenumbers", "packagesnumbers", "packagesnumber", "deliverypackagenumber", "deliverypackagenumbers",
		"package", "packages", "parcel", "parcels", "parcelnumber", "parcelnumbers", "parcelsnumber", "trackingnumber", "trackingnumbers", "trackingno", "tracking", "waybill",
		"numerpaczki", "numerypaczek", "nrpaczki", "paczka", "paczki", "paczkanumer", "paczkinumer",
		"numerprzesylki", "numeryprzesylek", "nrprzesylki", "przesylka", "przesylki", "przesylkanumer", "przesylkinumer",
		"numerlistu", "numerlistuprzewozowego", "listprzewozowy"},
	"parcel_removed": {"removedpackagenumber", "removedpackagenumbers", "packagenumberremoved", "deletedpackagenumber", "deletedpackagenumbers", "packagenumberdeleted",
		"parcelremoved", "removedparcel", "removedparcels", "parcelsremoved", "usunietapaczka", "usunietepaczki", "usunietynumerpaczki", "usunietynumerprzesylki"},
	"shipping": {"shippingnumber", "deliveryshippingnumber", "shipmentnumber", "consignmentnumber", "numernadania"},
	"tracking": {"trackingurl", "trackinglink", "tracking", "trackingaddress", "linkdosledzenia", "linksledzenia", "adressledzenia", "urlsledzenia", "sledzenie"},
	"courier":  {"couriername", "courier", "deliveryname", "kurier", "kuriernazwa", "nazwakuriera", "przewoznik"},
	"event":    {"event", "eventtype", "eventname", "action", "topic", "zdarzenie", "akcja"},
}

// wordyReferences are names of notes: what stands in them is a reference only
// where our mark is around it.
var wordyReferences = []string{"clientnotetoorder", "ordernote", "clientnote", "note", "uwagi", "uwagiklienta", "uwagidozamowienia"}

// newFieldNames reads orders.webhook_fields.
func newFieldNames(configured []string) (fieldNames, error) {
	names := fieldNames{}
	for _, entry := range configured {
		ours, theirs, found := strings.Cut(entry, "=")
		ours = strings.TrimSpace(ours)
		folded := fold(theirs)
		if !found || folded == "" || !slices.Contains(config.NoticeFields, ours) {
			return nil, fmt.Errorf("an entry names no field: write one of %s, =, and the name in the wholesaler's template",
				strings.Join(config.NoticeFields, ", "))
		}
		names[ours] = append(names[ours], folded)
	}
	for ours, usual := range usualNames {
		if len(names[ours]) == 0 {
			names[ours] = usual
		}
	}
	return names, nil
}

// polish are the letters of names in Polish templates without their accents.
var polish = strings.NewReplacer("ą", "a", "ć", "c", "ę", "e", "ł", "l", "ń", "n", "ó", "o", "ś", "s", "ź", "z", "ż", "z")

// fold is what names are compared by: letters without accents, and digits.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, polish.Replace(strings.ToLower(name)))
}

// entry is a value of a notice with the names of all levels above it, folded. An
// element of a list has the list's name.
type entry struct {
	path  []string
	value string
}

// called says by how many levels the entry has one of the names, the most that
// there are: 1 for its own, more when it is joined with those above; 0: it has
// none of them.
func (e *entry) called(names []string) int {
	name, most := "", 0
	for level := 1; level <= min(3, len(e.path)); level++ {
		name = e.path[len(e.path)-level] + name
		if slices.Contains(names, name) {
			most = level
		}
	}
	return most
}

// toldNotice is what a notice tells.
type toldNotice struct {
	orders     []string // ids that might be the wholesaler's
	serials    []int64
	references []string
	several    bool // it is about several orders

	status    idosell.OrderStatus // one of IdoSell's words, or empty
	delivered bool
	parcels   []Parcel
	takenBack []string
}

// maxOrdersNamed bounds how many orders a notice can name.
const maxOrdersNamed = 100

func (t *toldNotice) names() int { return len(t.orders) + len(t.serials) + len(t.references) }

func (t *toldNotice) news(at time.Time) news {
	return news{at: at, notice: true, status: t.status, sent: sentStatuses[t.status] || t.delivered, delivered: t.delivered,
		parcels: t.parcels, takenBack: t.takenBack}
}

// find collects what entries tell by the names of our fields.
func (names fieldNames) find(entries []entry, method string) toldNotice {
	var told toldNotice
	byPath := map[string]string{} // of what names orders
	var shipping, tracking, courier string
	removal := strings.EqualFold(method, "DELETE")
	// Of fields that can only have one value that counts whose name says most,
	// then the outermost, then the first: order{status} before payment{status}.
	ranks := map[string]int{}
	first := func(ours string, e *entry) bool {
		rank := e.called(names[ours])*2*maxDepth - len(e.path)
		if before, found := ranks[ours]; found && before >= rank {
			return false
		}
		ranks[ours] = rank
		return true
	}
	var numbers, removed []string
	for i := range entries {
		e := &entries[i]
		e.value = strings.TrimSpace(e.value)
		if e.value == "" {
			continue
		}
		is := func(ours string) bool { return e.called(names[ours]) > 0 }
		if is("order") && plain(e.value, maxField) {
			told.orders = addTo(told.orders, e.value)
			told.several = told.several || differs(byPath, e)
		}
		if serial, err := strconv.ParseInt(e.value, 10, 64); err == nil && serial > 0 && is("serial") {
			told.serials = addTo(told.serials, serial)
			told.several = told.several || differs(byPath, e)
		}
		if is("reference") {
			if reference := referenceIn(e); reference != "" {
				told.references = addTo(told.references, reference)
			}
		}
		if is("status") {
			if status, delivered := statusWord(e.value); (status != "" || delivered) && first("status", e) {
				told.status, told.delivered = status, told.delivered || delivered
			}
		}
		if is("event") {
			happening := fold(e.value)
			told.delivered = told.delivered || containsAny(happening, "delivered", "dostarczon", "doreczon") &&
				!containsAny(happening, "undelivered", "notdelivered", "niedostarczon", "niedoreczon")
			removal = removal || containsAny(happening, "remov", "delet", "usun", "cofn")
		}
		switch {
		case is("parcel_removed"):
			removed = append(removed, parcelNumbers(e.value)...)
		case is("tracking") && webAddress(e.value) != "":
			if first("tracking", e) {
				tracking = webAddress(e.value)
			}
		case is("parcel"):
			numbers = append(numbers, parcelNumbers(e.value)...)
		}
		if is("shipping") && first("shipping", e) {
			shipping = oneLine(e.value)
		}
		if is("courier") && first("courier", e) {
			courier = oneLine(e.value)
		}
	}
	if removal {
		numbers, removed = nil, append(removed, numbers...)
	}
	for _, number := range removed {
		told.takenBack = addTo(told.takenBack, number)
	}
	for _, number := range numbers {
		if len(told.parcels) < maxParcels && !slices.Contains(told.takenBack, number) &&
			!slices.ContainsFunc(told.parcels, func(p Parcel) bool { return p.Number == number }) {
			told.parcels = append(told.parcels, Parcel{Number: number, Courier: courier})
		}
	}
	if len(told.parcels) == 1 { // of several it is not known whose they are
		told.parcels[0].ShippingNumber, told.parcels[0].TrackingURL = shipping, tracking
	}
	return told
}

// differs says whether the same place in a notice named another order before.
func differs(byPath map[string]string, e *entry) bool {
	path := strings.Join(e.path, "/")
	before, found := byPath[path]
	byPath[path] = e.value
	return found && before != e.value
}

func addTo[T comparable](list []T, value T) []T {
	if len(list) >= maxOrdersNamed || slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}

// referenceIn is our order number in a value, "" where there is none.
func referenceIn(e *entry) string {
	if reference, _ := idosell.SplitNote(e.value); reference != "" && plain(reference, maxField) {
		return reference
	}
	if e.called(wordyReferences) > 0 || !plain(e.value, maxField) {
		return ""
	}
	return e.value
}

// parcelNumbers splits a list of parcel numbers. What cannot be one is left out:
// a wrong mapping must not turn a recipient's name into a parcel.
func parcelNumbers(text string) []string {
	var numbers []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;|\r\n\t", r) }) {
		part = strings.TrimSpace(part)
		digit := strings.ContainsFunc(part, func(r rune) bool { return r >= '0' && r <= '9' })
		odd := strings.ContainsFunc(part, func(r rune) bool {
			return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("-_./ ", r))
		})
		if digit && !odd && len(part) >= 4 && len(part) <= 60 && len(numbers) < maxParcels {
			numbers = append(numbers, part)
		}
	}
	return numbers
}

// statusWords are the words for statuses in notices, folded: IdoSell's own, and
// what its panel and people call them. Others are left to Orders/get: a template
// may put anything there.
var statusWords = foldedStatuses(map[string]idosell.OrderStatus{
	"nowe": idosell.StatusNew, "oczekujenaplatnosc": idosell.StatusPaymentWaiting, "oczekujenadostawetowaru": idosell.StatusDeliveryWaiting,
	"oczekujenadostawe": idosell.StatusDeliveryWaiting, "wrealizacji": idosell.StatusOnOrder, "realizowane": idosell.StatusOnOrder,
	"pakowane": idosell.StatusPacked, "spakowane": idosell.StatusPackedReady, "gotowe": idosell.StatusReady, "gotowedowysylki": idosell.StatusReady,
	"oczekujenawysylke": idosell.StatusWaitForDispatch, "wstrzymane": idosell.StatusSuspended, "polaczone": idosell.StatusJoined, "braki": idosell.StatusMissing,
	"utracone": idosell.StatusLost, "falszywe": idosell.StatusFalse, "anulowane": idosell.StatusCanceled, "cancelled": idosell.StatusCanceled,
	"zrealizowane": idosell.StatusFinished, "wyslane": idosell.StatusFinished, "sent": idosell.StatusFinished, "shipped": idosell.StatusFinished,
	"dispatched": idosell.StatusFinished, "zwrocone": idosell.StatusReturned, "zwrot": idosell.StatusReturned, "reklamowane": idosell.StatusComplainted,
}, idosell.StatusNew, idosell.StatusPaymentWaiting, idosell.StatusDeliveryWaiting, idosell.StatusOnOrder, idosell.StatusPacked,
	idosell.StatusPackedFulfilled, idosell.StatusPackedReady, idosell.StatusReady, idosell.StatusWaitForDispatch, idosell.StatusSuspended,
	idosell.StatusJoined, idosell.StatusMissing, idosell.StatusLost, idosell.StatusFalse, idosell.StatusCanceled, idosell.StatusFinished,
	idosell.StatusFinishedExt, idosell.StatusReturned, idosell.StatusComplainted,
	"complained", "wait_for_packaging", "wait_for_receive", "all_canceled", "handled", "blocked")

func foldedStatuses(words map[string]idosell.OrderStatus, statuses ...idosell.OrderStatus) map[string]idosell.OrderStatus {
	for _, status := range statuses {
		words[fold(string(status))] = status
	}
	return words
}

// deliveredWords say that an order has arrived; none of them is a status of
// IdoSell's.
var deliveredWords = []string{"delivered", "dostarczone", "dostarczono", "dostarczona", "doreczone", "doreczono", "doreczona", "odebrane", "odebrano", "odebrana"}

func statusWord(text string) (status idosell.OrderStatus, delivered bool) {
	if len(text) > maxField {
		return "", false
	}
	word := fold(text)
	return statusWords[word], slices.Contains(deliveredWords, word)
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
