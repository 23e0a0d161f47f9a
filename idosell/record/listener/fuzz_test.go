package listener_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"octobridge/idosell/record"
	"octobridge/idosell/record/listener"
)

// small are limits that keep a fuzzer's inputs from taking long.
var small = listener.Limits{Entries: 50, EntryBytes: 1 << 20, TotalBytes: 4 << 20, MessageBytes: 64 << 10, WaitingBytes: 256 << 10}

// FuzzArchive: any bytes as an archive end with a report or an error.
func FuzzArchive(f *testing.F) {
	c := calls(3)
	whole := archive(f, file{"log.xml", wrapped(c[0], cdata)}, file{"1-request.xml", c[1].request}, file{"1-response.xml", c[1].reply})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		sound(t, data, true)
	})
}

// FuzzEntry: any bytes as a file of an archive never end the reading, and what is
// beside them comes through.
func FuzzEntry(f *testing.F) {
	for _, c := range calls(3) {
		f.Add([]byte(wrapped(c, cdata)), "a.xml")
		f.Add([]byte(escaped(escaped(wrapped(c, escaped)))), "b/request.xml")
		f.Add([]byte(packed(c.request)+"\n"+packed(c.reply)), "c.txt")
		f.Add([]byte(`{"request":"`+strings.ReplaceAll(c.request, `"`, `\"`)+`","response":"`+strings.ReplaceAll(c.reply, `"`, `\"`)+`"}`), "d.json")
		f.Add([]byte(c.reply+c.request+c.reply+c.request[:100]), "e.log")
	}
	f.Add([]byte("\xff\xfe<\x00E\x00n\x00v\x00"), "f.xml")
	f.Add([]byte(`<Envelope`+strings.Repeat(`<a:Envelope>`, 300)), "g.xml")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		if len(name) > 1000 || strings.HasSuffix(name, "/") {
			return
		}
		whole := good()
		whole.name = "\x00good.xml" // no other can be joined with it by its name
		if n := sound(t, archive(t, whole, file{name, string(data)}), false); n < 1 {
			t.Error("what is beside it did not come through")
		}
	})
}

// sound reads an archive and checks what must hold of every exchange.
func sound(t *testing.T, data []byte, mayFail bool) int {
	n := 0
	report, err := listener.Read(context.Background(), bytes.NewReader(data), int64(len(data)), listener.Options{Limits: small}, func(e record.Exchange) error {
		n++
		for _, body := range [][]byte{e.Request, e.Answer} {
			if !utf8.Valid(body) || !bytes.HasPrefix(body, []byte(xmlHead+"<")) {
				t.Errorf("a body is no XML in UTF-8: %q", body)
			}
		}
		if e.Took < 0 || e.Status < 100 || e.Status > 599 || e.Version < -1 || strings.ContainsAny(e.Name(), " \n<\"") {
			t.Errorf("%s, version %d, took %s, status %d", e.Name(), e.Version, e.Took, e.Status)
		}
		return nil
	})
	if err != nil && !mayFail {
		t.Error(err)
	}
	if report.Exchanges != n || len(report.Unplaced) > 200 {
		t.Errorf("%d exchanges came, the report has %d", n, report.Exchanges)
	}
	return n
}
