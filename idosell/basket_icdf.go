package idosell

import (
	"fmt"

	"octobridge/idosell/icdf"
)

// FromICDF makes what ImportBasket takes of a basket list in ICDF, as icdf.Read
// reads it. Attachments of single products go with the list, as
// Dropshipping/basketImport has no other place for them (gates.md). A set of
// products is refused: how the gate takes one is not known.
func FromICDF(list icdf.List) (BasketImport, error) {
	out := BasketImport{Comment: list.Comment}
	for _, attachment := range list.Attachments {
		out.Attachments = append(out.Attachments, Attachment{Name: attachment.Name, Content: attachment.Content})
	}
	for i, product := range list.Products {
		if len(product.Products) > 0 {
			return BasketImport{}, fmt.Errorf("product %d of the list is a set: order what it is made of instead", i+1)
		}
		out.Lines = append(out.Lines, Line{Code: product.Code, CodeType: CodeType(product.CodeType), Quantity: product.Quantity, Comment: product.Comment})
		for _, attachment := range product.Attachments {
			out.Attachments = append(out.Attachments, Attachment{Name: attachment.Name, Content: attachment.Content})
		}
	}
	return out, nil
}
