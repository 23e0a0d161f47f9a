package sandbox

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// The form of the files follows IdoSell's Internet Offer Format 3.0.

const (
	iofNamespace    = "http://www.iai-shop.com/developers/iof.phtml"
	iofExtNamespace = "http://www.iai-shop.com/developers/iof/extensions.phtml"
)

func decimalID(id int64) string { return strconv.FormatInt(id, 10) }

// head begins a document, whose root element end closes.
func (v *offerView) head(w *feedWriter, root string, attributes ...string) {
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.tag(root, append([]string{"file_format", "IOF", "version", "3.0", "generated_by", "octobridge sandbox",
		"generated", v.at.Format(shopTime), "expires", v.at.AddDate(0, 0, 1).Format(shopTime)}, attributes...)...)
}

func (v *offerView) price(w *feedWriter, name string, gross decimal.Decimal, vat int64) {
	w.empty(name, "gross", gross.StringFixed(2), "net", withoutVAT(gross, vat).StringFixed(2))
}

// writeFull writes the full offer: everything but invisible products.
func (v *offerView) writeFull(w *feedWriter) {
	v.writeProducts(w, v.offered())
}

// writeProducts writes whole products, the one in the middle damaged where the
// mood wants it.
func (v *offerView) writeProducts(w *feedWriter, products []*Product) {
	v.fullHead(w)
	for i, p := range products {
		v.product(w, p, allParts, v.damage(i, len(products)))
	}
	w.end()
	w.end()
}

func (v *offerView) damage(i, of int) string {
	if i == of/2 {
		return v.altered.damage
	}
	return ""
}

func (v *offerView) fullHead(w *feedWriter) {
	v.head(w, "offer", "extensions", "yes", "xmlns:iof", iofNamespace, "xmlns:iaiext", iofExtNamespace)
	w.tag("products", "currency", v.catalogue.Currency, "iof_translation_generated", "yes", "language", v.ownLanguage())
}

// write writes a file with changes: of each product only what differs, or that
// it was removed.
func (c *feedChange) write(v *offerView, w *feedWriter) {
	v.fullHead(w)
	for i := range c.products {
		p := &c.products[i].product
		if c.products[i].removed {
			w.empty("product", "id", decimalID(p.ID), "code_on_card", p.Code, "removed", "yes")
			continue
		}
		v.product(w, p, c.products[i].parts, "")
	}
	w.end()
	w.end()
}

// product writes the parts of a product. Where not all of them are written, a
// part that the product no longer has is written empty, or as a price of 0,
// which is the format's way to write none.
func (v *offerView) product(w *feedWriter, p *Product, parts productParts, damage string) {
	kind, vat := p.Type, vatText(p)
	if kind == "" {
		kind = "regular"
	}
	if damage == "value" {
		vat = damagedNumber
	}
	w.tag("product", "id", decimalID(p.ID), "currency", v.catalogue.Currency, "code_on_card", p.Code,
		"producer_code_standard", "GTIN13", "type", kind, "vat", vat, "site", "1")
	if damage == "xml" {
		w.raw("</" + damagedNumber + ">\n")
	}
	v.references(w, p, parts)
	if parts&descriptionParts != 0 {
		w.tag("description")
		for _, part := range []struct {
			part  productParts
			name  string
			texts map[string]string
		}{{namesPart, "name", p.Names}, {longsPart, "long_desc", p.Longs}, {shortsPart, "short_desc", p.Shorts}} {
			for _, language := range v.catalogue.Languages {
				if text, ok := part.texts[language]; ok && parts&part.part != 0 {
					w.text(part.name, text, "xml:lang", language)
				}
			}
		}
		w.end()
	}
	if parts&pricePart != 0 {
		v.price(w, "price", accountGross(v.account, p, nil), p.VAT)
	}
	v.consumerPrices(w, p, parts, parts != allParts)
	if parts&sizesPart != 0 {
		w.tag("sizes", "iaiext:group_name", sizeGroupName(p), "iaiext:group_id", sizeGroup(p), "iaiext:sizeList", "full")
		for i := range p.Sizes {
			v.size(w, p, &p.Sizes[i], p.Sizes[i].ID)
		}
		w.end()
	}
	if parts&picturesPart != 0 {
		v.pictureLinks(w, p)
	}
	if parts&parametersPart != 0 && (len(p.Parameters) > 0 || parts != allParts) {
		v.productParameters(w, p)
	}
	if parts&sellByPart != 0 {
		v.sellBy(w, p, parts != allParts)
	}
	w.end()
}

// sellBy writes what the product is sold by. full.xsd names the element alone; its
// attributes are an assumption. Where tellNone is true, it is written without any
// for a product that is sold by no more than its unit.
func (v *offerView) sellBy(w *feedWriter, p *Product, tellNone bool) {
	var steps []string
	if p.SellBy.Retail.IsPositive() {
		steps = append(steps, "retail", p.SellBy.Retail.String())
	}
	if p.SellBy.Wholesale.IsPositive() {
		steps = append(steps, "wholesale", p.SellBy.Wholesale.String())
	}
	if len(steps) > 0 || tellNone {
		w.empty("iaiext:sell_by", steps...)
	}
}

// references writes what a product names of other lists, and its page.
func (v *offerView) references(w *feedWriter, p *Product, parts productParts) {
	own := v.ownLanguage()
	if parts&producerPart != 0 {
		w.empty("producer", "id", decimalID(p.ProducerID), "name", v.catalogue.Producers[p.ProducerID])
	}
	if parts&categoryPart != 0 {
		w.empty("category", "id", decimalID(p.CategoryID), "name", v.categoryPath(p.CategoryID, own))
	}
	if parts&unitPart != 0 {
		w.empty("unit", "id", decimalID(v.index.units[p.UnitName].id), "name", p.UnitName)
	}
	switch {
	case parts&seriesPart == 0:
	case p.SeriesID != 0:
		w.empty("series", "id", decimalID(p.SeriesID), "name", v.inLanguage(v.catalogue.Series[p.SeriesID], own))
	case parts != allParts:
		w.empty("series", "id", "", "name", "")
	}
	if parts == allParts {
		w.empty("warranty", "id", "1", "type", "producer", "period", "24", "name", warrantyNames["pol"])
	}
	if parts&cardPart != 0 {
		w.empty("card", "url", v.cardURL(v.address, p))
	}
}

// vatText is a product's VAT as offers write it, "23.0".
func vatText(p *Product) string { return strconv.FormatFloat(float64(p.VAT), 'f', 1, 64) }

// consumerPrices writes what consumers pay: the suggested price where there is
// one, the retail price, and of a promotion its price and, struck through, the
// retail price as the one before. They are what Products/search answers of the
// same product. Where tellNone is true, a price that there is not is written as 0.
func (v *offerView) consumerPrices(w *feedWriter, p *Product, parts productParts, tellNone bool) {
	if parts&suggestedPart != 0 && (tellNone || !p.SRP.IsZero()) {
		v.price(w, "srp", p.SRP, p.VAT)
	}
	if parts&retailPart == 0 {
		return
	}
	v.priceBefore(w, p, tellNone)
	if tellNone || !p.Promotion.IsZero() {
		w.tag("promotion", "name", "Promocja")
		v.price(w, "price", p.Promotion, p.VAT)
		w.empty("shown_in_the_zone", "promotion", "yes")
		w.end()
	}
	v.retailPrices(w, p)
}

// retailPrices writes the retail price of the product, as that of the size 0, and
// those of sizes that have their own. Offers of shops in public repositories have
// this form; what it means in one of a wholesaler's is an assumption.
func (v *offerView) retailPrices(w *feedWriter, p *Product) {
	w.tag("iaiext:price_retail")
	write := func(size string, gross decimal.Decimal) {
		w.empty("iaiext:site", "id", "1", "size_id", size, "gross", gross.StringFixed(2), "net", withoutVAT(gross, p.VAT).StringFixed(2))
	}
	write("0", p.Retail)
	for i := range p.Sizes {
		if size := &p.Sizes[i]; !size.Retail.IsZero() {
			write(size.ID, size.Retail)
		}
	}
	w.end()
}

// priceBefore writes the price that a promotion strikes through.
func (v *offerView) priceBefore(w *feedWriter, p *Product, tellNone bool) {
	switch {
	case !p.Promotion.IsZero():
		v.price(w, "strikethrough_retail_price", p.Retail, p.VAT)
	case tellNone:
		v.price(w, "strikethrough_retail_price", decimal.Zero, p.VAT)
	}
}

// size writes one size under an id, which differs between full and light for
// the product without sizes. Its own retail price stands in retailPrices.
func (v *offerView) size(w *feedWriter, p *Product, size *Size, id string) {
	w.tag("size", "id", id, "name", size.Name, "panel_name", size.Name, "code", decimalID(p.ID)+"-"+id,
		"weight", decimalID(p.Weight), "iaiext:weight_net", decimalID(p.Weight),
		"code_producer", size.CodeProducer, "iaiext:code_external", size.CodeExternal)
	if !size.Wholesale.IsZero() {
		v.price(w, "price", accountGross(v.account, p, size), p.VAT)
	}
	w.empty("stock", "id", strconv.Itoa(mainStock), "quantity", decimalID(v.free(variant{p.ID, size.ID}, size)))
	w.end()
}

func (v *offerView) pictureLinks(w *feedWriter, p *Product) {
	changed := v.catalogueDate().Format(shopTime)
	w.tag("images")
	w.tag("large")
	for i, url := range p.Pictures {
		w.empty("image", "iaiext:priority", strconv.Itoa(i+1), "url", url, "changed", changed)
	}
	if len(p.Pictures) == 0 {
		for n := 1; n <= p.Drawings; n++ {
			w.empty("image", "iaiext:priority", strconv.Itoa(n), "url", pictureURL(v.address, p.ID, n, largePicture),
				"hash", pictureHash(p.ID, n, largePicture), "changed", changed,
				"width", strconv.Itoa(largePicture), "height", strconv.Itoa(largePicture))
		}
	}
	w.end()
	if len(p.Pictures) == 0 {
		w.tag("icons")
		w.empty("icon", "url", pictureURL(v.address, p.ID, 1, smallPicture), "hash", pictureHash(p.ID, 1, smallPicture),
			"changed", changed, "width", strconv.Itoa(smallPicture), "height", strconv.Itoa(smallPicture))
		w.end()
	}
	w.end()
}

// catalogueDate is when the pictures and texts were made: they do not change
// while the sandbox lives.
func (v *offerView) catalogueDate() time.Time { return pictureDate.In(v.location) }

func (v *offerView) productParameters(w *feedWriter, p *Product) {
	own := v.ownLanguage()
	w.tag("parameters")
	for i, parameter := range p.Parameters {
		w.tag("parameter", "type", "parameter", "id", parameter.ID, "priority", strconv.Itoa(i), "distinction", "n",
			"group_distinction", "n", "hide", "n", "auction_template_hide", "n", "name", v.inLanguage(parameter.Names, own))
		w.empty("value", "id", parameter.ValueID, "priority", "0", "name", v.inLanguage(parameter.Values, own))
		w.end()
	}
	w.end()
}

// writeLight writes prices and stock; a price that there is not is written as 0,
// as the format allows it, so that a promotion that is over goes away. The size of a product without sizes has
// the id 0 here, as in the maker's own light files.
func (v *offerView) writeLight(w *feedWriter) {
	v.head(w, "offer", "xmlns:iof", iofNamespace, "xmlns:iaiext", iofExtNamespace)
	w.tag("products", "currency", v.catalogue.Currency)
	products := v.offered()
	for i, p := range products {
		vat := vatText(p)
		damage := v.damage(i, len(products))
		if damage == "value" {
			vat = damagedNumber
		}
		w.tag("product", "id", decimalID(p.ID), "vat", vat)
		if damage == "xml" {
			w.raw("</" + damagedNumber + ">\n")
		}
		v.price(w, "price", accountGross(v.account, p, nil), p.VAT)
		v.price(w, "srp", p.SRP, p.VAT)
		v.priceBefore(w, p, true)
		w.tag("sizes")
		for i := range p.Sizes {
			id := p.Sizes[i].ID
			if id == oneSize {
				id = "0"
			}
			v.size(w, p, &p.Sizes[i], id)
		}
		w.end()
		w.end()
	}
	w.end()
	w.end()
}
