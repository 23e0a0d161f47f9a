package server_test

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

// In an outage of the wholesaler each request made a warning, so that hours of it
// filled the log. Whoever answers 503 logs why; the access log has it at debug.
func TestOutageIsNoWarningForEachRequest(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Public: func(router fiber.Router) {
		router.Get("/away", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusServiceUnavailable) })
		router.Get("/broken", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusBadGateway) })
	}})
	s.get("/away")
	s.get("/broken")
	s.end()
	for line := range strings.SplitSeq(s.log.String(), "\n") {
		if strings.Contains(line, `"status":503`) != strings.Contains(line, `"level":"DEBUG"`) && strings.Contains(line, `"status":`) {
			t.Errorf("only what is broken is a warning: %s", line)
		}
	}
}
