package survey

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"octobridge/idosell"
)

// Proposal is a change of the gate table that would make something known. It goes by
// names alone and is to be read before it is used: no proposal changes what an
// element means.
type Proposal struct {
	Operation idosell.Operation `json:"operation"`
	Field     string            `json:"field"` // gate, method, version, part, or name of an element
	Path      string            `json:"path,omitempty"`
	Was       string            `json:"was"`
	Name      string            `json:"name"`

	parent string // of Path
}

// A proposal is made for what is at least this much alike, and by so much more than
// anything else.
const (
	alikeEnough = 0.75
	clearly     = 0.04
)

// propose finds what unknown gates and elements may be.
func propose(s *seen, table *idosell.GateTable) []Proposal {
	out := proposeGates(s, table)
	for _, at := range s.gates {
		if spec := table.Gate(at.operation); spec != nil {
			out = append(out, proposeSpec(at, spec)...)
			out = append(out, proposeNames(at, spec)...)
		}
	}
	out = slices.DeleteFunc(out, func(p Proposal) bool { return p.Field != "version" && !inGatesFile.MatchString(p.Name) })
	slices.SortFunc(out, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Path, b.Path))
	})
	return out
}

// inGatesFile are the names that a gates file takes.
var inGatesFile = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,99}$`)

// match is how well something unknown fits something of the table.
type match struct {
	unknown, known string
	score          float64
}

// best takes the best matches, where nothing else is nearly as good for either.
func best(matches []match) map[string]string {
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.unknown, b.unknown), cmp.Compare(a.known, b.known))
	})
	out, taken := map[string]string{}, map[string]bool{}
	for i, m := range matches {
		if m.score < alikeEnough || out[m.unknown] != "" || taken[m.known] {
			continue
		}
		rival := false
		for j, other := range matches {
			if j != i && m.score-other.score < clearly && m.score >= other.score && (other.unknown == m.unknown) != (other.known == m.known) &&
				out[other.unknown] == "" && !taken[other.known] {
				rival = true
			}
		}
		if !rival {
			out[m.unknown], taken[m.known] = m.known, true
		}
	}
	return out
}

// proposeGates finds operations that gates of other names may be.
func proposeGates(s *seen, table *idosell.GateTable) []Proposal {
	called := map[idosell.Operation]bool{}
	for _, at := range s.gates {
		called[at.operation] = true
	}
	var matches []match
	for name, at := range s.gates {
		if at.operation != "" || at.gate == "" {
			continue
		}
		for _, op := range table.Operations() {
			if spec := table.Gate(op); !called[op] {
				matches = append(matches, match{name, string(op), min(alike(at.gate, spec.Gate), alike(at.method, spec.Method))})
			}
		}
	}
	var out []Proposal
	for name, op := range best(matches) {
		at, spec := s.gates[name], table.Gate(idosell.Operation(op))
		if at.gate != spec.Gate {
			out = append(out, Proposal{Operation: spec.Operation, Field: "gate", Was: spec.Gate, Name: at.gate})
		}
		if at.method != spec.Method {
			out = append(out, Proposal{Operation: spec.Operation, Field: "method", Was: spec.Method, Name: at.method})
		}
	}
	return out
}

// proposeSpec proposes the version and the part that all calls had which went well.
func proposeSpec(at *gateSeen, spec *idosell.GateSpec) []Proposal {
	var out []Proposal
	if len(at.versions) == 1 {
		for version := range at.versions {
			if version != spec.Version {
				out = append(out, Proposal{Operation: spec.Operation, Field: "version", Was: strconv.Itoa(spec.Version), Name: strconv.Itoa(version)})
			}
		}
	}
	if len(at.parts) == 1 {
		part := cmp.Or(spec.Part, spec.Method)
		for name := range at.parts {
			if name != part {
				out = append(out, Proposal{Operation: spec.Operation, Field: "part", Was: part, Name: name})
			}
		}
	}
	return out
}

// proposeNames finds what unknown elements may be: those that were never seen
// beside them.
func proposeNames(at *gateSeen, spec *idosell.GateSpec) []Proposal {
	byGroup := map[string][]match{}
	fields := map[string]idosell.Field{}
	for where, found := range at.unknown {
		for _, field := range fieldsAt(spec, where.path) {
			path := where.path + "." + field.Key
			if at.known[path] > 0 || !found.canBe(field) {
				continue
			}
			fields[path] = field
			byGroup[where.path] = append(byGroup[where.path], match{where.name, path, found.alike(where.name, field)})
		}
	}
	var out []Proposal
	for group, matches := range byGroup {
		for name, path := range best(matches) {
			out = append(out, Proposal{Operation: spec.Operation, Field: "name", Path: path, Was: fields[path].Name, Name: name, parent: group})
		}
	}
	return out
}

// fieldsAt are the fields of a group: "results.details".
func fieldsAt(spec *idosell.GateSpec, path string) []idosell.Field {
	keys := strings.Split(path, ".")
	var fields []idosell.Field
	switch keys[0] {
	case "authenticate":
		fields = spec.Auth
	case "params":
		fields = spec.Params
	case "results":
		fields = spec.Results
	}
	for _, key := range keys[1:] {
		at := slices.IndexFunc(fields, func(f idosell.Field) bool { return f.Key == key })
		if at < 0 {
			return nil
		}
		fields = fields[at].Fields
	}
	return fields
}

// canBe says whether an element's contents can be those of a field.
func (u *unknownSeen) canBe(field idosell.Field) bool {
	switch {
	case field.Type == idosell.Group:
		return len(u.texts) == 0 && len(u.inner) > 0
	case field.List:
		if !u.list && len(u.inner) > 0 {
			return false
		}
	case len(u.inner) > 0 || u.list:
		return false
	}
	return !slices.ContainsFunc(u.texts, func(text string) bool { return !field.Type.Accepts(text) })
}

// alike says how well an element fits a field: by their names, and those of what
// stands in them.
func (u *unknownSeen) alike(name string, field idosell.Field) float64 {
	score := alike(name, field.Name)
	for _, alias := range field.Aliases {
		score = max(score, alike(name, alias))
	}
	if field.Type != idosell.Group || len(u.inner) == 0 {
		return score
	}
	common := 0
	for inner := range u.inner {
		if slices.ContainsFunc(field.Fields, func(f idosell.Field) bool {
			return alike(inner, f.Name) > 0.9 || slices.ContainsFunc(f.Aliases, func(alias string) bool { return alike(inner, alias) > 0.9 })
		}) {
			common++
		}
	}
	if share := float64(common) / float64(len(u.inner)); share >= 0.5 {
		score = max(score, 0.6+0.3*share+0.1*score)
	}
	return score
}

// alike says how much alike two names are, from 0 to 1: by their words whatever the
// case, the signs between them, their order and their number (old-to-new habits of
// the maker: idosell-wire.md), as the beginning or end of one another
// (product_sizecode, productSizeCodeExternal), and letter by letter.
func alike(a, b string) float64 {
	wordsA, wordsB := wordsOf(a), wordsOf(b)
	joinedA, joinedB := strings.Join(wordsA, ""), strings.Join(wordsB, "")
	if joinedA == "" || joinedB == "" {
		return 0
	}
	if joinedA == joinedB {
		return 1
	}
	slices.Sort(wordsA)
	slices.Sort(wordsB)
	if slices.Equal(wordsA, wordsB) {
		return 0.95
	}
	short, long := joinedA, joinedB
	if len(short) > len(long) {
		short, long = long, short
	}
	score := 0.0
	if len(short) >= 4 && (strings.HasPrefix(long, short) || strings.HasSuffix(long, short)) {
		score = 0.7 + 0.25*float64(len(short))/float64(len(long))
	}
	if len(long) <= 100 {
		if near := 1 - float64(distance(joinedA, joinedB))/float64(len(long)); near >= 0.8 {
			score = max(score, 0.95*near)
		}
	}
	return score
}

// sameWords are words that stand for others.
var sameWords = map[string]string{"ids": "id", "identifier": "id", "sn": "serialnumber", "qty": "quantity", "amount": "quantity", "postcode": "zipcode", "postal": "zip",
	"tel": "phone", "telephone": "phone", "mail": "email", "no": "number", "num": "number", "nr": "number", "lang": "language", "surname": "lastname", "company": "firm"}

// wordsOf are the words of a name, lower case, in the singular.
func wordsOf(name string) []string {
	var spaced strings.Builder
	small := false
	for _, r := range name {
		if r >= 'A' && r <= 'Z' && small {
			spaced.WriteByte(' ')
		}
		small = r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if r == '_' || r == '-' || r == '.' {
			r = ' '
		}
		spaced.WriteRune(r)
	}
	words := strings.Fields(strings.ToLower(spaced.String()))
	for i, word := range words {
		if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
			word = strings.TrimSuffix(word, "s")
		}
		if same, ok := sameWords[word]; ok {
			word = same
		}
		words[i] = word
	}
	return words
}

// distance is the number of letters to change from one text to the other.
func distance(a, b string) int {
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
	return row[len(b)]
}
