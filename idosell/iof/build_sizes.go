package iof

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// isOneSize says whether id is one of the ways to write the size of a product
// without sizes.
func isOneSize(id string) bool { return id == "0" || strings.EqualFold(id, OneSize) }

func (b *productBuilder) startSize(element xml.StartElement) {
	size := Size{
		ID:           attribute(element, "id"),
		Name:         attribute(element, "name"),
		PanelName:    attribute(element, "panel_name"),
		CodeProducer: attribute(element, "code_producer"),
		CodeExternal: attribute(element, "code_external"),
		Weight:       b.decimal("weight", attribute(element, "weight")).Decimal.Round(0).IntPart(),
	}
	switch {
	case size.ID == "":
		b.fault(errors.New("a size has no id"))
	case isOneSize(size.ID):
		size.ID = OneSize
	}
	size.Code = sizeCode(b.product.ID, size.ID, attribute(element, "code"))
	b.product.Sizes = append(b.product.Sizes, size)
	b.size = &b.product.Sizes[len(b.product.Sizes)-1]
}

// sizeCode makes the codes of full and light offers alike: those of the one-size
// product, in whichever form, become "<productId>-uniw"; a missing code is made
// up of its parts.
func sizeCode(productID, sizeID, code string) string {
	own := productID + "-" + sizeID
	switch {
	case code == "":
		return own
	case sizeID != OneSize:
		return code
	}
	suffix, prefixed := strings.CutPrefix(code, productID)
	if prefixed && (suffix == "" || suffix[0] == '-' && isOneSize(suffix[1:])) {
		return own
	}
	return code
}

// stock reads a quantity. Quantities below -1, which are written when more was
// promised than there is, are read as 0: nothing can be had.
func (b *productBuilder) stock(element xml.StartElement) {
	text := ""
	for _, name := range []string{"quantity", "available_stock_quantity", "stock_quantity"} {
		if text = attribute(element, name); text != "" {
			break
		}
	}
	stock := Stock{WarehouseID: attribute(element, "id")}
	if text == "" {
		b.fault(fmt.Errorf("size %s: a stock has no quantity", shown(b.size.ID)))
		return
	}
	quantity := b.decimal("stock quantity", text)
	if !quantity.Valid {
		return
	}
	stock.Quantity = quantity.Decimal
	if stock.Quantity.IsNegative() && !stock.Quantity.Equal(decimal.NewFromInt(Unlimited)) {
		stock.Quantity = decimal.Zero
	}
	b.size.Stocks = append(b.size.Stocks, stock)
}

// startParameter reads a parameter or a section. Feeds write one for each
// language with the same id: these become one.
func (b *productBuilder) startParameter(element xml.StartElement) {
	id, name := attribute(element, "id"), attribute(element, "name")
	at := slices.IndexFunc(b.product.Parameters, func(p Parameter) bool { return id != "" && p.ID == id })
	if at < 0 {
		b.product.Parameters = append(b.product.Parameters, Parameter{
			ID:      id,
			Section: element.Name.Local == "section" || attribute(element, "type") == "section",
			Hidden:  attribute(element, "hide") == "y",
		})
		at = len(b.product.Parameters) - 1
	}
	b.parameter = &b.product.Parameters[at]
	b.addText(&b.parameter.Names, languageOf(element), name)
}

// value reads a value of a parameter. One id may come several times: in another
// language it is the same value, in the same language another one.
func (b *productBuilder) value(element xml.StartElement) {
	id, name := attribute(element, "id"), attribute(element, "name")
	language := languageOf(element)
	if language == "" {
		language = b.language
	}
	for i := range b.parameter.Values {
		known := &b.parameter.Values[i]
		if id == "" || known.ID != id {
			continue
		}
		if there, translated := known.Names[language]; !translated || there == name {
			b.addText(&known.Names, language, name)
			return
		}
	}
	value := ParameterValue{ID: id}
	b.addText(&value.Names, language, name)
	b.parameter.Values = append(b.parameter.Values, value)
}
