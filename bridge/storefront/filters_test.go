package storefront_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge/storefront"
)

// Each value of a filter is a link with its count; one in force is a link that takes
// it away. Words, order and the other filters stay, and the pages begin anew.
func TestFilters(t *testing.T) {
	g := stocked()
	g.found.Total = 60
	s := open(t, g)
	root := s.page("/shop/?q=kubek&sort=name&page=2&f.colour=red&f.size=M+%26+L&f.empty=&f.colour=blue")
	want := map[string]string{"colour": "red", "size": "M & L"}
	if got := s.goods.asked(t).Filters; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	chips := links(one(t, root, "nav", "chips"))
	if want := map[string]string{"Usuń filtr Kolor: czerwony ×": "/shop/?f.size=M+%26+L&q=kubek&sort=name"}; !cmp.Equal(chips, want) {
		t.Error(cmp.Diff(want, chips))
	}
	facets := all(root, "details", "facet")
	if len(facets) != 2 {
		t.Fatalf("%d facets, want those that an address can carry: 2", len(facets))
	}
	if got, want := links(facets[0]), (map[string]string{
		"Kubki & filiżanki 41": "/shop/?f.category=12&f.colour=red&f.size=M+%26+L&q=kubek&sort=name",
		"Talerze 7":            "/shop/?f.category=13&f.colour=red&f.size=M+%26+L&q=kubek&sort=name",
	}); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if n := len(all(one(t, facets[1], "details", "far"), "a", "")); n != 5 {
		t.Errorf("%d of 12 values are folded, want 5", n)
	}
	if got := links(facets[1])["Wytwórnia 3 17"]; got != "/shop/?f.colour=red&f.producer=p%2F3&f.size=M+%26+L&q=kubek&sort=name" {
		t.Errorf("a producer leads to %q", got)
	}
	// The links ask for what they say.
	s.page(links(facets[1])["Wytwórnia 3 17"])
	if got := s.goods.asked(t); got.Page != 1 || got.Filters["producer"] != "p/3" || got.Text != "kubek" {
		t.Errorf("the link asks for %+v", got)
	}
}

// A filter that found nothing leads back to more.
func TestNothingWithFilters(t *testing.T) {
	g := &goods{found: storefront.Found{Applied: []storefront.Filter{{Param: "a", Label: "A", Value: "1", Text: "jeden"}, {Param: "b", Label: "B", Value: "2", Text: "dwa"}}}}
	root := open(t, g).page("/shop/?f.a=1&f.b=2&f.unknown=3&lang=en&q=x")
	got := links(one(t, root, "div", "nothing"))
	if want := map[string]string{"Clear all filters": "/shop/?f.unknown=3&lang=en&q=x", "Show all products": "/shop/?lang=en"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got := links(one(t, root, "nav", "chips"))["Clear all filters"]; got == "" {
		t.Error("two filters cannot be cleared at once")
	}
}

func TestFiltersThatMakeNoSense(t *testing.T) {
	s := open(t, stocked())
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf("f.p%d=1", i))
	}
	for name, query := range map[string]string{
		"no name":            "f.=zebra",
		"a strange name":     "f.a+b=zebra",
		"a long name":        "f." + strings.Repeat("a", 65) + "=zebra",
		"a long value":       "f.a=zebra" + strings.Repeat("a", 196),
		"control characters": "f.a=zebra%00",
		"no UTF-8":           "f.a=zebra%FF",
		"too many":           strings.Join(many, "&"),
	} {
		answer := s.send("GET", "/shop/?"+query)
		if answer.StatusCode != 400 || strings.Contains(answer.body, "zebra") {
			t.Errorf("%s: status %d", name, answer.StatusCode)
		}
	}
	if n := len(s.goods.queries); n != 0 {
		t.Errorf("asked %d times", n)
	}
}
