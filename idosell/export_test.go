package idosell

import (
	"context"
	"reflect"
	"time"
)

// SkipPauses makes a client try again at once, and returns the pauses that it
// would have made.
func SkipPauses(c *Client) *[]time.Duration {
	var made []time.Duration
	c.pause = func(_ context.Context, d time.Duration) error {
		made = append(made, d)
		return nil
	}
	return &made
}

// DecodeOrders reads an Orders/get answer, as the client does after a call.
func DecodeOrders(body []byte) ([]Order, error) {
	return decodeFor[[]Order](body, OpGetOrders)
}

// DecodeBasket reads a Basket/get answer.
func DecodeBasket(body []byte) (Basket, error) { return decodeFor[Basket](body, OpGetBasket) }

func decodeFor[T any](body []byte, op Operation) (T, error) {
	var out T
	a, err := readAnswer(body, nil)
	if err != nil {
		return out, err
	}
	if a.soap != nil {
		return out, &Error{Kind: KindSOAPFault, Text: a.soap.text}
	}
	zone, err := time.LoadLocation(defaultZone)
	if err != nil {
		return out, err
	}
	err = decodeInto(a, &out, tableForTests.Gate(op), zone)
	return out, err
}

var tableForTests = DefaultGates()

// CheckMappings joins every type that the client sends or reads with the gate
// table, which panics where the two do not fit, and returns the paths of the
// table that no type uses.
func CheckMappings() []string {
	used := map[*Field]bool{}
	var mark func(m *mapping)
	mark = func(m *mapping) {
		for _, member := range m.members {
			used[member.field] = true
			if member.group != nil {
				mark(member.group)
			}
		}
	}
	join := func(typ reflect.Type, fields []Field) { mark(mappingOf(typ, fields)) }
	table := DefaultGates()
	for op, types := range map[Operation][2]reflect.Type{
		OpAuthenticate:       {nil, reflect.TypeFor[sessionAnswer]()},
		OpSupplier:           {nil, reflect.TypeFor[Supplier]()},
		OpAvailability:       {reflect.TypeFor[lineParams](), reflect.TypeFor[availabilityAnswer]()},
		OpImportBasket:       {reflect.TypeFor[importParams](), reflect.TypeFor[importAnswer]()},
		OpCouriers:           {reflect.TypeFor[courierCountry](), reflect.TypeFor[courierList]()},
		OpCouriersForOrder:   {reflect.TypeFor[CourierQuery](), reflect.TypeFor[courierOfferList]()},
		OpPlaceOrder:         {reflect.TypeFor[NewOrder](), reflect.TypeFor[PlacedOrder]()},
		OpGetOrders:          {reflect.TypeFor[orderParams](), reflect.TypeFor[Order]()},
		OpCancelOrder:        {reflect.TypeFor[orderID](), nil},
		OpDeliveryAddresses:  {reflect.TypeFor[AddressQuery](), reflect.TypeFor[DeliveryAddress]()},
		OpSetDeliveryAddress: {reflect.TypeFor[changedAddress](), reflect.TypeFor[changedAddress]()},
		OpSearchProducts:     {reflect.TypeFor[ProductQuery](), reflect.TypeFor[Product]()},
		OpGetProducts:        {reflect.TypeFor[productParams](), reflect.TypeFor[Product]()},
		OpGetBasket:          {nil, reflect.TypeFor[Basket]()},
		OpSetBasketQuantity:  {reflect.TypeFor[positionQuantity](), nil},
		OpRemoveFromBasket:   {reflect.TypeFor[basketPosition](), nil},
	} {
		spec := table.Gate(op)
		if types[0] != nil {
			join(types[0], spec.Params)
		}
		if types[1] != nil {
			join(types[1], spec.Results)
		}
		for _, f := range spec.Params {
			if f.Key == "page" || f.Key == "limit" {
				join(reflect.TypeFor[paging](), spec.Params)
				break
			}
		}
	}
	join(reflect.TypeFor[sessionParams](), table.Gate(OpGetOrders).Auth)
	join(reflect.TypeFor[loginParams](), table.Gate(OpAuthenticate).Auth)
	var unused []string
	for _, op := range table.Operations() {
		spec := table.Gate(op)
		known := map[string]*Field{}
		collectPaths("params", spec.Params, known)
		collectPaths("results", spec.Results, known)
		for path, field := range known {
			if !used[field] && op != OpCancelOrder && !(op == OpSetDeliveryAddress && path == "results.orderID") && path != "params.orderID" {
				unused = append(unused, string(op)+" "+path)
			}
		}
	}
	return unused
}

// DecodeFault returns the first fault on any level of an answer.
func DecodeFault(body []byte) (Fault, error) {
	a, err := readAnswer(body, nil)
	if err != nil {
		return Fault{}, err
	}
	if a.soap != nil || !a.fault.OK() {
		return a.fault, nil
	}
	return a.itemFault(), nil
}
