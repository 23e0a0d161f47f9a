package shopapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
)

// A cursor says where the next page of a list begins: the id of the last order
// listed, and which filters it was listed with, so that a page of another list
// is not taken for the next one.
const (
	cursorVersion = 1
	cursorBytes   = 1 + 8 + 8
)

// newCursor returns the cursor behind an order in a list.
func newCursor(id int64, filters url.Values) string {
	raw := make([]byte, 0, cursorBytes)
	raw = append(raw, cursorVersion)
	raw = binary.BigEndian.AppendUint64(raw, uint64(id))
	raw = append(raw, filterMark(filters)...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// readCursor returns the id in a cursor; false where it is none of a list with
// these filters.
func readCursor(text string, filters url.Values) (int64, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != cursorBytes || raw[0] != cursorVersion || string(raw[9:]) != string(filterMark(filters)) {
		return 0, false
	}
	id := int64(binary.BigEndian.Uint64(raw[1:9]))
	return id, id > 0
}

// filterMark identifies filters: all parameters but those of paging.
func filterMark(parameters url.Values) []byte {
	filters := url.Values{}
	for name, values := range parameters {
		if name != "cursor" && name != "limit" {
			filters[name] = values
		}
	}
	sum := sha256.Sum256([]byte(filters.Encode()))
	return sum[:8]
}
