package iof_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/iof"
)

// outcome reads a file to its end and lists ids, with "!" behind damaged ones;
// final is the error that ended reading, if any.
func outcome(r io.Reader, options ...iof.Option) (ids string, damages []error, final error) {
	var all []string
	for product, err := range iof.NewReader(r, options...).Products() {
		var damage *iof.ProductError
		switch {
		case errors.As(err, &damage):
			damages = append(damages, err)
			all = append(all, damage.ID+"!")
		case err != nil:
			final = err
		default:
			all = append(all, product.ID)
		}
	}
	return strings.Join(all, " "), damages, final
}

// One damaged product is told of, and those around it are read.
func TestDamagedProduct(t *testing.T) {
	for name, test := range map[string]struct{ product, want, says string }{
		"no id":               {`<product vat="23"/>`, "!", "has no id"},
		"bad VAT":             {`<product id="2" vat="dwa"/>`, "2!", "vat"},
		"bad price":           {`<product id="2"><price net="1O0"/></product>`, "2!", `price net: "1O0" is not a decimal number`},
		"endless exponent":    {`<product id="2"><price net="1e999999999"/></product>`, "2!", "not a decimal number"},
		"endless number":      {`<product id="2"><price net="` + strings.Repeat("9", 40) + `"/></product>`, "2!", "not a decimal number"},
		"NaN":                 {`<product id="2"><price net="NaN"/></product>`, "2!", "not a decimal number"},
		"negative price":      {`<product id="2"><price net="-5"/></product>`, "2!", "negative"},
		"size without id":     {`<product id="2"><sizes><size code="2-1"/></sizes></product>`, "2!", "size has no id"},
		"bad weight":          {`<product id="2"><sizes><size id="1" weight="ciężki"/></sizes></product>`, "2!", "weight"},
		"stock without one":   {`<product id="2"><sizes><size id="1"><stock id="1"/></size></sizes></product>`, "2!", "no quantity"},
		"bad stock":           {`<product id="2"><sizes><size id="1"><stock id="1" quantity="dużo"/></size></sizes></product>`, "2!", "stock quantity"},
		"unknown entity":      {`<product id="2"><description><name>&nbsp;</name></description></product>`, "2!", "&nbsp; is not known"},
		"bare ampersand":      {`<product id="2" code_on_card="a & b"/>`, "!", "begins no reference"},
		"invalid UTF-8":       {"<product id=\"2\"><unit name=\"\xf3\"/></product>", "2!", "invalid UTF-8"},
		"control character":   {"<product id=\"2\"><unit name=\"\x07\"/></product>", "2!", "control character"},
		"control by number":   {`<product id="2"><unit name="&#7;"/></product>`, "2!", "stands for no character"},
		"half a character":    {`<product id="2"><unit name="&#xD800;"/></product>`, "2!", "stands for no character"},
		"no character":        {"<product id=\"2\"><unit name=\"\uffff\"/></product>", "2!", "U+FFFF"},
		"attribute twice":     {`<product id="2"><unit name="a" name="b"/></product>`, "2!", "twice"},
		"unquoted value":      {`<product id="2"><unit name=szt/></product>`, "2!", "no value in quotes"},
		"value missing":       {`<product id="2"><unit name/></product>`, "2!", "no value in quotes"},
		"wrong name":          {`<product id="2"><1unit/></product>`, "2!", "no start tag"},
		"two colons":          {`<product id="2"><a:b:c/></product>`, "2!", "no start tag"},
		"end in a text":       {`<product id="2"><card>]]></card></product>`, "2!", "]]>"},
		"wrong comment":       {`<product id="2"><!-- a -- b --></product>`, "2!", "comment"},
		"declared inside":     {`<product id="2"><?xml version="1.0"?></product>`, "2!", "<?xml"},
		"too many attributes": {`<product id="2"><unit ` + numbered(300) + `/></product>`, "2!", "256 attributes"},
		"too many sizes":      {`<product id="2"><sizes>` + strings.Repeat(`<size id="1"><stock quantity="1"/></size>`, 2500) + `</sizes></product>`, "2!", "2000 sizes"},
		"too many parameters": {`<product id="2"><parameters>` + strings.Repeat(`<parameter><value id="1"/></parameter>`, 2500) + `</parameters></product>`, "2!", "2000 parameters"},
		"too many values":     {`<product id="2"><parameters><parameter id="1">` + strings.Repeat(`<value name="x"/>`, 2500) + `</parameter></parameters></product>`, "2!", "2000 values"},
		"too many prices":     {`<product id="2"><price_retail>` + strings.Repeat(`<site net="1"/>`, 2500) + `</price_retail></product>`, "2!", "2000 prices"},
		"two faults": {`<product id="2" vat="x"><price net="y"/></product>`, "2!",
			"vat: \"x\" is not a decimal number\nprice net: \"y\" is not a decimal number"},
	} {
		t.Run(name, func(t *testing.T) {
			ids, damages, final := outcome(bytes.NewReader(offerOf(`<product id="1"/>` + test.product + `<product id="3"/>`)))
			if final != nil {
				t.Fatalf("reading ended with %v", final)
			}
			if want := "1 " + test.want + " 3"; ids != want {
				t.Errorf("read %q, want %q", ids, want)
			}
			if len(damages) == 1 && !strings.Contains(damages[0].Error(), test.says) {
				t.Errorf("the error is %q, want %q in it", damages[0], test.says)
			}
		})
	}
}

// numbered are so many attributes.
func numbered(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `a%d="" `, i)
	}
	return all.String()
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"12,5": "12.5", "1 234,50": "1234.5", "1\u00a0234.5": "1234.5", " 7 ": "7", "07.10": "7.1", "5.": "5",
	} {
		_, products := readAll(t, offerOf(`<product id="1"><price net="`+text+`"/></product>`))
		if got := products[0].Price.Net.Decimal; !got.Equal(dec(want)) {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

func TestPriceOfNothingIsNone(t *testing.T) {
	for _, price := range []string{``, `<price/>`, `<price gross="0" net="0"/>`, `<price gross="0.00" net="0,00"/>`, `<price net="0"/>`, `<price net="" gross=""/>`} {
		_, products := readAll(t, offerOf(`<product id="1">`+price+`</product>`))
		if products[0].Price.Present() {
			t.Errorf("%s is read as a price: %+v", price, products[0].Price)
		}
	}
}

// A file that was cut off anywhere must never look like a whole one.
func TestCutAnywhere(t *testing.T) {
	whole := bytes.TrimSpace(fixture(t, "full.xml"))
	step := 1
	if testing.Short() || raceEnabled {
		step = 7
	}
	for length := 0; length < len(whole); length += step {
		_, _, final := outcome(bytes.NewReader(whole[:length]))
		if !errors.Is(final, iof.ErrTruncated) {
			t.Errorf("cut after %d of %d bytes: the error is %v, want ErrTruncated", length, len(whole), final)
		}
	}
	if _, _, final := outcome(bytes.NewReader(whole)); final != nil {
		t.Errorf("the whole file: %v", final)
	}
	// A connection that breaks is as good as a cut.
	broken := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, _, final := outcome(broken); !errors.Is(final, iof.ErrTruncated) {
		t.Errorf("a broken connection: the error is %v, want ErrTruncated", final)
	}
	// The source's own errors are kept.
	refused := errors.New("refused")
	if _, _, final := outcome(io.MultiReader(bytes.NewReader(whole[:900]), iotest.ErrReader(refused))); !errors.Is(final, refused) {
		t.Errorf("an error of the source: got %v, want it in the chain", final)
	}
}

func TestNotAnOffer(t *testing.T) {
	for name, file := range map[string]string{
		"another file of the feed": `<producers file_format="IOF"><producer id="1"/></producers>`,
		"an error page":            `<html><body><p>503 Service Unavailable</p></body></html>`,
		"no products":              `<offer file_format="IOF"><other/></offer>`,
		"an empty offer":           `<offer/>`,
	} {
		if _, err := iof.NewReader(strings.NewReader(file)).Offer(); !errors.Is(err, iof.ErrNotOffer) {
			t.Errorf("%s: the error is %v, want ErrNotOffer", name, err)
		}
	}
}

func TestNotWellFormed(t *testing.T) {
	for name, file := range map[string]string{
		"crossed tags":     string(offerOf(`<product id="1"><sizes></product></sizes>`)),
		"wrong prefix":     string(offerOf(`<a:product id="1"></b:product>`)),
		"text behind":      string(offerOf(`<product id="1"/>`)) + "koniec",
		"second root":      string(offerOf(``)) + "<offer/>",
		"text before":      "błąd <offer/>",
		"entity in head":   `<offer version="&nbsp;"><products/></offer>`,
		"bare ampersand":   `<offer><products currency="a & b"/></offer>`,
		"invalid UTF-8":    "<offer><other>\xf3</other><products/></offer>",
		"control in head":  "<offer><other>\x01</other><products/></offer>",
		"twice in head":    `<offer version="3.0" version="3.0"><products/></offer>`,
		"unquoted in head": `<offer version=3.0><products/></offer>`,
		"'<' in a value":   string(offerOf(`<product id="1"><price net="<1"/></product>`)),
		"quote missing":    string(offerOf(`<product id="1"><price net="1/></product><product id="2"/>`)),
		"no name":          string(offerOf(`<product id="1">< price/></product>`)),
		"declared inside":  string(offerOf(`<?xml version="1.0"?>`)),
		"XML 1.1":          `<?xml version="1.1"?>` + string(offerOf(``)),
		"bad section":      string(offerOf(`<product id="1"><![cdata[x]]></product>`)),
		"CDATA outside":    string(offerOf(``)) + `<![CDATA[]]>`,
		"entity bomb": `<!DOCTYPE offer [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
			string(offerOf(`<product id="&b;"/>`)),
		"unknown encoding": `<?xml version="1.0" encoding="EBCDIC-PL"?>` + string(offerOf(``)),
		"nested too deep":  string(offerOf(strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000))),
		"not XML":          "id;name\n1;Kubek\n",
	} {
		_, _, final := outcome(strings.NewReader(file))
		if final == nil || errors.Is(final, iof.ErrTruncated) && name != "not XML" {
			t.Errorf("%s: the error is %v, want one that says it is not well-formed", name, final)
		}
	}
}

// The same few products in each encoding and with each way to write namespaces.
func TestEncodingsAndNamespaces(t *testing.T) {
	body := `<offer><products language="pol"><product id="1"><description><name>Zażółć gęślą jaźń</name></description>` +
		`<sizes><size id="0" code_external="ŁÓDŹ-1"/></sizes></product></products></offer>`
	encoded := func(encoding encoding.Encoding, declared string) []byte {
		file, err := encoding.NewEncoder().String(`<?xml version="1.0" encoding="` + declared + `"?>` + body)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(file)
	}
	prefixed := strings.NewReplacer("<offer>", `<i:offer xmlns:i="urn:x">`, "</offer", "</i:offer", "<p", "<i:p", "</p", "</i:p",
		"<d", "<i:d", "</d", "</i:d", "<n", "<i:n", "</n", "</i:n", "<s", "<i:s", "</s", "</i:s", "code_external", "i:code_external").Replace(body)
	for name, file := range map[string][]byte{
		"plain":             []byte(body),
		"byte order mark":   []byte("\ufeff" + body),
		"UTF-8 declared":    encoded(encoding.Nop, "UTF-8"),
		"ISO-8859-2":        encoded(charmap.ISO8859_2, "iso-8859-2"),
		"windows-1250":      encoded(charmap.Windows1250, "Windows-1250"),
		"UTF-16":            encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16"),
		"default namespace": []byte(strings.Replace(body, "<offer>", `<offer xmlns="urn:x">`, 1)),
		"prefixes":          []byte(prefixed),
	} {
		_, products := readAll(t, file)
		if len(products) != 1 {
			t.Errorf("%s: %d products, want 1", name, len(products))
			continue
		}
		got := products[0].Names["pol"] + ", " + products[0].Sizes[0].CodeExternal
		if want := "Zażółć gęślą jaźń, ŁÓDŹ-1"; got != want {
			t.Errorf("%s: read %q, want %q", name, got, want)
		}
	}
}

func TestTooLarge(t *testing.T) {
	long := strings.Repeat(`<sizes/>`, 400) // 3,200 bytes, no piece of it long
	ids, damages, final := outcome(bytes.NewReader(offerOf(`<product id="1"/><product id="2">`+long+`</product><product id="3"/>`)),
		iof.ProductLimit(2000))
	if ids != "1 2! 3" || final != nil || !errors.Is(damages[0], iof.ErrTooLarge) {
		t.Errorf("a large product: read %q, %v, %v, want 1 2! 3 with ErrTooLarge", ids, damages, final)
	}
	// An endless text cannot be passed over: it ends reading, before it fills the memory.
	endless := io.MultiReader(strings.NewReader(`<offer><products><product id="1"><description><name>`), letters{})
	if _, _, final := outcome(endless, iof.ProductLimit(100_000)); !errors.Is(final, iof.ErrTooLarge) {
		t.Errorf("an endless text: the error is %v, want ErrTooLarge", final)
	}
	many := strings.Repeat(`<section/>`, 30_000)
	if ids, damages, _ := outcome(bytes.NewReader(offerOf(`<product id="1"><parameters>` + many + `</parameters></product>`))); ids != "1!" || !errors.Is(damages[0], iof.ErrTooLarge) {
		t.Errorf("too many elements: read %q, %v, want 1! with ErrTooLarge", ids, damages)
	}
}

// letters is an endless text.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}
