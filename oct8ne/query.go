package oct8ne

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"
)

// The bounds on what a client may ask. Longer values that name one thing (an
// id, a reference, an e-mail address) name nothing that exists and are dropped;
// a longer search text is cut.
const (
	maxIDs         = 100
	maxID          = 200
	maxText        = 500
	maxEmail       = 320
	maxProof       = 2048
	maxLocale      = 35 // the longest language tag that RFC 5646 asks software to hold
	maxFilters     = 20
	maxFilterName  = 64
	maxFilterValue = 200
	maxPage        = 1_000_000
	maxPageSize    = 100
	defaultSize    = 10
)

// clean returns a copy of a parameter without bytes that are no UTF-8 and
// without control characters, trimmed. Line breaks and tabs become spaces.
func clean(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	dirty := false
	for _, c := range raw {
		if c < ' ' || c >= 0x7f {
			dirty = true
			break
		}
	}
	if !dirty {
		return string(raw)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(raw), "")))
}

// name returns a parameter that names one thing; "" when it is longer than
// anything that it could name.
func name(args *fasthttp.Args, key string, limit int) string {
	s := clean(args.Peek(key))
	if len(s) > limit {
		return ""
	}
	return s
}

// either returns the first of two spellings of a parameter that is not empty.
func either(args *fasthttp.Args, key, alias string, limit int) string {
	if s := name(args, key, limit); s != "" {
		return s
	}
	return name(args, alias, limit)
}

// email returns an e-mail address. A space in one can only be a plus sign that
// was not percent-encoded.
func email(args *fasthttp.Args, key, alias string) string {
	return strings.ReplaceAll(either(args, key, alias, maxEmail), " ", "+")
}

// productIDs returns the distinct ids of a comma list, at most 100.
func productIDs(args *fasthttp.Args) []string {
	text := clean(args.Peek("productIds"))
	if text == "" {
		return nil
	}
	ids := make([]string, 0, min(strings.Count(text, ",")+1, maxIDs))
	for id := range strings.SplitSeq(text, ",") {
		id = strings.TrimSpace(id)
		if id == "" || len(id) > maxID || slices.Contains(ids, id) {
			continue
		}
		if ids = append(ids, id); len(ids) == maxIDs {
			break
		}
	}
	return ids
}

// locale returns the asked locale when it looks like a BCP 47 tag, "" otherwise.
// An underscore, as in pl_PL, is read as a hyphen.
func locale(args *fasthttp.Args) string {
	raw := args.Peek("locale")
	if len(raw) < 2 || len(raw) > maxLocale {
		return ""
	}
	part := 0 // length of the subtag so far
	first := true
	for _, c := range raw {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		switch {
		case c == '-' || c == '_':
			if part == 0 || first && part < 2 {
				return ""
			}
			part, first = 0, false
		case letter, c >= '0' && c <= '9' && !first:
			if part++; part > 8 || first && part > 3 {
				return ""
			}
		default:
			return ""
		}
	}
	if part == 0 {
		return ""
	}
	return strings.ReplaceAll(string(raw), "_", "-")
}

// currency returns the asked currency in upper case when it is three letters,
// "" otherwise.
func currency(args *fasthttp.Args) string {
	raw := args.Peek("currency")
	if len(raw) != 3 {
		return ""
	}
	var code [3]byte
	for i, c := range raw {
		upper := c &^ 0x20
		if upper < 'A' || upper > 'Z' {
			return ""
		}
		code[i] = upper
	}
	return string(code[:])
}

// number returns a parameter as a number from least to most. What is no number,
// or less than least, is the default.
func number(args *fasthttp.Args, key string, least, most, byDefault int) int {
	raw := bytes.TrimSpace(args.Peek(key))
	if len(raw) == 0 {
		return byDefault
	}
	digits := true
	for _, c := range raw {
		digits = digits && c >= '0' && c <= '9'
	}
	if !digits {
		return byDefault
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return most // only digits, but more than fit
	}
	if n < least {
		return byDefault
	}
	return min(n, most)
}

func paging(args *fasthttp.Args) (page, size int) {
	return number(args, "page", 1, maxPage, 1), number(args, "pageSize", 1, maxPageSize, defaultSize)
}

// window is the part of a page of results that was asked for.
type window struct {
	page, size  int // what the adapter is asked for
	skip, count int // what of it is answered
}

// of returns the window's part of a page of results.
func (w window) of(results []ProductSummary) []ProductSummary {
	from := min(w.skip, len(results))
	return results[from:min(from+w.count, len(results))]
}

// searchWindow reads page and pageSize or, where neither is there, start (from
// 0) and count.
func searchWindow(args *fasthttp.Args) window {
	if args.Has("page") || args.Has("pageSize") || !args.Has("start") && !args.Has("count") {
		page, size := paging(args)
		return window{page: page, size: size, count: size}
	}
	start := number(args, "start", 0, maxPage*maxPageSize, 0)
	count := number(args, "count", 1, maxPageSize, defaultSize)
	// An adapter knows pages only. The smallest page that holds the whole
	// stretch is asked for, and the stretch cut out of it.
	for size := count; size <= maxPageSize; size++ {
		if skip := start % size; skip+count <= size {
			return window{page: start/size + 1, size: size, skip: skip, count: count}
		}
	}
	// A long stretch across the largest pages fits none: the page in which it
	// starts is answered from there on, so that a client that goes on from
	// what it got misses nothing.
	return window{page: start/maxPageSize + 1, size: maxPageSize, skip: start % maxPageSize, count: count}
}

// searchQuery reads the parameters of the search method.
func searchQuery(args *fasthttp.Args) (SearchQuery, window) {
	w := searchWindow(args)
	query := SearchQuery{
		Text:       cut(clean(args.Peek("search")), maxText),
		Page:       w.page,
		PageSize:   w.size,
		OrderBy:    OrderRelevance,
		Descending: string(args.Peek("dir")) == "desc",
		Filters:    filters(args),
	}
	order := args.Peek("orderBy")
	if len(order) == 0 {
		order = args.Peek("orderby")
	}
	switch string(order) {
	case OrderPrice:
		query.OrderBy = OrderPrice
	case OrderName:
		query.OrderBy = OrderName
	}
	return query, w
}

// filters returns the parameters of a search that the contract does not
// declare. apiToken and the customer's data are other methods' parameters: they
// are no filters even where a client sends them along.
func filters(args *fasthttp.Args) map[string]string {
	var found map[string]string
	args.VisitAll(func(rawKey, rawValue []byte) {
		switch string(rawKey) {
		case "search", "page", "pageSize", "orderBy", "orderby", "dir", "locale", "currency",
			"start", "count", "callback", "_", "apiToken", "customerEmail", "customer_email",
			"sessionId", "customer_session_id":
			return
		}
		if len(found) == maxFilters || len(rawKey) > maxFilterName || len(rawValue) > maxFilterValue {
			return
		}
		key, value := clean(rawKey), clean(rawValue)
		if key == "" || value == "" {
			return
		}
		if _, known := found[key]; known {
			return // the first counts, as for every other parameter
		}
		if found == nil {
			found = make(map[string]string)
		}
		found[key] = value
	})
	return found
}

// cut shortens a text to at most limit bytes without cutting a letter apart.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// The forms of a point in time that getSalesReport takes. API 2.4 names none;
// these are assumed from what its clients are known to write. Without a zone
// they are UTC, as the report's own times are.
var instants = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
}

// instant reads one end of a period, the zero time for none. A date alone
// stands for its first moment, or for its last where it ends the period.
func instant(args *fasthttp.Args, key string, end bool) (at time.Time, ok bool) {
	text := name(args, key, 40)
	if text == "" {
		return time.Time{}, true
	}
	if n := len(text) - 6; n > 10 && text[n] == ' ' && strings.Contains(text, "T") {
		text = text[:n] + "+" + text[n+1:] // a plus sign that was not percent-encoded
	}
	for _, layout := range instants {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			at = at.AddDate(0, 0, 1).Add(-time.Nanosecond)
		}
		return at, true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC(), true
	}
	return time.Time{}, false
}
