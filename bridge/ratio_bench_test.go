package bridge_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"octobridge/bridge"
)

// BenchmarkServedProductInfo holds a warm productInfo through the whole service,
// middleware included, against a bare Fiber handler that returns the same bytes,
// both over loopback connections. The goal is 0.6 of its requests per second.
func BenchmarkServedProductInfo(b *testing.B) {
	ctx, cancel := context.WithCancel(b.Context())
	demo, err := bridge.StartDemo(ctx, bridge.DemoOptions{Listen: "127.0.0.1:0", SandboxListen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	served := demo.Info.Adapter + "/productInfo?productIds=1101&locale=pl-PL"
	response, err := http.Get(served)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if err != nil || len(body) < 500 {
		b.Fatalf("%d bytes, %v", len(body), err)
	}

	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
		return c.Send(body)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = app.Listener(listener) }()
	defer func() { _ = app.Shutdown() }()

	rates := map[string]float64{}
	for _, way := range []struct{ name, address string }{{"bare", "http://" + listener.Addr().String() + "/"}, {"service", served}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			askAll(b, way.address, len(body))
			rates[way.name] = float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rates[way.name], "req/s")
			if bare := rates["bare"]; way.name != "bare" && bare > 0 {
				b.ReportMetric(rates[way.name]/bare, "of-bare")
			}
		})
	}
}

// askAll asks one address b.N times, from sixteen connections.
func askAll(b *testing.B, address string, size int) {
	b.Helper()
	var uri fasthttp.URI
	if err := uri.Parse(nil, []byte(address)); err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		group.Go(func() {
			conn, err := net.Dial("tcp", string(uri.Host()))
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(request)
			defer fasthttp.ReleaseResponse(response)
			request.SetRequestURI(address)
			for left.Add(-1) >= 0 {
				err := errors.Join(request.Write(out), out.Flush(), response.Read(in))
				if err != nil || response.StatusCode() != 200 || len(response.Body()) != size {
					b.Errorf("status %d, %d bytes, %v", response.StatusCode(), len(response.Body()), err)
					return
				}
			}
		})
	}
	group.Wait()
}
