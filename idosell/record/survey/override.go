package survey

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"octobridge/idosell"
)

// override is a gates file: what differs from the built-in table.
type override struct {
	gates map[idosell.Operation]*gateOverride
}

type gateOverride struct {
	settings map[string]string   // gate, method, version, part, namespace
	names    map[string][]string // by path
}

// newOverride finds what a table has that the built-in one has not.
func newOverride(table *idosell.GateTable) *override {
	out := &override{gates: map[idosell.Operation]*gateOverride{}}
	standard := idosell.DefaultGates()
	for _, op := range table.Operations() {
		spec, was := table.Gate(op), standard.Gate(op)
		if was == nil {
			continue
		}
		g := &gateOverride{settings: map[string]string{}, names: map[string][]string{}}
		out.gates[op] = g
		for _, s := range []struct{ key, now, was string }{
			{"gate", spec.Gate, was.Gate}, {"method", spec.Method, was.Method}, {"part", spec.Part, was.Part},
			{"namespace", spec.Namespace, was.Namespace}, {"version", fmt.Sprint(spec.Version), fmt.Sprint(was.Version)},
		} {
			if s.now != s.was {
				g.settings[s.key] = s.now
			}
		}
		g.compare("authenticate", spec.Auth, was.Auth)
		g.compare("params", spec.Params, was.Params)
		g.compare("results", spec.Results, was.Results)
	}
	return out
}

// compare finds the fields that have other names.
func (g *gateOverride) compare(path string, fields, was []idosell.Field) {
	for i, field := range fields {
		at := path + "." + field.Key
		names := namesOf(field)
		if !slices.Equal(names, namesOf(was[i])) {
			g.names[at] = names
		}
		g.compare(at, field.Fields, was[i].Fields)
	}
}

func namesOf(field idosell.Field) []string {
	return append([]string{field.Name}, field.Aliases...)
}

// apply takes proposals up. An element's new name goes first, for it is what the
// wholesaler writes; the ones before it are still read.
func (o *override) apply(proposals []Proposal) {
	standard := idosell.DefaultGates()
	for _, p := range proposals {
		g := o.gates[p.Operation]
		if p.Field != "name" {
			g.settings[p.Field] = p.Name
			continue
		}
		names := g.names[p.Path]
		if names == nil {
			at := strings.LastIndexByte(p.Path, '.')
			for _, field := range fieldsAt(standard.Gate(p.Operation), p.Path[:at]) {
				if field.Key == p.Path[at+1:] {
					names = namesOf(field)
				}
			}
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == p.Name })
		g.names[p.Path] = append([]string{p.Name}, names...)
	}
}

// text is the file. Its names are those of XML elements, which YAML takes as they
// are but for its own words; so they stand in quotes.
func (o *override) text() string {
	var b strings.Builder
	b.WriteString("# Proposed by octobridge fixtures check. Names were compared, not meanings: read it\n# before you use it as idosell.gates_file.\n")
	for _, op := range slices.Sorted(maps.Keys(o.gates)) {
		g := o.gates[op]
		if len(g.settings) == 0 && len(g.names) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", op)
		for _, key := range slices.Sorted(maps.Keys(g.settings)) {
			value := g.settings[key]
			if key != "version" {
				value = fmt.Sprintf("%q", value)
			}
			fmt.Fprintf(&b, "  %s: %s\n", key, value)
		}
		if len(g.names) > 0 {
			b.WriteString("  names:\n")
		}
		for _, path := range slices.Sorted(maps.Keys(g.names)) {
			quoted := make([]string, len(g.names[path]))
			for i, name := range g.names[path] {
				quoted[i] = fmt.Sprintf("%q", name)
			}
			fmt.Fprintf(&b, "    %s: [%s]\n", path, strings.Join(quoted, ", "))
		}
	}
	return b.String()
}

// table is the table that the file makes.
func (o *override) table() (*idosell.GateTable, error) {
	return idosell.ReadGates(strings.NewReader(o.text()))
}
