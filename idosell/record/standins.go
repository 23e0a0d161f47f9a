package record

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// kind says what a text was, and so what its stand-in looks like.
type kind uint8

const (
	kindText kind = iota // something that is not known to be harmless
	kindKey
	kindLogin
	kindEmail
	kindFirstName
	kindLastName
	kindPerson
	kindFirm
	kindNIP
	kindPESEL
	kindStreet
	kindZip
	kindCity
	kindProvince
	kindPhone
	kindNote
	kindReference
	kindIBAN
	kindCard
	kindParcel
	kindTracking
	kindCoordinate
	kindBirth
	kindIP
	kindWWW
	kindFile
	kindFileName
	kindNumber  // a long number that may be anybody's
	kindHash    // of something known
	kindOrderID // "login-N"
)

// wordy are the kinds whose stand-in is a word and a number.
var wordy = map[kind]string{
	kindText: "text %d", kindLogin: "client-%d", kindEmail: "person-%d@example.com", kindFirstName: "First-%d", kindLastName: "Last-%d",
	kindPerson: "Person %d", kindFirm: "Company %d", kindStreet: "Street %d", kindCity: "Town %d", kindProvince: "Province %d",
	kindNote: "Note %d", kindReference: "REF-%d", kindTracking: "https://tracking.example/parcel-%d",
}

// standIn is what takes the place of one text, whatever form it stands in. They are
// numbered in the order in which the texts were found, and not worked out from them:
// nothing can be found out by trying.
type standIn struct {
	kind   kind
	number int
	strong bool // a configured secret: looked for also in the midst of words
}

// render writes the stand-in in the form that the original has. False: there is no
// valid stand-in with this number.
func (s *standIn) render(original string) (string, bool) {
	if form, ok := wordy[s.kind]; ok {
		return fmt.Sprintf(form, s.number), true
	}
	digits := digitsOf(original)
	switch s.kind {
	case kindKey:
		return keyLike(original, s.number), true
	case kindPhone:
		return phoneLike(original, digits, s.number), true
	case kindZip:
		if postcode.MatchString(original) {
			return fmt.Sprintf("%02d-%03d", s.number/1000%100, s.number%1000), s.number < 100_000
		}
	case kindNIP:
		if len(digits) == 10 {
			number := fmt.Sprintf("%09d", s.number)
			check := weighted(number, 6, 5, 7, 2, 3, 4, 5, 6, 7) % 11
			return withDigits(original, number+strconv.Itoa(check)), check < 10 && len(number) == 9
		}
		if weights := regonWeights[len(digits)]; weights != nil { // REGON stands under the same names
			number := zeroPadded(s.number, len(digits)-1)
			return withDigits(original, number+strconv.Itoa(weighted(number, weights...)%11%10)), len(number) == len(digits)-1
		}
	case kindPESEL:
		if len(digits) == 11 && len(digits) == len(strings.TrimSpace(original)) {
			number := fmt.Sprintf("0001%02d%04d", 1+s.number/10_000%28, s.number%10_000)
			return number + strconv.Itoa((10-weighted(number, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10), true
		}
	case kindIBAN:
		if account, ok := accountLike(original, s.number); ok {
			return account, true
		}
	case kindCard:
		if len(digits) >= 13 && len(digits) <= 19 {
			number := "4" + zeroPadded(s.number, len(digits)-2)
			return withDigits(original, number+luhnDigit(number)), true
		}
	case kindCoordinate:
		return fmt.Sprintf("0.%06d", s.number), true
	case kindBirth:
		return time.Date(1900, 1, 1+s.number, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
	case kindIP:
		if address, err := netip.ParseAddr(strings.TrimSpace(original)); err == nil && address.Is6() {
			return fmt.Sprintf("2001:db8::%x:%x", s.number>>16&0xffff, s.number&0xffff), true
		}
		return fmt.Sprintf("198.18.%d.%d", s.number>>8&0xff, s.number&0xff), true
	case kindWWW:
		if strings.Contains(original, "://") {
			return fmt.Sprintf("https://shop-%d.example/", s.number), true
		}
		return fmt.Sprintf("shop-%d.example", s.number), true
	case kindFile:
		if isBase64(strings.Join(strings.Fields(original), "")) {
			return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "file %d", s.number)), true
		}
		return fmt.Sprintf("file %d", s.number), true
	case kindFileName:
		extension := path.Ext(strings.TrimSpace(original))
		if !fileExtension.MatchString(extension) {
			extension = ""
		}
		return fmt.Sprintf("file-%d%s", s.number, strings.ToLower(extension)), true
	case kindHash:
		return strings.ToLower(fmt.Sprintf("%0*x", len(original), s.number)), true
	}
	return shaped(original, s.number), true
}

var (
	postcode      = regexp.MustCompile(`^\d{2}-\d{3}$`)
	fileExtension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,5}$`)
	hexText       = regexp.MustCompile(`^(?:[0-9a-f]{16,}|[0-9A-F]{16,})$`)
)

var regonWeights = map[int][]int{9: {8, 9, 2, 3, 4, 5, 6, 7}, 14: {2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8}}

// echoMark follows a key where an answer repeats it (idosell-wire.md).
const echoMark = "_iai"

// keyLike has the length and the form of a key; of a short one, which may be a
// password, not even the length.
func keyLike(original string, number int) string {
	switch {
	case hexText.MatchString(original):
		return fmt.Sprintf("%0*x", len(original), number)
	case len(original) >= 16 && len(original) <= 200:
		return zeroPadded(number, len(original))
	}
	return fmt.Sprintf("secret-%d", number)
}

// phoneLike is a Polish mobile number: with a country code, with spaces or without,
// as the original has them.
func phoneLike(original, digits string, number int) string {
	own := strconv.Itoa(500_000_000 + number)
	compact := len(digits) >= len(strings.TrimPrefix(strings.TrimSpace(original), "+"))
	country := strings.Contains(original, "+")
	if !country && compact && len(digits) == 11 && strings.HasPrefix(digits, "48") {
		return "48" + own
	}
	if !compact {
		own = own[:3] + " " + own[3:6] + " " + own[6:]
	}
	switch {
	case country && compact:
		return "+48" + own
	case country:
		return "+48 " + own
	}
	return own
}

// accountLike is a bank account with right check digits: an IBAN, or the 26 digits
// of a Polish one.
func accountLike(original string, number int) (string, bool) {
	compact := strings.ToUpper(strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, original))
	country, length := "PL", len(compact)
	prefixed := length > 4 && isUpper(compact[0]) && isUpper(compact[1])
	switch {
	case prefixed:
		country, length = compact[:2], length-2
	case length != 26 || digitsOf(compact) != compact:
		return "", false
	}
	if length < 13 || length > 32 {
		return "", false
	}
	rest := zeroPadded(number, length-2)
	remainder := remainderOf97(rest + strconv.Itoa(int(country[0]-'A')+10) + strconv.Itoa(int(country[1]-'A')+10) + "00")
	account := fmt.Sprintf("%02d", 98-remainder) + rest
	if prefixed {
		account = country + account
	}
	at := 0
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) && at < len(account) {
			at++
			return rune(account[at-1])
		}
		return r
	}, original), true
}

// remainderOf97 is the remainder of a number as ISO 7064 wants it.
func remainderOf97(digits string) int {
	number, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return 0
	}
	return int(number.Mod(number, big.NewInt(97)).Int64())
}

// shaped has digits where the original has digits, and letters where it has
// letters; the number is counted up in them from the right.
func shaped(original string, number int) string {
	text := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(original)))
	if len(text) > 200 {
		return fmt.Sprintf("text %d", number)
	}
	for i := len(text) - 1; i >= 0; i-- {
		switch r := text[i]; {
		case unicode.IsDigit(r):
			text[i] = rune('0' + number%10)
			number /= 10
		case unicode.IsUpper(r):
			text[i] = rune('A' + number%26)
			number /= 26
		case unicode.IsLetter(r) || unicode.IsMark(r) || r > unicode.MaxASCII:
			text[i] = rune('a' + number%26)
			number /= 26
		}
	}
	if number > 0 {
		return strconv.Itoa(number) + string(text)
	}
	return string(text)
}

// jsonNumber has as many digits as the original and no zero in front.
func jsonNumber(original string, number int) string {
	length := len(digitsOf(original))
	if length < 2 {
		return strconv.Itoa(number)
	}
	return "1" + zeroPadded(number, length-1)
}

func zeroPadded(number, length int) string { return fmt.Sprintf("%0*d", max(length, 1), number) }

// withDigits puts digits in the place of the original's, one by one.
func withDigits(original, digits string) string {
	at := 0
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' && at < len(digits) {
			at++
			return rune(digits[at-1])
		}
		return r
	}, original)
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

func weighted(digits string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		sum += int(digits[i]-'0') * weight
	}
	return sum
}

// luhnDigit is the check digit of a card's number.
func luhnDigit(number string) string {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return strconv.Itoa((10 - sum%10) % 10)
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
