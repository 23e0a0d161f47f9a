package icdf_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/icdf"
)

// FuzzReadXML: whatever comes is read or refused, and what was read can be
// written and read again without a difference.
func FuzzReadXML(f *testing.F) {
	f.Add([]byte(`<order><products><product code="1" codeType="external" quantity="1,5"><comment>x</comment><products><product code="2"/></products></product></products><comment>y</comment></order>`))
	f.Add([]byte(`<products><product code="1" quantity="2"><attachments><attachment><file>QUI=</file><name>a</name></attachment></attachments></product></products>`))
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1250"?><products/>`))
	f.Add([]byte("\ufeff<a><b/><products></products></a>"))
	f.Add([]byte("\xff\xfe<\x00p\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := icdf.ReadXML(bytes.NewReader(file))
		if err != nil {
			return
		}
		var written bytes.Buffer
		if err := icdf.WriteXML(&written, list); err != nil {
			t.Fatalf("a list that was read cannot be written: %v", err)
		}
		again, err := icdf.ReadXML(bytes.NewReader(written.Bytes()))
		if err != nil {
			t.Fatalf("a list that was written cannot be read: %v\n%s", err, written.Bytes())
		}
		list.Order = list.Order || list.Comment != "" || len(list.Attachments) > 0
		if diff := cmp.Diff(list, again, equal); diff != "" {
			t.Fatalf("read, written and read again (-first +again):\n%s", diff)
		}
	})
}

// FuzzReadCSV: the same for the long CSV form.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("SKU;quantity;comments\n1;2,5;\"a;\"\"b\"\"\nc\"\n"))
	f.Add([]byte("SKU;quantity;comments;product_code;external_code;display_code;size;name\n1;1;;a;b;c;d;\xb9\n"))
	f.Add([]byte("sku\tquantity\n1\t1\n"))
	f.Add([]byte("\ufeffSKU,quantity\r\n1,\"1,0\"\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := icdf.ReadCSV(bytes.NewReader(file))
		if err != nil {
			return
		}
		var written strings.Builder
		if err := icdf.WriteLongCSV(&written, list); err != nil {
			t.Fatalf("a list that was read cannot be written: %v", err)
		}
		again, err := icdf.ReadCSV(strings.NewReader(written.String()))
		if err != nil {
			t.Fatalf("a list that was written cannot be read: %v\n%q", err, written.String())
		}
		for i := range list.Products {
			p := &list.Products[i]
			for _, text := range []*string{&p.Code, &p.Comment, &p.Details.ProductCode, &p.Details.ExternalCode, &p.Details.DisplayCode, &p.Details.Size, &p.Details.Name} {
				*text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*text))
			}
		}
		if diff := cmp.Diff(list, again, equal); diff != "" {
			t.Fatalf("read, written and read again (-first +again):\n%s", diff)
		}
	})
}

// FuzzParseVariantCode: a code that is understood is made again of its parts.
func FuzzParseVariantCode(f *testing.F) {
	for _, code := range []string{"41", "41-0", "41-uniw", "7-9-G", "-", "+1"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		product, size, err := icdf.ParseVariantCode(code)
		if err != nil {
			return
		}
		again, sizeAgain, err := icdf.ParseVariantCode(icdf.VariantCode(product, size))
		if err != nil || again != product || sizeAgain != size {
			t.Fatalf("%q is %d, %q and then %d, %q (%v)", code, product, size, again, sizeAgain, err)
		}
	})
}
