package catalog

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// written is a product with something in each of its fields.
func written() *Product {
	number := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(text)) }
	price := func(text string) Price { return Price{Net: number(text)} }
	at := time.Date(2026, 11, 21, 10, 30, 0, 123_000, time.UTC)
	prices := Prices{
		Account: price("10.00"), Retail: price("20.5"), SRP: price("0.001"), Minimal: price("9"), RetailWas: price("30"),
		WholesaleWas: price("123456789012345678.123456789012345678"),
		Promotion:    Promotion{Price: price("10.00"), Begin: at, End: at.Add(time.Hour)},
	}
	return &Product{
		ID: 1 << 40, Code: "KR-41", Type: "regular", Currency: "PLN", VAT: number("23.0"), Generated: at,
		Producer: Reference{ID: "5", Names: Names{"pol": "Kross"}}, Series: Reference{ID: "7"}, Unit: Reference{Names: Names{"": "szt."}},
		Categories: []Reference{{ID: "1", Names: Names{"pol": "Sport/Rowery", "eng": "Sports/Bicycles"}}},
		CardURL:    "https://hurt.example/41.html", Thumbnail: "https://hurt.example/i.jpg",
		Names: Names{"pol": "Rower", "eng": "Bike", "": "?"}, Versions: Names{"pol": "czerwony"}, Keywords: Names{"pol": strings.Repeat("rower ", 100)},
		Prices: prices, SellBy: SellBy{Retail: number("0.5"), Wholesale: number("10.00")},
		Sizes: []Size{
			{ID: "3", Name: "M", Code: "41-3", CodeProducer: "590", CodeExternal: "x", Prices: prices, Quantity: number("-1")},
			{ID: "4", Quantity: number("2.500")}, {ID: "5"},
		},
		Parameters: []Parameter{
			{ID: "9", Names: Names{"pol": "Kolor"}, Filterable: true, Values: []Reference{{ID: "90", Names: Names{"pol": "czerwony"}}, {ID: "91"}}},
			{ID: "10"},
		},
	}
}

var exactly = cmp.Options{
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Exponent() == b.Exponent() && a.Equal(b) }),
	cmpopts.EquateEmpty(),
}

func pack(p *Product) []byte {
	var out packer
	out.record(p)
	return bytes.Clone(out.out)
}

// A record gives back what was packed, also when a reader is used again, and the
// same product gives the same bytes.
func TestRecordsGiveBackWhatWasPacked(t *testing.T) {
	for _, shared := range []bool{false, true} {
		r := newRecordReader(shared)
		var read Product
		for range 3 {
			for _, want := range []*Product{written(), {ID: 1}, written()} {
				if err := r.read(string(pack(want)), &read); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, &read, exactly); diff != "" {
					t.Errorf("shared %v (-want +got):\n%s", shared, diff)
				}
				if !bytes.Equal(pack(want), pack(&read)) {
					t.Error("the same product gives other bytes")
				}
			}
		}
	}
}

// Records of a release before SellBy are still read, and every cut of one is an
// error. This one is as that release wrote it.
func TestRecordsWithoutSellByAreStillRead(t *testing.T) {
	const old = "AYIygOif/NqxsAYJU1pZLTAzMjAxB3JlZ3VsYXIDUExOAAAUA2VuZwRCb2x0A3BvbAbFmnJ1YmEAAAAAAAACMTAGA3BvbAFsAQE4DwNwb2wKTmFyesSZZHppYQHMAwEBAfABAwABBHVuaXcABDMyMDEAAAEBAAABATkBCgNwb2wFS29sb3IBAjkwAA=="
	record, err := base64.StdEncoding.DecodeString(old)
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(text)) }
	want := &Product{
		ID: 3201, Code: "SZY-03201", Type: "regular", Currency: "PLN", VAT: number("23.0"), Generated: time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC),
		Unit:       Reference{ID: "10", Names: Names{"pol": "l"}},
		Categories: []Reference{{ID: "8", Names: Names{"pol": "Narzędzia"}}},
		Names:      Names{"pol": "Śruba", "eng": "Bolt"},
		Prices:     Prices{Account: Price{Net: number("1.20")}},
		Sizes:      []Size{{ID: "uniw", Code: "3201", Quantity: number("-1")}},
		Parameters: []Parameter{{ID: "9", Names: Names{"pol": "Kolor"}, Filterable: true, Values: []Reference{{ID: "90"}}}},
	}
	r := newRecordReader(false)
	var read Product
	if err := r.read(string(record), &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &read, exactly); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for at := range record {
		if err := r.read(string(record[:at]), &Product{}); err == nil {
			t.Errorf("a record cut at %d of %d bytes was read", at, len(record))
		}
	}
	if err := r.read(string(append(record, 0, 0)), &Product{}); err == nil {
		t.Error("a record with something behind it was read")
	}
}

// Every record that is cut off, and one of another form, is an error and not a
// product.
func TestDamagedRecords(t *testing.T) {
	record := pack(written())
	r := newRecordReader(false)
	for at := range record {
		if err := r.read(string(record[:at]), &Product{}); err == nil {
			t.Errorf("a record cut at %d of %d bytes was read", at, len(record))
		}
	}
	record[0]++
	if err := r.read(string(record), &Product{}); err == nil {
		t.Error("a record of another form was read")
	}
}

// Descriptions come back, short and long ones, and those that cannot be
// compressed.
func TestBodies(t *testing.T) {
	for _, want := range []*Details{
		{}, {Pictures: []string{"https://hurt.example/1.jpg", ""}},
		{Long: Names{"pol": strings.Repeat("<p>Opis</p>", 10_000)}, Short: Names{"eng": "Short"}},
	} {
		var p packer
		p.details(want)
		var body []byte // nothing is stored of nothing
		if len(p.out) > 0 {
			body = appendBody(nil, p.out)
		}
		got, err := readBody(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if len(p.out) > 10_000 && len(body) > len(p.out)/5 {
			t.Errorf("%d bytes became %d", len(p.out), len(body))
		}
		for at := 1; at < min(len(body), 100); at++ {
			if _, err := readBody(body[:at]); err == nil {
				t.Errorf("a body cut at %d was read", at)
			}
		}
	}
}

// Whatever bytes are in the store, reading them ends, in an error or in something
// that is packed again the same way.
func FuzzRecord(f *testing.F) {
	f.Add(pack(written()))
	f.Add(pack(&Product{ID: 1}))
	var details packer
	details.details(&Details{Long: Names{"pol": strings.Repeat("Opis ", 100)}})
	f.Add(appendBody(nil, details.out))
	f.Add(appendCard(nil, written()))
	f.Add(WithoutSellBy(pack(&Product{ID: 1})))
	f.Add([]byte{recordForm, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		DecodeCard(data)
		_, _ = unpackList(data)
		if len(data) > 0 && data[0] != smallBody { // what S2 makes of strange bytes is its own fuzzing
			_, _ = readBody(data)
		}
		var p, again Product
		if newRecordReader(true).read(string(data), &p) != nil {
			return
		}
		if err := newRecordReader(false).read(string(pack(&p)), &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&p, &again, exactly); diff != "" {
			t.Errorf("read and packed again (-first +second):\n%s", diff)
		}
	})
}

// Whatever an offer says of a product, the store keeps it as it was translated.
func FuzzTranslation(f *testing.F) {
	f.Add(`<product id="41"><description><name>Rower</name><long_desc>x</long_desc></description><price net="1" gross="1,23"/><sizes><size id="0"><stock quantity="-1"/></size></sizes></product>`)
	f.Add(`<product id="7" vat="8"><category id="1" name=" / a//b/ "/><parameters><parameter name="x"><value name="y"/></parameter></parameters></product>`)
	f.Fuzz(func(t *testing.T, element string) {
		file := `<offer version="3.0"><products currency="PLN" language="pol">` + element + `</products></offer>`
		reader := iof.NewReader(strings.NewReader(file))
		head, err := reader.Offer()
		if err != nil {
			return
		}
		options := &Options{PlainText: strings.TrimSpace, Sanitise: strings.ToUpper}
		tr := translator{options: options, language: head.Language, head: head}
		for v, err := range reader.Products() {
			id, damage := productID(v.ID)
			if err != nil || damage != nil {
				continue
			}
			p := tr.product(id, &v)
			details := p.Details
			p.Details = nil
			var again Product
			if err := newRecordReader(false).read(string(pack(p)), &again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, &again, exactly); diff != "" {
				t.Errorf("(-translated +kept):\n%s", diff)
			}
			var packed packer
			packed.details(details)
			if len(packed.out) > 0 {
				kept, err := readBody(appendBody(nil, packed.out))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(details, kept, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("(-translated +kept):\n%s", diff)
				}
			}
			if card := DecodeCard(appendCard(nil, p)); fmt.Sprint(card.Names) != fmt.Sprint(p.Names) || card.Available != p.Available() {
				t.Errorf("card %+v", card)
			}
			levels := newJoiner(&lists{}, "pol").join(p)
			if len(levels) > deepest || len(levels) != len(p.Categories) {
				t.Errorf("%d levels", len(levels))
			}
		}
	})
}
