package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/internal/secret"
	"octobridge/oct8ne/sandbox"
)

const (
	linkUpEmail    = "owner@shop.example"
	linkUpPass     = "hunter2 & more"
	linkUpLicence  = "3BDFF5329C414EBBB116CCE1CE1AD807"
	linkUpAPIToken = "61958072EB8B476EBF5D6F77F66384AC"
)

// linkUpBackoffice is an oct8ne that knows one account. It returns the forms that
// it was sent, as they come.
func linkUpBackoffice(t *testing.T) (address string, forms *[]url.Values) {
	t.Helper()
	forms = &[]url.Values{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/platformConnection/linkup" || r.ParseForm() != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		*forms = append(*forms, r.PostForm)
		if r.PostForm.Get("email") != linkUpEmail || r.PostForm.Get("pass") != linkUpPass {
			_, _ = fmt.Fprintf(w, `{"ApiToken":null,"LicenseId":null,"Message":"Wrong password %s for %s"}`, r.PostForm.Get("pass"), r.PostForm.Get("email"))
			return
		}
		_, _ = fmt.Fprintf(w, `{"ApiToken":%q,"LicenseId":%q,"Server":"backoffice-eu.oct8ne.com/","UrlStatic":"static-eu.oct8ne.com/","Message":null}`, linkUpAPIToken, linkUpLicence)
	}))
	t.Cleanup(server.Close)
	return server.URL, forms
}

// linkUpRun runs `octobridge linkup` with a configuration file that holds content
// beside what it needs, and what is typed.
func linkUpRun(t *testing.T, file, typed string, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{in: strings.NewReader(typed), out: &stdout, errOut: &stderr, environ: environ}
	code = p.run(t.Context(), append([]string{"linkup", "--config", file}, args...))
	for _, private := range []string{linkUpPass, linkUpAPIToken} {
		if strings.Contains(stdout.String()+stderr.String(), private) {
			t.Errorf("a secret is printed:\n%s%s", stdout.String(), stderr.String())
		}
	}
	return code, stdout.String(), stderr.String()
}

// settingsIn writes the sample configuration with a backoffice, and more, in a
// folder of its own.
func settingsIn(t *testing.T, backoffice, more string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "octobridge.yaml")
	text := strings.Replace(config.Sample(), "\noct8ne:\n", "\noct8ne:\n  backoffice_url: "+backoffice+"\n"+more, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantNoRemains fails where a folder holds more than it should.
func wantNoRemains(t *testing.T, folder string, want int) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != want {
		t.Errorf("the folder holds %v, want %d files", entries, want)
	}
}

func TestLinkUp(t *testing.T) {
	address, forms := linkUpBackoffice(t)
	file := settingsIn(t, address, "")
	before := read(t, file)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := linkUpRun(t, file, linkUpPass+"\r\nignored\n", nil, "--email", linkUpEmail, "--region", "us")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	form := (*forms)[0]
	loaded, err := config.Load(config.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if got := form.Get("platform") + " " + form.Get("urlDomain") + " " + form.Get("statusPlatform"); got != "Custom "+bridge.ShopAddress(&loaded.Config)+" true" {
		t.Errorf("oct8ne was told %q", got)
	}
	c := loaded.Config.Oct8ne
	if c.License != linkUpLicence || c.APIToken.Reveal() != linkUpAPIToken || c.Server != "backoffice-eu.oct8ne.com/" || c.StaticServer != "static-eu.oct8ne.com/" || c.Region != "us" {
		t.Errorf("the configuration has %+v", c)
	}
	for _, want := range []string{"is linked to its account", "oct8ne.license        " + linkUpLicence, "oct8ne.region         us", "oct8ne.api_token      [redacted]", "Restart the service"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v (error %v), want 0600", info.Mode(), err)
	}
	if !strings.Contains(errOut, "cannot any more") {
		t.Errorf("nobody is told that the file's mode changed: %s", errOut)
	}

	// All lines of before are there, in their order, and five are new.
	after := read(t, file)
	rest := strings.SplitAfter(after, "\n")
	for line := range strings.Lines(before) {
		at := 0
		for at < len(rest) && rest[at] != line {
			at++
		}
		if at == len(rest) {
			t.Fatalf("the line %q is gone, or elsewhere:\n%s", line, after)
		}
		rest = rest[at+1:]
	}
	if got := strings.Count(after, "\n") - strings.Count(before, "\n"); got != 5 {
		t.Errorf("%d lines are new, want 5", got)
	}
	wantNoRemains(t, filepath.Dir(file), 1)

	// Again, with JSON, changes nothing but the region.
	code, out, errOut = linkUpRun(t, file, linkUpPass, nil, "--email", linkUpEmail, "--region", "eu", "--disabled", "--platform", "IdoSell", "--json")
	if code != exitOK || errOut != "" || !strings.Contains(out, `"license": "`+linkUpLicence+`"`) {
		t.Errorf("again: exit code %d: %s%s", code, out, errOut)
	}
	if got := read(t, file); got != strings.Replace(after, "  region: us\n", "  region: eu\n", 1) {
		t.Errorf("again, the file is\n%s", got)
	}
	if form := (*forms)[1]; form.Get("statusPlatform") != "false" || form.Get("platform") != "IdoSell" {
		t.Errorf("oct8ne was told %v of %v", form.Get("statusPlatform"), form.Get("platform"))
	}
}

// The token goes where the configuration says that it is, through a link as well.
func TestLinkUpWithATokenFile(t *testing.T) {
	address, _ := linkUpBackoffice(t)
	folder := t.TempDir()
	token, link := filepath.Join(folder, "token"), filepath.Join(folder, "link")
	if err := os.WriteFile(token, []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(token, link); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		more    string
		environ []string
		args    []string
	}{
		"in the file":        {more: "  api_token_file: " + link + "\n"},
		"in the environment": {environ: []string{"OCTOBRIDGE_OCT8NE__API_TOKEN_FILE=" + link}},
		"with a flag":        {args: []string{"--oct8ne-api-token-file", link}},
	} {
		t.Run(name, func(t *testing.T) {
			file := settingsIn(t, address, c.more)
			code, out, errOut := linkUpRun(t, file, linkUpPass, c.environ, append([]string{"--email", linkUpEmail}, c.args...)...)
			if code != exitOK || errOut != "" || !strings.Contains(out, "The apiToken is in "+link) {
				t.Fatalf("exit code %d: %s%s", code, out, errOut)
			}
			if got := read(t, token); got != linkUpAPIToken+"\n" {
				t.Errorf("the token's file holds %q", got)
			}
			if strings.Contains(read(t, file), linkUpAPIToken) {
				t.Error("the token is in the configuration, too")
			}
			if info, err := os.Lstat(token); err != nil || info.Mode() != 0o600 {
				t.Errorf("the token's file has the mode %v (error %v)", info.Mode(), err)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
				t.Errorf("the link is gone: %v (error %v)", info.Mode(), err)
			}
			loaded, err := config.Load(config.Options{File: file, Environ: append(c.environ, "OCTOBRIDGE_OCT8NE__API_TOKEN_FILE="+link)})
			if c.more == "" && (err != nil || loaded.Config.Oct8ne.APIToken.Reveal() != linkUpAPIToken) {
				t.Errorf("the configuration does not find the token: %v", err)
			}
		})
	}
}

// Where something else counts more than the file, somebody must know.
func TestLinkUpThatIsOverridden(t *testing.T) {
	address, _ := linkUpBackoffice(t)
	file := settingsIn(t, address, "")
	environ := []string{"OCTOBRIDGE_OCT8NE__LICENSE=OTHER", "OCTOBRIDGE_OCT8NE__API_TOKEN=other"}
	code, _, errOut := linkUpRun(t, file, linkUpPass, environ, "--email", linkUpEmail, "--oct8ne-server", "other.example")
	if code != exitOK || strings.Count(errOut, "\n") != 3 {
		t.Errorf("exit code %d:\n%s", code, errOut)
	}
	for _, want := range []string{
		"oct8ne.license was stored, but environment OCTOBRIDGE_OCT8NE__LICENSE counts more", "oct8ne.server was stored, but flag --oct8ne-server counts more",
		"oct8ne.api_token was stored, but environment OCTOBRIDGE_OCT8NE__API_TOKEN counts more",
	} {
		if !strings.Contains(errOut, want) {
			t.Errorf("standard error lacks %q:\n%s", want, errOut)
		}
	}
}

// What goes wrong leaves the file as it is; what can be known before, oct8ne is not
// asked for.
func TestLinkUpThatFails(t *testing.T) {
	address, forms := linkUpBackoffice(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct {
		address, more, typed string
		args                 []string
		code                 int
		says                 string
		asked                bool
	}{
		"wrong password":                  {typed: "wrong", code: exitNo, says: "oct8ne refused to link the shop up (it gave no reason)", asked: true},
		"no answer":                       {address: closed.URL, typed: linkUpPass, code: exitUpstream, says: "check the network"},
		"elsewhere":                       {typed: linkUpPass, args: []string{"--oct8ne-backoffice-url", "http://backoffice.example"}, code: exitUsage, says: "oct8ne.backoffice_url"},
		"no password":                     {typed: "\nlater", code: exitUsage, says: "no password was given"},
		"long password":                   {typed: strings.Repeat("x", 5000), code: exitUsage, says: "at most 1024 bytes"},
		"no such file":                    {args: []string{"--password-file", "no-such-file"}, code: exitUsage, says: "--password-file cannot be read"},
		"odd file":                        {more: "  license:\n    OLD\n", typed: linkUpPass, code: exitUsage, says: "one a line"},
		"region":                          {typed: linkUpPass, args: []string{"--region", "asia"}, code: exitUsage, says: "eu or us"},
		"no e-mail":                       {typed: linkUpPass, args: []string{"--email", ""}, code: exitUsage, says: "--email is needed"},
		"nothing to read a password from": {typed: "-", code: exitUsage, says: "cannot be asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.address == "" {
				c.address = address
			}
			file := settingsIn(t, c.address, c.more)
			before, asked := read(t, file), len(*forms)
			args := append([]string{"linkup", "--config", file, "--email", linkUpEmail}, c.args...)
			var out, errOut strings.Builder
			p := &program{out: &out, errOut: &errOut}
			if c.typed != "-" {
				p.in = strings.NewReader(c.typed)
			}
			if code := p.run(t.Context(), args); code != c.code || !strings.Contains(errOut.String(), c.says) || out.Len() > 0 {
				t.Errorf("exit code %d, want %d: %s%s", code, c.code, out.String(), errOut.String())
			}
			if strings.Contains(errOut.String(), linkUpEmail) || strings.Contains(errOut.String(), linkUpPass) {
				t.Errorf("what was typed is repeated: %s", errOut.String())
			}
			if read(t, file) != before {
				t.Error("the file was changed")
			}
			wantNoRemains(t, filepath.Dir(file), 1)
			if got := len(*forms) > asked; got != c.asked {
				t.Errorf("oct8ne was asked: %v, want %v", got, c.asked)
			}
		})
	}
}

// A folder that takes no file is found out before oct8ne is asked.
func TestLinkUpIntoAFolderThatTakesNothing(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("the superuser may write everywhere")
	}
	address, forms := linkUpBackoffice(t)
	file := settingsIn(t, address, "")
	if err := os.Chmod(filepath.Dir(file), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(file), 0o700) })
	if code, _, errOut := linkUpRun(t, file, linkUpPass, nil, "--email", linkUpEmail); code != exitMachine || len(*forms) > 0 {
		t.Errorf("exit code %d, %d requests: %s", code, len(*forms), errOut)
	}
}

// The password may come from a file.
func TestLinkUpWithAPasswordFile(t *testing.T) {
	address, _ := linkUpBackoffice(t)
	file := settingsIn(t, address, "")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(linkUpPass+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := linkUpRun(t, file, "wrong", nil, "--email", linkUpEmail, "--password-file", password); code != exitOK {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// A file of another user's stays that user's: only the superuser can try.
func TestWritePrivateKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only the superuser can give a file away")
	}
	file := filepath.Join(t.TempDir(), "octobridge.yaml")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, 12345, 54321); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(file, []byte("listen: a\n")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %v", info.Mode(), ownerOf(info)); got != "-rw------- 12345:54321" {
		t.Errorf("mode and owner are %s", got)
	}
}

// The demonstration's oct8ne and the command understand each other, with both ways
// of writing the answer's names, and the snippet holds what was told.
func TestLinkUpWithTheSandbox(t *testing.T) {
	for _, pascal := range []bool{false, true} {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		oct8ne := sandbox.New(sandbox.Options{
			Email: linkUpEmail, Password: secret.New(linkUpPass), Token: secret.New(linkUpAPIToken), License: linkUpLicence, PascalCase: pascal,
		})
		oct8ne.Mount(app)
		server := httptest.NewServer(adaptor.FiberApp(app))
		t.Cleanup(server.Close)
		file := settingsIn(t, server.URL, "")
		if code, _, errOut := linkUpRun(t, file, "guess-1\n", nil, "--email", linkUpEmail); code == exitOK || !strings.Contains(errOut, "The e-mail address or the password is wrong.") {
			t.Errorf("a wrong password: exit code %d: %s", code, errOut)
		}
		if code, _, errOut := linkUpRun(t, file, linkUpPass+"\n", nil, "--email", linkUpEmail, "--disabled"); code != exitOK {
			t.Fatalf("exit code %d: %s", code, errOut)
		}
		if links := oct8ne.LinkUps(); len(links) != 1 || links[0].Enabled || links[0].Platform != "Custom" {
			t.Errorf("oct8ne was told %+v", links)
		}
		var out strings.Builder
		var trouble strings.Builder
		p := &program{out: &out, errOut: &trouble}
		if code := p.run(t.Context(), []string{"snippet", "--config", file, "--shop-currency", "PLN"}); code != exitOK {
			t.Fatalf("snippet: exit code %d: %s", code, trouble.String())
		}
		host := strings.TrimPrefix(server.URL, "http://")
		for _, line := range []string{`oct8ne.license = "` + linkUpLicence + `";`, `oct8ne.server = "` + host + `/";`} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("the snippet lacks %s:\n%s", line, out.String())
			}
		}
	}
}
