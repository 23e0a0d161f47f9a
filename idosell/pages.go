package idosell

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"reflect"
)

// maxPageSize is the largest page that CustomerAPI gives (idosell.md).
const maxPageSize = 100

// maxPages ends a walk over pages that a wholesaler never ends.
const maxPages = 100_000

// Page is one page of a list.
type Page[T any] struct {
	Items  []T
	Total  int // of the whole list; 0 where the wholesaler does not say
	Number int // of this page, from 0
	Size   int // asked rows a page
	Rows   int // on the wire, before those were left out that do not match

	ends []T // the first and the last of them
}

// errSamePage is the cause when a wholesaler gives the same page again and
// again: going on would never end, and stopping would look like a whole list.
var errSamePage = errors.New("the wholesaler answers every page with the same rows")

// callPage reads one page of a list.
func callPage[T any](ctx context.Context, c *Client, op Operation, params any, number, size int) (Page[T], error) {
	size = min(max(size, 1), maxPageSize)
	number = max(number, 0)
	var info pageInfo
	items, err := callPaged[[]T](ctx, c, op, params, &paging{Page: number, Limit: size}, &info)
	if err != nil {
		return Page[T]{}, err
	}
	if info.Limit > 0 && info.Limit < size {
		size = info.Limit // the wholesaler gives smaller pages than asked for
	}
	page := Page[T]{Items: items, Total: info.Total, Number: number, Size: size, Rows: len(items)}
	if len(items) > 0 {
		page.ends = []T{items[0], items[len(items)-1]}
	}
	return page, nil
}

// pages walks over the items of all pages. It yields an error once, as the last.
// A page with fewer rows than asked for is not the last one while the wholesaler
// says that the list has more: it may give smaller pages.
func pages[T any](ctx context.Context, c *Client, op Operation, read func(context.Context, int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen, rows := 0, 0
		var before []T // the ends of the page before
		for number := range maxPages {
			page, err := read(ctx, number)
			if err != nil {
				yield(none, err)
				return
			}
			if number > 0 && page.Rows == rows && rows > 0 && reflect.DeepEqual(before, page.ends) {
				yield(none, c.endless(op))
				return
			}
			seen, rows = seen+page.Rows, page.Rows
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Rows == 0 || page.Total > 0 && seen >= page.Total || page.Total == 0 && page.Rows < page.Size {
				return
			}
			before = page.ends
		}
		yield(none, c.endless(op))
	}
}

// endless is the failure of a list that has no end.
func (c *Client) endless(op Operation) *Error {
	return c.newError(c.gates.Gate(op), KindUnreadable, http.StatusOK, errSamePage, SendAgainNo,
		"Compare the names of the paging parameters in the gate table with the wholesaler's WSDL")
}
