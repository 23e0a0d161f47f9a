package server

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
)

// requestIDs makes ids that are unique among processes and tell nothing.
type requestIDs struct {
	prefix string
	last   *atomic.Uint64
}

func newRequestIDs() requestIDs {
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	return requestIDs{prefix: hex.EncodeToString(random) + "-", last: new(atomic.Uint64)}
}

func (r requestIDs) append(to []byte) []byte {
	return strconv.AppendUint(append(to, r.prefix...), r.last.Add(1), 36)
}

var headerRequestID = []byte("X-Request-Id") // as fasthttp writes it

// setRequestID puts the id on the answer: the one that a trusted proxy sent, if
// it is fit for a log, or a new one.
func (s *Server) setRequestID(c *fiber.Ctx, trusted bool) {
	header := &c.Response().Header
	if trusted {
		if id := c.Request().Header.PeekBytes(headerRequestID); plausible(id) {
			header.SetCanonical(headerRequestID, id)
			return
		}
	}
	var buffer [32]byte
	header.SetCanonical(headerRequestID, s.ids.append(buffer[:0]))
}

// plausible says whether an id from outside is one: 1 to 64 letters, digits,
// ".", "_" and "-".
func plausible(id []byte) bool {
	for _, b := range id {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return len(id) > 0 && len(id) <= 64
}

// RequestID returns the id of the request that a handler of the public app
// answers; it is on the answer too, as X-Request-ID. "" outside of the app.
func RequestID(c *fiber.Ctx) string {
	return string(c.Response().Header.PeekBytes(headerRequestID))
}
