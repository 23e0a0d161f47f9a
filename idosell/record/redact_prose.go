package record

import (
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file redacts sentences. Of those of a gate (the texts of faults, titles,
// documentation) people's names go by their capital letters, what is quoted, and what
// looks like a key. Of what stands in no element at all, such as PHP's warnings and a
// web server's own words, only the words of that trade stay.

// word is a part of a sentence.
type word struct{ from, to int }

// wordsIn cuts a text into rows of letters, marks, digits and underscores.
func wordsIn(text string) (found []word) {
	from := -1
	for i, r := range text {
		inside := r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r)
		switch {
		case inside && from < 0:
			from = i
		case !inside && from >= 0:
			found, from = append(found, word{from, i}), -1
		}
	}
	if from >= 0 {
		found = append(found, word{from, len(text)})
	}
	return found
}

// bare redacts a text that stands in no element.
func (r *Redactor) bare(text string) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	out := r.embedded(text, false)
	return r.replaceWords(out, func(_ int, w string) bool { return r.harmlessWord(w) })
}

// harmlessWord says whether a word is one of machines' messages, of the gates' names,
// a short number, or a stand-in.
func (r *Redactor) harmlessWord(w string) bool {
	if len(w) == 1 && w[0] < utf8.RuneSelf || messageWords[fold(w)] || tradeWords[strings.ToLower(w)] || r.issued[fold(w)] {
		return true
	}
	if isNumeric(w) {
		return len(w) <= 8 || r.isStandIn(kindPhone, w)
	}
	name := plain(w)
	return r.names.knows(name) || harmlessTexts[name] || harmlessCodes[name] || harmlessAddresses[name] || sentences[name] || isHarmlessForm(w)
}

// replaceWords replaces the words that may not stay; those that follow each other
// become one stand-in.
func (r *Redactor) replaceWords(text string, stays func(from int, w string) bool) string {
	all := wordsIn(text)
	var out strings.Builder
	last := 0
	for i := 0; i < len(all); i++ {
		if stays(all[i].from, text[all[i].from:all[i].to]) {
			continue
		}
		from, to := all[i].from, all[i].to
		for i+1 < len(all) && !strings.ContainsAny(text[to:all[i+1].from], "\r\n\"<>") && all[i+1].from-to <= 1 && to-from < longestKnown &&
			!stays(all[i+1].from, text[all[i+1].from:all[i+1].to]) {
			i++
			to = all[i].to
		}
		k := kindText
		if isNumeric(text[from:to]) {
			k = kindNumber
		}
		out.WriteString(text[last:from])
		out.WriteString(r.replacement(r.known(k, text[from:to]), text[from:to]))
		last = to
	}
	return out.String() + text[last:]
}

// sentence redacts a text that a gate says.
func (r *Redactor) sentence(text string) string {
	out := r.embedded(text, false)
	if out != text && strings.HasPrefix(strings.TrimSpace(out), "{") {
		return out // JSON, redacted by its names
	}
	quoted := quotedIn(out)
	capital := map[int]bool{} // where a word begins that may be a name
	all := wordsIn(out)
	for i, w := range all {
		if !isCapital(out[w.from:w.to]) || r.harmlessWord(out[w.from:w.to]) {
			continue
		}
		follows := i+1 < len(all) && strings.TrimLeft(out[w.to:all[i+1].from], " -.\u00a0") == "" && isCapital(out[all[i+1].from:all[i+1].to]) && !r.harmlessWord(out[all[i+1].from:all[i+1].to])
		capital[w.from] = follows || !beginsSentence(out[:w.from])
	}
	return r.replaceWords(out, func(from int, w string) bool {
		if r.short[fold(w)] != nil {
			return false
		}
		if !capital[from] && !within(quoted, from) && !looksLikeKey(w) {
			return true
		}
		return r.harmlessWord(w)
	})
}

// isCapital says whether a word is written as names are. Short words of capitals
// alone, such as NIP and SOAP, are not.
func isCapital(w string) bool {
	first, size := utf8.DecodeRuneInString(w)
	if !unicode.IsUpper(first) || len(w) == size {
		return false
	}
	return len(w) > 4 || strings.ToUpper(w) != w
}

func beginsSentence(before string) bool {
	before = strings.TrimRight(before, " \t\r\n\u00a0\"'„”“(«»*-–")
	return before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "!") || strings.HasSuffix(before, "?")
}

// looksLikeKey says whether a word is a long mixture of letters and digits.
func looksLikeKey(w string) bool {
	return len(w) >= 16 && strings.ContainsAny(w, "0123456789") && strings.IndexFunc(w, unicode.IsLetter) >= 0
}

var betweenQuotes = regexp.MustCompile(`(?:^|[^\pL\pN])(?:'([^'\r\n]{2,80})'|"([^"\r\n]{2,80})"|[„“]([^”“\r\n]{2,80})[”“]|` + "`([^`\r\n]{2,80})`" + `)`)

func quotedIn(text string) (found []word) {
	if !strings.ContainsAny(text, "'\"„“`") {
		return nil
	}
	for _, at := range betweenQuotes.FindAllStringSubmatchIndex(text, -1) {
		for group := 1; group <= 4; group++ {
			if at[2*group] >= 0 {
				found = append(found, word{at[2*group], at[2*group+1]})
			}
		}
	}
	return found
}

func within(places []word, at int) bool {
	i := sort.Search(len(places), func(i int) bool { return places[i].to > at })
	return i < len(places) && places[i].from <= at
}

// messageWords are what servers and gates say without naming anybody, folded: PHP,
// HTTP, SOAP, MySQL, proxies, and what this package writes itself.
var messageWords = setOfNames(`
	a about above access action address after all allowed already an and another answer any application apache api are argument arguments array as at
	automatically available bad be been before below body boolean buffer but by byte bytes call called can cannot cb charset check class client close closed cloudflare
	code com command connect connected connection content could cross csv data database date decode default definition denied deprecated detail did disconnect
	division document does down due element encoding end endpoint entity error errors example exceeded exception exhausted expected expired failed false
	fatal file files first for forbidden found from function gateway gone greater has have header headers here host html http https id if in include index infinite
	input integer internal into invalid is iso it its json key large last later least left length less level limit line list localhost login long longer main maintenance malformed maximum
	may memory message method missing modified more most moved mysql mysqli name network nginx no not note notice null number object octet of offset
	set on one only open operation or order out overflow own page parameter parcel parse parser pdo permanently permission person php place plain please post problem proxy
	query read redacted redirect ref refused region removed request requested require required reset resource response retry return root rowset running said same
	script secret see seconds select server service session set shop should size so soap soapclient soapfault soapserver some sql stack start started state statement status
	stood stop stopped stored stream street string strict such support syntax system table taken temporarily text than that the their then there these this throttled thrown
	time timed timeout to token too town trace tracking tried true try trying type unable unauthorized unavailable uncaught undefined unexpected unexpectedly unknown unserialize unsupported
	until up upstream url used using user utf valid value variable version very wait warning was way were what when where which while whole will with within without write wrong
	wsdl xml yes you your zero zlib company province firstname lastname known form read
	adres awaria backend blad bledna bledne bledny braku bramka bramki brak brakuje byc chwile chwilowo czasu czy dane danych dla dni do dostawca dostawa dostawy dostep dostepu dozwolone
	gdy godzin haslo hasla i ilosc istnieje jest juz klient klienta klientem klucz klucza komunikat kod konto konta kurier liczba limit lista lub mozna musi na nalezy nie niedostepny niedostepna niedostepne
	nieaktywne nieaktywny nieprawidlowa nieprawidlowe nieprawidlowy niepoprawna niepoprawne niepoprawny nieznana nieznane nieznany nowe numer numeru o od odbiorca odmowa odrzucone operacja oraz parametr pl po pod podano podany pole pola
	polaczenie polaczenia pomoc poprawny pozniej proba prosimy produkt produktow produktu produkty przekroczono przerwa przez serwer serwera serwis serwisowa sesja sesji sie sklep sklepu sprobuj status strona strony system systemu sytuacja
	technicza techniczna techniczne tel tego tej teraz to towar towaru trwa ul uprawnien uslug usluga uslugi uzytkownik uzytkownika uzytkownikiem w wartosc wygasla wyjatek wymagane wynik wyslano wystapil z za zablokowane zablokowany zakonczono zamowienie
	idosell shop zamowienia zapytanie zapytania ze zla zle zlecenie zly znaleziono zostala zostalo zostal zwrocono`)
