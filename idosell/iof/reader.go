package iof

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	_ "time/tzdata" // shop-local times are Polish, also where the machine has no zones
)

// Limits that a Reader keeps whatever the file holds.
const (
	// DefaultProductLimit is how long a product's element may be, in bytes.
	DefaultProductLimit = 8 << 20
	// maxDepth is how deep elements may be nested; IOF needs about ten.
	maxDepth = 128
	// maxElements is how many elements one product may have; the largest known
	// products have some hundreds.
	maxElements = 20_000
)

var (
	// ErrTruncated means that the file ends before its root element is closed.
	// What was read so far is part of an offer: nothing may be concluded from
	// what it lacks.
	ErrTruncated = errors.New("the file is cut off before its end")
	// ErrTooLarge means that a product, or one piece of text, is larger than the
	// limit (see ProductLimit).
	ErrTooLarge = errors.New("larger than the limit")
	// ErrNotOffer means that the file is XML, but not an offer: another file of
	// the feed, or an error page.
	ErrNotOffer = errors.New("not an IOF offer")
)

// ProductError says that one product is damaged. Reading goes on behind it.
type ProductError struct {
	Offset int64  // where the product's element begins, as Product.Offset
	ID     string // empty where it is what is missing
	Err    error  // what is wrong; several faults are joined
}

// Error names the product and what is wrong with it.
func (e *ProductError) Error() string {
	name := "a product without an id"
	if e.ID != "" {
		name = "product " + e.ID
	}
	return fmt.Sprintf("iof: %s (at byte %d): %v", name, e.Offset, e.Err)
}

// Unwrap returns what is wrong.
func (e *ProductError) Unwrap() error { return e.Err }

// Option changes how a Reader reads.
type Option func(*Reader)

// ProductLimit sets how many bytes a product's element may have; a larger one is
// a *ProductError with ErrTooLarge. One piece of text or one tag of more than
// that ends reading. Zero and less mean DefaultProductLimit.
func ProductLimit(bytes int64) Option {
	return func(r *Reader) {
		if bytes > 0 {
			r.limit = bytes
		}
	}
}

// Location sets the time zone of the file's times, which have none of their own.
// It is Europe/Warsaw unless set.
func Location(location *time.Location) Option {
	return func(r *Reader) { r.location = location }
}

// Reader reads an offer, full or light, product by product. It is not for use by
// several goroutines at once.
type Reader struct {
	decoder  *xml.Decoder
	budget   *budgetReader
	limit    int64
	location *time.Location

	open   []xml.Name // the elements around the place where reading is, outermost first
	begun  int64      // where the last token began
	closed bool       // the root element's end was read
	head   Offer
	ready  bool  // the head was read
	end    error // why reading is over; io.EOF after a whole file
}

// NewReader makes a Reader of a file in UTF-8 (with or without a byte order
// mark), UTF-16 with one, or in ISO-8859-2, windows-1250, ISO-8859-1 or
// windows-1252 if its XML declaration says so. Elements are matched by their
// local names, whatever their namespace. r is read once, forwards, and not
// closed.
func NewReader(r io.Reader, options ...Option) *Reader {
	reader := &Reader{limit: DefaultProductLimit}
	for _, option := range options {
		option(reader)
	}
	if reader.location == nil {
		reader.location = warsaw()
	}
	reader.budget = &budgetReader{source: r, limit: reader.limit, left: reader.limit}
	reader.decoder = xml.NewDecoder(utf8Text(reader.budget))
	reader.decoder.CharsetReader = charsetReader
	return reader
}

// warsaw is the time zone of IdoSell's shops unless they say otherwise.
func warsaw() *time.Location {
	location, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		return time.UTC
	}
	return location
}

// Offer reads the head of the file, up to its products. A later call returns the
// same. The error is ErrNotOffer for another kind of file, ErrTruncated for one
// that ends before its products (an empty one, too), or that of XML which is not
// well-formed.
func (r *Reader) Offer() (Offer, error) {
	if r.ready {
		return r.head, nil
	}
	if r.end == nil {
		r.stop(r.readHead())
	}
	if r.end != nil {
		return Offer{}, r.end
	}
	r.ready = true
	return r.head, nil
}

// stop notes why reading is over, if it is.
func (r *Reader) stop(err error) {
	if err != nil && r.end == nil {
		r.end = err
	}
}

func (r *Reader) readHead() error {
	for {
		token, err := r.next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("iof: %w: it holds no element at all", ErrTruncated)
		}
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.StartElement:
			switch {
			case len(r.open) == 1 && element.Name.Local != "offer":
				return fmt.Errorf("iof: %w: the root element is <%s>, not <offer>", ErrNotOffer, shown(element.Name.Local))
			case len(r.open) == 1:
				r.head.Format = attribute(element, "file_format")
				r.head.Version = attribute(element, "version")
				r.head.Generated = r.time(attribute(element, "generated"))
				r.head.Expires = r.time(attribute(element, "expires"))
				r.readDefaults(element)
			case len(r.open) == 2 && element.Name.Local == "products":
				r.readDefaults(element)
				return nil
			}
		case xml.EndElement:
			if len(r.open) == 0 {
				return fmt.Errorf("iof: %w: it has no <products>", ErrNotOffer)
			}
		}
	}
}

// readDefaults takes over the currency and language that an element sets for
// what is in it.
func (r *Reader) readDefaults(element xml.StartElement) {
	if currency := attribute(element, "currency"); currency != "" {
		r.head.Currency = currency
	}
	if language := languageOf(element); language != "" {
		r.head.Language = language
	}
}

// Products reads the products, one after the other. A damaged one comes with a
// *ProductError, and with what could be read of it; reading goes on. Any other
// error is the last thing yielded: the file is cut off (ErrTruncated), not
// well-formed, or not an offer. Without such an error the file was read to its
// end. Products that a bundle or collection is made of are not yielded. Reading
// can be broken off and taken up by calling Products again.
func (r *Reader) Products() iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		if _, err := r.Offer(); err != nil {
			yield(Product{}, err)
			return
		}
		for r.end == nil {
			product, damage, err := r.nextProduct()
			if err != nil {
				r.stop(err)
				break
			}
			if !yield(product, damage) {
				return
			}
		}
		if !errors.Is(r.end, io.EOF) {
			yield(Product{}, r.end)
		}
	}
}

// nextProduct reads up to the end of the next product; the error is io.EOF after
// the last one, once the rest of the file is known to be whole.
func (r *Reader) nextProduct() (product Product, damage, err error) {
	for {
		token, err := r.next()
		if err != nil {
			return Product{}, nil, err
		}
		element, begins := token.(xml.StartElement)
		if begins && len(r.open) == 3 && r.open[1].Local == "products" && element.Name.Local == "product" {
			return r.readProduct(element)
		}
	}
}

// next reads one token and keeps account of the open elements. RawToken is used
// for its speed (dependencies.md, 5), so nesting is checked here. The error is
// io.EOF, unwrapped, only outside the root element.
func (r *Reader) next() (xml.Token, error) {
	r.budget.left = r.limit
	r.begun = r.decoder.InputOffset()
	token, err := r.decoder.RawToken()
	if err != nil {
		return nil, r.readingError(err)
	}
	switch element := token.(type) {
	case xml.StartElement:
		if len(r.open) == 0 && r.closed {
			return nil, r.malformed("a second root element <%s>", shown(element.Name.Local))
		}
		if len(r.open) >= maxDepth {
			return nil, r.malformed("more than %d elements inside each other", maxDepth)
		}
		r.open = append(r.open, element.Name)
	case xml.EndElement:
		if len(r.open) == 0 || r.open[len(r.open)-1] != element.Name {
			return nil, r.malformed("</%s> closes nothing that is open", shown(element.Name.Local))
		}
		r.open = r.open[:len(r.open)-1]
		r.closed = len(r.open) == 0
	case xml.CharData:
		if len(r.open) == 0 && strings.TrimSpace(string(element)) != "" {
			return nil, r.malformed("text outside the root element")
		}
	}
	return token, nil
}

// malformed is the error of a file that is not well-formed.
func (r *Reader) malformed(format string, args ...any) error {
	line, column := r.decoder.InputPos()
	return fmt.Errorf("iof: the file is not well-formed XML (line %d, column %d): %s",
		line, column, fmt.Sprintf(format, args...))
}

// readingError says what an error of the decoder means.
func (r *Reader) readingError(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && len(r.open) == 0:
		return io.EOF
	case errors.Is(err, io.EOF):
		return fmt.Errorf("iof: %w: <%s> is still open", ErrTruncated, shown(r.open[len(r.open)-1].Local))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("iof: %w: %w", ErrTruncated, err)
	case errors.As(err, &syntax) && strings.HasPrefix(syntax.Msg, "unexpected EOF"):
		return fmt.Errorf("iof: %w, in the middle of line %d", ErrTruncated, syntax.Line)
	case errors.As(err, &syntax) && syntax.Msg == "invalid UTF-8" && r.budget.endsInsideLetter():
		return fmt.Errorf("iof: %w, inside a letter of line %d", ErrTruncated, syntax.Line)
	case errors.As(err, &syntax):
		return fmt.Errorf("iof: the file is not well-formed XML: %w", err)
	}
	return fmt.Errorf("iof: reading the offer: %w", err)
}

// shown shortens a name from the file for an error.
func shown(name string) string {
	const most = 40
	if len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "…"
	}
	return name
}
