package oct8ne

// How each structure of the contract is written. The names stand in the types'
// tags, too; a test compares what is written here with what encoding/json makes
// of the tags.

func writeProductInfo(e *encoder, p *ProductInfo) {
	e.raw(`{"internalId":`)
	e.text(p.InternalID)
	e.raw(`,"title":`)
	e.text(p.Title)
	e.raw(`,"description":`)
	e.text(p.Description)
	e.raw(`,"formattedPrice":`)
	e.optional(p.FormattedPrice)
	e.raw(`,"formattedPrevPrice":`)
	e.optional(p.FormattedPrevPrice)
	e.raw(`,"productUrl":`)
	e.text(p.ProductURL)
	e.raw(`,"addToCartUrl":`)
	e.text(p.AddToCartURL)
	e.raw(`,"useProductUrl":`)
	e.boolean(p.UseProductURL)
	e.raw(`,"thumbnail":`)
	e.text(p.Thumbnail)
	e.raw(`,"medias":`)
	if len(p.Medias) == 0 && p.Thumbnail != "" {
		// The widget shows the first entry as the product's picture and
		// breaks without one: the thumbnail is better than nothing.
		e.raw(`[{"url":`)
		e.text(p.Thumbnail)
		e.raw(`}]`)
	} else {
		list(e, p.Medias, writeMedia)
	}
	e.raw(`}`)
}

func writeMedia(e *encoder, m *Media) {
	e.raw(`{"url":`)
	e.text(m.URL)
	e.raw(`}`)
}

func writeProductSummary(e *encoder, p *ProductSummary) {
	e.raw(`{`)
	writeSummaryFields(e, p)
	e.raw(`}`)
}

func writeSummaryFields(e *encoder, p *ProductSummary) {
	e.raw(`"internalId":`)
	e.text(p.InternalID)
	e.raw(`,"title":`)
	e.text(p.Title)
	e.raw(`,"formattedPrice":`)
	e.optional(p.FormattedPrice)
	e.raw(`,"formattedPrevPrice":`)
	e.optional(p.FormattedPrevPrice)
	e.raw(`,"productUrl":`)
	e.text(p.ProductURL)
	e.raw(`,"thumbnail":`)
	e.text(p.Thumbnail)
}

func writeProductInCart(e *encoder, p *ProductInCart) {
	e.raw(`{`)
	writeSummaryFields(e, &p.ProductSummary)
	e.raw(`,"qty":`)
	e.integer(p.Quantity)
	e.raw(`}`)
}

func writeSearchResult(e *encoder, r *SearchResult) {
	e.raw(`{"total":`)
	e.integer(r.Total)
	e.raw(`,"results":`)
	list(e, r.Results, writeProductSummary)
	e.raw(`,"filters":{"applied":`)
	list(e, r.Filters.Applied, writeAppliedFilter)
	e.raw(`,"available":`)
	list(e, r.Filters.Available, writeAvailableFilter)
	e.raw(`}}`)
}

func writeAppliedFilter(e *encoder, f *AppliedFilter) {
	e.raw(`{"param":`)
	e.text(f.Param)
	e.raw(`,"paramLabel":`)
	e.text(f.ParamLabel)
	e.raw(`,"value":`)
	e.text(f.Value)
	e.raw(`,"valueLabel":`)
	e.text(f.ValueLabel)
	e.raw(`}`)
}

func writeAvailableFilter(e *encoder, f *AvailableFilter) {
	e.raw(`{"param":`)
	e.text(f.Param)
	e.raw(`,"paramLabel":`)
	e.text(f.ParamLabel)
	e.raw(`,"options":`)
	list(e, f.Options, writeFilterOption)
	e.raw(`}`)
}

func writeFilterOption(e *encoder, o *FilterOption) {
	e.raw(`{"value":`)
	e.text(o.Value)
	e.raw(`,"valueLabel":`)
	e.text(o.ValueLabel)
	e.raw(`,"count":`)
	e.text(o.Count)
	e.raw(`}`)
}

func writeRelatedResult(e *encoder, r *RelatedResult) {
	e.raw(`{"total":`)
	e.integer(r.Total)
	e.raw(`,"results":`)
	list(e, r.Results, writeProductSummary)
	e.raw(`}`)
}

func writeCustomerData(e *encoder, c *CustomerData) {
	e.raw(`{"id":`)
	e.optional(c.ID)
	e.raw(`,"firstName":`)
	e.optional(c.FirstName)
	e.raw(`,"lastName":`)
	e.optional(c.LastName)
	e.raw(`,"email":`)
	e.optional(c.Email)
	e.raw(`,"wishlist":`)
	list(e, c.Wishlist, writeProductSummary)
	e.raw(`,"cart":`)
	list(e, c.Cart, writeProductInCart)
	e.raw(`}`)
}

func writeCart(e *encoder, c *Cart) {
	e.raw(`{"price":`)
	e.optional(c.Price)
	e.raw(`,"finalPrice":`)
	e.optional(c.FinalPrice)
	e.raw(`,"currency":`)
	e.text(c.Currency)
	e.raw(`,"totalItems":`)
	e.integer(c.TotalItems)
	e.raw(`,"cart":`)
	list(e, c.Lines, writeCartLine)
	e.raw(`}`)
}

func writeCartLine(e *encoder, l *CartLine) {
	e.raw(`{"internalId":`)
	e.text(l.InternalID)
	e.raw(`,"title":`)
	e.text(l.Title)
	e.raw(`,"qty":`)
	e.integer(l.Quantity)
	e.raw(`,"price":`)
	e.optional(l.Price)
	e.raw(`}`)
}

func writeAdapterInfo(e *encoder, a *AdapterInfo) {
	e.raw(`{"platform":`)
	e.text(a.Platform)
	e.raw(`,"adapterName":`)
	e.text(a.AdapterName)
	e.raw(`,"adapterVersion":`)
	e.text(a.AdapterVersion)
	e.raw(`,"developedBy":`)
	e.text(a.DevelopedBy)
	e.raw(`,"supportUrl":`)
	e.text(a.SupportURL)
	e.raw(`,"apiVersion":`)
	e.text(a.APIVersion)
	e.raw(`,"enabled":`)
	e.boolean(a.Enabled)
	e.raw(`}`)
}

func writeOrder(e *encoder, o *Order) {
	e.raw(`{`)
	writeOrderFields(e, o)
	e.raw(`}`)
}

func writeOrderFields(e *encoder, o *Order) {
	e.raw(`"date":`)
	e.text(o.Date)
	e.raw(`,"reference":`)
	e.text(o.Reference)
	e.raw(`,"total":`)
	e.text(o.Total)
	e.raw(`,"currency":`)
	e.text(o.Currency)
	e.raw(`,"labelState":`)
	e.text(o.LabelState)
	e.raw(`,"deliveryDate":`)
	e.text(o.DeliveryDate)
}

func writeOrderDetails(e *encoder, o *OrderDetails) {
	e.raw(`{`)
	writeOrderFields(e, &o.Order)
	e.raw(`,"carrier":`)
	e.text(o.Carrier)
	e.raw(`,"trackingNumber":`)
	e.text(o.TrackingNumber)
	e.raw(`,"trackingUrl":`)
	e.text(o.TrackingURL)
	e.raw(`,"products":`)
	list(e, o.Products, writeOrderProduct)
	e.raw(`,"comments":`)
	list(e, o.Comments, writeComment)
	e.raw(`}`)
}

func writeOrderProduct(e *encoder, p *OrderProduct) {
	e.raw(`{"quantity":`)
	e.text(p.Quantity)
	e.raw(`,"name":`)
	e.text(p.Name)
	e.raw(`}`)
}

func writeComment(e *encoder, c *Comment) {
	e.raw(`{"message":`)
	e.text(c.Message)
	e.raw(`,"customer":`)
	e.boolean(c.Customer)
	e.raw(`}`)
}

func writeSale(e *encoder, s *Sale) {
	lower := s.QuoteIDLower
	if lower == "" {
		lower = s.QuoteID
	}
	e.raw(`{"quoteId":`)
	e.text(s.QuoteID)
	e.raw(`,"quoteid":`)
	e.text(lower)
	e.raw(`,"orderId":`)
	e.text(s.OrderID)
	e.raw(`,"sessionId":`)
	e.text(s.SessionID)
	e.raw(`,"customerId":`)
	e.text(s.CustomerID)
	e.raw(`,"price":`)
	e.text(s.Price)
	e.raw(`,"finalPrice":`)
	e.text(s.FinalPrice)
	e.raw(`,"currency":`)
	e.text(s.Currency)
	e.raw(`,"productsCount":`)
	e.text(s.ProductsCount)
	e.raw(`,"itemsCount":`)
	e.text(s.ItemsCount)
	e.raw(`,"lastAction":`)
	e.text(s.LastAction)
	e.raw(`,"utcCreated":`)
	e.text(s.UTCCreated)
	e.raw(`,"utcLastUpdated":`)
	e.text(s.UTCLastUpdated)
	e.raw(`}`)
}

// What oct8ne is told for each verdict on a session. The proof that was asked
// about is not repeated: it is as good as a password.
func writeVerdict(e *encoder, verdict SessionVerdict) {
	switch verdict {
	case SessionValid:
		e.raw(`{"success":true,"message":"user enabled"}`)
	case SessionInvalid:
		e.raw(`{"success":false,"error":"Invalid session: it is not one of this customer's, or it has ended"}`)
	case OrderInvalid:
		e.raw(`{"success":false,"error":"Invalid Order for customer email"}`)
	default:
		e.raw(emptySession)
	}
}
