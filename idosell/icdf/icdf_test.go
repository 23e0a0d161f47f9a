package icdf_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/idosell/icdf"
)

func quantity(text string) decimal.Decimal { return decimal.RequireFromString(text) }

var equal = cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })

// orderList is what testdata/order.xml says.
func orderList() icdf.List {
	return icdf.List{
		Order:   true,
		Comment: "Zamówienie SH-1001",
		Products: []icdf.Product{
			{Code: "1101", CodeType: icdf.Internal, Quantity: quantity("2"), Comment: "Proszę zapakować <osobno> & ostrożnie"},
			{Code: "5909994510005", CodeType: icdf.Producer, Quantity: quantity("1.5"),
				Attachments: []icdf.Attachment{{Name: "etykieta.txt", Content: []byte("Etykieta Ł\n")}}},
			{Code: "ZESTAW-1", CodeType: icdf.External, Quantity: quantity("1"), Products: []icdf.Product{
				{Code: "4510-38", CodeType: icdf.Internal}, {Code: "1105", CodeType: icdf.Internal, Quantity: quantity("3")}}},
		},
	}
}

// csvList is what testdata/short.csv says.
func csvList() icdf.List {
	return icdf.List{Products: []icdf.Product{
		{Code: "1101", CodeType: icdf.Internal, Quantity: quantity("2")},
		{Code: "4510-38", CodeType: icdf.Internal, Quantity: quantity("1"), Comment: `z napisem "Ola"; różowym`},
		{Code: "3303", CodeType: icdf.Internal, Quantity: quantity("12.5"), Comment: "dwa\nwiersze"},
	}}
}

// longList is what testdata/long.csv says.
func longList() icdf.List {
	return icdf.List{Products: []icdf.Product{{
		Code: "4510-38", CodeType: icdf.Internal, Quantity: quantity("1"),
		Details: icdf.Details{ProductCode: "5909994510029", ExternalCode: "WEL-04510-38", DisplayCode: "WEL-04510",
			Size: "38", Name: "Kapcie filcowe czerwone"},
	}}}
}

func golden(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

// Each golden file was written by hand: reading it gives the list, and writing
// the list gives the file.
func TestGoldenFiles(t *testing.T) {
	for name, test := range map[string]struct {
		list  icdf.List
		read  func(io.Reader) (icdf.List, error)
		write func(io.Writer, icdf.List) error
	}{
		"order.xml": {orderList(), icdf.ReadXML, icdf.WriteXML},
		"short.csv": {csvList(), icdf.ReadCSV, icdf.WriteCSV},
		"long.csv":  {longList(), icdf.ReadCSV, icdf.WriteLongCSV},
	} {
		file := golden(t, name)
		for way, read := range map[string]func(io.Reader) (icdf.List, error){"its own way": test.read, "Read": icdf.Read} {
			got, err := read(strings.NewReader(file))
			if err != nil {
				t.Errorf("%s, read by %s: %v", name, way, err)
			}
			if diff := cmp.Diff(test.list, got, equal); diff != "" {
				t.Errorf("%s, read by %s (-want +got):\n%s", name, way, diff)
			}
		}
		var written bytes.Buffer
		if err := test.write(&written, test.list); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(file, written.String()); diff != "" {
			t.Errorf("%s as written (-want +got):\n%s", name, diff)
		}
	}
}

// A list without an order, comment and attachments is the bare products.
func TestBareProducts(t *testing.T) {
	var written strings.Builder
	if err := icdf.WriteXML(&written, icdf.List{Products: []icdf.Product{{Code: "41", Quantity: quantity("1")}}}); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<products>
  <product code="41" codeType="internal" quantity="1"></product>
</products>
`
	if written.String() != want {
		t.Errorf("written as\n%s\nwant\n%s", written.String(), want)
	}
	list, err := icdf.ReadXML(strings.NewReader(want))
	if err != nil || list.Order || len(list.Products) != 1 {
		t.Errorf("read as %+v (%v)", list, err)
	}
}

func TestReadXMLForms(t *testing.T) {
	const product = `<product code="41-XL" codeType="internal" quantity="2,5"/>`
	for name, file := range map[string]string{
		"no code type":     `<products><product code="41-XL" quantity="2.5"/></products>`,
		"capitals":         `<products><product code=" 41-XL " codeType="INTERNAL" quantity=" 2.50 "/></products>`,
		"namespace":        `<i:products xmlns:i="urn:x"><i:product i:code="41-XL" i:quantity="2.5"/></i:products>`,
		"envelope":         `<a><b><products>` + product + `</products></b></a>`,
		"unknown elements": `<order><date><comment>nie</comment></date><products><note><product code="x"/></note>` + product + `</products><vat>23</vat></order>`,
		"byte order mark":  "\ufeff<?xml version=\"1.0\"?><products>" + product + `</products>`,
		"leading space":    "\n  <products>" + product + `</products>`,
		"CDATA":            `<products><product code="41-XL" quantity="2.5"><comment><![CDATA[ ]]></comment></product></products>`,
	} {
		list, err := icdf.Read(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		list.Order = false
		want := icdf.List{Products: []icdf.Product{{Code: "41-XL", CodeType: icdf.Internal, Quantity: quantity("2.5")}}}
		if diff := cmp.Diff(want, list, equal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReadXMLSaysWhere(t *testing.T) {
	of := func(products string) string { return "<order>\n<products>\n" + products + "\n</products></order>" }
	for name, test := range map[string]struct {
		file string
		line int
		says string
	}{
		"no code":             {of(`<product quantity="1"/>`), 3, "code is missing"},
		"code type":           {of(`<product code="1" codeType="ean" quantity="1"/>`), 3, "none of internal"},
		"no quantity":         {of("<product code=\"1\" quantity=\"1\"/>\n<product code=\"2\">\n<comment>x</comment></product>"), 4, "above zero"},
		"zero":                {of(`<product code="1" quantity="0"/>`), 3, "above zero"},
		"negative":            {of(`<product code="1" quantity="-1"/>`), 3, "not a number"},
		"exponent":            {of(`<product code="1" quantity="1e99"/>`), 3, "not a number"},
		"words":               {of(`<product code="1" quantity="dwie"/>`), 3, `"dwie" is not a number`},
		"bad base64":          {of("<product code=\"1\" quantity=\"1\"><attachments><attachment>\n<file>%%%</file></attachment></attachments></product>"), 4, "not base64"},
		"crossed tags":        {of(`<product code="1" quantity="1">`), 4, "not well-formed"},
		"cut off":             {"<products>\n<product code", 2, "not well-formed"},
		"second list":         {"<order><products></products>\n<products/></order>", 2, "second list"},
		"second list, nested": {"<a><b><products/></b>\n<c><products/></c></a>", 2, "second list"},
		"second root":         {"<products></products>\n<products/>", 2, "second root"},
		"encoding":            {`<?xml version="1.0" encoding="EBCDIC"?><products/>`, 1, "EBCDIC"},
		"long code":           {of(`<product quantity="1" code="` + strings.Repeat("1", 300) + `"/>`), 3, "over the limit"},
		"sets inside sets":    {strings.Repeat("<products><product code=\"1\" quantity=\"1\">\n", 12), 10, "over the limit"},
		"deep envelope":       {strings.Repeat("<a>\n", 100), 33, "over the limit"},
		"deep unknown":        {of(strings.Repeat("<a>", 1000)), 3, "over the limit"},
	} {
		_, err := icdf.ReadXML(strings.NewReader(test.file))
		var located *icdf.LineError
		if !errors.As(err, &located) || located.Line != test.line || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: the error is %v, want line %d with %q", name, err, test.line, test.says)
		}
	}
}

func TestNotAList(t *testing.T) {
	for name, file := range map[string]string{
		"an error page":  `<html><body>503</body></html>`,
		"nothing":        ``,
		"other CSV":      "id;name\n1;Kubek\n",
		"no quantity":    "SKU;comments\n1;x\n",
		"column twice":   "SKU;quantity;SKU\n1;1;1\n",
		"unknown column": "SKU;quantity;colour\n1;1;red\n",
		"a sentence":     "to nie jest lista",
	} {
		if _, err := icdf.Read(strings.NewReader(file)); !errors.Is(err, icdf.ErrNoProducts) {
			t.Errorf("%s: the error is %v, want ErrNoProducts", name, err)
		}
	}
}

func TestAttachmentNamesHaveNoFolder(t *testing.T) {
	file := `<products><product code="1" quantity="1"><attachments><attachment><name>%s</name><file>QQ</file></attachment></attachments></product></products>`
	for given, want := range map[string]string{"../../etc/passwd": "passwd", `C:\fakepath\list.pdf`: "list.pdf", "zwykły.txt": "zwykły.txt"} {
		list, err := icdf.ReadXML(strings.NewReader(strings.Replace(file, "%s", given, 1)))
		if err != nil {
			t.Fatal(err)
		}
		got := list.Products[0].Attachments[0]
		if got.Name != want || string(got.Content) != "A" {
			t.Errorf("%s is read as %q with %q, want %q with A", given, got.Name, got.Content, want)
		}
	}
}

func TestVariantCodes(t *testing.T) {
	for _, test := range []struct {
		product int64
		size    string
		code    string
	}{{41, "uniw", "41"}, {41, "0", "41"}, {41, "", "41"}, {41, "XL", "41-XL"}, {4510, "38", "4510-38"}, {7, "140x200", "7-140x200"}, {7, "9-G", "7-9-G"}} {
		if got := icdf.VariantCode(test.product, test.size); got != test.code {
			t.Errorf("product %d in %q has the code %q, want %q", test.product, test.size, got, test.code)
		}
	}
	for code, want := range map[string]struct {
		product int64
		size    string
	}{"41": {41, "uniw"}, "41-uniw": {41, "uniw"}, "41-0": {41, "uniw"}, "41-XL": {41, "XL"}, "7-9-G": {7, "9-G"}, " 41-UNIW ": {41, "uniw"}} {
		product, size, err := icdf.ParseVariantCode(code)
		if err != nil || product != want.product || size != want.size {
			t.Errorf("%q is read as %d, %q (%v), want %d, %q", code, product, size, err, want.product, want.size)
		}
	}
	for _, code := range []string{"", "-", "41-", "-XL", "XL", "0", "-41", "+41", "4 1", "0x29", "99999999999999999999"} {
		if product, size, err := icdf.ParseVariantCode(code); err == nil {
			t.Errorf("%q is read as %d, %q", code, product, size)
		}
	}
}
