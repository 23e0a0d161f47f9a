package listener

import (
	"strings"

	"octobridge/idosell"
)

// directory finds the gate behind a call.
type directory struct {
	specs    []*idosell.GateSpec
	elements map[*idosell.GateSpec]map[string]bool // plain names
}

func newDirectory(table *idosell.GateTable) *directory {
	d := &directory{elements: map[*idosell.GateSpec]map[string]bool{}}
	for _, op := range table.Operations() {
		spec := table.Gate(op)
		names := map[string]bool{}
		collect(spec.Params, names)
		collect(spec.Results, names)
		d.specs = append(d.specs, spec)
		d.elements[spec] = names
	}
	return d
}

func collect(fields []idosell.Field, into map[string]bool) {
	for _, field := range fields {
		into[plainName(field.Name)] = true
		for _, alias := range field.Aliases {
			into[plainName(alias)] = true
		}
		collect(field.Fields, into)
	}
}

func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// gate is what a call is known as.
type gate struct {
	name, method string
	version      int // -1: it is not told
	operation    idosell.Operation
}

// resolve finds the gate of a call: by an address beside it, by the namespace, by
// the file's name, by the element in the body, and where several gates have the
// same method, by the elements that they know.
func (d *directory) resolve(request, answer *half, near, file facts, entry string) gate {
	method := bareMethod(request.method)
	out := gate{method: method, version: -1}
	for _, told := range []facts{near, file} {
		if told.gate != "" && (told.method == "" || sameMethod(told.method, request.method)) {
			out.name, out.version = told.gate, told.version
			if told.method != "" {
				out.method = told.method
			}
			break
		}
	}
	candidates := d.withMethod(method)
	if out.name == "" {
		out.name = d.guess(candidates, request, answer, entry)
	}
	if out.name == "" && near.gate != "" && near.method != "" { // the address has a method of another name
		out.name, out.method, out.version = near.gate, near.method, near.version
	}
	for _, spec := range d.specs {
		if strings.EqualFold(spec.Gate, out.name) && strings.EqualFold(spec.Method, out.method) {
			out.name, out.method, out.operation = spec.Gate, spec.Method, spec.Operation
		}
	}
	return out
}

func (d *directory) withMethod(method string) []*idosell.GateSpec {
	var out []*idosell.GateSpec
	for _, spec := range d.specs {
		if strings.EqualFold(spec.Method, method) {
			out = append(out, spec)
		}
	}
	return out
}

// guess finds a gate that no address names.
func (d *directory) guess(candidates []*idosell.GateSpec, request, answer *half, entry string) string {
	if len(candidates) == 1 {
		return candidates[0].Gate
	}
	words := wordsOf(entry)
	for _, spec := range candidates {
		space := strings.TrimPrefix(request.namespace, "urn:")
		if strings.EqualFold(space, spec.Gate) || spec.Namespace != "" && strings.EqualFold(space, spec.Namespace) {
			return spec.Gate
		}
	}
	for _, spec := range candidates {
		for _, word := range words {
			if strings.EqualFold(word, spec.Gate) {
				return spec.Gate
			}
		}
	}
	best, score, tied := "", 0, false
	for _, spec := range candidates {
		switch n := d.score(spec, request.names) + d.score(spec, answer.names); {
		case n > score:
			best, score, tied = spec.Gate, n, false
		case n == score:
			tied = true
		}
	}
	if tied {
		return ""
	}
	return best
}

// score counts the different elements that a gate knows.
func (d *directory) score(spec *idosell.GateSpec, names []string) int {
	seen, n := map[string]bool{}, 0
	for _, name := range names {
		name = plainName(name)
		if !seen[name] && d.elements[spec][name] {
			n++
		}
		seen[name] = true
	}
	return n
}
