package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// OfferChange is what becomes different in the offer, by products' ids. Prices
// are gross, in the offer's currency.
type OfferChange struct {
	// Put adds products, or replaces those of the same id. Producer, category and
	// series must be known; a product without sizes gets the one size "uniw", one
	// without a unit is sold in pieces. A size cannot be taken away, since orders
	// may hold it: set its stock to 0.
	Put []Product `json:"put,omitempty"`
	// Rename and Describe set names and long descriptions (HTML) by language.
	Rename   map[int64]map[string]string `json:"rename,omitempty"`
	Describe map[int64]map[string]string `json:"describe,omitempty"`
	// Wholesale is what accounts pay before their discount, Price the retail
	// price, Suggested the suggested one, Promotion that of a promotion. 0 ends a
	// promotion and takes a suggested price away.
	Wholesale map[int64]decimal.Decimal `json:"wholesale,omitempty"`
	Price     map[int64]decimal.Decimal `json:"price,omitempty"`
	Suggested map[int64]decimal.Decimal `json:"suggested,omitempty"`
	Promotion map[int64]decimal.Decimal `json:"promotion,omitempty"`
	// Stock is how many can be had from now on, -1 for an unknown amount, by
	// code: "43-5", or "44" for a product without sizes.
	Stock map[string]int64 `json:"stock,omitempty"`
	// Remove takes products out of the feed and out of searches. The gates know
	// them on by their id, since orders may hold them.
	Remove []int64 `json:"remove,omitempty"`
	// Full makes the feed's full file anew after the change, with a new hash.
	Full bool `json:"full,omitempty"`
}

// ChangeOffer changes the offer, wholly or, with an error, not at all. What was
// changed goes into a full_change file of the feed, with only what differs; a
// change that makes no difference makes no file. When there are more than
// mostChanges of them, the full file is made anew.
func (s *Server) ChangeOffer(change OfferChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.offer.Load()
	edit := &offerEdit{server: s, before: before, products: map[int64]*Product{}}
	if err := edit.apply(change); err != nil {
		return fmt.Errorf("the offer is as it was: %w", err)
	}
	changed := edit.differences()
	if len(changed) > 0 {
		after := *before.catalogue
		after.Products = slices.Clone(before.catalogue.Products)
		for _, c := range changed {
			at, known := slices.BinarySearchFunc(after.Products, c.product.ID, func(p Product, id int64) int { return int(p.ID - id) })
			if known {
				after.Products[at] = c.product
			} else {
				after.Products = slices.Insert(after.Products, at, c.product)
			}
		}
		s.offer.Store(&offer{catalogue: &after, index: newOfferIndex(&after)})
		s.addFeedChange(changed)
	}
	if change.Full {
		s.makeFull()
	}
	return nil
}

// offerEdit gathers the products of a change.
type offerEdit struct {
	server   *Server
	before   *offer
	products map[int64]*Product // copies, which may be changed
}

func (e *offerEdit) apply(change OfferChange) error {
	for i := range change.Put {
		if err := e.put(change.Put[i]); err != nil {
			return fmt.Errorf("put: product %d: %w", change.Put[i].ID, err)
		}
	}
	for _, texts := range []struct {
		key  string
		of   map[int64]map[string]string
		into func(*Product) map[string]string
	}{
		{"rename", change.Rename, func(p *Product) map[string]string { return p.Names }},
		{"describe", change.Describe, func(p *Product) map[string]string { return p.Longs }},
	} {
		for id, byLanguage := range texts.of {
			p, err := e.product(id)
			if err != nil {
				return fmt.Errorf("%s: %w", texts.key, err)
			}
			maps.Copy(texts.into(p), byLanguage)
		}
	}
	for _, prices := range []struct {
		key  string
		of   map[int64]decimal.Decimal
		into func(*Product) *decimal.Decimal
		none bool // whether 0 is allowed: no price
	}{
		{"wholesale", change.Wholesale, func(p *Product) *decimal.Decimal { return &p.Wholesale }, false},
		{"price", change.Price, func(p *Product) *decimal.Decimal { return &p.Retail }, false},
		{"suggested", change.Suggested, func(p *Product) *decimal.Decimal { return &p.SRP }, true},
		{"promotion", change.Promotion, func(p *Product) *decimal.Decimal { return &p.Promotion }, true},
	} {
		for id, price := range prices.of {
			p, err := e.product(id)
			if err != nil {
				return fmt.Errorf("%s: %w", prices.key, err)
			}
			if !isPrice(price, prices.none) {
				return fmt.Errorf("%s: product %d cannot cost that: a price has two digits after the point and is below a milliard", prices.key, id)
			}
			*prices.into(p) = price
		}
	}
	for code, quantity := range change.Stock {
		if err := e.setStock(code, quantity); err != nil {
			return fmt.Errorf("stock: %w", err)
		}
	}
	for _, id := range change.Remove {
		p, err := e.product(id)
		if err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		p.Invisible = true
	}
	return nil
}

// isPrice says whether an amount is one that goods have.
func isPrice(amount decimal.Decimal, none bool) bool {
	if amount.Exponent() < -20 || amount.Exponent() > 9 || amount.NumDigits() > 20 {
		return false // to compare such a number would cost more than it is worth
	}
	return amount.Equal(amount.Round(2)) && amount.LessThan(decimal.New(1, 9)) && (amount.IsPositive() || none && amount.IsZero())
}

// isStep says whether a product can be sold by that; zero: by any quantity.
func isStep(step decimal.Decimal) bool {
	return isPrice(step.Shift(1), true) && !step.GreaterThan(decimal.NewFromInt(100_000))
}

// product is a copy of a product that may be changed, the same at each call.
func (e *offerEdit) product(id int64) (*Product, error) {
	if p := e.products[id]; p != nil {
		return p, nil
	}
	known := e.before.index.byID[id]
	if known == nil {
		return nil, fmt.Errorf("there is no product %d", id)
	}
	p := *known
	p.Sizes = slices.Clone(p.Sizes)
	p.Names, p.Longs = withTexts(p.Names), withTexts(p.Longs)
	e.products[id] = &p
	return &p, nil
}

// withTexts copies texts; the copy is never nil.
func withTexts(texts map[string]string) map[string]string {
	copied := make(map[string]string, len(texts))
	maps.Copy(copied, texts)
	return copied
}

func (e *offerEdit) put(p Product) error {
	c := e.before.catalogue
	_, category := c.Categories[p.CategoryID]
	_, producer := c.Producers[p.ProducerID]
	_, series := c.Series[p.SeriesID]
	own := e.server.ownLanguage()
	switch {
	case p.ID <= 0:
		return errors.New("its id is not a positive number")
	case p.Names[own] == "":
		return fmt.Errorf("it has no name in %s", own)
	case p.CategoryID != 0 && !category, p.ProducerID != 0 && !producer, p.SeriesID != 0 && !series:
		return errors.New("its category, producer or series is not one of the offer's")
	case !isPrice(p.Retail, false), !isPrice(p.Wholesale, false), !isPrice(p.SRP, true), !isPrice(p.Promotion, true):
		return errors.New("it needs a retail and a wholesale price, of two digits after the point and below a milliard")
	case !isStep(p.SellBy.Retail), !isStep(p.SellBy.Wholesale):
		return errors.New("what it is sold by has three digits after the point and is at most 100000; 0 is any quantity")
	case p.VAT < 0 || p.VAT > 100:
		return fmt.Errorf("its VAT is %d per cent", p.VAT)
	}
	if len(p.Sizes) == 0 {
		p.Sizes = []Size{{ID: oneSize, Name: "uniwersalny"}}
	}
	seen := map[string]bool{}
	for _, size := range p.Sizes {
		if size.ID == "" || seen[size.ID] {
			return errors.New("each size needs an id of its own")
		}
		if !isPrice(size.Retail, true) || !isPrice(size.Wholesale, true) || size.Quantity < unlimited || size.Reserved < 0 {
			return fmt.Errorf("its size %q has a price or a quantity that cannot be", size.ID)
		}
		seen[size.ID] = true
	}
	if old := e.before.index.byID[p.ID]; old != nil {
		for _, size := range old.Sizes {
			if !seen[size.ID] {
				return fmt.Errorf("its size %s cannot be taken away: set its stock to 0", size.ID)
			}
		}
	}
	if p.UnitName == "" {
		p.UnitName = "szt."
	}
	p.Sizes = slices.Clone(p.Sizes)
	p.Names, p.Longs = withTexts(p.Names), withTexts(p.Longs)
	e.products[p.ID] = &p
	return nil
}

// setStock sets what can be had of a size, whatever orders hold of it.
func (e *offerEdit) setStock(code string, quantity int64) error {
	product, sizeID, _ := strings.Cut(code, "-")
	id, err := strconv.ParseInt(product, 10, 64)
	if err != nil || quantity < unlimited {
		return fmt.Errorf("%q: %d is not a quantity of a size: write \"43-5\": 7, or -1 for an unknown amount", code, quantity)
	}
	p, err := e.product(id)
	if err != nil {
		return err
	}
	if sizeID == "" || sizeID == "0" {
		sizeID = oneSize
	}
	at := slices.IndexFunc(p.Sizes, func(size Size) bool { return size.ID == sizeID })
	if at < 0 {
		return fmt.Errorf("product %d has no size %q", id, sizeID)
	}
	size := &p.Sizes[at]
	size.Quantity = quantity
	if quantity != unlimited {
		size.Quantity += size.Reserved + e.server.promised[variant{id, sizeID}]
	}
	return nil
}
