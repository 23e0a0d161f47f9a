package server_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

// BenchmarkPublic holds the whole stack against a bare Fiber handler that returns
// the same bytes, one request after the other on each connection.
func BenchmarkPublic(b *testing.B) {
	body := []byte(strings.Repeat("x", 1187))
	handler := func(c *fiber.Ctx) error {
		c.Response().Header.SetContentType("application/json")
		return c.Send(body)
	}
	b.Run("bare", func(b *testing.B) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		app.Get("/product", handler)
		ended := make(chan error, 1)
		go func() { ended <- app.Listener(listener) }()
		hammer(b, listener.Addr().String())
		_ = app.Shutdown()
		<-ended
	})
	b.Run("stack", func(b *testing.B) {
		s, err := server.New(server.Options{
			Listen:            "127.0.0.1:0",
			RequestsPerMinute: 1 << 30,
			Logger:            slog.New(slog.NewTextHandler(io.Discard, nil)),
			Public:            func(router fiber.Router) { router.Get("/product", handler) },
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Listen(); err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx) }()
		hammer(b, s.Addr().String())
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	})
}

// hammer asks on several connections at once.
func hammer(b *testing.B, address string) {
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		reader := bufio.NewReader(conn)
		request := []byte("GET /product?productIds=1&locale=pl-PL&currency=PLN HTTP/1.1\r\nHost: bridge.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
		for pb.Next() {
			if _, err := conn.Write(request); err != nil {
				b.Error(err)
				return
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil || response.StatusCode != 200 {
				b.Errorf("got %v, %v", response, err)
				return
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				b.Error(err)
				return
			}
			_ = response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
