package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// feedToken is in every address of the served feed, and in nothing that is
// printed.
const feedToken = "0f1e2d3c4b5a69788796a5b4"

// offerOf is a small offer with products that are as their names say.
func offerOf(products ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><offer file_format="IOF" version="3.0" generated="2026-11-20 10:00:00"><products language="pol" currency="PLN">`)
	for i, product := range products {
		vat := "23.0"
		if product == "damaged" {
			vat = "dużo"
		}
		fmt.Fprintf(&b, `<product id="%d" type="regular" vat="%s" code_on_card="K-%[1]d"><category id="7" name="Łańcuchy"/><description><name xml:lang="pol">%[3]s</name></description>`+
			`<price gross="12.30" net="10.00"/><sizes><size id="uniw" code="%[1]d-uniw"><stock id="1" quantity="5"/></size></sizes></product>`, i+1, vat, product)
	}
	return b.String() + `</products></offer>`
}

// servedFeed serves files by their names, each under the token alone, and a
// gateway that lists those that are named to it as "kind name".
func servedFeed(t *testing.T, files map[string]string, parts ...string) (gateway string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	address := func(name string) string { return server.URL + "/" + name + "?client=shop&amp;token=" + feedToken }
	var b, changes strings.Builder
	for _, part := range parts {
		kind, name, _ := strings.Cut(part, " ")
		where := address(name)
		if strings.Contains(name, "://") {
			where = name + "?token=" + feedToken
		}
		switch kind {
		case "full":
			fmt.Fprintf(&b, `<full url="%s" hash="a" changed="2026-11-20 10:00:00"><changes>CHANGES</changes></full>`, where)
		case "full_change":
			fmt.Fprintf(&changes, `<change url="%s" hash="b" changed="2026-11-2%d 11:00:00"/>`, where, changes.Len()%7)
		default:
			fmt.Fprintf(&b, `<%s url="%s"/>`, kind, where)
		}
	}
	files["gateway.xml"] = `<?xml version="1.0"?><provider_description file_format="IOF" version="3.0" generated="2026-11-20 12:00:00">` +
		strings.Replace(b.String(), "CHANGES", changes.String(), 1) + `</provider_description>`
	for name, content := range files {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("token") != feedToken {
				http.Error(w, "the token is "+feedToken, http.StatusForbidden)
				return
			}
			_, _ = io.WriteString(w, content)
		})
	}
	return server.URL + "/gateway.xml?token=" + feedToken
}

// checkFeed runs `feed check`. Nothing that it prints holds the token, and it
// leaves nothing behind.
func checkFeed(t *testing.T, in io.Reader, args ...string) (code int, out, errOut string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	var stdout, stderr strings.Builder
	p := &program{in: in, out: &stdout, errOut: &stderr}
	code = p.run(t.Context(), append([]string{"feed", "check"}, args...))
	if strings.Contains(stdout.String()+stderr.String(), feedToken[:12]) {
		t.Errorf("%v: the token is printed:\n%s%s", args[1:], stdout.String(), stderr.String())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v leaves %v behind, %v", args[1:], left, err)
	}
	return code, stdout.String(), stderr.String()
}

// checkedJSON runs `feed check --json` and returns the document.
func checkedJSON(t *testing.T, wantCode int, in io.Reader, args ...string) checkReport {
	t.Helper()
	code, out, errOut := checkFeed(t, in, append(args, "--json")...)
	var report checkReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != wantCode || report.OK != (code == exitOK) {
		t.Fatalf("exit code %d, want %d; %v\n%s%s", code, wantCode, err, out, errOut)
	}
	return report
}

func TestFeedCheckOfAGateway(t *testing.T) {
	gateway := servedFeed(t, map[string]string{
		"full.xml": offerOf("a", "b", "c"), "one.xml": offerOf("a"), "two.xml": offerOf("a", "b"), "light.xml": offerOf("a", "b"),
		"units.xml": `<units version="3.0"><unit id="1"><name xml:lang="pol">szt.</name></unit></units>`,
	}, "full full.xml", "full_change one.xml", "full_change two.xml", "light light.xml", "units units.xml")
	report := checkedJSON(t, exitOK, nil, gateway)
	var got []string
	for _, file := range report.Files {
		got = append(got, fmt.Sprintf("%s %d", file.File, file.Counts["products"]))
	}
	if want := "[feed 0 full 3 full_change-1 1 full_change-2 2 light 2 units 0]"; fmt.Sprint(got) != want || report.Source != "127.0.0.1" {
		t.Errorf("%s: %v, want %s", report.Source, got, want)
	}
	if file := report.Files[1]; file.Kind != "full" || file.Version != "3.0" || file.Counts["sizes"] != 3 || file.Types["regular"] != 3 || file.Without["picture"] != 3 ||
		fmt.Sprint(file.Languages, file.Currencies) != "[pol] [PLN]" || file.Bytes != int64(len(offerOf("a", "b", "c"))) || file.Problems == nil {
		t.Errorf("the full offer: %+v", file)
	}
	for _, in := range []io.Reader{nil, strings.NewReader(" " + gateway + " \r\n")} {
		args := []string{gateway, "--only", "light,units"}
		if in != nil {
			args[0] = "-"
		}
		code, out, errOut := checkFeed(t, in, args...)
		if code != exitOK || strings.Contains(out, "a full offer") || !strings.Contains(out, "a light offer") || strings.Count(out, "\nFile ") != 2 || !strings.Contains(out, "3 of the 3 files of 127.0.0.1 are as they should be.") {
			t.Errorf("exit code %d\n%s%s", code, out, errOut)
		}
	}
	if code, _, errOut := checkFeed(t, nil, strings.Replace(gateway, "gateway", "full", 1), "--only", "light"); code != exitUsage || !strings.Contains(errOut, "this is a full offer") {
		t.Errorf("--only of an offer: %d %s", code, errOut)
	}
}

// What is damaged ends with 1, also beside what cannot be had; that alone with 3.
func TestFeedCheckOfAGatewayWithTroubles(t *testing.T) {
	whole := offerOf("a", "b")
	for name, c := range map[string]struct {
		files map[string]string
		parts []string
		code  int
		want  string
	}{
		"gone":             {map[string]string{"full.xml": whole}, []string{"full full.xml", "light light.xml"}, exitUpstream, "404"},
		"cut off":          {map[string]string{"full.xml": whole[:len(whole)-20]}, []string{"full full.xml"}, exitNo, "cut off"},
		"damaged and gone": {map[string]string{"full.xml": offerOf("damaged")}, []string{"full full.xml", "light light.xml"}, exitNo, `"dużo" is not a decimal number`},
		"somebody else's":  {map[string]string{}, []string{"full https://elsewhere.example/full.xml"}, exitNo, "elsewhere.example, which is neither the gateway's host"},
		"an error page":    {map[string]string{"light.xml": "<html><body>token=" + feedToken + "</body></html>"}, []string{"full light.xml"}, exitNo, "root element is <html>"},
		"no full offer":    {map[string]string{"light.xml": whole}, []string{"light light.xml"}, exitNo, "does not list a full offer"},
		"mixed up":         {map[string]string{"full.xml": whole}, []string{"full full.xml", "units full.xml"}, exitNo, "lists it as units, but it is a full offer, IOF 3.0"},
		"empty":            {map[string]string{"full.xml": ""}, []string{"full full.xml"}, exitNo, "before any element"},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := servedFeed(t, c.files, c.parts...)
			code, out, errOut := checkFeed(t, nil, gateway)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit code %d, want %d, with %q:\n%s%s", code, c.code, c.want, out, errOut)
			}
		})
	}
	gateway := servedFeed(t, map[string]string{"full.xml": whole}, "full full.xml")
	if code, out, errOut := checkFeed(t, nil, gateway, "--max-bytes", "500"); code != exitNo || !strings.Contains(out, "larger than --max-bytes 500") {
		t.Errorf("too large: %d\n%s%s", code, out, errOut)
	}
	for address, want := range map[string]int{
		strings.Replace(gateway, "gateway", "none", 1):   exitUpstream,
		strings.Replace(gateway, "token=", "token=x", 1): exitUpstream,
		"http://wholesaler.example/?token=" + feedToken:  exitUsage,
		"ftp://127.0.0.1/?token=" + feedToken:            exitUsage,
		"https://u:" + feedToken + "@127.0.0.1/":         exitUsage,
		"https://%zz/?token=" + feedToken:                exitUsage,
	} {
		if code, out, errOut := checkFeed(t, nil, address); code != want || out != "" || errOut == "" {
			t.Errorf("%d, want %d: %s%s", code, want, out, errOut)
		}
	}
}

func TestFeedCheckOfAFile(t *testing.T) {
	packed := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.Bytes()
	}
	whole := offerOf("a", "b")
	many := offerOf(strings.Fields(strings.Repeat("damaged ", 30))...)
	for name, c := range map[string]struct {
		content []byte
		args    string
		code    int
		want    []string
	}{
		"whole":       {[]byte(whole), "", exitOK, []string{"a full offer, IOF 3.0", "products: 2", "picture: 2", "Problems none"}},
		"packed":      {packed(whole), "", exitOK, []string{"products: 2", "Problems none"}},
		"packed, cut": {packed(many)[:200], "", exitNo, []string{"damaged or cut off"}},
		"packed bits": {[]byte("\x1f\x8bnonsense"), "", exitNo, []string{"packed with gzip, and damaged"}},
		"a ZIP":       {[]byte("PK\x03\x04nonsense"), "", exitNo, []string{"ZIP archive"}},
		"binary":      {[]byte("\x00\x01\x02\x03"), "", exitNo, []string{"No use"}},
		"twenty":      {[]byte(many), "", exitNo, []string{"Problems 30; 30 left out", "20 of 30 problems; --limit shows more", fmt.Sprint("1 ", strings.Index(many, "<product "), ` vat: "dużo" is not`)}},
		"none":        {[]byte(many), "--limit 0", exitNo, []string{"0 of 30 problems"}},
		"all":         {[]byte(many), "--limit 30", exitNo, []string{fmt.Sprint("30 ", strings.LastIndex(many, "<product "), " vat")}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "offer")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errOut := checkFeed(t, nil, append([]string{path}, strings.Fields(c.args)...)...)
			again, piped, _ := checkFeed(t, bytes.NewReader(c.content), append([]string{"-"}, strings.Fields(c.args)...)...)
			if again != code || strings.Replace(piped, "standard input", path, 1) != out {
				t.Errorf("from standard input: %d\n%s\nand not %d\n%s", again, piped, code, out)
			}
			for _, want := range c.want {
				if squeezed := strings.Join(strings.Fields(out), " "); code != c.code || !strings.Contains(squeezed, want) {
					t.Errorf("exit code %d, want %d, with %q:\n%s%s", code, c.code, want, out, errOut)
				}
			}
		})
	}
	report := checkedJSON(t, exitNo, strings.NewReader(many), "-", "--limit", "1")
	file := report.Files[0]
	if len(file.Problems) != 30 || file.Damaged != 30 || file.ProblemCount != 30 || file.Problems[29].ID != "30" || !file.Problems[29].Damage ||
		!strings.HasPrefix(many[file.Problems[29].Offset:], `<product id="30"`) {
		t.Errorf("%+v", file)
	}
}

// badDisk fails in the middle of a file.
type badDisk struct{ left io.Reader }

func (b badDisk) Read(p []byte) (int, error) {
	if n, err := b.left.Read(p); err == nil {
		return n, nil
	}
	return 0, errors.New("the cable is loose")
}

// A machine that cannot read is not a file that is damaged.
func TestFeedCheckCannotRead(t *testing.T) {
	begin := offerOf(strings.Fields(strings.Repeat("a ", 1000))...)
	if code, out, errOut := checkFeed(t, badDisk{strings.NewReader(begin[:100_000])}, "-"); code != exitMachine || out != "" || !strings.Contains(errOut, "the cable is loose") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	for _, c := range []struct {
		args string
		in   io.Reader
		code int
		want string
	}{
		{"none.xml", nil, exitMachine, "no such file"},
		{".", nil, exitMachine, "is a folder"},
		{"-", nil, exitUsage, "no standard input"},
		{"a.xml b.xml", nil, exitUsage, "accepts 1 arg"},
		{"a.xml --only full", nil, exitUsage, "only a URL leads to"},
		{"- --only full", strings.NewReader(offerOf("a")), exitUsage, "only a URL leads to"},
		{"a.xml --only everything", nil, exitUsage, "none of full, full_change, light"},
		{"a.xml --limit -1", nil, exitUsage, "is negative"},
		{"a.xml --max-bytes 0", nil, exitUsage, "more than nothing"},
	} {
		if code, out, errOut := checkFeed(t, c.in, strings.Fields(c.args)...); code != c.code || out != "" || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: exit code %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
	}
}

// Ctrl-C ends a download that does not, and what came of it is removed.
func TestFeedCheckIsInterrupted(t *testing.T) {
	asked := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, offerOf("a")[:100])
		_ = http.NewResponseController(w).Flush()
		once.Do(func() { close(asked) })
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		<-asked
		cancel()
	})
	var out, errOut strings.Builder
	code := (&program{out: &out, errOut: &errOut}).run(ctx, []string{"feed", "check", server.URL + "/?token=" + feedToken})
	cancel()
	waiting.Wait()
	left, err := os.ReadDir(folder)
	if code != exitInterrupted || out.Len() > 0 || strings.Contains(errOut.String(), feedToken) || err != nil || len(left) > 0 {
		t.Errorf("exit code %d, %v, %v\n%s%s", code, left, err, out.String(), errOut.String())
	}
}

// The official samples are whole, each of the kind that its name says.
func TestFeedCheckOfTheOfficialSamples(t *testing.T) {
	folder := os.Getenv("OCTOTEST_IOF_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_IOF_SAMPLES names no folder with the official samples")
	}
	samples, err := filepath.Glob(filepath.Join(folder, "3.0", "*.xml"))
	if err != nil || len(samples) < 10 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, sample := range samples {
		report := checkedJSON(t, exitOK, nil, sample)
		kind, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(sample), ".xml"), "2022")
		if file := report.Files[0]; file.Kind != kind || file.Version != "3.0" || len(file.Problems) > 0 {
			t.Errorf("%s: %+v", filepath.Base(sample), file)
		}
	}
}

// The widths of a terminal: every line of a list of problems fits, and nothing of
// it is cut.
func TestProblemsFitTheTerminal(t *testing.T) {
	what := strings.TrimSpace(strings.Repeat("the quantity of a size is no number, ", 8))
	file := &checkedFile{ProblemCount: 2, Problems: []checkProblem{{Offset: 12345678901, Type: "product", ID: "1214553882", What: what}, {Type: "category", ID: "ż\x1b[31m", What: what}}}
	text := problemText(file, 20, helpColumns)
	for line := range strings.Lines(text) {
		if display.StringWidth(strings.TrimRight(line, "\n")) > helpColumns || strings.Contains(line, "\x1b") {
			t.Errorf("too wide, or it moves the terminal: %q", line)
		}
	}
	if squeezed := strings.Join(strings.Fields(text), " "); strings.Count(squeezed, what) != 2 || !strings.Contains(squeezed, "category ż") {
		t.Errorf("cut:\n%s", text)
	}
}
