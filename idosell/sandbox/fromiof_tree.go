package sandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"octobridge/idosell/iof"
)

// category numbers a category and those above it by the levels of its path.
// Only the lowest level's id stands in an offer: the others get one here, unless
// a product is in them.
func (o *offerCatalogue) category(source iof.Reference) int64 {
	path := source.Name
	if path == "" {
		path = source.ID
	}
	if path == "" {
		return 0
	}
	id, known := o.paths[path]
	if known {
		return id
	}
	id = o.nodes.of(iof.Reference{ID: source.ID, Name: path})
	if o.places[id] {
		// One id in two places would tie the tree into a knot.
		id = o.nodes.of(iof.Reference{Name: path})
	}
	o.places[id] = true
	o.paths[path] = id
	return id
}

// finish builds the category tree, which can only be known at the end, and puts
// everything in order.
func (o *offerCatalogue) finish() *Catalogue {
	for _, path := range slices.Sorted(maps.Keys(o.paths)) {
		id := o.paths[path]
		for {
			above, name, nested := cutLast(path)
			category := Category{ID: id, Names: map[string]string{o.language: name}}
			if nested {
				if category.ParentID = o.paths[above]; category.ParentID == 0 {
					category.ParentID = o.nodes.of(iof.Reference{Name: above})
					o.paths[above] = category.ParentID
				}
			}
			o.catalogue.Categories[id] = category
			if !nested {
				break
			}
			path, id = above, category.ParentID
		}
	}
	languages := map[string]bool{}
	for _, product := range o.catalogue.Products {
		for language := range product.Names {
			languages[language] = true
		}
	}
	delete(languages, o.language)
	o.catalogue.Languages = append([]string{o.language}, slices.Sorted(maps.Keys(languages))...)
	slices.SortFunc(o.catalogue.Products, func(a, b Product) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return o.catalogue
}

// cutLast splits a path before its last level.
func cutLast(path string) (above, name string, nested bool) {
	at := strings.LastIndex(path, "/")
	if at <= 0 || at == len(path)-1 {
		return "", path, false
	}
	return path[:at], path[at+1:], true
}

// numbering gives references the number that stands in the file, and those
// without one a number that is free there.
type numbering struct {
	byReference map[iof.Reference]int64
	taken       map[int64]bool
	free        int64
}

func newNumbering() *numbering {
	const first = 900_000_001 // above what shops count up to
	return &numbering{byReference: map[iof.Reference]int64{}, taken: map[int64]bool{}, free: first}
}

func (n *numbering) of(reference iof.Reference) int64 {
	id, err := strconv.ParseInt(reference.ID, 10, 64)
	if err == nil && id > 0 {
		n.taken[id] = true
		return id
	}
	if id, known := n.byReference[reference]; known {
		return id
	}
	for n.taken[n.free] {
		n.free++
	}
	n.byReference[reference] = n.free
	n.taken[n.free] = true
	return n.free
}
