package server

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// compressFrom is the size from which on compressing is worth its time: below,
// the answer is one packet either way.
const compressFrom = 1400

var (
	headerEncoding = []byte(fiber.HeaderAcceptEncoding)
	headerVary     = []byte(fiber.HeaderVary)

	// Brotli at 4 and deflate at 1 make JSON about a fifth; more costs more
	// time than it saves on the way.
	compressor = fasthttp.CompressHandlerBrotliLevel(func(*fasthttp.RequestCtx) {}, fasthttp.CompressBrotliDefaultCompression, fasthttp.CompressBestSpeed)
)

// compress shortens an answer for a client that takes it so. fasthttp leaves
// pictures alone, and what a handler has compressed.
func compress(c *fiber.Ctx) {
	response := c.Response()
	if response.IsBodyStream() || len(response.Body()) < compressFrom || len(response.Header.ContentEncoding()) > 0 {
		return
	}
	if len(c.Request().Header.PeekBytes(headerEncoding)) > 0 {
		compressor(c.Context())
	}
	// A cache must not hand the short answer to a client that did not ask for it.
	if !bytes.Contains(response.Header.PeekBytes(headerVary), headerEncoding) {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
}
