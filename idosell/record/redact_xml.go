package record

import (
	"cmp"
	"regexp"
	"strings"
)

// This file redacts what scanMarkup took apart.

// resolved says of each element under which name its text stands.
type resolved struct {
	names  []string    // the telling name, in plain form
	class  []nameClass // of its text
	text   [][]int     // pieces of its own text
	tags   map[string]string
	schema bool // a WSDL or an XML Schema
	inner  bool // stands in a text of another document
}

// resolve finds the telling name of each element: an item's is its array's, that of
// a value in PHP's Map encoding is its key's, that of a multi-reference is the
// element's that refers to it, and that of <field name="email"> is "email".
func (r *Redactor) resolve(m *markup) *resolved {
	s := &resolved{names: make([]string, len(m.nodes)), class: make([]nameClass, len(m.nodes)), text: make([][]int, len(m.nodes)), tags: map[string]string{}}
	for i, p := range m.pieces {
		if p.kind == pieceText || p.kind == pieceCDATA {
			s.text[p.node] = append(s.text[p.node], i)
		}
	}
	if len(m.nodes) > 1 {
		root := plain(m.nodes[1].name)
		s.schema = root == "definitions" || root == "schema"
	}
	keys := map[int]string{}        // of a map's item: its key
	named := map[int]string{}       // by the attribute name or key
	ids := map[int]string{}         // of an element: its id
	referrers := map[string][]int{} // of an id: who refer to it
	plains := map[string]string{}   // names in plain form
	self := make([]string, len(m.nodes))
	for i := range m.nodes[1:] {
		name, ok := plains[m.nodes[i+1].name]
		if !ok {
			name = plain(m.nodes[i+1].name)
			plains[m.nodes[i+1].name] = name
		}
		self[i+1] = name
		if name == "key" {
			if key := strings.TrimSpace(r.ownText(m, s, i+1)); keyForm.MatchString(key) {
				keys[m.nodes[i+1].parent] = plain(key)
			}
		}
	}
	for _, a := range m.attributes {
		value := unescaped(m.text[a.valueFrom:a.valueTo])
		switch plain(m.text[a.nameFrom:a.nameTo]) {
		case "href", "ref":
			if target, ok := strings.CutPrefix(value, "#"); ok {
				referrers[target] = append(referrers[target], a.node)
			}
		case "id":
			ids[a.node] = value
		case "name", "key":
			if !s.schema && keyForm.MatchString(value) {
				named[a.node] = plain(value)
			}
		}
	}
	for again, passes := true, 0; again && passes < 8; passes++ { // who refers may stand behind, and be referred to
		again = passes == 0 && len(referrers) > 0
		told := r.referrals(s, referrers)
		for i := 1; i < len(m.nodes); i++ {
			parent := m.nodes[i].parent
			name := self[i]
			if name == "value" && keys[parent] != "" {
				name = keys[parent]
			} else if carriers[name] || ids[i] != "" {
				name = r.referred(s, told[ids[i]], parent, name)
			}
			if other := named[i]; other != "" && r.names.class(s.names[parent], other).fate == fatePersonal {
				name = other
			}
			again = again || s.names[i] != name && len(referrers) > 0
			s.names[i] = name
			s.class[i] = r.classIn(s, parent, name)
			if by := told[ids[i]]; ids[i] != "" && by.class.fate == fatePersonal && s.class[i].fate != fatePersonal {
				s.class[i] = by.class
			}
			if self[i] == "key" && keys[parent] != "" && hasSibling(m, self, i) {
				s.class[i] = nameClass{} // a map by somebody's name is no usual one
				if r.names.knows(keys[parent]) || r.names.class("", keys[parent]).fate != fateUnknown {
					s.class[i] = nameClass{fate: fateMachinery}
				}
			}
		}
	}
	return s
}

// referral is what those that refer to an id say of it: the name of the first that is
// personal, of the first that is known, and of any.
type referral struct {
	personal, known, any string
	class                nameClass // a personal one, if one of them is
}

func (r *Redactor) referrals(s *resolved, referrers map[string][]int) map[string]referral {
	told := make(map[string]referral, len(referrers))
	for id, all := range referrers {
		var by referral
		for _, from := range all {
			name := s.names[from]
			if name == "" {
				continue
			}
			switch r.names.class("", name).fate {
			case fatePersonal:
				by.personal = cmp.Or(by.personal, name)
			case fateUnknown:
			default:
				by.known = cmp.Or(by.known, name)
			}
			if by.any = name; s.class[from].fate == fatePersonal && by.class.fate != fatePersonal {
				by.class = s.class[from]
			}
		}
		told[id] = by
	}
	return told
}

// referred is the telling name of an element that says nothing itself, or that
// others refer to: of these names the one that is personal, and its own before
// theirs.
func (r *Redactor) referred(s *resolved, by referral, parent int, name string) string {
	own := ""
	if !carriers[name] {
		own = name
	}
	fate := r.names.class(s.names[parent], own).fate
	if own != "" && fate == fatePersonal || by.personal == "" && own != "" && fate != fateUnknown {
		return own
	}
	return cmp.Or(by.personal, by.known, by.any, own, s.names[parent])
}

// hasSibling says whether a map's value stands beside its key.
func hasSibling(m *markup, self []string, key int) bool {
	parent := m.nodes[key].parent
	for i := key + 1; i < len(m.nodes) && i < key+4; i++ {
		if m.nodes[i].parent == parent && self[i] == "value" {
			return true
		}
	}
	return key > 1 && (m.nodes[key-1].parent == parent || m.nodes[parent].parent != 0) && self[parent] == "item"
}

// classIn decides by a name in its place: what stands in something secret is secret.
func (r *Redactor) classIn(s *resolved, parent int, name string) nameClass {
	class := r.names.class(s.names[parent], name)
	if s.schema && class.fate == fateSentence {
		return nameClass{fate: fateText} // the maker's own words, the same for every shop
	}
	if s.schema {
		return class // "message" is no secret there, and what stands in it is not
	}
	if above := s.class[parent]; above.fate == fatePersonal && class.fate != fatePersonal {
		return above
	}
	return class
}

var keyForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,60}$`)

// ownText is the text of an element without that of the elements in it.
func (r *Redactor) ownText(m *markup, s *resolved, node int) string {
	pieces := s.text[node]
	if len(pieces) == 1 {
		return pieceContent(m, m.pieces[pieces[0]])
	}
	var out strings.Builder
	for _, i := range pieces {
		out.WriteString(pieceContent(m, m.pieces[i]))
	}
	return out.String()
}

func pieceContent(m *markup, p piece) string {
	if p.kind == pieceCDATA {
		return m.text[p.from:p.to]
	}
	return unescaped(m.text[p.from:p.to])
}

// learnMarkup makes known what stands under personal names, in its order.
func (r *Redactor) learnMarkup(m *markup, s *resolved) {
	for _, p := range m.pieces {
		if p.kind != pieceOpen {
			continue
		}
		for _, a := range m.attributes[p.first:p.last] {
			if class := r.attributeClass(m, s, a); class.fate == fatePersonal && !refersTo(s, plain(m.text[a.nameFrom:a.nameTo]), m.text[a.valueFrom:a.valueTo]) {
				r.learnLeaf(class, unescaped(m.text[a.valueFrom:a.valueTo]))
			}
		}
		if class := s.class[p.node]; class.fate == fatePersonal || class.kind == kindOrderID || class.kind == kindLogin {
			if text := r.ownText(m, s, p.node); strings.TrimSpace(text) != "" {
				r.learnLeaf(class, text)
			}
		}
	}
}

// attributeClass decides what becomes of an attribute.
func (r *Redactor) attributeClass(m *markup, s *resolved, a markupAttribute) nameClass {
	raw := m.text[a.nameFrom:a.nameTo]
	name := plain(raw)
	if r.machineryAttribute(s, raw, name, unescaped(m.text[a.valueFrom:a.valueTo])) {
		return nameClass{fate: fateMachinery}
	}
	if s.inner {
		if class := r.names.class("", name); class.fate == fatePersonal && name != "accesskey" {
			return class
		}
		return nameClass{fate: fateText}
	}
	if name == "value" {
		return s.class[a.node]
	}
	return r.classIn(s, a.node, name)
}

// writeMarkup puts a document together again.
func (r *Redactor) writeMarkup(m *markup, s *resolved) string {
	var out strings.Builder
	out.Grow(len(m.text))
	replaced := make([]bool, len(m.nodes)) // the element's text is out already, in its first piece
	for _, p := range m.pieces {
		raw := m.text[p.from:p.to]
		switch p.kind {
		case pieceText, pieceCDATA:
			r.writeText(&out, m, s, p, raw, replaced)
		case pieceMark:
			out.WriteString(raw)
		case pieceOpen:
			r.writeTag(&out, m, s, p)
		case pieceClose:
			out.WriteString("</" + r.tag(s, tagName(strings.TrimPrefix(raw, "</"))))
			if strings.HasSuffix(raw, ">") {
				out.WriteByte('>')
			}
		case pieceOther:
			if xmlDeclaration.MatchString(raw) || htmlDocType.MatchString(raw) {
				out.WriteString(raw)
			}
		}
	}
	return out.String()
}

var (
	xmlDeclaration = regexp.MustCompile(`^<\?xml\s+version=["'][\d.]+["'](?:\s+encoding=["'][A-Za-z0-9._:-]+["'])?(?:\s+standalone=["'](?:yes|no)["'])?\s*\?>$`)
	htmlDocType    = regexp.MustCompile(`(?i)^<!doctype html>$`)
)

// writeText writes a piece of an element's text. Where the text is replaced its first
// piece becomes the stand-in and the others go.
func (r *Redactor) writeText(out *strings.Builder, m *markup, s *resolved, p piece, raw string, replaced []bool) {
	pieces := s.text[p.node]
	if replaced[p.node] {
		return
	}
	if m.pieces[pieces[0]].from != p.from {
		out.WriteString(r.asItStands(raw, "")) // the first piece stayed, so the others do
		return
	}
	text := r.ownText(m, s, p.node)
	class := s.class[p.node]
	if p.node == 0 {
		class = nameClass{fate: fateText} // before and behind the document: PHP's warnings stand there
	}
	is := r.leaf(class, text)
	if p.node == 0 && !s.inner {
		if is = r.bare(text); is != text {
			replaced[p.node] = true
			out.WriteString(strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(is))
			return
		}
	}
	if is == text {
		out.WriteString(r.asItStands(raw, text))
		return
	}
	replaced[p.node] = true
	if p.kind == pieceCDATA {
		out.WriteString(strings.ReplaceAll(is, "]]>", "]]]]><![CDATA[>"))
		return
	}
	out.WriteString(xmlText(is))
}

// asItStands looks at an escaped text that stays once more as it is written: "&#" may
// have swallowed the beginning of something.
func (r *Redactor) asItStands(raw, text string) string {
	if strings.IndexByte(raw, '&') < 0 || r.issued[fold(text)] {
		return raw
	}
	return r.sweep(raw, true)
}

func (r *Redactor) writeTag(out *strings.Builder, m *markup, s *resolved, p piece) {
	raw := m.text[p.from:p.to]
	out.WriteString("<" + r.tag(s, tagName(raw[1:])))
	for _, a := range m.attributes[p.first:p.last] {
		if a.valueFrom == a.nameTo && !a.quoted {
			continue // a name without a value: no XML, and nobody needs it
		}
		value := unescaped(m.text[a.valueFrom:a.valueTo])
		out.WriteString(" " + r.tag(s, m.text[a.nameFrom:a.nameTo]) + `="`)
		class := r.attributeClass(m, s, a)
		var is string
		switch {
		case !s.inner && refersTo(s, plain(m.text[a.nameFrom:a.nameTo]), value):
			is = r.reference(value)
		case class.fate == fateMachinery && strings.Contains(value, "://"):
			is = r.address(value)
		default:
			is = r.leaf(class, value)
		}
		if is == value && !strings.Contains(value, `"`) {
			out.WriteString(r.asItStands(m.text[a.valueFrom:a.valueTo], value))
		} else {
			out.WriteString(xmlText(is))
		}
		out.WriteByte('"')
	}
	switch {
	case strings.HasSuffix(raw, "/>"):
		out.WriteString("/>")
	case strings.HasSuffix(raw, ">"):
		out.WriteByte('>')
	}
}

// tagName is the name that a tag begins with.
func tagName(text string) string {
	if end := strings.IndexAny(text, " \t\r\n\f/><"); end >= 0 {
		return text[:end]
	}
	return text
}

// tag is a name of an element or an attribute that may stay: a stranger's software
// may make tags of texts.
func (r *Redactor) tag(s *resolved, name string) string {
	if is, ok := s.tags[name]; ok {
		return is
	}
	is := r.safeName(name)
	s.tags[name] = is
	return is
}

// safeName is a name without what is known; those of the gates stay as they are.
func (r *Redactor) safeName(name string) string {
	prefix, local, found := strings.Cut(name, ":")
	if !found {
		prefix, local = "", name
	}
	if clean := r.clean(local, false, 0); clean != local && !r.names.knows(plain(local)) {
		local = "removed"
	}
	if !found {
		return local
	}
	if clean := r.clean(prefix, false, 0); clean != prefix && !r.names.knows(plain(prefix)) {
		prefix = "removed"
	}
	return prefix + ":" + local
}
