package bridge

import (
	"strings"

	"github.com/bojanz/currency"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/shopspring/decimal"
	"golang.org/x/text/language"
)

const (
	maxLocaleTag   = 35  // RFC 5646 lets implementations cut tags here
	maxLocalesKept = 256 // asked spellings, so that strangers cannot fill memory
)

// locale is one way to answer: in which language, and how money is written.
type locale struct {
	tag       string              // canonical, "pl-PL"
	base      string              // the language alone, "pl"
	language  string              // the wholesaler's id of the language, "pol"
	formatter *currency.Formatter // only read after it is made: safe for many goroutines
	plain     view                // without exchange rates
}

// locales finds the locale for what a visitor's browser asks.
type locales struct {
	languageID func(tag string) string
	fallback   *locale
	kept       *lru.Cache[string, *locale]
}

// newLocales returns nil when the default tag is no locale that CLDR knows.
func newLocales(defaultTag string, languageID func(string) string) *locales {
	kept, err := lru.New[string, *locale](maxLocalesKept)
	if err != nil {
		return nil
	}
	l := &locales{languageID: languageID, kept: kept}
	if l.fallback = l.parse(defaultTag); l.fallback == nil {
		return nil
	}
	return l
}

// of returns the locale for a tag; the default for an empty or unknown one.
func (l *locales) of(tag string) *locale {
	if tag == "" || len(tag) > maxLocaleTag {
		return l.fallback
	}
	if known, ok := l.kept.Get(tag); ok {
		return known
	}
	parsed := l.parse(tag)
	if parsed == nil {
		parsed = l.fallback
	}
	l.kept.Add(strings.Clone(tag), parsed)
	return parsed
}

// parse returns nil for a tag whose language CLDR has no data for.
func (l *locales) parse(tag string) *locale {
	// An error with a usable tag means that a part was unknown ("pl-PL.UTF-8").
	parsed, _ := language.Parse(tag)
	if index, _ := language.CompactIndex(parsed); index == 0 {
		return nil
	}
	base, script, region := parsed.Raw()
	name := currency.Locale{Language: base.String()}
	if script.String() != "Zzzz" {
		name.Script = script.String()
	}
	if region.String() != "ZZ" {
		name.Territory = region.String()
	}
	formatter := currency.NewFormatter(name)
	formatter.MaxDigits = currency.DefaultDigits // as many as the currency has
	made := &locale{tag: name.String(), base: name.Language, language: l.languageID(name.String()), formatter: formatter}
	made.plain = view{locale: made, key: made.tag}
	return made
}

// money writes an amount as CLDR has it for the locale, rounded half up to the
// currency's digits; nil when the currency is not one of ISO 4217.
func (l *locale) money(amount decimal.Decimal, code string) *string {
	value, err := currency.NewAmount(amount.String(), strings.ToUpper(code))
	if err != nil {
		return nil
	}
	text := l.formatter.Format(value)
	return &text
}
