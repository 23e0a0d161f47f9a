package iof_test

import (
	"bytes"
	"testing"

	"octobridge/idosell/iof"
)

// FuzzReader: whatever comes, reading ends, does not panic, and a file that was
// read without error stays without when it is read in small pieces.
func FuzzReader(f *testing.F) {
	f.Add(offerOf(`<product id="1"><price net="1" gross="1,23"/><sizes><size id="0"><stock quantity="-1"/></size></sizes></product>`))
	f.Add(offerOf(`<product id="2"><bundled><product id="3"/></bundled><parameters><parameter id="4"><value id="5" name="x"/></parameter></parameters></product>`))
	f.Add([]byte("\ufeff<offer><products/></offer>"))
	f.Add([]byte("\xff\xfe<\x00o\x00f\x00f\x00e\x00r\x00/\x00>\x00"))
	f.Add([]byte(`<?xml version="1.0" encoding="iso-8859-2"?><offer><products><product`))
	f.Add([]byte(`<!DOCTYPE offer [<!ENTITY a "aaaa">]><offer><products>&a;</products></offer>`))
	f.Fuzz(func(t *testing.T, file []byte) {
		const limit = 4096
		ids, _, final := outcome(bytes.NewReader(file), iof.ProductLimit(limit))
		if len(file) < limit {
			again, _, finalAgain := outcome(oneByte{bytes.NewReader(file)}, iof.ProductLimit(limit))
			if ids != again || (final == nil) != (finalAgain == nil) {
				t.Fatalf("read at once %q, %v; byte by byte %q, %v", ids, final, again, finalAgain)
			}
		}
		if final != nil {
			return
		}
		// Whatever was whole is not when the end of its root is cut.
		end := bytes.LastIndex(file, []byte("</"))
		if end < 0 || bytes.Contains(file[end:], []byte("-->")) {
			return
		}
		if _, _, err := outcome(bytes.NewReader(file[:end]), iof.ProductLimit(limit)); err == nil {
			t.Fatal("a file that was cut before its last end tag looks whole")
		}
	})
}

// oneByte reads one byte at a time.
type oneByte struct{ r *bytes.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }
