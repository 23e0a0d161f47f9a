package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"octobridge/internal/secret"
)

// Scope says how much of the configuration a command needs. What is given is
// checked in every scope, but for the last five; only what may be missing differs.
type Scope int

const (
	// Serve needs everything that the service needs.
	Serve Scope = iota
	// Upstream needs what calls to CustomerAPI need: the section idosell.
	Upstream
	// Pages needs nothing: it reads what the shop's pages are told and the account at
	// oct8ne, public_url and the sections shop, visitors and oct8ne. All else stays as
	// it is without a configuration, so that a shop can be linked up first.
	Pages
	// ONe needs what calls to ONe's integration API need. It reads the sections one and log, and
	// public_url, which ONe's webhooks lead to; all else stays as it is without a
	// configuration.
	ONe
	// ONeEvents reads what ONe does, and needs none of it: who receives ONe's events
	// need not call its integration API.
	ONeEvents
	// Operate needs nothing: it reads only what leads to the running service,
	// data_dir and operator.token. All else stays as it is without a
	// configuration, whatever the file says.
	Operate
	// Maintain needs nothing: it reads only which database there is, data_dir and
	// database, in the same way.
	Maintain
	// Replay needs what Serve needs but for calls to CustomerAPI, which a recording
	// answers: it does not look at the account's login, password and dropshippingKey,
	// nor at data_dir and database, as a replay must not touch the service's data.
	Replay
)

// reads says whether a scope looks at a row at all. Secrets of the service may
// be in files that those who operate it cannot open.
func (s Scope) reads(k *key) bool {
	switch s {
	case Pages:
		return k.path == "public_url" || k.section() == "shop" || k.section() == "oct8ne" || k.section() == "visitors" && !k.secret()
	case ONe, ONeEvents:
		return k.path == "public_url" || k.section() == "one" || k.section() == "log"
	case Operate:
		return k.path == "data_dir" || k.path == "operator.token"
	case Maintain:
		return k.path == "data_dir" || k.path == "database"
	case Replay:
		return !slices.Contains([]string{"idosell.login", "idosell.password", "idosell.dropshipping_key", "data_dir", "database"}, k.path)
	}
	return true
}

// Options say what to load from.
type Options struct {
	File    string         // YAML file; empty: the one named by OCTOBRIDGE_CONFIG; empty too: none
	Environ []string       // "NAME=value", as os.Environ returns; names beginning with OCTOTEST_ are for tests and ignored
	Flags   *pflag.FlagSet // parsed; nil: none. Flags that RegisterFlags did not add are left alone
	Scope   Scope
}

// Loaded is a configuration with where it came from.
type Loaded struct {
	Config   Config
	File     string   // the file that was read, "" when none
	Warnings []string // sentences for the log: environment names that mean nothing

	settings []Setting
}

// Setting is one row of "config show".
type Setting struct {
	Key    string // "idosell.url"
	Value  string // as it would be written; "[redacted]" for a secret that is set
	Source string // as in Error.Source, "default", or "not set"
}

// given is a value as somebody wrote it. Its fields are exported for koanf, which
// copies what it hands out.
type given struct {
	Texts  []string // exactly one but for lists
	Source string   // as in Error.Source
}

const (
	sourceDefault = "default"
	sourceNone    = "not set"
)

// layer is a source for koanf, which merges them. Keys stay flat: every one is
// known, and has no section of its own below it.
type layer map[string]given

// ReadBytes is not used: the sources are parsed already.
func (layer) ReadBytes() ([]byte, error) { return nil, fmt.Errorf("the layer is not text") }

// Read returns the values by path.
func (l layer) Read() (map[string]any, error) {
	values := make(map[string]any, len(l))
	for path, g := range l {
		values[path] = g
	}
	return values, nil
}

// keySeparator cannot be part of a key, so that koanf leaves the dots alone.
const keySeparator = "\x00"

// Load merges defaults, file, environment and flags, later ones winning, and
// checks the result. Everything wrong is reported at once: the error joins one
// *Error a problem, each on a line of its own. Load reads only; calling it again
// reads again.
func Load(options Options) (*Loaded, error) {
	loaded := &Loaded{File: options.File}
	if loaded.File == "" {
		loaded.File = variable(options.Environ, FileVariable)
	}
	faults := &problems{}

	file := &fileSource{name: loaded.File, values: map[string]given{}, excused: map[string]bool{}, faults: faults}
	if loaded.File != "" {
		if !file.load() {
			return nil, faults.err() // what it lacks is not known
		}
	}
	environment, warnings := fromEnvironment(options.Environ)
	loaded.Warnings = warnings

	merged := koanf.New(keySeparator)
	for _, source := range []layer{defaults(), file.values, environment, fromFlags(options.Flags)} {
		if err := merged.Load(source, nil); err != nil {
			return nil, fmt.Errorf("merge the configuration: %w", err)
		}
	}

	reader := &reader{merged: merged, config: &loaded.Config, scope: options.Scope, excused: file.excused, faults: faults}
	for _, k := range table {
		if options.Scope.reads(k) {
			loaded.settings = append(loaded.settings, reader.read(k))
		}
	}
	reader.together(loaded)
	if err := faults.err(); err != nil {
		return nil, err
	}
	return loaded, nil
}

func defaults() layer {
	values := layer{}
	for _, k := range table {
		if k.def != "" {
			values[k.path] = given{Texts: []string{k.def}, Source: sourceDefault}
		}
	}
	return values
}

// Origin tells where a key's value came from: "octobridge.yaml:3", "environment
// OCTOBRIDGE_LISTEN", "flag --listen", "default", or "not set", also for a key
// that does not exist.
func (l *Loaded) Origin(key string) string {
	for _, setting := range l.settings {
		if setting.Key == key {
			return setting.Source
		}
	}
	return sourceNone
}

// Show returns every key with its value and where it came from, in the order of
// the documentation. Secrets are shown as "[redacted]".
func (l *Loaded) Show() []Setting { return slices.Clone(l.settings) }

// reader turns merged texts into fields.
type reader struct {
	merged  *koanf.Koanf
	config  *Config
	scope   Scope
	excused map[string]bool // as in fileSource
	faults  *problems
}

func (r *reader) given(path string) (given, bool) {
	g, found := r.merged.Get(path).(given)
	return g, found && (len(g.Texts) > 1 || len(g.Texts) == 1 && g.Texts[0] != "")
}

// read checks one row and fills its field.
func (r *reader) read(k *key) Setting {
	g, found := r.given(k.path)
	setting := Setting{Key: k.path, Source: sourceNone}
	fail := func(source string, f *fault) {
		r.faults.add(&Error{Key: k.path, Source: source, Problem: f.problem, Remedy: f.remedy})
	}
	if k.secret() {
		if twin, named := r.given(k.twin()); named {
			if found {
				fail(g.Source, &fault{"is given together with " + k.twin() + " (" + twin.Source + ")", "take one of them out"})
				return setting
			}
			text, f := secretFile(twin.Texts[0])
			if f != nil {
				r.faults.add(&Error{Key: k.twin(), Source: twin.Source, Problem: f.problem, Remedy: f.remedy})
				return setting
			}
			g, found = given{Texts: []string{text}, Source: twin.Source}, true
		}
	}
	if !found {
		if again, written := r.merged.Get(k.path).(given); written && k.def != "" && len(again.Texts) > 0 {
			fail(again.Source, &fault{"is empty", "write a value, or take the key out for the default, " + k.def})
		} else if k.need.in(r.scope) && !r.excused[k.path] && !r.excused[k.section()] {
			fail(sourceNone, missing(k))
		}
		return setting
	}
	setting.Source = g.Source
	for _, text := range g.Texts {
		if f := k.judge(text); f != nil {
			fail(g.Source, f)
			return setting
		}
	}
	setting.Value = fill(k.field(r.config), g.Texts)
	return setting
}

func missing(k *key) *fault {
	ways := "the file or " + environmentName(k.path)
	remedy := "write it into " + ways
	if k.secret() {
		remedy = "write it into " + ways + ", or name a file that holds it in " + k.twin()
	}
	if len(k.allowed) > 0 {
		remedy += ", one of " + strings.Join(k.allowed, ", ")
	}
	return &fault{"is required", remedy}
}

// judge checks one text against the row.
func (k *key) judge(text string) *fault {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return &fault{"holds a control character or is not UTF-8", "write it on one line, as UTF-8"}
	}
	if len(k.allowed) > 0 && !slices.Contains(k.allowed, text) {
		return &fault{shown(text) + " is not a value it can have", "write one of " + strings.Join(k.allowed, ", ")}
	}
	if k.check == nil {
		return nil
	}
	return k.check(text)
}

// fill puts checked texts into a field and returns how to show them.
func fill(field any, texts []string) string {
	text := texts[0]
	switch field := field.(type) {
	case *string:
		*field = text
	case *[]string:
		*field = slices.Clone(texts)
		return strings.Join(texts, ", ")
	case *Secret:
		*field = secret.New(text)
		return secret.Redacted
	case *time.Duration:
		*field, _ = time.ParseDuration(text) // checked by judge, as the others
	case *int:
		*field, _ = strconv.Atoi(text)
	case *float64:
		*field, _ = strconv.ParseFloat(text, 64)
	case *bool:
		*field = text == "true"
	}
	return text
}

// secretFile reads the file of a twin: one line, whose end does not count.
func secretFile(name string) (string, *fault) {
	content, f := readBounded(name, maxSecret)
	if f != nil {
		return "", &fault{fmt.Sprintf("names %s, which %s", shown(name), f.problem), f.remedy}
	}
	text := strings.TrimRight(string(content), "\r\n")
	if text == "" {
		return "", &fault{fmt.Sprintf("names %s, which is empty", shown(name)), "write the secret into it"}
	}
	return text, nil
}

// together checks what no key tells alone.
func (r *reader) together(loaded *Loaded) {
	c := r.config
	if c.Pricing.Source == "account" && c.Shop.Kind == "dropshipping" && len(c.Pricing.Margins) == 0 {
		r.faults.add(&Error{
			Key: "pricing.source", Source: loaded.Origin("pricing.source"),
			Problem: `is "account" with shop.kind dropshipping, which would show visitors what this account pays`,
			Remedy:  "write none, retail or srp, or set pricing.margins",
		})
	}
	if len(r.faults.list) == 0 && c.Cache.Stale < c.Cache.Fresh {
		r.faults.add(&Error{
			Key: "cache.stale", Source: loaded.Origin("cache.stale"),
			Problem: fmt.Sprintf("is shorter than cache.fresh (%s)", c.Cache.Fresh),
			Remedy:  "write at least as much",
		})
	}
	r.pairs(loaded)
	r.visitors(loaded)
	r.one(loaded)
	if u, err := url.Parse(c.PublicURL); err == nil && strings.HasSuffix(u.Path, "/") {
		c.PublicURL = strings.TrimRight(c.PublicURL, "/") // paths are put behind it
	}
}

// pairs checks keys that mean something only together.
func (r *reader) pairs(loaded *Loaded) {
	c := r.config
	calls := r.scope != ONe && r.scope != ONeEvents // they need the three anyway, or none
	for _, pair := range []struct {
		key, needs   string
		given, there bool
	}{
		{"notify.url", "notify.secret", c.Notify.URL != "", !c.Notify.Secret.Empty()},
		{"notify.smtp_host", "notify.smtp_from", c.Notify.SMTPHost != "", c.Notify.SMTPFrom != ""},
		{"notify.smtp_host", "notify.smtp_to", c.Notify.SMTPHost != "", len(c.Notify.SMTPTo) > 0},
		{"orders.webhook_user", "orders.webhook_password", c.Orders.WebhookUser != "", !c.Orders.WebhookPassword.Empty()},
		{"one.webhook_user", "one.webhook_password", c.One.WebhookUser != "", !c.One.WebhookPassword.Empty()},
		{"one.webhook_password", "one.webhook_user", !c.One.WebhookPassword.Empty(), c.One.WebhookUser != ""},
		{"one.old_webhook_user", "one.old_webhook_password", c.One.OldWebhookUser != "", !c.One.OldWebhookPassword.Empty()},
		{"one.old_webhook_password", "one.old_webhook_user", !c.One.OldWebhookPassword.Empty(), c.One.OldWebhookUser != ""},
		{"one.old_webhook_user", "one.webhook_user", c.One.OldWebhookUser != "", c.One.WebhookUser != ""},
		{"one.url", "one.tenant", c.One.URL != "" && calls, c.One.Tenant != ""},
		{"one.url", "one.api_auth", c.One.URL != "" && calls, !c.One.APIAuth.Empty()},
		{"operator.listen", "operator.token", c.Operator.Listen != "", !c.Operator.Token.Empty()},
	} {
		if pair.given && !pair.there {
			r.faults.add(&Error{
				Key: pair.needs, Source: sourceNone,
				Problem: fmt.Sprintf("is required with %s (%s)", pair.key, loaded.Origin(pair.key)),
				Remedy:  "write it as well, or take " + pair.key + " out",
			})
		}
	}
}
