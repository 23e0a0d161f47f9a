package record

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file finds personal data by its form alone, in texts that stay: nobody knew
// it from elsewhere. What is found becomes known.

var (
	bearerToken  = regexp.MustCompile(`(?i)\b(?:bearer|basic|digest)\s+([A-Za-z0-9+/._~=-]{6,})`)
	cookieLine   = regexp.MustCompile(`(?i)\bcookie2?["']?\s*[:=]\s*([^\r\n<]{3,})`)
	namedSecret  = regexp.MustCompile(`([\pL_][\pL\d_.-]{1,40})["'\]]{0,2}\s*(?:=>|[:=])\s*(?:"([^"\r\n]{1,300})"|'([^'\r\n]{1,300})'|([^\s&;,<>"'{}\[\]]{3,300}))`)
	signedToken  = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?`)
	polishStreet = regexp.MustCompile(`(?i:\b(?:ul|al|os|pl)\.|\b(?:ulica|aleja|osiedle|plac))\s*\p{Lu}[\pL\pM.-]*(?:\s+\p{Lu}[\pL\pM.-]*){0,3}\s+\d{1,4}[a-zA-Z]?(?:\s?(?:/|m\.?)\s?\d{1,4}[a-zA-Z]?)?`)
	postcodeTown = regexp.MustCompile(`\b(\d{2}-\d{3})[ \t\x{a0},]+(\p{Lu}[\pL\pM]+(?:[ -]\p{Lu}[\pL\pM]+){0,2})`)
	accountCode  = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b`)
	addressOfNet = regexp.MustCompile(`\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b`)
)

// patterns finds what looks personal, whatever dashes, spaces and invisible
// characters stand in it.
func (r *Redactor) patterns(text string, codes bool) []span {
	usual, at := usualSigns(text)
	found := r.pattern(usual, codes, nil)
	if at != nil {
		for i := range found {
			found[i].from, found[i].to = int(at[found[i].from]), int(at[found[i].to])
		}
	}
	return found
}

// usualSigns writes dashes, spaces and wide letters as ASCII has them, and leaves
// invisible characters out. The places are nil where nothing changes.
func usualSigns(text string) (string, []int32) {
	if strings.IndexFunc(text, func(r rune) bool { return usualSign(r) != r }) < 0 {
		return text, nil
	}
	var out strings.Builder
	at := make([]int32, 0, len(text)+1)
	for i, r := range text {
		if is := usualSign(r); is >= 0 && is != r {
			out.WriteRune(is)
		} else if is >= 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			out.WriteString(text[i : i+size])
		}
		for len(at) < out.Len() {
			at = append(at, int32(i))
		}
	}
	return out.String(), append(at, int32(len(text)))
}

// usualSign is -1 for an invisible character.
func usualSign(r rune) rune {
	switch {
	case r < 0x80:
		return r
	case r > 0xff00 && r < 0xff5f:
		return r - 0xfee0
	case unicode.Is(unicode.Cf, r):
		return -1
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Pd, r):
		return '-'
	}
	return r
}

// pattern adds the places of what looks like personal data. In codes only what
// cannot be a code is looked for.
func (r *Redactor) pattern(text string, codes bool, found []span) []span {
	if strings.IndexByte(text, '@') >= 0 {
		found = r.emails(text, found)
	}
	lower := strings.ToLower(text)
	all := func(expression *regexp.Regexp, group int, k kind) {
		for _, at := range expression.FindAllStringSubmatchIndex(text, -1) {
			found = r.foundSpan(text, at[2*group], at[2*group+1], k, found)
		}
	}
	if strings.Contains(lower, "bearer") || strings.Contains(lower, "basic") || strings.Contains(lower, "digest") {
		all(bearerToken, 1, kindKey)
	}
	if strings.Contains(lower, "cookie") {
		all(cookieLine, 1, kindKey)
	}
	if strings.Contains(text, "eyJ") {
		all(signedToken, 0, kindKey)
	}
	if strings.IndexByte(text, '=') >= 0 || strings.IndexByte(text, ':') >= 0 {
		found = r.named(text, found)
	}
	if len(text) < 7 || !strings.ContainsAny(text, "0123456789") {
		return found
	}
	for _, at := range accountCode.FindAllStringIndex(text, -1) {
		if rest := digitsAndLetters(text[at[0]:at[1]]); remainderOf97(lettersAsDigits(rest[4:]+rest[:4])) == 1 {
			found = r.foundSpan(text, at[0], at[1], kindIBAN, found)
		}
	}
	found = r.numbers(text, codes, found)
	if codes {
		return found
	}
	if strings.Contains(lower, "ul.") || strings.Contains(lower, "al.") || strings.Contains(lower, "os.") || strings.Contains(lower, "pl.") ||
		strings.Contains(lower, "ulica") || strings.Contains(lower, "aleja") || strings.Contains(lower, "osiedle") || strings.Contains(lower, "plac") {
		all(polishStreet, 0, kindStreet)
	}
	if strings.IndexByte(text, '-') >= 0 {
		all(postcodeTown, 1, kindZip)
		all(postcodeTown, 2, kindCity)
	}
	if strings.Count(text, ".") >= 3 {
		all(addressOfNet, 0, kindIP)
	}
	return found
}

// foundSpan adds a place, and makes what stands there known. Stand-ins of this
// Redactor are left as they are.
func (r *Redactor) foundSpan(text string, from, to int, k kind, found []span) []span {
	if from < 0 || to <= from || r.isStandIn(k, text[from:to]) {
		return found
	}
	return append(found, span{from: from, to: to, by: r.known(k, text[from:to])})
}

// emails finds e-mail addresses around each "@".
func (r *Redactor) emails(text string, found []span) []span {
	last := 0
	for at := strings.IndexByte(text, '@'); at >= 0; {
		from, to := at, at+1
		for from > last && at-from < 64 {
			before, size := utf8.DecodeLastRuneInString(text[last:from])
			if !isMailRune(before) && !strings.ContainsRune("%+&'*/=?^`{|}~!#$", before) {
				break
			}
			from -= size
		}
		for to < len(text) && to-at < 255 {
			after, size := utf8.DecodeRuneInString(text[to:])
			if !isMailRune(after) {
				break
			}
			to += size
		}
		for to > at+1 && (text[to-1] == '.' || text[to-1] == '-') {
			to--
		}
		if from == at && at-last > 1 && text[at-1] == '"' { // "Jan Kowalski"@example.com
			if quote := strings.LastIndexByte(text[max(last, at-66):at-1], '"'); quote >= 0 {
				from = max(last, at-66) + quote
			}
		}
		for from < at && strings.IndexByte("./=?&'-", text[from]) >= 0 {
			from++
		}
		if from < at && to > at+1 {
			found = r.foundSpan(text, from, to, kindEmail, found)
		}
		last = max(to, at+1)
		next := strings.IndexByte(text[last:], '@')
		if next < 0 {
			break
		}
		at = last + next
	}
	return found
}

func isMailRune(r rune) bool {
	return r == '.' || r == '-' || r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// named finds "name=value" and "name: value" where the name is that of a secret, a
// login or a person.
func (r *Redactor) named(text string, found []span) []span {
	for _, at := range namedSecret.FindAllStringSubmatchIndex(text, -1) {
		class := r.names.class("", plain(text[at[2]:at[3]]))
		switch {
		case class.fate != fatePersonal:
			continue
		case !namedKinds[class.kind]:
			continue
		}
		for group := 2; group <= 4; group++ {
			if from, to := at[2*group], at[2*group+1]; from >= 0 && !schemes[strings.ToLower(text[from:to])] && (class.kind == kindKey || !isHarmlessForm(text[from:to])) {
				if more := standInsNumber.FindString(text[to:]); more != "" && r.isStandIn(class.kind, text[from:to+len(more)]) {
					continue
				}
				found = r.foundSpan(text, from, to, class.kind, found)
			}
		}
	}
	return found
}

// standInsNumber is the end of "Town 1".
var standInsNumber = regexp.MustCompile(`^ \d+`)

// namedKinds are looked for by a name in front: those that are no usual words.
var namedKinds = map[kind]bool{kindKey: true, kindLogin: true, kindFirstName: true, kindLastName: true, kindEmail: true, kindPhone: true,
	kindStreet: true, kindCity: true, kindZip: true, kindNIP: true, kindPESEL: true, kindIBAN: true, kindBirth: true}

// schemes stand between a header's name and its secret.
var schemes = setOfNames("bearer basic digest")

// digitGroup is a row of digits in a text.
type digitGroup struct{ from, to int }

// mostGroups is how many rows of digits one number may be written in: "PL 61 1090
// 1014 0000 0712 1981 2874" has seven.
const mostGroups = 8

// numbers finds phone numbers, NIP, PESEL, cards and accounts, however their digits
// are grouped; in codes those alone that are known.
func (r *Redactor) numbers(text string, codes bool, found []span) []span {
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		var groups []digitGroup
		end := i
		for i < len(text) && isDigit(text[i]) {
			for end = i; end < len(text) && isDigit(text[end]); end++ {
			}
			groups = append(groups, digitGroup{i, end})
			next := end
			for next < len(text) && next < end+2 && strings.IndexByte(" -.()/", text[next]) >= 0 {
				next++
			}
			if strings.HasPrefix(text[next:], "\u00a0") {
				next += len("\u00a0")
			}
			i = next
			if next == end {
				break
			}
		}
		if i = max(i, end); partOfWord(text, groups[0].from, groups[len(groups)-1].to) && len(groups) == 1 {
			continue
		}
		if found = r.knownNumbers(text, groups, found); codes {
			continue
		}
		found = r.numberIn(text, groups, found)
	}
	return found
}

// partOfWord says whether letters touch a number: "AB123456789" is a code.
func partOfWord(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return from > 0 && (unicode.IsLetter(before) || before == '_') || to < len(text) && (unicode.IsLetter(after) || after == '_')
}

func (r *Redactor) numberIn(text string, groups []digitGroup, found []span) []span {
	for i := 0; i < len(groups); i++ {
		for j := min(i+mostGroups, len(groups)); j > i; j-- {
			part := groups[i:j]
			from, to := part[0].from, part[len(part)-1].to
			if to-from > 60 {
				continue
			}
			plus := from > 0 && text[from-1] == '+'
			k := numberKind(text[from:to], part, plus)
			if k == kindText {
				continue
			}
			if plus {
				from--
			}
			found = r.foundSpan(text, from, to, k, found)
			i = j - 1
			break
		}
	}
	return found
}

// numberKind says what a number in groups is; kindText: nothing that is known.
func numberKind(text string, groups []digitGroup, plus bool) kind {
	digits := digitsOf(text)
	layout := make([]byte, len(groups))
	for i, g := range groups {
		layout[i] = byte('0' + min(g.to-g.from, 30))
	}
	form := string(layout)
	switch {
	case plus && len(digits) >= 8 && len(digits) <= 15:
		return kindPhone
	case len(digits) == 9 && (form == "9" || form == "333" || form == "2322" || form == "27" || form == "3222"):
		return kindPhone
	case len(digits) == 11 && strings.HasPrefix(digits, "48") && (len(groups) == 1 || strings.HasPrefix(form, "2")):
		return kindPhone
	case len(digits) == 13 && strings.HasPrefix(digits, "0048"):
		return kindPhone
	case len(digits) == 10 && weighted(digits, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(digits[9]-'0') && len(groups) <= 4:
		return kindNIP
	case len(digits) == 11 && len(groups) == 1 && weighted(digits, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0:
		return kindPESEL
	case len(digits) == 26 && remainderOf97(digits[2:]+"2521"+digits[:2]) == 1:
		return kindIBAN
	case len(digits) >= 14 && len(digits) <= 19 && (len(groups) == 1 || strings.HasPrefix(form, "44") || form == "465") && luhnDigit(digits[:len(digits)-1]) == digits[len(digits)-1:]:
		return kindCard
	}
	return kindText
}

func digitsAndLetters(text string) string { return strings.ReplaceAll(text, " ", "") }

// lettersAsDigits is an account's code as ISO 7064 counts it: A is 10, Z is 35.
func lettersAsDigits(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if isUpper(text[i]) {
			out.WriteByte('1' + (text[i]-'A')/10)
			out.WriteByte('0' + (text[i]-'A')%10)
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// isHarmlessForm says whether a text tells nothing of a person by its form: a short
// number, a date, a time, yes or no, a country, a language, a currency.
func isHarmlessForm(text string) bool {
	text = strings.TrimSpace(text)
	switch len(text) {
	case 0, 1:
		return true
	case 2, 3:
		if codesOfISO[text] {
			return true
		}
	}
	if flags[strings.ToLower(text)] || strings.Trim(text, "-–—.,;:/ ") == "" {
		return true
	}
	return len(text) <= 40 && harmlessForm.MatchString(text)
}

// harmlessForm is a number of up to eight digits before its decimals, a date or a
// time.
var harmlessForm = regexp.MustCompile(`^(?:[+-]?\d{1,8}(?:[.,]\d{1,8})?%?|\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?|\d\d:\d\d(?::\d\d)?)$`)

var (
	flags = setOfNames("true false yes no tak nie brak null nan none")
	// codesOfISO are the codes of ISO 3166, 639 and 4217 that occur in shops of the
	// European Union and around it.
	codesOfISO = setOfNames(`PL DE CZ SK LT LV EE FR ES IT PT AT BE NL LU DK SE FI NO IE GB UK US CH HU RO BG HR SI GR CY MT UA BY RU TR RS MD IS LI CN
		pl de cz cs sk lt lv et fr es it pt nl da sv fi no en hu ro bg hr sl el uk ru tr zh
		pol eng ger deu cze ces slo slk lit lav est fre fra spa ita por dut nld dan swe fin nor hun rum ron bul hrv slv gre ell ukr rus tur chi zho
		PLN EUR USD GBP CZK CHF HUF RON BGN SEK NOK DKK UAH RUB TRY CNY`)
)
