package storefront

import (
	"bytes"
	"html/template"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxDescription bounds a description after its tags were completed, in bytes:
// an open tag is repeated in each paragraph that follows it.
const maxDescription = 1 << 20

// wellFormed closes what sanitised HTML leaves open and drops what it closes too
// often, so that an unfinished description does not change the page around it.
// It also returns the addresses of the pictures in it.
func wellFormed(description template.HTML) (template.HTML, []string) {
	if strings.TrimSpace(string(description)) == "" {
		return "", nil
	}
	nodes, err := html.ParseFragment(strings.NewReader(string(description)), &html.Node{
		Type: html.ElementNode, Data: "div", DataAtom: atom.Div,
	})
	if err != nil {
		return "", nil // the parser takes everything but too deep nesting
	}
	var out bytes.Buffer
	var pictures []string
	collect := func(node *html.Node) {
		for _, attribute := range node.Attr {
			if node.DataAtom == atom.Img && attribute.Key == "src" {
				pictures = append(pictures, attribute.Val)
			}
		}
	}
	for _, node := range nodes {
		// Rendering fails only for what a parser does not make.
		if html.Render(&out, node) != nil || out.Len() > maxDescription {
			return "", nil
		}
		collect(node)
		for below := range node.Descendants() {
			collect(below)
		}
	}
	return template.HTML(out.String()), pictures //nolint:gosec // as sanitised as it came
}
