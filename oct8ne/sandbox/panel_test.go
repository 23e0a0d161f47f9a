package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne/sandbox"
)

func TestPanelFiles(t *testing.T) {
	_, address := start(t, options())
	for path, contentType := range map[string]string{
		"/api/v2/oct8ne.js?20779": "application/javascript; charset=utf-8",
		"/api/v2/panel.css":       "text/css; charset=utf-8",
	} {
		got := ask(t, t.Context(), http.MethodGet, address+path, "")
		if got.status != 200 || got.header.Get("Content-Type") != contentType || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if strings.Contains(got.body, token) {
			t.Errorf("%s holds the apiToken, and any site may include it", path)
		}
		again := ask(t, t.Context(), http.MethodGet, address+path, "", "If-None-Match", got.header.Get("ETag"))
		if again.status != 304 || again.body != "" || got.header.Get("ETag") == "" {
			t.Errorf("%s: asked again, status %d, %d bytes", path, again.status, len(again.body))
		}
	}
}

// elsewhere is an address of the web. The name of SVG's language is none.
var elsewhere = regexp.MustCompile(`(https?:)?//[a-z0-9-]+\.[a-z][a-z0-9./-]*`)

// The panel needs nothing from anywhere else, and no file of it is forgotten.
func TestPanelStandsAlone(t *testing.T) {
	_, address := start(t, options())
	served := ask(t, t.Context(), http.MethodGet, address+"/api/v2/oct8ne.js", "").body +
		ask(t, t.Context(), http.MethodGet, address+"/api/v2/panel.css", "").body
	for _, found := range elsewhere.FindAllString(served, -1) {
		if found != "http://www.w3.org/2000/svg" {
			t.Errorf("the panel names %s", found)
		}
	}
	files, err := filepath.Glob("web/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(served, string(body)) {
			t.Errorf("%s is not served: name it in panel.go", name)
		}
		if lines := strings.Count(string(body), "\n"); lines > 600 {
			t.Errorf("%s has %d lines, more than 600", name, lines)
		}
		if regexp.MustCompile(`\.(innerHTML|outerHTML|insertAdjacentHTML|cssText)\b|\beval\(|new Function|\.style\b|setAttribute\("(style|on)`).Match(body) {
			t.Errorf("%s writes HTML or inline styles, which a strict policy forbids", name)
		}
	}
}

// words reads the panel's texts of a language, key by key.
func words(t *testing.T, language string) map[string]string {
	t.Helper()
	source, err := os.ReadFile("web/words.js")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(source), "\n\t"+language+": {\n")
	part, _, _ = strings.Cut(part, "\n\t},")
	if !found {
		t.Fatalf("no texts for %s", language)
	}
	read := map[string]string{}
	for _, match := range regexp.MustCompile(`(?:^|[\s,{])(?:"([\w.]+)"|(\w+)): (?:"([^"]*)"|\{([^}]|\}[^ ,])* \})`).FindAllStringSubmatch(part, -1) {
		if key := match[1] + match[2]; !slices.Contains([]string{"one", "few", "many", "other"}, key) {
			read[key] = match[3]
		}
	}
	return read
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// Each text is there in both languages, says the same values, and is used.
func TestWords(t *testing.T) {
	english, polish := words(t, "en"), words(t, "pl")
	if len(english) < 80 {
		t.Fatalf("%d texts were read, want all: the test's expression does not fit the file", len(english))
	}
	var script strings.Builder
	files, _ := filepath.Glob("web/*.js")
	for _, name := range files {
		if filepath.Base(name) == "words.js" {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script.Write(body)
	}
	for key, text := range english {
		other, there := polish[key]
		if !there {
			t.Errorf("%s is missing in Polish", key)
		}
		for _, value := range placeholder.FindAllString(text, -1) {
			if !strings.Contains(other, value) {
				t.Errorf("%s: the Polish text lacks %s", key, value)
			}
		}
		stem, _, _ := strings.Cut(key, ".")
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(stem) + `\b`).MatchString(script.String()) {
			t.Errorf("%s is not used", key)
		}
	}
	for key := range polish {
		if _, there := english[key]; !there {
			t.Errorf("%s is missing in English", key)
		}
	}
}

// The apiToken goes to a page of the same host alone.
func TestAgent(t *testing.T) {
	with := options()
	with.CustomerEmail = "buyer@shop.example"
	_, address := start(t, with)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"own page":            {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		"an old browser":      {[]string{"Referer", address + "/shop/"}, 200},
		"another site":        {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a neighbour":         {[]string{"Sec-Fetch-Site", "same-site", "Origin", "http://shop.example"}, 403},
		"another site's page": {[]string{"Referer", "https://shop.example/"}, 403},
	} {
		got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/agent", "", c.headers...)
		if got.status != c.status || got.header.Get("Access-Control-Allow-Origin") != "" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
		var answer map[string]string
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
			t.Fatal(err)
		}
		if c.status == 200 && (answer["apiToken"] != token || answer["customerEmail"] != "buyer@shop.example") {
			t.Errorf("%s: %s", name, got.body)
		}
		if c.status != 200 && strings.Contains(got.body, token) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestSaleNotification(t *testing.T) {
	s, address := start(t, options())
	at := address + "/api/source/js/ext/sale-notification.js"
	if got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/sales", ""); got.body != "[]" {
		t.Errorf("nothing was sold yet: %s", got.body)
	}
	// As the document writes it, letter case and all.
	got := ask(t, t.Context(), http.MethodGet, at+"?license="+license+"&CurrencyCode=EUR&locale=es-ES&value="+url.QueryEscape("589,32 €")+
		"&reference=KHWLILZLL&customerId=382442&contextInfo=%7B%27key1%27%3A%27value1%27%7D", "")
	if got.status != 200 || got.header.Get("Content-Type") != "application/javascript; charset=utf-8" || !strings.Contains(got.body, `"KHWLILZLL"`) {
		t.Errorf("answered %d %v %s", got.status, got.header, got.body)
	}
	want := sandbox.Sale{At: began, License: license, CurrencyCode: "EUR", Locale: "es-ES", Value: "589,32 €", Reference: "KHWLILZLL", CustomerID: "382442", ContextInfo: "{'key1':'value1'}"}
	if sales := s.Sales(); len(sales) != 1 || sales[0] != want {
		t.Errorf("noted %+v, want %+v", sales, want)
	}
	for name, query := range map[string]string{"no licence": "?reference=1", "another's licence": "?license=0&reference=1", "too long": "?license=" + license + "&reference=" + strings.Repeat("9", 1001)} {
		if got := ask(t, t.Context(), http.MethodGet, at+query, ""); got.status != 400 || len(s.Sales()) != 1 {
			t.Errorf("%s: status %d, %d sales", name, got.status, len(s.Sales()))
		}
	}
}

// FuzzSaleNotification sends any reference: whatever it is, the script that comes
// back is the same but for one text, which nothing in it ends.
func FuzzSaleNotification(f *testing.F) {
	for _, seed := range []string{"KHWLILZLL", `");alert(1)//`, "</script><script>", "\u2028", "\xff\\", "\n", ""} {
		f.Add(seed)
	}
	s := sandbox.New(sandbox.Options{})
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s.Mount(app)
	f.Fuzz(func(t *testing.T, reference string) {
		if len(reference) > 300 {
			return
		}
		request, err := http.NewRequest(http.MethodGet, "http://oct8ne.example/api/source/js/ext/sale-notification.js?license=a&reference="+url.QueryEscape(reference), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 8192)
		n, _ := response.Body.Read(body)
		text, found := strings.CutPrefix(string(body[:n]), "(window.oct8neSales = window.oct8neSales || []).push(")
		text, rest, ended := strings.Cut(text, ");\n")
		var read string
		if err := json.Unmarshal([]byte(text), &read); !found || !ended || err != nil || read != strings.ToValidUTF8(reference, "") {
			t.Errorf("%q: %s", reference, body[:n])
		}
		if strings.ContainsAny(text, "<>&\u2028\u2029") || rest != "window.dispatchEvent(new Event(\"oct8ne-sale\"));\n" {
			t.Errorf("%q: %s", reference, body[:n])
		}
	})
}
