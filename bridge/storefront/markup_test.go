package storefront_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func byID(root *html.Node, id string) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && attribute(node, "id") == id {
			found = append(found, node)
		}
	}
	return found
}

func hasAttribute(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Whoever hears a page read, or uses the keyboard, finds the way:
// landmarks, one heading of the first rank, names for what has none, no id twice.
func TestLandmarksAndNames(t *testing.T) {
	s, p := gallery(t)
	for _, page := range everyPage {
		setBasket(p, page.who == "basket")
		path := "/shop/" + page.path
		root := parsed(t, s.send("GET", path, "Cookie", visitorCookie+"="+page.who).body)
		for _, tag := range []string{"header", "main", "footer", "h1", "title"} {
			if n := len(all(root, tag, "")); n != 1 {
				t.Errorf("%s: %d elements <%s>, want one", path, n, tag)
			}
		}
		for _, nav := range all(root, "nav", "") {
			if attribute(nav, "aria-label") == "" {
				t.Errorf("%s: a <nav> has no name", path)
			}
		}
		ids := map[string]bool{}
		for node := range root.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			if id := attribute(node, "id"); id != "" && ids[id] {
				t.Errorf("%s: the id %q is there twice", path, id)
			} else {
				ids[id] = true
			}
			if said := attribute(node, "aria-describedby"); said != "" && len(byID(root, said)) != 1 {
				t.Errorf("%s: what explains a field is not there: %s", path, said)
			}
			if node.Data == "button" && text(node) == "" && attribute(node, "aria-label") == "" {
				t.Errorf("%s: a button has no name", path)
			}
			if node.Data == "img" && !hasAttribute(node, "alt") {
				t.Errorf("%s: a picture has no alt", path)
			}
			if node.Data == "a" && text(node) == "" && len(all(node, "img", "")) == 0 {
				t.Errorf("%s: a link to %s has no text", path, attribute(node, "href"))
			}
		}
		labelled := map[*html.Node]bool{}
		for _, label := range all(root, "label", "") {
			inside := all(label, "input", "")
			if id := attribute(label, "for"); id != "" {
				inside = byID(root, id)
			}
			if len(inside) != 1 {
				t.Errorf("%s: a label has no field", path)
				continue
			}
			labelled[inside[0]] = true
		}
		for _, tag := range []string{"input", "select", "textarea"} {
			for _, field := range all(root, tag, "") {
				if !labelled[field] && attribute(field, "aria-label") == "" && attribute(field, "type") != "hidden" {
					t.Errorf("%s: the field %s has no label", path, attribute(field, "name"))
				}
			}
		}
		before := 1
		for node := range root.Descendants() {
			if node.Type != html.ElementNode || len(node.Data) != 2 || node.Data[0] != 'h' || node.Data[1] < '1' || node.Data[1] > '6' {
				continue
			}
			if rank := int(node.Data[1] - '0'); rank > before+1 {
				t.Errorf("%s: %s %q follows h%d", path, node.Data, text(node), before)
			} else {
				before = rank
			}
		}
		for _, a := range all(root, "a", "") {
			if href := attribute(a, "href"); strings.HasPrefix(href, "#") && !ids[href[1:]] {
				t.Errorf("%s: %s leads nowhere", path, href)
			}
		}
		if !strings.Contains(text(one(t, root, "header", "")), "octobridge") {
			t.Errorf("%s does not say that it is a demonstration", path)
		}
	}
}
