package sandbox

import (
	"slices"
	"strings"
	"testing"
)

func TestSearchFindsBySpelling(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	for name, test := range map[string]struct {
		params string
		want   []string
	}{
		"everything visible":        {"", []string{"101", "205", "410"}},
		"word":                      {"<containsText>kubek</containsText>", []string{"101"}},
		"without marks":             {"<containsText>LANCUCH</containsText>", []string{"410"}},
		"with marks":                {"<containsText>łańcuch</containsText>", []string{"410"}},
		"another language":          {"<containsText>trekking boots</containsText>", []string{"205"}},
		"all words":                 {"<containsText>kubek buty</containsText>", nil},
		"displayed code":            {"<containsText>trek-205</containsText>", []string{"205"}},
		"EAN":                       {"<containsText>5900000002057</containsText>", []string{"205"}},
		"id":                        {"<containsText>410</containsText>", []string{"410"}},
		"invisible by word":         {"<containsText>atlas</containsText>", nil},
		"invisible by id":           {"<productIds><item>309</item></productIds>", []string{"309"}},
		"ids":                       {"<productIds><item>410</item><item>101</item><item>7</item></productIds>", []string{"101", "410"}},
		"codes":                     {"<productCodes>" + item("productCode", "BUT-42", "codeType", "external") + item("productCode", "5900000001012", "codeType", "producer") + "</productCodes>", []string{"101", "205"}},
		"unknown code":              {"<productCodes>" + item("productCode", "nothing", "codeType", "external") + "</productCodes>", nil},
		"category with those below": {"<categoryId>10</categoryId>", []string{"101", "410"}},
		"leaf category":             {"<categoryId>12</categoryId>", []string{"101"}},
		"unknown category":          {"<categoryId>99</categoryId>", nil},
		"by price":                  {"<ordersBy>" + item("elementName", "price", "sortDirection", "ASC") + "</ordersBy>", []string{"410", "101", "205"}},
		"by price, falling":         {"<ordersBy>" + item("elementName", "price", "sortDirection", "DESC") + "</ordersBy>", []string{"205", "101", "410"}},
		"by name":                   {"<ordersBy>" + item("elementName", "name", "sortDirection", "ASC") + "</ordersBy>", []string{"205", "101", "410"}}, // Buty, Kubek, Taśma
		"by name in English":        {"<languageId>eng</languageId><ordersBy>" + item("elementName", "name") + "</ordersBy>", []string{"205", "410", "101"}},
		"a beginning counts more":   {"<containsText>t</containsText>", []string{"410", "205"}},
		"second page":               {"<resultsLimit>2</resultsLimit><resultsPage>1</resultsPage>", []string{"410"}},
	} {
		got := caller.call("Products/search", test.params)
		ids := got.texts("results/item/productId")
		wantCode := "0"
		if test.want == nil {
			wantCode = "2"
		}
		if !slices.Equal(ids, test.want) || got.code() != wantCode {
			t.Errorf("%s: %v with fault %s, want %v with %s", name, ids, got.code(), test.want, wantCode)
		}
	}
	for name, params := range map[string]string{
		"currency":  "<currencyId>EUR</currencyId>",
		"order":     "<ordersBy>" + item("elementName", "colour") + "</ordersBy>",
		"direction": "<ordersBy>" + item("elementName", "price", "sortDirection", "UP") + "</ordersBy>",
		"id":        "<productIds><item>one</item></productIds>",
		"category":  "<categoryId>one</categoryId>",
		"limit":     "<resultsLimit>101</resultsLimit>",
		"words":     "<containsText>" + strings.Repeat("a ", 33) + "</containsText>",
	} {
		if got := caller.call("Products/search", params); got.code() != "3" {
			t.Errorf("a bad %s: fault %s, want 3", name, got.code())
		}
	}
}

func TestProductsComeInTheAskedLanguage(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	for asked, want := range map[string][]string{"": {"pol", "eng"}, "eng": {"eng"}, "en": {"eng"}, "POL": {"pol"}, "ger": {"pol"}} {
		got := caller.must("Products/get", "<productParams>"+item("productId", "101")+"</productParams><languageId>"+asked+"</languageId>")
		if languages := got.texts("results/item/productDescriptionsLangData/item/langId"); !slices.Equal(languages, want) {
			t.Errorf("asked for %q: %v, want %v", asked, languages, want)
		}
	}
	got := caller.must("Products/get", "<productParams>"+item("productId", "101")+"</productParams><languageId>eng</languageId>")
	if path := got.text("results/item/categoryName"); path != "Home/Kitchen" {
		t.Errorf("category %q, want Home/Kitchen", path)
	}
	if ids := caller.must("Products/get", "").texts("results/item/productId"); !slices.Equal(ids, []string{"101", "205", "410"}) {
		t.Errorf("Products/get without a choice answers %v, want all visible ones", ids)
	}
}

func TestStockFollowsOrders(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	stock := func(path string) []string {
		return caller.must("Products/get", "<productParams>"+item("productId", "205")+"</productParams>").texts("results/item/productStocksData/" + path)
	}
	const sellable = "productSizesDispositions/item/productSizeQuantityAllStocks"
	if got := stock(sellable); !slices.Equal(got, []string{"4", "-1"}) {
		t.Errorf("sellable %v, want 4 and an unknown amount", got)
	}
	caller.fill("205-41", "3")
	caller.fill("205-42", "3")
	caller.place("")
	if got := stock(sellable); !slices.Equal(got, []string{"1", "-1"}) {
		t.Errorf("after an order sellable %v, want 1 and an unknown amount", got)
	}
	if got := stock("productStocksQuantities/item/productSizesData/item/productSizeReservations"); !slices.Equal(got, []string{"4", "0"}) {
		t.Errorf("reserved %v, want 4 and 0", got)
	}
}

// The answers hold only elements that the gate's own description, and so its
// WSDL, names.
func TestAnswersHoldOnlyDescribedElements(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	caller.fill("101", "1")
	for gate, params := range map[string]string{
		"Products/search": "", "Orders/get": "", "Basket/get": "", "Dropshipping/getCouriersForOrder": goodAddress,
		"Dropshipping/getSupplierData": "", "Clients/getDeliveryAddresses": "",
	} {
		name, method, _ := strings.Cut(gate, "/")
		results := caller.must(gate, params).part.all("results")[0]
		if findGate(name, method).list {
			for _, row := range results.Nodes {
				undescribed(t, gate, row, findGate(name, method).results)
			}
			continue
		}
		undescribed(t, gate, results, findGate(name, method).results)
	}
}

func undescribed(t *testing.T, at string, n *node, parts []described) {
	t.Helper()
	seen := map[string]bool{}
	for _, below := range n.Nodes {
		name := below.XMLName.Local
		seen[name] = true
		i := slices.IndexFunc(parts, func(d described) bool { return d.name == name })
		switch {
		case i < 0:
			t.Errorf("%s/%s is not in the gate's description", at, name)
		case parts[i].list && parts[i].parts != nil:
			for _, row := range below.Nodes {
				undescribed(t, at+"/"+name, row, parts[i].parts)
			}
		case parts[i].parts != nil:
			undescribed(t, at+"/"+name, below, parts[i].parts)
		}
	}
	for _, part := range parts {
		if !part.optional && !seen[part.name] {
			t.Errorf("%s lacks %s, which its description requires", at, part.name)
		}
	}
}
