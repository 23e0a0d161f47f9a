package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"octobridge/idosell/iof"
)

// checkedSource is a file to check.
type checkedSource struct {
	name    string // as the report calls it
	step    string // as the progress does
	content io.Reader
	size    int64 // bytes of the content; 0: not known
}

// watchedReader tells how far reading is, stops when the run is interrupted, and
// keeps the error of what it reads from, which is not one of the file's contents.
type watchedReader struct {
	ctx    context.Context
	from   io.Reader
	done   int64
	show   func(done int64)
	failed error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	if w.failed = w.ctx.Err(); w.failed != nil {
		return 0, w.failed
	}
	n, err := w.from.Read(p)
	w.done += int64(n)
	w.show(w.done)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}

// unpacked returns what reads a file, unpacked where it is packed with gzip.
func unpacked(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 128<<10)
	if magic, _ := buffered.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	unpacker, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("it is packed with gzip, and damaged: %w", err)
	}
	return unpacker, nil
}

// checkFile reads a file to its end. What is wrong with it is in the result; the
// error is one of reading, or of an interrupted run.
func (c *feedCheck) checkFile(ctx context.Context, source checkedSource) (*checkedFile, error) {
	began := time.Now()
	file := &checkedFile{File: source.name, Problems: []checkProblem{}}
	most := c.limit
	if c.json {
		most = -1
	}
	watched := &watchedReader{ctx: ctx, from: source.content, show: func(done int64) { c.show(source.step, done, source.size) }}
	content, err := unpacked(watched)
	if err == nil {
		counted := &watchedReader{ctx: ctx, from: content, show: func(int64) {}}
		var summary iof.Summary
		summary, err = iof.Check(counted, func(p iof.Problem) {
			if most < 0 || len(file.Problems) < most {
				file.Problems = append(file.Problems, checkProblem{Offset: p.Offset, Type: p.Type, ID: p.ID, Damage: p.Damage, What: p.Text})
			}
		})
		file.take(summary)
		file.Bytes = counted.done
		if counted.failed != nil { // packed bytes that are damaged, or cut off
			err = fmt.Errorf("the packed file is damaged or cut off: %w", counted.failed)
		}
	}
	if watched.failed != nil {
		return nil, fmt.Errorf("reading %s broke off: %w", source.name, watched.failed)
	}
	if err != nil {
		file.Error = strings.TrimPrefix(err.Error(), "iof: ")
	}
	file.Seconds = time.Since(began).Seconds()
	return file, nil
}

// take fills in what is in a file.
func (f *checkedFile) take(s iof.Summary) {
	f.Kind, f.Version, f.Generated, f.Expires = string(s.Kind), s.Version, s.Generated, s.Expires
	if f.Version == "" && s.Kind != "" {
		f.Version = s.Edition
	}
	f.Languages, f.Currencies = append([]string{}, s.Languages...), append([]string{}, s.Currencies...)
	f.Counts = numbers("products", s.Products, "available", s.Available, "removed", s.Removed, "sizes", s.Sizes, "pictures", s.Pictures, "parameters", s.Parameters)
	for kind, n := range s.Entries {
		f.Counts[entryWords[kind]] += n
	}
	for kind, n := range s.Parts {
		f.Counts[string(kind)] += n
	}
	f.Types = map[string]int{}
	for kind, n := range s.Types {
		if kind == "" {
			kind = untyped
		}
		f.Types[kind] += n
	}
	f.Without = numbers("name", s.WithoutName, "price", s.WithoutPrice, "category", s.WithoutCategory, "stock", s.WithoutStock, "picture", s.WithoutPicture)
	f.ProblemCount, f.Damaged = s.Problems, s.Damaged
}

// numbers makes a map of names and numbers, those that are 0 left out.
func numbers(pairs ...any) map[string]int {
	of := map[string]int{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if n := pairs[i+1].(int); n != 0 {
			of[pairs[i].(string)] = n
		}
	}
	return of
}

// entryWords are the words for what lists hold, in numbers.
var entryWords = map[iof.EntryType]string{
	iof.CategoryEntry: "categories", iof.SizeGroupEntry: "groups of sizes", iof.SizeEntry: "sizes", iof.ProducerEntry: "producers",
	iof.UnitEntry: "units", iof.SectionEntry: "sections", iof.ParameterEntry: "parameters", iof.ValueEntry: "values", iof.StockEntry: "warehouses",
	iof.SeriesEntry: "series", iof.WarrantyEntry: "warranties",
}
