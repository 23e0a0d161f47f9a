package iof_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
