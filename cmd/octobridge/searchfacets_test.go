package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"octobridge/bridge"
)

// deskOfSearch has 250 products, and one filter with many values.
type deskOfSearch struct{ asked []bridge.CatalogQuery }

func (d *deskOfSearch) Search(_ context.Context, query bridge.CatalogQuery) (*bridge.CatalogFound, error) {
	d.asked = append(d.asked, query)
	if query.Text == "nic" {
		return &bridge.CatalogFound{}, nil
	}
	now, before := "12,50 zł", "15,00 zł"
	found := &bridge.CatalogFound{Total: 250}
	for i := (query.Page - 1) * query.PageSize; i < min(query.Page*query.PageSize, 250); i++ {
		product := bridge.CatalogProduct{ID: fmt.Sprint(1000 + i), Title: "Łańcuch"}
		if i == 0 {
			product.Price, product.PrevPrice = &now, &before
		}
		found.Products = append(found.Products, product)
	}
	if value, ok := query.Filters["producer"]; ok {
		found.Applied = []bridge.CatalogFilter{{Param: "producer", Label: "Producent", Value: value, ValueLabel: "Wandzel"}}
		return found, nil
	}
	facet := bridge.CatalogFacet{Param: "producer", Label: "Producent"}
	for i := range 13 {
		facet.Options = append(facet.Options, bridge.CatalogOption{Value: fmt.Sprint(i + 1), Label: fmt.Sprint("Firma ", i+1), Count: 40 - i})
	}
	found.Facets = []bridge.CatalogFacet{facet, {Param: "size", Options: []bridge.CatalogOption{{Value: "X L", Label: "XL", Count: 7}}}}
	return found, nil
}

func TestSearchFacets(t *testing.T) {
	desk := &deskOfSearch{}
	run, _ := feedService(t, bridge.OperatorParts{Search: desk})
	code, out, errOut := run(t.Context(), "search", "łańcuch", "rowerowy", "--facets", "--limit", "2", "--order", "price-desc", "--language", "en", "--currency", "EUR")
	squeezed := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"ID Name Price Before 1000 Łańcuch 12,50 zł 15,00 zł 1001 Łańcuch", "2 of 250 products; --limit shows more.",
		"Filter --filter Value Products Producent producer=1 Firma 1 40 producer=2 Firma 2 39",
		"producer=10 Firma 10 31 … and 3 more; --json lists them size size='X L' XL 7",
	} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if code != exitOK || errOut != "" || t.Failed() {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	if q := desk.asked[0]; q.Text != "łańcuch rowerowy" || q.Order != "price" || !q.Descending || q.Locale != "en" || q.Currency != "EUR" || q.PageSize != 2 || len(desk.asked) != 1 {
		t.Errorf("asked %+v", desk.asked)
	}

	// Filters, over several pages, and one that the service does not know.
	desk.asked = nil
	code, out, errOut = run(t.Context(), "search", "x", "--filter", "producer=12", "--filter", "colour=a=b,c", "--limit", "150")
	if code != exitOK || !strings.HasPrefix(out, "Only  Producent: Wandzel\n") || !strings.Contains(out, "\n1149  ") || strings.Contains(out, "1150") ||
		!strings.Contains(errOut, "--filter colour=a=b,c is left out") || strings.Contains(out, "--filter") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	if len(desk.asked) != 2 || desk.asked[1].Page != 2 || !maps.Equal(desk.asked[1].Filters, map[string]string{"producer": "12", "colour": "a=b,c"}) {
		t.Errorf("asked %+v", desk.asked)
	}

	code, out, _ = run(t.Context(), "search", "x", "--facets", "--json", "--limit", "1000")
	var found bridge.CatalogFound
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != exitOK || len(found.Products) != 250 || len(found.Facets[0].Options) != 13 || found.Total != 250 {
		t.Errorf("exit code %d, %v, %d products", code, err, len(found.Products))
	}
	if code, _, errOut = run(t.Context(), "search", "nic", "--facets"); code != exitNo || !strings.Contains(errOut, `visitors find nothing for "nic"`) {
		t.Errorf("nothing: exit code %d, %s", code, errOut)
	}
	for args, want := range map[string]string{
		"x --filter producer":                   "is not a param with its value",
		"x --filter =3":                         "is not a param with its value",
		"x --filter a=1 --filter a=2":           "names a twice",
		"x --facets --prices":                   "--prices shows",
		"x --server http://127.0.0.1:1":         "go with --facets or --filter",
		"x --currency EUR":                      "go with --facets or --filter",
		"x --facets --currency zloty":           "is not a currency",
		"x --facets --limit 0":                  "not between 1 and 1000",
		"x --facets --order size":               "is not one of name",
		"x --facets --server http://other.test": "to another machine",
	} {
		if code, _, errOut := run(t.Context(), append([]string{"search"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit code %d, %s", args, code, errOut)
		}
	}
}

// The table of a terminal: its lines fit, and what one would type is whole.
func TestFacetsFitTheTerminal(t *testing.T) {
	facets := []bridge.CatalogFacet{{Param: "category", Label: strings.Repeat("Kategoria ", 9), Options: []bridge.CatalogOption{
		{Value: "1214553882", Label: strings.Repeat("Aparaty i kamery ", 9), Count: 123456},
	}}}
	got := facetTable(facets, helpColumns)
	for line := range strings.Lines(got) {
		if display.StringWidth(strings.TrimRight(line, "\n")) > helpColumns {
			t.Errorf("too wide: %s", line)
		}
	}
	if !strings.Contains(got, "category=1214553882") || !strings.Contains(got, "123456") {
		t.Errorf("cut:\n%s", got)
	}
}
