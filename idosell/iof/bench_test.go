package iof_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"sync"
	"testing"

	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

// BenchmarkReadOffer reads the same full offer in several ways. The bare way is
// what encoding/xml takes to find the tokens and do nothing with them.
func BenchmarkReadOffer(b *testing.B) {
	const products = 3000
	var file bytes.Buffer
	if err := sandbox.WriteOffer(&file, sandbox.OfferOptions{Products: products, Seed: 1, Languages: 2}); err != nil {
		b.Fatal(err)
	}
	size := int64(file.Len())
	for _, way := range []struct {
		name string
		read func(io.Reader) (int, error)
	}{
		{"bare", scanTokens},
		{"decoded", decodeAll},
		{"two-workers", decodeByTwo},
		{"undecoded", countElements},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if n, err := way.read(bytes.NewReader(file.Bytes())); n != products || err != nil {
					b.Fatalf("%d products were read, want %d: %v", n, products, err)
				}
			}
		})
	}
}

// scanTokens counts the products with encoding/xml's fastest way.
func scanTokens(r io.Reader) (products int, err error) {
	decoder := xml.NewDecoder(r)
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return products, nil
		}
		if err != nil {
			return products, err
		}
		if start, is := token.(xml.StartElement); is && start.Name.Local == "product" {
			products++
		}
	}
}

func decodeAll(r io.Reader) (products int, err error) {
	for _, err := range iof.NewReader(r).Products() {
		if err != nil {
			return products, err
		}
		products++
	}
	return products, nil
}

func countElements(r io.Reader) (products int, err error) {
	for _, err := range iof.NewReader(r).Elements() {
		if err != nil {
			return products, err
		}
		products++
	}
	return products, nil
}

// decodeByTwo decodes with two goroutines, as an import does.
func decodeByTwo(r io.Reader) (int, error) {
	reader := iof.NewReader(r)
	elements := make(chan iof.Element, 64)
	counts, failures := make([]int, 2), make([]error, 2)
	var group sync.WaitGroup
	for i := range counts {
		group.Go(func() {
			for element := range elements {
				_, err := reader.Decode(element)
				failures[i] = errors.Join(failures[i], err)
				counts[i]++
			}
		})
	}
	var failed error
	for element, err := range reader.Elements() {
		if failed = err; err != nil {
			break
		}
		elements <- kept(element)
	}
	close(elements)
	group.Wait()
	return counts[0] + counts[1], errors.Join(failed, failures[0], failures[1])
}
