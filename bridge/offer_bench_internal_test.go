package bridge

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

// BenchmarkReadWholeOffer is a first import as the service does it, titles made
// plain and descriptions sanitised, into a SQLite file, beside a look at the
// file's tokens alone.
func BenchmarkReadWholeOffer(b *testing.B) {
	var offer bytes.Buffer
	if err := sandbox.WriteOffer(&offer, sandbox.OfferOptions{Products: 20_000, Seed: 1, Languages: 2}); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(offer.Len()))
		for b.Loop() {
			tokens := xml.NewDecoder(bytes.NewReader(offer.Bytes()))
			for {
				if _, err := tokens.RawToken(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("import", func(b *testing.B) {
		host, err := url.Parse("https://wholesaler.example/")
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(offer.Len()))
		for b.Loop() {
			b.StopTimer()
			s, err := store.Open(b.Context(), store.Options{DataDir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			c, err := catalog.New(b.Context(), catalog.Options{Store: s, PlainText: plainText, Sanitise: newSanitiser(host).description})
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := c.Import(b.Context(), iof.Full, bytes.NewReader(offer.Bytes()), catalog.ImportOptions{}); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}
