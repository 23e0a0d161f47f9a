package bridge

import "strings"

// Most descriptions are paragraphs and lists without attributes, or become that
// when they are sanitised once. Such markup is what sanitising makes of it already:
// another pass, and completing its tags, would change nothing. An import of a whole
// offer spends most of its time in those passes otherwise.

// simpleTags are the elements of simple markup, and what may be in them.
var simpleTags = map[string]contents{
	"p": phrases, "h1": phrases, "h2": phrases, "h3": phrases, "h4": phrases, "h5": phrases, "h6": phrases,
	"b": phrases, "i": phrases, "u": phrases, "s": phrases, "em": phrases, "strong": phrases, "small": phrases, "sub": phrases, "sup": phrases, "mark": phrases,
	"ul": items, "ol": items, "li": blocks, "div": blocks,
}

// contents say what may be inside an element without a browser rearranging it.
type contents int

const (
	blocks  contents = iota // paragraphs, lists, phrases and text
	phrases                 // words in bold and the like, and text
	items                   // li, and white space between them
)

// simpleDepth is how deep simple markup is nested at most.
const simpleDepth = 16

// isSimple says whether sanitising and completing a text would change nothing of
// it: elements of simpleTags without attributes, each closed where it should be,
// <br/>, and text without any character that HTML has a meaning for. escaped
// allows what a sanitiser writes for those.
func isSimple(text string, escaped bool) bool {
	var open [simpleDepth]string
	depth := 0
	for text != "" {
		within := blocks
		if depth > 0 {
			within = simpleTags[open[depth-1]]
		}
		if text[0] != '<' {
			end := strings.IndexByte(text, '<')
			if end < 0 {
				end = len(text)
			}
			if within == items && strings.TrimSpace(text[:end]) != "" || !isSimpleText(text[:end], escaped) {
				return false
			}
			text = text[end:]
			continue
		}
		end := strings.IndexByte(text, '>')
		if end < 0 {
			return false
		}
		tag := text[1:end]
		text = text[end+1:]
		if tag == "br/" && within != items {
			continue
		}
		if name, closes := strings.CutPrefix(tag, "/"); closes {
			if depth == 0 || open[depth-1] != name {
				return false
			}
			depth--
			continue
		}
		inside, known := simpleTags[tag]
		switch {
		case !known || depth == simpleDepth:
			return false
		case (tag == "li") != (within == items):
			return false
		case within == phrases && (inside != phrases || tag == "p" || tag[0] == 'h'):
			return false
		}
		for _, outer := range open[:depth] {
			if outer == tag && inside == phrases { // <b> in <b> is rearranged
				return false
			}
		}
		open[depth] = tag
		depth++
	}
	return depth == 0
}

// isSimpleText says whether a text stands for itself.
func isSimpleText(text string, escaped bool) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '&' && escaped:
			if !strings.HasPrefix(text[i:], "&amp;") && !strings.HasPrefix(text[i:], "&lt;") && !strings.HasPrefix(text[i:], "&gt;") &&
				!strings.HasPrefix(text[i:], "&#34;") && !strings.HasPrefix(text[i:], "&#39;") {
				return false
			}
		case c == '&' || c == '>' || c == '"' || c == '\'' || c < ' ' && c != '\n' && c != '\t' || c == 0x7f:
			return false
		}
	}
	return true
}
