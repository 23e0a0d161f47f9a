package platform_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"octobridge/internal/secret"
	"octobridge/oct8ne/platform"
)

const (
	email    = "Owner+1@shop.example"
	password = "p&ss wörd=%41"
)

// answering is a backoffice that answers every request alike.
func answering(t *testing.T, status int, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server
}

func linkUp(t *testing.T, address string) (platform.Account, error) {
	t.Helper()
	return platform.LinkUp(t.Context(), platform.LinkUpOptions{
		BackofficeURL: address, Email: email, Password: secret.New(password), URLDomain: "https://shop.example",
	})
}

// The request is the document's: a form, with the fields in its order.
func TestLinkUpRequest(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %v", r.Method, r.RequestURI, r.TransferEncoding), r.Header.Get("Content-Type"), string(body))
		// As the document shows it, with quotes around the names, as JSON has them.
		_, _ = io.WriteString(w, `{ "apiToken": "61958072EB8B476EBF5D6F77F66384AC", "licenseId": "3BDFF5329C414EBBB116CCE1CE1AD807",
			"server": "subdomain.domain.com/", "urlStatic": "otrosubdomain.domain.com/" }`)
	}))
	defer server.Close()
	account, err := platform.LinkUp(t.Context(), platform.LinkUpOptions{
		BackofficeURL: server.URL + "/", Email: email, Password: secret.New(password), URLDomain: "https://shop.example", Enabled: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"POST /platformConnection/linkup []", "application/x-www-form-urlencoded",
		"email=Owner%2B1%40shop.example&pass=p%26ss+w%C3%B6rd%3D%2541&platform=Custom&urlDomain=https%3A%2F%2Fshop.example&statusPlatform=true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the request is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if account.LicenseID != "3BDFF5329C414EBBB116CCE1CE1AD807" || account.APIToken.Reveal() != "61958072EB8B476EBF5D6F77F66384AC" ||
		account.Server != "subdomain.domain.com/" || account.StaticServer != "otrosubdomain.domain.com/" {
		t.Errorf("the account is %+v", account)
	}
	if shown := fmt.Sprintf("%+v %#v", account, account); strings.Contains(shown, "61958072") {
		t.Errorf("the token prints: %s", shown)
	}
}

func TestLinkUpAnswers(t *testing.T) {
	const good = `"apiToken":"TOKEN","licenseId":"LICENCE","server":"backoffice-eu.oct8ne.com/","urlStatic":"static-eu.oct8ne.com/"`
	cases := map[string]struct {
		status int
		body   string
		err    string // "" where it works; all the error says, or a part of it after "…"
	}{
		"camelCase":               {200, "{" + good + "}", ""},
		"PascalCase":              {200, `{"ApiToken":"TOKEN","LicenseId":"LICENCE","Server":"backoffice-eu.oct8ne.com/","UrlStatic":"https://static-eu.oct8ne.com/","Message":null}`, ""},
		"with more":               {200, `{"message":"welcome","plan":{"name":"pro"},` + good + `}`, ""},
		"refused with a reason":   {200, `{"apiToken":null,"licenseId":null,"message":"Wrong\u0007 user\nor password"}`, "oct8ne refused to link the shop up (it says: Wrong user or password). Check the e-mail address, the password and the region"},
		"refused without one":     {200, `{}`, "oct8ne refused to link the shop up (it gave no reason). Check the e-mail address, the password and the region"},
		"a reason that is none":   {200, `{"message":{"code":7}}`, "…it gave no reason"},
		"refused by status":       {401, `{"Message":"Invalid credentials"}`, "…it says: Invalid credentials"},
		"refused, nothing else":   {403, "<html>", "…it answered 403 Forbidden"},
		"a token with a refusal":  {401, "{" + good + "}", "…refused"},
		"repeats the e-mail":      {200, `{"message":"No account OWNER+1@shop.example"}`, "…it gave no reason"},
		"repeats the password":    {200, `{"message":"Bad p&amp;ss wörd=%41"}`, "…it gave no reason"},
		"repeats it in a query":   {200, `{"message":"p%26ss+w%C3%B6rd%3D%2541"}`, "…it gave no reason"},
		"down":                    {502, "p&ss wörd=%41", "oct8ne's backoffice answered 502 Bad Gateway: try again later"},
		"too often":               {429, `{"message":"slow down"}`, "oct8ne's backoffice answered 429 Too Many Requests: try again later"},
		"sent elsewhere":          {302, "{" + good + "}", "…answered 302 Found, which is none of link up's"},
		"nothing there":           {404, "<html>", "…answered 404 Not Found, which is none of link up's"},
		"no JSON":                 {200, "<html>" + password, "…its answer is not the JSON object"},
		"no object":               {200, `["TOKEN"]`, "…its answer is not the JSON object"},
		"half an answer":          {200, `{"apiToken":"TOKEN","licenseId":`, "…its answer is not the JSON object"},
		"two answers":             {200, "{" + good + "}{}", "…its answer is not the JSON object"},
		"without end":             {200, `{"message":"` + strings.Repeat("x", 70_000) + `"}`, "…longer than 65536 bytes"},
		"no licence":              {200, `{"apiToken":"TOKEN","server":"a.b","urlStatic":"a.b"}`, "…no licence that can be used"},
		"no token":                {200, `{"licenseId":"LICENCE","server":"a.b","urlStatic":"a.b"}`, "…no apiToken that can be used"},
		"token with a line end":   {200, `{"apiToken":"TO\nKEN","licenseId":"LICENCE","server":"a.b","urlStatic":"a.b"}`, "…no apiToken that can be used"},
		"token too long":          {200, `{"apiToken":"` + strings.Repeat("x", 201) + `","licenseId":"LICENCE","server":"a.b","urlStatic":"a.b"}`, "…no apiToken that can be used"},
		"token is a number":       {200, `{"apiToken":12,"licenseId":"LICENCE","server":"a.b","urlStatic":"a.b"}`, "…no apiToken that can be used"},
		"no server":               {200, `{"apiToken":"TOKEN","licenseId":"LICENCE","urlStatic":"a.b"}`, "…no host as its server"},
		"server with a path":      {200, `{"apiToken":"TOKEN","licenseId":"LICENCE","server":"a.b/c","urlStatic":"a.b"}`, "…no host as its server"},
		"static server is script": {200, `{"apiToken":"TOKEN","licenseId":"LICENCE","server":"a.b","urlStatic":"\"><script>"}`, "…no host as urlStatic"},
		"a long reason":           {200, `{"message":"` + strings.Repeat("ż", 400) + `"}`, "…it says: " + strings.Repeat("ż", 300) + "…)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			account, err := linkUp(t, answering(t, c.status, c.body).URL)
			if c.err == "" {
				if err != nil || account.LicenseID != "LICENCE" || account.APIToken.Reveal() != "TOKEN" ||
					account.Server != "backoffice-eu.oct8ne.com/" || account.StaticServer != "static-eu.oct8ne.com/" {
					t.Errorf("%+v, error %v", account, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no error, and the account %+v", account)
			}
			part, inside := strings.CutPrefix(c.err, "…")
			if !inside && err.Error() != c.err || !strings.Contains(err.Error(), part) {
				t.Errorf("the error is\n%v\nwant\n%s", err, c.err)
			}
			if want := strings.Contains(c.err, "refused") || strings.Contains(c.err, "it "); errors.Is(err, platform.ErrLinkUpRefused) != want {
				t.Errorf("is ErrLinkUpRefused: %v, want %v", !want, want)
			}
			for _, private := range []string{email, strings.ToUpper(email), password, "p%26ss", "TOKEN"} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("the error holds %q: %v", private, err)
				}
			}
		})
	}
}

// Nobody answers: the error names the cause, and nothing of what was sent.
func TestLinkUpWithoutAnswer(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := linkUp(t, server.URL)
	if err == nil || errors.Is(err, platform.ErrLinkUpRefused) || !strings.Contains(err.Error(), "check the network") {
		t.Errorf("the error is %v", err)
	}
	if _, err := linkUp(t, "http://backoffice.oct8ne.com"); err == nil || !strings.Contains(err.Error(), "oct8ne.backoffice_url") {
		t.Errorf("a password over http to another machine: error %v", err)
	}
	if _, err := platform.LinkUp(t.Context(), platform.LinkUpOptions{BackofficeURL: server.URL, Email: email, URLDomain: "https://shop.example"}); err == nil || !strings.Contains(err.Error(), "a password") {
		t.Errorf("no password: error %v", err)
	}
}

// A redirect that was followed would carry the password to wherever it leads.
func TestLinkUpFollowsNoRedirect(t *testing.T) {
	reached := false
	mux := http.NewServeMux()
	mux.Handle("/platformConnection/linkup", http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { reached = true })
	server := httptest.NewServer(mux)
	defer server.Close()
	if _, err := linkUp(t, server.URL); err == nil {
		t.Error("no error")
	}
	if reached {
		t.Error("the redirect was followed")
	}
}

// Whatever the backoffice answers, LinkUp gives a usable account or an error
// without secrets.
func FuzzLinkUpAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"apiToken":"TOKEN","licenseId":"LICENCE","server":"a.b/","urlStatic":"//a.b"}`,
		`{"ApiToken":"TOKEN","LicenseId":"LICENCE","Server":"a.b:8443","UrlStatic":"https://a.b/","Message":"x"}`,
		`{"message":"no ` + email + `"}`, `{"message":"` + password + `"}`, `[]`, `null`, `{"message":"\ud800"}`, "",
	} {
		f.Add(200, []byte(seed))
		f.Add(401, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 999 {
			status = 200
		}
		account, err := platform.LinkUp(t.Context(), platform.LinkUpOptions{
			BackofficeURL: backoffice, Email: email, Password: secret.New(password), URLDomain: "https://shop.example",
			Transport: fixed{status, body},
		})
		if err != nil {
			said := strings.ToLower(err.Error())
			if strings.Contains(said, strings.ToLower(email)) || strings.Contains(said, strings.ToLower(password)) || strings.ContainsAny(said, "\n\x1b\x00") {
				t.Errorf("the error is %q", err)
			}
			return
		}
		for _, text := range []string{account.LicenseID, account.APIToken.Reveal(), account.Server, account.StaticServer} {
			if text == "" || len(text) > 255 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("the account has %q", text)
			}
		}
	})
}

// fixed is a transport that answers every request alike.
type fixed struct {
	status int
	body   []byte
}

// RoundTrip implements http.RoundTripper.
func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Body: io.NopCloser(strings.NewReader(string(f.body))), Header: http.Header{}, Request: r}, nil
}
