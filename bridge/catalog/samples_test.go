package catalog_test

import (
	"os"
	"path/filepath"
	"testing"

	"octobridge/bridge/catalog/index"
	"octobridge/idosell/iof"
)

// samplesVariable names the folder of the official samples, which the licence
// keeps out of the repository.
const samplesVariable = "OCTOTEST_IOF_SAMPLES"

// The official samples go through the catalogue: the full offer, its lists, the
// light offer, and a change of a product that is not among them.
func TestOfficialSamples(t *testing.T) {
	folder := os.Getenv(samplesVariable)
	if folder == "" {
		t.Skipf("set %s to the folder of the official samples", samplesVariable)
	}
	f := open(t, openSQLite(t))
	read := func(name string) string {
		t.Helper()
		body, err := os.ReadFile(filepath.Join(folder, "3.0", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	report := f.take(iof.Full, read("full.xml"))
	if report.Added != 8 || report.Damaged != 0 {
		t.Fatalf("full.xml: %+v", report)
	}
	sold := map[string]bool{}
	for id, p := range f.all() {
		if p.Names["pol"] == "" || len(p.Categories) == 0 || len(p.Sizes) == 0 {
			t.Errorf("product %d: %+v", id, p)
		}
		for _, s := range p.Sizes {
			sold[s.Code] = true
		}
	}
	f.lists(read("categories.xml"), read("producers.xml"), read("parameters.xml"), read("series.xml"), read("units.xml"))
	report = f.take(iof.Light, read("light.xml"))
	if report.Products != 8 || report.Unknown != 0 || report.Damaged != 0 || report.Changed == 0 {
		t.Errorf("light.xml: %+v", report)
	}
	sizes := 0
	for id, p := range f.all() {
		sizes += len(p.Sizes)
		if !p.Generated.Equal(report.Generated) && report.Changed == 8 {
			t.Errorf("product %d has prices of %s", id, p.Generated)
		}
		for _, s := range p.Sizes {
			if !sold[s.Code] {
				t.Errorf("product %d: the light offer brought a size %q of its own", id, s.Code)
			}
		}
	}
	if sizes != len(sold) {
		t.Errorf("%d sizes after the light offer, %d before", sizes, len(sold))
	}
	// Worked out by hand from light.xml: 33-3 costs 1599.60, and 10 pieces and an
	// unknown number more are there.
	for _, s := range f.product(33).Sizes {
		if s.Code == "33-3" && (s.Prices.Account.Gross.Decimal.String() != "1599.6" || s.Quantity.Decimal.String() != "-1") {
			t.Errorf("33-3: %+v", s)
		}
	}
	report = f.take(iof.FullChange, read("full_change2022-02-16T10-33-11.xml"))
	if report.Damaged != 1 || report.Added != 0 {
		t.Errorf("the change: %+v", report)
	}
	if n := f.Index().Search(&index.Query{Text: "przykładowy towar", Limit: 10}).Total; n == 0 {
		t.Error("the sample products are not found by their titles")
	}
}
