package iof_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"octobridge/idosell/iof"
)

// compareWithEncodingXML holds reading against encoding/xml's: what that refuses
// must not be taken for a whole file without damage, and what both accept must be
// the same products. It says whether both accepted.
func compareWithEncodingXML(t *testing.T, file []byte) bool {
	t.Helper()
	document, refused := tree(file)
	var products []iof.Product
	for product, err := range iof.NewReader(bytes.NewReader(file)).Products() {
		if err != nil {
			return false // stricter it may be
		}
		products = append(products, product)
	}
	if refused != nil {
		t.Fatalf("encoding/xml says %q of\n%q\nwhich is read as a whole file of %d products", refused, file, len(products))
	}
	var nodes []*node
	for _, list := range document.every("offer", "products") {
		nodes = append(nodes, list.all("product")...)
	}
	want := mainParts(document)
	if len(want) != len(products) || len(nodes) != len(products) {
		t.Fatalf("%d products are read, encoding/xml has %d in\n%q", len(products), len(want), file)
	}
	for i := range products {
		if got := readParts(&products[i], nodes[i]); got != want[i] {
			t.Fatalf("of %q\nis read:\n%s\nencoding/xml has:\n%s", file, got, want[i])
		}
	}
	return true
}

// comparable says whether encoding/xml alone can read a file's encoding.
func comparable(file []byte) bool {
	return !bytes.Contains(file, []byte("encoding")) && !bytes.ContainsAny(file, "\x00\ufeff") &&
		!bytes.HasPrefix(file, []byte("\xff\xfe")) && !bytes.HasPrefix(file, []byte("\xfe\xff")) && !bytes.Contains(file, []byte(`lang`))
}

// strictFile has one of everything that XML can be written with.
const strictFile = `<?xml version="1.0"?><!-- a --><!DOCTYPE offer SYSTEM "x.dtd"><?pi a="?"?>
<offer version="3.0"><products currency='PLN' xmlns:iaiext="urn:x"><!-- b > -->
<product id="1" type='regular' note="a > b"><producer id="&#50;" name="A &amp; B"/><?pi </product> ?>
<description><name>a<![CDATA[<b>]] >]]>c<!-- </name> -->d</name><long_desc>&lt;p&gt;&#xA0;</long_desc><short_desc
>ą</short_desc ></description>
<price net="1,5" gross='2'/><sizes iaiext:group="1"><size id="0" iaiext:name="n" code_producer="590"><price net="3"/><stock id="1" quantity="-1"/></size></sizes>
<x:y xmlns:x="urn:y" ż="ź"><ż/></x:y></product>
<product id="2"><bundled><product id="3"/></bundled></product>
</products></offer>
<!-- end --> `

// Whatever single change is made to a file, encoding/xml's refusal is a refusal
// here. Thousands of changes are made of pieces that mean something to XML.
func TestNothingIsAcceptedThatEncodingXMLRefuses(t *testing.T) {
	if !compareWithEncodingXML(t, []byte(strictFile)) {
		t.Fatal("the file itself is refused")
	}
	pieces := []string{"<", ">", "/", "&", ";", "\"", "'", "=", " ", "!", "?", "-", "--", "]]>", "<!--", "-->", "<![CDATA[", "<?", "?>", "</",
		"/>", "<a>", "</a>", "<a/>", "<a b='c'>", ":", "&amp;", "&#0;", "&#x;", "&nbsp;", "&lt", "\x00", "\x01", "\x7f", "\xff", "\xc3", "\u00b7",
		"\ufffe", "ą", "́", "id", "a:b:c", "<a:>", "<:a/>", "<1/>", "<.a/>", "<!DOCTYPE a>", "<!x>", "<?xml?>", "<?xml version='1.1'?>", "\n", "\r\n", "=\"", "x=y", " x ", " id='9'"}
	changes := 6_000
	if testing.Short() || raceEnabled {
		changes = 2_000
	}
	random := rand.New(rand.NewPCG(1, 2))
	both := 0
	for range changes {
		at := random.IntN(len(strictFile) + 1)
		until := min(len(strictFile), at+random.IntN(4))
		file := strictFile[:at] + pieces[random.IntN(len(pieces))] + strictFile[until:]
		if comparable([]byte(file)) && compareWithEncodingXML(t, []byte(file)) {
			both++
		}
	}
	if both < changes/10 {
		t.Errorf("only %d of %d changed files were accepted by both: this compares next to nothing", both, changes)
	}
}

func TestSamplesAreReadLikeEncodingXMLReadsThem(t *testing.T) {
	for _, name := range []string{"full.xml", "light.xml"} {
		file := bytes.ReplaceAll(fixture(t, name), []byte(` encoding="UTF-8"`), nil)
		file = bytes.ReplaceAll(file, []byte(` vat="zw."`), nil)
		if !compareWithEncodingXML(t, file) {
			t.Errorf("%s is refused", name)
		}
	}
}

// The file is cut at every place: none of the pieces looks whole.
func TestStrictFileCutAnywhere(t *testing.T) {
	end := strings.Index(strictFile, "</offer>") + len("</offer>")
	for length := range end {
		if _, _, final := outcome(strings.NewReader(strictFile[:length])); final == nil {
			t.Errorf("cut after %d bytes it looks whole", length)
		} else if !errors.Is(final, iof.ErrTruncated) {
			t.Errorf("cut after %d bytes: the error is %v, want ErrTruncated", length, final)
		}
	}
}
