package icdf

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxEnvelope is how deep the products may stand in other elements, and how deep
// unknown elements may be nested.
const maxEnvelope = 32

// Read reads a list as XML or CSV, whichever it is: XML begins with "<".
func Read(r io.Reader) (List, error) {
	file, err := readFile(r)
	if err != nil {
		return List{}, err
	}
	if bytes.HasPrefix(bytes.TrimLeft(file, " \t\r\n"), []byte("<")) {
		return ReadXML(bytes.NewReader(file))
	}
	return ReadCSV(bytes.NewReader(file))
}

// ReadXML reads a list. The products may stand in any envelope, also a SOAP one;
// elements are known by their local names, unknown ones are passed over. The
// text is UTF-8, or ISO-8859-2 or windows-1250 if the declaration says so. The
// error is a *LineError with the line, ErrNoProducts for XML without <products>,
// or ErrTooLarge.
func ReadXML(r io.Reader) (List, error) {
	file, err := readFile(r)
	if err != nil {
		return List{}, err
	}
	reader := &xmlReader{decoder: xml.NewDecoder(bytes.NewReader(bytes.TrimLeft(file, " \t\r\n")))}
	reader.decoder.CharsetReader = charsetReader
	list, found, err := reader.document()
	switch {
	case err != nil:
		return List{}, reader.located(err)
	case !found:
		return List{}, fmt.Errorf("icdf: %w: it has no <products>", ErrNoProducts)
	}
	return list, nil
}

type xmlReader struct {
	decoder *xml.Decoder
	count   int // products so far
}

// located says on which line an error is.
func (x *xmlReader) located(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return &LineError{syntax.Line, fmt.Errorf("the XML is not well-formed: %s", syntax.Msg)}
	}
	line, _ := x.decoder.InputPos()
	return &LineError{line, err}
}

// document reads the whole file, so that what follows the list is checked, too.
func (x *xmlReader) document() (list List, found bool, err error) {
	roots := 0
	for {
		token, err := x.decoder.Token()
		if errors.Is(err, io.EOF) {
			return list, found, nil
		}
		if err != nil {
			return List{}, false, err
		}
		element, begins := token.(xml.StartElement)
		if !begins {
			continue
		}
		if roots++; roots > 1 {
			return List{}, false, errors.New("the XML is not well-formed: it has a second root element")
		}
		if element.Name.Local == "products" {
			found = true
			list.Products, err = x.products(0)
		} else {
			list, found, err = x.envelope(element, 1)
		}
		if err != nil {
			return List{}, false, err
		}
	}
}

// children calls each for every element inside the one that has just begun, and
// returns the text between them. each must read its element to the end.
func (x *xmlReader) children(each func(xml.StartElement) error) (string, error) {
	var text strings.Builder
	for {
		token, err := x.decoder.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		switch part := token.(type) {
		case xml.StartElement:
			if err := each(part); err != nil {
				return "", err
			}
		case xml.EndElement:
			return text.String(), nil
		case xml.CharData:
			text.Write(part)
		}
	}
}

// pass reads an unknown element to its end.
func (x *xmlReader) pass(depth int) error {
	if depth > maxEnvelope {
		return fmt.Errorf("elements inside each other, %w of %d levels", ErrTooLarge, maxEnvelope)
	}
	_, err := x.children(func(xml.StartElement) error { return x.pass(depth + 1) })
	return err
}

// envelope looks for the products in an element. The comment and attachments
// that stand beside them are the list's.
func (x *xmlReader) envelope(element xml.StartElement, depth int) (list List, found bool, err error) {
	if depth > maxEnvelope {
		return List{}, false, fmt.Errorf("elements inside each other, %w of %d levels", ErrTooLarge, maxEnvelope)
	}
	var comment string
	var attachments []Attachment
	beside := false
	_, err = x.children(func(child xml.StartElement) (err error) {
		switch child.Name.Local {
		case "products":
			if found {
				return errors.New("there is a second list of products")
			}
			found, beside = true, true
			list.Products, err = x.products(0)
		case "comment":
			comment, err = x.text(maxTextLength)
		case "attachments":
			attachments, err = x.attachments()
		default:
			inner, foundInside, err := x.envelope(child, depth+1)
			if err != nil {
				return err
			}
			if foundInside && found {
				return errors.New("there is a second list of products")
			}
			if foundInside {
				list, found = inner, true
			}
		}
		return err
	})
	if beside {
		list.Order = element.Name.Local == "order"
		list.Comment, list.Attachments = comment, attachments
	}
	return list, found, err
}

// products reads the products of a list or, with a depth, of a set.
func (x *xmlReader) products(depth int) ([]Product, error) {
	if depth > MaxNesting {
		return nil, fmt.Errorf("sets inside sets, %w of %d levels", ErrTooLarge, MaxNesting)
	}
	var products []Product
	_, err := x.children(func(child xml.StartElement) error {
		if child.Name.Local != "product" {
			return x.pass(0)
		}
		if x.count++; x.count > MaxProducts {
			return fmt.Errorf("more products, %w of %d", ErrTooLarge, MaxProducts)
		}
		product, err := x.product(child, depth)
		products = append(products, product)
		return err
	})
	return products, err
}

func (x *xmlReader) product(element xml.StartElement, depth int) (Product, error) {
	p := Product{
		Code:     attribute(element, "code"),
		CodeType: CodeType(strings.ToLower(attribute(element, "codeType"))),
	}
	if p.CodeType == "" {
		p.CodeType = Internal
	}
	if quantity := attribute(element, "quantity"); quantity != "" {
		var err error
		if p.Quantity, err = parseQuantity(quantity); err != nil {
			return Product{}, err
		}
	}
	// Before its contents are read, so that the line is that of the tag.
	if err := p.check(depth > 0); err != nil {
		return Product{}, err
	}
	_, err := x.children(func(child xml.StartElement) (err error) {
		switch child.Name.Local {
		case "comment":
			p.Comment, err = x.text(maxTextLength)
		case "attachments":
			p.Attachments, err = x.attachments()
		case "products":
			var inside []Product
			inside, err = x.products(depth + 1)
			p.Products = append(p.Products, inside...)
		default:
			err = x.pass(0)
		}
		return err
	})
	return p, err
}

// text reads the text of an element that must not be longer than most bytes.
func (x *xmlReader) text(most int) (string, error) {
	text, err := x.children(func(xml.StartElement) error { return x.pass(0) })
	if err != nil {
		return "", err
	}
	if text = strings.TrimSpace(text); len(text) > most {
		return "", fmt.Errorf("a text of %d bytes, %w of %d", len(text), ErrTooLarge, most)
	}
	return text, nil
}

func (x *xmlReader) attachments() ([]Attachment, error) {
	var attachments []Attachment
	_, err := x.children(func(child xml.StartElement) error {
		if child.Name.Local != "attachment" {
			return x.pass(0)
		}
		attachment, err := x.attachment()
		attachments = append(attachments, attachment)
		return err
	})
	return attachments, err
}

func (x *xmlReader) attachment() (Attachment, error) {
	var a Attachment
	_, err := x.children(func(child xml.StartElement) (err error) {
		switch child.Name.Local {
		case "name":
			var name string
			name, err = x.text(maxCodeLength)
			// Browsers send the folder, too; it must never be used.
			a.Name = name[strings.LastIndexAny(name, `/\`)+1:]
		case "file":
			var encoded string
			if encoded, err = x.text(MaxSize); err == nil {
				a.Content, err = decodeFile(encoded)
			}
		default:
			err = x.pass(0)
		}
		return err
	})
	return a, err
}

// decodeFile decodes base64, with or without line breaks and padding.
func decodeFile(encoded string) ([]byte, error) {
	encoded = strings.Map(func(letter rune) rune {
		if letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' {
			return -1
		}
		return letter
	}, encoded)
	encoded = strings.TrimRight(encoded, "=")
	if size := base64.RawStdEncoding.DecodedLen(len(encoded)); size > MaxAttachment {
		return nil, fmt.Errorf("an attachment of %d bytes, %w of %d", size, ErrTooLarge, MaxAttachment)
	}
	content, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("an attachment is not base64: %w", err)
	}
	return content, nil
}

// attribute returns an attribute by its local name.
func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
