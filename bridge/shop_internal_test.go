package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/shopapi"
	"octobridge/idosell"
)

// fill puts a value of its own into every field of a structure, so that one that
// is forgotten or swapped shows.
func fill(t *testing.T, value reflect.Value, count *int) {
	t.Helper()
	*count++
	switch value.Interface().(type) {
	case decimal.Decimal:
		value.Set(reflect.ValueOf(decimal.NewFromInt(int64(*count))))
		return
	case decimal.NullDecimal:
		value.Set(reflect.ValueOf(decimal.NewNullDecimal(decimal.NewFromInt(int64(*count)))))
		return
	case time.Time:
		value.Set(reflect.ValueOf(time.Unix(int64(*count), 0).UTC()))
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(fmt.Sprint("text ", *count))
	case reflect.Int64, reflect.Int:
		value.SetInt(int64(*count))
	case reflect.Uint8:
		value.SetUint(uint64(*count % 256))
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(t, value.Elem(), count)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		for i := range 2 {
			fill(t, value.Index(i), count)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(t, value.Field(i), count)
			}
		}
	default:
		t.Fatalf("no value for a %s", value.Type())
	}
}

func document(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// One document serves the API, `octobridge orders place` and what is stored.
func TestOrderOfTheAPIAndWhatIsStoredAreOneDocument(t *testing.T) {
	var stored orders.Request
	fill(t, reflect.ValueOf(&stored).Elem(), new(int))
	shown := shopRequest(&stored)
	if diff := cmp.Diff(document(t, stored), document(t, shown)); diff != "" {
		t.Errorf("shown is another document (-stored +shown):\n%s", diff)
	}
	if diff := cmp.Diff(document(t, stored), document(t, orderRequest(&shown))); diff != "" {
		t.Errorf("there and back (-stored +again):\n%s", diff)
	}
}

// Nothing that the API shows of an order is left empty where it is known.
func TestEverythingOfAnOrderIsShown(t *testing.T) {
	var order orders.Order
	fill(t, reflect.ValueOf(&order).Elem(), new(int))
	order.Parcels[0].TrackingURL, order.Parcels[1].TrackingURL = "https://a.example/1", "https://a.example/2"
	shown := reflect.ValueOf(*shopOrder(&order))
	for i := range shown.NumField() {
		if shown.Field(i).IsZero() {
			t.Errorf("%s is not filled", shown.Type().Field(i).Name)
		}
	}
	got := shopOrder(&order)
	if len(got.Goods) != 2 || !got.Goods[1].Price.Decimal.Equal(order.Goods[1].Gross.Decimal) || got.Parcels[1].Number != order.Parcels[1].Number || got.Parcels[1].TrackingURL != "https://a.example/2" {
		t.Errorf("goods %+v, parcels %+v", got.Goods, got.Parcels)
	}
}

func TestPointerOf(t *testing.T) {
	for path, want := range map[string]string{
		"": "", "reference": "/reference", "products[2].quantity": "/products/2/quantity", "customer.email": "/customer/email", "attachments[0].name": "/attachments/0/name",
	} {
		if got := pointerOf(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestShopFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want shopapi.UpstreamError
	}{
		"refused":      {&idosell.Error{Kind: idosell.KindFault, SendAgain: idosell.SendAgainNo}, shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainNo}},
		"login":        {&idosell.Error{Kind: idosell.KindLogin, SendAgain: idosell.SendAgainYes}, shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainYes}},
		"no answer":    {&idosell.Error{Kind: idosell.KindTimeout, SendAgain: idosell.SendAgainUnknown, RetryAfter: time.Minute}, shopapi.UpstreamError{SendAgain: shopapi.SendAgainUnknown, RetryAfter: time.Minute}},
		"wrapped":      {fmt.Errorf("asking: %w", &idosell.Error{Kind: idosell.KindNetwork, SendAgain: idosell.SendAgainYes}), shopapi.UpstreamError{SendAgain: shopapi.SendAgainYes}},
		"gate missing": {idosell.ErrGateMissing, shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainNo}},
		"stopping":     {idosell.ErrClosed, shopapi.UpstreamError{SendAgain: shopapi.SendAgainYes, RetryAfter: time.Second}},
	} {
		got, ok := errors.AsType[*shopapi.UpstreamError](shopFailure(c.err))
		if !ok || got.Refused != c.want.Refused || got.SendAgain != c.want.SendAgain || got.RetryAfter != c.want.RetryAfter {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for from, to := range map[error]error{orders.ErrNotFound: shopapi.ErrNotFound, orders.ErrReferenceTaken: shopapi.ErrReferenceTaken, orders.ErrTooLate: shopapi.ErrTooLate, nil: nil} {
		if got := shopFailure(from); !errors.Is(got, to) {
			t.Errorf("%v: %v, want %v", from, got, to)
		}
	}
	invalid, ok := errors.AsType[*shopapi.InvalidError](shopFailure(&orders.InvalidError{Field: "products[0].code", Problem: "is empty"}))
	if !ok || !cmp.Equal(invalid.Faults, []shopapi.Fault{{Pointer: "/products/0/code", Detail: "is empty"}}) {
		t.Errorf("invalid: %+v", invalid)
	}
}

func number(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

func TestSizeStock(t *testing.T) {
	none := decimal.NullDecimal{}
	for name, c := range map[string]struct {
		stock     idosell.Stock
		available bool
		quantity  decimal.NullDecimal
	}{
		"nothing is said":      {idosell.Stock{}, true, none},
		"the disposition":      {idosell.Stock{Dispositions: []idosell.SizeQuantity{{SizeID: "1", AllStocks: number("9")}, {SizeID: "2", AllStocks: number("3")}}}, true, number("3")},
		"none of it":           {idosell.Stock{Dispositions: []idosell.SizeQuantity{{SizeID: "2", AllStocks: number("0")}}}, false, number("0")},
		"some":                 {idosell.Stock{Dispositions: []idosell.SizeQuantity{{SizeID: "2", AllStocks: number("-1")}}}, true, none},
		"of another size only": {idosell.Stock{Dispositions: []idosell.SizeQuantity{{SizeID: "1", AllStocks: number("9")}}}, false, number("0")},
		"warehouses": {idosell.Stock{Warehouses: []idosell.WarehouseStock{
			{Sizes: []idosell.SizeQuantity{{SizeID: "2", Quantity: number("5"), Reservations: number("2")}, {SizeID: "1", Quantity: number("7")}}},
			{Sizes: []idosell.SizeQuantity{{SizeID: "2", Quantity: number("1"), Reservations: number("4")}}},
		}}, true, number("3")},
		"a warehouse with some": {idosell.Stock{Warehouses: []idosell.WarehouseStock{{Sizes: []idosell.SizeQuantity{{SizeID: "2", Quantity: number("-1")}}}}}, true, none},
	} {
		available, quantity := sizeStock(&c.stock, "2")
		if available != c.available || quantity.Valid != c.quantity.Valid || !quantity.Decimal.Equal(c.quantity.Decimal) {
			t.Errorf("%s: %v %v, want %v %v", name, available, quantity, c.available, c.quantity)
		}
	}
}

// An address that the wholesaler says nothing of may be anybody's.
func TestAddressesOfAnOrder(t *testing.T) {
	order := &orders.Order{SupplierID: "shop-1", Request: orders.Request{Recipient: orders.Address{LastName: "Nowak", Street: "Prosta 1", ZipCode: "00-001"}}}
	for name, c := range map[string]struct {
		address idosell.DeliveryAddress
		want    bool
	}{
		"the order's":            {idosell.DeliveryAddress{OrderID: "shop-1"}, true},
		"another order's":        {idosell.DeliveryAddress{OrderID: "shop-2", Address: idosell.Address{LastName: "Nowak", Street: "Prosta 1", ZipCode: "00-001"}}, false},
		"of no order, the same":  {idosell.DeliveryAddress{Address: idosell.Address{LastName: "nowak", Street: "Prosta 1 ", ZipCode: "00-001"}}, true},
		"of no order, elsewhere": {idosell.DeliveryAddress{Address: idosell.Address{LastName: "Nowak", Street: "Prosta 2", ZipCode: "00-001"}}, false},
	} {
		if got := ofOrder(&c.address, order); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
