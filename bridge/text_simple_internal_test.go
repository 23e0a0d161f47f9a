package bridge

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What counts as simple is what sanitising and completing leave as it is.
func FuzzSimpleMarkup(f *testing.F) {
	for _, text := range []string{
		"<p>Kubek <strong>emaliowany</strong>, 0,33 l.</p>\n<ul>\n<li>Kolor: <b>żółty</b></li>\n<li>x<br/>y</li>\n</ul>",
		"<p>a<p>b</p></p>", "<b><b>x</b></b>", "<ul>x</ul>", "<b><p>x</p></b>", "<h1><h2>x</h2></h1>", "<li>x</li>", "<div><div>x</div></div>",
		"<p>A &amp; B &#34;C&#34; &lt;D&gt;</p>", "<p>&nbsp;</p>", "<p>\r\n</p>", "<P>x</P>", "<p >x</p>", "<br/>", "<br>", "<ol><li><ul><li>x</li></ul></li></ol>",
		"<p>it's</p>", "<script>x</script>", "<p onclick=x>y</p>", "<b>x", "x</b>", "<ul><br/></ul>", "<p><ul></ul></p>", "<!-- x --><p>x</p>", "<p>\x00</p>", "<em><i><em>x</em></i></em>",
		"<p>x</p>" + strings.Repeat("<div>", 20) + strings.Repeat("</div>", 20),
	} {
		f.Add(text)
	}
	s := exampleSanitiser(f)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
		if len(text) > 2000 {
			return
		}
		if isSimple(text, false) && tagLike.MatchString(text) {
			if slow := s.completed(text, s.rich.Sanitize(text)); slow != text {
				t.Errorf("%q is taken for simple, and becomes %q", text, slow)
			}
		}
		once := strings.TrimSpace(s.rich.Sanitize(text))
		if isSimple(once, true) {
			if slow := s.completed(text, once); slow != once {
				t.Errorf("%q is simple once it is %q, and becomes %q", text, once, slow)
			}
		}
	})
}

// The usual descriptions are simple: otherwise the passes are made, which is only
// slower.
func TestUsualDescriptionsAreSimple(t *testing.T) {
	for text, simple := range map[string]bool{
		"<p>Kubek <strong>emaliowany</strong>.</p><ul><li>Kolor: <b>żółty</b></li></ul>": true,
		"<h2>Opis</h2>\n<div><p>a<br/>b</p></div>":                                       true,
		"<p>a & b</p>": false, "<p style='x'>a</p>": false, "<table><tr><td>x</td></tr></table>": false, "<p>a": false, "<script>alert(1)</script>": false,
	} {
		if isSimple(text, false) != simple {
			t.Errorf("%q: simple is %v", text, !simple)
		}
	}
}

// Random trees of the known elements, whether they may stand like that or not.
func TestSimpleMarkupIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	tags := slices.Sorted(maps.Keys(simpleTags))
	var tree func(b *strings.Builder, depth int)
	tree = func(b *strings.Builder, depth int) {
		for range random.IntN(4) {
			switch tag := tags[random.IntN(len(tags))]; {
			case depth == 0 || random.IntN(4) == 0:
				b.WriteString([]string{"x", "\n", " ", "<br/>", "ż &amp; &#39;"}[random.IntN(5)])
			default:
				b.WriteString("<" + tag + ">")
				tree(b, depth-1)
				b.WriteString("</" + tag + ">")
			}
		}
	}
	s := exampleSanitiser(t)
	simple := 0
	for range 20_000 {
		var b strings.Builder
		tree(&b, 4)
		text := strings.TrimSpace(b.String())
		if !isSimple(text, true) {
			continue
		}
		if simple++; simple > 3000 {
			break
		}
		if slow := s.completed(text, s.rich.Sanitize(text)); slow != text {
			t.Fatalf("%q is taken for simple, and becomes %q", text, slow)
		}
	}
	if simple < 500 {
		t.Errorf("only %d of the trees are simple", simple)
	}
}
