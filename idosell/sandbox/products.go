package sandbox

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// language is the asked language as the catalogue writes it ("pol", "eng"), ""
// for all of them. One that the catalogue lacks is answered with its own first.
func (s *Server) language(req *request) string {
	asked := strings.ToLower(req.params.value("languageId"))
	if asked == "" {
		return ""
	}
	for short, long := range map[string]string{"pl": "pol", "en": "eng", "de": "ger"} {
		if asked == short {
			asked = long
		}
	}
	for _, known := range s.catalogue().Languages {
		if known == asked {
			return asked
		}
	}
	return s.ownLanguage()
}

func (s *Server) ownLanguage() string {
	if len(s.catalogue().Languages) == 0 {
		return "pol"
	}
	return s.catalogue().Languages[0]
}

// inLanguage picks a text, falling back on the wholesaler's own language.
func (s *Server) inLanguage(texts map[string]string, language string) string {
	if found, ok := texts[language]; ok {
		return found
	}
	return texts[s.ownLanguage()]
}

func (s *Server) nameOf(p *Product, language string) string { return s.inLanguage(p.Names, language) }

// categoryPath is the names of a category and those above it, "A/B/C".
func (s *Server) categoryPath(id int64, language string) string {
	path := ""
	for steps := 0; steps <= len(s.catalogue().Categories); steps++ {
		category, known := s.catalogue().Categories[id]
		if !known {
			break
		}
		name := s.inLanguage(category.Names, language)
		if path != "" {
			name += "/" + path
		}
		path = name
		id = category.ParentID
	}
	return path
}

func (s *Server) productList(req *request, found []*Product) (*element, error) {
	if asked := req.params.value("currencyId"); asked != "" && !strings.EqualFold(asked, s.catalogue().Currency) {
		return nil, refuse(faultParameter, "Nieobsługiwana waluta")
	}
	return pageOf(req, found, func(p *Product) []*element { return s.productParts(req, p) })
}

func (s *Server) productParts(req *request, p *Product) []*element {
	language := s.language(req)
	unit := s.index().units[p.UnitName]
	parts := []*element{
		whole("productId", p.ID), text("productDisplayedCode", p.Code),
		whole("producerId", p.ProducerID), text("producerName", s.catalogue().Producers[p.ProducerID]),
		whole("categoryId", p.CategoryID), text("categoryName", s.categoryPath(p.CategoryID, language)),
	}
	if p.SeriesID != 0 {
		parts = append(parts, whole("seriesId", p.SeriesID), text("seriesName", s.inLanguage(s.catalogue().Series[p.SeriesID], language)))
	}
	parts = append(parts, text("currencyId", s.catalogue().Currency),
		money("productRetailPrice", p.Retail), money("productWholesalePrice", accountGross(&req.account.Account, p, nil)))
	if !p.SRP.IsZero() {
		parts = append(parts, money("productSrpPrice", p.SRP))
	}
	if !p.Promotion.IsZero() {
		parts = append(parts, money("productPromotionPrice", p.Promotion))
	}
	// A product that is sold by no more than its unit has neither.
	for _, by := range []struct {
		name string
		step decimal.Decimal
	}{{"productSellByRetail", p.SellBy.Retail}, {"productSellByWholesale", p.SellBy.Wholesale}} {
		if by.step.IsPositive() {
			parts = append(parts, number(by.name, by.step))
		}
	}
	return append(parts,
		number("productVat", decimal.NewFromInt(p.VAT)), flag("productVatFree", false), whole("productWeight", p.Weight),
		flag("productIsVisible", !p.Invisible), flag("productIsDeleted", false),
		structure("productUnit", whole("unitId", unit.id), text("unitName", unit.name), whole("unitPrecision", int64(unit.precision))),
		text("productCardUrl", s.cardURL(req.address, p)),
		s.descriptions(p, language), s.images(req.address, p), s.sizes(req, p), s.stocks(p))
}

func (s *Server) descriptions(p *Product, language string) *element {
	languages := s.catalogue().Languages
	if language != "" {
		languages = []string{language}
	}
	var items [][]*element
	for _, id := range languages {
		if p.Names[id] == "" {
			id = s.ownLanguage()
			if language == "" {
				continue
			}
		}
		items = append(items, []*element{text("langId", id), text("productName", p.Names[id]),
			text("productDescription", p.Shorts[id]), text("productLongDescription", p.Longs[id])})
	}
	return array("productDescriptionsLangData", items...)
}

func (s *Server) images(address string, p *Product) *element {
	var items [][]*element
	for i, large := range p.Pictures {
		items = append(items, []*element{text("productImageId", strconv.Itoa(i+1)), text("productImageLargeUrl", large), text("productImageSmallUrl", "")})
	}
	if len(p.Pictures) == 0 {
		for n := 1; n <= p.Drawings; n++ {
			items = append(items, []*element{text("productImageId", strconv.Itoa(n)),
				text("productImageLargeUrl", pictureURL(address, p.ID, n, largePicture)),
				text("productImageSmallUrl", pictureURL(address, p.ID, n, smallPicture))})
		}
	}
	return array("productImages", items...)
}

func (s *Server) sizes(req *request, p *Product) *element {
	var items [][]*element
	for i := range p.Sizes {
		size := &p.Sizes[i]
		retail := p.Retail
		if !size.Retail.IsZero() {
			retail = size.Retail
		}
		items = append(items, []*element{text("sizeId", size.ID), text("sizePanelName", size.Name),
			text("productSizeCodeExternal", size.CodeExternal), text("productSizeCodeProducer", size.CodeProducer),
			money("productRetailPrice", retail), money("productWholesalePrice", accountGross(&req.account.Account, p, size)),
			whole("productSizeWeight", p.Weight)})
	}
	return array("productSizesAttributes", items...)
}

// mainStock is the number of the wholesaler's warehouse.
const mainStock = 1

// stocks tells the raw stock with its reservations, and what can be sold.
func (s *Server) stocks(p *Product) *element {
	var raw, sellable [][]*element
	for i := range p.Sizes {
		size := &p.Sizes[i]
		v := variant{p.ID, size.ID}
		reserved := size.Reserved + s.promised[v]
		if size.Quantity < 0 {
			reserved = 0
		}
		raw = append(raw, []*element{text("sizeId", size.ID), number("productSizeQuantity", decimal.NewFromInt(size.Quantity)),
			number("productSizeReservations", decimal.NewFromInt(reserved))})
		sellable = append(sellable, []*element{text("sizeId", size.ID),
			number("productSizeQuantityAllStocks", decimal.NewFromInt(s.free(v, size)))})
	}
	return structure("productStocksData",
		array("productStocksQuantities", []*element{whole("stockId", mainStock), array("productSizesData", raw...)}),
		array("productSizesDispositions", sellable...))
}

// cardURL is the address of the product's page, the sandbox's own unless the
// catalogue has one.
func (s *Server) cardURL(address string, p *Product) string {
	card := p.CardURL
	if card == "" {
		card = fmt.Sprintf("/product/%d.html", p.ID)
	}
	if parsed, err := url.Parse(card); err == nil && parsed.IsAbs() {
		return card
	}
	return address + "/" + strings.TrimLeft(card, "/")
}

// money is an amount with its two digits after the point.
func money(name string, amount decimal.Decimal) *element {
	return &element{name: name, kind: decimalElement, text: amount.StringFixed(2), typed: "xsd:float"}
}

// number is a decimal number as short as it can be.
func number(name string, value decimal.Decimal) *element {
	return &element{name: name, kind: decimalElement, text: value.String(), typed: "xsd:float"}
}
