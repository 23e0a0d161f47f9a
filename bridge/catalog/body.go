package catalog

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"
)

// The first byte of a body: how the rest is written.
const (
	plainBody = 1
	smallBody = 2 // compressed with S2: a fifth of the time of zstd, for texts a third longer
)

// leastCompressed is the length from which compressing a body pays.
const leastCompressed = 256

// mostBody bounds what a stored body may unpack to; a product's element is not
// longer, and sanitising at most doubles it.
const mostBody = 64 << 20

// details packs Details, not yet compressed; nothing where they are empty.
func (p *packer) details(d *Details) {
	if d == nil || len(d.Long) == 0 && len(d.Short) == 0 && len(d.Pictures) == 0 {
		return
	}
	p.names(d.Long)
	p.names(d.Short)
	p.unsigned(uint64(len(d.Pictures)))
	for _, picture := range d.Pictures {
		p.text(picture)
	}
}

// detailsHash tells packed details apart; 0 is for none.
func detailsHash(packed []byte) int64 {
	if len(packed) == 0 {
		return 0
	}
	return notZero(xxhash.Sum64(packed))
}

// notZero makes a hash one that the store can keep, where 0 means none.
func notZero(hash uint64) int64 {
	if hash == 0 {
		return 1
	}
	return int64(hash) //nolint:gosec // any 64 bits will do
}

// appendBody makes the body that the store keeps of packed details.
func appendBody(dst, packed []byte) []byte {
	if len(packed) < leastCompressed {
		return append(append(dst, plainBody), packed...)
	}
	dst = append(dst, smallBody)
	begin := len(dst)
	dst = slices.Grow(dst, max(s2.MaxEncodedLen(len(packed)), 0))
	return dst[:begin+len(s2.Encode(dst[begin:cap(dst)], packed))]
}

// readBody reads what appendBody wrote. No body is empty Details.
func readBody(body []byte) (*Details, error) {
	if len(body) == 0 {
		return &Details{}, nil
	}
	var packed string
	switch body[0] {
	case plainBody:
		packed = string(body[1:])
	case smallBody:
		if length, err := s2.DecodedLen(body[1:]); err != nil || length > mostBody {
			return nil, fmt.Errorf("a stored description of %d bytes: %w", length, errPacked)
		}
		unpacked, err := s2.Decode(nil, body[1:])
		if err != nil {
			return nil, fmt.Errorf("%w (%w)", errPacked, err)
		}
		packed = string(unpacked)
	default:
		return nil, fmt.Errorf("a stored description has the form %d: %w", body[0], errPacked)
	}
	u := unpacker{in: packed}
	d := &Details{Long: u.names(), Short: u.names()}
	for range u.count() {
		d.Pictures = append(d.Pictures, u.text())
	}
	if u.in != "" {
		u.fail()
	}
	return d, u.err
}
