package iof_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/idosell/iof"
)

// The oracle reads offers a second time, with nothing of the package: encoding/xml
// makes a tree, and the main parts are taken from the tree. It takes no care of
// speed or memory.

// node is an element of the tree.
type node struct {
	name     xml.Name
	attrs    []xml.Attr
	children []*node
	text     string
}

// tree reads a whole document; the error is what encoding/xml says, strictly.
func tree(file []byte) (*node, error) {
	decoder := xml.NewDecoder(bytes.NewReader(file))
	outside := &node{}
	open := []*node{outside}
	for {
		// Token, unlike RawToken, also checks that elements are nested.
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	decoder = xml.NewDecoder(bytes.NewReader(file))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return outside, nil
		}
		if err != nil {
			return nil, err
		}
		inner := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			child := &node{name: token.Name, attrs: token.Copy().Attr}
			inner.children = append(inner.children, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			inner.text += string(token)
		}
	}
}

// flat makes white space in values alike: encoding/xml keeps line ends and tabs
// that XML makes spaces.
func flat(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(text))
}

func (n *node) attr(name string) string {
	found, value := false, ""
	for _, attr := range n.attrs {
		switch {
		case attr.Name.Local != name:
		case attr.Name.Space == "":
			return flat(attr.Value)
		case !found:
			found, value = true, flat(attr.Value)
		}
	}
	return value
}

// all are the children with a name.
func (n *node) all(name string) (found []*node) {
	for _, child := range n.children {
		if child.name.Local == name {
			found = append(found, child)
		}
	}
	return found
}

// every follows a path of names to all that are there.
func (n *node) every(path ...string) []*node {
	found := []*node{n}
	for _, name := range path {
		var deeper []*node
		for _, one := range found {
			deeper = append(deeper, one.all(name)...)
		}
		found = deeper
	}
	return found
}

func amount(text string) string {
	text = strings.NewReplacer(",", ".", " ", "", "\u00a0", "").Replace(text)
	if value, err := decimal.NewFromString(text); err == nil && !value.IsZero() {
		return value.String()
	}
	return "-"
}

func described(texts iof.Texts) string {
	var all []string
	for language, text := range texts {
		all = append(all, language+"="+flat(text))
	}
	slices.Sort(all)
	return strings.Join(all, "|")
}

// describedNodes is described of elements, of which the first in each language counts.
func describedNodes(language string, nodes []*node, text func(*node) string) string {
	texts := iof.Texts{}
	for _, one := range nodes {
		own := one.attr("lang")
		if own == "" {
			own = one.attr("language")
		}
		if own == "" {
			own = language
		}
		if value := strings.TrimSpace(text(one)); value != "" {
			if _, there := texts[own]; !there {
				texts[own] = value
			}
		}
	}
	return described(texts)
}

// mainParts lists what the oracle compares of each product: of those of the tree.
func mainParts(document *node) (products []string) {
	offers := document.all("offer")
	if len(offers) != 1 {
		return nil
	}
	language := offers[0].attr("language")
	lists := offers[0].all("products")
	for _, list := range lists {
		if list == lists[0] && list.attr("language") != "" {
			language = list.attr("language")
		}
		for _, p := range list.all("product") {
			products = append(products, p.mainParts(language))
		}
	}
	return products
}

func (p *node) mainParts(language string) string {
	var out strings.Builder
	name := func(n *node) string { return n.text }
	fmt.Fprintf(&out, "%s type %s names %s long %s short %s\n", p.attr("id"), p.attr("type"),
		describedNodes(language, p.every("description", "name"), name),
		describedNodes(language, p.every("description", "long_desc"), name),
		describedNodes(language, p.every("description", "short_desc"), name))
	for _, producer := range p.all("producer")[:min(1, len(p.all("producer")))] {
		fmt.Fprintf(&out, " producer %s %s\n", producer.attr("id"), producer.attr("name"))
	}
	for _, size := range p.every("sizes", "size") {
		fmt.Fprintf(&out, " size %s ean %s", size.attr("name"), size.attr("code_producer"))
		for _, stock := range size.all("stock") {
			fmt.Fprintf(&out, " stock %s", stock.attr("id"))
		}
		if prices := size.all("price"); len(prices) == 1 {
			fmt.Fprintf(&out, " net %s gross %s", amount(prices[0].attr("net")), amount(prices[0].attr("gross")))
		}
		out.WriteString("\n")
	}
	if prices := p.all("price"); len(prices) == 1 {
		fmt.Fprintf(&out, " net %s gross %s\n", amount(prices[0].attr("net")), amount(prices[0].attr("gross")))
	}
	return out.String()
}

// readParts lists the same of what the package has read.
func readParts(p *iof.Product, from *node) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s type %s names %s long %s short %s\n", flat(p.ID), flat(p.Type), described(p.Names), described(p.LongDescs), described(p.ShortDescs))
	if len(from.all("producer")) > 0 {
		fmt.Fprintf(&out, " producer %s %s\n", flat(p.Producer.ID), flat(p.Producer.Name))
	}
	shown := func(p iof.Price) string {
		text := func(d decimal.NullDecimal) string {
			if d.Decimal.IsZero() {
				return "-"
			}
			return d.Decimal.String()
		}
		return fmt.Sprintf(" net %s gross %s", text(p.Net), text(p.Gross))
	}
	sizes := from.every("sizes", "size")
	for i, size := range p.Sizes {
		fmt.Fprintf(&out, " size %s ean %s", flat(size.Name), flat(size.CodeProducer))
		for _, stock := range size.Stocks {
			fmt.Fprintf(&out, " stock %s", flat(stock.WarehouseID))
		}
		if i < len(sizes) && len(sizes[i].all("price")) == 1 {
			out.WriteString(shown(size.Price))
		}
		out.WriteString("\n")
	}
	if len(from.all("price")) == 1 {
		out.WriteString(strings.TrimSuffix(shown(p.Price), "\n") + "\n")
	}
	return out.String()
}
