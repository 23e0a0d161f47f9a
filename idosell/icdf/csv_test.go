package icdf_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/icdf"
)

func TestReadCSVForms(t *testing.T) {
	want := icdf.List{Products: []icdf.Product{
		{Code: "41", CodeType: icdf.Internal, Quantity: quantity("2.5"), Comment: "szary"},
		{Code: "7-XL", CodeType: icdf.Internal, Quantity: quantity("1")},
	}}
	for name, file := range map[string]string{
		"plain":             "SKU;quantity;comments\n41;2.5;szary\n7-XL;1;\n",
		"decimal comma":     "SKU;quantity;comments\n41;2,5;szary\n7-XL;1,00;\n",
		"byte order mark":   "\ufeffSKU;quantity;comments\n41;2.5;szary\n7-XL;1;\n",
		"Windows lines":     "SKU;quantity;comments\r\n41;2.5;szary\r\n7-XL;1;\r\n",
		"no last line end":  "SKU;quantity;comments\n41;2.5;szary\n7-XL;1;",
		"quotes":            "\"SKU\";\"quantity\";\"comments\"\n\"41\";\"2.5\";\"szary\"\n\"7-XL\";\"1\";\"\"\n",
		"empty lines":       "SKU;quantity;comments\n\n41;2.5;szary\n;;\n7-XL;1;\n\n",
		"small letters":     "sku;QUANTITY;Comments\n41;2.5;szary\n7-XL;1;\n",
		"other order":       "quantity;comments;SKU\n2.5;szary;41\n1;;7-XL\n",
		"short lines":       "SKU;quantity;comments\n41;2.5;szary\n7-XL;1\n",
		"separator at end":  "SKU;quantity;comments;\n41;2.5;szary;\n7-XL;1;;\n",
		"tabs":              "SKU\tquantity\tcomments\n41\t2,5\tszary\n7-XL\t1\t\n",
		"commas":            "SKU,quantity,comments\n41,\"2,5\",szary\n7-XL,1,\n",
		"spaces around all": " SKU ; quantity ; comments \n 41 ; 2.5 ; szary \n 7-XL ; 1 ; \n",
	} {
		got, err := icdf.ReadCSV(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, equal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A CSV file does not say its encoding; each of these must be told by its letters.
func TestReadCSVEncodings(t *testing.T) {
	for _, comment := range []string{"Zażółć gęślą jaźń", "ŻÓŁTY", "świeżą", "są ładne", "świt", "źrebię", "plain"} {
		file := "SKU;quantity;comments\n1;1;" + comment + "\n"
		for name, encoding := range map[string]encoding.Encoding{
			"UTF-8": encoding.Nop, "ISO-8859-2": charmap.ISO8859_2, "windows-1250": charmap.Windows1250,
			"UTF-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		} {
			encoded, err := encoding.NewEncoder().String(file)
			if err != nil {
				t.Fatal(err)
			}
			list, err := icdf.ReadCSV(strings.NewReader(encoded))
			if err != nil {
				t.Errorf("%q in %s: %v", comment, name, err)
				continue
			}
			if got := list.Products[0].Comment; got != comment {
				t.Errorf("%q in %s is read as %q", comment, name, got)
			}
		}
	}
}

func TestReadXMLEncodings(t *testing.T) {
	for name, encoding := range map[string]encoding.Encoding{
		"utf-8": encoding.Nop, "ISO-8859-2": charmap.ISO8859_2, "windows-1250": charmap.Windows1250,
		"utf-16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		encoded, err := encoding.NewEncoder().String(`<?xml version="1.0" encoding="` + name +
			`"?><products><product code="1" quantity="1"><comment>Zażółć</comment></product></products>`)
		if err != nil {
			t.Fatal(err)
		}
		list, err := icdf.Read(strings.NewReader(encoded))
		if err != nil || list.Products[0].Comment != "Zażółć" {
			t.Errorf("%s: read as %+v (%v)", name, list, err)
		}
	}
}

func TestReadCSVSaysWhere(t *testing.T) {
	const header = "SKU;quantity;comments\n"
	for name, test := range map[string]struct {
		file string
		line int
		says string
	}{
		"no code":          {header + ";1;x\n", 2, "code is missing"},
		"bad quantity":     {header + "1;1;\n\n2;dwie;\n", 4, `"dwie" is not a number`},
		"no quantity":      {header + "1;;\n", 2, "not a number"},
		"zero":             {header + "1;0;\n", 2, "above zero"},
		"open quote":       {header + "1;1;\"x\n", 2, "quotes"},
		"quote inside":     {header + "1;1;a\"b\n", 2, "quotes"},
		"lines in quotes":  {header + "1;1;\"a\nb\nc\"\n2;x;\n", 5, "not a number"},
		"control sign":     {header + "1;1;a\x01b\n", 2, "control character"},
		"long comment":     {header + "1;1;" + strings.Repeat("a", 70_000) + "\n", 2, "over the limit"},
		"unknown column":   {"SKU;quantity;price\n1;1;1\n", 1, `"price" is none of`},
		"too many columns": {"SKU;quantity;comments;;\n", 1, "none of"},
	} {
		_, err := icdf.ReadCSV(strings.NewReader(test.file))
		var located *icdf.LineError
		if !errors.As(err, &located) || located.Line != test.line || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: the error is %v, want line %d with %q", name, err, test.line, test.says)
		}
	}
}

// What CSV cannot hold is refused, and nothing half is written.
func TestWriteCSVRefuses(t *testing.T) {
	one := quantity("1")
	file := []icdf.Attachment{{Name: "a", Content: []byte("a")}}
	for name, list := range map[string]icdf.List{
		"a producer's code":     {Products: []icdf.Product{{Code: "590", CodeType: icdf.Producer, Quantity: one}}},
		"an attachment":         {Products: []icdf.Product{{Code: "1", Quantity: one, Attachments: file}}},
		"a set":                 {Products: []icdf.Product{{Code: "1", Quantity: one, Products: []icdf.Product{{Code: "2"}}}}},
		"a comment of the list": {Comment: "x"},
		"files of the list":     {Attachments: file},
	} {
		var written bytes.Buffer
		if err := icdf.WriteCSV(&written, list); !errors.Is(err, icdf.ErrNotInCSV) || written.Len() > 0 {
			t.Errorf("%s: the error is %v, and %d bytes were written, want ErrNotInCSV and none", name, err, written.Len())
		}
	}
}

// Whoever builds a wrong list is told before a wholesaler is.
func TestWriteRefusesWrongLists(t *testing.T) {
	one := quantity("1")
	for name, test := range map[string]struct {
		product icdf.Product
		says    string
	}{
		"no code":      {icdf.Product{Quantity: one}, "product 1: the code is missing"},
		"no quantity":  {icdf.Product{Code: "1"}, "above zero"},
		"negative":     {icdf.Product{Code: "1", Quantity: quantity("-1")}, "above zero"},
		"code type":    {icdf.Product{Code: "1", Quantity: one, CodeType: "ean"}, "none of internal"},
		"not UTF-8":    {icdf.Product{Code: "1", Quantity: one, Comment: "\xff"}, "not valid UTF-8"},
		"control sign": {icdf.Product{Code: "1", Quantity: one, Comment: "\x00"}, "control character"},
		"in a set":     {icdf.Product{Code: "1", Quantity: one, Products: []icdf.Product{{}}}, "in product 1: product 1: the code is missing"},
	} {
		list := icdf.List{Products: []icdf.Product{test.product}}
		for _, err := range []error{icdf.WriteXML(&bytes.Buffer{}, list), icdf.WriteCSV(&bytes.Buffer{}, list)} {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: the error is %v, want %q", name, err, test.says)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	one := quantity("1")
	tooLarge := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, icdf.ErrTooLarge) {
			t.Errorf("%s: the error is %v, want ErrTooLarge", name, err)
		}
	}
	_, err := icdf.Read(strings.NewReader(strings.Repeat(" ", icdf.MaxSize+1)))
	tooLarge("a file of more than 10 MB", err)
	_, err = icdf.Read(strings.NewReader("<products>" + strings.Repeat(`<product code="1" quantity="1"/>`, icdf.MaxProducts+1) + "</products>"))
	tooLarge("too many products in XML", err)
	_, err = icdf.Read(strings.NewReader("SKU;quantity\n" + strings.Repeat("1;1\n", icdf.MaxProducts+1)))
	tooLarge("too many products in CSV", err)
	large := make([]byte, icdf.MaxAttachment+1)
	tooLarge("a large attachment", icdf.WriteXML(&bytes.Buffer{}, icdf.List{Attachments: []icdf.Attachment{{Name: "a", Content: large}}}))
	_, err = icdf.Read(strings.NewReader(`<order><products/><attachments><attachment><file>` + strings.Repeat("AAAA", icdf.MaxAttachment/3+2) + `</file></attachment></attachments></order>`))
	tooLarge("a large attachment in a file", err)
	most := icdf.Attachment{Name: "a", Content: large[1:]}
	if err := icdf.WriteXML(&bytes.Buffer{}, icdf.List{Attachments: []icdf.Attachment{most}}); err != nil {
		t.Errorf("the largest attachment: %v", err)
	}
	tooLarge("attachments that are too large together", icdf.WriteXML(&bytes.Buffer{}, icdf.List{Attachments: []icdf.Attachment{most, most}}))
	deep := icdf.Product{Code: "1", Quantity: one}
	for range icdf.MaxNesting + 1 {
		deep = icdf.Product{Code: "1", Quantity: one, Products: []icdf.Product{deep}}
	}
	tooLarge("sets inside sets", icdf.WriteXML(&bytes.Buffer{}, icdf.List{Products: []icdf.Product{deep}}))
}
