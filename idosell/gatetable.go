package idosell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// GateTable says which gate, with which element names, is behind each Operation.
// It is not changed after it was made and may be shared.
type GateTable struct {
	specs map[Operation]*GateSpec
}

// DefaultGates returns the built-in table, always the same one: what is worked
// out from a table is kept as long as the process runs, and one for each client
// would never be given back.
func DefaultGates() *GateTable { return builtIn() }

var builtIn = sync.OnceValue(newGateTable)

// newGateTable returns a table of its own, to be changed.
func newGateTable() *GateTable {
	table := &GateTable{specs: make(map[Operation]*GateSpec, len(defaultGates))}
	for _, spec := range defaultGates {
		spec.Auth = cloneFields(sessionFields)
		if spec.Operation == OpAuthenticate {
			spec.Auth = cloneFields(loginFields)
		}
		spec.Params = cloneFields(spec.Params)
		spec.Results = cloneFields(spec.Results)
		table.specs[spec.Operation] = &spec
	}
	return table
}

func cloneFields(fields []Field) []Field {
	out := slices.Clone(fields)
	for i := range out {
		out[i].Aliases = slices.Clone(out[i].Aliases)
		out[i].Fields = cloneFields(out[i].Fields)
	}
	return out
}

// Operations lists the operations of the table, sorted.
func (t *GateTable) Operations() []Operation {
	out := make([]Operation, 0, len(t.specs))
	for op := range t.specs {
		out = append(out, op)
	}
	slices.Sort(out)
	return out
}

// Gate returns the description of the gate behind an operation; nil for an
// unknown one. It must not be changed.
func (t *GateTable) Gate(op Operation) *GateSpec { return t.specs[op] }

// gateOverride is one entry of an override file.
type gateOverride struct {
	Gate      string           `yaml:"gate"`
	Method    string           `yaml:"method"`
	Version   *int             `yaml:"version"`
	Part      string           `yaml:"part"`
	Namespace string           `yaml:"namespace"`
	Names     map[string]names `yaml:"names"`
}

// names are the names of one element: the first is written, all are read.
type names []string

// UnmarshalYAML reads one name or a list of names.
func (n *names) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*n = names{node.Value}
	} else if err := node.Decode((*[]string)(n)); err != nil {
		return fmt.Errorf("line %d: want an element name or a list of them", node.Line)
	}
	for _, name := range *n {
		if !isElementName(name) {
			return fmt.Errorf("line %d: %q is no element name", node.Line, clip(name))
		}
	}
	if len(*n) == 0 {
		return fmt.Errorf("line %d: no name", node.Line)
	}
	return nil
}

// maxGatesFile is the size of the largest override file that is read.
const maxGatesFile = 1 << 20

// ReadGatesFile returns the built-in table, changed by the override file at
// path. See ReadGates.
func ReadGatesFile(path string) (*GateTable, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gate table: %w", err)
	}
	defer file.Close()
	table, err := ReadGates(file)
	if err != nil {
		return nil, fmt.Errorf("gate table %s: %w", path, err)
	}
	return table, nil
}

// ReadGates returns the built-in table, changed by an override in YAML: for each
// operation what differs. Under names, keys are paths of octobridge's own words
// below authenticate, params and results; the first name of a value is written,
// all are read:
//
//	get-orders:
//	  version: 107
//	  names:
//	    params.ids: zamowieniaIds
//	    results.details.status: [orderStatus, status]
//
// An unknown operation, key or path is an error that names the nearest known.
func ReadGates(r io.Reader) (*GateTable, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxGatesFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxGatesFile {
		return nil, fmt.Errorf("the override is larger than %d bytes", maxGatesFile)
	}
	overrides := map[Operation]gateOverride{}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&overrides); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	table := newGateTable()
	for op, override := range overrides {
		spec := table.specs[op]
		if spec == nil {
			return nil, fmt.Errorf("operation %q is unknown%s", clip(string(op)), nearest(string(op), table.operationNames()))
		}
		if err := spec.apply(override); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return table, nil
}

func (t *GateTable) operationNames() []string {
	out := make([]string, 0, len(t.specs))
	for op := range t.specs {
		out = append(out, string(op))
	}
	return out
}

func (g *GateSpec) apply(o gateOverride) error {
	for _, part := range []struct {
		from string
		to   *string
	}{{o.Gate, &g.Gate}, {o.Method, &g.Method}, {o.Part, &g.Part}, {o.Namespace, &g.Namespace}} {
		if part.from == "" {
			continue
		}
		if !isElementName(part.from) {
			return fmt.Errorf("%q is no name", clip(part.from))
		}
		*part.to = part.from
	}
	if o.Version != nil {
		if *o.Version < 0 {
			return fmt.Errorf("version %d is negative", *o.Version)
		}
		g.Version = *o.Version
	}
	known := map[string]*Field{}
	collectPaths(authenticateName, g.Auth, known)
	collectPaths("params", g.Params, known)
	collectPaths("results", g.Results, known)
	for path, wire := range o.Names {
		field := known[path]
		if field == nil {
			paths := make([]string, 0, len(known))
			for p := range known {
				paths = append(paths, p)
			}
			return fmt.Errorf("path %q is unknown%s", clip(path), nearest(path, paths))
		}
		if len(wire) == 0 { // written as null
			return fmt.Errorf("path %q has no name", path)
		}
		field.Name, field.Aliases = wire[0], wire[1:]
	}
	return nil
}

func collectPaths(prefix string, fields []Field, into map[string]*Field) {
	for i := range fields {
		path := prefix + "." + fields[i].Key
		into[path] = &fields[i]
		collectPaths(path, fields[i].Fields, into)
	}
}

// isElementName says whether s can be an XML name without a prefix, in the
// letters that CustomerAPI uses.
func isElementName(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
		case i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// nearest names the known word closest to an unknown one.
func nearest(unknown string, known []string) string {
	best, distance := "", len(unknown)/2+2
	slices.Sort(known)
	for _, k := range known {
		if d := editDistance(unknown, k, distance); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// editDistance is the Levenshtein distance, or limit when it is at least that.
func editDistance(a, b string, limit int) int {
	if len(a) > 200 || len(b) > 200 || max(len(a)-len(b), len(b)-len(a)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return min(row[len(b)], limit)
}

// clip shortens a text from outside for an error.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
