package store

import (
	"strconv"
	"strings"
)

// Rebind turns the parameters "?" of a query into those of the database: "$1",
// "$2", … for PostgreSQL. Question marks in quoted texts, quoted names and
// comments stay. PostgreSQL's own operators with a question mark cannot be
// written; use the functions behind them.
func (s *Store) Rebind(query string) string {
	if s.dialect == sqlite {
		return query
	}
	return rebind(query)
}

// Marks returns the parameters of a list for IN, or of a row: "(?, ?, ?)" for three.
// n is at least 1.
func Marks(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }

func rebind(query string) string {
	var out strings.Builder
	out.Grow(len(query) + 16)
	parameter := 0
	for rest := query; rest != ""; {
		skip := 1
		switch {
		case rest[0] == '?':
			parameter++
			out.WriteByte('$')
			out.WriteString(strconv.Itoa(parameter))
			rest = rest[1:]
			continue
		case rest[0] == '\'', rest[0] == '"':
			skip = upTo(rest, 1, rest[:1]) // a doubled quote ends one text and begins the next
		case strings.HasPrefix(rest, "--"):
			skip = upTo(rest, 2, "\n")
		case strings.HasPrefix(rest, "/*"):
			skip = upTo(rest, 2, "*/")
		}
		out.WriteString(rest[:skip])
		rest = rest[skip:]
	}
	return out.String()
}

// upTo returns the length of text up to and with the end mark, looked for behind
// the first bytes; all of it when there is none.
func upTo(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}
