package bridge

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                               "",
		"  Kubek \t\n 0,5&nbsp;l ":       "Kubek 0,5 l",
		"Mug &quot;A&quot; &amp; B":      `Mug "A" & B`,
		"Kabel <2 m, >1 m":               "Kabel <2 m, >1 m",
		"a < b":                          "a < b",
		"<b>Kubek</b><br/>duży":          "Kubekduży",
		"&lt;script&gt;x&lt;/script&gt;": "x",
		"<<b>script>x":                   "x",
		"x<img src=y onerror=z":          "x",
		"nul\x00l":                       "nul l",
		"AT&amp;amp;T":                   "AT&amp;T", // decoded once
		strings.Repeat("ż", 1001):        strings.Repeat("ż", 1000),
	} {
		if got := plainText(raw); got != want {
			t.Errorf("%.40q becomes %.60q, want %.60q", raw, got, want)
		}
	}
	if got := plainLines("a\r\n <i>b</i>\r\rc &amp; d\n"); got != "a\nb\n\nc & d" {
		t.Errorf("lines became %q", got)
	}
}

func exampleSanitiser(t testing.TB) *sanitiser {
	base, err := url.Parse("https://wholesaler.example/pl/")
	if err != nil {
		t.Fatal(err)
	}
	return newSanitiser(base)
}

func TestDescription(t *testing.T) {
	t.Parallel()
	s := exampleSanitiser(t)
	for raw, want := range map[string]string{
		"":                                 "",
		" \n ":                             "",
		"one\r\ntwo\nthree\rfour":          "one<br/>two<br/>three<br/>four",
		"a < b & c > d":                    "a &lt; b &amp; c &gt; d",
		"Pojemno&#347;&cacute; 0,5&nbsp;l": "Pojemność 0,5\u00a0l",
		"<p>a\nb</p>":                      "<p>a\nb</p>",
		`<p style="color:red" class="x" id="y" onmouseover="z()">a</p>`:                             "<p>a</p>",
		"a<script>b</script><style>c</style><!-- d --><iframe src='https://example.com'>e</iframe>": "a",
		`<table><tr><td colspan="2" bgcolor="red">x</td></tr></table>`:                              `<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>`,
		`<a href="https://example.com/x">y</a>`:                                                     `<a href="https://example.com/x" rel="nofollow noopener" target="_blank">y</a>`,
		`<a href="/local">y</a>`:                                                                    "y",
		`<a href=" java&#10;script:alert(1)">y</a>`:                                                 "y",
		`<a href="mailto:a@example.com">y</a>`:                                                      `<a href="mailto:a@example.com" rel="nofollow">y</a>`,
		`<img src="../x.jpg" alt="z" onload="y()">`:                                                 `<img src="https://wholesaler.example/x.jpg" alt="z"/>`,
		`<img src="//cdn.example/x.jpg">`:                                                           `<img src="https://cdn.example/x.jpg"/>`,
		`<img src="data:image/png;base64,AAAA">`:                                                    "",
		`<svg onload=alert(1)><math><mi>x</mi></math></svg>`:                                        "x",
		// Descriptions that end in open tags made the rest of the page bold.
		"<p>a <b><i>b": "<p>a <b><i>b</i></b></p>", "a</div></b>c": "ac", "<ul><li>a<li>b": "<ul><li>a</li><li>b</li></ul>",
		`<form action="https://example.com"><input name="card"><button>Pay</button></form>`: "Pay",
	} {
		if got := s.description(raw); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", raw, got, want)
		}
	}
}

func TestDescriptionIsBounded(t *testing.T) {
	t.Parallel()
	s := exampleSanitiser(t)
	got := s.description(strings.Repeat("<p>zażółć & gęślą\njaźń</p>", 40_000))
	if len(got) > 5*maxPlain || len(got) < maxPlain/2 || strings.Contains(got, "<p") || !utf8.ValidString(got) {
		t.Errorf("a megabyte became %d bytes: %.100q", len(got), got)
	}
	if grown := s.description(strings.Repeat("<b>&</b>", maxDescription/8)); len(grown) > maxSanitised {
		t.Errorf("%d bytes became %d", maxDescription, len(grown))
	}
	if grown := s.description(strings.Repeat("<i>", maxDescription/6) + strings.Repeat("&", maxDescription/2)); len(grown) > maxSanitised || strings.Contains(grown, "<i>") {
		t.Errorf("%d bytes became %d: %.50q", maxDescription, len(grown), grown)
	}
	if strings.HasSuffix(got, "&am") || !strings.Contains(got, "<br/>") {
		t.Errorf("ends in %q", got[len(got)-20:])
	}
}

var unsafeMarkup = regexp.MustCompile(`(?i)<\s*(script|style|iframe|object|embed|form|input|svg|link|meta|base)\b|<[^>]*\son\w+\s*=|<[^>]*\s(href|src)\s*=\s*["']?\s*(javascript|data|vbscript):`)

func FuzzDescription(f *testing.F) {
	for _, seed := range []string{
		"plain", "<p onclick=x>", "<a href=javascript:x>y</a>", "<img/src=x onerror=y>", "<scr<script>ipt>", "&lt;script&gt;",
		"<svg><style><img src=x onerror=y></style></svg>", "<a href='https://example.com\" onclick=\"x'>y</a>", "\xff<b", "<math><mtext><table><mglyph><style><img src=x onerror=y>",
	} {
		f.Add(seed)
	}
	s := exampleSanitiser(f)
	f.Fuzz(func(t *testing.T, raw string) {
		got := s.description(raw)
		if bad := unsafeMarkup.FindString(got); bad != "" {
			t.Errorf("%q lets %q through: %q", raw, bad, got)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q becomes invalid UTF-8: %q", raw, got)
		}
		if again := s.description(got); tagLike.MatchString(got) && unsafeMarkup.MatchString(again) {
			t.Errorf("%q is unsafe at the second pass: %q", raw, again)
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"a", "<b>x</b>", "&lt;b&gt;", "<<b>b>", "&#60;script", "a<2", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := plainText(raw)
		if tagLike.MatchString(got) {
			t.Errorf("%q keeps markup: %q", raw, got)
		}
		if strings.ContainsAny(got, "\n\r\t\x00") || got != strings.TrimSpace(got) {
			t.Errorf("%q is not one tidy line: %q", raw, got)
		}
	})
}
