package sandbox

import (
	"errors"
	"fmt"
	"slices"
)

// FeedTrouble is what goes wrong with files of the feed, beside Trouble, which
// holds for them, too: delay, answerDelay, hold, late, status, html, empty,
// redirect, truncated, twice and drop. It holds for moods whose Gates name "Feed" or
// "Feed/" and a kind of file: "gateway", "full", "full_change", "light",
// "categories" …
type FeedTrouble struct {
	// CutAfter ends the file after so many bytes, as if that were all: the
	// Content-Length is that of the cut file.
	CutAfter int64 `json:"cutAfter,omitempty"`
	// BreakAfter closes the connection after so many bytes of an answer's body,
	// whose Content-Length is that of the whole. With Moods.Calls 1 it does so
	// once, and the rest can be had with Range.
	BreakAfter int64 `json:"breakAfter,omitempty"`
	// LoseShare leaves this share of the products out of full and light, 0.5 for
	// every other one. The gateway tells the hash of what is left.
	LoseShare float64 `json:"loseShare,omitempty"`
	// Damage damages the product in the middle of full or light: "value" writes
	// a VAT that is no number, "xml" a closing tag that nothing
	// opened, which makes the file unreadable from there on.
	Damage string `json:"damage,omitempty"`
	// BytesPerSecond makes answers slow.
	BytesPerSecond int64 `json:"bytesPerSecond,omitempty"`
	// NoValidators answers without ETag and Last-Modified, always with the
	// whole file, and leaves hash and changed out of the gateway.
	NoValidators bool `json:"noValidators,omitempty"`
	// NoRanges ignores Range, NoGzip ignores Accept-Encoding.
	NoRanges bool `json:"noRanges,omitempty"`
	NoGzip   bool `json:"noGzip,omitempty"`
	// SameHash tells the same hash in the gateway whatever the content is; the
	// date of the change is right.
	SameHash bool `json:"sameHash,omitempty"`
}

// contentTrouble is the part of FeedTrouble that makes another file of it.
type contentTrouble struct {
	loseShare float64
	damage    string
}

func (t FeedTrouble) contentTrouble() contentTrouble { return contentTrouble{t.LoseShare, t.Damage} }

// feedKinds are the kinds of files that a mood may be about.
func feedKinds() []string {
	kinds := []string{"gateway", "full", "full_change", "light"}
	for _, list := range feedLists {
		kinds = append(kinds, list.name)
	}
	return kinds
}

// fitsFeed says whether a mood's gate name is about a kind of file.
func fitsFeed(name, kind string) bool { return name == "Feed" || name == "Feed/"+kind }

// aboutFeed says whether a mood's gate name is about the feed at all.
func aboutFeed(name string) bool {
	return slices.ContainsFunc(feedKinds(), func(kind string) bool { return fitsFeed(name, kind) })
}

// check finds trouble that could never come, or means nothing.
func (t FeedTrouble) check(names []string) error {
	if t == (FeedTrouble{}) {
		return nil
	}
	if !slices.ContainsFunc(names, aboutFeed) {
		return errors.New(`mood feed: say which files it is about, "gates": ["Feed"] or ["Feed/full"]`)
	}
	if !slices.Contains([]string{"", "value", "xml"}, t.Damage) {
		return fmt.Errorf("mood feed.damage: %q is not one of %q", t.Damage, []string{"value", "xml"})
	}
	if !(t.LoseShare >= 0 && t.LoseShare <= 1) {
		return fmt.Errorf("mood feed.loseShare: %v is not a share from 0 to 1", t.LoseShare)
	}
	if t.CutAfter < 0 || t.BreakAfter < 0 || t.BytesPerSecond < 0 {
		return errors.New("mood feed: cutAfter, breakAfter and bytesPerSecond are not negative")
	}
	return nil
}

// feedMood is the mood for a kind of file. It is counted where it is taken; the
// gateway only looks, to tell what the files will be.
func (s *Server) feedMood(kind string, taken bool) Moods {
	return s.pickMood(taken, func(mood *Moods) bool {
		return slices.ContainsFunc(mood.Gates, func(name string) bool { return fitsFeed(name, kind) })
	})
}

// offered lists the products of a full or light file: the visible ones, less
// those that the mood loses.
func (v *offerView) offered() []*Product {
	var all []*Product
	visible := 0
	for i := range v.catalogue.Products {
		p := &v.catalogue.Products[i]
		if p.Invisible {
			continue
		}
		share := v.altered.loseShare
		if int(share*float64(visible+1)) == int(share*float64(visible)) {
			all = append(all, p)
		}
		visible++
	}
	return all
}

// damagedNumber stands where the mood damages a product.
const damagedNumber = "uszkodzone"
