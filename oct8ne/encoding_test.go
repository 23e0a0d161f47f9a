package oct8ne_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"octobridge/oct8ne"
)

// fill sets every field of a value to something of its own: strings to their
// number, numbers to theirs, lists to two items.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d ż\"<&>", *n))
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(*n%2 == 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("fill does not know " + v.Kind().String())
	}
}

func filled[T any]() (value T) {
	n := 0
	fill(reflect.ValueOf(&value).Elem(), &n)
	return value
}

// TestAnswersMatchTheTags compares what Mount writes by hand with what
// encoding/json makes of the types and their tags, with every field filled.
func TestAnswersMatchTheTags(t *testing.T) {
	details := filled[oct8ne.OrderDetails]()
	f := &fake{
		infos: filled[[]oct8ne.ProductInfo](), found: filled[oct8ne.SearchResult](), related: filled[oct8ne.RelatedResult](),
		customer: filled[oct8ne.CustomerData](), cart: filled[oct8ne.Cart](), orders: filled[[]oct8ne.Order](),
		details: &details, sales: filled[[]oct8ne.Sale](),
	}
	base := mount(t, f, oct8ne.Options{})
	for method, value := range map[string]any{
		"productInfo": f.infos, "productSummary": f.found.Results, "search": f.found, "productRelated": f.related,
		"customerData": f.customer, "getCart": f.cart, "getOrders": f.orders, "getOrderDetails": f.details, "getSalesReport": f.sales,
	} {
		want, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, base+"/oct8ne/frame/"+method+"?"+every[method]).body; !sameJSON(t, got, string(want)) {
			t.Errorf("%s:\n%s\nwant\n%s", method, got, want)
		}
	}
}

// TestGolden compares answers with files that were written by hand from the
// contract and API 2.4's examples.
func TestGolden(t *testing.T) {
	price, before := "1,500.00 €", "2,000.00 €"
	summary := oct8ne.ProductSummary{
		InternalID: "23", Title: "Product title", FormattedPrice: &price, FormattedPrevPrice: &before,
		ProductURL: "//shop.example/product/23", Thumbnail: "//shop.example/thumbs/23.jpg",
	}
	id, first, last, email := "1234", "John", "Doe", "johndoe@shop.example"
	order := oct8ne.Order{Date: "2019-02-28 16:19:15", Reference: "VFIYYMABU", Total: "55,30\u00a0€", Currency: "EUR",
		LabelState: "Waiting for payment by check"}
	f := &fake{
		infos: []oct8ne.ProductInfo{{
			InternalID: "23", Title: "Product title", Description: "This is the <b>product description</b>",
			FormattedPrice: &price, FormattedPrevPrice: &before, UseProductURL: true, ProductURL: "//shop.example/product/23",
			AddToCartURL: "//shop.example/cart/ajax/add/23", Thumbnail: "//shop.example/thumbs/23.jpg",
		}},
		found: oct8ne.SearchResult{Total: 1, Results: []oct8ne.ProductSummary{summary}, Filters: oct8ne.Filters{
			Applied:   []oct8ne.AppliedFilter{{Param: "category", ParamLabel: "Product category", Value: "18", ValueLabel: "Sports"}},
			Available: []oct8ne.AvailableFilter{{Param: "price", ParamLabel: "Price range", Options: []oct8ne.FilterOption{{Value: "0", ValueLabel: "0-99", Count: "1"}}}},
		}},
		customer: oct8ne.CustomerData{ID: &id, FirstName: &first, LastName: &last, Email: &email,
			Cart: []oct8ne.ProductInCart{{ProductSummary: summary, Quantity: 3}}},
		cart:   oct8ne.Cart{Price: &before, FinalPrice: &price, Currency: "EUR", TotalItems: 3, Lines: []oct8ne.CartLine{{InternalID: "23", Title: "Product title", Quantity: 3}}},
		orders: []oct8ne.Order{order},
		details: &oct8ne.OrderDetails{Order: order, Carrier: "My carrier", TrackingNumber: "XXXXX", TrackingURL: "https://carrier.example/XXXXX",
			Products: []oct8ne.OrderProduct{{Quantity: "3", Name: "Brown bear notebook Paper & more"}},
			Comments: []oct8ne.Comment{{Message: "Leave it in the porter", Customer: true}}},
		sales: []oct8ne.Sale{{QuoteID: "77", OrderID: "9", SessionID: "s", CustomerID: "1234", Price: "10.00", FinalPrice: "9.00", Currency: "EUR",
			ProductsCount: "1", ItemsCount: "2", LastAction: "C", UTCCreated: "2026-11-01 10:00:00", UTCLastUpdated: "2026-11-01 10:00:00"}},
	}
	base := mount(t, f, oct8ne.Options{})
	for _, method := range []string{"productInfo", "search", "customerData", "getCart", "getAdapterInfo", "getOrders", "getOrderDetails", "getSalesReport"} {
		want, err := os.ReadFile(filepath.Join("testdata", "answers", method+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, base+"/oct8ne/frame/"+method+"?"+every[method]).body; !sameJSON(t, got, string(want)) {
			t.Errorf("%s:\n%s\nwant\n%s", method, got, want)
		}
	}
}
