package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tongue is a language of the back office.
type tongue struct {
	Tag, Name        string
	point, thousands string
	text             func(words) string
}

// The languages, the default first.
var (
	polish  = &tongue{"pl", "Polski", ",", "\u00a0", func(w words) string { return w.pl }}
	english = &tongue{"en", "English", ".", ",", func(w words) string { return w.en }}
	tongues = []*tongue{polish, english}
)

// chooseTongue returns the language that was chosen by ?lang=, else the one that the
// browser's Accept-Language prefers, else Polish.
func chooseTongue(wanted, accepted string) *tongue {
	for _, t := range tongues {
		if t.Tag == wanted {
			return t
		}
	}
	best, weight := polish, 0.0
	if len(accepted) > 500 { // more than any browser sends
		return best
	}
	for part := range strings.SplitSeq(accepted, ",") {
		tag, rest, _ := strings.Cut(part, ";")
		language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(rest), "q="); ok {
			q, _ = strconv.ParseFloat(text, 64) // 0, as for what cannot be read, is not wanted
		}
		at := slices.IndexFunc(tongues, func(t *tongue) bool { return t.Tag == language })
		if at >= 0 && q > weight {
			best, weight = tongues[at], q
		}
	}
	return best
}

// words is a text in both languages.
type words struct{ pl, en string }

// Say returns a text of the table; an error where the table has none by that name.
func (t *tongue) Say(name string) (string, error) {
	text, there := table[name]
	if !there {
		return "", fmt.Errorf("sandbox: there is no text %q", name)
	}
	return t.text(text), nil
}

// Status is a status of ONe's in words, or as it came.
func (t *tongue) Status(word string) string {
	return cmp.Or(t.text(statuses[word]), word)
}

// ShapeName is what a shape is called.
func (t *tongue) ShapeName(shape Shape) (string, error) { return t.Say("shape " + string(shape)) }

// statuses are the words of ONe's that are known.
var statuses = map[string]words{
	"ACTIVE": {"aktywny", "active"}, "INACTIVE": {"wstrzymany", "paused"}, "OPEN": {"otwarta", "open"},
	"WON_TRANSFERRED": {"wygrana, przekazana", "won, transferred"}, "HTTP_BASIC": {"hasło (HTTP Basic)", "password (HTTP Basic)"},
	"NONE": {"brak", "none"},
}

// table holds every text of the back office, by the name that the template uses.
var table = map[string]words{
	"title":      {"ONe na niby – zaplecze sprzedawcy", "Make-believe ONe – the seller’s back office"},
	"brand":      {"ONe na niby", "Make-believe ONe"},
	"notice":     {"Dane są zmyślone, a to nie jest ONe: tak octobridge pokazuje zdarzenia.", "The data is invented, and this is not ONe: octobridge shows events with it."},
	"skip":       {"Przejdź do treści", "Skip to the content"},
	"language":   {"Język", "Language"},
	"heading":    {"Co robi klient?", "What does the customer do?"},
	"lead":       {"Wybierz klienta i naciśnij przycisk: zdarzenie leci do mostu, a agent oct8ne od razu widzi zmianę w rozmowie z tym klientem.", "Choose a customer and press a button: the event goes to the bridge, and the oct8ne agent sees the change at once in the chat with that customer."},
	"customers":  {"Klient", "Customer"},
	"events":     {"Zdarzenia", "Events"},
	"logsIn":     {"Loguje się", "Logs in"},
	"opensCart":  {"Otwiera koszyk", "Opens the cart"},
	"opensOffer": {"Otwiera ofertę", "Opens offer"},
	"opensList":  {"Otwiera listę ofert", "Opens the list of offers"},
	"shape":      {"Postać treści", "Shape of the body"},
	"shapeWhy":   {"ONe nie opisuje treści zdarzeń, więc most musi zrozumieć każdą rozsądną i zachować każdą inną.", "ONe does not document the bodies of its events, so the bridge has to understand every reasonable one and to keep every other."},
	"withIDs":    {"Z identyfikatorami", "With the ids"},
	"withoutIDs": {"Bez identyfikatorów", "Without the ids"},
	"goesTo":     {"Zdarzenia idą do", "Events go to"},
	"paused":     {"Nic nie wysłano: webhook tego zdarzenia jest wstrzymany.", "Nothing was sent: the webhook of this event is paused."},
	"nowhere":    {"Nic nie wysłano: ONe na niby nie wie, gdzie jest most.", "Nothing was sent: the make-believe ONe does not know where the bridge is."},
	"taken":      {"Most przyjął zdarzenie", "The bridge took the event"},
	"refused":    {"Most odmówił", "The bridge refused the event"},
	"silent":     {"Most nie odpowiedział", "The bridge did not answer"},
	"deliveries": {"Ostatnio wysłane", "Sent last"},
	"noneSent":   {"Jeszcze nic nie wysłano.", "Nothing has been sent yet."},
	"body":       {"Treść", "Body"},
	"answer":     {"Odpowiedź", "Answer"},
	"nothing":    {"pusta", "empty"},
	"offers":     {"Oferty", "Offers"},
	"offer":      {"Oferta", "Offer"},
	"validTill":  {"ważna do", "valid until"},
	"product":    {"Produkt", "Product"},
	"quantity":   {"Ilość", "Quantity"},
	"price":      {"Cena netto", "Net price"},
	"purchase":   {"Cena zakupu", "Purchase price"},
	"value":      {"Wartość netto", "Net value"},
	"total":      {"Razem netto", "Net total"},
	"orphan":     {"linii nadrzędnej nie ma w ofercie", "its parent line is not in the offer"},
	"cycle":      {"linia jest pod samą sobą", "the line is below itself"},
	"belongs":    {"należy do linii powyżej", "belongs to the line above"},
	"carts":      {"Koszyki", "Carts"},
	"cart":       {"Koszyk", "Cart"},
	"emptyCart":  {"Koszyk jest pusty.", "The cart is empty."},
	"whole":      {"nie dzielić", "do not split"},
	"fixed":      {"ilość stała", "quantity fixed"},
	"stays":      {"nie usuwać", "cannot be removed"},
	"webhooks":   {"Webhooki", "Webhooks"},
	"noWebhooks": {"Nie ma żadnego webhooka.", "There are no webhooks."},
	"name":       {"Nazwa", "Name"},
	"event":      {"Zdarzenie", "Event"},
	"status":     {"Stan", "Status"},
	"address":    {"Adres", "Address"},
	"auth":       {"Uwierzytelnienie", "Authentication"},
	"about":      {"Atrapa ONe z octobridge: oferty, koszyki i webhooki żyją w pamięci.", "A sandbox of octobridge’s: offers, carts and webhooks live in memory."},

	"shape flat":         {"płaska, teksty bez przedrostka", "flat, texts without a prefix"},
	"shape numbers":      {"płaska, liczby", "flat, numbers"},
	"shape snake":        {"snake_case", "snake_case"},
	"shape pascal":       {"PascalCase", "PascalCase"},
	"shape payload":      {"w polu payload", "inside payload"},
	"shape data":         {"w polu data", "inside data"},
	"shape customer-id":  {"customerId zamiast clientId", "customerId instead of clientId"},
	"shape array":        {"tablica z jednym obiektem", "an array of one"},
	"shape json-in-text": {"JSON w tekście", "JSON in a string"},
	"shape extra-fields": {"z nieznanymi polami", "with unknown fields"},
	"shape form":         {"formularz", "a form"},
	"shape empty":        {"nic", "nothing"},
	"shape no-fields":    {"{}", "{}"},
	"shape test-button":  {"przycisk testowy", "the test button"},
	"shape garbage":      {"śmieci", "garbage"},
}
