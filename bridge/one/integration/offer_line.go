package integration

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// foundLines are the lines of an offer before they are a tree.
type foundLines struct {
	lines []*Line
	// inside is for each line the index of the line whose own productLines it
	// stands in, -1 for most.
	inside []int
}

// foundLine is a line with where it stood.
type foundLine struct {
	line   *Line
	inside int
	slot   bool // in a shipment (slots of split)
}

// mostLines is how many lines an offer may have.
const mostLines = 100_000

var errTooManyLines = fmt.Errorf("it has more than %d product lines", mostLines)

// collectLines finds every list called productLines, wherever it is: they were seen
// in the slots of split, and may be elsewhere (one.md). The lines keep the order in
// which ONe lists them within a list.
//
// Where a line stands in a shipment and in a list besides, the latter is the same
// line told once more and is left out: it would count twice. Lines of one id in
// several shipments are kept, as each may be a part of the quantity.
func collectLines(object map[string]any, odd *warnings) (foundLines, error) {
	var all []foundLine
	inSlots := map[string]bool{}
	var search func(value any, inside int, slot bool)
	list := func(lines []any, inside int, slot bool) {
		for _, one := range lines {
			if len(all) > mostLines {
				return
			}
			raw, ok := one.(map[string]any)
			if !ok {
				odd.add("a product line is no object, and was left out")
				continue
			}
			line := readLine(raw, odd)
			all = append(all, foundLine{line, inside, slot})
			if slot && line.ID != "" {
				inSlots[line.ID] = true
			}
			search(raw, len(all)-1, slot)
		}
	}
	// The document is at most maxDepth deep, and so is this.
	search = func(value any, inside int, slot bool) {
		switch value := value.(type) {
		case []any:
			for _, inner := range value {
				search(inner, inside, slot)
			}
		case map[string]any:
			if lines, ok := value["productLines"].([]any); ok {
				list(lines, inside, slot)
			}
			for _, name := range sortedContainers(value) {
				search(value[name], inside, slot || name == "slots")
			}
		}
	}
	search(object, -1, false)
	if len(all) > mostLines {
		return foundLines{}, errTooManyLines
	}
	return withoutRepeated(all, inSlots, odd), nil
}

// sortedContainers are the fields that may hold lists of lines, in the order of
// their names: a map has none of its own.
func sortedContainers(object map[string]any) []string {
	var names []string
	for name, value := range object {
		switch value.(type) {
		case map[string]any, []any:
			if name != "productLines" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// withoutRepeated leaves out the lines that stand in a shipment, too.
func withoutRepeated(all []foundLine, inSlots map[string]bool, odd *warnings) foundLines {
	var kept foundLines
	moved := make([]int, len(all))
	left := 0
	// An id's first line in a shipment, for what was inside of one left out.
	place := map[string]int{}
	for i, one := range all {
		moved[i] = -1
		if !one.slot && inSlots[one.line.ID] {
			left++
			continue
		}
		moved[i] = len(kept.lines)
		if _, ok := place[one.line.ID]; !ok {
			place[one.line.ID] = len(kept.lines)
		}
		kept.lines = append(kept.lines, one.line)
		kept.inside = append(kept.inside, one.inside)
	}
	for i, inside := range kept.inside {
		if inside < 0 {
			continue
		}
		outer := moved[inside]
		if outer < 0 {
			outer = place[all[inside].line.ID]
		}
		kept.inside[i] = outer
	}
	if left > 0 {
		odd.count(left, "%d line stands in the shipments and in another list besides: it is counted once",
			"%d lines stand in the shipments and in another list besides: they are counted once")
	}
	return kept
}

// readLine reads a product line. A rest of it was not seen in ONe's documentation:
// the names are those of its order lines (docs.b2b.one, orders/order) and near ones;
// an assumption.
func readLine(raw map[string]any, odd *warnings) *Line {
	product := objectOf(raw, "product")
	line := &Line{
		ID:        idOf(raw, "id", "productLineId", "lineId"),
		ParentID:  idOf(raw, "parentLineId", "parentProductLineId", "parentId"),
		ProductID: firstText(idOf(raw, "productId", "sku"), idOf(product, "id", "sku", "productId")),
		Name:      firstText(textOf(raw, "name", "productName"), textOf(product, "name", "productName")),
		Currency:  currencyOf(raw),
		Children:  []*Line{},
	}
	reader := lineReader{line: line, odd: odd, places: []map[string]any{raw}}
	for _, name := range []string{"price", "prices"} {
		if inner := objectOf(raw, name); inner != nil {
			reader.places = append(reader.places, inner)
			line.Currency = firstText(line.Currency, currencyOf(inner))
		}
	}
	reader.amounts(raw)
	return line
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// lineReader reads the amounts of a line.
type lineReader struct {
	line   *Line
	odd    *warnings
	places []map[string]any // where prices may stand
}

// amounts reads how much there is of a product, and what it costs. ONe counts in
// content units (metres) and in sales units (drums of 500 m), and has a price for
// one of each: a quantity is never multiplied by the price of the other.
func (r *lineReader) amounts(raw map[string]any) {
	line := r.line
	quantities := r.quantities(raw)
	content := r.price("a price", r.places, "netContentUnitPrice")
	unit := r.price("a price", r.places, "netUnitPrice", "priceNet", "netPrice")
	if unit == nil {
		unit = r.price("a price", r.places[1:], "net")
	}
	if unit == nil {
		unit = r.price("a price", r.places[:1], "price") // a bare number
	}
	line.Total = r.price("a total", r.places, "netValue", "totalNet", "totalPrice")
	line.PurchasePrice, line.PurchaseCurrency = r.number("a purchase price", r.places, "purchasePrice", "purchasePriceNet", "netPurchasePrice")

	sold := quantities.ordered
	switch {
	case quantities.content != nil:
		line.Quantity, line.Price = *quantities.content, content
		if content == nil && (sold == nil || sold.Equal(line.Quantity)) {
			line.Price = unit
		}
	case sold != nil:
		line.Quantity, line.Price = *sold, unit
	default:
		r.odd.add("the line %s has no quantity", r.name())
	}
	if line.PurchasePrice != nil && line.Price == nil && (content != nil || unit != nil) {
		// The purchase price may be for the same: 1000 m at that of a drum would be a
		// sum that nobody paid.
		line.PurchasePrice, line.PurchaseCurrency = nil, ""
		r.odd.add("the line %s is counted in one unit and priced in another: its purchase price is left out, as it may be for either", r.name())
	}
	if line.Total != nil {
		return
	}
	switch {
	case line.Price != nil:
		total := line.Price.Mul(line.Quantity)
		line.Total = &total
	case unit != nil && sold != nil:
		// Sold by the drum, and shown in metres.
		total := unit.Mul(*sold)
		line.Total = &total
	}
}

// quantities are how much a line is of, both ways; nil where ONe does not say.
type quantities struct{ content, ordered *decimal.Decimal }

func (r *lineReader) quantities(raw map[string]any) quantities {
	own := []map[string]any{raw}
	found := quantities{
		content: r.quantity(own, "quantityOrderedInContentUnit", "contentQuantity"),
		ordered: r.quantity(own, "quantityOrdered", "orderQuantity"),
	}
	r.line.Unit = textOf(raw, "contentUnitCode", "contentUnit")
	if r.line.Unit == "" {
		r.line.Unit = textOf(raw, "unit")
	}
	plain := raw["quantity"]
	typ := ""
	if inner, ok := plain.(map[string]any); ok {
		plain = first(inner, "value", "amount")
		typ = textOf(inner, "type")
		r.line.Unit = firstText(r.line.Unit, textOf(inner, "unit", "unitCode", "contentUnitCode"))
	}
	if plain == nil {
		return found
	}
	value, err := numberOf(plain)
	switch {
	case err != nil:
		r.odd.add("the line %s has a quantity that cannot be read", r.name())
	case QuantityType(typ) == OrderQuantity:
		if found.ordered == nil {
			found.ordered = &value
		}
		if found.content == nil {
			r.line.Unit = textOf(raw, "orderUnitCode", "orderUnit") // the content unit is not what is counted
		}
	case QuantityType(typ) == ContentQuantity:
		if found.content == nil {
			found.content = &value
		}
	case found.ordered != nil:
	case found.content != nil:
		found.ordered = &value
	default:
		found.content = &value // of one kind only: content, an assumption
	}
	return found
}

func (r *lineReader) quantity(places []map[string]any, names ...string) *decimal.Decimal {
	number, _ := r.number("a quantity", places, names...)
	return number
}

// price reads a selling price, or a total. Its currency is the line's where nothing
// else says that.
func (r *lineReader) price(what string, places []map[string]any, names ...string) *decimal.Decimal {
	number, currency := r.number(what, places, names...)
	r.line.Currency = firstText(r.line.Currency, currency)
	return number
}

// number reads the first of the fields that is there: a number, or an object with a
// net amount and perhaps its currency.
func (r *lineReader) number(what string, places []map[string]any, names ...string) (*decimal.Decimal, string) {
	for _, place := range places {
		for _, name := range names {
			value, currency := place[name], ""
			if inner, ok := value.(map[string]any); ok {
				if name == "price" {
					continue // one of the places
				}
				value, currency = first(inner, "net", "value", "amount"), currencyOf(inner)
			}
			if value == nil || value == "" {
				continue
			}
			number, err := numberOf(value)
			if err != nil {
				r.odd.add("the line %s has %s that cannot be read", r.name(), what)
				continue
			}
			return &number, currency
		}
	}
	return nil, ""
}

// name is how a warning calls the line.
func (r *lineReader) name() string {
	for _, id := range []string{r.line.ID, r.line.ProductID} {
		if id != "" {
			return `"` + clip(oneLine(id), 60) + `"`
		}
	}
	return "without an id"
}
