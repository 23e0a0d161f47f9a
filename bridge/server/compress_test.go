package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/server"
)

func TestCompression(t *testing.T) {
	long := strings.Repeat(`{"name":"żółw"},`, 200)
	s := start(t, server.Options{Public: func(router fiber.Router) {
		router.Get("/long", func(c *fiber.Ctx) error {
			c.Set("Vary", "Origin")
			c.Type("json")
			return c.SendString(long)
		})
		router.Get("/short", func(c *fiber.Ctx) error { c.Type("json"); return c.SendString(long[:1000]) })
		router.Get("/picture", func(c *fiber.Ctx) error { c.Type("png"); return c.SendString(long) })
		router.Get("/stream", func(c *fiber.Ctx) error { c.Type("json"); return c.SendStream(strings.NewReader(long)) })
		router.Get("/missing", func(c *fiber.Ctx) error { return fiber.ErrNotFound })
	}})
	for _, test := range []struct{ path, accept, encoding string }{
		{"/long", "gzip, deflate, br", "br"},
		{"/long", "gzip", "gzip"},
		{"/long", "identity", ""},
		{"/long", "", ""},
		{"/short", "gzip", ""},
		{"/picture", "gzip", ""},
		{"/stream", "gzip", ""},
		{"/missing", "gzip", ""},
	} {
		got := s.get(test.path, "Accept-Encoding", test.accept)
		if encoding := got.header.Get("Content-Encoding"); encoding != test.encoding {
			t.Errorf("%s for %q is encoded as %q, want %q", test.path, test.accept, encoding, test.encoding)
		}
		if test.path == "/long" && strings.ReplaceAll(got.header.Get("Vary"), " ", "") != "Origin,Accept-Encoding" {
			t.Errorf("%s for %q varies by %q", test.path, test.accept, got.header.Values("Vary"))
		}
		if test.encoding == "gzip" {
			reader, err := gzip.NewReader(bytes.NewReader([]byte(got.body)))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(reader); err != nil || string(text) != long {
				t.Errorf("unpacked %d bytes, %v, want %d", len(text), err, len(long))
			}
		}
		if test.encoding == "" && test.path == "/stream" && got.body != long {
			t.Errorf("the stream has %d bytes, want %d", len(got.body), len(long))
		}
		if test.encoding != "" && len(got.body) > len(long)/5 {
			t.Errorf("%s as %s has %d of %d bytes", test.path, test.encoding, len(got.body), len(long))
		}
	}
}
