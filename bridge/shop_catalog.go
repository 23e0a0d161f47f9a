package bridge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/bridge/shopapi"
	"octobridge/idosell"
	"octobridge/idosell/icdf"
)

// shopWholesaler is shopapi.Wholesaler over CustomerAPI.
type shopWholesaler struct {
	ShopAPI
	names    mapper // for the names of products
	language string // as the wholesaler names it
}

func (w *shopWholesaler) Availability(ctx context.Context, lines []shopapi.Line) ([]shopapi.Availability, error) {
	known := make([]idosell.Line, len(lines)) // with the wholesaler's codes
	var asked []idosell.Line
	for i, line := range lines {
		if code, codeType, ok := supplierCode(w.IDs, line.Code, line.CodeType); ok {
			known[i] = idosell.Line{Code: code, CodeType: codeType, Quantity: line.Quantity}
			asked = append(asked, known[i])
		}
	}
	var answers []idosell.Availability
	if len(asked) > 0 {
		var err error
		if answers, err = w.Upstream.Availability(ctx, asked...); err != nil {
			return nil, shopFailure(err)
		}
	}
	currency := w.accountCurrency(ctx)
	list := make([]shopapi.Availability, len(lines))
	for i, line := range lines {
		if known[i].Code == "" {
			list[i] = shopapi.Availability{Line: line, Problem: &shopapi.Reason{Code: string(orders.ReasonUnknownProduct), Text: "The code " + noSuchID(w.IDs) + "."}}
			continue
		}
		// The answers may come in another order, and be fewer.
		at := slices.IndexFunc(answers, func(a idosell.Availability) bool {
			return strings.EqualFold(a.Code, known[i].Code) && a.CodeType == known[i].CodeType
		})
		if at < 0 {
			list[i] = shopapi.Availability{Line: line, Problem: &shopapi.Reason{Code: "no-answer", Text: "The wholesaler says nothing of this product."}}
			continue
		}
		list[i] = shopAvailability(line, &answers[at], currency)
		answers = slices.Delete(answers, at, at+1)
	}
	return list, nil
}

func shopAvailability(line shopapi.Line, a *idosell.Availability, currency string) shopapi.Availability {
	if !a.Fault.OK() {
		reason := &shopapi.Reason{Code: "refused", Text: cmp.Or(orders.WithoutAmounts(plainText(a.Fault.Text)), "The wholesaler refuses this product.")}
		if a.Fault.Code == idosell.FaultNothing {
			reason.Code = string(orders.ReasonUnknownProduct)
		}
		return shopapi.Availability{Line: line, Problem: reason}
	}
	shown := shopapi.Availability{
		Line: line, ProductID: a.ProductID, SizeID: a.SizeID, Name: plainText(a.ProductName), Available: a.Available,
		AvailableQuantity: knownQuantity(a.AvailableQuantity),
	}
	if a.PriceNet.Valid || a.PriceGross.Valid {
		shown.Price = &shopapi.Amount{Net: a.PriceNet, Gross: a.PriceGross, VAT: a.VAT, Currency: currency}
	}
	return shown
}

// knownQuantity leaves out -1, which means some, amount unknown.
func knownQuantity(quantity decimal.NullDecimal) decimal.NullDecimal {
	if quantity.Decimal.IsNegative() {
		return decimal.NullDecimal{}
	}
	return quantity
}

func (w *shopWholesaler) accountCurrency(ctx context.Context) string {
	if w.Supplier == nil {
		return ""
	}
	supplier, _ := w.Supplier(ctx)
	return currencyCode(supplier.Currency)
}

// currencyCode returns an ISO 4217 code in capitals, "" for what is none.
func currencyCode(text string) string {
	text = strings.ToUpper(strings.TrimSpace(text))
	if len(text) != 3 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return text
}

func (w *shopWholesaler) Couriers(ctx context.Context, country string) ([]shopapi.Courier, error) {
	couriers, err := w.Upstream.Couriers(ctx, country)
	if err != nil {
		return nil, shopFailure(err)
	}
	list := make([]shopapi.Courier, len(couriers))
	for i := range couriers {
		list[i] = shopCourier(&couriers[i])
	}
	return list, nil
}

func shopCourier(c *idosell.Courier) shopapi.Courier {
	return shopapi.Courier{
		ID: c.ID, Name: plainText(c.Name), PickupPoints: c.HasPickupPoints,
		PaymentTypes: texts[string](c.Payments), Countries: c.Countries,
	}
}

func (w *shopWholesaler) Quote(ctx context.Context, request shopapi.QuoteRequest) (shopapi.Quote, error) {
	lines, err := withSupplierCodes(w.IDs, request.Lines, func(l *shopapi.Line) (*string, *string) { return &l.Code, &l.CodeType })
	if err != nil {
		return shopapi.Quote{}, err
	}
	asked := orders.QuoteRequest{Recipient: orders.Address(request.Recipient), PaymentType: idosell.PaymentType(request.PaymentType)}
	for _, line := range lines {
		asked.Lines = append(asked.Lines, orders.Line{Code: line.Code, CodeType: idosell.CodeType(line.CodeType), Quantity: line.Quantity})
	}
	quote, err := w.Orders.Quote(ctx, asked)
	if err != nil {
		return shopapi.Quote{}, shopFailure(withoutPerson(err, &request.Recipient))
	}
	shown := shopapi.Quote{Exact: quote.Exact}
	for i := range quote.Couriers {
		offer := &quote.Couriers[i]
		courier := shopCourier(&offer.Courier)
		courier.DeliveryDays, courier.MaxWeight = max(0, offer.DeliveryDays), max(0, offer.MaxWeight)
		if offer.CostNet.Valid || offer.CostGross.Valid {
			courier.Cost = &shopapi.Amount{Net: offer.CostNet, Gross: offer.CostGross, Currency: currencyCode(offer.Currency)}
		}
		shown.Couriers = append(shown.Couriers, courier)
	}
	return shown, nil
}

func (w *shopWholesaler) Products(ctx context.Context, query shopapi.ProductQuery) (shopapi.ProductPage, error) {
	asked := idosell.ProductQuery{Text: query.Search, IDs: query.IDs, Language: w.language, Currency: w.Currency}
	list := shopapi.ProductPage{Page: query.Page, PageSize: query.PageSize}
	if len(query.IDs) > 0 {
		list.Page, list.PageSize = 1, mostPerCall
	}
	page, err := w.Upstream.SearchProductsPage(ctx, asked, list.Page-1, list.PageSize)
	if err != nil {
		return shopapi.ProductPage{}, shopFailure(err)
	}
	for i := range page.Items {
		if product := &page.Items[i]; shown(product) {
			list.Products = append(list.Products, w.product(product))
		}
	}
	if page.Total > 0 || len(page.Items) == 0 && list.Page == 1 {
		list.Total = &page.Total
	}
	return list, nil
}

// product shows a product with its retail prices. What the account pays is not
// taken: what is not taken here cannot leave.
func (w *shopWholesaler) product(p *idosell.Product) shopapi.Product {
	name, _ := w.names.texts(p, w.language)
	currency := currencyCode(cmp.Or(p.Currency, w.Currency))
	id := strconv.FormatInt(p.ID, 10)
	product := shopapi.Product{
		ID: p.ID, Name: cmp.Or(plainText(name), plainText(p.DisplayedCode), id), Producer: plainText(p.ProducerName), Category: plainText(p.CategoryName),
		Available: inStock(&p.Stock), RetailPrice: retailMoney(retailPrice(p), currency),
	}
	sizes := p.Sizes
	if len(sizes) == 0 {
		sizes = []idosell.ProductSize{{ID: idosell.OneSize}}
	}
	for i := range sizes {
		size := &sizes[i]
		available, quantity := sizeStock(&p.Stock, size.ID)
		product.Sizes = append(product.Sizes, shopapi.Size{
			ID: size.ID, Name: plainText(size.Name), Code: icdf.VariantCode(p.ID, size.ID), ProducerCode: plainText(size.CodeProducer), ExternalCode: plainText(size.CodeExternal),
			Available: available, Quantity: quantity, RetailPrice: retailMoney(size.RetailPrice, currency),
		})
	}
	return product
}

func retailMoney(amount decimal.NullDecimal, currency string) *shopapi.Money {
	if !known(amount) || currency == "" {
		return nil
	}
	return &shopapi.Money{Amount: amount.Decimal, Currency: currency}
}

// sizeStock reads how many of a size can be had, as inStock reads it of the
// product: not valid where that is not known.
func sizeStock(stock *idosell.Stock, sizeID string) (available bool, quantity decimal.NullDecimal) {
	said := false
	for _, size := range stock.Dispositions {
		if size.AllStocks.Valid {
			if said = true; size.SizeID == sizeID {
				return !size.AllStocks.Decimal.IsZero(), knownQuantity(size.AllStocks)
			}
		}
	}
	if said {
		return false, decimal.NewNullDecimal(decimal.Zero)
	}
	sum := decimal.Zero
	for _, warehouse := range stock.Warehouses {
		for _, size := range warehouse.Sizes {
			if !size.Quantity.Valid {
				continue
			}
			said = true
			if size.SizeID != sizeID {
				continue
			}
			if size.Quantity.Decimal.IsNegative() {
				return true, decimal.NullDecimal{}
			}
			sum = sum.Add(decimal.Max(decimal.Zero, size.Quantity.Decimal.Sub(size.Reservations.Decimal)))
		}
	}
	if !said {
		return true, decimal.NullDecimal{}
	}
	return sum.IsPositive(), decimal.NewNullDecimal(sum)
}

func (w *shopWholesaler) Addresses(ctx context.Context, reference string) ([]shopapi.DeliveryAddress, error) {
	order, err := w.Orders.Get(ctx, reference)
	if err != nil {
		return nil, shopFailure(err)
	}
	if order.SupplierID == "" {
		return nil, nil
	}
	var list []shopapi.DeliveryAddress
	for address, err := range w.Upstream.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{order.SupplierID}}) {
		if err != nil {
			recipient := shopapi.Address(order.Request.Recipient)
			return nil, shopFailure(withoutPerson(err, &recipient))
		}
		if address.ID > 0 && ofOrder(&address, order) {
			list = append(list, shopAddress(&address))
		}
	}
	return list, nil
}

// ofOrder says whether an address is an order's. A wholesaler that does not say
// whose an address is may have answered with all of them: then only that of the
// same street and postal code is taken, so that nobody else's is shown or changed.
func ofOrder(address *idosell.DeliveryAddress, order *orders.Order) bool {
	if address.OrderID != "" {
		return address.OrderID == order.SupplierID
	}
	same := func(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
	recipient := &order.Request.Recipient
	return same(address.Street, recipient.Street) && same(address.ZipCode, recipient.ZipCode) && same(address.LastName, recipient.LastName)
}

func shopAddress(a *idosell.DeliveryAddress) shopapi.DeliveryAddress {
	return shopapi.DeliveryAddress{ID: a.ID, Address: shopapi.Address{
		FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, TaxNumber: a.NIP, Street: a.Street, ZipCode: a.ZipCode, City: a.City,
		Province: a.Province, Country: a.CountryID, Phone: a.Phone1, Phone2: a.Phone2, Email: a.Email,
	}}
}

func (w *shopWholesaler) ChangeAddress(ctx context.Context, a shopapi.DeliveryAddress) error {
	err := w.Upstream.SetDeliveryAddress(ctx, idosell.DeliveryAddress{ID: a.ID, Address: idosell.Address{
		FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, NIP: a.TaxNumber, Street: a.Street, ZipCode: a.ZipCode, City: a.City,
		Province: a.Province, CountryID: a.Country, Phone1: a.Phone, Phone2: a.Phone2, Email: a.Email,
	}})
	if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.Code == idosell.FaultNothing {
		return shopapi.ErrNotFound
	}
	return shopFailure(withoutPerson(err, &a.Address))
}

// withoutPerson takes an address out of the wholesaler's words in an error, which
// may repeat it and are logged.
func withoutPerson(err error, address *shopapi.Address) error {
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok {
		return err
	}
	told := *failure
	told.Text = (&orders.Request{Recipient: orders.Address(*address)}).WithoutPersons(failure.Text)
	return &told
}
