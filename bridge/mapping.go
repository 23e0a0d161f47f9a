package bridge

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"octobridge/bridge/pricing"
	"octobridge/idosell"
	"octobridge/oct8ne"
)

// maxPictures bounds what one product may bring along.
const maxPictures = 50

// mapper makes what visitors see of what the wholesaler answers.
type mapper struct {
	ids             *idBook         // nil: the shop uses the wholesaler's ids
	pricer          *pricing.Pricer // what visitors see of prices
	rates           func() *pricing.Rates
	now             func() time.Time
	currency        string   // where an answer names none
	defaultLanguage string   // of texts that the asked language lacks
	host            *url.URL // the wholesaler's, for relative addresses
	publicURL       string   // without a slash at its end
	wholesale       bool     // quantities are held to the wholesale step
	productURL      linkTemplate
	addToCartURL    linkTemplate
	sanitiser       *sanitiser
}

// shown says whether visitors may see p.
func shown(p *idosell.Product) bool { return p.Visible && !p.Deleted }

func (m *mapper) product(p *idosell.Product, language string) *product {
	name, description := m.texts(p, language)
	c := &card{
		id:           p.ID,
		idText:       m.ids.shown(p.ID),
		code:         p.DisplayedCode,
		title:        cmp.Or(plainText(name), plainText(p.DisplayedCode), strconv.FormatInt(p.ID, 10)),
		category:     p.CategoryID,
		categoryName: plainText(p.CategoryName),
		price:        m.shownPrice(p),
		inStock:      inStock(&p.Stock),
	}
	c.rank = retailPrice(p)
	if c.price.valid {
		c.rank.Decimal, c.rank.Valid = c.price.now, true
	}
	pictures := m.pictures(largePictures(p))
	c.thumbnail = cmp.Or(m.thumbnail(p), pictures[0].URL)
	if len(p.Sizes) == 1 {
		c.size = p.Sizes[0].ID
	}
	c.several = len(p.Sizes) > 1
	c.choice = c.several && m.ids.size(c.idText) == ""
	c.url = m.pageOf(c, p.CardURL)
	return &product{
		card:      c,
		addToCart: m.cartOf(c),
		medias:    pictures,
		sizes:     sizesOf(p),
		step:      p.Step(m.wholesale),
		describe:  sync.OnceValue(func() string { return m.sanitiser.description(description) }),
	}
}

// sizesOf are a product's sizes. A size that the disposition says nothing of is as
// available as the product.
func sizesOf(p *idosell.Product) []productSize {
	all := inStock(&p.Stock)
	sizes := make([]productSize, len(p.Sizes))
	for i := range p.Sizes {
		size := &p.Sizes[i]
		sizes[i] = productSize{id: size.ID, name: cmp.Or(plainText(size.Name), size.ID), available: all}
		for _, disposed := range p.Stock.Dispositions {
			if disposed.SizeID == size.ID && disposed.AllStocks.Valid {
				sizes[i].available = !disposed.AllStocks.Decimal.IsZero()
			}
		}
	}
	return sizes
}

// pageOf is the address of a product's page. A product always has one: a
// wholesaler that does not say where is linked to at its door.
func (m *mapper) pageOf(c *card, cardURL string) string {
	if m.productURL != "" {
		return m.productURL.fill(c.idText, cmp.Or(m.ids.size(c.idText), c.size), c.code, slug(c.title))
	}
	return cmp.Or(absolute(m.host, cardURL), m.host.String())
}

// cartOf is the address that puts a product into the cart.
func (m *mapper) cartOf(c *card) string {
	if m.addToCartURL != "" {
		return m.addToCartURL.fill(c.idText, cmp.Or(m.ids.size(c.idText), c.size), c.code, slug(c.title))
	}
	return m.publicURL + "/cart/add?id=" + percentEncoded(c.idText)
}

// calledCard is the card under the id that it was asked for with.
func (m *mapper) calledCard(c *card, id string) *card {
	if c.idText == id {
		return c
	}
	called := c.copy()
	called.idText = id
	called.choice = c.several && m.ids.size(id) == ""
	if m.productURL != "" {
		called.url = m.pageOf(called, "")
	}
	return called
}

// calledProduct is calledCard for a whole product.
func (m *mapper) calledProduct(p *product, id string) *product {
	if p.idText == id {
		return p
	}
	called := p.with(m.calledCard(p.card, id))
	called.addToCart = m.cartOf(called.card)
	return called
}

// texts returns the name and the description of p in the language, else in the
// shop's, else in any; each for itself, because translations are often
// unfinished.
func (m *mapper) texts(p *idosell.Product, language string) (name, description string) {
	take := func(matches func(*idosell.ProductText) bool) {
		for i := range p.Texts {
			text := &p.Texts[i]
			if !matches(text) {
				continue
			}
			name = cmp.Or(name, strings.TrimSpace(text.Name))
			description = cmp.Or(description, strings.TrimSpace(text.LongDescription), strings.TrimSpace(text.ShortDescription))
		}
	}
	take(func(t *idosell.ProductText) bool { return strings.EqualFold(t.Language, language) })
	take(func(t *idosell.ProductText) bool { return strings.EqualFold(t.Language, m.defaultLanguage) })
	take(func(*idosell.ProductText) bool { return true })
	return name, description
}

// pictures returns those of the addresses that can be shown, at least one picture.
func (m *mapper) pictures(addresses []string) []oct8ne.Media {
	var medias []oct8ne.Media
	for _, picture := range addresses {
		if address := absolute(m.host, picture); address != "" && len(medias) < maxPictures {
			medias = append(medias, oct8ne.Media{URL: address})
		}
	}
	if len(medias) == 0 {
		medias = append(medias, oct8ne.Media{URL: m.publicURL + NoPicturePath})
	}
	return medias
}

func largePictures(p *idosell.Product) []string {
	addresses := make([]string, len(p.Images))
	for i := range p.Images {
		addresses[i] = p.Images[i].LargeURL
	}
	return addresses
}

func (m *mapper) thumbnail(p *idosell.Product) string {
	for i := range p.Images {
		if address := absolute(m.host, p.Images[i].SmallURL); address != "" {
			return address
		}
	}
	return ""
}

// inStock reads the disposition, which is what can be sold, else the warehouses
// less what is promised there. A wholesaler that tells no quantities at all is
// taken to have the product.
func inStock(stock *idosell.Stock) bool {
	said := false
	for _, size := range stock.Dispositions {
		if size.AllStocks.Valid {
			said = true
			if !size.AllStocks.Decimal.IsZero() { // -1: some, amount unknown
				return true
			}
		}
	}
	if said {
		return false
	}
	for _, warehouse := range stock.Warehouses {
		for _, size := range warehouse.Sizes {
			if !size.Quantity.Valid {
				continue
			}
			said = true
			if size.Quantity.Decimal.IsNegative() || size.Quantity.Decimal.GreaterThan(size.Reservations.Decimal) {
				return true
			}
		}
	}
	return !said
}
