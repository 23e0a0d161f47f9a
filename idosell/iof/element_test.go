package iof_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/iof"
)

// kept returns a copy that stays valid when the next element is read.
func kept(element iof.Element) iof.Element {
	element.Raw = bytes.Clone(element.Raw)
	return element
}

// elements reads all elements, cloned, and the error that ended reading.
func elements(file []byte, options ...iof.Option) (reader *iof.Reader, all []iof.Element, damages, final error) {
	reader = iof.NewReader(bytes.NewReader(file), options...)
	for element, err := range reader.Elements() {
		var damage *iof.ProductError
		switch {
		case errors.As(err, &damage):
			damages = errors.Join(damages, err)
		case err != nil:
			final = err
			continue
		}
		all = append(all, kept(element))
	}
	return reader, all, damages, final
}

// An element is the file's own bytes, whatever is inside it that looks like its
// end.
func TestElementsAreTheFilesBytes(t *testing.T) {
	products := []string{
		`<product id="1"/>`,
		`<product id="2" note="a > b"><x>1</x></product >`,
		`<product id="3"><d><![CDATA[</product><product id="no">]]></d></product>`,
		`<product id="4"><!-- </product> --><?php echo "</product>" ?></product>`,
		`<product id="5"><bundled><product id="no"><product id="no"/></product></bundled></product>`,
		"<product\n\tid = '6'\r\n></product>",
		`<p:product p:id="7" xmlns:p="urn:x"><p:a/></p:product>`,
		`<product name="no id"></product>`,
	}
	file := offerOf("\n" + strings.Join(products, "\r\n ") + "<!-- end -->")
	_, all, damages, final := elements(file)
	if final != nil || damages != nil || len(all) != len(products) {
		t.Fatalf("%d elements, want %d: %v, %v", len(all), len(products), damages, final)
	}
	for i, element := range all {
		if string(element.Raw) != products[i] {
			t.Errorf("element %d is %q, want %q", i+1, element.Raw, products[i])
		}
		if got := string(file[element.Offset:][:len(element.Raw)]); got != products[i] {
			t.Errorf("at the offset of element %d the file has %q", i+1, got)
		}
		if want := string("1234567"[min(i, 6)]); i < 7 && element.ID != want || i == 7 && element.ID != "" {
			t.Errorf("element %d has the id %q", i+1, element.ID)
		}
	}
}

// Decoding elements one by one, by several goroutines, gives what Products gives,
// and changes nothing of their bytes.
func TestElementsDecodeLikeProducts(t *testing.T) {
	file := fixture(t, "full.xml")
	_, want := readAll(t, file)
	reader, all, _, final := elements(file)
	if final != nil {
		t.Fatal(final)
	}
	const times = 20
	got := make([][]iof.Product, times)
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() {
			for _, element := range all {
				product, err := reader.Decode(element)
				if err != nil {
					t.Error(err)
				}
				got[i] = append(got[i], product)
			}
		})
	}
	group.Wait()
	for i := range times {
		if diff := cmp.Diff(want, got[i], equal); diff != "" {
			t.Fatalf("decoded alone (-want +got):\n%s", diff)
		}
	}
	for _, element := range all {
		if !bytes.Equal(file[element.Offset:][:len(element.Raw)], element.Raw) {
			t.Errorf("decoding changed the bytes of product %s", element.ID)
		}
	}
}

// Damage inside an element is not seen before it is decoded.
func TestElementsLeaveDamageToDecode(t *testing.T) {
	reader, all, damages, final := elements(offerOf(`<product id="1" vat="x"/><product id="2">&nbsp;</product><product id="3"/>`))
	if final != nil || damages != nil || len(all) != 3 {
		t.Fatalf("%d elements, want 3: %v, %v", len(all), damages, final)
	}
	for _, element := range all {
		product, err := reader.Decode(element)
		var damage *iof.ProductError
		if damaged := errors.As(err, &damage); damaged != (element.ID != "3") || product.ID != element.ID {
			t.Errorf("element %s is decoded as %s with %v", element.ID, product.ID, err)
		} else if damaged && (damage.ID != element.ID || damage.Offset != element.Offset) {
			t.Errorf("the damage of element %s is told of %s at %d", element.ID, damage.ID, damage.Offset)
		}
	}
}

func TestElementTooLarge(t *testing.T) {
	_, all, damages, final := elements(offerOf(`<product id="1"/><product id="2">`+strings.Repeat("<x/>", 1000)+`</product><product id="3"/>`),
		iof.ProductLimit(1000))
	if final != nil || !errors.Is(damages, iof.ErrTooLarge) || len(all) != 3 || all[1].Raw != nil || all[1].ID != "2" {
		t.Errorf("%d elements, %+v: %v, %v", len(all), all, damages, final)
	}
}

// Elements may be broken off for Products, which goes on behind.
func TestElementsAndProductsShareTheFile(t *testing.T) {
	reader := iof.NewReader(bytes.NewReader(offerOf(`<product id="1"/><product id="2"/>`)))
	for element, err := range reader.Elements() {
		if err != nil || element.ID != "1" {
			t.Fatal(element, err)
		}
		break
	}
	for product, err := range reader.Products() {
		if err != nil || product.ID != "2" {
			t.Error(product.ID, err)
		}
	}
}

// Decode does not trust what it is given: an element that was kept elsewhere may
// have been cut.
func TestDecodeOfNoElement(t *testing.T) {
	reader := iof.NewReader(bytes.NewReader(offerOf("")))
	if _, err := reader.Offer(); err != nil {
		t.Fatal(err)
	}
	whole := `<product id="1"><description><name>a</name></description><x><![CDATA[b]]></x><!-- c --><?d e?></product>`
	if product, err := reader.Decode(iof.Element{Raw: []byte(whole)}); err != nil || product.Names["pol"] != "a" {
		t.Fatal(product, err)
	}
	for length := range len(whole) {
		if product, err := reader.Decode(iof.Element{ID: "1", Offset: 7, Raw: []byte(whole[:length])}); err == nil {
			t.Errorf("cut after %d bytes it is decoded as %+v", length, product)
		}
	}
	for _, raw := range []string{whole + whole, "text", whole + "text" + "<a/>", `<a></b>`, `<!DOCTYPE a><a/>`, "<a\x00/>", `<a`, `</a>`} {
		if _, err := reader.Decode(iof.Element{Raw: []byte(raw)}); err == nil {
			t.Errorf("%q is decoded", raw)
		}
	}
}
