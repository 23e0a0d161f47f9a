package iof_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// dec is a decimal from its text; opt one that is there.
func dec(text string) decimal.Decimal     { return decimal.RequireFromString(text) }
func opt(text string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(text)) }
func price(net, gross string) iof.Price   { return iof.Price{Net: opt(net), Gross: opt(gross)} }

// equal compares decimals by value and times by instant.
var equal = cmp.Options{
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

// readAll reads a file that must be without fault.
func readAll(t *testing.T, file []byte, options ...iof.Option) (iof.Offer, []iof.Product) {
	t.Helper()
	reader := iof.NewReader(bytes.NewReader(file), options...)
	offer, err := reader.Offer()
	if err != nil {
		t.Fatalf("reading the head: %v", err)
	}
	var products []iof.Product
	for product, err := range reader.Products() {
		if err != nil {
			t.Fatalf("after %d products: %v", len(products), err)
		}
		products = append(products, product)
	}
	return offer, products
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFullOffer(t *testing.T) {
	file := fixture(t, "full.xml")
	offer, products := readAll(t, file)

	// Warsaw is two hours ahead of UTC in July and one in December.
	wantOffer := iof.Offer{
		Format: "IOF", Version: "3.0", Edition: iof.Edition3, Currency: "PLN", Language: "pol",
		Generated: time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC),
		Expires:   time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(wantOffer, offer, equal); diff != "" {
		t.Errorf("the head (-want +got):\n%s", diff)
	}

	want := []iof.Product{{
		ID: "501", Type: "regular",
		Has: iof.HasCategory | iof.HasProducer | iof.HasUnit | iof.HasSeries | iof.HasWarranty | iof.HasCard | iof.HasNames |
			iof.HasVersions | iof.HasLongDescs | iof.HasShortDescs | iof.HasPrice | iof.HasSRP | iof.HasRetailWas |
			iof.HasWholesaleWas | iof.HasSizes | iof.HasImages | iof.HasParameters | iof.HasType | iof.HasCode | iof.HasVAT,
		CodeOnCard: "DZB-501", Currency: "EUR", VAT: opt("23"),
		Producer: iof.Reference{ID: "9", Name: "Garncarnia & Syn"},
		Category: iof.Reference{ID: "77", Name: "Kuchnia/Dzbanki"},
		Unit:     iof.Reference{ID: "0", Name: "szt."},
		Series:   iof.Reference{ID: "4", Name: "Zimowa"},
		Warranty: iof.Reference{ID: "2", Name: "Dwa lata"},
		CardURL:  "https://hurtownia.example/pl/products/dzbanek-501",
		Names:    iof.Texts{"pol": "Dzbanek <2 l>", "eng": "Jug <2 l>"},
		Versions: iof.Texts{"pol": "zielony", "eng": "green"},
		LongDescs: iof.Texts{
			"pol": "<p>Pierwszy </product> akapit.</p><p>Drugi.</p>",
		},
		ShortDescs: iof.Texts{"eng": "Holds two litres."},
		Prices:     iof.Prices{Price: price("100", "123"), RetailWas: price("121.95", "150"), WholesaleWas: price("105.69", "130")},
		Sizes: []iof.Size{
			{ID: "S", Name: "mały", PanelName: "m", Code: "501-S", CodeProducer: "5909990005014", CodeExternal: "DZB-501-S",
				Weight: 700, Prices: iof.Prices{Price: price("90", "110.70"), SRP: price("162.59", "199.99")},
				Stocks: []iof.Stock{{WarehouseID: "0", Quantity: dec("-1")}, {WarehouseID: "2", Quantity: dec("12.5")}}},
			{ID: "L", Name: "duży", PanelName: "d", Code: "501-L", Weight: 1400,
				Stocks: []iof.Stock{{WarehouseID: "0", Quantity: dec("0")}}},
		},
		Images: []iof.Image{
			{URL: "https://hurtownia.example/gfx/501_1.jpg", Hash: "aa", Width: 1600, Height: 1200,
				Changed: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)},
			{URL: "https://hurtownia.example/gfx/501_2.jpg", Hash: "bb", Width: 800, Height: 600},
		},
		Icons: []iof.Image{{URL: "https://hurtownia.example/gfx/501_i.jpg", Width: 100, Height: 75}},
		Parameters: []iof.Parameter{
			{ID: "70", Names: iof.Texts{"pol": "Opis"}, Section: true},
			{ID: "71", Names: iof.Texts{"pol": "Dane"}, Section: true},
			{ID: "72", Names: iof.Texts{"pol": "Kolor", "eng": "Colour"}, Values: []iof.ParameterValue{
				{ID: "80", Names: iof.Texts{"pol": "zielony", "eng": "green"}},
				{ID: "81", Names: iof.Texts{"pol": "biały"}}}},
			{ID: "73", Names: iof.Texts{"pol": "Kod"}, Hidden: true, Values: []iof.ParameterValue{
				{ID: "82", Names: iof.Texts{"pol": "A"}}, {ID: "82", Names: iof.Texts{"pol": "B"}}}},
		},
	}, {
		ID: "502", Type: "bundle", Has: iof.HasNames | iof.HasPrice | iof.HasSizes | iof.HasType | iof.HasVAT,
		Currency: "PLN",
		Names:    iof.Texts{"pol": "Zestaw dzbanków"},
		Prices:   iof.Prices{Price: iof.Price{Net: opt("162.60")}},
		Sizes: []iof.Size{{ID: "uniw", Name: "one size", Code: "502-uniw",
			Stocks: []iof.Stock{{WarehouseID: "1", Quantity: dec("3")}}}},
	}, {
		ID: "503", Currency: "PLN", Removed: true,
	}}
	for i := range products {
		if at := products[i].Offset; !strings.HasPrefix(string(file[at:]), `<product id="`+products[i].ID) {
			t.Errorf("product %s: the file holds something else at its offset %d", products[i].ID, at)
		}
		products[i].Offset = 0
	}
	if diff := cmp.Diff(want, products, equal); diff != "" {
		t.Errorf("the products (-want +got):\n%s", diff)
	}
}

// A join of full and light by the size's code must work, though the two write
// the one size of a product without sizes differently.
func TestLightJoinsFullByCode(t *testing.T) {
	_, full := readAll(t, fixture(t, "full.xml"))
	_, light := readAll(t, fixture(t, "light.xml"))
	names := map[string]string{}
	for _, product := range full {
		for _, size := range product.Sizes {
			names[size.Code] = product.Names["pol"]
		}
	}
	found := map[string]string{}
	for _, product := range light {
		for _, size := range product.Sizes {
			found[size.ID+" "+size.Code+" "+size.Stocks[0].Quantity.String()] = names[size.Code]
		}
	}
	want := map[string]string{
		"S 501-S 7": "Dzbanek <2 l>", "L 501-L 0": "Dzbanek <2 l>", "uniw 502-uniw 2": "Zestaw dzbanków",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("sizes and the products they belong to (-want +got):\n%s", diff)
	}
}

func TestOneSizeCodes(t *testing.T) {
	for code, want := range map[string]string{
		`id="uniw" code="41-uniw"`: "uniw 41-uniw",
		`id="0" code="41-0"`:       "uniw 41-uniw",
		`id="UNIW" code="41-0"`:    "uniw 41-uniw",
		`id="0" code="41"`:         "uniw 41-uniw",
		`id="0"`:                   "uniw 41-uniw",
		`id="0" code="410"`:        "uniw 410",
		`id="0" code="ABC-0"`:      "uniw ABC-0",
		`id="7" code="41-7"`:       "7 41-7",
		`id="7"`:                   "7 41-7",
		`id="10" code="41-10"`:     "10 41-10",
	} {
		_, products := readAll(t, offerOf(`<product id="41"><sizes><size `+code+`/></sizes></product>`))
		size := products[0].Sizes[0]
		if got := size.ID + " " + size.Code; got != want {
			t.Errorf("<size %s>: got %s, want %s", code, got, want)
		}
	}
}

// Only the direct children of products are products of the offer.
func TestOnlyDirectChildrenAreProducts(t *testing.T) {
	_, products := readAll(t, []byte(`<offer><products><product id="1"><bundled><product id="2"/></bundled><product id="3"/></product>`+
		`<group><product id="4"/></group></products><related><product id="5"/></related><products><product id="6"/></products></offer>`))
	var ids []string
	for _, product := range products {
		ids = append(ids, product.ID)
	}
	if got := strings.Join(ids, " "); got != "1 6" {
		t.Errorf("read %s, want 1 6", got)
	}
}

// offerOf puts products into an offer.
func offerOf(products string) []byte {
	return []byte(`<offer file_format="IOF" version="3.0"><products currency="PLN" language="pol">` + products + `</products></offer>`)
}

func TestLocationOfTimes(t *testing.T) {
	file := []byte(`<offer generated="2026-07-01 06:00:00"><products/></offer>`)
	offer, _ := readAll(t, file, iof.Location(time.UTC))
	if want := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC); !offer.Generated.Equal(want) {
		t.Errorf("generated at %v, want %v", offer.Generated, want)
	}
}

// A consumer may stop in the middle and go on later.
func TestProductsCanBeTakenUpAgain(t *testing.T) {
	reader := iof.NewReader(bytes.NewReader(offerOf(`<product id="1"/><product id="2"/><product id="3"/>`)))
	var ids []string
	for product, err := range reader.Products() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, product.ID)
		break
	}
	for product, err := range reader.Products() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, product.ID)
	}
	for range reader.Products() {
		t.Error("a file that was read to its end yields nothing more")
	}
	if got := strings.Join(ids, " "); got != "1 2 3" {
		t.Errorf("read %s, want 1 2 3", got)
	}
}

func TestErrorsReadWell(t *testing.T) {
	err := error(&iof.ProductError{Offset: 12, ID: "41", Err: errors.New("price net: \"x\" is not a decimal number")})
	if want := `iof: product 41 (at byte 12): price net: "x" is not a decimal number`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
