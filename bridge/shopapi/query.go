package shopapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// parameters are the query of a request, and what is wrong with it.
type parameters struct {
	reading
	values url.Values
	known  []string
}

// query reads the query of a request. Parameters that nobody knows are faults,
// as unknown fields are: a misspelt filter would list everything. All but the
// repeatable ones may be given once.
func (a *api) query(c *call, once, repeatable []string) (*parameters, error) {
	values, err := url.ParseQuery(string(c.Request().URI().QueryString())) // a copy: the request's memory is used again
	if err != nil {
		return nil, a.malformed(malformed("the query is not percent-encoded as it should be"))
	}
	p := &parameters{values: values, known: append(slices.Clone(once), repeatable...)}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at := "?" + cut(strings.ToValidUTF8(name, "…"), 40)
		switch {
		case !slices.Contains(p.known, name):
			p.wrong(at, "is not a known parameter%s", suggest(name, p.known))
		case len(values[name]) > 1 && !slices.Contains(repeatable, name):
			p.wrong(at, "must be given once")
		case slices.ContainsFunc(values[name], func(text string) bool { return !plain(text, 0, 2000) }):
			p.wrong(at, "must be one line of UTF-8")
		}
	}
	return p, nil
}

func (p *parameters) text(name string) string { return p.values.Get(name) }

// list returns a repeatable parameter; several may stand in one, too, with
// commas between.
func (p *parameters) list(name string, allowed ...string) []string {
	var list []string
	for _, value := range p.values[name] {
		for part := range strings.SplitSeq(value, ",") {
			if !slices.Contains(allowed, part) {
				p.wrong("?"+name, "must be of %s", strings.Join(allowed, ", "))
				return nil
			}
			list = append(list, part)
		}
	}
	return list
}

func (p *parameters) integer(name string, otherwise, least, most int) int {
	if !p.values.Has(name) {
		return otherwise
	}
	number, err := strconv.Atoi(p.values.Get(name))
	if err != nil || number < least || number > most {
		p.wrong("?"+name, "must be a whole number from %d to %d", least, most)
		return otherwise
	}
	return number
}

// instant reads a time with its zone, or a day, which begins at midnight UTC.
func (p *parameters) instant(name string) time.Time {
	text := p.values.Get(name)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			if year := at.Year(); year >= 2000 && year < 2200 {
				return at.UTC()
			}
		}
	}
	p.wrong("?"+name, "must be a time such as 2026-11-30T12:00:00Z, or a day (in a query a \"+\" is written %%2B)")
	return time.Time{}
}

// plain says whether a text is one line of so many characters.
func plain(text string, least, most int) bool {
	count := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && count >= least && count <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

func oneOf(text string, allowed ...string) bool { return slices.Contains(allowed, text) }
