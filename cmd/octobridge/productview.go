package main

import "octobridge/idosell"

// productView is a product as the commands print it.
type productView struct {
	ID             int64      `json:"id"`
	Code           string     `json:"code"`
	Name           string     `json:"name"`
	Producer       string     `json:"producer"`
	Category       string     `json:"category"`
	Visible        bool       `json:"visible"`
	RetailPrice    *money     `json:"retailPrice"`
	PromotionPrice *money     `json:"promotionPrice"`
	SRPPrice       *money     `json:"srpPrice"`
	AccountPrice   *money     `json:"accountPrice,omitempty"` // with --prices only
	VAT            *string    `json:"vat"`                    // per cent
	WeightGrams    int64      `json:"weightGrams"`
	Unit           string     `json:"unit"`
	URL            string     `json:"url"`
	Pictures       []string   `json:"pictures"`
	Sizes          []sizeView `json:"sizes"`
	Texts          []textView `json:"texts"`
}

// sizeView is one size of a product.
type sizeView struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	CodeExternal string  `json:"codeExternal"`
	CodeProducer string  `json:"codeProducer"`
	RetailPrice  *money  `json:"retailPrice"`            // null: the product's
	AccountPrice *money  `json:"accountPrice,omitempty"` // with --prices only
	Quantity     *string `json:"quantity"`               // what can be sold; "-1": some, amount unknown; null: not said

	sellable idosell.OptionalDecimal // Quantity as a number
}

// textView is a product's texts in one language. The descriptions are the
// wholesaler's HTML.
type textView struct {
	Language         string `json:"language"` // the wholesaler's id, "pol"
	Name             string `json:"name"`
	ShortDescription string `json:"shortDescription"`
	LongDescription  string `json:"longDescription"`
}

// product makes the view of a product, its name in a language where it has one.
func (p *program) product(of idosell.Product, language string) productView {
	view := productView{
		ID: of.ID, Code: of.DisplayedCode, Producer: of.ProducerName, Category: of.CategoryName,
		Visible: of.Visible && !of.Deleted, RetailPrice: moneyOf(of.RetailPrice, of.Currency),
		PromotionPrice: moneyOf(of.PromotionPrice, of.Currency), SRPPrice: moneyOf(of.SRPPrice, of.Currency),
		AccountPrice: p.confidential(of.WholesalePrice, of.Currency), VAT: decimalText(of.VAT),
		WeightGrams: of.Weight, Unit: of.Unit.Name, URL: of.CardURL,
		Pictures: []string{}, Sizes: []sizeView{}, Texts: []textView{},
	}
	for _, text := range of.Texts {
		view.Texts = append(view.Texts, textView(text))
		if view.Name == "" || text.Language == language {
			view.Name = text.Name
		}
	}
	for _, image := range of.Images {
		view.Pictures = append(view.Pictures, image.LargeURL)
	}
	for _, size := range of.Sizes {
		quantity := sellable(of.Stock, size.ID)
		view.Sizes = append(view.Sizes, sizeView{
			ID: size.ID, Name: size.Name, CodeExternal: size.CodeExternal, CodeProducer: size.CodeProducer,
			RetailPrice:  moneyOf(size.RetailPrice, of.Currency),
			AccountPrice: p.confidential(size.WholesalePrice, of.Currency),
			Quantity:     decimalText(quantity),
			sellable:     quantity,
		})
	}
	return view
}

// confidential returns what the account pays where that was asked for.
func (p *program) confidential(amount idosell.OptionalDecimal, currency string) *money {
	if !p.prices {
		return nil
	}
	return moneyOf(amount, currency)
}

// retail is the price that a consumer pays now.
func (v productView) retail() *money {
	if v.PromotionPrice != nil {
		return v.PromotionPrice
	}
	return v.RetailPrice
}

// stock is what can be sold of these sizes together, in a word: a number, "some"
// where the wholesaler does not tell how many, "" where it says nothing.
func stock(sizes []sizeView) string {
	var sum idosell.OptionalDecimal
	for _, size := range sizes {
		if !size.sellable.Valid {
			continue
		}
		if size.sellable.Decimal.IsNegative() {
			return "some"
		}
		sum.Valid = true
		sum.Decimal = sum.Decimal.Add(size.sellable.Decimal)
	}
	if !sum.Valid {
		return ""
	}
	return sum.Decimal.String()
}

// sellable returns how much of a size can be sold: the disposition where the
// wholesaler tells it, else what the warehouses have that nobody was promised.
func sellable(stock idosell.Stock, sizeID string) idosell.OptionalDecimal {
	same := func(other string) bool {
		return other == sizeID || idosell.IsOneSize(other) && idosell.IsOneSize(sizeID)
	}
	for _, disposition := range stock.Dispositions {
		if same(disposition.SizeID) && disposition.AllStocks.Valid {
			return disposition.AllStocks
		}
	}
	var sum idosell.OptionalDecimal
	for _, warehouse := range stock.Warehouses {
		for _, size := range warehouse.Sizes {
			switch {
			case !same(size.SizeID) || !size.Quantity.Valid:
			case size.Quantity.Decimal.IsNegative():
				return size.Quantity
			default:
				sum.Valid = true
				sum.Decimal = sum.Decimal.Add(size.Quantity.Decimal).Sub(size.Reservations.Decimal)
			}
		}
	}
	return sum
}

// decimalText returns a number that may be missing as text; nil then.
func decimalText(number idosell.OptionalDecimal) *string {
	if !number.Valid {
		return nil
	}
	text := number.Decimal.String()
	return &text
}
