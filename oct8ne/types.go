package oct8ne

import "time"

// APIVersion is the version of oct8ne's API that this package keeps.
const APIVersion = "2.4"

// ProductSummary is a product in a list (API 2.4, "The ProductSummary structure").
type ProductSummary struct {
	InternalID string `json:"internalId"`
	Title      string `json:"title"` // plain text
	// FormattedPrice is the price to pay, formatted for the asked locale; nil
	// (null) when the price may not be shown.
	FormattedPrice *string `json:"formattedPrice"`
	// FormattedPrevPrice is the price before a discount, equal to
	// FormattedPrice without one.
	FormattedPrevPrice *string `json:"formattedPrevPrice"`
	ProductURL         string  `json:"productUrl"` // absolute
	Thumbnail          string  `json:"thumbnail"`  // absolute
}

// ProductInfo is everything about a product ("The ProductInfo structure").
type ProductInfo struct {
	InternalID         string  `json:"internalId"`
	Title              string  `json:"title"`       // plain text
	Description        string  `json:"description"` // sanitised HTML
	FormattedPrice     *string `json:"formattedPrice"`
	FormattedPrevPrice *string `json:"formattedPrevPrice"`
	ProductURL         string  `json:"productUrl"`
	AddToCartURL       string  `json:"addToCartUrl"`
	// UseProductURL is true when the product must be put into the cart on its
	// own page, for instance because a size must be chosen.
	UseProductURL bool    `json:"useProductUrl"`
	Thumbnail     string  `json:"thumbnail"`
	Medias        []Media `json:"medias"` // at least one
}

// Media is one picture of a product, or another resource.
type Media struct {
	URL string `json:"url"` // absolute
}

// SearchQuery is what the search method asks for.
type SearchQuery struct {
	Text       string
	Page       int    // from 1
	PageSize   int    // 1 to 100
	OrderBy    string // OrderRelevance, OrderPrice or OrderName
	Descending bool
	// Filters holds every parameter that the contract does not declare, with
	// its value: an adapter takes those that it knows and ignores the others.
	Filters map[string]string
}

// The orders of a search.
const (
	OrderRelevance = "relevance"
	OrderPrice     = "price"
	OrderName      = "name"
)

// SearchResult is the answer of the search method.
type SearchResult struct {
	Total   int              `json:"total"`
	Results []ProductSummary `json:"results"`
	Filters Filters          `json:"filters"`
}

// Filters are the filters of a search: those in force and those on offer.
type Filters struct {
	Applied   []AppliedFilter   `json:"applied"`
	Available []AvailableFilter `json:"available"`
}

// AppliedFilter is a filter in force.
type AppliedFilter struct {
	Param      string `json:"param"`
	ParamLabel string `json:"paramLabel"`
	Value      string `json:"value"`
	ValueLabel string `json:"valueLabel"`
}

// AvailableFilter is a filter on offer. None is in force already, and none has
// an option that would match nothing.
type AvailableFilter struct {
	Param      string         `json:"param"`
	ParamLabel string         `json:"paramLabel"`
	Options    []FilterOption `json:"options"`
}

// FilterOption is one value of a filter on offer. Count is exactly what a search
// with the option added returns as its total.
type FilterOption struct {
	Value      string `json:"value"`
	ValueLabel string `json:"valueLabel"`
	Count      string `json:"count"`
}

// RelatedQuery is what the productRelated method asks for.
type RelatedQuery struct {
	ProductID string
	Page      int // from 1
	PageSize  int // 1 to 100
}

// RelatedResult is the answer of the productRelated method.
type RelatedResult struct {
	Total   int              `json:"total"`
	Results []ProductSummary `json:"results"`
}

// CustomerData is the state of a visitor's session. The four fields about the
// person are nil (null) for a guest; guests have carts, too.
type CustomerData struct {
	ID        *string          `json:"id"`
	FirstName *string          `json:"firstName"`
	LastName  *string          `json:"lastName"`
	Email     *string          `json:"email"`
	Wishlist  []ProductSummary `json:"wishlist"`
	Cart      []ProductInCart  `json:"cart"`
}

// ProductInCart is a product in a visitor's cart.
type ProductInCart struct {
	ProductSummary
	Quantity int `json:"qty"`
}

// Cart is the answer of the getCart method. Price is before discounts,
// FinalPrice what is to be paid, both formatted like a product's.
type Cart struct {
	Price      *string    `json:"price"`
	FinalPrice *string    `json:"finalPrice"`
	Currency   string     `json:"currency"`
	TotalItems int        `json:"totalItems"`
	Lines      []CartLine `json:"cart"`
}

// CartLine is one line of a Cart.
type CartLine struct {
	InternalID string  `json:"internalId"`
	Title      string  `json:"title"`
	Quantity   int     `json:"qty"`
	Price      *string `json:"price"`
}

// AdapterInfo says what answers here.
type AdapterInfo struct {
	Platform       string `json:"platform"`
	AdapterName    string `json:"adapterName"`
	AdapterVersion string `json:"adapterVersion"`
	DevelopedBy    string `json:"developedBy"`
	SupportURL     string `json:"supportUrl"`
	APIVersion     string `json:"apiVersion"`
	Enabled        bool   `json:"enabled"`
}

// OrdersQuery is what the getOrders method asks for.
type OrdersQuery struct {
	CustomerEmail string
	Page          int // from 1
	PageSize      int // 1 to 100
}

// Order is one order in a customer's list. Date is YYYY-MM-DD HH:MM:SS in shop
// time; Total is formatted, "" where the retail total is not known; LabelState
// is in the asked locale; DeliveryDate is "" when there is none.
type Order struct {
	Date         string `json:"date"`
	Reference    string `json:"reference"`
	Total        string `json:"total"`
	Currency     string `json:"currency"`
	LabelState   string `json:"labelState"`
	DeliveryDate string `json:"deliveryDate"`
}

// OrderDetails is one order with all that an agent may see of it.
type OrderDetails struct {
	Order
	Carrier        string         `json:"carrier"`
	TrackingNumber string         `json:"trackingNumber"`
	TrackingURL    string         `json:"trackingUrl"`
	Products       []OrderProduct `json:"products"`
	Comments       []Comment      `json:"comments"` // newest first
}

// OrderProduct is one line of an order. Name is plain text, not HTML-escaped.
type OrderProduct struct {
	Quantity string `json:"quantity"`
	Name     string `json:"name"`
}

// Comment is a message about an order, written by the customer or by the shop.
type Comment struct {
	Message  string `json:"message"` // plain text, not HTML-escaped
	Customer bool   `json:"customer"`
}

// SalesQuery is what the getSalesReport method asks for: sales whose last change
// lies between From and To. A zero time leaves that end open.
type SalesQuery struct {
	From, To time.Time
}

// Sale is one line of a sales report. LastAction is "C" (created) or "U"
// (updated); times are UTC, YYYY-MM-DD HH:MM:SS.
type Sale struct {
	QuoteID        string `json:"quoteId"`
	QuoteIDLower   string `json:"quoteid"` // the same again: both spellings are read by oct8ne
	OrderID        string `json:"orderId"`
	SessionID      string `json:"sessionId"`
	CustomerID     string `json:"customerId"`
	Price          string `json:"price"`
	FinalPrice     string `json:"finalPrice"`
	Currency       string `json:"currency"`
	ProductsCount  string `json:"productsCount"`
	ItemsCount     string `json:"itemsCount"`
	LastAction     string `json:"lastAction"`
	UTCCreated     string `json:"utcCreated"`
	UTCLastUpdated string `json:"utcLastUpdated"`
}

// SessionQuery is what the checkSession method asks: is this proof of a session
// (SessionID) one of the customer with this e-mail, and is the order theirs?
type SessionQuery struct {
	CustomerEmail string
	SessionID     string
	OrderID       string // may be empty
}

// SessionVerdict is an adapter's answer to a SessionQuery.
type SessionVerdict int

// The verdicts, and what oct8ne is told for each.
const (
	CustomerNotFound SessionVerdict = iota // "Customer not found"
	SessionInvalid                         // "Invalid session: …"
	OrderInvalid                           // "Invalid Order for customer email"
	SessionValid                           // success, "user enabled"
)
