package sandbox_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

func generated(t testing.TB, options sandbox.OfferOptions) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := sandbox.WriteOffer(&file, options); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// readGenerated reads an offer, which must not have any damage.
func readGenerated(t *testing.T, options sandbox.OfferOptions) []iof.Product {
	t.Helper()
	var products []iof.Product
	for product, err := range iof.NewReader(bytes.NewReader(generated(t, options))).Products() {
		if err != nil {
			t.Fatal(err)
		}
		products = append(products, product)
	}
	if len(products) != options.Products {
		t.Fatalf("%d products are read, want %d", len(products), options.Products)
	}
	return products
}

// goodEAN checks the last digit of an EAN-13 as GS1 tells it.
func goodEAN(code string) bool {
	sum := 0
	for i, digit := range code {
		sum += int(digit-'0') * []int{1, 3}[i%2]
	}
	return len(code) == 13 && sum%10 == 0
}

func TestGeneratedOfferIsAnOffer(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 400
	}
	products := readGenerated(t, sandbox.OfferOptions{Products: n, Seed: 7, Languages: 2})
	titles, producers, sizesOf := map[string]bool{}, map[string]bool{}, map[int]int{}
	var suggested, promoted, unknown, out, sizes, description int
	words := map[string]bool{}
	for i, p := range products {
		titles[p.Names["pol"]] = true
		producers[p.Producer.ID+p.Producer.Name] = true
		for word := range strings.FieldsSeq(p.Names["pol"]) {
			words[word] = true
		}
		description += len(p.LongDescs["pol"])
		sizesOf[len(p.Sizes)]++
		if p.ID != strconv.Itoa(i+1) || p.Names["eng"] == "" || strings.Count(p.Category.Name, "/") != 2 || p.VAT.Decimal.IsZero() ||
			!strings.Contains(p.LongDescs["pol"], "<strong>"+p.Names["pol"]+"</strong>") || p.LongDescs["eng"] == "" || p.ShortDescs["eng"] == "" ||
			len(p.Images) < 1 || len(p.Images) > 3 || len(p.Parameters) < 3 || len(p.Parameters) > 6 || p.CardURL == "" || p.CodeOnCard == "" {
			t.Fatalf("product %d lacks something: %+v", i+1, p)
		}
		for name, price := range map[string]iof.Price{"price": p.Price, "srp": p.SRP, "before": p.RetailWas} {
			net := price.Gross.Decimal.Div(decimal.NewFromInt(100).Add(p.VAT.Decimal)).Mul(decimal.NewFromInt(100)).Round(2)
			if !net.Equal(price.Net.Decimal) {
				t.Fatalf("product %s: the %s is %s gross and %s net, want %s", p.ID, name, price.Gross.Decimal, price.Net.Decimal, net)
			}
		}
		if p.SRP.Present() {
			suggested++
		}
		if p.RetailWas.Present() {
			promoted++
		}
		for _, size := range p.Sizes {
			sizes++
			if !goodEAN(size.CodeProducer) || size.Code != p.ID+"-"+size.ID || len(size.Stocks) != 1 {
				t.Fatalf("product %s has a size %+v", p.ID, size)
			}
			switch quantity := size.Stocks[0].Quantity; {
			case quantity.IsZero():
				out++
			case quantity.IsNegative():
				unknown++
			}
		}
	}
	if len(titles) < n*99/100 || len(producers) < 160 || len(words) < n {
		t.Errorf("%d titles of %d words, %d producers: the offer is not varied", len(titles), len(words), len(producers))
	}
	for count := 1; count <= 6; count++ {
		if sizesOf[count] == 0 {
			t.Errorf("no product has %d sizes", count)
		}
	}
	for what, share := range map[string][3]int{"suggested prices": {suggested, n * 55 / 100, n * 78 / 100}, "promotions": {promoted, n * 8 / 100, n * 18 / 100},
		"unknown amounts per 1000 sizes": {unknown * 1000 / sizes, 60, 150}, "sold out per 1000 sizes": {out * 1000 / sizes, 100, 210},
		"bytes of a description": {description / n, 700, 1300}} {
		if share[0] < share[1] || share[0] > share[2] {
			t.Errorf("%s: %d, want %d to %d", what, share[0], share[1], share[2])
		}
	}
}

// The two files of one seed are about the same products.
func TestGeneratedLightFileBelongsToTheFullOne(t *testing.T) {
	full := readGenerated(t, sandbox.OfferOptions{Products: 200, Seed: 3})
	light := readGenerated(t, sandbox.OfferOptions{Products: 200, Seed: 3, Light: true})
	for i, p := range full {
		if p.Names["eng"] != "" {
			t.Fatalf("product %s has an English name in an offer in one language", p.ID)
		}
		l := light[i]
		if diff := cmp.Diff([]any{p.ID, p.VAT, p.Price, p.SRP, p.RetailWas, p.Sizes}, []any{l.ID, l.VAT, l.Price, l.SRP, l.RetailWas, l.Sizes}); diff != "" {
			t.Fatalf("product %s (-full +light):\n%s", p.ID, diff)
		}
		if l.Names != nil || l.Images != nil || l.Parameters != nil {
			t.Fatalf("product %s has more than prices and stock in the light file", p.ID)
		}
	}
	file := string(generated(t, sandbox.OfferOptions{Products: 200, Seed: 3, Light: true}))
	if !strings.Contains(file, `<size id="0"`) || strings.Contains(file, "uniw\"") || !regexp.MustCompile(`code="\d+-0"`).MatchString(file) {
		t.Error("the one size is not written as light files do")
	}
}

func TestGeneratedOfferIsTheSameForASeed(t *testing.T) {
	options := sandbox.OfferOptions{Products: 50, Seed: 11, Languages: 2}
	first := generated(t, options)
	if !bytes.Equal(first, generated(t, options)) {
		t.Error("the same options give another file")
	}
	options.Seed = 12
	if bytes.Equal(first, generated(t, options)) {
		t.Error("another seed gives the same file")
	}
	options.Seed, options.Products = 11, 60
	if longer := generated(t, options); !bytes.HasPrefix(longer, bytes.TrimSuffix(first, []byte("\t</products>\n</offer>\n"))) {
		t.Error("more products of a seed do not begin with those of fewer")
	}
}

func TestGeneratedOfferRefuses(t *testing.T) {
	for _, options := range []sandbox.OfferOptions{{Products: -1}, {Products: 1, Languages: 3}, {Products: 1, Languages: -1}} {
		if err := sandbox.WriteOffer(io.Discard, options); err == nil {
			t.Errorf("%+v is taken", options)
		}
	}
	if err := sandbox.WriteOffer(fullDisk{}, sandbox.OfferOptions{Products: 1}); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("the error of the writer is %v", err)
	}
	if products := readGenerated(t, sandbox.OfferOptions{}); len(products) != 0 {
		t.Error("an empty offer has products")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left") }

func BenchmarkWriteOffer(b *testing.B) {
	options := sandbox.OfferOptions{Products: 20_000, Seed: 1}
	counted := &counter{}
	if err := sandbox.WriteOffer(counted, options); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(counted.bytes)
	for b.Loop() {
		if err := sandbox.WriteOffer(io.Discard, options); err != nil {
			b.Fatal(err)
		}
	}
}

type counter struct{ bytes int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}
