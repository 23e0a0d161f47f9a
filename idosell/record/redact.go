package record

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"octobridge/idosell"
)

// Options say what a Redactor knows beforehand.
type Options struct {
	// Secrets are texts that never get through, wherever they stand: passwords,
	// keys, tokens, logins. Those shorter than three bytes cannot be looked for.
	Secrets []string
	// Gates is the table in whose element names the exchanges are written;
	// idosell.DefaultGates when nil.
	Gates *idosell.GateTable
}

// Redactor takes personal data and secrets out of exchanges. In their place come
// stand-ins that have the form of the original: e-mail addresses with @example.com,
// tax numbers with a right check digit, keys of the same length. As long as the
// Redactor lives, the same original gets the same stand-in, in every exchange and
// whatever form it stands in, so that what belongs together stays together.
//
// The text of an element stays only where it is known to be harmless: by its form (a
// number of up to eight digits, a date, y or n, a code of ISO) under a name that is
// not personal, or by its name (names and codes of goods, units, producers,
// categories, sizes, couriers, statuses, the texts of faults). Everything else is
// replaced, and so is what stands in no element, but for the words of machines'
// messages. Of a fault's text, a reason and a title goes also what is written as names
// are, what is quoted and is no name of the gates, and what looks like a key. XML and
// JSON in a text that stays are redacted by their names. Then what was found under
// personal and secret names, and the configured secrets, is looked for in the texts
// that stay: in any letter case and Unicode form, escaped for XML, URLs and JSON, as
// base64, hexadecimal digits, quoted-printable and as MD5, SHA-1 and SHA-256, one in
// the other, too; of streets, firms, double names and mailboxes also shorter forms, of
// numbers any grouping of their digits. At last what looks like personal data by its
// form alone goes: e-mail addresses, phone numbers, NIP, PESEL, accounts, cards,
// streets with a number, postcodes with a town, cookies, tokens.
//
// What it cannot know: somebody's name in small letters in a fault, in the name of a
// product, in a code, a tag, a URL's path or a WSDL's documentation, or a number in
// words, where nothing else tells it.
//
// Ids of products and orders stay, because a replay asks by them; only the login in
// front of an order's number ("login-N") gets its stand-in. Found texts of one or two
// characters, and numbers of fewer than seven digits, are replaced under their own
// names alone: they stand in too many other texts. Logins and names of two letters are
// looked for in faults, too. A text that was found in a later exchange is not taken out
// of an earlier one: see Learn.
//
// A Redactor may be used by any number of goroutines.
type Redactor struct {
	mu       sync.Mutex
	names    *vocabulary
	index    *valueIndex
	standIns map[string]*standIn // by what is the same text: see identity
	counted  [kindOrderID + 1]int
	issued   map[string]bool     // folded stand-ins
	secrets  []string            // configured, folded
	variant  map[string]bool     // folded texts that are known as shorter forms of others
	short    map[string]*standIn // logins and names of two letters, folded: looked for in sentences alone
	depth    int                 // of documents in texts, while one is written
}

// ErrTooManyTexts says that a Redactor knows more texts than it can keep. What it
// was given is not redacted and must not be kept.
var ErrTooManyTexts = errors.New("more personal texts were found than can be remembered: begin a new recording")

// NewRedactor makes a Redactor. There is no way to make one that lets things through.
func NewRedactor(options Options) *Redactor {
	r := &Redactor{names: newVocabulary(options.Gates), index: newValueIndex(), standIns: map[string]*standIn{}, issued: map[string]bool{},
		variant: map[string]bool{}, short: map[string]*standIn{}}
	for _, secret := range options.Secrets {
		if len(strings.TrimSpace(secret)) < shortestPart {
			continue
		}
		k := kindKey
		if oneEmail.MatchString(strings.TrimSpace(secret)) {
			k = kindEmail
		}
		r.remember(k, secret, true)
		r.secrets = append(r.secrets, fold(secret))
	}
	return r
}

// Exchange redacts an exchange in place. After an error its bodies are empty. Safe to
// repeat: what was redacted by this Redactor stays as it is.
func (r *Redactor) Exchange(e *Exchange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	request, answer := r.open(e.Request, "text/xml"), r.open(e.Answer, e.Header.Get("Content-Type"))
	e.Request, e.Answer = nil, nil
	for _, b := range []*body{request, answer} {
		r.read(b)
	}
	e.Gate, e.Method = r.safeName(e.Gate), r.safeName(e.Method)
	e.Failure = r.bare(e.Failure)
	e.Header = r.header(e.Header)
	var err error
	if e.Request, err = r.written(request); err == nil {
		e.Answer, err = r.written(answer)
	}
	if err == nil && len(r.standIns) > mostKnown {
		err = ErrTooManyTexts
	}
	if err != nil {
		e.Request, e.Answer = nil, nil
		return fmt.Errorf("redact an exchange of %s: %w", e.Name(), err)
	}
	return nil
}

// Learn makes what stands under personal and secret names in an exchange known,
// without changing it: whoever has all exchanges before the first is written lets it
// read each, and nothing that is found in the last stays in the first. The error is
// ErrTooManyTexts.
func (r *Redactor) Learn(e *Exchange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read(r.open(e.Request, "text/xml"))
	r.read(r.open(e.Answer, e.Header.Get("Content-Type")))
	if len(r.standIns) > mostKnown {
		return ErrTooManyTexts
	}
	return nil
}

// header keeps what a replay needs, in a form that can hold nothing else.
func (r *Redactor) header(header http.Header) http.Header {
	kept := http.Header{}
	if media, parameters, err := mime.ParseMediaType(header.Get("Content-Type")); err == nil && mediaType.MatchString(media) {
		if charset := parameters["charset"]; charsetForm.MatchString(charset) {
			media += "; charset=" + charset
		}
		if r.bare(media) != media {
			media = "application/octet-stream"
		}
		kept.Set("Content-Type", media)
	}
	if date := header.Get("Date"); date != "" {
		if at, err := http.ParseTime(date); err == nil {
			kept.Set("Date", at.UTC().Format(http.TimeFormat))
		}
	}
	if wait := strings.TrimSpace(header.Get("Retry-After")); wait != "" {
		if seconds, err := strconv.Atoi(wait); err == nil && seconds >= 0 && seconds < 1_000_000_000 {
			kept.Set("Retry-After", strconv.Itoa(seconds))
		} else if at, err := http.ParseTime(wait); err == nil {
			kept.Set("Retry-After", at.UTC().Format(http.TimeFormat))
		}
	}
	return kept
}

var (
	mediaType = regexp.MustCompile(`^[A-Za-z0-9+./-]{1,60}$`)
	oneEmail  = regexp.MustCompile(`^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>"]+$`)
)

// identity is the same for all forms of one text.
func identity(k kind, text string) string {
	if k == kindPhone {
		digits := strings.TrimPrefix(digitsOf(text), "00")
		if len(digits) == 11 {
			digits = strings.TrimPrefix(digits, "48")
		}
		if len(digits) >= shortNumber {
			return "number " + digits
		}
	}
	if k == kindNIP || k == kindIBAN || k == kindCard || k == kindPESEL {
		if digits := digitsOf(text); len(digits) >= shortNumber {
			return "number " + digits
		}
	}
	return fold(text)
}

// known is the stand-in of a text, which is remembered.
func (r *Redactor) known(k kind, text string) *standIn { return r.remember(k, text, false) }

func (r *Redactor) remember(k kind, text string, strong bool) *standIn {
	core := strings.TrimSpace(text)
	if k != kindEmail && oneEmail.MatchString(core) {
		k = kindEmail
	}
	id := identity(k, core)
	if s, ok := r.standIns[id]; ok {
		return s
	}
	if s, ok := r.index.exact[fold(core)]; ok && !r.variant[fold(core)] {
		return s // another form of what is known
	}
	s := &standIn{kind: k, strong: strong}
	for {
		r.counted[k]++
		s.number = r.counted[k]
		if is, ok := s.render(core); ok && r.free(is) || s.number > 10_000_000 {
			break
		}
	}
	r.standIns[id] = s
	if k == kindText || k == kindNumber || k == kindFile {
		return s // nothing says that it is personal: it is not looked for elsewhere
	}
	if r.variant[fold(core)] {
		delete(r.index.exact, fold(core))
		delete(r.variant, fold(core))
	}
	r.index.add(fold(core), s)
	r.index.addHashes(core, s)
	r.addVariants(k, fold(core), s)
	if folded := fold(core); len(folded) == 2 && (k == kindLogin || k == kindFirstName || k == kindLastName) {
		r.short[folded] = s
	}
	switch k {
	case kindPhone, kindNIP, kindIBAN, kindCard:
		if digits := digitsOf(core); len(digits) >= shortNumber {
			r.index.add(digits, s)
			r.index.addHashes(digits, s)
			if k == kindPhone && len(digits) == 11 && strings.HasPrefix(digits, "48") {
				r.index.add(digits[2:], s)
				r.index.addHashes(digits[2:], s)
			}
		}
	case kindKey:
		if echoed, ok := strings.CutSuffix(core, echoMark); ok {
			r.index.add(fold(echoed), s)
			r.index.addHashes(echoed, s)
		}
	}
	return s
}

// free says whether a stand-in is nobody's text, and nobody's stand-in.
func (r *Redactor) free(is string) bool {
	folded := fold(is)
	return !r.issued[folded] && r.index.exact[folded] == nil && r.standIns[folded] == nil
}

// replacement is the stand-in of a text, in the form that it has.
func (r *Redactor) replacement(s *standIn, original string) string {
	core := strings.TrimSpace(original)
	is, ok := s.render(core)
	if !ok {
		is = fmt.Sprintf("text %d", s.number)
	}
	r.issued[fold(is)] = true
	if s.kind == kindPhone || s.kind == kindNIP || s.kind == kindIBAN || s.kind == kindCard || s.kind == kindPESEL {
		r.issued[identity(s.kind, is)] = true
	}
	if core == "" {
		return is
	}
	at := strings.Index(original, core)
	return xmlSpace(original[:at]) + is + xmlSpace(original[at+len(core):])
}

// xmlSpace is what there is of XML's own white space in a text.
func xmlSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return r
		}
		return -1
	}, text)
}

func (r *Redactor) isStandIn(k kind, text string) bool {
	return r.issued[fold(text)] || r.issued[identity(k, text)]
}

// standInFor is the stand-in of a text under a personal name.
func (r *Redactor) standInFor(k kind, text string) string {
	core := strings.TrimSpace(text)
	switch {
	case strings.Trim(core, "-–—.,;:/ *") == "" || r.isStandIn(k, core):
		return text
	case k == kindNote:
		return r.note(text)
	case k == kindKey && strings.HasSuffix(core, echoMark) && len(core) > len(echoMark):
		return r.replacement(r.known(k, strings.TrimSuffix(core, echoMark)), strings.TrimSuffix(core, echoMark)) + echoMark
	}
	return r.replacement(r.known(k, text), text)
}

// referenceInNote is how the shop's own order number stands in a note
// (idosell.NoteWithReference).
var referenceInNote = regexp.MustCompile(`\[ref:\s*([^\[\]\r\n]{1,100}?)\s*\]`)

// note replaces a note, and the reference in it by one of its own.
func (r *Redactor) note(text string) string {
	var out strings.Builder
	last := 0
	between := func(part string) {
		if strings.Trim(part, " \t\r\n-–—.,;:") == "" || r.isStandIn(kindNote, part) {
			out.WriteString(part)
			return
		}
		out.WriteString(r.replacement(r.known(kindNote, part), part))
	}
	for _, at := range referenceInNote.FindAllStringSubmatchIndex(text, -1) {
		between(text[last:at[0]])
		out.WriteString(text[at[0]:at[2]])
		out.WriteString(r.standInFor(kindReference, text[at[2]:at[3]]))
		out.WriteString(text[at[3]:at[1]])
		last = at[1]
	}
	between(text[last:])
	return out.String()
}

// sweep replaces what is known, and what looks personal, in a text that stays.
func (r *Redactor) sweep(text string, codes bool) string {
	found := r.patterns(text, codes)
	f := foldMapped(text)
	found = r.index.find(&f, found)
	found = r.index.findHashes(&f, found)
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var out strings.Builder
	last := 0
	for i := 0; i < len(found); {
		whole := found[i]
		longest := whole
		for i++; i < len(found) && (found[i].from < whole.to || found[i].from == whole.to && found[i].by == longest.by && longest.by != nil && longest.by.kind == kindNote); i++ {
			if found[i].to-found[i].from > longest.to-longest.from {
				longest = found[i]
			}
			whole.to = max(whole.to, found[i].to)
		}
		out.WriteString(text[last:whole.from])
		if longest.by != nil {
			out.WriteString(r.replacement(longest.by, text[longest.from:longest.to]))
		} else {
			out.WriteString(longest.is)
		}
		last = whole.to
	}
	return out.String() + text[last:]
}

// orderID finds the login in front of an order's number (idosell.md).
var orderID = regexp.MustCompile(`^\s*(.*[^\s].*)[-/_#](\d{1,12})\s*$`)

// learnLeaf makes the text of an element known, if its name is personal.
func (r *Redactor) learnLeaf(class nameClass, text string) {
	if class.fate == fateCode && class.kind == kindLogin && isHarmlessForm(text) {
		return // a client's number
	}
	if class.kind == kindOrderID {
		if id := orderID.FindStringSubmatch(text); id != nil && !r.isStandIn(kindLogin, id[1]) && !r.isStandIn(kindLogin, text) {
			r.known(kindLogin, id[1])
		}
		return
	}
	if class.fate == fatePersonal || class.kind == kindLogin {
		r.standInFor(class.kind, text)
		if class.kind == kindNote {
			r.pattern(text, false, nil)
		}
	}
}

// leaf is what takes the place of the text of an element, an attribute or a value.
func (r *Redactor) leaf(class nameClass, text string) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	if class.fate == fateCode && class.kind == kindLogin && !isHarmlessForm(text) {
		return r.standInFor(kindLogin, text)
	}
	if class.kind == kindOrderID && !r.isStandIn(kindLogin, text) {
		if id := orderID.FindStringSubmatchIndex(text); id != nil {
			return text[:id[2]] + r.standInFor(kindLogin, text[id[2]:id[3]]) + text[id[3]:]
		}
		if !strings.ContainsAny(text, "0123456789") && !r.isStandIn(kindText, text) && !isHarmlessForm(text) {
			return r.replacement(r.known(kindText, text), text) // no id that a shop gives
		}
	}
	switch class.fate {
	case fatePersonal:
		return r.standInFor(class.kind, text)
	case fateText:
		return r.embedded(text, false)
	case fateCode:
		if tradeWords[strings.ToLower(strings.TrimSpace(text))] {
			return text
		}
		return r.embedded(text, true)
	case fateSentence:
		return r.sentence(text)
	case fateURL:
		return r.address(text)
	case fateMachinery:
		if standardURI.MatchString(text) {
			return text
		}
		if machineryForm.MatchString(strings.TrimSpace(text)) {
			return r.clean(text, true, 0)
		}
	}
	if r.isStandIn(kindText, text) {
		return text
	}
	if isHarmlessForm(text) {
		return r.clean(text, true, mostLayers)
	}
	if number := strings.TrimSpace(text); isNumeric(number) {
		return r.replacement(r.known(kindNumber, number), text)
	}
	return r.replacement(r.known(kindText, text), text)
}

// machineryForm is a name, a type, a reference, an address without a query beside
// the gate's, or a list of names.
var machineryForm = regexp.MustCompile(`^(?:[#"]?[\w.-]+(?::[\w.-]+)?(?:\[[\d,]*\])?"?|"?#?[\w.-]+"?|(?:https?|urn|mailto)?:?(?://)?[\w.:/#-]+|https?://[\w.:/-]+\?gate=[\w/%.-]+)$`)

// embedded redacts a text that stays; one that is JSON is redacted by its names, too.
func (r *Redactor) embedded(text string, codes bool) string {
	if out, ok := r.jsonText(text, false); ok {
		return out
	}
	return r.clean(text, codes, 0)
}
