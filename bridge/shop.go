package bridge

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/orders"
	"octobridge/bridge/server"
	"octobridge/bridge/shopapi"
	"octobridge/idosell"
)

// ShopOrders are the orders that the shop's API takes and shows. An
// *orders.Service is one; what its methods promise about being called again
// holds here.
type ShopOrders interface {
	Accept(ctx context.Context, request orders.Request) (order *orders.Order, created bool, err error)
	Get(ctx context.Context, reference string) (*orders.Order, error)
	List(ctx context.Context, query orders.Query) ([]orders.Order, error)
	Cancel(ctx context.Context, reference, who string) (*orders.Order, error)
	Quote(ctx context.Context, request orders.QuoteRequest) (orders.Quote, error)
}

var _ ShopOrders = (*orders.Service)(nil)

// ShopUpstream is what the shop's API asks of CustomerAPI. An *idosell.Client is
// one; what its methods promise about being called again holds here.
type ShopUpstream interface {
	Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error)
	Couriers(ctx context.Context, countryID string) ([]idosell.Courier, error)
	SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error)
	DeliveryAddresses(ctx context.Context, query idosell.AddressQuery) iter.Seq2[idosell.DeliveryAddress, error]
	SetDeliveryAddress(ctx context.Context, address idosell.DeliveryAddress) error
}

var _ ShopUpstream = (*idosell.Client)(nil)

// ShopAPI is what the shop's API is made of.
type ShopAPI struct {
	Orders    ShopOrders
	Upstream  ShopUpstream
	Tokens    *shopapi.Tokens
	PublicURL string   // without a slash at its end
	Locale    string   // of products' names, such as "pl-PL"
	Currency  string   // asked for, ISO 4217; empty: the wholesaler's own
	IDs       *ShopIDs // of shop.ids_file; nil: the shop uses the wholesaler's codes
	// Supplier tells the account's currency where it is known; may be nil.
	Supplier func(ctx context.Context) (idosell.Supplier, bool)
}

// MountShopAPI serves the shop's API on the public router. The listener has to
// let large orders through: see ShopLargeBodies.
func MountShopAPI(router fiber.Router, parts ShopAPI) error {
	language := idosell.LanguageID(parts.Locale)
	return shopapi.Mount(router, shopapi.Options{
		Orders:     shopOrders{parts.Orders, parts.IDs},
		Wholesaler: &shopWholesaler{ShopAPI: parts, names: mapper{defaultLanguage: language}, language: language},
		Tokens:     parts.Tokens,
		PublicURL:  parts.PublicURL,
		Problem: func(p shopapi.Problem) error {
			return &server.Problem{Status: p.Status, Type: p.Type, Title: p.Title, Detail: p.Detail, Extra: p.Extra, Err: p.Err}
		},
	})
}

// shopAPI are the service's own parts for MountShopAPI.
func (s *Service) shopAPI(desk ShopOrders, tokens *shopapi.Tokens, publicURL, locale, currency string) ShopAPI {
	var ids *ShopIDs
	if book := s.adapter.mapper.ids; book != nil {
		ids = book.ids
	}
	return ShopAPI{
		Orders: desk, Upstream: confirmedUpstream{s.client, s.confirm}, Tokens: tokens, PublicURL: publicURL, Locale: locale, Currency: currency,
		IDs: ids, Supplier: s.adapter.supplier.get,
	}
}

// confirmedUpstream is CustomerAPI, asked about availability by way of the
// confirmations.
type confirmedUpstream struct {
	*idosell.Client
	confirm *confirmations
}

func (u confirmedUpstream) Availability(ctx context.Context, lines ...idosell.Line) ([]idosell.Availability, error) {
	return u.confirm.Availability(ctx, lines...)
}

// ShopLargeBodies lets orders with attachments through the public listener, from
// those who bring a token that may place orders.
func ShopLargeBodies(tokens *shopapi.Tokens) *server.LargeBodies {
	return &server.LargeBodies{
		Method: http.MethodPost, Path: shopapi.OrdersPath, Bytes: shopapi.OrderBytes,
		Allow: func(ctx context.Context, authorization string) bool {
			token, err := tokens.Authenticate(ctx, authorization)
			return err == nil && token.Has(shopapi.OrdersWrite)
		},
	}
}

// ShopTokenDesk keeps the tokens of the shop's API for operators.
func ShopTokenDesk(tokens *shopapi.Tokens) TokenDesk { return shopTokenDesk{tokens} }

type shopTokenDesk struct{ tokens *shopapi.Tokens }

func (d shopTokenDesk) Create(ctx context.Context, name string, scopes []string) (string, ShopToken, error) {
	wanted := make([]shopapi.Scope, len(scopes))
	for i, scope := range scopes {
		wanted[i] = shopapi.Scope(scope)
	}
	token, about, err := d.tokens.Create(ctx, name, wanted)
	switch {
	case errors.Is(err, shopapi.ErrNameTaken):
		return "", ShopToken{}, &OperatorRefusal{shopapi.ErrNameTaken.Error()}
	case errors.Is(err, shopapi.ErrBadToken):
		return "", ShopToken{}, &OperatorRefusal{err.Error()}
	case err != nil:
		return "", ShopToken{}, err
	}
	return token.Reveal(), shopToken(about), nil
}

func (d shopTokenDesk) List(ctx context.Context) ([]ShopToken, error) {
	tokens, err := d.tokens.List(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]ShopToken, len(tokens))
	for i, token := range tokens {
		list[i] = shopToken(token)
	}
	return list, nil
}

func (d shopTokenDesk) Revoke(ctx context.Context, idOrName string) error {
	_, err := d.tokens.Revoke(ctx, idOrName)
	if errors.Is(err, shopapi.ErrNoToken) {
		return ErrNotThere
	}
	return err
}

func shopToken(token shopapi.Token) ShopToken {
	shown := ShopToken{ID: token.ID, Name: token.Name, Scopes: []string{}, CreatedAt: token.CreatedAt, LastUsedAt: token.LastUsedAt, RevokedAt: token.RevokedAt}
	for _, scope := range token.Scopes {
		shown.Scopes = append(shown.Scopes, string(scope))
	}
	return shown
}

// shopFailure makes the API's error of what orders or the wholesaler failed with.
func shopFailure(err error) error {
	invalid, isInvalid := errors.AsType[*orders.InvalidError](err)
	failure, isUpstream := errors.AsType[*idosell.Error](err)
	_, isImport := errors.AsType[*idosell.ImportError](err)
	switch {
	case err == nil:
		return nil
	case isInvalid:
		return &shopapi.InvalidError{Faults: []shopapi.Fault{{Pointer: pointerOf(invalid.Field), Detail: invalid.Problem}}}
	case errors.Is(err, orders.ErrNotFound):
		return shopapi.ErrNotFound
	case errors.Is(err, orders.ErrReferenceTaken):
		return shopapi.ErrReferenceTaken
	case errors.Is(err, orders.ErrTooLate):
		return shopapi.ErrTooLate
	case isUpstream:
		return &shopapi.UpstreamError{Refused: refusing(failure.Kind), RetryAfter: failure.RetryAfter, SendAgain: shopapi.SendAgain(failure.SendAgain), Err: err}
	case isImport, errors.Is(err, idosell.ErrGateMissing):
		return &shopapi.UpstreamError{Refused: true, SendAgain: shopapi.SendAgainNo, Err: err}
	case errors.Is(err, idosell.ErrClosed):
		return &shopapi.UpstreamError{RetryAfter: time.Second, SendAgain: shopapi.SendAgainYes, Err: err}
	}
	return err
}

// refusing says whether a failure is the wholesaler's word, and not its silence.
func refusing(kind idosell.Kind) bool {
	switch kind {
	case idosell.KindLogin, idosell.KindFault, idosell.KindSOAPFault, idosell.KindRequest, idosell.KindTooLarge:
		return true
	}
	return false
}
