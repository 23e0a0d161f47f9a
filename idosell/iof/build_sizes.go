package iof

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// isOneSize says whether id is one of the ways to write the size of a product
// without sizes.
func isOneSize(id string) bool { return id == "0" || strings.EqualFold(id, OneSize) }

func (b *builder) startSize(attrs attributes) {
	size := Size{
		ID:           attrs.text("id"),
		Name:         attrs.text("name"),
		PanelName:    attrs.text("panel_name"),
		Code:         attrs.text("code"), // see finishSizes
		CodeProducer: attrs.text("code_producer"),
		CodeExternal: attrs.text("code_external"),
		Weight:       b.decimal("weight", attrs.get("weight")).Decimal.Round(0).IntPart(),
		Priority:     count(attrs.get("priority")),
		Availability: attrs.text("available"),
	}
	switch {
	case size.ID == "" && b.head.Edition == Edition3:
		b.fault(errors.New("a size has no id"))
	case isOneSize(size.ID):
		size.ID = OneSize
	}
	if b.tooMany(len(b.product.Sizes), "sizes") {
		b.size = &size // what is in it goes nowhere
		return
	}
	b.product.Sizes = append(b.product.Sizes, size)
	b.size = &b.product.Sizes[len(b.product.Sizes)-1]
	// 2.6 as other programs write it has <size stock="25"> (seen in public code).
	if stock := attrs.get("stock"); len(stock) > 0 {
		b.addStock("", stock)
	}
}

// finishSizes gives sizes the ids and codes that the file leaves out. Only in 2.6
// may a size have no id: its only one is the one size, others go by their codes
// or names. That is assumed of files seen in public code.
func (b *builder) finishSizes() {
	p := &b.product
	for i := range p.Sizes {
		size := &p.Sizes[i]
		if size.ID == "" && b.head.Edition == Edition2 {
			suffix, prefixed := strings.CutPrefix(size.Code, p.ID+"-")
			switch {
			case prefixed && isOneSize(suffix), len(p.Sizes) == 1:
				size.ID = OneSize
			case prefixed && suffix != "":
				size.ID = suffix
			case size.Name != "":
				size.ID = size.Name
			case size.Code != "":
				size.ID = size.Code
			default:
				b.fault(errors.New("a size has neither id nor code nor name"))
			}
		}
		size.Code = sizeCode(p.ID, size.ID, size.Code)
	}
	if len(p.Sizes) == 1 && p.Sizes[0].CodeProducer == "" {
		p.Sizes[0].CodeProducer = p.CodeProducer
	}
}

// sizeCode makes the codes of full and light offers alike: those of the one-size
// product, in whichever form, become "<productId>-uniw"; a missing code is made
// up of its parts.
func sizeCode(productID, sizeID, code string) string {
	switch {
	case code == "":
		return productID + "-" + sizeID
	case sizeID != OneSize:
		return code
	}
	suffix, prefixed := strings.CutPrefix(code, productID)
	if prefixed && suffix == "-"+OneSize {
		return code
	}
	if prefixed && (suffix == "" || suffix[0] == '-' && isOneSize(suffix[1:])) {
		return productID + "-" + OneSize
	}
	return code
}

// stock reads a quantity of the size that is open.
func (b *builder) stock(attrs attributes) {
	var text []byte
	for _, name := range []string{"quantity", "available_stock_quantity", "stock_quantity"} {
		if text = attrs.get(name); len(text) > 0 {
			break
		}
	}
	if len(text) == 0 {
		b.fault(fmt.Errorf("size %s: a stock has no quantity", shown(b.size.ID)))
		return
	}
	b.addStock(attrs.text("id"), text)
}

// addStock notes a quantity. Quantities below -1, which are written when more was
// promised than there is, are read as 0: nothing can be had.
func (b *builder) addStock(warehouse string, text []byte) {
	quantity := b.decimal("stock quantity", text)
	if !quantity.Valid {
		return
	}
	stock := Stock{WarehouseID: warehouse, Quantity: quantity.Decimal}
	if stock.Quantity.IsNegative() && !stock.Quantity.Equal(unlimited) {
		stock.Quantity = decimal.Zero
	}
	b.size.Stocks = append(b.size.Stocks, stock)
}

var unlimited = decimal.NewFromInt(Unlimited)

// startParameter reads a parameter or a section. Feeds write one for each
// language with the same id: these become one.
func (b *builder) startParameter(t token) {
	id := t.attrs.get("id")
	all := &b.product.Parameters
	b.parameter = nil
	for i := range *all {
		if len(id) > 0 && (*all)[i].ID == string(id) {
			b.parameter = &(*all)[i]
		}
	}
	switch {
	case b.parameter != nil:
	case b.tooMany(len(*all), "parameters"):
		b.parameter = &Parameter{} // what is in it goes nowhere
		return
	default:
		*all = append(*all, Parameter{
			ID:               string(id),
			Section:          string(t.local) == "section" || string(t.attrs.get("type")) == "section",
			Hidden:           isYes(t.attrs.get("hide")),
			Distinction:      isYes(t.attrs.get("distinction")),
			GroupDistinction: isYes(t.attrs.get("group_distinction")),
			Priority:         count(t.attrs.get("priority")),
			ContextID:        t.attrs.text("context_id"),
		})
		b.parameter = &(*all)[len(*all)-1]
	}
	b.addText(&b.parameter.Names, languageOf(t.attrs), t.attrs.get("name"))
}

// value reads a value of a parameter. One id may come several times: in another
// language it is the same value, in the same language another one.
func (b *builder) value(attrs attributes) {
	id, name := attrs.get("id"), attrs.get("name")
	language := languageOf(attrs)
	if language == "" {
		language = b.head.Language
	}
	for i := range b.parameter.Values {
		known := &b.parameter.Values[i]
		if len(id) == 0 || known.ID != string(id) {
			continue
		}
		if there, translated := known.Names[language]; !translated || there == string(bytes.TrimSpace(name)) {
			b.addText(&known.Names, language, name)
			return
		}
	}
	if b.tooMany(len(b.parameter.Values), "values of a parameter") {
		return
	}
	value := ParameterValue{ID: string(id), Priority: count(attrs.get("priority")), ContextID: attrs.text("context_id")}
	b.addText(&value.Names, language, name)
	b.parameter.Values = append(b.parameter.Values, value)
}
