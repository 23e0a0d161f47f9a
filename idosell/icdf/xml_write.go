package icdf

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
)

// The elements as they are written.
type (
	orderElement struct {
		XMLName     xml.Name            `xml:"order"`
		Products    productsElement     `xml:"products"`
		Comment     string              `xml:"comment,omitempty"`
		Attachments *attachmentsElement `xml:"attachments"`
	}
	productsElement struct {
		XMLName  xml.Name         `xml:"products"`
		Products []productElement `xml:"product"`
	}
	productElement struct {
		Code        string              `xml:"code,attr"`
		CodeType    CodeType            `xml:"codeType,attr"`
		Quantity    string              `xml:"quantity,attr,omitempty"`
		Comment     string              `xml:"comment,omitempty"`
		Attachments *attachmentsElement `xml:"attachments"`
		Products    *productsElement    `xml:"products"`
	}
	attachmentsElement struct {
		Attachments []attachmentElement `xml:"attachment"`
	}
	attachmentElement struct {
		File string `xml:"file"`
		Name string `xml:"name"`
	}
)

// WriteXML writes a list in UTF-8. Nothing is written if the list is wrong or
// too large (ErrTooLarge). Details are left out, since XML has no place for them.
func WriteXML(w io.Writer, list List) error {
	if err := list.check(); err != nil {
		return fmt.Errorf("icdf: %w", err)
	}
	if size := encodedSize(list.Attachments, list.Products); size > MaxSize {
		return fmt.Errorf("icdf: the attachments would take %d bytes, %w of %d: write several lists", size, ErrTooLarge, MaxSize)
	}
	products := productsElement{Products: productElements(list.Products)}
	var root any = products
	if list.Order || list.Comment != "" || len(list.Attachments) > 0 {
		root = orderElement{Products: products, Comment: list.Comment, Attachments: attachmentElements(list.Attachments)}
	}
	file := bytes.NewBufferString(xml.Header)
	encoder := xml.NewEncoder(file)
	encoder.Indent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return fmt.Errorf("icdf: writing the list: %w", err)
	}
	file.WriteByte('\n')
	return writeFile(w, file.Bytes())
}

// encodedSize is how much attachments take in base64. It is asked first, so that
// a list of too many is not built up in memory.
func encodedSize(attachments []Attachment, products []Product) int {
	size := 0
	for _, attachment := range attachments {
		size += base64.StdEncoding.EncodedLen(len(attachment.Content))
	}
	for _, product := range products {
		size += encodedSize(product.Attachments, product.Products)
	}
	return size
}

func productElements(products []Product) []productElement {
	var elements []productElement
	for _, p := range products {
		element := productElement{
			Code:        p.Code,
			CodeType:    p.CodeType,
			Comment:     p.Comment,
			Attachments: attachmentElements(p.Attachments),
		}
		if element.CodeType == "" {
			element.CodeType = Internal
		}
		if !p.Quantity.IsZero() {
			element.Quantity = p.Quantity.String()
		}
		if len(p.Products) > 0 {
			element.Products = &productsElement{Products: productElements(p.Products)}
		}
		elements = append(elements, element)
	}
	return elements
}

func attachmentElements(attachments []Attachment) *attachmentsElement {
	if len(attachments) == 0 {
		return nil
	}
	element := &attachmentsElement{}
	for _, attachment := range attachments {
		element.Attachments = append(element.Attachments, attachmentElement{
			File: base64.StdEncoding.EncodeToString(attachment.Content),
			Name: attachment.Name,
		})
	}
	return element
}
