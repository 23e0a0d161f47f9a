package sandbox_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

// smallOffer has one product of each kind that matters.
const smallOffer = `<offer file_format="IOF" version="3.0"><products currency="EUR" language="pol">
<product id="20" code_on_card="K-20" vat="23" type="regular">
 <producer id="3" name="Garnek"/><category id="8" name="Dom/Kuchnia/Kubki"/><unit id="0" name="szt."/><series id="5" name="Zima"/>
 <card url="https://hurtownia.example/pl/products/20"/>
 <description><name xml:lang="pol">Kubek</name><name xml:lang="eng">Mug</name><long_desc>Długi</long_desc><short_desc xml:lang="pol">Krótki</short_desc></description>
 <price gross="12.30" net="10"/><srp gross="20" net="16.26"/><strikethrough_retail_price gross="25" net="20.33"/>
 <sizes><size id="0" code="20-0" name="one size" weight="300" code_producer="5909990000208" code_external="E20"><price gross="12.30" net="10"/><stock id="0" quantity="3"/><stock id="1" quantity="4.5"/></size></sizes><iaiext:sell_by retail="2" wholesale="12.0"/>
 <images><large><image url="https://hurtownia.example/1.jpg"/><image url="https://hurtownia.example/2.jpg"/></large></images>
 <parameters><parameter id="1" name="Kolor"><value id="2" name="biały"/></parameter><parameter id="9" name="Tajne" hide="y"><value id="3" name="x"/></parameter></parameters>
</product>
<product id="10" vat="8">
 <category id="7" name="Dom"/><description><name>Zestaw</name></description><price net="100"/>
 <sizes><size id="M" panel_name="M"><price net="100"/><stock quantity="-1"/></size><size id="L" name="L"><price gross="110" net="101.85"/><stock quantity="0"/></size></sizes>
 <bundled><product id="20" quantity="1"/></bundled>
</product>
<product id="30" removed="yes"/>
<product id="40" vat="23">
 <category id="7" name="Dom"/><description><name>Koc</name></description><price gross="50" net="40.65"/><srp gross="80" net="65.04"/><strikethrough_retail_price gross="70" net="56.91"/>
 <sizes><size id="S" name="S"><srp gross="75" net="60.98"/></size></sizes>
</product>
<product id="50" vat="23">
 <category id="7" name="Dom"/><description><name>Pled</name></description><price gross="50" net="40.65"/><srp gross="80" net="65.04"/><strikethrough_retail_price gross="90" net="73.17"/>
 <sizes><size id="S" name="S"><srp gross="75" net="60.98"/></size></sizes>
</product>
</products></offer>`

func decimals() cmp.Option {
	return cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
}

func money(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestReadOffer(t *testing.T) {
	got, err := sandbox.ReadOffer(strings.NewReader(smallOffer))
	if err != nil {
		t.Fatal(err)
	}
	middle := got.Categories[8].ParentID // the only id that does not stand in the file
	want := &sandbox.Catalogue{
		Currency: "EUR", Languages: []string{"pol", "eng"},
		Producers: map[int64]string{3: "Garnek"},
		Series:    map[int64]map[string]string{5: {"pol": "Zima"}},
		Categories: map[int64]sandbox.Category{
			7:      {ID: 7, Names: map[string]string{"pol": "Dom"}},
			middle: {ID: middle, ParentID: 7, Names: map[string]string{"pol": "Kuchnia"}},
			8:      {ID: 8, ParentID: middle, Names: map[string]string{"pol": "Kubki"}},
		},
		Products: []sandbox.Product{{
			ID: 10, CategoryID: 7, VAT: 8, Type: "regular", Drawings: 1,
			Names: map[string]string{"pol": "Zestaw"}, Shorts: map[string]string{}, Longs: map[string]string{},
			Wholesale: money("108"), Retail: money("108"),
			Sizes: []sandbox.Size{
				{ID: "M", Name: "M", Quantity: -1},
				{ID: "L", Name: "L", Wholesale: money("110"), Retail: money("110")}},
		}, {
			ID: 20, Code: "K-20", ProducerID: 3, CategoryID: 8, SeriesID: 5, VAT: 23, Weight: 300, UnitName: "szt.", Type: "regular",
			SellBy:    sandbox.SellBy{Retail: money("2"), Wholesale: money("12")},
			Names:     map[string]string{"pol": "Kubek", "eng": "Mug"},
			Shorts:    map[string]string{"pol": "Krótki"},
			Longs:     map[string]string{"pol": "Długi"},
			Wholesale: money("12.30"), Retail: money("25"), SRP: money("20"), Promotion: money("20"),
			Sizes: []sandbox.Size{{ID: "uniw", Name: "one size", CodeExternal: "E20", CodeProducer: "5909990000208", Quantity: 7}},
			Parameters: []sandbox.Parameter{{ID: "1", ValueID: "2",
				Names: map[string]string{"pol": "Kolor"}, Values: map[string]string{"pol": "biały"}}},
			CardURL:  "https://hurtownia.example/pl/products/20",
			Pictures: []string{"https://hurtownia.example/1.jpg", "https://hurtownia.example/2.jpg"},
		}, {
			// A lower price before is no promotion; the size has a price of its own.
			ID: 40, CategoryID: 7, VAT: 23, Type: "regular", Drawings: 1,
			Names: map[string]string{"pol": "Koc"}, Shorts: map[string]string{}, Longs: map[string]string{},
			Wholesale: money("50"), Retail: money("80"), SRP: money("80"),
			Sizes: []sandbox.Size{{ID: "S", Name: "S", Retail: money("75")}},
		}, {
			// In a promotion it has not.
			ID: 50, CategoryID: 7, VAT: 23, Type: "regular", Drawings: 1,
			Names: map[string]string{"pol": "Pled"}, Shorts: map[string]string{}, Longs: map[string]string{},
			Wholesale: money("50"), Retail: money("90"), SRP: money("80"), Promotion: money("80"),
			Sizes: []sandbox.Size{{ID: "S", Name: "S"}},
		}},
	}
	if diff := cmp.Diff(want, got, decimals()); diff != "" {
		t.Errorf("the catalogue (-want +got):\n%s", diff)
	}
}

func TestReadOfferRefuses(t *testing.T) {
	of := func(products string) string {
		return `<offer><products currency="PLN">` + products + `</products></offer>`
	}
	const name = `<description><name>x</name></description>`
	for title, test := range map[string]struct {
		file, says string
		is         error
	}{
		"an empty offer":  {file: of(``), says: "no products"},
		"a light offer":   {file: of(`<product id="1"><price net="1"/></product>`), says: "not a full offer"},
		"a product twice": {file: of(`<product id="1">` + name + `</product><product id="1">` + name + `</product>`), says: "twice"},
		"an id of words":  {file: of(`<product id="kubek">` + name + `</product>`), says: "not a positive number"},
		"two currencies":  {file: of(`<product id="1" currency="EUR">` + name + `</product>`), says: "EUR"},
		"a bad price":     {file: of(`<product id="1">` + name + `<price net="x"/></product>`), says: "product 1"},
		"a cut file":      {file: of(`<product id="1">` + name + `</product>`)[:90], is: iof.ErrTruncated},
		"another file":    {file: `<producers/>`, is: iof.ErrNotOffer},
	} {
		_, err := sandbox.ReadOffer(strings.NewReader(test.file))
		if err == nil || !strings.Contains(err.Error(), test.says) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: the error is %v, want %q (%v)", title, err, test.says, test.is)
		}
	}
}

// Whatever ids and paths an offer gives its categories, the tree ends somewhere.
func TestReadOfferMakesATree(t *testing.T) {
	product := func(id, category, path string) string {
		return `<product id="` + id + `"><category id="` + category + `" name="` + path + `"/><description><name>x</name></description></product>`
	}
	file := `<offer><products>` + product("1", "5", "A/B") + product("2", "5", "A") + product("3", "", "A/B/C") +
		product("4", "x", "A//D/") + product("5", "5", "A/B/C") + product("6", "", "") + `</products></offer>`
	catalogue, err := sandbox.ReadOffer(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"B", "A", "C", "A//D/", "C", ""} // of the categories of 1 to 6
	for i, product := range catalogue.Products {
		if got := catalogue.Categories[product.CategoryID].Names["pol"]; got != names[i] {
			t.Errorf("product %d is in the category %q, want %q", product.ID, got, names[i])
		}
		steps := 0
		for id := product.CategoryID; id != 0; id = catalogue.Categories[id].ParentID {
			if _, known := catalogue.Categories[id]; !known {
				t.Fatalf("product %d: there is no category %d", product.ID, id)
			}
			if steps++; steps > 5 {
				t.Fatalf("product %d: the category %d is above itself", product.ID, id)
			}
		}
	}
	if a, b := catalogue.Products[2].CategoryID, catalogue.Products[4].CategoryID; a != b {
		t.Errorf("the same path is the category %d and %d", a, b)
	}
}

func TestReadOfficialOffer(t *testing.T) {
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_IOF_SAMPLES is not set: the official IOF sample offer is not read")
	}
	file, err := os.Open(filepath.Join(folder, "3.0", "full.xml"))
	if err != nil {
		file, err = os.Open(filepath.Join(folder, "full.xml"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	catalogue, err := sandbox.ReadOffer(file)
	if err != nil {
		t.Fatal(err)
	}
	// What kind of thing each of the eight is stands in its title, with its id.
	words := map[int64]string{33: "towar", 34: "towar", 35: "towar", 41: "wirtualn", 42: "zestaw", 44: "kolekcj", 45: "opakowanie", 47: "usług"}
	if len(catalogue.Products) != len(words) || catalogue.Languages[0] != "pol" || len(catalogue.Languages) != 2 {
		t.Errorf("%d products in %v, want the eight in pol and eng", len(catalogue.Products), catalogue.Languages)
	}
	for _, product := range catalogue.Products {
		title := strings.ToLower(product.Names["pol"])
		if word := words[product.ID]; word == "" || !strings.Contains(title, word) || !strings.HasSuffix(title, decimal.NewFromInt(product.ID).String()) {
			t.Errorf("product %d has the title %q, want %q in it", product.ID, title, word)
		}
		if product.Names["eng"] == "" || product.Longs["pol"] == "" || !product.Wholesale.IsPositive() || product.Retail.LessThan(product.Promotion) ||
			len(product.Pictures) == 0 || len(product.Sizes) == 0 || catalogue.Categories[product.CategoryID].Names["pol"] == "" || catalogue.Producers[product.ProducerID] == "" {
			t.Errorf("product %d lacks something: %+v", product.ID, product)
		}
	}
}

// The feed that the sandbox serves of its own assortment, read back, is that
// assortment: the writer and the reader know nothing of each other.
func TestOwnFeedReadsBack(t *testing.T) {
	own := sandbox.Assortment()
	server := sandbox.New(sandbox.Options{Catalogue: own})
	t.Cleanup(func() { _ = server.Close() })
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, httptest.NewRequest("GET", "/_sandbox/feed/full.xml?token="+server.FeedToken(), nil))
	read, err := sandbox.ReadOffer(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]sandbox.Product{}
	for _, product := range read.Products {
		found[product.ID] = product
	}
	visible := 0
	for _, want := range own.Products {
		if want.Invisible {
			continue
		}
		visible++
		got := found[want.ID]
		if diff := cmp.Diff([]any{want.Names, want.Longs, want.Code, want.VAT, want.UnitName, want.Type, own.Categories[want.CategoryID].Names["pol"], own.Producers[want.ProducerID], want.Drawings},
			[]any{got.Names, got.Longs, got.Code, got.VAT, got.UnitName, got.Type, read.Categories[got.CategoryID].Names["pol"], read.Producers[got.ProducerID], len(got.Pictures)}); diff != "" {
			t.Errorf("product %d (-own +read):\n%s", want.ID, diff)
		}
		if !got.Promotion.Equal(want.Promotion) || !got.Retail.Equal(want.Retail) || !got.SRP.Equal(want.SRP) {
			t.Errorf("product %d: the promotion of %s from %s, suggested %s, is read as %s from %s, suggested %s",
				want.ID, want.Promotion, want.Retail, want.SRP, got.Promotion, got.Retail, got.SRP)
		}
		var sizes, sizesRead []string
		for _, size := range want.Sizes {
			sizes = append(sizes, size.ID+" "+size.CodeProducer+" "+size.CodeExternal+" "+size.Retail.String())
		}
		for _, size := range got.Sizes {
			sizesRead = append(sizesRead, size.ID+" "+size.CodeProducer+" "+size.CodeExternal+" "+size.Retail.String())
		}
		if diff := cmp.Diff(sizes, sizesRead); diff != "" {
			t.Errorf("sizes of product %d (-own +read):\n%s", want.ID, diff)
		}
	}
	if len(read.Products) != visible || visible < 300 {
		t.Errorf("%d products are read back, want %d", len(read.Products), visible)
	}
}
