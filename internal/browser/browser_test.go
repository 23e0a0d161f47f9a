package browser_test

import (
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"octobridge/internal/browser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers pages by their path; one that is not there is 404.
func serve(t *testing.T, pages map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// judged is a test whose failures are noted and do not count, so that what ought to
// fail can be tried.
type judged struct {
	testing.TB
	said []string
}

func (j *judged) Errorf(format string, values ...any) {
	j.said = append(j.said, fmt.Sprintf(format, values...))
}

func TestComplaints(t *testing.T) {
	address := serve(t, map[string]string{
		"/good": "<p>Kubek",
		"/bad": `<meta http-equiv="Content-Security-Policy" content="img-src 'self'">
			<script>console.info("one", 2); document.cookie = "a=b"; setTimeout(() => { throw new Error("three"); });</script>
			<img src="missing.png"><img src="https://elsewhere.example/picture.png">`,
	})
	j := &judged{TB: t}
	b := browser.Open(j)
	b.Visit(address + "/good")
	b.Quiet("the good page")
	if len(j.said) != 0 {
		t.Errorf("complaints of a page that is right: %q", j.said)
	}
	b.Visit(address + "/bad")
	browser.See[bool](b, `new Promise((yes) => setTimeout(() => yes(true), 50))`) // after the page's own
	b.Quiet("the bad page", "ContentSecurityPolicyIssue")
	said := strings.Join(j.said, "\n")
	for _, want := range []string{"the bad page: console: info \"one\" 2", "Error: three", "404", "violates the following Content Security Policy directive"} {
		if !strings.Contains(said, want) {
			t.Errorf("no complaint holds %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "ContentSecurityPolicyIssue") {
		t.Errorf("what was expected is complained of:\n%s", said)
	}
	before := len(j.said)
	b.Quiet("the same page again")
	if len(j.said) != before {
		t.Errorf("complaints come twice: %q", j.said[before:])
	}
	if got, want := b.Hosts(), strings.TrimPrefix(address, "http://"); !slices.Contains(got, want) {
		t.Errorf("things came from %q, want %s among them", got, want)
	}
}

// panel is a page with hooks as the panel's: two that can be seen about one that
// cannot, a field and a choice.
const panel = `<div id="oct8ne-panel"></div><script>
	const shadow = document.querySelector("#oct8ne-panel").attachShadow({ mode: "open" });
	shadow.innerHTML = '<button data-octo="go">first</button><button data-octo="go" hidden>hidden</button><button data-octo="go">second</button>' +
		'<input data-octo="who" name="who" aria-label="who"><select data-octo="order" name="order" aria-label="order"><option value="a"><option value="b"></select>';
	window.pressed = [];
	shadow.addEventListener("click", (e) => pressed.push(e.target.innerText));
	shadow.addEventListener("input", (e) => pressed.push(e.target.value));
	shadow.addEventListener("change", (e) => pressed.push(e.target.value));
</script>`

func TestPanel(t *testing.T) {
	address := serve(t, map[string]string{"/": panel, "/none": "<p>Kubek"})
	b := browser.Open(t)
	b.Visit(address + "/")
	b.Press("go")
	b.Press("go", 1)
	b.Write("who", `anna "A" <a@shop.example>`)
	b.Choose("hook('order')", "b")
	b.Until("all was heard", "pressed.length === 4")
	if got, want := browser.See[[]string](b, "pressed"), []string{"first", "second", `anna "A" <a@shop.example>`, "b"}; !slices.Equal(got, want) {
		t.Errorf("the panel heard %q, want %q", got, want)
	}
	if got := browser.See[string](b, browser.Hook("go", 1)+".innerText + text('go') + hooks('go').length"); got != "secondfirst2" {
		t.Errorf("the hooks are %q", got)
	}
	b.Press("who")
	b.Type("x")
	b.Until("the key came", "hook('who').value.includes('x')")
	b.Visit(address + "/none")
	if browser.See[bool](b, "!!root() || hooks('go').length > 0 || !!hook('go') || !!text('go') || !!"+browser.Hook("go", 0)) {
		t.Error("a page without a panel has hooks")
	}
	b.Quiet("the panel")
}

// Names of the page and of an expression do not get into each other's way, and
// several statements are as good as one.
func TestSeeing(t *testing.T) {
	address := serve(t, map[string]string{"/": `<script>var root = "page's"; let told = 0;</script>`})
	b := browser.Open(t)
	b.Before("window.first = typeof told;")
	b.Visit(address + "/")
	if got := browser.See[string](b, "told = 7; let x = 1; [told, x, window.root, first].join()"); got != "7,1,page's,undefined" {
		t.Errorf("the page has %q", got)
	}
	if got := browser.See[int](b, "Promise.resolve(told + 1) // a comment"); got != 8 {
		t.Errorf("a promise of 8 came to %d", got)
	}
}

// What is waited for may come with the next page, and may throw until then.
func TestUntilOverPages(t *testing.T) {
	address := serve(t, map[string]string{
		"/":       `<script>window.onload = () => setTimeout(() => { location = "/second"; }, 30);</script>`,
		"/second": `<script>setTimeout(() => { location = "/third"; }, 30);</script>`,
		"/third":  `<p data-name="Kubek">`,
	})
	b := browser.Open(t)
	b.Visit(address + "/")
	b.Until("the mug is there", "document.querySelector('p').dataset.name === 'Kubek'")
	if got := browser.See[string](b, "location.pathname"); got != "/third" {
		t.Errorf("the page is %s", got)
	}
	if status := b.Follow(chromedp.Navigate(address + "/fourth")); status != 404 {
		t.Errorf("status %d of a page that is not there", status)
	}
}

func TestReadable(t *testing.T) {
	// #767676 on white is 4.54, #777777 is 4.48: the known limits of WCAG's AA.
	address := serve(t, map[string]string{"/": `<body style="background: #fff">
		<p id="near" style="color: #767676">Kubek</p><p id="pale" style="color: #777777">Talerz</p>
		<p id="large" style="color: #777777; font-size: 24px">Miska</p><p id="gone" style="color: #eee" hidden>Wazon</p>
		<div style="background: #767676"><p id="light" style="color: #fff">Dzbanek</p><p id="black" style="color: #555">Patera</p></div>`})
	j := &judged{TB: t}
	b := browser.Open(j)
	b.Visit(address + "/")
	b.Readable("the page", "document.body")
	if said := strings.Join(j.said, "\n"); len(j.said) != 1 || strings.Count(said, "<p") != 2 || !strings.Contains(said, `id="pale"`) || !strings.Contains(said, "4.48") || !strings.Contains(said, `id="black"`) {
		t.Errorf("too pale are:\n%s", said)
	}
}

func TestScreens(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "artifacts")
	t.Setenv("OCTOTEST_ARTIFACTS", folder)
	address := serve(t, map[string]string{"/": `<meta name="viewport" content="width=device-width"><style>body { margin: 0; height: 2000px; background: #fff }
		@media (prefers-color-scheme: dark) { body { background: #111 } }</style>`})
	b := browser.Open(t)
	b.Visit(address + "/")
	ground := func() string {
		return browser.See[string](b, "getComputedStyle(document.body).backgroundColor + innerWidth")
	}
	if got := ground(); got != "rgb(255, 255, 255)1280" {
		t.Errorf("a tab begins as %s", got)
	}
	b.Keep("test-page")
	b.KeepWindow("test-window")
	b.Prefer("dark")
	b.Phone(390, 844)
	if got := ground(); got != "rgb(17, 17, 17)390" {
		t.Errorf("a phone in the dark is %s", got)
	}
	for name, height := range map[string]int{"test-page": 2000, "test-window": 800} {
		file, err := os.Open(filepath.Join(folder, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.DecodeConfig(file)
		_ = file.Close()
		if err != nil || picture.Width != 1280 || picture.Height != height {
			t.Errorf("%s is %d by %d pixels (%v), want 1280 by %d", name, picture.Width, picture.Height, err, height)
		}
	}

	t.Setenv("OCTOTEST_ARTIFACTS", "")
	b.Keep("nowhere")
	if _, err := os.Stat("nowhere.png"); browser.Keeps() || !os.IsNotExist(err) {
		t.Errorf("a screenshot is kept without a folder for it: %v", err)
	}
}
