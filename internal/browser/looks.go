package browser

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// artifacts is the environment variable that names the folder for screenshots.
const artifacts = "OCTOTEST_ARTIFACTS"

// Keeps says whether screenshots are kept: whether OCTOTEST_ARTIFACTS is set.
func Keeps() bool { return os.Getenv(artifacts) != "" }

// Keep writes a screenshot of the whole page, as long as it is, as name.png into the
// folder OCTOTEST_ARTIFACTS, an absolute path, for somebody to look at. It does
// nothing where that is not set. All packages share the folder, so the name begins
// with what the package shows, as in "panel-search"; one of before is replaced.
func (b *Tab) Keep(name string) {
	b.t.Helper()
	b.keep(name, chromedp.FullScreenshot(100)) // a quality of 100 is PNG
}

// KeepWindow is Keep for what the window shows of the page: what stands at its edge,
// such as oct8ne's panel, is then where visitors see it.
func (b *Tab) KeepWindow(name string) {
	b.t.Helper()
	b.keep(name, chromedp.CaptureScreenshot())
}

func (b *Tab) keep(name string, screenshot chromedp.Action[[]byte]) {
	b.t.Helper()
	if !Keeps() {
		return
	}
	// The tests of a package run in its own folder.
	if !filepath.IsAbs(os.Getenv(artifacts)) {
		b.t.Fatalf("%s is not an absolute path: set it to one, such as \"$PWD/artifacts\"", artifacts)
	}
	// Pictures further down would be left for when they are scrolled to.
	See[bool](b, `Promise.all([...document.images, ...(root()?.querySelectorAll("img") ?? [])].filter((i) => i.checkVisibility())
		.map((i) => { i.loading = "eager"; return i.decode().catch(() => 0); })).then(() => true)`)
	picture, err := chromedp.Run(b.ctx, screenshot)
	if err == nil {
		err = os.MkdirAll(os.Getenv(artifacts), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Getenv(artifacts), name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// paleTexts returns the texts below WITHIN whose contrast with what is behind them
// is too low, each with its contrast.
const paleTexts = `(() => {
	const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
	const luminance = (colour) => channels(colour).slice(0, 3).map((c) => c / 255)
		.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (element) => {
		for (; element; element = element.parentElement) {
			const colour = getComputedStyle(element).backgroundColor;
			if ((channels(colour)[3] ?? 1) === 1) return colour;
		}
		return "rgb(255, 255, 255)";
	};
	const pale = [];
	for (const element of WITHIN.querySelectorAll("*")) {
		if (!element.checkVisibility() || element.disabled) continue;
		if (element.localName !== "input" && ![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const style = getComputedStyle(element);
		const [a, b] = [luminance(style.color), luminance(behind(element))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < (large ? 3 : 4.5)) pale.push(element.outerHTML.slice(0, 90) + " " + contrast.toFixed(2));
	}
	return pale;
})()`

// Readable fails the test for each text within an element, which is an expression of
// See such as "document.body" or "root()", whose contrast with the colour behind it
// is less than WCAG 2.2 asks for (1.4.3, AA: 4.5, or 3 for large texts). Texts that
// cannot be seen are left out, and so is what cannot be used now, as WCAG does.
// Where is said in the failure.
func (b *Tab) Readable(where, within string) {
	b.t.Helper()
	if pale := See[[]string](b, strings.Replace(paleTexts, "WITHIN", within, 1)); len(pale) > 0 {
		b.t.Errorf("%s: texts are too pale:\n%s", where, strings.Join(pale, "\n"))
	}
}
