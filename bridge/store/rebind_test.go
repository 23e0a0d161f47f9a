package store

import (
	"strings"
	"testing"
)

func TestRebind(t *testing.T) {
	for query, want := range map[string]string{
		"":                                   "",
		"SELECT 1":                           "SELECT 1",
		"a = ? AND b = ?":                    "a = $1 AND b = $2",
		"a = '?' AND b = ?":                  "a = '?' AND b = $1",
		"a = 'it''s ?' AND b = ?":            "a = 'it''s ?' AND b = $1",
		`"odd?name" = ?`:                     `"odd?name" = $1`,
		"? -- really?\n, ?":                  "$1 -- really?\n, $2",
		"? /* really? -- */ , ?":             "$1 /* really? -- */ , $2",
		"? -- no end?":                       "$1 -- no end?",
		"'no end?":                           "'no end?",
		"/*?":                                "/*?",
		"a - ? / ?":                          "a - $1 / $2",
		"(?,?,?,?,?,?,?,?,?,?,?)":            "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)",
		"żółw = ?":                           "żółw = $1",
		strings.Repeat("'", 3) + "?'" + " ?": "'''?' $1",
	} {
		if got := rebind(query); got != want {
			t.Errorf("rebind(%q) = %q, want %q", query, got, want)
		}
	}
	if got := (&Store{dialect: sqlite}).Rebind("a = ?"); got != "a = ?" {
		t.Errorf("SQLite's text became %q", got)
	}
}
