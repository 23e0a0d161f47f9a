package iof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Kind is what a file of the feed is.
type Kind string

// The kinds of files.
const (
	Full        Kind = "full"        // the whole offer
	Light       Kind = "light"       // prices and stock of all products
	FullChange  Kind = "full_change" // what has changed since the last full one, or the change before
	Categories  Kind = "categories"
	Sizes       Kind = "sizes"
	Producers   Kind = "producers"
	Units       Kind = "units"
	Parameters  Kind = "parameters"
	Stocks      Kind = "stocks"
	Series      Kind = "series"
	Warranties  Kind = "warranties"
	Preset      Kind = "preset"
	GatewayFile Kind = "gateway" // lists the others
)

// isList says whether ReadList reads files of that kind.
func (k Kind) isList() bool {
	switch k {
	case Categories, Sizes, Producers, Units, Parameters, Stocks, Series, Warranties, Preset:
		return true
	}
	return false
}

// isOffer says whether a Reader reads files of that kind.
func (k Kind) isOffer() bool { return k == Full || k == Light || k == FullChange }

// ErrOtherFile means that a file is XML, but not one of a feed, or another one
// than was asked for: an error page, mostly.
var ErrOtherFile = errors.New("another file than was expected")

// gatewayRoot is the gateway's root element.
const gatewayRoot = "provider_description"

// kindOfRoot is the kind of the file with a root element. Of the three kinds of
// offers, which have the same one, it is Full.
func kindOfRoot(root []byte) (Kind, error) {
	switch kind := Kind(root); {
	case string(root) == gatewayRoot:
		return GatewayFile, nil
	case string(root) == "offer":
		return Full, nil
	case kind.isList():
		return kind, nil
	}
	return "", fmt.Errorf("iof: %w: the root element is <%s>, which no file of the feed has", ErrOtherFile, shown(string(root)))
}

// Detect says what kind of file begins with head; some kilobytes are enough.
// Full, light and differential offers have no mark that tells them apart: an
// offer is taken for Light when its first products have nothing but prices and
// sizes, and for FullChange when one is removed or has no sizes. That is certain
// only once the whole file was read: see Check. The error is ErrPacked for an
// archive, ErrOtherFile for another document, ErrTruncated when head ends before
// the first element.
func Detect(head []byte) (Kind, error) {
	r := NewReader(bytes.NewReader(head))
	w := r.walker
	kind, seen := Kind(""), offerForm{}
	for {
		t, fault, err := w.next()
		if err == nil && fault != nil {
			err = fault
		}
		switch {
		case err != nil && kind == "":
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("iof: %w: it holds no element", ErrTruncated)
			}
			return "", err
		case err != nil:
			return seen.kind(), nil
		case t.kind == endToken && w.scanner.depth() == 2:
			seen.whole = len(seen.has)
			continue
		case t.kind != startToken:
			continue
		}
		level := r.level()
		if level == 1 {
			if kind, err = kindOfRoot(t.local); err != nil || kind != Full {
				return kind, err
			}
		}
		seen.note(level, t)
	}
}

// offerForm is what shows of which kind an offer is.
type offerForm struct {
	language bool // of the products, which light offers do not have
	removed  bool
	has      []Parts // of each product, as far as the head has it
	whole    int     // how many of the products end in the head
}

func (f *offerForm) note(level int, t token) {
	switch {
	case level == 2 && string(t.local) == "products":
		f.language = languageOf(t.attrs) != ""
	case level == 3 && string(t.local) == "product":
		f.removed = f.removed || isYes(t.attrs.get("removed"))
		f.has = append(f.has, 0)
	case level == 4 && len(f.has) > 0:
		has := &f.has[len(f.has)-1]
		switch at := insideProduct(t.local); at {
		case inSizes:
			*has |= HasSizes
		case inPrice, inSRP, inRetailPrice, inMinimalPrice, inRetailWas, inWholesaleWas:
			*has |= HasPrice
		default: // also of elements that are not read
			*has |= HasNames
		}
	}
}

func (f *offerForm) kind() Kind {
	described, unsized := 0, 0
	for i, has := range f.has {
		if has.Has(HasNames) {
			described++
		}
		if i < f.whole && !has.Has(HasSizes) {
			unsized++
		}
	}
	switch {
	case f.removed:
		return FullChange
	case len(f.has) == 0 && !f.language, len(f.has) > 0 && described == 0:
		return Light
	case unsized > 0:
		return FullChange
	}
	return Full
}
