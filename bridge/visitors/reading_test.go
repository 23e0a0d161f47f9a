package visitors

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExactNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"2": "2", "0.5": "0.5", "1e3": "1000", "1.50": "1.5", "00012": "12", "5e-1": "0.5", "+2": "2",
		"": "", "-": "", "e": "", "1e999999999": "", "1e-999999999": "", "0x10": "", "1_000": "", "1,5": "", "NaN": "", "Infinity": "", "12345678901234567890": "12345678901234567890",
		"123456789012345678901": "", "1e21": "", "0e0": "0",
	} {
		got, ok := exactly(text)
		if ok != (want != "") || ok && !got.Equal(number(want)) {
			t.Errorf("%q: %v %v, want %q", text, got, ok, want)
		}
	}
}

func TestBackPath(t *testing.T) {
	add := url.Values{"notice": {"limited"}, "left": {"3"}}
	for back, want := range map[string]string{
		"/": "/?left=3&notice=limited", "/shop/p/1?q=%C5%82&notice=x#top": "/shop/p/1?left=3&notice=limited&q=%C5%82#top", "/a//b": "/a//b?left=3&notice=limited",
		"/%5cevil": "/%5cevil?left=3&notice=limited", "/a?u=https://evil.example/": "/a?left=3&notice=limited&u=https%3A%2F%2Fevil.example%2F", "/ł": "/%C5%82?left=3&notice=limited",
		"": "", "//evil.example": "", "/\\evil.example": "", "\\/evil.example": "", "https://evil.example": "", "javascript:x": "", "x": "", "?x": "", "/a b": "", "/a\nb": "", "/%zz": "", "/?%zz": "", "/\xff": "",
		// Found by fuzzing: the quotation mark made url.URL write %2f as a slash.
		"/%2f\"": "", "/%2fevil.example/": "",
		"/" + strings.Repeat("a", 500): "",
	} {
		got, ok := backPath(back, add)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", back, got, ok, want)
		}
	}
}

// Wherever a form wants to go back to: it is a path on this host, as a browser
// understands it, and says what is to be told.
func FuzzBackPath(f *testing.F) {
	for _, seed := range []string{"/", "/shop/?q=1#x", "//evil.example", `/\evil.example`, "/%2f/evil.example", "/..//evil.example", "/\t/evil", "/?notice=a&notice=b;c", "/a?%", "http:/evil.example", "/@evil.example", "/:80"} {
		f.Add(seed)
	}
	page, _ := url.Parse("https://bridge.example/cart/add")
	f.Fuzz(func(t *testing.T, back string) {
		target, ok := backPath(back, url.Values{"notice": {"added"}})
		if !ok {
			if target != "" {
				t.Errorf("%q is refused and leads to %q", back, target)
			}
			return
		}
		// Browsers take a backslash for a slash, and leave out tabs and line breaks.
		as := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(target)
		reference, err := url.Parse(as)
		if err != nil {
			t.Fatalf("%q leads to %q: %v", back, target, err)
		}
		address := page.ResolveReference(reference)
		if address.Host != "bridge.example" || address.Scheme != "https" || address.User != nil || strings.HasPrefix(target, "//") || target[0] != '/' {
			t.Errorf("%q leads to %q on %s", back, target, address.Host)
		}
		for _, r := range target {
			if r <= ' ' || r > '~' {
				t.Errorf("%q leads to %q, which no header takes", back, target)
			}
		}
		if notices := address.Query()["notice"]; len(notices) != 1 || notices[0] != "added" {
			t.Errorf("%q leads to %q, with the notices %v", back, target, notices)
		}
		again, ok := backPath(target, url.Values{"notice": {"added"}})
		if len(target) <= mostBackBytes && (!ok || again != target) {
			t.Errorf("%q leads to %q, which leads to %q", back, target, again)
		}
	})
}

// Whatever is sent: it is read or refused, within its bounds, and no sentence
// repeats it.
func FuzzInput(f *testing.F) {
	f.Add("application/json", []byte(`{"id":"41-1","qty":2,"key":"k"}`), "")
	f.Add("application/json", []byte(`{"lines":[{"id":"42","qty":"1e3"}],"add":["1",2],"remove":[null]}`), "id=1")
	f.Add("application/json", []byte(`{"qty":1e999999999,"id":{}}`), "qty=5")
	f.Add("application/json; charset=utf-8", []byte(`[[[[`), "")
	f.Add("application/x-www-form-urlencoded", []byte("id=41&qty=0.5&back=%2Fshop%2F"), "%")
	f.Add("application/x-www-form-urlencoded", []byte("id=%ff&id=2&;"), "a=b")
	f.Add("multipart/form-data; boundary=x", []byte("--x--"), "")
	f.Add("", []byte(nil), "id=1&qty=2&lines=x")
	f.Fuzz(func(t *testing.T, kind string, body []byte, query string) {
		in, err := readInput(kind, body, query)
		if err != nil {
			if !errors.Is(err, errMalformed) && !errors.Is(err, errMediaType) {
				t.Fatal(err)
			}
			return
		}
		said := func(err error) {
			if _, is := errors.AsType[wrongInput](err); err != nil && !is {
				t.Errorf("%v", err)
			}
		}
		id, err := in.text("id", 1, mostIDBytes)
		if said(err); err == nil && (id == "" || len(id) > mostIDBytes || !utf8.ValidString(id)) {
			t.Errorf("id %q", id)
		}
		quantity, err := in.quantity("qty")
		if said(err); err == nil && quantity.Valid {
			text := quantity.Decimal.String()
			if !quantity.Decimal.IsPositive() || len(text) > 2*mostDigits+mostDigits || !json.Valid([]byte(text)) {
				t.Errorf("qty %s", text)
			}
		}
		for _, name := range []string{"add", "remove"} {
			ids, err := in.ids(name)
			if said(err); len(ids) > mostIDs {
				t.Errorf("%d ids", len(ids))
			}
		}
		lines, err := in.wanted("lines")
		said(err)
		for _, line := range lines {
			if line.ID == "" || line.Quantity.IsNegative() || len(line.Quantity.String()) > 3*mostDigits {
				t.Errorf("line %+v", line)
			}
		}
	})
}
