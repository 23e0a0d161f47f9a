package one

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of what Unknown returns.
const (
	maxUnknown   = 50
	maxPathBytes = 200
)

// Unknown returns the names of the fields in an event's body that the bridge does not
// look at, with the names above them, as in "payload.user.email" and "lines[].sku";
// at most 50, each once, sorted level by level. It returns no values: these may be
// personal data. ONe does not document its events' fields, so that operators may
// want to know what comes. A body that is neither JSON nor a form has none.
func Unknown(body []byte) []string {
	document, flag := parse(body, false)
	if flag != FlagNone {
		return nil
	}
	var u unknowns
	u.value(document, "", true, nothing, 0)
	return u.paths
}

type unknowns struct {
	paths []string
}

// value adds the unknown fields of a value. Ours says that it is one that is looked
// into, about whom an "id" in it is.
func (u *unknowns) value(value any, path string, ours bool, about subject, documents int) {
	if len(u.paths) >= maxUnknown {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			u.field(name, value[name], path, ours, about, documents)
		}
		if len(value) > 0 {
			return
		}
	case []any:
		for _, one := range value {
			u.value(one, path+"[]", ours, about, documents)
		}
		if len(value) > 0 {
			return
		}
	case string:
		if inside, ok := inText(value); ours && ok && documents < maxDocuments {
			u.value(inside, path, ours, about, documents+1)
			return
		}
	}
	if !ours && !slices.Contains(u.paths, path) {
		u.paths = append(u.paths, path)
	}
}

func (u *unknowns) field(name string, value any, path string, ours bool, about subject, documents int) {
	folded := fold(name)
	if _, id := idNames[folded]; ours && (id || folded == "id" && about != nothing) {
		return
	}
	of, thing := thingNames[folded]
	if !thing {
		of = nothing
	}
	u.value(value, below(path, name), ours && (thing || wrapperNames[folded]), of, documents)
}

// below is the path of a field, fit to be shown.
func below(path, name string) string {
	if path != "" {
		path += "."
	}
	path += strings.Map(func(r rune) rune {
		if unprintable(r) {
			return '?'
		}
		return r
	}, name[:min(len(name), maxPathBytes)])
	if len(path) > maxPathBytes {
		path = path[:maxPathBytes]
		for !utf8.ValidString(path) {
			path = path[:len(path)-1]
		}
	}
	return path
}
