package bridge

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func idsOf(t *testing.T, text string) *ShopIDs {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ids.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ids, err := ReadShopIDs(path)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return ids
}

// The same four lines, as spreadsheets, shop systems and people write them.
func TestShopIDsInEveryDress(t *testing.T) {
	want := map[string]string{"A-100": "41", "A-100/M": "41-3", "żółw": "7", "9": "8-XL"}
	for name, text := range map[string]string{
		"commas":            "A-100,41\nA-100/M,41-3\nżółw,7\n9,8-XL\n",
		"semicolons, CRLF":  "A-100;41\r\nA-100/M;41-3\r\nżółw;7\r\n9;8-XL\r\n",
		"tabs, no end":      "A-100\t41\nA-100/M\t41-3\nżółw\t7\n9\t8-XL",
		"mark and headings": "\xEF\xBB\xBFid sklepu;kod hurtowni, np. rozmiaru\nA-100;41\nA-100/M;41-3\nżółw;7\n9;8-XL\n",
		"quotes":            "\"shop id\",\"code\"\n\"A-100\",\"41\"\n \"A-100/M\" , \"41-3\" \nżółw,\"7\"\n\"9\",8-XL\n",
		"empty lines":       "\n\nA-100,41\n  \nA-100/M,41-3\n,\nżółw,7,,\n9 , 8-XL\n\n",
		"twice":             "A-100,41\nA-100/M,41-3\nżółw,7\n9,8-XL\nA-100,41-uniw\nżółw,7-0\n9,8-XL\n",
		"Excel's hint":      "sep=;\nA-100;41\nA-100/M;41-3\nżółw;7\n9;8-XL\n",
	} {
		t.Run(name, func(t *testing.T) {
			ids := idsOf(t, text)
			if got := maps.Collect(ids.All()); !maps.Equal(got, want) || ids.Len() != len(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestShopIDsBothWays(t *testing.T) {
	ids := idsOf(t, "A,41\nB,41-3\nC,41-10\nD,410\nE,4-1\nF,43-M+\n")
	for id, code := range map[string]string{"A": "41", "B": "41-3", "C": "41-10", "D": "410", "E": "4-1", "F": "43-M+"} {
		if got, ok := ids.Code(id); !ok || got != code {
			t.Errorf("Code(%s) = %s, %v; want %s", id, got, ok, code)
		}
		if got, ok := ids.ShopID(code); !ok || got != id {
			t.Errorf("ShopID(%s) = %s, %v; want %s", code, got, ok, id)
		}
	}
	for _, code := range []string{"41-uniw", "41-0", "41-UNIW"} {
		if got, ok := ids.ShopID(code); !ok || got != "A" {
			t.Errorf("ShopID(%s) = %s, %v: it is the product without sizes", code, got, ok)
		}
	}
	for _, unknown := range []string{"", "a", "41", "AB", "Ą"} {
		if got, ok := ids.Code(unknown); ok {
			t.Errorf("Code(%q) = %s", unknown, got)
		}
	}
	for _, unknown := range []string{"", "42", "41-4", "4", "x", "41-", "-3", "43"} {
		if got, ok := ids.ShopID(unknown); ok {
			t.Errorf("ShopID(%q) = %s", unknown, got)
		}
	}
	for product, want := range map[int64][]string{41: {"A", "C", "B"}, 410: {"D"}, 4: {"E"}, 5: nil, 0: nil, -1: nil, 1 << 60: nil} {
		if got := ids.Product(product); !slices.Equal(got, want) {
			t.Errorf("Product(%d) = %v, want %v", product, got, want)
		}
	}
}

// Each mistake is named by its line, with what to do about it.
func TestShopIDsSayWhatIsWrong(t *testing.T) {
	many := strings.Repeat("A B,1\n", 15)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"one id for two codes":   {"A,41\nB,42\nA,43\n", []string{`line 3: the shop's id "A" has the code 43 here and 41 on line 1: take one`}},
		"one code for two ids":   {"A,41\nB,42\nC,41-0\n", []string{`line 3: the code 41 is that of the shop's id "C" here and of "A" on line 1: take one`}},
		"both, in their order":   {"A,1\nA,2\nB,1\n", []string{`line 2: the shop's id "A"`, `line 3: the code 1`}},
		"no code":                {"id,code\nA,\n", []string{`line 2: the shop's id "A" has no code`}},
		"no code, at once":       {"A,\nB,1\n", []string{`line 1: the shop's id "A" has no code`}},
		"no id":                  {"A,1\n,41\n", []string{`line 2: the code "41" has no id`}},
		"one column":             {"A,1\nB 2\n", []string{"line 2: it has 1 columns in place of two"}},
		"three columns":          {"A,1\nB,2,3\n", []string{"line 2: it has 3 columns"}},
		"another separator":      {"A;1\nB,2\n", []string{"line 2: it has 1 columns"}},
		"a code with letters":    {"A,1\nB,x4\n", []string{`line 2: "x4" is no code of the wholesaler`}},
		"a mistyped first code":  {"A,x4\nB,1\n", []string{`line 1: "x4" is no code`}},
		"a second heading":       {"id,code\nid,code\nA,1\n", []string{`line 2: "code" is no code`}},
		"a product of nothing":   {"A,0\n", []string{"line 1", "is no code"}},
		"a number too large":     {"A,99999999999999999999\n", []string{"line 1", "is no code"}},
		"a comma inside an id":   {"\"A,B\",1\n", []string{`the character ','`, "use letters, digits"}},
		"a character to turn":    {"A\u202eB,1\n", []string{`the character '\u202e'`}},
		"markup":                 {"A<b>,1\n", []string{`the character '<'`}},
		"an open quote":          {"A,1\n\"B,2\n", []string{"line 2: a quote is not closed"}},
		"a quote in the middle":  {"A,1\n\"B\"x,2\n", []string{"line 2: there is something behind a closing quote"}},
		"not UTF-8":              {"A,1\n\xa3,2\n", []string{"line 2: it is not UTF-8: save"}},
		"UTF-16":                 {"\xff\xfeA\x00", []string{"UTF-16: save it as CSV in UTF-8"}},
		"a long id":              {strings.Repeat("ż", 101) + ",1\n", []string{"line 1", "longer than 100 characters"}},
		"many bytes":             {strings.Repeat("𝒜", 51) + ",1\n", []string{"line 1", "200 bytes"}},
		"a long size":            {"A,1-" + strings.Repeat("x", 101) + "\n", []string{"line 1", "is no code"}},
		"a long line":            {"A,1\n" + strings.Repeat("x", 5000) + "\n", []string{"line 2: it is longer than 4096 bytes"}},
		"nothing":                {"", []string{"it holds no id", "take the key out"}},
		"headings only":          {"id;code\n", []string{"it holds no id"}},
		"more than are listed":   {many, []string{"line 1:", "line 10:", "… and 5 more lines of it are wrong"}},
		"old Macintosh's lines":  {"A,1\rB,2\r", []string{"line 1"}},
		"a size with a space":    {"A,1-X L\n", []string{"is no code"}},
		"an id with a line feed": {"\"A\nB\",1\n", []string{"line 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ids.csv")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			ids, err := ReadShopIDs(path)
			if err == nil {
				t.Fatalf("taken for %v", maps.Collect(ids.All()))
			}
			if strings.Contains(err.Error(), "line 11:") {
				t.Errorf("more than ten lines are listed:\n%v", err)
			}
			for _, want := range append(c.want, "shop.ids_file "+path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks %q", err, want)
				}
			}
		})
	}
	if _, err := ReadShopIDs(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "shop.ids_file cannot be read") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// lineSource writes numbered lines without end, so that no file is needed.
type lineSource struct {
	next  int
	left  []byte
	lines int // 0: without end
}

func (s *lineSource) Read(p []byte) (int, error) {
	for len(s.left) < len(p) && (s.lines == 0 || s.next < s.lines) {
		s.next++
		s.left = fmt.Appendf(s.left, "SHOP-%07d;%d-%d\n", s.lines-s.next, 1+s.next/4, 1+s.next%4)
	}
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.left)
	s.left = s.left[:copy(s.left, s.left[n:])]
	return n, nil
}

// A million lines are read, one more is refused, and an endless file ends.
func TestShopIDsAreBounded(t *testing.T) {
	if _, err := parseShopIDs(&lineSource{}); err == nil || !strings.Contains(err.Error(), "more than 1000000 lines") {
		t.Errorf("an endless file: %v", err)
	}
	if testing.Short() {
		t.Skip("a whole file of a million lines takes the race detector long")
	}
	began := time.Now()
	ids, err := parseShopIDs(&lineSource{lines: shopIDLines})
	if err != nil || ids.Len() != shopIDLines {
		t.Fatalf("%v", err)
	}
	for _, n := range []int{1, 2, 3, 4, 499_999, 1_000_000} {
		id, code := fmt.Sprintf("SHOP-%07d", shopIDLines-n), fmt.Sprintf("%d-%d", 1+n/4, 1+n%4)
		if got, ok := ids.Code(id); !ok || got != code {
			t.Errorf("%s: %s, %v; want %s", id, got, ok, code)
		}
		if got, ok := ids.ShopID(code); !ok || got != id {
			t.Errorf("%s: %s, %v; want %s", code, got, ok, id)
		}
	}
	t.Logf("%d ids in %s", ids.Len(), time.Since(began).Round(time.Millisecond))
}

// Whatever a file holds, it is refused or it goes both ways without a loss.
func FuzzShopIDs(f *testing.F) {
	for _, seed := range []string{
		"A,41\nB,41-3\n", "\xEF\xBB\xBFid;kod\r\nA;41-uniw\r\n\"B\";\"42\"\r\n", "A\t1\nA\t1\n", "A,1\nA,2\n", "\"A\"\"B\",1\n", "\"A,1\n",
		"\xff\xfe", "sep=;\nA;1\n", ",\n,,\n", "A,1,\n", "\x00,1\n", "A,9223372036854775807-0\nB,1-+\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := parseShopIDs(strings.NewReader(text))
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" || len(err.Error()) > 10_000 {
				t.Errorf("a useless error: %q", err)
			}
			return
		}
		lines, seen := strings.Count(text, "\n")+1, 0
		of := map[string]bool{}
		for id, code := range ids.All() {
			seen++
			if got, ok := ids.Code(id); !ok || got != code {
				t.Errorf("Code(%q) = %q, %v; want %q", id, got, ok, code)
			}
			if got, ok := ids.ShopID(code); !ok || got != id {
				t.Errorf("ShopID(%q) = %q, %v; want %q", code, got, ok, id)
			}
			if of[code] || id == "" || strings.ContainsAny(id, ", \t\n\"<>") || !strings.Contains(text, id) {
				t.Errorf("%q, %q: a code twice, or an id that is not in the file or not safe", id, code)
			}
			of[code] = true
		}
		if seen == 0 || seen != ids.Len() || seen > lines {
			t.Errorf("%d ids of %d lines, Len %d", seen, lines, ids.Len())
		}
	})
}
