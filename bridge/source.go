package bridge

import (
	"context"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/oct8ne"
)

// productSource answers what the shop sells: the wholesaler asked live, or the
// catalogue. Every answer comes with its age: zero when it is as fresh as the
// source keeps it, else how old the known data is that stands in during an
// outage. An error means that nothing is known.
type productSource interface {
	// products returns the visible products with these ids in the language, in
	// the order asked, unknown ones left out. ids are distinct.
	products(ctx context.Context, ids []int64, v *view) ([]*product, time.Duration, error)
	// cards is products for a list.
	cards(ctx context.Context, ids []int64, v *view) ([]*card, time.Duration, error)
	// search returns one page of the visible products that match.
	search(ctx context.Context, query searchQuery, filters map[string]string, v *view) (found, time.Duration, error)
	// related returns products like the given one, without it, the nearest
	// first; none for an unknown id. There are at most a hundred.
	related(ctx context.Context, id int64, v *view) ([]*card, time.Duration, error)
}

// searchQuery is a search in the shop's own terms, but for its filters.
type searchQuery struct {
	text       string // see queryText
	category   int64  // of a live search; 0: any
	order      string // oct8ne.OrderRelevance, OrderPrice, OrderName
	descending bool
	page       int // from 1
	size       int // 1 to 100
	language   string
}

// key is what answers are kept by. Upper and lower case find the same (an
// assumption about the wholesaler's search); still, it is asked in the words of
// whoever asks first, because codes are written in capitals.
func (q searchQuery) key() searchQuery {
	q.text = strings.ToLower(q.text)
	return q
}

// found is one page of a search.
type found struct {
	total   int
	cards   []*card
	filters oct8ne.Filters
}

// card is what a list shows of a product, in one language. It is not changed
// after it was made.
type card struct {
	id           int64
	idText       string // as the shop calls it
	code         string // the wholesaler's displayed code
	size         string // the id of its only size
	several      bool   // it has sizes to choose from
	choice       bool   // its id names none: one must be chosen before it can be put into a cart
	title        string
	url          string
	thumbnail    string
	category     int64
	categoryName string
	price        price
	rank         decimal.NullDecimal // orders by price, also where no price is shown; never shown
	inStock      bool
	texts        kept[*priceTexts]
}

// copy is the same card, to be changed before it is shown.
func (c *card) copy() *card {
	return &card{id: c.id, idText: c.idText, code: c.code, size: c.size, several: c.several, choice: c.choice, title: c.title, url: c.url, thumbnail: c.thumbnail,
		category: c.category, categoryName: c.categoryName, price: c.price, rank: c.rank, inStock: c.inStock}
}

// priceTexts are the prices of a card as one view writes them, nil where no
// price is shown.
type priceTexts struct{ now, before *string }

func (c *card) prices(v *view) *priceTexts {
	if !c.price.valid {
		return &priceTexts{}
	}
	return c.texts.get(v, func(v *view) *priceTexts {
		p := v.convert(c.price)
		return &priceTexts{now: v.money(p.now, p.currency), before: v.money(p.before, p.currency)}
	})
}

func (c *card) summary(v *view) oct8ne.ProductSummary {
	texts := c.prices(v)
	return oct8ne.ProductSummary{
		InternalID:         c.idText,
		Title:              c.title,
		FormattedPrice:     texts.now,
		FormattedPrevPrice: texts.before,
		ProductURL:         c.url,
		Thumbnail:          c.thumbnail,
	}
}

// product is everything shown of a product, in one language.
type product struct {
	*card
	addToCart string
	medias    []oct8ne.Media
	sizes     []productSize
	step      decimal.Decimal // what quantities are multiples of; more than zero
	describe  func() string   // sanitises once, when it is first asked
	infos     kept[*oct8ne.ProductInfo]
}

// with is the same product with another card.
func (p *product) with(c *card) *product {
	return &product{card: c, addToCart: p.addToCart, medias: p.medias, sizes: p.sizes, step: p.step, describe: p.describe}
}

// productSize is one size of a product.
type productSize struct {
	id, name  string // name is plain text
	available bool
}

func (p *product) info(v *view) *oct8ne.ProductInfo {
	return p.infos.get(v, func(v *view) *oct8ne.ProductInfo {
		texts := p.prices(v)
		return &oct8ne.ProductInfo{
			InternalID:         p.idText,
			Title:              p.title,
			Description:        p.describe(),
			FormattedPrice:     texts.now,
			FormattedPrevPrice: texts.before,
			ProductURL:         p.url,
			AddToCartURL:       p.addToCart,
			UseProductURL:      p.choice,
			Thumbnail:          p.thumbnail,
			Medias:             p.medias,
		}
	})
}
