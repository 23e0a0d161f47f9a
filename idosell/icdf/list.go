package icdf

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Limits of lists, when they are read and when they are written.
const (
	// MaxSize is how long a file may be, in bytes: as much as one request to
	// CustomerAPI may hold.
	MaxSize = 10 << 20
	// MaxAttachment is how long one attachment may be, in bytes, before base64.
	MaxAttachment = 5 << 20
	// MaxProducts is how many products a list may have, those of sets included.
	MaxProducts = 20_000
	// MaxNesting is how deep sets may hold sets.
	MaxNesting = 8

	maxTextLength = 64 << 10 // of a comment, in bytes
	maxCodeLength = 256      // of codes and names, in bytes
)

var (
	// ErrTooLarge means that a list, a text or an attachment is over its limit.
	ErrTooLarge = errors.New("over the limit")
	// ErrNoProducts means that a file holds no <products>, or a CSV file no header
	// of ICDF: it is something else.
	ErrNoProducts = errors.New("not a basket list")
	// ErrNotInCSV means that a list holds something that CSV cannot express. Write
	// it as XML.
	ErrNotInCSV = errors.New("CSV cannot express it: write the list as XML")
)

// LineError says where in a file a fault is.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error names the line and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("icdf: line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// CodeType says whose code a product code is.
type CodeType string

// The code types of ICDF.
const (
	Internal CodeType = "internal" // the wholesaler's id: see VariantCode
	Producer CodeType = "producer" // the producer's code, often an EAN
	External CodeType = "external" // the wholesaler's external code
)

// List is a basket list.
type List struct {
	// Order says that the products stand inside an <order>. XML only.
	Order    bool
	Products []Product
	// Comment and Attachments belong to the list as a whole; a list that has them
	// is written with Order. XML only, and an assumption: see the package comment.
	Comment     string
	Attachments []Attachment
}

// Product is one position of a list.
type Product struct {
	Code     string
	CodeType CodeType // Internal when empty; always Internal in CSV
	// Quantity is how much is asked for: above zero, but for a product of a set,
	// where zero means that the file does not say.
	Quantity    decimal.Decimal
	Comment     string
	Attachments []Attachment // XML only
	Products    []Product    // what a set or collection is made of; XML only
	Details     Details      // long CSV only
}

// Details are the columns of the long CSV header that help people to read it.
// A wholesaler goes by the code alone.
type Details struct {
	ProductCode  string
	ExternalCode string
	DisplayCode  string
	Size         string
	Name         string
}

// Attachment is a file that goes with a product or a list.
type Attachment struct {
	Name    string // a file's name without a folder
	Content []byte
}

// check says whether a list may be written, or be what a file holds.
func (l List) check() error {
	if err := checkText("the list's comment", l.Comment, maxTextLength); err != nil {
		return err
	}
	if err := checkAttachments(l.Attachments); err != nil {
		return err
	}
	count := 0
	return checkProducts(l.Products, 0, &count)
}

func checkProducts(products []Product, depth int, count *int) error {
	if depth > MaxNesting {
		return fmt.Errorf("sets inside sets, %w of %d levels", ErrTooLarge, MaxNesting)
	}
	for i, p := range products {
		if *count++; *count > MaxProducts {
			return fmt.Errorf("more products, %w of %d", ErrTooLarge, MaxProducts)
		}
		if err := p.check(depth > 0); err != nil {
			return fmt.Errorf("product %d: %w", i+1, err)
		}
		if err := checkProducts(p.Products, depth+1, count); err != nil {
			return fmt.Errorf("in product %d: %w", i+1, err)
		}
	}
	return nil
}

// check checks what one position says of itself.
func (p Product) check(inSet bool) error {
	for name, text := range map[string]string{"code": p.Code, "product code": p.Details.ProductCode,
		"external code": p.Details.ExternalCode, "display code": p.Details.DisplayCode, "size": p.Details.Size, "name": p.Details.Name} {
		if err := checkText("the "+name, text, maxCodeLength); err != nil {
			return err
		}
	}
	switch {
	case strings.TrimSpace(p.Code) == "":
		return errors.New("the code is missing")
	case p.CodeType != "" && p.CodeType != Internal && p.CodeType != Producer && p.CodeType != External:
		return fmt.Errorf("the code type %q is none of internal, producer, external", shown(string(p.CodeType)))
	case p.Quantity.IsZero() && inSet:
	case !p.Quantity.IsPositive():
		return fmt.Errorf("the quantity of %q must be above zero", shown(p.Code))
	}
	if err := checkText("the comment", p.Comment, maxTextLength); err != nil {
		return err
	}
	return checkAttachments(p.Attachments)
}

func checkAttachments(attachments []Attachment) error {
	for _, attachment := range attachments {
		if err := checkText("an attachment's name", attachment.Name, maxCodeLength); err != nil {
			return err
		}
		if len(attachment.Content) > MaxAttachment {
			return fmt.Errorf("an attachment of %d bytes, %w of %d", len(attachment.Content), ErrTooLarge, MaxAttachment)
		}
	}
	return nil
}

// checkText refuses what XML cannot hold and what is too long. Texts may be
// personal, so errors do not repeat them.
func checkText(what, text string, most int) error {
	if len(text) > most {
		return fmt.Errorf("%s has %d bytes, %w of %d", what, len(text), ErrTooLarge, most)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s is not valid UTF-8", what)
	}
	for _, letter := range text {
		if letter < ' ' && letter != '\t' && letter != '\n' && letter != '\r' || letter == 0xfffe || letter == 0xffff {
			return fmt.Errorf("%s holds the control character U+%04X", what, letter)
		}
	}
	return nil
}

// parseQuantity reads a quantity with a decimal point or comma. Exponents are
// refused: a short text could become an endless number.
func parseQuantity(text string) (decimal.Decimal, error) {
	digits := strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 12 || len(fraction) > 12 || strings.Trim(whole+fraction, "0123456789") != "" {
		return decimal.Decimal{}, fmt.Errorf("the quantity %q is not a number such as 2 or 1.5", shown(text))
	}
	return decimal.NewFromString(digits)
}

// shown shortens a text from a file for an error.
func shown(text string) string {
	const most = 40
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
