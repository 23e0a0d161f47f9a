package bridge

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"octobridge/idosell"
)

// courierPages are the couriers' public tracking pages by a part of the
// courier's name, lower case. {n} stands for the parcel number.
var courierPages = []struct{ name, page string }{
	{"inpost", "https://inpost.pl/sledzenie-przesylek?number={n}"},
	{"dpd", "https://tracktrace.dpd.com.pl/parcelDetails?p1={n}"},
	{"dhl", "https://www.dhl.com/pl-pl/home/sledzenie-przesylek.html?tracking-id={n}"},
	{"gls", "https://gls-group.com/PL/pl/sledzenie-paczek?match={n}"},
	{"ups", "https://www.ups.com/track?loc=pl_PL&tracknum={n}"},
	{"fedex", "https://www.fedex.com/fedextrack/?trknbr={n}"},
	{"poczta polska", "https://emonitoring.poczta-polska.pl/?numer={n}"},
	{"orlen paczka", "https://www.orlenpaczka.pl/sledz-paczke/?numer={n}"},
	{"geis", "https://www.geis.pl/pl/sledzenie-przesylki?packNumber={n}"},
	{"raben", "https://oftc.myraben.com/link/ShipmentInformation?ShipmentNumber={n}&Language=PL"},
}

// trackingURL returns where a parcel can be followed, "" when that is not known.
// The platform's own address of the parcel comes first, then the courier's as
// the wholesaler lists it, then the courier's public page by the courier's name.
// Nothing is ever guessed from the look of a number.
func trackingURL(parcels []idosell.Parcel, courierName, courierPage string) string {
	for i := range parcels {
		if address := trackable(parcels[i].TrackingURL); address != "" {
			return address
		}
	}
	number := firstNumber(parcels)
	if number == "" {
		return ""
	}
	if address := trackable(withNumber(courierPage, number)); address != "" {
		return address
	}
	return strings.ReplaceAll(publicPage(courierName), "{n}", percentEncoded(number))
}

func firstNumber(parcels []idosell.Parcel) string {
	for i := range parcels {
		if number := plainText(parcels[i].Number); number != "" {
			return number
		}
	}
	return ""
}

// numberPlace matches what wholesalers write where the parcel number goes.
var numberPlace = regexp.MustCompile(`\{[^{}/?&=]*\}|\[[^\[\]/?&=]*\]|%s`)

// withNumber puts the number into a courier's tracking address. Its form is not
// documented (an assumption): a placeholder in braces or brackets or "%s" is
// replaced, an address that ends in "=" or "/" is continued, and any other is a
// page where the number can be typed in.
func withNumber(page, number string) string {
	page = strings.TrimSpace(page)
	number = percentEncoded(number)
	switch {
	case page == "":
		return ""
	case numberPlace.MatchString(page):
		return numberPlace.ReplaceAllLiteralString(page, number)
	case strings.HasSuffix(page, "="), strings.HasSuffix(page, "/") && strings.Count(page, "/") > 3:
		return page + number
	default:
		return page
	}
}

// trackable returns the address when a browser can be sent there.
func trackable(raw string) string {
	address, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || !webAddress(address) {
		return ""
	}
	return address.String()
}

// publicPage finds the page of the one courier whose name begins a word of the
// given name; "" when none or several do.
func publicPage(courierName string) string {
	name := strings.ToLower(courierName)
	page := ""
	for _, courier := range courierPages {
		if !beginsWord(name, courier.name) {
			continue
		}
		if page != "" {
			return ""
		}
		page = courier.page
	}
	return page
}

func beginsWord(text, word string) bool {
	for offset := 0; ; {
		i := strings.Index(text[offset:], word)
		if i < 0 {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(text[:offset+i])
		if offset+i == 0 || !unicode.IsLetter(last) {
			return true
		}
		offset += i + len(word)
	}
}
