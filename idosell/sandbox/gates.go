package sandbox

import (
	"slices"
	"strings"
)

// gate is one gate of CustomerAPI as this wholesaler offers it. Names and
// elements are the project's default table (an assumption where IdoSell's public
// pages are silent).
type gate struct {
	name, method string
	version      int    // the newest; a higher one is answered with it
	about        string // for people, in the WSDL
	optional     bool
	list         bool // the results are a list, with paging
	params       []described
	results      []described
	answer       func(*Server, *request) (*element, error)
}

func (g *gate) String() string { return g.name + "/" + g.method }

// matches compares with "Orders/get" or "Orders", without regard to case.
func (g *gate) matches(name string) bool {
	return strings.EqualFold(name, g.name) || strings.EqualFold(name, g.String())
}

const (
	describedLine    = `productCode s, codeType s, quantity d`
	describedAnswer  = `productCode s, codeType s, productId? i, sizeId? s, productName? s, available? b, availableQuantity? d, price? d, priceGross? d, vat? d, errors?{faultCode i, faultString s}`
	describedAddress = `firstName s, lastName s, firm? s, nip? s, street s, zipCode s, city s, province? s, countryId s, phone1 s, phone2? s, email? s`
	describedCourier = `courierId i, name s, hasPickupPoints b, trackingUrl? s, payments[] s, countries[]? s`
	describedPaging  = `resultsPage? i, resultsLimit? i`
	describedProduct = `productId i, productDisplayedCode s, producerId i, producerName s, categoryId i, categoryName s,
		seriesId? i, seriesName? s, currencyId s, productRetailPrice d, productWholesalePrice d, productSrpPrice? d,
		productPromotionPrice? d, productSellByRetail? d, productSellByWholesale? d, productVat d, productVatFree b, productWeight i, productIsVisible b, productIsDeleted b,
		productUnit{unitId i, unitName s, unitPrecision i}, productCardUrl s,
		productDescriptionsLangData[]{langId s, productName s, productDescription s, productLongDescription s},
		productImages[]{productImageId s, productImageLargeUrl s, productImageSmallUrl s},
		productSizesAttributes[]{sizeId s, sizePanelName s, productSizeCodeExternal s, productSizeCodeProducer s,
			productRetailPrice d, productWholesalePrice d, productSizeWeight i},
		productStocksData{productStocksQuantities[]{stockId i, productSizesData[]{sizeId s, productSizeQuantity d, productSizeReservations d}},
			productSizesDispositions[]{sizeId s, productSizeQuantityAllStocks d}}`
	describedOrder = `orderId s, orderSerialNumber i, orderType s,
		clientResult{
			clientBillingAddress{clientFirstName s, clientLastName s, clientFirm s, clientNip s, clientStreet s, clientZipCode s,
				clientCity s, clientProvince s, clientCountryId s, clientPhone1 s, clientPhone2 s},
			clientDeliveryAddress{clientDeliveryAddressId i, clientDeliveryAddressFirstName s, clientDeliveryAddressLastName s,
				clientDeliveryAddressFirm s, clientDeliveryAddressStreet s, clientDeliveryAddressZipCode s, clientDeliveryAddressCity s,
				clientDeliveryAddressProvince s, clientDeliveryAddressCountryId s, clientDeliveryAddressPhone1 s,
				clientDeliveryAddressPhone2 s, clientDeliveryAddressEmail s},
			clientPickupPointAddress{pickupPointId? s, name? s},
			payerAddress?{` + describedAddress + `},
			clientAccount{clientId i, clientLogin s, clientEmail s}},
		orderDetails{orderStatus s, dropshippingOrderStatus s, orderAddDate t, orderChangeDate t, orderDispatchDate t,
			clientNoteToOrder s, clientNoteToCourier s, orderNote s,
			payments{orderPaymentType s, orderPaymentDays i, orderCurrency{currencyId s, orderProductsCost d, orderDeliveryCost d,
				orderPayformCost d, orderInsuranceCost d}},
			dispatch{courierId i, courierName s, deliveryDate t, estimatedDeliveryDate t,
				packages[]{deliveryPackageNumber s, deliveryShippingNumber s, trackingUrl? s}},
			productsResults[]{productId i, productName s, productCode s, sizeId s, sizePanelName s, productSizeCodeExternal s,
				productQuantity d, productOrderPrice d, productVat d, remarksToProduct s, basketPosition i}}`
)

// gates is the table. The functions behind the gates reach it through moods
// again, so that it is filled by init.
var gates []*gate

func init() {
	gates = []*gate{
		{name: "Authenticate", method: "authenticate", about: "Metoda wydaje klucz sesji.", results: describe(`sessionKey s, sessionLifeTime? i`)},
		{name: "Dropshipping", method: "getSupplierData", about: "Metoda zwraca dane dostawcy.", answer: (*Server).getSupplierData,
			results: describe(`name s, email s, phone s, www? s, street s, zipCode s, city s, countryId s, currencyId s, deliveryDays? i`)},
		{name: "Dropshipping", method: "basketVerification", about: "Metoda sprawdza dostępność towarów.", answer: (*Server).basketVerification,
			params: describe(`products[]{` + describedLine + `}`), results: describe(`products[]{` + describedAnswer + `}`)},
		{name: "Dropshipping", method: "basketImport", about: "Metoda przenosi listę towarów do koszyka.", answer: (*Server).basketImport,
			params:  describe(`products[]{` + describedLine + `, comment? s}, comment? s, attachments[]?{file s, name s}`),
			results: describe(`products[]{` + describedAnswer + `, basketPosition? i}`)},
		{name: "Dropshipping", method: "getCouriers", about: "Metoda zwraca kurierów dostawcy.", answer: (*Server).getCouriers,
			params: describe(`countryId? s`), results: describe(`couriers[]{` + describedCourier + `}`)},
		{name: "Dropshipping", method: "getCouriersForOrder", about: "Metoda zwraca kurierów dostępnych dla zamówienia.", answer: (*Server).getCouriersForOrder,
			params:  describe(`deliveryAddress{` + describedAddress + `}, paymentType? s`),
			results: describe(`couriers[]{` + describedCourier + `, cost d, costGross d, currencyId s, deliveryDays? i, maxWeight? i}`)},
		{name: "Dropshipping", method: "placeOrder", about: "Metoda składa zamówienie dropshippingowe.", answer: (*Server).placeOrder,
			params: describe(`deliveryAddress{` + describedAddress + `}, pickupPointId? s, courierId i, paymentType s,
				payerAddress?{` + describedAddress + `}, billingAddress?{` + describedAddress + `},
				clientNoteToOrder? s, clientNoteToCourier? s, deliveryDate? t`),
			results: describe(`orderId s, orderSerialNumber i, orderStatus s`)},
		{name: "Orders", method: "get", about: "Metoda zwraca zamówienia.", list: true, answer: (*Server).getOrders,
			params: describe(`ordersIds[]? s, ordersSerialNumbers[]? i, ordersStatuses[]? s,
				ordersRange?{ordersDateRange{ordersDateType s, ordersDateBegin t, ordersDateEnd t}}, ` + describedPaging),
			results: describe(describedOrder)},
		{name: "Orders", method: "cancel", about: "Metoda anuluje zamówienie.", optional: true, answer: (*Server).cancelOrder,
			params: describe(`orderId s`), results: describe(`orderStatus s`)},
		{name: "Clients", method: "getDeliveryAddresses", about: "Metoda zwraca adresy dostaw.", list: true, answer: (*Server).getDeliveryAddresses,
			params:  describe(`ordersIds[]? s, ` + describedPaging),
			results: describe(`deliveryAddressId i, orderId? s, ` + describedAddress)},
		{name: "Clients", method: "setDeliveryAddress", about: "Metoda zmienia adres dostawy.", answer: (*Server).setDeliveryAddress,
			params: describe(`deliveryAddressId i, ` + describedAddress), results: describe(`deliveryAddressId i`)},
		{name: "Products", method: "search", about: "Metoda wyszukuje towary.", list: true, answer: (*Server).searchProducts,
			params: describe(`containsText? s, productIds[]? i, productCodes[]?{productCode s, codeType s}, categoryId? i,
				languageId? s, currencyId? s, ordersBy[]?{elementName s, sortDirection s}, ` + describedPaging),
			results: describe(describedProduct)},
		{name: "Products", method: "get", about: "Metoda zwraca towary.", list: true, answer: (*Server).getProducts,
			params: describe(`productParams[]?{productId i}, productCodes[]?{productCode s, codeType s}, languageId? s, currencyId? s, ` +
				describedPaging),
			results: describe(describedProduct)},
		{name: "Basket", method: "get", about: "Metoda zwraca zawartość koszyka.", answer: (*Server).getBasket,
			results: describe(`products[]{basketPosition i, productId i, sizeId s, productCode s, productName s, quantity d, price d,
				priceGross d, comment? s}, currencyId s, worthNet d, worthGross d`)},
		{name: "Basket", method: "clear", about: "Metoda opróżnia koszyk.", optional: true, answer: (*Server).clearBasket},
		{name: "Basket", method: "setQuantity", about: "Metoda zmienia ilość towaru w koszyku.", optional: true, answer: (*Server).setBasketQuantity,
			params: describe(`basketPosition i, quantity d`)},
		{name: "Basket", method: "remove", about: "Metoda usuwa towar z koszyka.", optional: true, answer: (*Server).removeFromBasket,
			params: describe(`basketPosition i`)},
	}
	for _, g := range gates {
		g.version = 1
	}
}

// findGate finds a gate by its names as they stand in the address.
func findGate(name, method string) *gate {
	at := slices.IndexFunc(gates, func(g *gate) bool {
		return strings.EqualFold(g.name, name) && strings.EqualFold(g.method, method)
	})
	if at < 0 {
		return nil
	}
	return gates[at]
}
