package iof

import (
	"bufio"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Problem is one thing that is wrong in a file.
type Problem struct {
	Offset int64  `json:"offset"`         // where what it is about begins, as Product.Offset
	Type   string `json:"type,omitempty"` // "product", or the type of a list's entry
	ID     string `json:"id,omitempty"`   // "" where it is not known
	// Damage means that the product or entry is left out by who reads the file.
	Damage bool   `json:"damage"`
	Text   string `json:"text"` // what is wrong
}

// Summary says what is in a file. What has no meaning in a file of its kind is
// zero or nil.
type Summary struct {
	Kind       Kind      `json:"kind"`
	Version    string    `json:"version,omitempty"` // as it is written
	Edition    string    `json:"edition"`           // Edition2 or Edition3
	Generated  time.Time `json:"generated,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	Bytes      int64     `json:"bytes"`               // of the file as it came
	Languages  []string  `json:"languages,omitempty"` // of any text, sorted
	Currencies []string  `json:"currencies,omitempty"`

	Products   int            `json:"products"`        // damaged ones included
	Types      map[string]int `json:"types,omitempty"` // how many products of each; "" where it is not said
	Removed    int            `json:"removed"`         // of a differential file
	Available  int            `json:"available"`       // products that can be had
	Sizes      int            `json:"sizes"`
	Pictures   int            `json:"pictures"`
	Parameters int            `json:"parameters"` // headings not counted
	// Products that lack what others have; in a differential file that means
	// unchanged, and is not counted. In a light one only prices and stock are.
	WithoutName     int `json:"without_name"`
	WithoutPrice    int `json:"without_price"` // neither their own nor one of a size
	WithoutCategory int `json:"without_category"`
	WithoutStock    int `json:"without_stock"` // no size says how many there are
	WithoutPicture  int `json:"without_picture"`

	Entries map[EntryType]int `json:"entries,omitempty"` // of a list, damaged ones left out
	Parts   map[Kind]int      `json:"parts,omitempty"`   // of a gateway: how many files of each kind

	Damaged  int `json:"damaged"`  // products or entries
	Problems int `json:"problems"` // all that were reported
}

// Check reads any file of a feed to its end, says what is in it, and reports
// what is wrong: damaged products and entries, ids that are there twice, codes
// that are there twice within a product. The error is what makes the whole file
// useless, as ErrTruncated, or why it is none of a feed, as ErrOtherFile or
// ErrPacked; the summary then is of what came before. Memory grows with the
// number of products, by about 20 bytes each. report may be nil.
func Check(r io.Reader, report func(Problem), all ...Option) (Summary, error) {
	counted := &countingReader{source: r}
	const headSize = 64 << 10
	buffered := bufio.NewReaderSize(counted, headSize)
	c := &checker{report: report, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, languages: map[string]bool{}, currencies: map[string]bool{}}
	head, err := buffered.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return c.summary, fmt.Errorf("iof: reading the file: %w", err)
	}
	kind, err := Detect(head)
	if err != nil {
		return c.summary, err
	}
	c.summary.Kind = kind
	switch {
	case kind == GatewayFile:
		err = c.gateway(buffered, all)
	case kind.isList():
		err = c.list(buffered, all)
	default:
		err = c.offer(buffered, all)
	}
	c.summary.Bytes = counted.bytes
	c.summary.Languages = slices.Sorted(maps.Keys(c.languages))
	c.summary.Currencies = slices.Sorted(maps.Keys(c.currencies))
	return c.summary, err
}

// checker keeps what Check has found out.
type checker struct {
	report     func(Problem)
	summary    Summary
	seed       maphash.Seed
	seen       map[uint64]struct{} // ids, as hashes
	languages  map[string]bool
	currencies map[string]bool
	described  int // products with what light offers do not have
	complete   int // products with what full offers have
}

func (c *checker) problem(p Problem) {
	c.summary.Problems++
	if p.Damage {
		c.summary.Damaged++
	}
	if c.report != nil {
		c.report(p)
	}
}

// again says whether an id, made of its parts, was there before.
func (c *checker) again(parts ...string) bool {
	hash := maphash.String(c.seed, strings.Join(parts, "\x00"))
	_, again := c.seen[hash]
	c.seen[hash] = struct{}{}
	return again
}

func (c *checker) texts(all ...Texts) {
	for _, texts := range all {
		for language := range texts {
			if language != "" {
				c.languages[language] = true
			}
		}
	}
}

func (c *checker) offer(r io.Reader, all []Option) error {
	reader := NewReader(r, all...)
	head, err := reader.Offer()
	if err != nil {
		return err
	}
	s := &c.summary
	s.Version, s.Edition, s.Generated, s.Expires = head.Version, head.Edition, head.Generated, head.Expires
	s.Types = map[string]int{}
	if head.Currency != "" {
		c.currencies[head.Currency] = true
	}
	for product, err := range reader.Products() {
		var damage *ProductError
		switch {
		case errors.As(err, &damage):
			s.Products++
			c.problem(Problem{Offset: damage.Offset, Type: "product", ID: damage.ID, Damage: true, Text: damage.Err.Error()})
			if damage.ID != "" {
				c.again(damage.ID)
			}
		case err != nil:
			return err
		default:
			s.Products++
			c.product(&product)
		}
	}
	c.settleKind()
	return nil
}

// product counts a product and looks for what only shows beside others.
func (c *checker) product(p *Product) {
	s := &c.summary
	found := func(text string) { c.problem(Problem{Offset: p.Offset, Type: "product", ID: p.ID, Text: text}) }
	if c.again(p.ID) {
		found("its id is there twice")
	}
	codes, ids := map[string]bool{}, map[string]bool{}
	priced, stocked, available := p.Price.Present(), false, false
	for i := range p.Sizes {
		size := &p.Sizes[i]
		if codes[size.Code] {
			found("two of its sizes have the code " + shown(size.Code))
		}
		if ids[size.ID] {
			found("two of its sizes have the id " + shown(size.ID))
		}
		codes[size.Code], ids[size.ID] = true, true
		priced = priced || size.Price.Present()
		stocked = stocked || len(size.Stocks) > 0
		for _, stock := range size.Stocks {
			available = available || !stock.Quantity.IsZero()
		}
	}
	s.Types[p.Type]++
	s.Sizes += len(p.Sizes)
	s.Pictures += len(p.Images)
	for i := range p.Parameters {
		if !p.Parameters[i].Section {
			s.Parameters++
		}
		c.texts(p.Parameters[i].Names)
		for _, value := range p.Parameters[i].Values {
			c.texts(value.Names)
		}
	}
	c.texts(p.Names, p.LongDescs, p.ShortDescs, p.Versions, p.Keywords, p.CategoryNames)
	if p.Currency != "" {
		c.currencies[p.Currency] = true
	}
	count := func(to *int, condition bool) {
		if condition {
			*to++
		}
	}
	count(&s.Removed, p.Removed)
	count(&s.Available, available)
	count(&s.WithoutName, len(p.Names) == 0)
	count(&s.WithoutPrice, !priced)
	count(&s.WithoutCategory, p.Category == Reference{})
	count(&s.WithoutStock, !stocked)
	count(&s.WithoutPicture, len(p.Images) == 0)
	const light = HasPrice | HasSRP | HasRetailPrice | HasMinimalPrice | HasRetailWas | HasWholesaleWas | HasSizes |
		HasType | HasCode | HasVAT
	count(&c.described, p.Has&^light != 0)
	count(&c.complete, p.Has.Has(HasNames|HasSizes))
}

// settleKind says which of the three kinds an offer is, now that all of it was
// read: the first products may have been unlike the others.
func (c *checker) settleKind() {
	s := &c.summary
	whole := s.Products - s.Damaged
	switch {
	case whole == 0: // what Detect has said stays
	case s.Removed > 0:
		s.Kind = FullChange
	case c.described == 0:
		s.Kind = Light
	case 2*c.complete >= whole:
		s.Kind = Full
	default:
		s.Kind = FullChange
	}
	if s.Kind != Full {
		s.WithoutName, s.WithoutCategory, s.WithoutPicture = 0, 0, 0
	}
	if s.Kind == FullChange {
		s.WithoutPrice, s.WithoutStock = 0, 0
	}
}

func (c *checker) list(r io.Reader, all []Option) error {
	list, err := ReadList(r, all...)
	if err != nil {
		return err
	}
	s := &c.summary
	s.Version, s.Edition, s.Generated, s.Expires = list.Version, list.Edition, list.Generated, list.Expires
	s.Entries = map[EntryType]int{}
	if list.Language != "" {
		c.languages[list.Language] = true
	}
	for _, damage := range list.Damages {
		c.problem(Problem{Offset: damage.Offset, Type: string(damage.Type), ID: damage.ID, Damage: true, Text: damage.Err.Error()})
	}
	for i := range list.Entries {
		entry := &list.Entries[i]
		group := ""
		if entry.Type == SizeEntry {
			group = entry.ParentID
		}
		if c.again(string(entry.Type), group, entry.ID) {
			c.problem(Problem{Offset: entry.Offset, Type: string(entry.Type), ID: entry.ID, Text: "its id is there twice"})
		}
		s.Entries[entry.Type]++
		c.texts(entry.Names, entry.Descriptions)
	}
	return nil
}

func (c *checker) gateway(r io.Reader, all []Option) error {
	gateway, err := ReadGateway(r, all...)
	if err != nil {
		return err
	}
	s := &c.summary
	s.Version, s.Edition, s.Generated, s.Expires = gateway.Version, gateway.Edition, gateway.Generated, gateway.Expires
	s.Parts = map[Kind]int{}
	for _, part := range gateway.Lists {
		s.Parts[part.Kind]++
	}
	if gateway.Full != nil {
		s.Parts[Full]++
	} else {
		c.problem(Problem{Text: "the gateway does not list a full offer"})
	}
	if gateway.Light != nil {
		s.Parts[Light]++
	}
	if len(gateway.Changes) > 0 {
		s.Parts[FullChange] = len(gateway.Changes)
	}
	return nil
}

// countingReader counts what is read.
type countingReader struct {
	source io.Reader
	bytes  int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	c.bytes += int64(n)
	return n, err
}
