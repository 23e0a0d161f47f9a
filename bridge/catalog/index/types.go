package index

// Names are a text by language ("pol", "eng"); "" is a text of no known language,
// which stands in for all.
type Names map[string]string

// Document is what the index is told of a product. It may be reused for the next
// once Builder.Add has returned.
type Document struct {
	ID    int64
	Names Names // titles; plain text
	// Words are searched beside the title, and count less: versions, keywords.
	Words Names
	// Codes find the product when the whole query is one of them: its own id and
	// code, those of its sizes, EANs, producer's and external codes.
	Codes []string
	// Values are what filters and facets go by: category levels, producer, sizes
	// that can be had, availability, parameters. Their names are searched, too
	// (see Value.Searched).
	Values    []Value
	Category  string // the value of its own (deepest) category; "" for none
	Producer  string // the value of its producer
	Series    string // id of its series; "" for none
	Available bool   // goes before what cannot be had, among equals
	Price     Price
	// Card is kept as it is and given back with each hit.
	Card []byte
}

// Value is one value of a filter: of "category", the category's id.
type Value struct {
	Param    string // "category", "category2", "category3", "producer", "availability", "size", "p<parameter id>"
	Value    string
	Names    Names // of the value
	Label    Names // of the parameter; nil for the params that the caller names itself
	Searched bool  // whether the names find the product
}

// Price is what visitors pay. Minor units of Currency (grosze), gross or net as the
// shop shows them. The zero value is a product without a shown price.
type Price struct {
	Now, Before int64  // equal without a discount
	Currency    string // ISO 4217; "" where no price is shown
}

// Rates convert amounts between currencies. They do not change: newer ones are
// other Rates with another Version.
type Rates interface {
	// Convert turns minor units of one currency into those of another, rounded
	// half up; false where no rate is known. A higher amount never becomes a
	// lower one.
	Convert(minor int64, from, to string) (int64, bool)
	// Version is another for other rates.
	Version() string
}

// Order is the order of hits.
type Order int

// The orders.
const (
	ByRelevance Order = iota
	ByPrice           // in the asked currency; products without a price come last
	ByName            // collated for the asked language
)

// The params that mean something to the index. PriceParam takes "from-to" in
// major units of the asked currency, "50-100" for 50 ≤ price < 100, "500-" for
// 500 and more; it is made by the index, not by documents.
const (
	CategoryParam     = "category" // then "category2", "category3"
	ProducerParam     = "producer"
	AvailabilityParam = "availability"
	SizeParam         = "size"
	PriceParam        = "price"
)

// Query is a search.
type Query struct {
	Text       string
	Language   string            // of texts, labels and collation
	Filters    map[string]string // by param; what the index does not know is ignored
	Order      Order
	Descending bool // of ByPrice and ByName
	Offset     int
	Limit      int    // 0: none, only the total and the facets
	Currency   string // ISO 4217, of prices and their ranges; "": the products' own
	Rates      Rates  // nil: no conversions
	Facets     bool   // whether facets are wanted
}

// Result is what a search found.
type Result struct {
	Total   int
	Hits    []Hit
	Applied []Applied // the filters of the query that the index knows, by param
	Facets  []Facet   // of params without a filter in force, none empty
}

// Hit is a product that was found.
type Hit struct {
	ID    int64
	Price Price  // in the asked currency; in its own where no rate is known
	Card  []byte // not to be changed
}

// Applied is a filter in force. ValueLabel is empty where no product has the value;
// a price range is its own label.
type Applied struct{ Param, ParamLabel, Value, ValueLabel string }

// Facet is a filter on offer.
type Facet struct {
	Param, Label string // Label is empty for the params that the caller names
	Options      []Option
}

// Option is a value on offer. Count is the Total of the same search with it. The
// label of a price range is its value: the caller writes it with the currency.
type Option struct {
	Value, Label string
	Count        int
}
