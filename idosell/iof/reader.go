package iof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
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
	// maxAlike is how many sizes, parameters, or values of one parameter a product
	// may have: they are compared with each other.
	maxAlike = 2_000
	// maxAttributes is how many attributes an element may have; IOF's have up to
	// fifteen.
	maxAttributes = 256
	// maxName is how long a name may be, in bytes.
	maxName = 1024
)

var (
	// ErrTruncated means that the file ends before its root element is closed.
	// What was read so far is part of an offer: nothing may be concluded from
	// what it lacks.
	ErrTruncated = errors.New("the file is cut off before its end")
	// ErrTooLarge means that a product, or one piece of text, is larger than the
	// limit (see ProductLimit).
	ErrTooLarge = errors.New("larger than the limit")
	// ErrMalformed means that a product's element is not well-formed inside. Its
	// begin and end may then be those of two products, with others between them.
	ErrMalformed = errors.New("not well-formed XML")
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

// Element is one product's element as it stands in the file.
type Element struct {
	// Offset is where it begins, as Product.Offset.
	Offset int64
	// ID is the product's id from the start tag; "" where it is missing, or the
	// tag is not well-formed.
	ID string
	// Raw are the element's bytes in UTF-8, from "<product" to its end, valid
	// until the next element is read. Equal bytes under an equal head of the file
	// decode to equal products.
	Raw []byte
}

// Reader reads an offer, full, light or differential, product by product. It is
// not for use by several goroutines at once, but for Decode.
type Reader struct {
	options options
	walker  *walker
	head    Offer
	ready   bool  // the head was read
	end     error // why reading is over; io.EOF after a whole file
}

// NewReader makes a Reader of a file in UTF-8 (with or without a byte order
// mark), UTF-16, or in ISO-8859-2, windows-1250, ISO-8859-1 or windows-1252 if
// its XML declaration says so. Elements are matched by their local names,
// whatever their namespace. r is read once, forwards, and not closed.
func NewReader(r io.Reader, all ...Option) *Reader {
	o := optionsOf(all)
	return &Reader{options: o, walker: newWalker(r, o)}
}

// Offer reads the head of the file, up to its products. A later call returns the
// same. The error is ErrNotOffer for another kind of file, ErrPacked for an
// archive, ErrTruncated for one that ends before its products (an empty one,
// too), or that of XML which is not well-formed.
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
		t, fault, err := r.walker.next()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("iof: %w: it has no <products>", ErrNotOffer)
		case err != nil:
			return err
		case fault != nil:
			return fault
		case t.kind != startToken:
			continue
		}
		switch level := r.level(); {
		case level == 1 && string(t.local) != "offer":
			return fmt.Errorf("iof: %w: the root element is <%s>, not <offer>", ErrNotOffer, shown(string(t.local)))
		case level == 1:
			r.head = headOf(t, &r.options)
			if r.walker.void {
				return fmt.Errorf("iof: %w: it has no <products>", ErrNotOffer)
			}
			r.readDefaults(t.attrs)
		case level == 2 && string(t.local) == "products":
			r.readDefaults(t.attrs)
			return nil
		}
	}
}

// level is how deep the start is that was read last; the root's is 1.
func (r *Reader) level() int {
	level := r.walker.scanner.depth()
	if r.walker.void {
		level++ // an empty element is closed already
	}
	return level
}

// headOf reads the attributes that the root elements of all files have.
func headOf(t token, o *options) Offer {
	head := Offer{
		Format:    t.attrs.text("file_format"),
		Version:   t.attrs.text("version"),
		Generated: o.time(t.attrs.get("generated")),
		Expires:   o.time(t.attrs.get("expires")),
	}
	switch {
	case head.Version != "":
		head.Edition = Edition3
		if strings.HasPrefix(head.Version, "2") {
			head.Edition = Edition2
		}
	case hasDefaultNamespace(t.attrs):
		head.Edition = Edition2
	default:
		head.Edition = Edition3
	}
	return head
}

// hasDefaultNamespace says whether a root element puts the file into IOF's
// namespace. Files of 2.6 do (seen in public code that reads them); the official
// samples of 3.0 only declare it under a prefix.
func hasDefaultNamespace(attrs attributes) bool {
	for i := range attrs {
		if string(attrs[i].name) == "xmlns" {
			return bytes.HasSuffix(attrs[i].value, []byte("/developers/iof.phtml"))
		}
	}
	return false
}

// readDefaults takes over the currency and language that an element sets for
// what is in it.
func (r *Reader) readDefaults(attrs attributes) {
	if currency := attrs.text("currency"); currency != "" {
		r.head.Currency = currency
	}
	if language := languageOf(attrs); language != "" {
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
		for element, err := range r.Elements() {
			product := Product{ID: element.ID, Offset: element.Offset}
			if err == nil {
				product, err = r.Decode(element)
			}
			if !yield(product, err) {
				return
			}
		}
	}
}

// Elements reads the products as Products does, without decoding them: that is
// what Decode is for, which finds most damage. The errors are those of Products;
// a *ProductError here is that of an element that is too large, whose Raw is nil.
// An element is a product by its start and end tag, and its tags are nested
// rightly. Elements and Products go through the same file, and one goes on where
// the other was broken off.
func (r *Reader) Elements() iter.Seq2[Element, error] {
	return func(yield func(Element, error) bool) {
		if _, err := r.Offer(); err != nil {
			yield(Element{}, err)
			return
		}
		for r.end == nil {
			element, err := r.nextElement()
			var damage *ProductError
			if err != nil && !errors.As(err, &damage) {
				r.stop(err)
				break
			}
			if !yield(element, err) {
				return
			}
		}
		if !errors.Is(r.end, io.EOF) {
			yield(Element{}, r.end)
		}
	}
}

// nextElement reads up to the end of the next product; the error is io.EOF after
// the last one, once the rest of the file is known to be whole.
func (r *Reader) nextElement() (Element, error) {
	w := r.walker
	w.scanner.release()
	for {
		// A product's start tag is left to Decode: a fault in it is the product's.
		t, fault, err := w.next()
		if err != nil {
			return Element{}, err
		}
		if t.kind == startToken && r.level() == 3 && string(t.local) == "product" && string(w.scanner.open(1)) == "products" {
			return r.readElement(t)
		}
		if fault != nil {
			return Element{}, fault
		}
	}
}

// readElement reads a product's element to its end.
func (r *Reader) readElement(start token) (Element, error) {
	w, s := r.walker, r.walker.scanner
	element := Element{Offset: w.piece.at, ID: start.attrs.text("id")}
	if w.void {
		w.void = false
		element.Raw = w.piece.raw
		return element, nil
	}
	s.hold(w.piece)
	outside, elements := s.depth()-1, 0
	tooLarge := false
	for s.depth() > outside {
		p, err := s.next()
		if err != nil {
			return Element{}, err
		}
		if p.kind == startPiece || p.kind == voidPiece {
			elements++
		}
		if !tooLarge && (p.at+int64(len(p.raw))-element.Offset > r.options.limit || elements > maxElements) {
			tooLarge = true
			s.release()
		}
	}
	if tooLarge {
		return element, &ProductError{Offset: element.Offset, ID: element.ID,
			Err: fmt.Errorf("it is %w of %d bytes or %d elements", ErrTooLarge, r.options.limit, maxElements)}
	}
	element.Raw = s.holding()
	return element, nil
}

// shown shortens a name from the file for an error.
func shown(name string) string {
	const most = 40
	if len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "…"
	}
	return name
}
