package storefront

import (
	"errors"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

const (
	maxText   = 200   // characters that may be searched for
	maxPage   = 1_000 // a shop has no more pages, and the wholesaler is not asked for them
	maxBack   = 2_000 // bytes of an address to go back to
	maxFilter = 200   // bytes of a filter's value

	maxFilters   = 20
	filterPrefix = "f." // of a filter's parameter in an address
)

var errBadQuery = errors.New("the query of the address cannot be used")

// filterParam is the name of a filter.
var filterParam = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// view is what the query of an address asks for.
type view struct {
	text    string
	order   Sorting
	page    int
	filters map[string]string // nil without
	lang    string            // the chosen language's tag; "" where none is chosen

	notice Notice // what became of a change; "" for none
	left   string // digits, with NoticeLimited
}

// readView reads q, sort, page, lang, the filters and the notice, and copies them.
// An unknown lang or notice is as good as none; whatever else cannot be used is
// errBadQuery, which never says what it was.
func readView(c *fiber.Ctx) (view, error) {
	v := view{order: OrderRelevance, page: 1}
	for _, t := range tongues {
		if c.Query("lang") == t.Tag {
			v.lang = t.Tag
		}
	}
	v.notice, v.left = readNotice(c.Query("notice"), c.Query("left"))
	raw := c.Query("q")
	if len(raw) > maxText*utf8.UTFMax || !utf8.ValidString(raw) {
		return v, errBadQuery
	}
	text := strings.Join(strings.Fields(raw), " ")
	if utf8.RuneCountInString(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return v, errBadQuery
	}
	switch order := Sorting(c.Query("sort")); order {
	case "", OrderRelevance:
	case OrderCheapest, OrderDearest, OrderName:
		v.order = Sorting(strings.Clone(string(order)))
	default:
		return v, errBadQuery
	}
	if digits := c.Query("page"); digits != "" {
		page, err := strconv.Atoi(digits)
		if err != nil || page < 1 || page > maxPage || digits[0] == '+' {
			return v, errBadQuery
		}
		v.page = page
	}
	filters, err := readFilters(c)
	if err != nil {
		return v, err
	}
	v.filters = filters
	v.text = strings.Clone(text) // Fiber reuses what the query stands in
	return v, nil
}

// readFilters reads f.<param>, of each the first.
func readFilters(c *fiber.Ctx) (map[string]string, error) {
	found := map[string]string{}
	bad := false
	c.Context().QueryArgs().VisitAll(func(key, raw []byte) {
		param, is := strings.CutPrefix(string(key), filterPrefix)
		if !is || len(raw) == 0 {
			return
		}
		value := string(raw)
		if !filterParam.MatchString(param) || !isFilterValue(value) {
			bad = true
		} else if _, twice := found[param]; !twice {
			found[param] = value
		}
	})
	switch {
	case bad || len(found) > maxFilters:
		return nil, errBadQuery
	case len(found) == 0:
		return nil, nil
	}
	return found, nil
}

func isFilterValue(value string) bool {
	return len(value) <= maxFilter && utf8.ValidString(value) && !strings.ContainsFunc(value, unicode.IsControl)
}

// with returns the view with a filter more, from its first page.
func (v view) with(param, value string) view {
	filters := maps.Clone(v.filters)
	if filters == nil {
		filters = map[string]string{}
	}
	filters[param] = value
	v.filters, v.page = filters, 1
	return v
}

// without returns the view with some filters fewer, from its first page.
func (v view) without(params ...string) view {
	v.filters = maps.Clone(v.filters)
	for _, param := range params {
		delete(v.filters, param)
	}
	v.page = 1
	return v
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
	for param, value := range v.filters {
		values.Set(filterPrefix+param, value)
	}
	return withLang(Prefix, values, v.lang)
}

// productAddress returns the address of a product's page.
func productAddress(id, lang string) string {
	return withLang(ProductPrefix+url.PathEscape(id), url.Values{}, lang)
}

// withLang returns a path with a query, which may be nil, in a language.
func withLang(path string, values url.Values, lang string) string {
	if lang != "" {
		if values == nil {
			values = url.Values{}
		}
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

// isLineID says whether a text may be the id of a cart's line: a product's, and a
// size's after a dash.
func isLineID(id string) bool {
	product, size, sized := strings.Cut(id, "-")
	return isProductID(product) && (!sized || size != "" && len(size) <= 64 && utf8.ValidString(size) && !strings.ContainsFunc(size, unicode.IsControl))
}

// backTo returns the address of a page of the shop's that a form asks to go back
// to, without its notice; otherwise where it cannot be used. Another host's page
// is none of the shop's.
func backTo(back, otherwise string) string {
	if len(back) > maxBack || !strings.HasPrefix(back, Prefix) || strings.ContainsAny(back, "\\#") || strings.ContainsFunc(back, unicode.IsControl) {
		return otherwise
	}
	path, query, ok := cut(back)
	// A path that climbs out of the shop leads elsewhere; browsers take %2e for a dot.
	plain, err := url.PathUnescape(path)
	if !ok || err != nil || !strings.HasPrefix(path, Prefix) || strings.Contains(plain, "..") {
		return otherwise
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
