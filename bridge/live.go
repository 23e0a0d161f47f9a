package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"octobridge/idosell"
)

const (
	flightTimeout  = 30 * time.Second // of a call that nobody may wait for any more
	patience       = 2 * time.Second  // how long to wait for the wholesaler where something is known
	holdOff        = 2 * time.Second  // after a failure: what is known is answered without asking
	unknownFor     = 30 * time.Second // how long an unknown product is not asked for again
	searchesKept   = 256              // pages of results
	mostPerCall    = 100              // the wholesaler's limit of a page
	witnessesAsked = 3
)

// liveSource asks the wholesaler for products and keeps the answers for
// seconds, and for the time of an outage. That a search by ids brings a product
// whole, and its texts in more languages than the asked one where it has no
// text in that, are assumptions.
type liveSource struct {
	upstream     Upstream
	mapper       *mapper
	fresh, stale time.Duration
	currency     string // asked for; empty: the wholesaler's own
	now          func() time.Time
	logger       *slog.Logger

	kept      *lru.Cache[productKey, *keptProduct]
	searches  *lru.Cache[searchQuery, *keptPage]
	reads     *flights[string, map[int64]*keptProduct]
	finds     *flights[searchQuery, *keptPage]
	heldUntil atomic.Int64 // Unix nanoseconds
	outage    outage
}

type productKey struct {
	id       int64
	language string
}

// keptProduct is the answer about one id; product is nil when there is no such
// product, or none that visitors may see.
type keptProduct struct {
	product *product
	at      time.Time
}

type keptPage struct {
	found
	at time.Time
}

var errHeldOff = errors.New("the wholesaler has just failed to answer; it is asked again in a moment")

func newLiveSource(options *AdapterOptions, m *mapper) (*liveSource, error) {
	kept, err := lru.New[productKey, *keptProduct](options.CacheItems)
	if err != nil {
		return nil, fmt.Errorf("cache.items is %d: it must be at least 1", options.CacheItems)
	}
	searches, err := lru.New[searchQuery, *keptPage](searchesKept)
	if err != nil {
		return nil, err
	}
	return &liveSource{
		upstream: options.Upstream,
		mapper:   m,
		fresh:    options.CacheFresh,
		stale:    max(options.CacheStale, options.CacheFresh),
		currency: options.DefaultCurrency,
		now:      options.Clock,
		logger:   options.Logger,
		kept:     kept,
		searches: searches,
		reads:    newFlights[string, map[int64]*keptProduct](flightTimeout),
		finds:    newFlights[searchQuery, *keptPage](flightTimeout),
		outage:   outage{what: "products", logger: options.Logger},
	}, nil
}

func (s *liveSource) close() {
	s.reads.close()
	s.finds.close()
}

func (s *liveSource) products(ctx context.Context, ids []int64, v *view) ([]*product, time.Duration, error) {
	now, language := s.now(), v.language
	list := make([]*product, 0, len(ids))
	for _, id := range ids {
		kept, ok := s.kept.Get(productKey{id, language})
		if !ok || !s.isFresh(kept, now) {
			return s.readProducts(ctx, ids, language, now)
		}
		if kept.product != nil {
			list = append(list, kept.product)
		}
	}
	return list, 0, nil
}

func (s *liveSource) cards(ctx context.Context, ids []int64, v *view) ([]*card, time.Duration, error) {
	list, age, err := s.products(ctx, ids, v)
	cards := make([]*card, len(list))
	for i, p := range list {
		cards[i] = p.card
	}
	return cards, age, err
}

// readProducts is products where not all is known and fresh.
func (s *liveSource) readProducts(ctx context.Context, ids []int64, language string, now time.Time) ([]*product, time.Duration, error) {
	missing := s.notFresh(ids, language, now)
	unknown := func(id int64) bool { return s.known(id, language, now) == nil }
	var answer map[int64]*keptProduct
	var err error
	switch allKnown := !slices.ContainsFunc(missing, unknown); {
	case allKnown && s.heldOff():
		err = errHeldOff
	case allKnown:
		answer, err = s.readMissing(ctx, missing, language, patience)
	case slices.ContainsFunc(ids, func(id int64) bool { return !unknown(id) }):
		// Some can be shown whatever happens: that must not fail at the
		// visitor's deadline for the sake of the others.
		answer, err = s.readMissing(ctx, missing, language, 2*patience)
	default:
		answer, err = s.readMissing(ctx, missing, language, flightTimeout)
	}

	var list []*product
	var age time.Duration
	for _, id := range ids {
		kept := answer[id]
		if kept == nil {
			if current, ok := s.kept.Peek(productKey{id, language}); ok && s.isFresh(current, now) {
				kept = current
			} else if kept = s.known(id, language, now); kept != nil {
				age = max(age, s.now().Sub(kept.at))
			}
		}
		if kept != nil && kept.product != nil {
			list = append(list, kept.product)
		}
	}
	switch {
	case err == nil:
		return list, age, nil
	case len(list) == 0:
		return nil, 0, err
	default:
		// Where all that is known is fresh, the others are missing all the same:
		// that is no complete answer.
		return list, max(age, time.Nanosecond), nil
	}
}

// readMissing asks for products and waits for them, at most until ctx ends.
func (s *liveSource) readMissing(ctx context.Context, missing []int64, language string, wait time.Duration) (map[int64]*keptProduct, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	slices.Sort(missing)
	return s.reads.do(ctx, flightKey(missing, language), func(ctx context.Context) (map[int64]*keptProduct, error) {
		return s.fetchProducts(ctx, missing, language)
	})
}

func flightKey(ids []int64, language string) string {
	key := make([]byte, 0, len(language)+8*len(ids))
	key = append(key, language...)
	for _, id := range ids {
		key = strconv.AppendInt(append(key, ','), id, 10)
	}
	return string(key)
}

// notFresh returns the ids that the wholesaler must be asked for.
func (s *liveSource) notFresh(ids []int64, language string, now time.Time) []int64 {
	missing := make([]int64, 0, len(ids))
	for _, id := range ids {
		if kept, ok := s.kept.Peek(productKey{id, language}); !ok || !s.isFresh(kept, now) {
			missing = append(missing, id)
		}
	}
	return missing
}

func (s *liveSource) isFresh(kept *keptProduct, now time.Time) bool {
	limit := s.fresh
	if kept.product == nil {
		limit = min(limit, unknownFor)
	}
	return now.Sub(kept.at) < limit
}

// known returns what may stand in for an answer in an outage, nil when there is
// nothing. That a product was unknown a while ago is no knowledge.
func (s *liveSource) known(id int64, language string, now time.Time) *keptProduct {
	kept, ok := s.kept.Peek(productKey{id, language})
	if !ok || kept.product == nil || now.Sub(kept.at) > s.stale {
		return nil
	}
	return kept
}

// fetchProducts asks for the products in one call and keeps the answers. Ids of
// which nothing believable was said are missing in the result.
func (s *liveSource) fetchProducts(ctx context.Context, ids []int64, language string) (map[int64]*keptProduct, error) {
	now := s.now()
	answers := make(map[int64]*keptProduct, len(ids))
	// Another call may have brought them between the look and the start.
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		kept, ok := s.kept.Peek(productKey{id, language})
		if ok && s.isFresh(kept, now) {
			answers[id] = kept
			return true
		}
		return false
	})
	if len(ids) == 0 {
		return answers, nil
	}
	items, err := s.askFor(ctx, ids, language)
	if err != nil {
		return answers, err
	}
	believed := len(items) > 0
	if !believed && slices.ContainsFunc(ids, func(id int64) bool { return s.known(id, language, now) != nil }) {
		if items, believed, err = s.askWithWitnesses(ctx, ids, language); err != nil {
			return answers, err
		}
	}
	now = s.now()
	for i := range items {
		item := &items[i]
		if !slices.Contains(ids, item.ID) || answers[item.ID] != nil {
			continue
		}
		if item.Fault.OK() {
			answers[item.ID] = s.keep(item, language, now)
		}
	}
	for _, id := range ids {
		refused := slices.ContainsFunc(items, func(p idosell.Product) bool { return p.ID == id && !p.Fault.OK() })
		if answers[id] == nil && !refused && (believed || s.known(id, language, now) == nil) {
			answers[id] = &keptProduct{at: now}
			s.kept.Add(productKey{id, language}, answers[id])
		}
	}
	return answers, nil
}

// askFor asks for products by id in one call and drops what was not asked for:
// a wholesaler may silently ignore a filter.
func (s *liveSource) askFor(ctx context.Context, ids []int64, language string) ([]idosell.Product, error) {
	page, err := s.upstream.SearchProductsPage(ctx, idosell.ProductQuery{IDs: ids, Language: language, Currency: s.currency}, 0, len(ids))
	if err != nil {
		s.failed(err)
		return nil, err
	}
	s.outage.over()
	asked := slices.DeleteFunc(page.Items, func(p idosell.Product) bool { return !slices.Contains(ids, p.ID) })
	if len(asked) == 0 && len(page.Items) > 0 {
		s.logger.Warn("the wholesaler answered with other products than those asked for: its search seems to ignore product ids")
	}
	return asked, nil
}

// askWithWitnesses asks again for products that are said to be gone all at once,
// together with others that are known. An empty answer is never taken for an
// empty catalogue: only when the others come back are the asked ones believed to
// be gone.
func (s *liveSource) askWithWitnesses(ctx context.Context, ids []int64, language string) (items []idosell.Product, believed bool, err error) {
	asked := slices.Clone(ids)
	keys := s.kept.Keys() // the least recently used first
	for _, key := range slices.Backward(keys) {
		if len(asked) == min(len(ids)+witnessesAsked, mostPerCall) {
			break
		}
		if key.language == language && !slices.Contains(asked, key.id) && s.known(key.id, language, s.now()) != nil {
			asked = append(asked, key.id)
		}
	}
	if len(asked) > len(ids) {
		if items, err = s.askFor(ctx, asked, language); err != nil {
			return nil, false, err
		}
	}
	if len(items) == 0 {
		s.logger.Warn("the wholesaler answered with no products at all: what is known of them is kept", "asked", len(asked))
		s.hold()
	}
	return items, len(items) > 0, nil
}

// keep maps an answered product and keeps it.
func (s *liveSource) keep(item *idosell.Product, language string, now time.Time) *keptProduct {
	kept := &keptProduct{at: now}
	if shown(item) {
		kept.product = s.mapper.product(item, language)
	}
	s.kept.Add(productKey{item.ID, language}, kept)
	return kept
}

// hold lets what is known stand in for a moment, so that an outage is not made
// worse by asking for every visitor.
func (s *liveSource) hold() { s.heldUntil.Store(s.now().Add(holdOff).UnixNano()) }

func (s *liveSource) heldOff() bool { return s.now().UnixNano() < s.heldUntil.Load() }

// failed notes a failure, once for all who meet it in the same moment.
func (s *liveSource) failed(err error) {
	if s.heldOff() {
		return
	}
	s.hold()
	s.outage.failed(err)
}

// queryText tidies what a visitor typed: white space is collapsed, and nobody
// searches for more than 200 characters.
func queryText(text string) string {
	return strings.Join(strings.Fields(cutRunes(text, 200)), " ")
}
