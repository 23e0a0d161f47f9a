package idosell

// This file is the one place that knows CustomerAPI's gates and element names.
// All element names are an assumption taken over from the admin API's
// vocabulary (gates.md, idosell-wire.md); an override file changes them.

// Operation names one thing that CustomerAPI can do, in octobridge's own words.
type Operation string

// The operations.
const (
	OpAuthenticate       Operation = "authenticate"
	OpSupplier           Operation = "supplier"
	OpAvailability       Operation = "availability"
	OpImportBasket       Operation = "import-basket"
	OpCouriers           Operation = "couriers"
	OpCouriersForOrder   Operation = "couriers-for-order"
	OpPlaceOrder         Operation = "place-order"
	OpGetOrders          Operation = "get-orders"
	OpCancelOrder        Operation = "cancel-order"
	OpDeliveryAddresses  Operation = "delivery-addresses"
	OpSetDeliveryAddress Operation = "set-delivery-address"
	OpSearchProducts     Operation = "search-products"
	OpGetProducts        Operation = "get-products"
	OpGetBasket          Operation = "get-basket"
	OpClearBasket        Operation = "clear-basket"
	OpSetBasketQuantity  Operation = "set-basket-quantity"
	OpRemoveFromBasket   Operation = "remove-from-basket"
)

// ValueType is how a value is written on the wire.
type ValueType int

// The value types of gates.md.
const (
	Text     ValueType = iota
	Int                // whole number
	Number             // decimal number, as text
	Flag               // y or n
	DateTime           // YYYY-MM-DD HH:MM:SS in the wholesaler's time zone
	Group              // elements of its own
)

// Field is one element: the key by which this package knows it, and the name it
// has on the wire. Names are matched without regard to case and underscores.
type Field struct {
	Key     string
	Name    string
	Aliases []string
	Type    ValueType
	List    bool // an array of items
	Always  bool // written even when empty
	Fields  []Field
}

// GateSpec describes the gate behind an Operation.
type GateSpec struct {
	Operation Operation
	Gate      string
	Method    string
	Version   int
	Part      string // name of the request's part; the method's name when empty
	Namespace string // of the request; the gate's name when empty
	Changes   bool   // changes something at the wholesaler: never sent twice
	Optional  bool   // a wholesaler may lack it
	EmptyOn2  bool   // fault 2 means an empty list
	Auth      []Field
	Params    []Field
	Results   []Field
	ListOf    bool // the results are a list of Results
}

// Name is the gate's name as people know it: "Orders/get".
func (g *GateSpec) Name() string { return g.Gate + "/" + g.Method }

// The elements that every request and answer has in common.
var (
	sessionFields = []Field{
		{Key: "sessionKey", Name: "sessionKey", Always: true},
		{Key: "dropshippingKey", Name: "dropshippingKey", Always: true},
	}
	loginFields = []Field{
		{Key: "login", Name: "login", Aliases: []string{"systemLogin", "userLogin"}, Always: true},
		{Key: "systemKey", Name: "systemKey", Aliases: []string{"authenticateKey"}, Always: true},
	}
	authenticateName = "authenticate"
	errorsNames      = []string{"errors", "error"}
	resultsNames     = []string{"results", "result", "response"}
	codeNames        = []string{"faultCode"}
	textNames        = []string{"faultString"}

	pagingParams = []Field{
		{Key: "page", Name: "resultsPage", Type: Int, Always: true},
		{Key: "limit", Name: "resultsLimit", Type: Int, Always: true},
	}
	pagingAnswer = []Field{
		{Key: "total", Name: "resultsNumberAll", Type: Int},
		{Key: "pages", Name: "resultsNumberPage", Type: Int},
		{Key: "page", Name: "resultsPage", Type: Int},
		{Key: "limit", Name: "resultsLimit", Type: Int},
	}
)

// address returns the elements of an address; each may carry one of the
// prefixes on the wire.
func address(prefixes ...string) []Field {
	fields := []Field{
		{Key: "firstName", Name: "firstName", Always: true},
		{Key: "lastName", Name: "lastName", Always: true},
		{Key: "firm", Name: "firm"},
		{Key: "nip", Name: "nip"},
		{Key: "street", Name: "street", Always: true},
		{Key: "zipCode", Name: "zipCode", Always: true},
		{Key: "city", Name: "city", Always: true},
		{Key: "province", Name: "province"},
		{Key: "countryID", Name: "countryId", Always: true},
		{Key: "phone1", Name: "phone1"},
		{Key: "phone2", Name: "phone2"},
		{Key: "email", Name: "email"},
	}
	for i := range fields {
		for _, prefix := range prefixes {
			fields[i].Aliases = append(fields[i].Aliases, prefix+fields[i].Name)
		}
	}
	return fields
}

func deliveryAddress() []Field {
	return append([]Field{
		{Key: "id", Name: "deliveryAddressId", Aliases: []string{"clientDeliveryAddressId", "id"}, Type: Int, Always: true},
		{Key: "orderID", Name: "orderId"},
	}, address("clientDeliveryAddress", "deliveryAddress", "clientDelivery", "delivery", "client")...)
}

var (
	quantityAliases = []string{"productQuantity"}
	codeAliases     = []string{"code"}
	orderIDField    = Field{Key: "id", Name: "orderId", Always: true}
	orderSerial     = Field{Key: "serialNumber", Name: "orderSerialNumber", Aliases: []string{"orderSn"}, Type: Int}
	orderStatus     = Field{Key: "status", Name: "orderStatus"}

	askedLine = []Field{
		{Key: "code", Name: "productCode", Aliases: codeAliases, Always: true},
		{Key: "codeType", Name: "codeType", Always: true},
		{Key: "quantity", Name: "quantity", Aliases: quantityAliases, Type: Number, Always: true},
	}
	answeredLine = []Field{
		{Key: "code", Name: "productCode", Aliases: codeAliases},
		{Key: "codeType", Name: "codeType"},
		{Key: "productID", Name: "productId", Type: Int},
		{Key: "sizeID", Name: "sizeId"},
		{Key: "productName", Name: "productName"},
		{Key: "available", Name: "available", Type: Flag},
		{Key: "availableQuantity", Name: "availableQuantity", Type: Number},
		{Key: "priceNet", Name: "price", Type: Number},
		{Key: "priceGross", Name: "priceGross", Type: Number},
		{Key: "vat", Name: "vat", Type: Number},
	}
	courier = []Field{
		{Key: "id", Name: "courierId", Aliases: []string{"id"}, Type: Int},
		{Key: "name", Name: "name", Aliases: []string{"courierName"}},
		{Key: "hasPickupPoints", Name: "hasPickupPoints", Aliases: []string{"pickup"}, Type: Flag},
		{Key: "trackingURL", Name: "trackingUrl"},
		{Key: "payments", Name: "payments", List: true},
		{Key: "countries", Name: "countries", List: true},
	}
	basketLine = []Field{
		{Key: "position", Name: "basketPosition", Type: Int},
		{Key: "productID", Name: "productId", Type: Int},
		{Key: "sizeID", Name: "sizeId"},
		{Key: "productCode", Name: "productCode", Aliases: codeAliases},
		{Key: "productName", Name: "productName"},
		{Key: "quantity", Name: "quantity", Aliases: quantityAliases, Type: Number},
		{Key: "priceNet", Name: "price", Type: Number},
		{Key: "priceGross", Name: "priceGross", Type: Number},
		{Key: "comment", Name: "comment"},
	}
	productSize = []Field{
		{Key: "id", Name: "sizeId"},
		{Key: "name", Name: "sizePanelName", Aliases: []string{"sizeName"}},
		{Key: "codeExternal", Name: "productSizeCodeExternal", Aliases: []string{"productSizecode"}},
		{Key: "codeProducer", Name: "productSizeCodeProducer"},
		{Key: "retailPrice", Name: "productRetailPrice", Type: Number},
		{Key: "wholesalePrice", Name: "productWholesalePrice", Type: Number},
		{Key: "weight", Name: "productSizeWeight", Type: Int},
	}
	sizeQuantity = []Field{
		{Key: "sizeID", Name: "sizeId"},
		{Key: "quantity", Name: "productSizeQuantity", Aliases: []string{"quantity"}, Type: Number},
		{Key: "reservations", Name: "productSizeReservations", Type: Number},
		{Key: "allStocks", Name: "productSizeQuantityAllStocks", Type: Number},
	}
	product = []Field{
		{Key: "id", Name: "productId", Type: Int},
		{Key: "displayedCode", Name: "productDisplayedCode"},
		{Key: "producerID", Name: "producerId", Type: Int},
		{Key: "producerName", Name: "producerName"},
		{Key: "categoryID", Name: "categoryId", Type: Int},
		{Key: "categoryName", Name: "categoryName"},
		{Key: "seriesID", Name: "seriesId", Type: Int},
		{Key: "seriesName", Name: "seriesName"},
		{Key: "currency", Name: "currencyId"},
		{Key: "retailPrice", Name: "productRetailPrice", Type: Number},
		{Key: "wholesalePrice", Name: "productWholesalePrice", Type: Number},
		{Key: "srpPrice", Name: "productSrpPrice", Type: Number},
		{Key: "promotionPrice", Name: "productPromotionPrice", Type: Number},
		{Key: "vat", Name: "productVat", Type: Number},
		{Key: "vatFree", Name: "productVatFree", Type: Flag},
		{Key: "weight", Name: "productWeight", Type: Int},
		{Key: "visible", Name: "productIsVisible", Type: Flag},
		{Key: "deleted", Name: "productIsDeleted", Type: Flag},
		{Key: "unit", Name: "productUnit", Type: Group, Fields: []Field{
			{Key: "id", Name: "unitId", Type: Int},
			{Key: "name", Name: "unitName"},
			{Key: "precision", Name: "unitPrecision", Type: Int},
		}},
		{Key: "sellByRetail", Name: "productSellByRetail", Type: Number},
		{Key: "sellByWholesale", Name: "productSellByWholesale", Type: Number},
		{Key: "cardURL", Name: "productCardUrl"},
		{Key: "texts", Name: "productDescriptionsLangData", Type: Group, List: true, Fields: []Field{
			{Key: "language", Name: "langId"},
			{Key: "name", Name: "productName"},
			{Key: "shortDescription", Name: "productDescription"},
			{Key: "longDescription", Name: "productLongDescription"},
		}},
		{Key: "images", Name: "productImages", Type: Group, List: true, Fields: []Field{
			{Key: "id", Name: "productImageId"},
			{Key: "largeURL", Name: "productImageLargeUrl"},
			{Key: "smallURL", Name: "productImageSmallUrl"},
		}},
		{Key: "sizes", Name: "productSizesAttributes", Type: Group, List: true, Fields: productSize},
		{Key: "stock", Name: "productStocksData", Type: Group, Fields: []Field{
			{Key: "warehouses", Name: "productStocksQuantities", Type: Group, List: true, Fields: []Field{
				{Key: "warehouseID", Name: "stockId", Type: Int},
				{Key: "sizes", Name: "productSizesData", Type: Group, List: true, Fields: sizeQuantity},
			}},
			{Key: "dispositions", Name: "productSizesDispositions", Aliases: []string{"productSizesDispositionsInSales"}, Type: Group, List: true, Fields: sizeQuantity},
		}},
	}
	productCode = Field{Key: "codes", Name: "productCodes", Type: Group, List: true, Fields: []Field{
		{Key: "code", Name: "productCode", Aliases: codeAliases, Always: true},
		{Key: "codeType", Name: "codeType", Always: true},
	}}
	language = Field{Key: "language", Name: "languageId"}
	currency = Field{Key: "currency", Name: "currencyId"}

	orderLine = []Field{
		{Key: "productID", Name: "productId", Type: Int},
		{Key: "productName", Name: "productName"},
		{Key: "productCode", Name: "productCode", Aliases: codeAliases},
		{Key: "sizeID", Name: "sizeId"},
		{Key: "sizeName", Name: "sizePanelName"},
		{Key: "codeExternal", Name: "productSizeCodeExternal"},
		{Key: "quantity", Name: "productQuantity", Aliases: []string{"quantity"}, Type: Number},
		{Key: "price", Name: "productOrderPrice", Type: Number},
		{Key: "vat", Name: "productVat", Type: Number},
		{Key: "remarks", Name: "remarksToProduct"},
		{Key: "basketPosition", Name: "basketPosition", Type: Int},
	}
	parcel = []Field{
		{Key: "number", Name: "deliveryPackageNumber"},
		{Key: "shippingNumber", Name: "deliveryShippingNumber"},
		{Key: "trackingURL", Name: "trackingUrl"},
	}
	dispatch = []Field{
		{Key: "courierID", Name: "courierId", Type: Int},
		{Key: "courierName", Name: "courierName"},
		{Key: "packageID", Name: "deliveryPackageId"},
		{Key: "deliveryDate", Name: "deliveryDate", Type: DateTime},
		{Key: "estimatedDelivery", Name: "estimatedDeliveryDate", Type: DateTime},
		{Key: "parcels", Name: "packages", Type: Group, List: true, Fields: parcel},
	}
	order = []Field{
		orderIDField,
		orderSerial,
		{Key: "type", Name: "orderType"},
		{Key: "client", Name: "clientResult", Type: Group, Fields: []Field{
			{Key: "billing", Name: "clientBillingAddress", Type: Group, Fields: address("client", "clientBillingAddress", "billingAddress")},
			{Key: "delivery", Name: "clientDeliveryAddress", Aliases: []string{"deliveryAddress"}, Type: Group, Fields: deliveryAddress()},
			{Key: "payer", Name: "payerAddress", Type: Group, Fields: address("payerAddress", "payer", "client")},
			{Key: "pickupPoint", Name: "clientPickupPointAddress", Type: Group, Fields: []Field{
				{Key: "id", Name: "pickupPointId"},
				{Key: "name", Name: "name"},
				{Key: "street", Name: "street"},
				{Key: "zipCode", Name: "zipCode"},
				{Key: "city", Name: "city"},
				{Key: "description", Name: "description"},
			}},
			{Key: "account", Name: "clientAccount", Type: Group, Fields: []Field{
				{Key: "id", Name: "clientId"},
				{Key: "login", Name: "clientLogin"},
				{Key: "email", Name: "clientEmail"},
				{Key: "externalCode", Name: "clientCodeExternal"},
			}},
		}},
		{Key: "details", Name: "orderDetails", Type: Group, Fields: []Field{
			orderStatus,
			{Key: "dropshippingStatus", Name: "dropshippingOrderStatus"},
			{Key: "addedAt", Name: "orderAddDate", Type: DateTime},
			{Key: "changedAt", Name: "orderChangeDate", Type: DateTime},
			{Key: "dispatchedAt", Name: "orderDispatchDate", Type: DateTime},
			{Key: "clientNote", Name: "clientNoteToOrder"},
			{Key: "courierNote", Name: "clientNoteToCourier"},
			{Key: "sellerNote", Name: "orderNote"},
			{Key: "payment", Name: "payments", Type: Group, Fields: []Field{
				{Key: "type", Name: "orderPaymentType"},
				{Key: "days", Name: "orderPaymentDays", Type: Int},
				{Key: "costs", Name: "orderCurrency", Type: Group, Fields: []Field{
					{Key: "currency", Name: "currencyId"},
					{Key: "products", Name: "orderProductsCost", Type: Number},
					{Key: "delivery", Name: "orderDeliveryCost", Type: Number},
					{Key: "payForm", Name: "orderPayformCost", Type: Number},
					{Key: "insurance", Name: "orderInsuranceCost", Type: Number},
				}},
			}},
			{Key: "dispatch", Name: "dispatch", Type: Group, Fields: dispatch},
			{Key: "lines", Name: "productsResults", Type: Group, List: true, Fields: orderLine},
		}},
	}
)

func list(key, name string, fields []Field) Field {
	return Field{Key: key, Name: name, Type: Group, List: true, Always: true, Fields: fields}
}

func with(fields []Field, more ...Field) []Field {
	return append(append([]Field(nil), fields...), more...)
}

// defaultGates is the gate table (gates.md). Fault 2 means an empty list for
// orders, products and addresses, and is an error elsewhere.
var defaultGates = []GateSpec{
	{Operation: OpAuthenticate, Gate: "Authenticate", Method: "authenticate", Version: 1,
		Results: []Field{
			{Key: "sessionKey", Name: "sessionKey"},
			{Key: "lifetime", Name: "sessionLifeTime", Type: Int},
		}},
	{Operation: OpSupplier, Gate: "Dropshipping", Method: "getSupplierData", Version: 1,
		Results: []Field{
			{Key: "name", Name: "name"}, {Key: "email", Name: "email"}, {Key: "phone", Name: "phone"}, {Key: "www", Name: "www"},
			{Key: "street", Name: "street"}, {Key: "zipCode", Name: "zipCode"}, {Key: "city", Name: "city"},
			{Key: "countryID", Name: "countryId"}, currency, {Key: "deliveryDays", Name: "deliveryDays", Type: Int},
		}},
	{Operation: OpAvailability, Gate: "Dropshipping", Method: "basketVerification", Version: 1,
		Params:  []Field{list("lines", "products", askedLine)},
		Results: []Field{list("lines", "products", answeredLine)}},
	{Operation: OpImportBasket, Gate: "Dropshipping", Method: "basketImport", Version: 1, Changes: true,
		Params: []Field{
			list("lines", "products", with(askedLine, Field{Key: "comment", Name: "comment"})),
			{Key: "comment", Name: "comment"},
			{Key: "attachments", Name: "attachments", Type: Group, List: true, Fields: []Field{
				{Key: "file", Name: "file", Always: true}, {Key: "name", Name: "name", Always: true},
			}},
		},
		Results: []Field{list("lines", "products", with(answeredLine, Field{Key: "basketPosition", Name: "basketPosition", Type: Int}))}},
	{Operation: OpCouriers, Gate: "Dropshipping", Method: "getCouriers", Version: 1,
		Params:  []Field{{Key: "countryID", Name: "countryId"}},
		Results: []Field{list("couriers", "couriers", courier)}},
	{Operation: OpCouriersForOrder, Gate: "Dropshipping", Method: "getCouriersForOrder", Version: 1,
		Params: []Field{
			{Key: "deliveryAddress", Name: "deliveryAddress", Type: Group, Always: true, Fields: address()},
			{Key: "paymentType", Name: "paymentType"},
		},
		Results: []Field{list("couriers", "couriers", with(courier,
			Field{Key: "costNet", Name: "cost", Type: Number}, Field{Key: "costGross", Name: "costGross", Type: Number}, currency,
			Field{Key: "deliveryDays", Name: "deliveryDays", Type: Int}, Field{Key: "maxWeight", Name: "maxWeight", Type: Int}))}},
	{Operation: OpPlaceOrder, Gate: "Dropshipping", Method: "placeOrder", Version: 1, Changes: true,
		Params: []Field{
			{Key: "deliveryAddress", Name: "deliveryAddress", Type: Group, Always: true, Fields: address()},
			{Key: "pickupPointID", Name: "pickupPointId"},
			{Key: "courierID", Name: "courierId", Type: Int, Always: true},
			{Key: "paymentType", Name: "paymentType", Always: true},
			{Key: "payerAddress", Name: "payerAddress", Type: Group, Fields: address()},
			{Key: "billingAddress", Name: "billingAddress", Type: Group, Fields: address()},
			{Key: "clientNote", Name: "clientNoteToOrder"},
			{Key: "courierNote", Name: "clientNoteToCourier"},
			{Key: "deliveryDate", Name: "deliveryDate", Type: DateTime},
		},
		Results: []Field{orderIDField, orderSerial, orderStatus}},
	{Operation: OpGetOrders, Gate: "Orders", Method: "get", Version: 1, EmptyOn2: true, ListOf: true,
		Params: with([]Field{
			{Key: "ids", Name: "ordersIds", List: true},
			{Key: "serialNumbers", Name: "ordersSerialNumbers", Type: Int, List: true},
			{Key: "statuses", Name: "ordersStatuses", List: true},
			{Key: "range", Name: "ordersRange", Type: Group, Fields: []Field{
				{Key: "dates", Name: "ordersDateRange", Type: Group, Fields: []Field{
					{Key: "type", Name: "ordersDateType"},
					{Key: "begin", Name: "ordersDateBegin", Type: DateTime},
					{Key: "end", Name: "ordersDateEnd", Type: DateTime},
				}},
			}},
		}, pagingParams...),
		Results: order},
	{Operation: OpCancelOrder, Gate: "Orders", Method: "cancel", Version: 1, Changes: true, Optional: true,
		Params: []Field{orderIDField}, Results: []Field{orderStatus}},
	{Operation: OpDeliveryAddresses, Gate: "Clients", Method: "getDeliveryAddresses", Version: 1, EmptyOn2: true, ListOf: true,
		Params:  with([]Field{{Key: "orderIDs", Name: "ordersIds", List: true}}, pagingParams...),
		Results: deliveryAddress()},
	{Operation: OpSetDeliveryAddress, Gate: "Clients", Method: "setDeliveryAddress", Version: 1, Changes: true,
		Params: deliveryAddress(), Results: deliveryAddress()},
	{Operation: OpSearchProducts, Gate: "Products", Method: "search", Version: 1, EmptyOn2: true, ListOf: true,
		Params: with([]Field{
			{Key: "text", Name: "containsText"},
			{Key: "ids", Name: "productIds", Type: Int, List: true},
			productCode,
			{Key: "categoryID", Name: "categoryId", Type: Int},
			language, currency,
			{Key: "orderBy", Name: "ordersBy", Type: Group, List: true, Fields: []Field{
				{Key: "element", Name: "elementName", Always: true}, {Key: "direction", Name: "sortDirection", Always: true},
			}},
		}, pagingParams...),
		Results: product},
	// gates.md has no row for Products/get, though idosell.md lists it: that its
	// parameters are the admin gate's productParams and its results those of
	// Products/search is an assumption of this table.
	{Operation: OpGetProducts, Gate: "Products", Method: "get", Version: 1, EmptyOn2: true, ListOf: true,
		Params: with([]Field{
			{Key: "products", Name: "productParams", Type: Group, List: true, Fields: []Field{{Key: "id", Name: "productId", Type: Int, Always: true}}},
			productCode, language, currency,
		}, pagingParams...),
		Results: product},
	{Operation: OpGetBasket, Gate: "Basket", Method: "get", Version: 1,
		Results: []Field{
			list("lines", "products", basketLine), currency,
			{Key: "worthNet", Name: "worthNet", Type: Number},
			{Key: "worthGross", Name: "worthGross", Type: Number},
		}},
	{Operation: OpClearBasket, Gate: "Basket", Method: "clear", Version: 1, Changes: true, Optional: true},
	{Operation: OpSetBasketQuantity, Gate: "Basket", Method: "setQuantity", Version: 1, Changes: true, Optional: true,
		Params: []Field{
			{Key: "position", Name: "basketPosition", Type: Int, Always: true},
			{Key: "quantity", Name: "quantity", Type: Number, Always: true},
		}},
	{Operation: OpRemoveFromBasket, Gate: "Basket", Method: "remove", Version: 1, Changes: true, Optional: true,
		Params: []Field{{Key: "position", Name: "basketPosition", Type: Int, Always: true}}},
}
