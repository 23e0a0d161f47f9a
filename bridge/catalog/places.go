package catalog

import (
	"maps"
	"slices"
	"strings"

	"octobridge/idosell/iof"
)

// lists are the feed's lists, as they are joined with products when these are
// loaded. A list may lack what products refer to: nothing depends on it.
type lists struct {
	categories map[string]node
	byPath     map[string]string // ids of categories by their path in any language
	names      map[iof.Kind]map[string]Names
	precision  map[string]int // of units
}

// node is a category of the tree.
type node struct {
	parent string
	names  Names
}

// deepest bounds how many levels categories have; a tree with a circle ends here.
const deepest = 16

// splitPath divides the name of a category into its levels, top level first. A
// stroke within a name divides it, too: IOF has no way to write another.
func splitPath(path string) []string {
	var levels []string
	for level := range strings.SplitSeq(path, "/") {
		if level = strings.TrimSpace(level); level != "" && len(levels) < deepest {
			levels = append(levels, level)
		}
	}
	return levels
}

// joinPath is the form of a path that paths are compared in.
func joinPath(levels []string) string { return strings.Join(levels, "/") }

// level is one of a product's categories.
type level struct {
	Reference
	value string // what filters know it by: its id, else its path
}

// joiner puts what the lists say into products. It keeps what many products have
// in common; it is for one goroutine, and its results must not be changed.
type joiner struct {
	lists    *lists
	language string // whose paths are used where there are several
	levels   map[string][]level
	named    map[iof.Kind]map[string]Names
}

func newJoiner(l *lists, language string) *joiner {
	return &joiner{lists: l, language: language, levels: map[string][]level{}, named: map[iof.Kind]map[string]Names{}}
}

// join completes a product, and returns the levels of its category.
func (j *joiner) join(p *Product) []level {
	p.Producer.Names = j.called(iof.Producers, p.Producer)
	p.Series.Names = j.called(iof.Series, p.Series)
	p.Unit.Names = j.called(iof.Units, p.Unit)
	p.Precision = j.lists.precision[p.Unit.ID]
	for i := range p.Parameters {
		parameter := &p.Parameters[i]
		parameter.Names = j.called(iof.Parameters, Reference{ID: parameter.ID, Names: parameter.Names})
		for v := range parameter.Values {
			parameter.Values[v].Names = j.translated(parameter.Values[v])
		}
	}
	if len(p.Categories) != 1 {
		return nil
	}
	levels := j.places(p.Categories[0])
	p.Categories = make([]Reference, len(levels))
	for i := range levels {
		p.Categories[i] = levels[i].Reference
	}
	return levels
}

// called are the names of something: what products say, and the list's in the
// languages that they do not.
func (j *joiner) called(kind iof.Kind, r Reference) Names {
	listed := j.lists.names[kind][r.ID]
	if r.ID == "" || len(listed) == 0 {
		return r.Names
	}
	if len(r.Names) == 0 {
		return listed
	}
	if j.named[kind] == nil {
		j.named[kind] = map[string]Names{}
	}
	known, ok := j.named[kind][r.ID]
	if !ok {
		known = over(listed, r.Names)
		j.named[kind][r.ID] = known
	}
	return known
}

// values is the kind that the names of parameters' values are kept by.
const values iof.Kind = "values"

// translated are the names of a parameter's value. Values of one id and several
// names stay apart: the list knows only one of them.
func (j *joiner) translated(r Reference) Names {
	listed := j.lists.names[values][r.ID]
	for language, name := range r.Names {
		if there, ok := listed[language]; ok && there != name {
			return r.Names
		}
	}
	return j.called(values, r)
}

// places are the levels of a category, top level first: by the tree where that
// has it, else by its path.
func (j *joiner) places(own Reference) []level {
	path := j.path(own.Names)
	key := own.ID + "\x00" + path
	if known, ok := j.levels[key]; ok {
		return known
	}
	levels := j.byTree(own)
	if levels == nil {
		levels = j.byName(own, path)
	}
	j.levels[key] = levels
	return levels
}

// path picks the path that a category's levels are made of.
func (j *joiner) path(names Names) string {
	for _, language := range []string{j.language, ""} {
		if path := names[language]; path != "" {
			return path
		}
	}
	for _, language := range slices.Sorted(maps.Keys(names)) {
		return names[language]
	}
	return ""
}

func (j *joiner) byTree(own Reference) []level {
	var levels []level
	for id := own.ID; id != "" && len(levels) < deepest; {
		n, ok := j.lists.categories[id]
		if !ok {
			break
		}
		levels = append(levels, level{Reference{ID: id, Names: n.names}, id})
		id = n.parent
	}
	slices.Reverse(levels)
	return levels
}

func (j *joiner) byName(own Reference, path string) []level {
	parts := splitPath(path)
	if len(parts) == 0 {
		if own.ID == "" {
			return nil
		}
		return []level{{own, own.ID}}
	}
	levels := make([]level, len(parts))
	for i := range parts {
		prefix := joinPath(parts[:i+1])
		id := j.lists.byPath[prefix]
		if i == len(parts)-1 && own.ID != "" {
			id = own.ID
		}
		levels[i] = level{Reference{ID: id, Names: Names{}}, id}
		if id == "" {
			levels[i].value = prefix
		}
	}
	for language, path := range own.Names {
		if translated := splitPath(path); len(translated) == len(parts) {
			for i := range parts {
				levels[i].Names[language] = translated[i]
			}
		}
	}
	return levels
}
