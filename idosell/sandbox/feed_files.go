package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"maps"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// mostChanges is how many full_change files the gateway lists at most. They may
// be older than the full file, as the maker's are; when more would be newer than
// it, the full file is made anew.
const mostChanges = 24

// feedState is what the offer's feed keeps. All but the token and the cache is
// guarded by Server.mu.
type feedState struct {
	token string
	cache *lru.Cache[feedKey, *renderedFile]

	last       time.Time // of all moments that were given to files
	full       feedVersion
	lists      feedVersion // of the categories, producers …
	changes    []feedChange
	newChanges int // newer than the full file
	served     map[string]FeedServed
}

// feedVersion is the offer at the moment when a file was made.
type feedVersion struct {
	*offer
	at       time.Time
	revision int64
	promised map[variant]int64
}

// feedChange is a file with changes.
type feedChange struct {
	feedVersion
	name     string // "full_change2026-11-22T10-33-11"
	products []changedProduct
}

// FeedServed says how often files of one kind were asked for, and how many bytes
// of them were sent, as they went over the wire.
type FeedServed struct {
	Requests    int   `json:"requests"`
	NotModified int   `json:"notModified"`
	Bytes       int64 `json:"bytes"`
}

// FeedServed counts the requests for the feed since the sandbox was made, by
// kind: "gateway", "full", "full_change", "light", "categories" …
func (s *Server) FeedServed() map[string]FeedServed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.feed.served)
}

// openFeed makes the first full file. It does not write it.
func (s *Server) openFeed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feed.token = randomKey()[:23]
	s.feed.cache, _ = lru.New[feedKey, *renderedFile](64) // fails for sizes below 1 only
	s.feed.served = map[string]FeedServed{}
	s.makeFull()
	s.feed.lists = s.feed.full
}

// feedMoment is now, to the second, and later than the moment of any file, so
// that the order of the files is never in doubt. s.mu is held.
func (s *Server) feedMoment() time.Time {
	at := s.clock.Now().Truncate(time.Second)
	if !at.After(s.feed.last) {
		at = s.feed.last.Add(time.Second)
	}
	s.feed.last = at
	return at
}

// RegenerateFull makes the feed's full file anew: what is offered now, with the
// stock of now. Changes from before it stay listed, as they do at IdoSell.
func (s *Server) RegenerateFull() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeFull()
}

func (s *Server) makeFull() {
	s.revision++
	s.feed.full = feedVersion{offer: s.offer.Load(), at: s.feedMoment(), revision: s.revision, promised: maps.Clone(s.promised)}
	s.feed.newChanges = 0
}

// addFeedChange makes a file of what has changed. s.mu is held.
func (s *Server) addFeedChange(products []changedProduct) {
	s.revision++
	at := s.feedMoment()
	s.stockChange = at
	s.feed.lists = feedVersion{offer: s.offer.Load(), at: at, revision: s.revision}
	told := make([]changedProduct, 0, len(products))
	promised := map[variant]int64{}
	for _, p := range products {
		if p.parts == 0 {
			continue
		}
		told = append(told, p)
		for _, size := range p.product.Sizes {
			v := variant{p.product.ID, size.ID}
			promised[v] = s.promised[v]
		}
	}
	if len(told) == 0 {
		return
	}
	// The index is of use for the units; what it holds of products is not kept.
	version := feedVersion{offer: &offer{catalogue: s.offer.Load().catalogue.withoutProducts(), index: s.index().unitsOnly()},
		at: at, revision: s.revision, promised: promised}
	s.feed.changes = append(s.feed.changes, feedChange{version, "full_change" + at.In(s.location).Format("2006-01-02T15-04-05"), told})
	if len(s.feed.changes) > mostChanges {
		s.feed.changes = s.feed.changes[len(s.feed.changes)-mostChanges:]
	}
	if s.feed.newChanges++; s.feed.newChanges > mostChanges {
		s.makeFull()
	}
}

func (c *Catalogue) withoutProducts() *Catalogue {
	rest := *c
	rest.Products = nil
	return &rest
}

func (x *offerIndex) unitsOnly() *offerIndex {
	return &offerIndex{units: x.units, unitList: x.unitList}
}

// feedFile is a file of the feed, not written yet.
type feedFile struct {
	kind, name string // "full_change", "full_change2026-11-22T10-33-11"
	revision   int64
	view       *offerView
	write      func(*offerView, *feedWriter)
}

// feedFiles lists the files besides the gateway as the gateway does: the full
// one, its changes with the newest first, the others.
func (s *Server) feedFiles(r *http.Request) []*feedFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	address, account := s.address(r), &Account{}
	if logins := s.logins(); len(logins) > 0 {
		account = &s.accounts[logins[0]].Account
	}
	file := func(kind, name string, of feedVersion, write func(*offerView, *feedWriter)) *feedFile {
		return &feedFile{kind, name, of.revision, &offerView{Server: s, catalogue: of.catalogue, index: of.index,
			at: of.at.In(s.location), promised: of.promised, address: address, account: account}, write}
	}
	files := []*feedFile{file("full", "full", s.feed.full, (*offerView).writeFull)}
	for i := len(s.feed.changes) - 1; i >= 0; i-- {
		change := &s.feed.changes[i]
		files = append(files, file("full_change", change.name, change.feedVersion, change.write))
	}
	light := feedVersion{s.offer.Load(), s.stockChange, s.revision, maps.Clone(s.promised)}
	files = append(files, file("light", "light", light, (*offerView).writeLight))
	for _, list := range feedLists {
		files = append(files, file(list.name, list.name, s.feed.lists, list.write))
	}
	return files
}

// feedKey names one content of a file.
type feedKey struct {
	name, address string
	revision      int64
	altered       contentTrouble
}

// renderedFile is a file's content.
type renderedFile struct {
	hash  string // MD5, as the gateway tells it
	plain []byte // nil where it is too large to be kept
	small func() []byte
}

// mostKept is how large a file may be that is kept between requests.
const mostKept = 4 << 20

// content writes a file, with what the moods make of it. It is kept, or at least
// its hash, until the offer changes.
func (f *feedFile) content(altered contentTrouble) (hash string, body []byte) {
	kept := f.rendered(altered)
	if kept.plain == nil {
		return kept.hash, f.render(altered)
	}
	return kept.hash, kept.plain
}

// rendered is a file that was written already, or is now.

func (f *feedFile) rendered(altered contentTrouble) *renderedFile {
	cache := f.view.feed.cache
	key := feedKey{f.name, f.view.address, f.revision, altered}
	if kept, known := cache.Get(key); known {
		return kept
	}
	body := f.render(altered)
	sum := md5.Sum(body)
	kept := &renderedFile{hash: hex.EncodeToString(sum[:])}
	if len(body) <= mostKept {
		kept.plain = body
		kept.small = sync.OnceValue(func() []byte { return zipped(body) })
	}
	if f.revision != gatewayRevision {
		cache.Add(key, kept)
	}
	return kept
}

func (f *feedFile) render(altered contentTrouble) []byte {
	var out bytes.Buffer
	view := *f.view
	view.altered = altered
	view.write(&out, f.write)
	return out.Bytes()
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level is one of the known
	_, _ = writer.Write(body)                              // a buffer takes everything
	_ = writer.Close()
	return out.Bytes()
}
