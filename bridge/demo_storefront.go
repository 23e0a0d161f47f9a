package bridge

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/storefront"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/oct8ne"
)

// demoProductURL is the template of a product's address in a demonstration
// (shop.product_url): the storefront's page for a shop that sells the
// wholesaler's goods. The wholesaler's own site keeps its own pages.
func demoProductURL(kind ShopKind, public string) string {
	if kind != Dropshipping {
		return ""
	}
	return public + storefront.Prefix + "product/{id}"
}

// demoShop shows on the storefront what the adapter shows oct8ne.
type demoShop struct {
	adapter oct8ne.Adapter // set before the first request
	logger  *slog.Logger
	// sizes are the names of products' sizes. They come from the
	// demonstration's own offer, because oct8ne's contract has no sizes.
	sizes map[string][]string
}

var _ storefront.Products = (*demoShop)(nil)

// newDemoShop takes what it needs of the catalogue: the sandbox owns it.
func newDemoShop(catalogue *sandbox.Catalogue, logger *slog.Logger) *demoShop {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	shop := &demoShop{logger: logger, sizes: map[string][]string{}}
	for i := range catalogue.Products {
		p := &catalogue.Products[i]
		if len(p.Sizes) == 1 && p.Sizes[0].ID == idosell.OneSize {
			continue
		}
		id := strconv.FormatInt(p.ID, 10)
		for _, size := range p.Sizes {
			shop.sizes[id] = append(shop.sizes[id], plainText(size.Name))
		}
	}
	return shop
}

func (s *demoShop) mount(router fiber.Router) {
	storefront.Mount(router, storefront.Options{
		Products: s,
		OnError: func(ctx context.Context, err error) {
			s.logger.WarnContext(ctx, "a page of the shop could not be made", "error", err)
		},
	})
}

// Search implements storefront.Products.
func (s *demoShop) Search(ctx context.Context, query storefront.Query) (storefront.Found, error) {
	asked := oct8ne.SearchQuery{Text: query.Text, Page: query.Page, PageSize: query.Size, OrderBy: oct8ne.OrderRelevance}
	switch query.Order {
	case storefront.OrderCheapest:
		asked.OrderBy = oct8ne.OrderPrice
	case storefront.OrderDearest:
		asked.OrderBy, asked.Descending = oct8ne.OrderPrice, true
	case storefront.OrderName:
		asked.OrderBy = oct8ne.OrderName
	}
	result, err := s.adapter.Search(ctx, &oct8ne.Request{Locale: query.Locale}, asked)
	if err != nil {
		return storefront.Found{}, storefrontError(err)
	}
	return storefront.Found{Total: result.Total, Cards: storefrontCards(result.Results)}, nil
}

// Product implements storefront.Products.
func (s *demoShop) Product(ctx context.Context, id, locale string) (*storefront.Product, error) {
	infos, err := s.adapter.ProductInfo(ctx, &oct8ne.Request{Locale: locale}, []string{id})
	if err != nil {
		return nil, storefrontError(err)
	}
	if len(infos) == 0 {
		return nil, nil
	}
	info := &infos[0]
	product := &storefront.Product{
		Card: storefront.Card{
			ID: info.InternalID, Title: info.Title, Picture: info.Thumbnail,
			Price: orEmpty(info.FormattedPrice), Previous: orEmpty(info.FormattedPrevPrice),
		},
		Sizes: s.sizes[info.InternalID],
		// The adapter has sanitised it.
		Description: template.HTML(info.Description), //nolint:gosec // see above
	}
	for _, media := range info.Medias {
		product.Pictures = append(product.Pictures, media.URL)
	}
	return product, nil
}

// Related implements storefront.Products.
func (s *demoShop) Related(ctx context.Context, id, locale string, most int) ([]storefront.Card, error) {
	result, err := s.adapter.ProductRelated(ctx, &oct8ne.Request{Locale: locale},
		oct8ne.RelatedQuery{ProductID: id, Page: 1, PageSize: most})
	if err != nil {
		return nil, storefrontError(err)
	}
	return storefrontCards(result.Results), nil
}

func storefrontCards(summaries []oct8ne.ProductSummary) []storefront.Card {
	cards := make([]storefront.Card, len(summaries))
	for i := range summaries {
		summary := &summaries[i]
		cards[i] = storefront.Card{
			ID: summary.InternalID, Title: summary.Title, Picture: summary.Thumbnail,
			Price: orEmpty(summary.FormattedPrice), Previous: orEmpty(summary.FormattedPrevPrice),
		}
	}
	return cards
}

// storefrontError says in the storefront's words that there is an outage.
func storefrontError(err error) error {
	if outage, ok := errors.AsType[*oct8ne.Unavailable](err); ok {
		return &storefront.Unavailable{RetryAfter: outage.RetryAfter, Err: outage.Err}
	}
	return err
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
