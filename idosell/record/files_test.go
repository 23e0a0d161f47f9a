package record_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

var kept = record.Exchange{
	Gate: "Orders", Method: "get", Version: 107, Operation: idosell.OpGetOrders, At: time.Date(2026, 11, 22, 10, 0, 0, 123_000_000, time.UTC),
	Took: 1500 * time.Millisecond, Status: 200, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}, "Retry-After": {"7"}},
	Request: []byte("<a/>\n"), Answer: []byte("Service Unavailable"),
}

func TestAnExchangeIsReadAsItWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	second := kept
	second.WSDL, second.Request, second.Answer, second.Failure, second.Status, second.Header = true, nil, nil, "timeout", 0, http.Header{}
	strange := record.Exchange{Gate: "../../etc", Method: "x/y", Version: -1, At: kept.At, Header: http.Header{}}
	for number, e := range map[int]record.Exchange{1: kept, 10000: second, 9999: strange} {
		if err := record.Write(dir, number, &e); err != nil {
			t.Fatal(err)
		}
	}
	if difference := cmp.Diff([]record.Exchange{kept, strange, second}, must[[]record.Exchange](t)(record.ReadAll(dir))); difference != "" {
		t.Error(difference)
	}
	entries := must[[]os.DirEntry](t)(os.ReadDir(dir))
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != "0001-Orders-get 10000-Orders-get-wsdl 9999-etc-xy" {
		t.Errorf("folders: %s", got)
	}
	if err := record.Write(dir, 1, &kept); !errors.Is(err, os.ErrExist) {
		t.Errorf("written twice: %v", err)
	}
	if err := record.Write(dir, 0, &kept); err == nil {
		t.Error("number 0 is taken")
	}
	if left := must[[]string](t)(filepath.Glob(filepath.Join(dir, ".new*"))); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// XML is indented where elements hold elements alone; texts stay, and so does what
// cannot be indented.
func TestIndentedXML(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"elements":       {"<a><b>1</b><c x='y'/></a>", "<a>\n  <b>1</b>\n  <c x='y'/>\n</a>\n"},
		"again":          {"<a>\n  <b>1</b>\n</a>\n", "<a>\n  <b>1</b>\n</a>\n"},
		"declaration":    {"<?xml version=\"1.0\"?>\r\n<a><b/></a>", "<?xml version=\"1.0\"?>\n<a>\n  <b/>\n</a>\n"},
		"mixed":          {"<a><b>x <c> <d/> </c> y</b></a>", "<a>\n  <b>x <c> <d/> </c> y</b>\n</a>\n"},
		"white text":     {"<a><b> </b></a>", "<a>\n  <b> </b>\n</a>\n"},
		"CDATA":          {"<a><b><![CDATA[<x>]]></b></a>", "<a>\n  <b><![CDATA[<x>]]></b>\n</a>\n"},
		"space counts":   {`<a xml:space="preserve"><b/></a>`, `<a xml:space="preserve"><b/></a>`},
		"ISO-8859-2":     {"<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><a><b>\xb1</b></a>", "<?xml version=\"1.0\" encoding=\"iso-8859-2\"?>\n<a>\n  <b>\xb1</b>\n</a>\n"},
		"deep":           {strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70), strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)},
		"more in tags":   {"<a b=\"1>2\"><c/></a>", "<a b=\"1>2\">\n  <c/>\n</a>\n"},
		"empty elements": {"<a><b></b></a>", "<a>\n  <b></b>\n</a>\n"},
	} {
		got, ok := record.Indent([]byte(c.body))
		if !ok || string(got) != c.want {
			t.Errorf("%s: %q, %t, want %q", name, got, ok, c.want)
		}
	}
	for _, body := range []string{"", "text", "<a>", "<a/><a/>", "<a></b>", "<html><br></html>", "x<a/>", "{}", "\x00"} {
		if got, ok := record.Indent([]byte(body)); ok {
			t.Errorf("%q is taken for XML: %q", body, got)
		}
	}
}

// What a damaged recording says names the file.
func TestDamagedRecordings(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.xml")
	if err := os.WriteFile(outside, []byte("<secret/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		damage func(folder string) error
		want   string
	}{
		"no description":  {func(f string) error { return os.Remove(f + "/exchange.yaml") }, "exchange.yaml"},
		"no YAML":         {func(f string) error { return os.WriteFile(f+"/exchange.yaml", []byte("gate: [\n"), 0o600) }, "0001-Orders-get/exchange.yaml"},
		"unknown key":     {func(f string) error { return os.WriteFile(f+"/exchange.yaml", []byte("gat: Orders\n"), 0o600) }, "gat"},
		"impossible":      {func(f string) error { return os.WriteFile(f+"/exchange.yaml", []byte("status: 99999\n"), 0o600) }, "status"},
		"large":           {func(f string) error { return os.WriteFile(f+"/exchange.yaml", make([]byte, 100_000), 0o600) }, record.ErrTooMuch.Error()},
		"two answers":     {func(f string) error { return os.WriteFile(f+"/answer.xml", []byte("<a/>"), 0o600) }, "delete one of them"},
		"a link outwards": {func(f string) error { return os.Symlink(outside, f+"/answer.xml") }, "answer.xml"},
		"a folder":        {func(f string) error { return errors.Join(os.Remove(f+"/answer.txt"), os.Mkdir(f+"/answer.txt", 0o700)) }, "answer.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(record.Write(dir, 1, &kept), c.damage(dir+"/0001-Orders-get")); err != nil {
				t.Fatal(err)
			}
			exchanges, err := record.ReadAll(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d exchanges, %v", len(exchanges), err)
			}
		})
	}
	if _, err := record.ReadAll(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(dir+"/README.md", nil, 0o600), os.Mkdir(dir+"/.new-1", 0o700), os.WriteFile(dir+"/0007-file", nil, 0o600), record.Write(dir, 3, &kept)); err != nil {
		t.Fatal(err)
	}
	if exchanges := must[[]record.Exchange](t)(record.ReadAll(dir)); len(exchanges) != 1 {
		t.Errorf("%d exchanges beside other files", len(exchanges))
	}
	if next := must[int](t)(record.Next(dir)); next != 4 {
		t.Errorf("the next is %d", next)
	}
	if next := must[int](t)(record.Next(dir + "/none")); next != 1 {
		t.Errorf("the first is %d", next)
	}
}

func FuzzReadAll(f *testing.F) {
	f.Add([]byte("gate: Orders\nmethod: get\nversion: 1\nat: 2026-11-22T10:00:00Z\ntook: 1s\nstatus: 200\n"), []byte("<a/>"), true)
	f.Add([]byte("status: -1\nheader: {Date: x}\n"), []byte("\xff\xfe<"), false)
	f.Add([]byte("a: &a [*a,*a]\n"), []byte{}, true)
	f.Fuzz(func(t *testing.T, described, answer []byte, asXML bool) {
		dir := t.TempDir()
		folder := dir + "/0001-x"
		name := "/answer.txt"
		if asXML {
			name = "/answer.xml"
		}
		if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(folder+"/exchange.yaml", described, 0o600), os.WriteFile(folder+name, answer, 0o600)); err != nil {
			t.Fatal(err)
		}
		exchanges, err := record.ReadAll(dir)
		if err != nil {
			return
		}
		// What was read can be written, and is then read as the same.
		other := t.TempDir()
		if err := record.Write(other, 5, &exchanges[0]); err != nil {
			t.Fatal(err)
		}
		again, err := record.ReadAll(other)
		if err != nil || len(again) != 1 {
			t.Fatalf("%+v cannot be read again: %v", exchanges[0], err)
		}
		if again[0].Status != exchanges[0].Status || again[0].Gate != exchanges[0].Gate || !again[0].At.Equal(exchanges[0].At) || again[0].Failure != exchanges[0].Failure {
			t.Errorf("%+v became %+v", exchanges[0], again[0])
		}
	})
}

func FuzzIndent(f *testing.F) {
	for _, body := range []string{"<a><b>1</b></a>", "<a>x<b/>y</a>", "<?xml version='1.0'?><!DOCTYPE a><!-- c --><a><?p q?><b/><![CDATA[x]]></a>", "<a b='<'/>"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		once, ok := record.Indent(body)
		if !ok {
			return
		}
		twice, ok := record.Indent(once)
		if !ok || string(twice) != string(once) {
			t.Errorf("%q is indented to %q, and again to %q", body, once, twice)
		}
		if before, after := meaning(body), meaning(once); before != after {
			t.Errorf("%q means %q, indented %q: %q", body, before, once, after)
		}
	})
}

// meaning is what a reader sees of a document: tags, attributes, and texts that are
// more than white space.
func meaning(body []byte) string {
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(string(body)))
	for {
		token, err := decoder.RawToken()
		if err != nil {
			return out.String()
		}
		switch t := token.(type) {
		case xml.StartElement:
			fmt.Fprintf(&out, "<%v %v>", t.Name, t.Attr)
		case xml.EndElement:
			fmt.Fprintf(&out, "</%v>", t.Name)
		case xml.CharData:
			out.WriteString(strings.TrimSpace(string(t)))
		}
	}
}
