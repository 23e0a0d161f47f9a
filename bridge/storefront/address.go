package storefront

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Prefix is where the shop's pages are, on the host that they are mounted on.
	Prefix = "/shop/"

	productPrefix = Prefix + "product/"

	maxText = 200   // characters that may be searched for
	maxPage = 1_000 // a shop has no more pages, and the wholesaler is not asked for them
)

var errBadQuery = errors.New("the query of the address cannot be used")

// view is what the query of an address asks for.
type view struct {
	text  string
	order Order
	page  int
	lang  string // the chosen language's tag; "" where none is chosen
}

// readView reads q, sort, page and lang, and copies them. An unknown lang is as
// good as none; whatever else cannot be used is errBadQuery, which never says
// what it was.
func readView(query func(name string) string) (view, error) {
	v := view{order: OrderRelevance, page: 1}
	for _, t := range tongues {
		if query("lang") == t.Tag {
			v.lang = t.Tag
		}
	}
	raw := query("q")
	if len(raw) > maxText*utf8.UTFMax || !utf8.ValidString(raw) {
		return v, errBadQuery
	}
	text := strings.Join(strings.Fields(raw), " ")
	if utf8.RuneCountInString(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return v, errBadQuery
	}
	switch order := Order(query("sort")); order {
	case "", OrderRelevance:
	case OrderCheapest, OrderDearest, OrderName:
		v.order = Order(strings.Clone(string(order)))
	default:
		return v, errBadQuery
	}
	if digits := query("page"); digits != "" {
		page, err := strconv.Atoi(digits)
		if err != nil || page < 1 || page > maxPage || digits[0] == '+' {
			return v, errBadQuery
		}
		v.page = page
	}
	v.text = strings.Clone(text) // Fiber reuses what the query stands in
	return v, nil
}

// address returns the list's address for a view, without what is the default.
func (v view) address() string {
	values := url.Values{}
	if v.text != "" {
		values.Set("q", v.text)
	}
	if v.order != OrderRelevance {
		values.Set("sort", string(v.order))
	}
	if v.page > 1 {
		values.Set("page", strconv.Itoa(v.page))
	}
	return withLang(Prefix, values, v.lang)
}

// productAddress returns the address of a product's page.
func productAddress(id, lang string) string {
	return withLang(productPrefix+url.PathEscape(id), url.Values{}, lang)
}

func withLang(path string, values url.Values, lang string) string {
	if lang != "" {
		values.Set("lang", lang)
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// isProductID says whether a part of an address may be a product's id: up to 19
// digits, without a zero at their beginning.
func isProductID(id string) bool {
	return id != "" && len(id) <= 19 && id[0] != '0' && strings.Trim(id, "0123456789") == ""
}
