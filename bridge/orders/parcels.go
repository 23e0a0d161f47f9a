package orders

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// maxParcels bounds the parcels of one order, also those taken back.
const maxParcels = 100

// doubtFor is how long a parcel that only a notice told of is kept although
// Orders/get names others: its list may lag behind.
const doubtFor = time.Hour

// parcelChange counts what has become of an order's parcels.
type parcelChange struct{ added, takenBack int }

func (c parcelChange) text(there int) string {
	count := func(n int) string {
		if n == 1 {
			return "1 parcel"
		}
		return fmt.Sprintf("%d parcels", n)
	}
	switch {
	case c.takenBack == 0:
		return fmt.Sprintf("%s more: %d now.", count(c.added), there)
	case c.added == 0:
		return fmt.Sprintf("%s taken back: %d now.", count(c.takenBack), there)
	default:
		return fmt.Sprintf("%s taken back and %d more: %d now.", count(c.takenBack), c.added, there)
	}
}

func (f *followed) parcelsThere() int {
	n := 0
	for _, p := range f.parcels {
		if p.there() {
			n++
		}
	}
	return n
}

// parcelsInDoubt says whether a notice told of parcels what Orders/get has not.
func (f *followed) parcelsInDoubt() bool {
	for _, p := range f.parcels {
		if p.there() && (!p.hintedAt.IsZero() || !p.removalAt.IsZero()) {
			return true
		}
	}
	return false
}

func (f *followed) parcel(number string) *followedParcel {
	for _, p := range f.parcels {
		if strings.EqualFold(p.Number, number) {
			return p
		}
	}
	return nil
}

// learnParcels takes over what was told of parcels. What was known of one is
// never overwritten by nothing.
func (f *followed) learnParcels(n news) parcelChange {
	var change parcelChange
	named := map[*followedParcel]bool{}
	for _, told := range n.parcels {
		p := f.parcel(told.Number)
		if p == nil {
			if len(f.parcels) >= maxParcels {
				continue
			}
			p = &followedParcel{Parcel: Parcel{Number: told.Number, FirstSeenAt: n.at}}
			if n.notice {
				p.hintedAt = n.at
			}
			f.parcels = append(f.parcels, p)
			change.added++
		}
		named[p] = true
		p.complete(told)
		if n.notice {
			change.added += p.hinted(n)
			continue
		}
		p.hintedAt = time.Time{}
		if !p.there() {
			p.goneAt = time.Time{}
			change.added++
		}
		if n.at.Sub(p.removalAt) >= confirmWithin {
			p.removalAt = time.Time{} // the wholesaler's list has it all the same
		}
	}
	for _, number := range n.takenBack {
		if p := f.parcel(number); p != nil && p.there() {
			p.removalAt = n.at
		}
	}
	if n.notice || !n.completeList {
		return change
	}
	for _, p := range f.parcels {
		if p.there() && !named[p] && p.refuted(n) {
			p.goneAt, p.removalAt = n.at, time.Time{}
			change.takenBack++
		}
	}
	return change
}

// complete adds what was not known of a parcel, or is told anew.
func (p *followedParcel) complete(told Parcel) {
	for _, field := range []struct {
		known *string
		told  string
	}{{&p.ShippingNumber, told.ShippingNumber}, {&p.TrackingURL, told.TrackingURL}, {&p.Courier, told.Courier}} {
		if field.told != "" {
			*field.known = field.told
		}
	}
}

// hinted takes over that a notice named the parcel; it returns 1 when it is back
// by that. A number that Orders/get has told of and taken back is not: there the
// list knows better than a notice that may be an old one.
func (p *followedParcel) hinted(n news) int {
	if n.delivered && p.deliveredAt.IsZero() {
		p.deliveredAt = n.at
	}
	if p.there() || p.hintedAt.IsZero() {
		return 0
	}
	p.goneAt, p.hintedAt, p.removalAt = time.Time{}, n.at, time.Time{}
	return 1
}

// refuted says whether a complete answer without the parcel takes it back. One
// that only notices told of may never be on a list: some gates of the maker's
// have none (idosell-wire.md), and then the notice's word is all that there is.
func (p *followedParcel) refuted(n news) bool {
	switch {
	case p.hintedAt.IsZero(), !p.removalAt.IsZero():
		return true
	default:
		return len(n.parcels) > 0 && n.at.Sub(p.hintedAt) >= doubtFor
	}
}

// oneLine is a short text without control characters; what is not is dropped.
func oneLine(text string) string {
	text = strings.TrimSpace(text)
	if !plain(text, maxField) {
		return ""
	}
	return text
}

// webAddress is an address that a browser can be sent to, "" for anything else.
func webAddress(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > 500 || !utf8.ValidString(text) {
		return ""
	}
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil {
		return ""
	}
	return address.String()
}

// clipWord shortens a word of the wholesaler's for the timeline.
func clipWord(word string) string {
	word = strings.Map(func(r rune) rune {
		if forbiddenInNotes(r) || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(word, ""))
	if runes := []rune(word); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return word
}
