package sandbox

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/origin"
)

//go:embed web
var web embed.FS

// file is something that is served as it is.
type file struct {
	contentType, body, tag string
}

var (
	panelScript = newFile("application/javascript; charset=utf-8", script())
	panelStyle  = newFile("text/css; charset=utf-8", read("frame.css")+read("pieces.css")+read("tabs.css"))
)

// scriptParts are the files of the panel's script in their order: what a file
// does when it is loaded, it does with those before it.
var scriptParts = []string{
	"words.js", "shop.js", "elements.js", "memory.js", "jsonp.js", "frame.js",
	"notes.js", "customer.js", "products.js", "product.js", "orders.js", "events.js", "chat.js",
}

// script joins the parts into one function, so that the page sees none of their
// names. A second script of a page does nothing, and so does one without the
// snippet's object, whose properties say which shop it is.
func script() string {
	var all strings.Builder
	all.WriteString("// oct8ne's sandbox: the panel. It is no part of oct8ne's own widget.\n" +
		"(function () {\n\"use strict\";\nif (!window.oct8ne || window.oct8nePanel) return;\n")
	for _, name := range scriptParts {
		all.WriteString(read(name))
	}
	all.WriteString("})();\n")
	return all.String()
}

// read returns a file of the panel.
func read(name string) string {
	body, err := web.ReadFile("web/" + name)
	if err != nil {
		panic("sandbox: " + err.Error()) // it is built in
	}
	return string(body)
}

func newFile(contentType, body string) file {
	sum := sha256.Sum256([]byte(body))
	return file{contentType, body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// serve answers the file, or that it is still the same.
func (f file) serve(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderETag, f.tag)
	if c.Get(fiber.HeaderIfNoneMatch) == f.tag {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.contentType)
	return c.SendString(f.body)
}

// agent answers what the panel's agent's view asks for orders with, to pages of
// this host only. Only a demonstration does so: see Options.Token.
func (s *Server) agent(c *fiber.Ctx) error {
	asked := origin.Asked{
		Origin: c.Get(fiber.HeaderOrigin), Referer: c.Get(fiber.HeaderReferer),
		SecFetchSite: c.Get("Sec-Fetch-Site"), Host: string(c.Request().Host()),
	}
	if !(origin.Pages{}).MayAct(asked) {
		return complain(c, http.StatusForbidden, "Only a page of this host may ask for that.")
	}
	return answerJSON(c, http.StatusOK, fiber.Map{"apiToken": s.options.Token.Reveal(), "customerEmail": s.options.CustomerEmail})
}
