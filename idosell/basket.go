package idosell

import "context"

// Line asks for a quantity of a product.
type Line struct {
	Code     string   `gate:"code"`
	CodeType CodeType `gate:"codeType"` // CodeInternal when empty
	Quantity Decimal  `gate:"quantity"`
	Comment  string   `gate:"comment"` // read by Dropshipping/basketImport only
}

// Availability is the wholesaler's answer for one asked Line.
type Availability struct {
	Code        string   `gate:"code"`
	CodeType    CodeType `gate:"codeType"`
	ProductID   int64    `gate:"productID"`
	SizeID      string   `gate:"sizeID"`
	ProductName string   `gate:"productName"`
	Available   bool     `gate:"available"` // the asked quantity can be had
	// AvailableQuantity is how many can be had; -1 means some, amount unknown.
	AvailableQuantity OptionalDecimal `gate:"availableQuantity"`
	// PriceNet and PriceGross are what the account pays for one, in the
	// currency of the account: confidential in dropshipping.
	PriceNet   OptionalDecimal `gate:"priceNet"`
	PriceGross OptionalDecimal `gate:"priceGross"`
	VAT        OptionalDecimal `gate:"vat"` // per cent
	Fault      Fault           `gate:"fault"`
}

// Attachment is a file that goes with a list, such as a label.
type Attachment struct {
	Name    string
	Content []byte
}

// BasketImport is a list of goods to put into the account's basket (ICDF).
type BasketImport struct {
	Lines       []Line
	Comment     string
	Attachments []Attachment
}

// ImportedLine is the wholesaler's answer for one imported Line.
type ImportedLine struct {
	Availability
	BasketPosition int64 `gate:"basketPosition"`
}

// Basket is what the account's basket holds.
type Basket struct {
	Lines      []BasketLine    `gate:"lines"`
	Currency   string          `gate:"currency"` // ISO 4217
	WorthNet   OptionalDecimal `gate:"worthNet"`
	WorthGross OptionalDecimal `gate:"worthGross"`
}

// BasketLine is one position of the account's basket. Prices are what the
// account pays for one: confidential in dropshipping.
type BasketLine struct {
	Position    int64           `gate:"position"`
	ProductID   int64           `gate:"productID"`
	SizeID      string          `gate:"sizeID"`
	ProductCode string          `gate:"productCode"`
	ProductName string          `gate:"productName"`
	Quantity    Decimal         `gate:"quantity"`
	PriceNet    OptionalDecimal `gate:"priceNet"`
	PriceGross  OptionalDecimal `gate:"priceGross"`
	Comment     string          `gate:"comment"`
}

// Availability asks whether lines can be had (Dropshipping/basketVerification).
// It changes nothing. Long lists are asked for in several calls, each under
// 10 MB; the answers are in the order of the wholesaler, usually the asked one.
// A line that the wholesaler refuses has a Fault. Safe to repeat.
func (c *Client) Availability(ctx context.Context, lines ...Line) ([]Availability, error) {
	return c.verifyLines(ctx, lines)
}

// ImportBasket puts a list of goods into the account's basket
// (Dropshipping/basketImport). That imports add to what is there already is an
// assumption: compare with Basket afterwards. A list of more than 10 MB is sent
// in several calls. Not safe to repeat: the error says what is known (see
// ImportError for how much went in).
func (c *Client) ImportBasket(ctx context.Context, list BasketImport) ([]ImportedLine, error) {
	return c.importLines(ctx, list)
}

// Basket reads the account's basket (Basket/get). Safe to repeat.
func (c *Client) Basket(ctx context.Context) (Basket, error) {
	return call[Basket](ctx, c, OpGetBasket, nil)
}

// ClearBasket empties the account's basket. The gate is optional: where the
// wholesaler lacks it, the error is ErrGateMissing and nothing was sent.
// Safe to repeat: an empty basket stays empty.
func (c *Client) ClearBasket(ctx context.Context) error {
	return c.callOptional(ctx, OpClearBasket, nil)
}

// SetBasketQuantity changes the quantity of one position. Optional like
// ClearBasket. Safe to repeat while nobody else changes the basket.
func (c *Client) SetBasketQuantity(ctx context.Context, position int64, quantity Decimal) error {
	return c.callOptional(ctx, OpSetBasketQuantity, positionQuantity{position, quantity})
}

// RemoveFromBasket takes one position out. Optional like ClearBasket. Not safe
// to repeat blindly: positions may be renumbered (an assumption is not made).
func (c *Client) RemoveFromBasket(ctx context.Context, position int64) error {
	return c.callOptional(ctx, OpRemoveFromBasket, basketPosition{position})
}

type basketPosition struct {
	Position int64 `gate:"position"`
}

type positionQuantity struct {
	Position int64   `gate:"position"`
	Quantity Decimal `gate:"quantity"`
}
