package conformance_test

import (
	"context"
	"fmt"
	"net"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
	"octobridge/oct8ne/conformance"
)

// Run checks an adapter by its address. Here one is served for the purpose; its
// reverse proxy forgets a header.
func ExampleRun() {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(func(c *fiber.Ctx) error {
		err := c.Next()
		c.Response().Header.Del("X-Content-Type-Options")
		return err
	})
	oct8ne.Mount(app, newShop(), oct8ne.Options{APIToken: secret.New(token)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	defer func() {
		if err := app.Shutdown(); err != nil {
			fmt.Println(err)
		}
		<-ended
	}()

	report, err := conformance.Run(context.Background(), conformance.Options{
		BaseURL:       "http://" + listener.Addr().String(),
		APIToken:      secret.New(token),
		CustomerEmail: customer,
		SearchTerm:    "teapot",
	}, func(r conformance.Result) {
		if r.Outcome == conformance.Failed {
			fmt.Printf("%s: %s\n  %s\n", r.ID, r.Title, r.Detail)
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict, report.Failed)
	// Output:
	// transport.nosniff: Plain answers carry X-Content-Type-Options: nosniff.
	//   getAdapterInfo: X-Content-Type-Options is "", want nosniff
	// jsonp.nosniff: JSONP carries X-Content-Type-Options: nosniff.
	//   getAdapterInfo: X-Content-Type-Options is "", want nosniff
	// failed 2
}
