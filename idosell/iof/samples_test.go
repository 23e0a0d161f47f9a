package iof_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"octobridge/idosell/iof"
)

// sample reads one of IdoSell's official sample files, which are not part of
// this repository.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_IOF_SAMPLES is not set: the official IOF samples are not read")
	}
	file, err := os.ReadFile(filepath.Join(folder, "3.0", name))
	if err != nil {
		file, err = os.ReadFile(filepath.Join(folder, name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOfficialFullOffer(t *testing.T) {
	offer, products := readAll(t, sample(t, "full.xml"))
	if offer.Version != "3.0" || offer.Currency != "PLN" || offer.Language != "pol" || offer.Generated.IsZero() {
		t.Errorf("the head is %+v", offer)
	}
	kinds := map[string]string{}
	for _, product := range products {
		kinds[product.ID] = product.Type
		if !strings.Contains(product.Names["eng"], product.ID) || !strings.Contains(product.Names["pol"], product.ID) {
			t.Errorf("product %s has the names %v, want its id in pol and eng", product.ID, product.Names)
		}
		if !product.Price.Net.Decimal.IsPositive() || !product.Price.Gross.Decimal.GreaterThan(product.Price.Net.Decimal) {
			t.Errorf("product %s has the price %v", product.ID, product.Price)
		}
		if len(product.Images) == 0 || len(product.Icons) != 1 || product.Images[0].Width == 0 || product.Images[0].Changed.IsZero() {
			t.Errorf("product %s has the pictures %+v and icons %+v", product.ID, product.Images, product.Icons)
		}
		if len(product.Sizes) == 0 || product.Producer.Name == "" || !strings.Contains(product.CardURL, product.ID) || len(product.Parameters) == 0 {
			t.Errorf("product %s lacks something: %+v", product.ID, product)
		}
		if product.SRP.Present() && product.SRP.Net.Decimal.IsZero() {
			t.Errorf("product %s has a suggested price of nothing", product.ID)
		}
	}
	// Counted in the file: the direct children of products.
	want := map[string]string{"33": "regular", "34": "regular", "35": "regular", "41": "virtual",
		"42": "bundle", "44": "collection", "45": "packaging", "47": "service"}
	if diff := cmp.Diff(want, kinds); diff != "" || len(products) != 8 {
		t.Errorf("%d products (-want +got):\n%s", len(products), diff)
	}
}

func TestOfficialLightJoinsFull(t *testing.T) {
	_, full := readAll(t, sample(t, "full.xml"))
	_, light := readAll(t, sample(t, "light.xml"))
	sizes := map[string]iof.Size{}
	for _, product := range full {
		for _, size := range product.Sizes {
			sizes[size.Code] = size
		}
	}
	joined, oneSize := 0, 0
	for _, product := range light {
		for _, size := range product.Sizes {
			known, found := sizes[size.Code]
			if !found || known.ID != size.ID || known.CodeProducer != size.CodeProducer || known.CodeExternal != size.CodeExternal {
				t.Errorf("light has %s (%s), full has %+v", size.Code, size.ID, known)
			}
			joined++
			if size.ID == iof.OneSize {
				oneSize++
			}
		}
	}
	if len(light) != 8 || joined < 20 || oneSize < 4 {
		t.Errorf("%d products and %d sizes, %d of them the one size, were joined", len(light), joined, oneSize)
	}
}

func TestOfficialDifferentialFile(t *testing.T) {
	_, products := readAll(t, sample(t, "full_change2022-02-16T10-33-11.xml"))
	if len(products) != 1 || products[0].ID != "997" || len(products[0].Parameters) == 0 || products[0].Removed || products[0].Price.Present() {
		t.Errorf("the differential file is read as %+v", products)
	}
}

func TestOfficialOtherFiles(t *testing.T) {
	for _, name := range []string{"gateway.xml", "producers.xml", "categories.xml", "preset.xml"} {
		if _, err := iof.NewReader(strings.NewReader(string(sample(t, name)))).Offer(); err == nil {
			t.Errorf("%s is read as an offer", name)
		}
	}
}

// Each size of the full offer has its partner in the light one, by code and by
// id, the one size included.
func TestOfficialFullJoinsLight(t *testing.T) {
	_, light := readAll(t, sample(t, "light.xml"))
	_, full := readAll(t, sample(t, "full.xml"))
	partners := map[string]string{}
	for _, product := range light {
		for _, size := range product.Sizes {
			partners[size.Code] = product.ID + " " + size.ID
		}
	}
	sizes, oneSizes := 0, 0
	for _, product := range full {
		for _, size := range product.Sizes {
			sizes++
			if size.ID == iof.OneSize {
				oneSizes++
			}
			if got, want := partners[size.Code], product.ID+" "+size.ID; got != want {
				t.Errorf("the size %s (%s) has the partner %q in the light offer", size.Code, want, got)
			}
		}
	}
	if sizes != len(partners) || sizes != 31 || oneSizes == 0 {
		t.Errorf("the full offer has %d sizes, %d of them the one size, the light one %d; 31 were counted", sizes, oneSizes, len(partners))
	}
}

// Nothing is wrong in the official samples, and all that is in them is counted.
// Counted with grep, not with this package.
func TestOfficialFilesAreInOrder(t *testing.T) {
	for name, want := range map[string]iof.Summary{
		"full.xml": {Kind: iof.Full, Products: 8, Available: 8, Sizes: 31, Pictures: 39, Languages: []string{"eng", "pol"}, Currencies: []string{"PLN"},
			Types: map[string]int{"regular": 3, "virtual": 1, "bundle": 1, "collection": 1, "packaging": 1, "service": 1}},
		"full_change2022-02-16T10-33-11.xml": {Kind: iof.FullChange, Products: 1, Parameters: 2, Languages: []string{"eng", "pol"},
			Currencies: []string{"GBP"}, Types: map[string]int{"regular": 1}},
		"light.xml":      {Kind: iof.Light, Products: 8, Available: 8, Sizes: 31, Currencies: []string{"PLN"}, Types: map[string]int{"": 8}},
		"categories.xml": {Kind: iof.Categories, Entries: map[iof.EntryType]int{iof.CategoryEntry: 10}, Languages: []string{"eng", "pol"}},
		"producers.xml":  {Kind: iof.Producers, Entries: map[iof.EntryType]int{iof.ProducerEntry: 47}, Languages: []string{"pol"}},
		"units.xml":      {Kind: iof.Units, Entries: map[iof.EntryType]int{iof.UnitEntry: 8}, Languages: []string{"eng", "pol"}},
		"series.xml":     {Kind: iof.Series, Entries: map[iof.EntryType]int{iof.SeriesEntry: 6}, Languages: []string{"eng", "pol"}},
		"stocks.xml":     {Kind: iof.Stocks, Entries: map[iof.EntryType]int{iof.StockEntry: 4}, Languages: []string{"eng", "pol"}},
		"warranties.xml": {Kind: iof.Warranties, Entries: map[iof.EntryType]int{iof.WarrantyEntry: 4}, Languages: []string{"eng", "pol"}},
		"parameters.xml": {Kind: iof.Parameters, Languages: []string{"eng", "pol"},
			Entries: map[iof.EntryType]int{iof.SectionEntry: 3, iof.ParameterEntry: 3, iof.ValueEntry: 9}},
		"preset.xml": {Kind: iof.Preset, Entries: map[iof.EntryType]int{}, Languages: []string{"pol"}},
		"gateway.xml": {Kind: iof.GatewayFile, Parts: map[iof.Kind]int{iof.Full: 1, iof.FullChange: 25, iof.Light: 1, iof.Categories: 1, iof.Sizes: 1,
			iof.Producers: 1, iof.Units: 1, iof.Parameters: 1, iof.Stocks: 1, iof.Series: 1, iof.Warranties: 1, iof.Preset: 1}},
	} {
		file := sample(t, name)
		got, problems, err := check(file)
		if err != nil || problems != nil {
			t.Errorf("%s: %v, %v", name, problems, err)
		}
		if got.Version != "3.0" || got.Edition != iof.Edition3 || got.Generated.IsZero() || got.Bytes != int64(len(file)) {
			t.Errorf("%s: %+v", name, got)
		}
		if name == "full.xml" && got.Parameters == 0 {
			t.Error("no parameters are counted in full.xml")
		}
		if got.Kind == iof.Full { // 164 elements; those that are headings were not counted apart
			got.Parameters = 0
		}
		ignored := cmpopts.IgnoreFields(iof.Summary{}, "Version", "Edition", "Generated", "Expires", "Bytes")
		if diff := cmp.Diff(want, got, ignored, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if head, err := iof.Detect(file[:min(len(file), 8<<10)]); head != got.Kind {
			t.Errorf("%s is taken for %q (%v) by its head", name, head, err)
		}
	}
}

// The samples are read as encoding/xml reads them.
func TestOfficialOffersAreReadLikeEncodingXMLReadsThem(t *testing.T) {
	for _, name := range []string{"full.xml", "light.xml", "full_change2022-02-16T10-33-11.xml"} {
		if !compareWithEncodingXML(t, sample(t, name)) {
			t.Errorf("%s is refused", name)
		}
	}
}

func TestOfficialGatewayInOrder(t *testing.T) {
	gateway, err := iof.ReadGateway(bytes.NewReader(sample(t, "gateway.xml")))
	if err != nil || len(gateway.Changes) != 25 || gateway.Full == nil || gateway.Full.Hash == "" || gateway.Light == nil || gateway.Light.Hash != "" {
		t.Fatalf("%+v, %v", gateway, err)
	}
	for i := 1; i < len(gateway.Changes); i++ {
		if !gateway.Changes[i-1].Changed.Before(gateway.Changes[i].Changed) {
			t.Errorf("change %d is not older than the next", i-1)
		}
	}
}

// The full offer is cut at several hundred places: it never looks whole.
func TestOfficialFullOfferCut(t *testing.T) {
	file := bytes.TrimSpace(sample(t, "full.xml"))
	step := len(file) / 300
	if testing.Short() || raceEnabled {
		step = len(file) / 30
	}
	for length := 0; length < len(file); length += step {
		if _, _, final := outcome(bytes.NewReader(file[:length])); !errors.Is(final, iof.ErrTruncated) {
			t.Errorf("cut after %d bytes: the error is %v, want ErrTruncated", length, final)
		}
	}
}
