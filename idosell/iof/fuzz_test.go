package iof_test

import (
	"bytes"
	"strings"
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

// FuzzStrict: what encoding/xml refuses is not read as a whole file without
// damage, and what both accept are the same products.
func FuzzStrict(f *testing.F) {
	f.Add([]byte(strictFile))
	f.Add(offerOf(`<product id="1"><description><name>a<![CDATA[b]]>&#x142;</name></description></product>`))
	f.Add(offerOf(`<product id="1"><sizes><size id="0"><price net="1,5"/><stock id="1" quantity="2"/></size></sizes></product>`))
	f.Add([]byte("<offer><products><product id='1'/><!-- x --></products><?a b?></offer>\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if comparable(file) {
			compareWithEncodingXML(t, file)
		}
	})
}

// FuzzGateway: reading ends, a gateway that was read has parts with addresses
// only, and one whose end is cut is not read.
func FuzzGateway(f *testing.F) {
	f.Add(`<provider_description version="3.0"><full url="u" hash="h" changed="2026-01-01 00:00:00"><changes><change url="c"/></changes></full><light url="l"/></provider_description>`)
	f.Add(`<provider_description><meta><long_name>a</long_name><time><offer expires="2026-01-01"/></time></meta><units url="a&amp;b"/></provider_description>`)
	f.Add(`<provider_description><full url="a&token=b"/></provider_description>`)
	f.Fuzz(func(t *testing.T, file string) {
		gateway, err := iof.ReadGateway(strings.NewReader(file), iof.ProductLimit(4096))
		if err != nil {
			return
		}
		parts := append(gateway.Changes, gateway.Lists...)
		if gateway.Full != nil {
			parts = append(parts, *gateway.Full)
		}
		for _, part := range parts {
			if part.URL.Empty() || part.Kind == "" {
				t.Errorf("a part without an address or kind: %+v", part)
			}
		}
		if end := strings.LastIndex(file, "</"); end >= 0 && !strings.Contains(file[end:], "-->") {
			if _, err := iof.ReadGateway(strings.NewReader(file[:end]), iof.ProductLimit(4096)); err == nil {
				t.Error("it is read without its end, too")
			}
		}
	})
}

// FuzzList: reading ends, entries have ids, and parents stand before their
// children.
func FuzzList(f *testing.F) {
	f.Add(`<categories language="pol"><category id="1" name="a"><category id="2"><name xml:lang="eng">b</name></category></category></categories>`)
	f.Add(`<sizes><group id="1"><size id="1" name="S"/></group></sizes>`)
	f.Add(`<parameters><sections><section id="1"/></sections><values><value id="2"><description>d</description></value></values></parameters>`)
	f.Add(`<warranties><warranty id="1"><terms type="seller" period_number="1" period_unit="month"/></warranty></warranties>`)
	f.Add(`<preset><url>u</url></preset>`)
	f.Add(`<units><unit id="1" precision="3"/><unit name="&x;"/></units>`)
	f.Fuzz(func(t *testing.T, file string) {
		list, err := iof.ReadList(strings.NewReader(file), iof.ProductLimit(4096))
		if err != nil {
			return
		}
		for i, entry := range list.Entries {
			if entry.ID == "" || entry.Type == "" || i > 0 && entry.Offset < list.Entries[i-1].Offset {
				t.Errorf("entry %d is %+v", i, entry)
			}
		}
		for _, damage := range list.Damages {
			if damage.Err == nil || damage.Type == "" {
				t.Errorf("a damage of nothing: %+v", damage)
			}
		}
	})
}

// FuzzCheck: checking ends, agrees with the readers on whether a file is of use,
// and counts what it reports.
func FuzzCheck(f *testing.F) {
	f.Add(offerOf(`<product id="1" vat="x"/><product id="2"><sizes><size id="1"/><size id="1"/></sizes></product><product id="2"/>`))
	f.Add([]byte(`<units><unit id="1"/><unit id="1"/><unit/></units>`))
	f.Add([]byte(`<provider_description><light url="l"/></provider_description>`))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, file []byte) {
		problems, damages := 0, 0
		summary, err := iof.Check(bytes.NewReader(file), func(p iof.Problem) {
			problems++
			if p.Damage {
				damages++
			}
			if p.Text == "" {
				t.Error("a problem without a word")
			}
		}, iof.ProductLimit(4096))
		if summary.Problems != problems || summary.Damaged != damages {
			t.Errorf("%d problems and %d damages were reported, counted are %d and %d", problems, damages, summary.Problems, summary.Damaged)
		}
		switch summary.Kind {
		case iof.Full, iof.Light, iof.FullChange:
			ids, damaged, final := outcome(bytes.NewReader(file), iof.ProductLimit(4096))
			if (final == nil) != (err == nil) || err == nil && (len(damaged) != damages || len(strings.Fields(ids)) > summary.Products) {
				t.Errorf("checked: %+v, %v; read: %q, %v", summary, err, ids, final)
			}
		case "":
			if err == nil {
				t.Error("a file of no kind is of use")
			}
		}
	})
}
