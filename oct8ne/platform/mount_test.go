package platform_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"octobridge/oct8ne/platform"
)

// ask makes a request of an app.
func ask(t *testing.T, app *fiber.App, method, path, ifNoneMatch string) (*http.Response, string) {
	t.Helper()
	request := httptest.NewRequest(method, path, nil)
	if ifNoneMatch != "" {
		request.Header.Set("If-None-Match", ifNoneMatch)
	}
	response, err := app.Test(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestMount(t *testing.T) {
	options := platform.ScriptOptions{Widget: shop()}
	app := fiber.New()
	platform.Mount(app, options)
	response, body := ask(t, app, "GET", "/oct8ne/snippet.js?v=1", "")
	tag := response.Header.Get("ETag")
	if response.StatusCode != 200 || body != string(platform.Script(options)) || tag == "" {
		t.Errorf("status %d, ETag %q, %.100s", response.StatusCode, tag, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/javascript; charset=utf-8", "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff",
		"Set-Cookie": "", "Vary": "", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, asked := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if response, body := ask(t, app, "GET", "/oct8ne/snippet.js", asked); response.StatusCode != 304 || body != "" || response.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: status %d, ETag %q, %.100q", asked, response.StatusCode, response.Header.Get("ETag"), body)
		}
	}
	for _, asked := range []string{`"other"`, strings.Trim(tag, `"`)} {
		if response, _ := ask(t, app, "GET", "/oct8ne/snippet.js", asked); response.StatusCode != 200 {
			t.Errorf("If-None-Match %s: status %d", asked, response.StatusCode)
		}
	}
	if response, body := ask(t, app, "HEAD", "/oct8ne/snippet.js", ""); response.StatusCode != 200 || body != "" {
		t.Errorf("HEAD: status %d, %.100q", response.StatusCode, body)
	}
	if response, _ := ask(t, app, "POST", "/oct8ne/snippet.js", ""); response.StatusCode != 405 {
		t.Errorf("POST: status %d, want 405", response.StatusCode)
	}

	// Another configuration is another script, and has another ETag.
	options.Widget.Locale = "en-GB"
	other := fiber.New()
	platform.Mount(other, options)
	if response, _ := ask(t, other, "GET", "/oct8ne/snippet.js", tag); response.StatusCode != 200 || response.Header.Get("ETag") == tag {
		t.Errorf("another locale: status %d, ETag %q", response.StatusCode, response.Header.Get("ETag"))
	}
}
