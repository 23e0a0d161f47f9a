package oct8ne_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"octobridge/oct8ne"
)

// BenchmarkProductInfo compares Mount, with an adapter that has the product at
// hand, with a bare Fiber handler that returns the same bytes. Both are asked
// over loopback. The goal is 0.6 of the bare handler's requests per second.
func BenchmarkProductInfo(b *testing.B) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	adapter := &ready{infos: []oct8ne.ProductInfo{product()}}
	oct8ne.Mount(app, adapter, oct8ne.Options{})
	var body []byte
	app.Get("/bare", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
		return c.Send(body)
	})
	base := listen(b, app)
	body = []byte(get(b, base+"/oct8ne/frame/productInfo?productIds=1042").body)
	if len(body) < 1000 {
		b.Fatalf("only %d bytes: %s", len(body), body)
	}
	rates := map[string]float64{}
	for _, path := range []string{"/bare", "/oct8ne/frame/productInfo?productIds=1042&locale=pl-PL&currency=PLN"} {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "?")
		b.Run(strings.ReplaceAll(name, "/", "-"), func(b *testing.B) {
			b.ReportAllocs()
			hammer(b, base, path, len(body))
			rates[name] = float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rates[name], "req/s")
			if bare := rates["bare"]; name != "bare" && bare > 0 {
				b.ReportMetric(rates[name]/bare, "of-bare")
			}
		})
	}
}

// ready is an adapter that only has products.
type ready struct {
	oct8ne.Adapter
	infos []oct8ne.ProductInfo
}

func (r *ready) ProductInfo(context.Context, *oct8ne.Request, []string) ([]oct8ne.ProductInfo, error) {
	return r.infos, nil
}

func product() oct8ne.ProductInfo {
	price := "1 299,00\u00a0zł"
	return oct8ne.ProductInfo{
		InternalID: "1042", Title: "Rower górski „Śnieżka” 29″",
		Description:    "<p>" + strings.Repeat("Aluminiowa rama, amortyzator 120 mm i hamulce tarczowe. ", 16) + "</p>",
		FormattedPrice: &price, FormattedPrevPrice: &price,
		ProductURL: "https://shop.example/product/1042", AddToCartURL: "https://shop.example/cart/add?id=1042",
		UseProductURL: true, Thumbnail: "https://shop.example/pictures/1042-s.jpg",
		Medias: []oct8ne.Media{
			{URL: "https://shop.example/pictures/1042-1.jpg"}, {URL: "https://shop.example/pictures/1042-2.jpg"},
		},
	}
}

// hammer asks for one address over and over, on a connection for each goroutine.
func hammer(b *testing.B, base, path string, size int) {
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(request)
		defer fasthttp.ReleaseResponse(response)
		request.SetRequestURI(base + path)
		for pb.Next() {
			if err := errors.Join(request.Write(out), out.Flush(), response.Read(in)); err != nil {
				b.Error(err)
				return
			}
			if response.StatusCode() != 200 || len(response.Body()) != size {
				b.Errorf("status %d, %d bytes, want 200 and %d", response.StatusCode(), len(response.Body()), size)
				return
			}
		}
	})
}
