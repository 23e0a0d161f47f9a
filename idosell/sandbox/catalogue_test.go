package sandbox_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"octobridge/idosell/sandbox"
)

func TestAssortmentIsLargeAndVaried(t *testing.T) {
	c := sandbox.Assortment()
	if len(c.Products) < 300 || len(c.Categories) < 25 || len(c.Producers) < 15 {
		t.Errorf("%d products, %d categories, %d producers, want 300, 25, 15", len(c.Products), len(c.Categories), len(c.Producers))
	}
	if c.Currency != "PLN" || !reflect.DeepEqual(c.Languages, []string{"pol", "eng"}) {
		t.Errorf("currency %s and languages %v, want PLN, pol and eng", c.Currency, c.Languages)
	}
	seen := map[string]int{}
	for _, p := range c.Products {
		count := map[string]bool{
			"VAT 23": p.VAT == 23, "VAT 8": p.VAT == 8, "VAT 5": p.VAT == 5,
			"promotion": p.Promotion.IsPositive(), "no promotion": p.Promotion.IsZero(),
			"suggested price": p.SRP.IsPositive(), "no suggested price": p.SRP.IsZero(),
			"series": p.SeriesID != 0, "sold by the metre": p.UnitName == "m", "sold by weight": p.UnitName == "kg",
			"one size": len(p.Sizes) == 1 && p.Sizes[0].ID == "uniw", "sizes": len(p.Sizes) > 1,
			"shoe sizes": len(p.Sizes) == 11 && p.Sizes[0].ID == "36" && p.Sizes[10].ID == "46",
			"clothes":    len(p.Sizes) == 6 && p.Sizes[0].Name == "XS" && p.Sizes[5].Name == "XXL",
			"invisible":  p.Invisible, "virtual": p.Type == "virtual", "bundle": p.Type == "bundle",
			"three pictures": p.Drawings >= 3,
			"a script":       strings.Contains(p.Longs["pol"], "<script"),
			"an onclick":     strings.Contains(p.Longs["pol"], "onclick="),
			"inline style":   strings.Contains(p.Longs["pol"], "style="),
			"an unclosed b":  strings.Count(p.Longs["pol"], "<b>") != strings.Count(p.Longs["pol"], "</b>"),
			"a list":         strings.Contains(p.Longs["pol"], "<li>"),
		}
		for _, size := range p.Sizes {
			count["sold out"] = count["sold out"] || size.Quantity == 0
			count["amount unknown"] = count["amount unknown"] || size.Quantity == -1
			count["reserved"] = count["reserved"] || size.Reserved > 0
			count["dearer size"] = count["dearer size"] || size.Retail.GreaterThan(p.Retail)
		}
		for kind, is := range count {
			if is {
				seen[kind]++
			} else {
				seen[kind] += 0
			}
		}
		for _, parameter := range p.Parameters {
			seen["parameter "+parameter.Names["pol"]]++
		}
	}
	seen["parameter Kolor"] += 0
	for kind, number := range seen {
		if number == 0 {
			t.Errorf("there is no product with: %s", kind)
		}
	}
	for _, parameter := range []string{"Kolor", "Materiał", "Moc"} {
		if seen["parameter "+parameter] < 5 {
			t.Errorf("only %d products have the parameter %s", seen["parameter "+parameter], parameter)
		}
	}
}

func TestAssortmentIsConsistent(t *testing.T) {
	c := sandbox.Assortment()
	parents := map[int64]bool{}
	depth := map[int]bool{}
	for id, category := range c.Categories {
		if category.ID != id || category.Names["pol"] == "" || category.Names["eng"] == "" {
			t.Errorf("the category %d is incomplete: %+v", id, category)
		}
		parents[category.ParentID] = true
		steps := 0
		for at := id; at != 0; at = c.Categories[at].ParentID {
			if steps++; steps > 3 {
				t.Fatalf("the category %d is deeper than three levels, or above itself", id)
			}
		}
		depth[steps] = true
	}
	if !depth[2] || !depth[3] {
		t.Error("the category tree needs two and three levels")
	}
	ids, codes := map[int64]bool{}, map[string]string{}
	unique := func(kind, code, owner string) {
		if before, taken := codes[kind+code]; code == "" || taken {
			t.Errorf("%s: the %s %q is missing or belongs to %s", owner, kind, code, before)
		}
		codes[kind+code] = owner
	}
	last := int64(0)
	for _, p := range c.Products {
		name := p.Names["pol"]
		if p.ID <= last || ids[p.ID] {
			t.Errorf("%s: the id %d is not above %d", name, p.ID, last)
		}
		last, ids[p.ID] = p.ID, true
		unique("displayed code", p.Code, name)
		unique("Polish name", name, name)
		unique("English name", p.Names["eng"], name)
		if _, known := c.Categories[p.CategoryID]; !known || parents[p.CategoryID] {
			t.Errorf("%s: the category %d is not a leaf", name, p.CategoryID)
		}
		if c.Producers[p.ProducerID] == "" || p.SeriesID != 0 && c.Series[p.SeriesID]["pol"] == "" {
			t.Errorf("%s: producer %d or series %d is unknown", name, p.ProducerID, p.SeriesID)
		}
		for _, language := range c.Languages {
			if p.Names[language] == "" || p.Shorts[language] == "" || p.Longs[language] == "" {
				t.Errorf("%s: a text is missing in %s", name, language)
			}
		}
		sizes := map[string]bool{}
		for _, size := range p.Sizes {
			if size.ID == "" || size.Name == "" || sizes[size.ID] || size.Quantity < -1 || size.Reserved < 0 || size.Reserved > max(size.Quantity, 0) {
				t.Errorf("%s: the size %+v is wrong", name, size)
			}
			sizes[size.ID] = true
			unique("external code", size.CodeExternal, name)
			unique("EAN", size.CodeProducer, name)
			if !rightEAN(size.CodeProducer) {
				t.Errorf("%s: %s is not an EAN-13 of ours", name, size.CodeProducer)
			}
		}
		checkPrices(t, p)
	}
}

// rightEAN checks the digits by the definition of GS1: the sum of all thirteen,
// every second one three times, is a multiple of ten.
func rightEAN(code string) bool {
	if !regexp.MustCompile(`^590999[0-9]{7}$`).MatchString(code) {
		return false
	}
	sum := 0
	for i := 0; i < 13; i += 2 {
		sum += int(code[i] - '0')
	}
	for i := 1; i < 13; i += 2 {
		sum += 3 * int(code[i]-'0')
	}
	return sum%10 == 0
}

func checkPrices(t *testing.T, p sandbox.Product) {
	t.Helper()
	name := p.Names["pol"]
	retail := p.Retail
	if p.Promotion.IsPositive() {
		retail = p.Promotion
	}
	if !p.Wholesale.IsPositive() || !p.Wholesale.LessThan(retail) || p.Promotion.GreaterThanOrEqual(p.Retail) ||
		p.SRP.IsPositive() && p.SRP.LessThan(p.Retail) || p.Retail.GreaterThan(decimal.NewFromInt(5000)) {
		t.Errorf("%s: wholesale %s, retail %s, promotion %s, suggested %s do not fit together", name, p.Wholesale, p.Retail, p.Promotion, p.SRP)
	}
	for _, price := range []decimal.Decimal{p.Wholesale, p.Retail, p.Promotion, p.SRP} {
		if !price.Equal(price.Round(2)) {
			t.Errorf("%s: %s is not an amount in zlotys and groszy", name, price)
		}
	}
	for _, size := range p.Sizes {
		if size.Wholesale.IsZero() != size.Retail.IsZero() || size.Wholesale.GreaterThan(size.Retail) {
			t.Errorf("%s: the size %s costs %s, sold at %s", name, size.ID, size.Wholesale, size.Retail)
		}
	}
}

// What shops search for must be there, in the words of customers.
func TestAssortmentHoldsEverydayGoods(t *testing.T) {
	var titles strings.Builder
	for _, p := range sandbox.Assortment().Products {
		titles.WriteString(strings.ToLower(p.Names["pol"]) + "\n")
	}
	for _, word := range []string{"kubek", "żółty", "talerz", "łańcuch rowerowy", "łańcuszek", "łóżko", "szafa", "buty trekkingowe", "butelka termiczna",
		"plecak trekkingowy", "pled", "sukienka letnia", "koszula", "spodnie dresowe", "spódnica", "klucz nasadowy", "klocki", "wiertło", "wiertarka",
		"śruba zamkowa", "żarówka led", "ręcznik kąpielowy", "pompka ręczna", "młotek ślusarski", "gwoździe", "krzesło biurowe", "krzesło dziecięce",
		"stolik kawowy", "stół", "stołek", "lampka nocna", "świeca zapachowa", "świeczki", "świecznik", "poduszka ogrodowa", "kabel", "kabina",
		"przewód", "przewodnik", "rower dziecięcy", "rower górski", "rowerek"} {
		if !strings.Contains(titles.String(), word) {
			t.Errorf("no title holds %q", word)
		}
	}
}

func TestAssortmentIsTheSameAndTheCallersOwn(t *testing.T) {
	first := sandbox.Assortment()
	first.Products[0].Names["pol"] = "zmienione"
	first.Products[0].Sizes[0].Quantity = 12345
	delete(first.Categories, first.Products[0].CategoryID)
	second, third := sandbox.Assortment(), sandbox.Assortment()
	if second.Products[0].Names["pol"] == "zmienione" || second.Products[0].Sizes[0].Quantity == 12345 ||
		second.Categories[second.Products[0].CategoryID].ID == 0 {
		t.Error("a change to one catalogue shows in the next")
	}
	if !reflect.DeepEqual(second, third) {
		t.Error("two calls return different assortments")
	}
}
