package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"octobridge/bridge/config"
)

// loadError loads a file that must be refused and returns the error's text,
// with the file's name replaced by FILE.
func loadError(t *testing.T, text string, environ ...string) string {
	t.Helper()
	file := write(t, text)
	loaded, err := config.Load(config.Options{File: file, Environ: environ})
	if err == nil {
		t.Fatalf("loaded %+v from\n%s", loaded.Config, text)
	}
	return strings.ReplaceAll(err.Error(), file, "FILE")
}

// change replaces one line of the complete file.
func change(t *testing.T, old, replacement string) string {
	t.Helper()
	if !strings.Contains(complete, old) {
		t.Fatalf("the complete file has no line %q", old)
	}
	return strings.Replace(complete, old, replacement, 1)
}

func TestErrorsAreOneSentenceWithKeyPlaceAndRemedy(t *testing.T) {
	tests := []struct{ name, old, replacement, want string }{
		{
			"missing password", "  password: 0123\n", "",
			"idosell.password (not set) is required: write it into the file or OCTOBRIDGE_IDOSELL__PASSWORD, or name a file that holds it in idosell.password_file",
		},
		{
			"empty login", "login: shop", `login: ""`,
			"idosell.login (not set) is required: write it into the file or OCTOBRIDGE_IDOSELL__LOGIN",
		},
		{
			"no price source", "  source: srp\n", "",
			"pricing.source (not set) is required: write it into the file or OCTOBRIDGE_PRICING__SOURCE, one of none, retail, srp, account",
		},
		{
			"wrong price source", "source: srp", "source: RRP",
			`pricing.source (FILE:17) "RRP" is not a value it can have: write one of none, retail, srp, account`,
		},
		{
			"account prices to consumers", "source: srp", "source: account",
			`pricing.source (FILE:17) is "account" with shop.kind dropshipping, which would show visitors what this account pays: write none, retail or srp, or set pricing.margins`,
		},
		{
			"plain upstream", "https://wholesaler.example", "http://wholesaler.example",
			"idosell.url (FILE:7) is http:// to another machine, which anybody on the way can read: write https://, as http:// is for loopback only",
		},
		{
			"misspelt key", "login: shop", "logn: shop",
			"idosell.logn (FILE:8) is not a key of octobridge: did you mean idosell.login?",
		},
		{
			"key without its section", "listen: 0.0.0.0:80", "timezone: Europe/Warsaw",
			"timezone (FILE:1) is not a key of octobridge: did you mean idosell.timezone?",
		},
		{
			"bad time zone", "timeout: 1m", "timezone: Europe/Warszawa",
			`idosell.timezone (FILE:12) "Europe/Warszawa" is not a time zone: write an IANA name such as Europe/Warsaw`,
		},
		{
			"duration without a unit", "timeout: 1m", "timeout: 20",
			`idosell.timeout (FILE:12) "20" has no unit: write a number with ms, s, m or h, such as 30s`,
		},
		{
			"duration out of bounds", "timeout: 1m", "timeout: -1s",
			`idosell.timeout (FILE:12) "-1s" is out of bounds: write something from 100ms to 10m`,
		},
		{
			"not a number", "requests_per_second: 2.5", "requests_per_second: 2,5",
			`idosell.requests_per_second (FILE:11) "2,5" is not a number in bounds: write one from 0.01 to 1000, with a decimal point`,
		},
		{
			"no number", "requests_per_second: 2.5", "requests_per_second: .nan",
			`idosell.requests_per_second (FILE:11) ".nan" is not a number in bounds: write one from 0.01 to 1000, with a decimal point`,
		},
		{
			"limit of nothing", "body_bytes: 2048", "body_bytes: 0",
			`limits.body_bytes (FILE:18) "0" is not a whole number in bounds: write one from 1024 to 67108864`,
		},
		{
			"origin with a path", "https://www.shop.example", "https://www.shop.example/",
			`shop.origins (FILE:15) has "https://www.shop.example/", which is not an origin: write only scheme, host and port, without a slash at the end, such as https://shop.example`,
		},
		{
			"everybody trusted", "10.0.0.0/8", "0.0.0.0/0",
			"trusted_proxies (FILE:3) trusts every address there is, so that anybody could claim any: name the network of the proxies",
		},
		{
			"listener without a port", "listen: 0.0.0.0:80", "listen: localhost",
			`listen (FILE:1) "localhost" is not an address with a port: write one such as 127.0.0.1:8080, or :8080 for every interface`,
		},
		{
			"empty listener", "listen: 0.0.0.0:80", `listen: ""`,
			"listen (FILE:1) is empty: write a value, or take the key out for the default, 127.0.0.1:8080",
		},
		{
			"section with a value", "pricing:\n  source: srp", "pricing: srp",
			"pricing (FILE:16) is a section, not a value: write its keys below it, indented",
		},
		{
			"value with keys", "listen: 0.0.0.0:80", "listen: {host: a}",
			"listen (FILE:1) is not one value: write one text or number behind the colon",
		},
		{
			"stale shorter than fresh", "cache:\n", "cache: {fresh: 2h, stale: 1h}\n",
			"cache.stale (FILE:19) is shorter than cache.fresh (2h0m0s): write at least as much",
		},
		{
			"given twice", "login: shop", "login: shop\n  login: other",
			"idosell.login (FILE:9) is given twice, first in line 8: take one of them out",
		},
		{
			"line break in a login", "login: shop", `login: "shop\r\nX: y"`,
			"idosell.login (FILE:8) holds a control character or is not UTF-8: write it on one line, as UTF-8",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := loadError(t, change(t, test.old, test.replacement)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestPublicURLs(t *testing.T) {
	for value, good := range map[string]bool{
		"https://bridge.example": true, "https://bridge.example:8443/path": true, "http://127.0.0.1:8080": true,
		"http://localhost:1": true, "http://[::1]:1": true,
		"bridge.example": false, "//bridge.example": false, "http://bridge.example": false, "ftp://bridge.example": false,
		"https://user:pass@bridge.example": false, "https://bridge.example?x=1": false, "https://bridge.example/#": false,
		"https://:443": false, "https://bridge.example:0": false, "https://bridge.example:port": false, "http://127.0.0.1.example": false,
	} {
		_, err := config.Load(config.Options{File: write(t, complete), Environ: []string{"OCTOBRIDGE_PUBLIC_URL=" + value}})
		if (err == nil) != good {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestTemplatesDatabasesHostsAndLocales(t *testing.T) {
	tests := []struct {
		name, value string
		good        bool
	}{
		{"SHOP__PRODUCT_URL", "https://shop.example/p/{id}-{size}?c={code}#{slug}", true},
		{"SHOP__PRODUCT_URL", "https://shop.example/p/{name}", false},
		{"SHOP__PRODUCT_URL", "https://shop.example/p/{id", false},
		{"SHOP__PRODUCT_URL", "https://shop.example/p/id}", false},
		{"SHOP__PRODUCT_URL", "https://{code}.example/p", false},
		{"SHOP__PRODUCT_URL", "/p/{id}", false},
		{"DATABASE", "postgres://u:p@db.example/octobridge?sslmode=require", true},
		{"DATABASE", "postgresql:///octobridge?host=/run/postgresql", true},
		{"DATABASE", "mysql://db.example/octobridge", false},
		{"DATABASE", "postgres://db.example", false},
		{"DATABASE", "postgres:///octobridge", false},
		{"OCT8NE__SERVER", "https://server.oct8ne.example/", true},
		{"OCT8NE__SERVER", "//server.oct8ne.example", true},
		{"OCT8NE__SERVER", "http://server.oct8ne.example", false},
		{"OCT8NE__STATIC_SERVER", "a b", false},
		{"SHOP__LOCALE", "de-AT", true},
		{"SHOP__LOCALE", "pl_PL", false},
		{"SHOP__LOCALE", "polski język", false},
		{"SHOP__CURRENCY", "EUR", true},
		{"SHOP__CURRENCY", "zł", false},
		{"SHOP__CURRENCY", "ZLO", false}, // was taken, and every price was null
		{"SHOP__CURRENCY", "pln", false},
		{"TRUSTED_PROXIES", "192.0.2.7, 2001:db8::/32", true},
		{"TRUSTED_PROXIES", "proxy.example", false},
		{"LISTEN", ":8080", true},
		{"LISTEN", "[::]:0", true},
		{"LISTEN", "bridge.example:80", false},
		{"LISTEN", "127.0.0.1:http", false},
		{"LISTEN", "127.0.0.1:65536", false},
		{"IDOSELL__URL", "https://wholesaler.example/api", false},
		{"IDOSELL__TIMEZONE", "Local", false},
	}
	for _, test := range tests {
		_, err := config.Load(config.Options{File: write(t, complete), Environ: []string{"OCTOBRIDGE_" + test.name + "=" + test.value}})
		if (err == nil) != test.good {
			t.Errorf("%s=%s: %v", test.name, test.value, err)
		}
		if err != nil && !strings.Contains(err.Error(), "(environment OCTOBRIDGE_"+test.name+")") {
			t.Errorf("the error does not say where the value came from: %v", err)
		}
	}
}

func TestBadFlagsNameTheFlag(t *testing.T) {
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.RegisterFlags(flags, config.Serve)
	if err := flags.Parse([]string{"--log-level", "loud"}); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(config.Options{File: write(t, complete), Flags: flags})
	if want := `log.level (flag --log-level) "loud" is not a value it can have: write one of debug, info, warn, error`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSeveralProblemsAreAllToldALineEach(t *testing.T) {
	text := "liste: a\nidosel:\n  url: https://wholesaler.example\n  login: a\nidosell: {url: x}\n"
	want := []string{
		"liste (FILE:1) is not a key of octobridge: did you mean listen?",
		"idosel.url (FILE:3) is not a key of octobridge: did you mean idosell.url?",
		"idosel.login (FILE:4) is not a key of octobridge: did you mean idosell.login?",
	}
	lines := strings.Split(loadError(t, text), "\n")
	if len(lines) != 9 || !reflect.DeepEqual(lines[:3], want) {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
	many := strings.Split(loadError(t, manyKeys(500)), "\n")
	if len(many) != 21 || many[20] != "and 487 more problems: mend the ones above first" {
		t.Errorf("%d lines, the last: %s", len(many), many[len(many)-1])
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("x", i+1) + ": 1\n")
	}
	return b.String()
}

// TestHostileFilesTakeNoTime loads megabytes made to be slow: each must be done
// within the seconds that a busy machine may need, where it was minutes.
func TestHostileFilesTakeNoTime(t *testing.T) {
	var keys strings.Builder
	for i := 0; keys.Len() < 1<<20-100; i++ {
		keys.WriteString("idosell_passwort_" + strconv.Itoa(i) + ": 1\n")
	}
	for name, text := range map[string]string{
		"unknown keys": keys.String(),
		"deep":         "listen: " + strings.Repeat("[", 1<<19),
		"braces":       "listen: " + strings.Repeat("{a: ", 1<<17),
		"aliases":      "a: &a [" + strings.Repeat("*a,", 1<<18) + "]",
		"one word":     "listen: " + strings.Repeat("x", 1<<20-100),
		"origins":      "shop: {origins: [" + strings.Repeat("https://a.example,", 1<<15) + "]}",
	} {
		begin := time.Now()
		got := loadError(t, text)
		if took := time.Since(begin); took > 10*time.Second || len(got) > 20_000 {
			t.Errorf("%s: %v for an error of %d bytes", name, took, len(got))
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct {
		content string
		want    string
	}{
		"tab":       {"idosell:\n\turl: x\n", "FILE:2 is indented with a tab: indent with spaces"},
		"yaml":      {"\nlisten: a: b\n", "FILE:2 is not valid YAML: check the indentation, and quote values with special characters such as : # * & ! % @"},
		"list":      {"- listen\n", "FILE:1 is not a list of keys: begin with a key and a colon, such as listen: 127.0.0.1:8080"},
		"documents": {"listen: a\n---\nlisten: b\n", "FILE holds more than one document: take out the lines with only ---"},
		"latin2":    {"listen: \xb3\n", "FILE is not UTF-8 text: save it as UTF-8"},
		"large":     {strings.Repeat("#\n", 1<<19+1), "FILE is larger than 1048576 bytes: check that it is the right file"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := loadError(t, test.content); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	_, err := config.Load(config.Options{File: folder})
	if want := folder + " is a folder: name a file"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	none := filepath.Join(folder, "none.yaml")
	_, err = config.Load(config.Options{File: none})
	if want := none + " cannot be read (no such file or directory): check its name, relative to the working directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnUnreadableFileSaysSo(t *testing.T) {
	file := write(t, complete)
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root reads every file")
	}
	_, err := config.Load(config.Options{File: file})
	if want := file + " cannot be read (permission denied): let the user that runs octobridge read it"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTwinsThatDoNotWork(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	without := change(t, "  password: 0123\n", "")
	variable := "OCTOBRIDGE_IDOSELL__PASSWORD_FILE="
	for _, test := range []struct{ text, file, want string }{
		{complete, empty, "idosell.password (FILE:9) is given together with idosell.password_file (environment OCTOBRIDGE_IDOSELL__PASSWORD_FILE): take one of them out"},
		{without, empty, `names "` + empty + `", which is empty: write the secret into it`},
		{without, folder, `names "` + folder + `", which is a folder: name a file`},
		{without, folder + "/none", `which cannot be read (no such file or directory): check its name, relative to the working directory`},
	} {
		if got := loadError(t, test.text, variable+test.file); !strings.HasSuffix(got, test.want) || strings.Contains(got, "\n") {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// TestNoErrorHoldsASecret puts a password where each kind of error is made of it.
func TestNoErrorHoldsASecret(t *testing.T) {
	const leak = "hunter2"
	for _, text := range []string{
		change(t, "password: 0123", "password: *"+leak),           // an alias to YAML
		change(t, "password: 0123", "password: !"+leak+" x: y"),   // a tag
		change(t, "password: 0123", "password: %"+leak),           // a directive
		change(t, "password: 0123", "password: ["+leak+"]"),       // a list
		change(t, "password: 0123", "password: {"+leak+": 1}"),    // a mapping
		change(t, "password: 0123", `password: "`+leak+`\u0007"`), // a control character
		change(t, "password: 0123", "password: "+leak+"\n  password_file: x"),
		change(t, "https://wholesaler.example", "https://me:"+leak+"@wholesaler.example"),
		change(t, "https://wholesaler.example", "https://me:"+leak+"%zz@wholesaler.example"),
		complete + "database: mysql://me:" + leak + "@db.example/x\n",
		complete + "database: postgres://me:" + leak + "%zz@db.example/x\n",
	} {
		if got := loadError(t, text); strings.Contains(got, leak) {
			t.Errorf("the error holds the secret: %s", got)
		}
	}
}
