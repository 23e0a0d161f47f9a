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
		"generated", v.changed.Format(shopTime), "expires", v.changed.AddDate(0, 0, 1).Format(shopTime)}, attributes...)...)
}

func (v *offerView) price(w *feedWriter, name string, gross decimal.Decimal, vat int64) {
	w.empty(name, "gross", gross.StringFixed(2), "net", withoutVAT(gross, vat).StringFixed(2))
}

// writeFull writes the full offer: everything but invisible products.
func (v *offerView) writeFull(w *feedWriter) {
	v.head(w, "offer", "extensions", "yes", "xmlns:iof", iofNamespace, "xmlns:iaiext", iofExtNamespace)
	w.tag("products", "currency", v.catalogue.Currency, "iof_translation_generated", "yes", "language", v.ownLanguage())
	for i := range v.catalogue.Products {
		if p := &v.catalogue.Products[i]; !p.Invisible {
			v.fullProduct(w, p)
		}
	}
	w.end()
	w.end()
}

func (v *offerView) fullProduct(w *feedWriter, p *Product) {
	kind := p.Type
	if kind == "" {
		kind = "regular"
	}
	w.tag("product", "id", decimalID(p.ID), "currency", v.catalogue.Currency, "code_on_card", p.Code,
		"producer_code_standard", "GTIN13", "type", kind, "vat", strconv.FormatFloat(float64(p.VAT), 'f', 1, 64), "site", "1")
	own := v.ownLanguage()
	w.empty("producer", "id", decimalID(p.ProducerID), "name", v.catalogue.Producers[p.ProducerID])
	w.empty("category", "id", decimalID(p.CategoryID), "name", v.categoryPath(p.CategoryID, own))
	w.empty("unit", "id", decimalID(v.index.units[p.UnitName].id), "name", p.UnitName)
	if p.SeriesID != 0 {
		w.empty("series", "id", decimalID(p.SeriesID), "name", v.inLanguage(v.catalogue.Series[p.SeriesID], own))
	}
	w.empty("warranty", "id", "1", "type", "producer", "period", "24", "name", warrantyNames["pol"])
	w.empty("card", "url", v.cardURL(v.address, p))
	w.tag("description")
	for _, part := range []struct {
		name  string
		texts map[string]string
	}{{"name", p.Names}, {"long_desc", p.Longs}, {"short_desc", p.Shorts}} {
		for _, language := range v.catalogue.Languages {
			if text, ok := part.texts[language]; ok {
				w.text(part.name, text, "xml:lang", language)
			}
		}
	}
	w.end()
	v.price(w, "price", accountGross(v.account, p, nil), p.VAT)
	v.consumerPrices(w, p)
	w.tag("sizes", "iaiext:group_name", sizeGroupName(p), "iaiext:group_id", sizeGroup(p), "iaiext:sizeList", "full")
	for i := range p.Sizes {
		v.size(w, p, &p.Sizes[i], p.Sizes[i].ID)
	}
	w.end()
	v.pictureLinks(w, p)
	v.productParameters(w, p)
	w.end()
}

// consumerPrices writes the suggested price, and the price before a promotion.
func (v *offerView) consumerPrices(w *feedWriter, p *Product) {
	suggested := p.SRP
	if suggested.IsZero() {
		suggested = p.Retail
	}
	if !p.Promotion.IsZero() {
		suggested = p.Promotion
	}
	v.price(w, "srp", suggested, p.VAT)
	if !p.Promotion.IsZero() {
		v.price(w, "strikethrough_retail_price", p.Retail, p.VAT)
	}
}

// size writes one size under an id, which differs between full and light for
// the product without sizes.
func (v *offerView) size(w *feedWriter, p *Product, size *Size, id string) {
	w.tag("size", "id", id, "name", size.Name, "panel_name", size.Name, "code", decimalID(p.ID)+"-"+id,
		"weight", decimalID(p.Weight), "iaiext:weight_net", decimalID(p.Weight),
		"code_producer", size.CodeProducer, "iaiext:code_external", size.CodeExternal)
	if !size.Wholesale.IsZero() {
		v.price(w, "price", accountGross(v.account, p, size), p.VAT)
	}
	if !size.Retail.IsZero() {
		v.price(w, "srp", size.Retail, p.VAT)
	}
	w.empty("stock", "id", strconv.Itoa(mainStock), "quantity", decimalID(v.free(variant{p.ID, size.ID}, size)))
	w.end()
}

func (v *offerView) pictureLinks(w *feedWriter, p *Product) {
	if len(p.Pictures) == 0 && p.Drawings == 0 {
		return
	}
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
	if len(p.Parameters) == 0 {
		return
	}
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

// writeLight writes prices and stock. The size of a product without sizes has
// the id 0 here, as in the maker's own light files.
func (v *offerView) writeLight(w *feedWriter) {
	v.head(w, "offer", "xmlns:iof", iofNamespace, "xmlns:iaiext", iofExtNamespace)
	w.tag("products", "currency", v.catalogue.Currency)
	for i := range v.catalogue.Products {
		p := &v.catalogue.Products[i]
		if p.Invisible {
			continue
		}
		w.tag("product", "id", decimalID(p.ID), "vat", strconv.FormatFloat(float64(p.VAT), 'f', 1, 64))
		v.price(w, "price", accountGross(v.account, p, nil), p.VAT)
		v.consumerPrices(w, p)
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
