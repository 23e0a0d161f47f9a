package one

import (
	"encoding/json"
	"mime"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

// The bounds of ids.
const (
	maxIDBytes    = 200
	maxLevels     = 6 // of objects, down to an id
	formMediaType = "application/x-www-form-urlencoded"
)

// subject is what an id is of.
type subject int

const (
	aCustomer subject = iota
	aCart
	anOffer
	subjects // how many there are
	nothing  = subject(-1)
)

// The names of fields, as fold writes them. ONe documents none of them: one.md has
// those of ids, and that they may stand in payload or data. The others are assumed.
var (
	idNames = map[string]subject{
		"clientid": aCustomer, "customerid": aCustomer, "cartid": aCart, "offerid": anOffer,
	}
	thingNames = map[string]subject{ // whose value is an id, or an object with a field id
		"client": aCustomer, "customer": aCustomer, "cart": aCart, "offer": anOffer,
	}
	wrapperNames = map[string]bool{ // whose value is an object with the fields above
		"payload": true, "data": true, "event": true, "body": true, "message": true, "detail": true,
	}
)

// ids finds the ids in an event's body, and says what is wrong with it. It goes by
// what the body looks like, as content types are often wrong; only a form with none
// of our fields is known by its content type. An id that it returns can be stored:
// it is printable UTF-8 of at most 200 bytes.
func ids(contentType string, body []byte) (customer, cart, offer string, flag Flag) {
	media, _, _ := mime.ParseMediaType(contentType)
	document, flag := parse(body, media == formMediaType)
	if flag != FlagNone {
		return "", "", "", flag
	}
	var f finder
	f.value(document, nothing, 0, 0)
	found, flag := f.choose()
	return found[aCustomer], found[aCart], found[anOffer], flag
}

// finder collects what may be the ids of a document.
type finder struct {
	found []candidate
}

type candidate struct {
	of       subject
	level    int // how deep it stands: the outermost are taken
	id       string
	unusable bool // it is too long, or holds what cannot be printed
}

// value looks for ids in a document, or in a part of one. An "id" in it is of whom
// it is about. Documents counts those that it stands in as a text.
func (f *finder) value(value any, about subject, level, documents int) {
	switch value := value.(type) {
	case map[string]any:
		for name, inside := range value {
			f.field(fold(name), inside, about, level, documents)
		}
	case []any: // of several events the first that names somebody
		for _, one := range value {
			within := finder{}
			within.value(one, about, level, documents)
			if len(within.found) > 0 {
				f.found = append(f.found, within.found...)
				return
			}
		}
	case string:
		if inside, ok := inText(value); ok && documents < maxDocuments {
			f.value(inside, about, level, documents+1)
		}
	}
}

func (f *finder) field(name string, value any, about subject, level, documents int) {
	if of, known := idNames[name]; known {
		f.id(of, value, level)
		return
	}
	if name == "id" && about != nothing {
		f.id(about, value, level)
		return
	}
	of, thing := thingNames[name]
	if thing && f.id(of, value, level) {
		return
	}
	if (thing || wrapperNames[name]) && level < maxLevels {
		if !thing {
			of = nothing
		}
		f.value(value, of, level+1, documents)
	}
}

// id takes a value for an id, if it is one: a number, or a text that holds no
// document.
func (f *finder) id(of subject, value any, level int) bool {
	c := candidate{of: of, level: level}
	switch value := value.(type) {
	case json.Number:
		c.id, c.unusable = written(value)
	case string:
		if _, ok := inText(value); ok {
			return false
		}
		c.id = strings.TrimSpace(value)
		if of == aCustomer {
			c.id = withPrefix(c.id)
		}
		c.unusable = len(c.id) > maxIDBytes || strings.ContainsFunc(c.id, unprintable)
	}
	if c.id == "" && !c.unusable {
		return false
	}
	f.found = append(f.found, c)
	return true
}

// choose decides for one id of each subject: one of the outermost, which must agree.
// It does not depend on the order in which they were found.
func (f *finder) choose() (found [subjects]string, flag Flag) {
	for of := range subjects {
		outermost := maxLevels + 1
		for _, c := range f.found {
			if c.of == of {
				outermost = min(outermost, c.level)
			}
		}
		agreed := true
		for _, c := range f.found {
			if c.of != of || c.level != outermost {
				continue
			}
			if c.unusable {
				return [subjects]string{}, FlagUnreadable
			}
			switch {
			case found[of] == "", of == aCustomer && found[of] == bare(c.id):
				found[of] = c.id // the one with a prefix says more
			case c.id != found[of] && (of != aCustomer || c.id != bare(found[of])):
				agreed = false
			}
		}
		if !agreed {
			found[of], flag = "", FlagAmbiguous
		}
	}
	switch {
	case flag != FlagNone:
	case len(f.found) == 0:
		flag = FlagNoID
	case found[aCustomer] == "":
		flag = FlagNoCustomer
	}
	return found, flag
}

// prefixes stand before customers' ids: of businesses, and of individuals
// (docs.b2b.one, orderpath/integration-controller).
var prefixes = []string{"org:", "ind:"}

// withPrefix writes the prefix of a customer's id, if it has one, in lower case. A
// prefix alone is no id.
func withPrefix(id string) string {
	for _, prefix := range prefixes {
		if len(id) >= len(prefix) && strings.EqualFold(id[:len(prefix)], prefix) {
			rest := strings.TrimSpace(id[len(prefix):])
			if rest == "" {
				return ""
			}
			return prefix + rest
		}
	}
	return id
}

// bare is a customer's id without its prefix.
func bare(id string) string {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			return rest
		}
	}
	return id
}

// unprintable says whether a character has no place in an id: it controls, cannot
// be seen, or was not written in UTF-8.
func unprintable(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

// written returns a number as an id. A whole one is written in digits alone, however
// it came: 9001.0 and 9.001e3 are 9001. Unusable: it would be too long.
func written(n json.Number) (id string, unusable bool) {
	if len(n) > maxIDBytes {
		return "", true
	}
	value, err := decimal.NewFromString(n.String())
	switch {
	case err != nil: // its exponent is beyond all bounds
		return "", true
	case value.IsZero():
		return "0", false
	case value.Exponent() > maxIDBytes: // its zeros alone are too many, and take memory
		return "", true
	case value.Exponent() < -maxIDBytes, !value.IsInteger(): // it has fewer digits than places behind the point
		return n.String(), false
	}
	id = value.BigInt().String()
	return id, len(id) > maxIDBytes
}
