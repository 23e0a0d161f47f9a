package bridge

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"

	"octobridge/bridge/storefront"
	"octobridge/idosell"
	"octobridge/internal/origin"
	"octobridge/oct8ne"
	"octobridge/oct8ne/platform"
)

// demoProductURL is the template of a product's address in a demonstration
// (shop.product_url): the storefront's page for a shop that sells the
// wholesaler's goods. The wholesaler's own site keeps its own pages.
func demoProductURL(kind ShopKind, public string) string {
	if kind != Dropshipping {
		return ""
	}
	return public + storefront.ProductPrefix + "{id}"
}

// demoShop shows on the storefront what the adapter shows oct8ne.
type demoShop struct {
	adapter  *Adapter // set before the first request, with the visitors
	visitors *demoVisitors
	public   string
	pages    []string // origins that pictures come from
	logger   *slog.Logger
}

var _ storefront.Products = (*demoShop)(nil)

func newDemoShop(kind ShopKind, public, wholesaler string, logger *slog.Logger) (*demoShop, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	placed, err := lru.New[string, string](1_000)
	if err != nil {
		return nil, err
	}
	shop := &demoShop{public: public, pages: []string{wholesaler}, logger: logger}
	shop.visitors = &demoVisitors{kind: kind, http: newDemoClient(public), public: public, placed: placed}
	if kind == Wholesale {
		shop.visitors.checkout = wholesaler + "/basketedit.php"
	}
	return shop, nil
}

// open connects the shop with the service behind it.
func (s *demoShop) open(service *Service) {
	s.adapter = service.adapter
	v := s.visitors
	v.adapter, v.orders, v.known, v.cookie = service.adapter, service.orders.orders, service.orders.orders, service.visits.visitors.CookieName()
}

// cookieKey is the key of a request's visitor's cookie in its context.
type cookieKey struct{}

func (s *demoShop) mount(router fiber.Router) {
	router.Use(storefront.Prefix, func(c *fiber.Ctx) error {
		if value := c.Cookies(s.visitors.cookie); value != "" {
			c.SetUserContext(context.WithValue(c.UserContext(), cookieKey{}, strings.Clone(value)))
		}
		return c.Next()
	})
	pages := origin.NewPages(s.public)
	options := storefront.Options{
		Products: s, Visitors: s.visitors, Cookie: demoCookieName,
		MayAct: func(from, referer, site, host string) bool {
			return pages.MayAct(origin.Asked{Origin: from, Referer: referer, SecFetchSite: site, Host: host})
		},
		SnippetURL: platform.ScriptPath, Currency: "", Pictures: s.pages,
		OnError: func(ctx context.Context, err error) {
			s.logger.WarnContext(ctx, "a page of the shop could not be made", "error", err)
		},
	}
	if s.visitors.kind == Dropshipping {
		options.DemoCustomer = demoCustomer.FirstName + " " + demoCustomer.LastName
	}
	storefront.Mount(router, options)
}

// demoCookieName is the visitors' cookie on a loopback address without encryption.
const demoCookieName = "octobridge"

// request is what the adapter is told of who looks at a page.
func (s *demoShop) request(ctx context.Context, locale string) *oct8ne.Request {
	request := &oct8ne.Request{Locale: locale}
	if cookie, ok := ctx.Value(cookieKey{}).(string); ok {
		request.Cookies = map[string]string{s.visitors.cookie: cookie}
	}
	return request
}

// Search implements storefront.Products.
func (s *demoShop) Search(ctx context.Context, query storefront.Query) (storefront.Found, error) {
	asked := oct8ne.SearchQuery{Text: query.Text, Page: query.Page, PageSize: query.Size, OrderBy: oct8ne.OrderRelevance, Filters: query.Filters}
	switch query.Order {
	case storefront.OrderCheapest:
		asked.OrderBy = oct8ne.OrderPrice
	case storefront.OrderDearest:
		asked.OrderBy, asked.Descending = oct8ne.OrderPrice, true
	case storefront.OrderName:
		asked.OrderBy = oct8ne.OrderName
	}
	result, err := s.adapter.Search(ctx, s.request(ctx, query.Locale), asked)
	if err != nil {
		return storefront.Found{}, storefrontError(err)
	}
	found := storefront.Found{Total: result.Total, Cards: storefrontCards(result.Results)}
	for _, a := range result.Filters.Applied {
		found.Applied = append(found.Applied, storefront.Filter{Param: a.Param, Label: a.ParamLabel, Value: a.Value, Text: a.ValueLabel})
	}
	for _, a := range result.Filters.Available {
		facet := storefront.Facet{Param: a.Param, Label: a.ParamLabel}
		for _, option := range a.Options {
			count, err := strconv.Atoi(option.Count)
			if err != nil {
				continue
			}
			facet.Options = append(facet.Options, storefront.FacetOption{Value: option.Value, Text: option.ValueLabel, Count: count})
		}
		found.Available = append(found.Available, facet)
	}
	return found, nil
}

// Product implements storefront.Products. The sizes are those of the source that
// the adapter answers from, because oct8ne's contract has none.
func (s *demoShop) Product(ctx context.Context, id, locale string) (*storefront.Product, error) {
	request := s.request(ctx, locale)
	infos, err := s.adapter.ProductInfo(ctx, request, []string{id})
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
		// The adapter has sanitised it.
		Description: template.HTML(info.Description), //nolint:gosec // see above
	}
	for _, media := range info.Medias {
		product.Pictures = append(product.Pictures, media.URL)
	}
	number, ok := s.adapter.mapper.ids.product(id)
	if !ok {
		return product, nil
	}
	source, err := s.adapter.customersSource(ctx, request)
	if err != nil {
		return nil, err
	}
	list, _, err := source.products(ctx, []int64{number}, s.adapter.view(request))
	if err != nil || len(list) == 0 {
		return product, nil // its page does without sizes
	}
	p := list[0]
	product.Step, product.Minimum = p.step.String(), p.step.String()
	product.SoldOut = len(p.sizes) > 0
	for _, size := range p.sizes {
		product.SoldOut = product.SoldOut && !size.available
		if len(p.sizes) > 1 || !idosell.IsOneSize(size.id) {
			product.Choices = append(product.Choices, storefront.Size{ID: id + "-" + size.id, Name: size.name, Available: size.available})
		}
	}
	return product, nil
}

// Related implements storefront.Products.
func (s *demoShop) Related(ctx context.Context, id, locale string, most int) ([]storefront.Card, error) {
	result, err := s.adapter.ProductRelated(ctx, s.request(ctx, locale),
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
