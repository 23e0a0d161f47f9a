package bridge

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textsVersion is another whenever plainText or description makes something else of
// a text: what the catalogue keeps is made anew then.
const textsVersion = "1"

const (
	maxTitle       = 1000      // runes
	maxDescription = 64 << 10  // bytes of the wholesaler's HTML; longer ones lose their markup
	maxSanitised   = 128 << 10 // bytes of sanitised HTML; what grows beyond loses its markup, too
	maxPlain       = 16 << 10  // bytes of text that are left of such a description
)

// tagLike matches what a browser could take for markup. "<2m" is not.
var tagLike = regexp.MustCompile(`<[/!?a-zA-Z][^<>]*>?`)

// plainText makes a line of plain text of what a wholesaler wrote: entities
// decoded, markup removed, white space collapsed. It is meant for titles, names
// and messages, which the contract wants unescaped; markup that hides behind
// entities is removed, too, because a chat client may well show it as HTML.
func plainText(raw string) string {
	text := html.UnescapeString(cutRunes(raw, maxTitle))
	for tagLike.MatchString(text) {
		text = tagLike.ReplaceAllString(text, "")
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// plainLines is plainText for a message: its line breaks stay.
func plainLines(raw string) string {
	var lines []string
	for line := range strings.SplitSeq(newLines.Replace(cutBytes(raw, maxPlain)), "\n") {
		lines = append(lines, plainText(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func cutRunes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	count := 0
	for i := range text {
		if count++; count > limit {
			return text[:i]
		}
	}
	return text
}

func cutBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// sanitiser makes a description fit to stand in somebody else's page.
type sanitiser struct {
	rich  *bluemonday.Policy
	plain *bluemonday.Policy
}

var (
	absoluteLink = regexp.MustCompile(`(?i)^\s*(https?://|mailto:)`)
	lineBreaks   = strings.NewReplacer("\r\n", "<br/>", "\n", "<br/>", "\r", "<br/>")
	newLines     = strings.NewReplacer("\r\n", "\n", "\r", "\n")
)

// newSanitiser returns a sanitiser that makes pictures' addresses absolute
// against base, the wholesaler's host.
func newSanitiser(base *url.URL) *sanitiser {
	rich := bluemonday.NewPolicy()
	rich.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "br", "hr", "wbr",
		"b", "i", "u", "s", "em", "strong", "small", "sub", "sup", "strike", "mark", "abbr", "code", "pre",
		"blockquote", "q", "cite", "figure", "figcaption", "section", "article", "dl", "dt", "dd", "ul", "ol", "li",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "colgroup", "col")
	rich.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	rich.AllowURLSchemes("http", "https", "mailto")
	rich.RequireParseableURLs(true)
	rich.AllowRelativeURLs(true)
	// A relative link would lead astray on the shop's pages: only its text stays.
	rich.AllowAttrs("href").Matching(absoluteLink).OnElements("a")
	rich.RequireNoFollowOnLinks(true)
	rich.RequireNoReferrerOnLinks(false)
	rich.AddTargetBlankToFullyQualifiedLinks(true) // brings rel=noopener with it
	rich.AllowAttrs("src", "alt").OnElements("img")
	rich.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img")
	rich.RewriteSrc(func(address *url.URL) { *address = *base.ResolveReference(address) })
	return &sanitiser{rich: rich, plain: bluemonday.StrictPolicy()}
}

// completed closes the tags that HTML leaves open and drops ends without a
// beginning: an unfinished <b> would make the rest of somebody else's page bold.
// It is not ok when that takes more than maxSanitised bytes.
func completed(fragment string) (_ string, ok bool) {
	nodes, err := xhtml.ParseFragment(strings.NewReader(fragment), &xhtml.Node{Type: xhtml.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return "", false // nested too deep
	}
	var out strings.Builder
	for _, node := range nodes {
		if err := xhtml.Render(&out, node); err != nil || out.Len() > maxSanitised {
			return "", false
		}
	}
	return out.String(), true
}

// description returns sanitised HTML. Line breaks of a plain text become <br/>.
func (s *sanitiser) description(raw string) string {
	raw = strings.TrimSpace(strings.ToValidUTF8(raw, "\uFFFD"))
	switch {
	case raw == "":
		return ""
	case len(raw) > maxDescription:
		return s.shortened(raw)
	case !tagLike.MatchString(raw):
		return lineBreaks.Replace(s.plain.Sanitize(newLines.Replace(raw)))
	case isSimple(raw, false):
		return raw
	default:
		once := strings.TrimSpace(s.rich.Sanitize(raw))
		if isSimple(once, true) {
			return once
		}
		return s.completed(raw, once)
	}
}

// completed is a description whose tags are completed. The first pass took off what
// would let them multiply; the last word is the sanitiser's.
func (s *sanitiser) completed(raw, once string) string {
	whole, ok := completed(once)
	if !ok {
		return s.shortened(raw)
	}
	return strings.TrimSpace(s.rich.Sanitize(whole))
}

// shortened keeps the beginning of a description's text: markup cannot be cut
// without breaking it. It is escaped after the cut, so that no entity is halved.
func (s *sanitiser) shortened(raw string) string {
	text := html.UnescapeString(s.plain.Sanitize(cutBytes(raw, 4*maxDescription)))
	return lineBreaks.Replace(html.EscapeString(strings.TrimSpace(cutBytes(text, maxPlain))))
}
