package bridge_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a tab of a real Chromium, and what it complained of.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	hosts      map[string]bool // that something was loaded from
}

// findBrowser returns the path of a Chromium; the test is skipped without one.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no chromium, chromium-browser or google-chrome in PATH: the shop's pages are not looked at in a browser")
	return ""
}

// startBrowser opens a tab that is closed, with its browser, at the test's end.
// The browser makes, and takes away, a folder of its own for its data. It does not
// take away the folder of its socket, so that every run of the tests left some in
// /tmp: those stand in a folder that goes with the test. Its name is short, for the
// path of a socket may have 107 bytes.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := findBrowser(t)
	folder, err := os.MkdirTemp("", "octotest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("the browser's folder stays: %v", err)
		}
	})
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Env("TMPDIR="+folder))
	for _, flag := range []string{"no-sandbox", "disable-gpu", "disable-quic", "disable-component-update", "no-proxy-server"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	b := &browser{t: t, hosts: map[string]bool{}}
	ctx, end := chromedp.NewContext(ctx, chromedp.WithListener(b.hear))
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as this context
		t.Fatalf("the browser does not start: %v", err)
	}
	ctx, expire := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(expire)
	b.ctx = ctx
	if _, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// hear notes errors, warnings, violations of the page's policy, and failed loads.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	complain := func(format string, values ...any) {
		b.complaints = append(b.complaints, fmt.Sprintf(format, values...))
	}
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complain("%s (%s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		complain("console: %s", e.Type)
	case *audits.EventIssueAdded:
		complain("issue: %s", e.Issue.Code)
	case *network.EventLoadingFailed:
		if !e.Canceled {
			complain("not loaded: %s %s", e.Type, e.ErrorText)
		}
	case *network.EventRequestWillBeSent:
		if host, ok := strings.CutPrefix(e.Request.URL, "http://"); ok {
			host, _, _ = strings.Cut(host, "/")
			b.hosts[host] = true
		} else {
			b.hosts[e.Request.URL] = true
		}
	}
}

// quiet fails the test for what the browser complained of since it was asked last.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.t.Errorf("%s: %s", where, complaint)
	}
	b.complaints = nil
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// follow does what leads to another page, and waits for it.
func (b *browser) follow(steps ...chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.Status
}

// see evaluates an expression, waiting for a promise.
func see[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// prefer sets what the visitor's system is set to. Without motion, nothing has to
// be waited for.
func (b *browser) prefer(scheme string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}); err != nil {
		b.t.Fatal(err)
	}
}

// keep writes a screenshot of the whole page into OCTOTEST_SCREENSHOTS, an
// absolute path, for somebody to look at.
func (b *browser) keep(name string) {
	b.t.Helper()
	folder := os.Getenv("OCTOTEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// pictureWidth waits for a picture and returns its own width in pixels.
func (b *browser) pictureWidth(selector string) int {
	b.t.Helper()
	return see[int](b, fmt.Sprintf("(async () => { const i = document.querySelector(%q); await i.decode(); return i.naturalWidth })()", selector))
}

// A visitor looks for a mug, opens the first one and looks at its pictures.
func TestShopInABrowser(t *testing.T) {
	b := startBrowser(t)
	d := runDemo(t)
	b.prefer("light")
	b.do(chromedp.EmulateViewport(1280, 900))
	if status := b.follow(chromedp.Navigate(d.Storefront + "?lang=pl")); status != 200 {
		t.Fatalf("the shop: status %d", status)
	}
	if n := see[int](b, "document.querySelectorAll('.card').length"); n != 20 {
		t.Errorf("%d products on the first page, want 20", n)
	}
	if width := b.pictureWidth(".card img"); width != 200 {
		t.Errorf("the first picture is %d pixels wide, want 200", width)
	}
	b.keep("list")
	b.quiet("the list")

	// With the keyboard, the first stop is the way to the content.
	b.do(chromedp.KeyEvent("\t"))
	if !see[bool](b, "document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().left >= 0") {
		t.Error("the first stop of the Tab key is not the visible link to the content")
	}

	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "kubek"))
	if status := b.follow(chromedp.Click(chromedp.CSS(".search button"))); status != 200 {
		t.Fatalf("the search: status %d", status)
	}
	if got, want := see[string](b, "document.querySelector('h1').innerText + ', ' + document.querySelector('.count').innerText"), "Wyniki wyszukiwania: kubek, 12 produktów"; got != want {
		t.Errorf("the search shows %q, want %q", got, want)
	}
	first := see[string](b, "document.querySelector('.card a[href*=\"/1101\"] .title').innerText")
	b.quiet("the search")

	if status := b.follow(chromedp.Click(chromedp.CSS(`.card a[href*="/1101"]`))); status != 200 {
		t.Fatalf("the product: status %d", status)
	}
	if got := see[string](b, "document.querySelector('h1').innerText"); got != first || !strings.Contains(got, "Kubek") {
		t.Errorf("the product is called %q, in the list %q", got, first)
	}
	if got := see[string](b, "document.querySelector('.price.large strong').innerText"); !strings.HasSuffix(got, "24,90\u00a0zł") {
		t.Errorf("the price is %q", got)
	}
	if width := b.pictureWidth(".pictures img"); width != 800 {
		t.Errorf("the picture is %d pixels wide, want 800", width)
	}
	b.quiet("the product")

	// A thumbnail brings its picture into sight.
	b.follow(chromedp.Navigate(d.Storefront + "product/1105?lang=pl"))
	b.pictureWidth(".pictures img")
	b.do(chromedp.Click(chromedp.CSS(".thumbnails li:nth-child(3) a")))
	if !see[bool](b, `(() => { const box = document.querySelector('.pictures').getBoundingClientRect(),
		third = document.querySelector('#picture-3').getBoundingClientRect();
		return Math.abs(third.left - box.left) < 3 })()`) {
		t.Error("the third thumbnail does not bring the third picture")
	}
	b.keep("product")
	b.quiet("the gallery")

	for host := range b.hosts {
		if !strings.HasPrefix(host, "127.0.0.1:") {
			t.Errorf("a page loads something from %s", host)
		}
	}
}

// shopPages are pages that differ in what may be too wide or too pale.
var shopPages = map[string]string{
	"list": "?lang=pl", "search": "?q=kubek&page=1&sort=dearest&lang=pl", "numbers": "?page=9&lang=en", "nothing": "?q=" + strings.Repeat("w", 200) + "&lang=pl",
	"product": "product/1105?lang=pl", "sizes": "product/4308?lang=en", "refusal": "product/999999?lang=pl",
}

// On the narrowest phone nothing has to be scrolled sideways.
func TestShopOnAPhone(t *testing.T) {
	b := startBrowser(t)
	d := runDemo(t)
	b.prefer("light")
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	for name, path := range shopPages {
		b.follow(chromedp.Navigate(d.Storefront + path))
		if width := see[int](b, "Math.max(document.documentElement.scrollWidth, innerWidth)"); width != 360 {
			t.Errorf("%s is %d pixels wide on a phone of 360", name, width)
		}
		b.keep("phone-" + name)
	}
}

// paleTexts returns the texts whose contrast with what is behind them is less
// than WCAG 2.2 asks for (AA: 4.5, or 3 for large texts).
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
		return 'rgb(255, 255, 255)';
	};
	const pale = [];
	for (const element of document.body.querySelectorAll('*')) {
		if (![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const style = getComputedStyle(element);
		const [a, b] = [luminance(style.color), luminance(behind(element))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < (large ? 3 : 4.5)) pale.push(element.outerHTML.slice(0, 80) + ' ' + contrast.toFixed(2));
	}
	return pale;
})()`

// Texts can be read in light and in dark.
func TestShopColours(t *testing.T) {
	b := startBrowser(t)
	d := runDemo(t)
	b.do(chromedp.EmulateViewport(1280, 900))
	grounds := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(scheme)
		for name, path := range shopPages {
			b.follow(chromedp.Navigate(d.Storefront + path))
			if pale := see[[]string](b, paleTexts); len(pale) > 0 {
				t.Errorf("%s, %s: texts are too pale:\n%s", name, scheme, strings.Join(pale, "\n"))
			}
			b.keep(scheme + "-" + name)
		}
		grounds[scheme] = see[string](b, "getComputedStyle(document.body).backgroundColor")
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("dark is %s like light", grounds["dark"])
	}
}
