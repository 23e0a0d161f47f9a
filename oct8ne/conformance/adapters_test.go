package conformance_test

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne"
)

// on runs a change after the answers of some methods, all when none is named.
func on(change func(c *fiber.Ctx), methods ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		name := strings.TrimPrefix(c.Path(), "/oct8ne/frame/")
		err := c.Next()
		if len(methods) == 0 || slices.ContainsFunc(methods, func(m string) bool { return strings.EqualFold(m, name) }) {
			change(c)
		}
		return err
	}
}

// swap replaces text in the answers of a method.
func swap(method, old, with string) fiber.Handler {
	return on(func(c *fiber.Ctx) {
		c.Response().SetBody(bytes.ReplaceAll(c.Response().Body(), []byte(old), []byte(with)))
	}, method)
}

// header sets a header of the answers.
func header(name, value string, methods ...string) fiber.Handler {
	return on(func(c *fiber.Ctx) { c.Set(name, value) }, methods...)
}

// ask changes a request before it is answered. The change gets the method in
// lower case.
func ask(change func(c *fiber.Ctx, method string)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		change(c, strings.ToLower(strings.TrimPrefix(c.Path(), "/oct8ne/frame/")))
		return c.Next()
	}
}

// query changes a parameter of a method's requests.
func query(method string, change func(c *fiber.Ctx)) fiber.Handler {
	return ask(func(c *fiber.Ctx, asked string) {
		if asked == strings.ToLower(method) {
			change(c)
		}
	})
}

// fromNowhere takes away what a request says of the page that it comes from.
func fromNowhere(c *fiber.Ctx) {
	for _, header := range []string{"Sec-Fetch-Site", "Origin", "Referer"} {
		c.Request().Header.Del(header)
	}
}

func isScript(c *fiber.Ctx) bool {
	return strings.HasPrefix(string(c.Response().Header.ContentType()), "application/javascript")
}

// Adapters that are the shop but for one method.

type searches struct {
	*shop
	change func(q oct8ne.SearchQuery, r *oct8ne.SearchResult)
	ask    func(q *oct8ne.SearchQuery)
}

func (s searches) Search(ctx context.Context, r *oct8ne.Request, q oct8ne.SearchQuery) (oct8ne.SearchResult, error) {
	asked := q
	if s.ask != nil {
		s.ask(&asked)
	}
	result, err := s.shop.Search(ctx, r, asked)
	if s.change != nil {
		s.change(q, &result)
	}
	return result, err
}

type infos struct {
	*shop
	change func(ids []string, list []oct8ne.ProductInfo) []oct8ne.ProductInfo
}

func (s infos) ProductInfo(ctx context.Context, r *oct8ne.Request, ids []string) ([]oct8ne.ProductInfo, error) {
	list, err := s.shop.ProductInfo(ctx, r, ids)
	return s.change(ids, list), err
}

func eachInfo(change func(*oct8ne.ProductInfo)) oct8ne.Adapter {
	return infos{newShop(), func(_ []string, list []oct8ne.ProductInfo) []oct8ne.ProductInfo {
		for i := range list {
			change(&list[i])
		}
		return list
	}}
}

func searching(change func(q oct8ne.SearchQuery, r *oct8ne.SearchResult)) oct8ne.Adapter {
	return searches{shop: newShop(), change: change}
}

func asking(change func(q *oct8ne.SearchQuery)) oct8ne.Adapter {
	return searches{shop: newShop(), ask: change}
}

// details changes the orders of a shop.
func details(change func(*oct8ne.OrderDetails)) oct8ne.Adapter {
	s := newShop()
	for i := range s.orders {
		change(&s.orders[i])
	}
	return s
}

type forgetful struct{ *shop }

func (f forgetful) AddToWishList(ctx context.Context, r *oct8ne.Request, ids []string) (bool, error) {
	did, err := f.shop.AddToWishList(ctx, r, ids)
	f.mu.Lock()
	defer f.mu.Unlock()
	if guest := r.Cookie("guest"); guest != "" {
		f.lists[guest] = append(f.lists[guest], ids...) // once more
	}
	return did, err
}

type strict struct{ *shop }

func (s strict) OrderDetails(ctx context.Context, r *oct8ne.Request, reference string) (*oct8ne.OrderDetails, error) {
	if !strings.HasPrefix(reference, "A-") {
		return nil, nil
	}
	return s.shop.OrderDetails(ctx, r, reference)
}

type trusting struct{ *shop }

func (t trusting) CheckSession(context.Context, *oct8ne.Request, oct8ne.SessionQuery) (oct8ne.SessionVerdict, error) {
	return oct8ne.SessionValid, nil
}

type loyal struct{ *shop }

func (l loyal) CustomerData(ctx context.Context, r *oct8ne.Request) (oct8ne.CustomerData, error) {
	data, err := l.shop.CustomerData(ctx, r)
	email := ""
	data.Email = &email
	return data, err
}
