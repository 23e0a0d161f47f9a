package iof_test

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func charmapISO(text string) ([]byte, error) {
	return charmap.ISO8859_2.NewEncoder().Bytes([]byte(text))
}

// wide is a text in UTF-16 without a byte order mark.
func wide(t *testing.T, text string, order unicode.Endianness) []byte {
	t.Helper()
	encoded, err := unicode.UTF16(order, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
