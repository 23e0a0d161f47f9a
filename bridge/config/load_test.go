package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"octobridge/bridge/config"
	"octobridge/internal/secret"
)

// write puts a configuration into a file of its own and returns its name.
func write(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "octobridge.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const complete = `listen: 0.0.0.0:80
public_url: https://bridge.shop.example/
trusted_proxies:
  - 10.0.0.0/8
  - "::1"
idosell:
  url: https://wholesaler.example
  login: shop
  password: 0123
  dropshipping_key: DK
  requests_per_second: 2.5
  timeout: 1m
shop:
  kind: dropshipping
  origins: https://shop.example, https://www.shop.example
pricing:
  source: srp
limits: {body_bytes: 2048}
cache:
`

func TestFileFillsTheFieldsAndDefaultsTheRest(t *testing.T) {
	loaded, err := config.Load(config.Options{File: write(t, complete)})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Listen: "0.0.0.0:80", PublicURL: "https://bridge.shop.example", TrustedProxies: []string{"10.0.0.0/8", "::1"},
		DataDir: "./octobridge-data", ShutdownGrace: 10 * time.Second,
		Log: config.Log{Level: "info", Format: "text"},
		IdoSell: config.IdoSell{
			URL: "https://wholesaler.example", Login: "shop", Password: secret.New("0123"), DropshippingKey: secret.New("DK"),
			Timezone: "Europe/Warsaw", RequestsPerSecond: 2.5, InFlight: 4, Timeout: time.Minute,
		},
		Shop:    config.Shop{Kind: "dropshipping", Origins: []string{"https://shop.example", "https://www.shop.example"}, Locale: "pl-PL"},
		Pricing: config.Pricing{Source: "srp", Amounts: "gross", RatesFrom: "none", NBPURL: "https://api.nbp.pl"},
		Feed:    config.Feed{Schedule: "*/15 * * * *", MaxLoss: 30, MaxBytes: 4 << 30, Timeout: 30 * time.Minute},
		Cache:   config.Cache{Fresh: 30 * time.Second, Stale: 24 * time.Hour, Items: 20000},
		Orders: config.Orders{
			History: 180 * 24 * time.Hour, Settle: 2 * time.Minute, Unavailable: "stop", FollowFor: 60 * 24 * time.Hour, StuckAfter: time.Hour,
		},
		Visitors: config.Visitors{Keep: 30 * 24 * time.Hour, MaxLines: 50, MaxQuantity: 9999, AddToCart: "post", LoginsPerAddress: 30, LoginsPerLogin: 10},
		Oct8ne:   config.Oct8ne{Region: "eu"},
		One:      config.One{WebhookAuth: "basic", SameWithin: 10 * time.Second, Session: 24 * time.Hour, Keep: 720 * time.Hour, Timeout: 20 * time.Second},
		Limits:   config.Limits{RequestsPerMinute: 1200, BodyBytes: 2048},
	}
	if diff := cmp.Diff(want, loaded.Config, cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		t.Errorf("the configuration differs (-want +got):\n%s", diff)
	}
	if len(loaded.Warnings) != 0 {
		t.Errorf("warnings: %q", loaded.Warnings)
	}
}

func TestEnvironmentBeatsFileAndFlagsBeatBoth(t *testing.T) {
	file := write(t, complete)
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.Bool("json", false, "a flag of the command")
	config.RegisterFlags(flags, config.Serve)
	if err := flags.Parse([]string{"--json", "--idosell-login", "from-flag", "--trusted-proxies", "192.0.2.1,192.0.2.2", "--shop-kind=wholesale"}); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(config.Options{File: file, Flags: flags, Environ: []string{
		"PATH=/bin", "OCTOTEST_POSTGRES=x", "OCTOBRIDGE_CONFIG=elsewhere.yaml",
		"OCTOBRIDGE_IDOSELL__LOGIN=from-environment",
		"OCTOBRIDGE_LISTEN=127.0.0.1:9",
		"OCTOBRIDGE_SHOP__ORIGINS=https://one.example,https://two.example",
		"OCTOBRIDGE_CACHE__FRESH=", // set by nobody
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	if c.IdoSell.Login != "from-flag" || c.Listen != "127.0.0.1:9" || c.Shop.Kind != "wholesale" || c.Cache.Fresh != 30*time.Second {
		t.Errorf("merged wrongly: %+v", c)
	}
	if !reflect.DeepEqual(c.TrustedProxies, []string{"192.0.2.1", "192.0.2.2"}) || !reflect.DeepEqual(c.Shop.Origins, []string{"https://one.example", "https://two.example"}) {
		t.Errorf("lists: %q, %q", c.TrustedProxies, c.Shop.Origins)
	}
	for key, want := range map[string]string{
		"listen":           "environment OCTOBRIDGE_LISTEN",
		"idosell.login":    "flag --idosell-login",
		"idosell.url":      file + ":7",
		"trusted_proxies":  "flag --trusted-proxies",
		"cache.fresh":      "default",
		"oct8ne.license":   "not set",
		"no.such.key":      "not set",
		"idosell.password": file + ":9",
	} {
		if got := loaded.Origin(key); got != want {
			t.Errorf("Origin(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestShowHidesSecrets(t *testing.T) {
	loaded, err := config.Load(config.Options{File: write(t, complete)})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, setting := range loaded.Show() {
		values[setting.Key] = setting.Value
	}
	for key, want := range map[string]string{
		"idosell.password": "[redacted]", "idosell.dropshipping_key": "[redacted]", "oct8ne.api_token": "",
		"trusted_proxies": "10.0.0.0/8, ::1", "idosell.requests_per_second": "2.5", "idosell.timezone": "Europe/Warsaw",
	} {
		if values[key] != want {
			t.Errorf("%s is shown as %q, want %q", key, values[key], want)
		}
	}
}

func TestUnknownEnvironmentNamesAreWarnings(t *testing.T) {
	loaded, err := config.Load(config.Options{File: write(t, complete), Environ: []string{"OCTOBRIDGE_IDOSELL_LOGIN=hunter2"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"environment OCTOBRIDGE_IDOSELL_LOGIN is ignored, as it names no key of octobridge: did you mean OCTOBRIDGE_IDOSELL__LOGIN?"}
	if !reflect.DeepEqual(loaded.Warnings, want) {
		t.Errorf("warnings: %q", loaded.Warnings)
	}
}

func TestTheFileIsNamedByTheEnvironment(t *testing.T) {
	file := write(t, complete)
	loaded, err := config.Load(config.Options{Environ: []string{config.FileVariable + "=" + file}})
	if err != nil || loaded.File != file || loaded.Config.IdoSell.Login != "shop" {
		t.Errorf("loaded %+v, %v", loaded, err)
	}
}

func TestUpstreamNeedsOnlyTheWholesaler(t *testing.T) {
	environ := []string{
		"OCTOBRIDGE_IDOSELL__URL=http://127.0.0.1:8081", "OCTOBRIDGE_IDOSELL__LOGIN=a",
		"OCTOBRIDGE_IDOSELL__PASSWORD=b", "OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=c",
	}
	if _, err := config.Load(config.Options{Environ: environ, Scope: config.Upstream}); err != nil {
		t.Error(err)
	}
	var missing []string
	_, err := config.Load(config.Options{Environ: environ})
	for _, e := range all(t, err) {
		missing = append(missing, e.Key)
	}
	if want := []string{"public_url", "shop.kind", "pricing.source"}; !reflect.DeepEqual(missing, want) {
		t.Errorf("missing to serve: %q, want %q", missing, want)
	}
	flags := pflag.NewFlagSet("search", pflag.ContinueOnError)
	config.RegisterFlags(flags, config.Upstream)
	if flags.Lookup("idosell-url") == nil || flags.Lookup("shop-kind") != nil || flags.Lookup("idosell-password") != nil || flags.Lookup("idosell-password-file") == nil {
		t.Error("the flags of Upstream are those of idosell and log, without the secrets")
	}
}

// Those who operate the service may not be able to read what it reads.
func TestOperateNeedsOnlyTheWayToTheService(t *testing.T) {
	token := write(t, "a-token-for-operators-0123456789\n")
	file := write(t, "data_dir: /var/lib/octobridge\nidosell:\n  password_file: /nowhere/password\noperator:\n  listen: 127.0.0.1:8081\n  token_file: "+token+"\nshop: {kind: market}\n")
	loaded, err := config.Load(config.Options{File: file, Scope: config.Operate})
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	if c.DataDir != "/var/lib/octobridge" || c.Operator.Token.Reveal() != "a-token-for-operators-0123456789" || c.Shop.Kind != "" || !c.IdoSell.Password.Empty() {
		t.Errorf("loaded %+v", c)
	}
	if _, err := config.Load(config.Options{File: file, Scope: config.Upstream}); err == nil {
		t.Error("the same file is no good where all of it is read")
	}
	if _, err := config.Load(config.Options{File: write(t, "data_dri: x\n"), Scope: config.Operate}); err == nil || !strings.Contains(err.Error(), "did you mean data_dir?") {
		t.Errorf("a misspelt key: %v", err)
	}
	if _, err := config.Load(config.Options{Environ: []string{"OCTOBRIDGE_OPERATOR__TOKEN=short"}, Scope: config.Operate}); err == nil || strings.Contains(err.Error(), `"short"`) {
		t.Errorf("a token that is too short: %v", err)
	}
	if loaded, err := config.Load(config.Options{Scope: config.Operate}); err != nil || loaded.Config.DataDir != "./octobridge-data" {
		t.Errorf("nothing given: %+v, %v", loaded, err)
	}
	flags := pflag.NewFlagSet("orders", pflag.ContinueOnError)
	config.RegisterFlags(flags, config.Operate)
	count := 0
	flags.VisitAll(func(*pflag.Flag) { count++ })
	if count != 1 || flags.Lookup("data-dir") == nil {
		t.Errorf("%d flags, want --data-dir alone", count)
	}
}

// A backup is taken by a timer, which need not know what the service knows.
func TestMaintainReadsWhichDatabaseThereIs(t *testing.T) {
	file := write(t, "data_dir: /var/lib/octobridge\ndatabase: postgres://octobridge:hunter22@db.example/octobridge\nidosell:\n  password_file: /nowhere/password\n")
	loaded, err := config.Load(config.Options{File: file, Scope: config.Maintain})
	if err != nil {
		t.Fatal(err)
	}
	if c := loaded.Config; c.DataDir != "/var/lib/octobridge" || !strings.Contains(c.Database.Reveal(), "hunter22") || !c.IdoSell.Password.Empty() {
		t.Errorf("loaded %+v", c)
	}
	flags := pflag.NewFlagSet("backup", pflag.ContinueOnError)
	config.RegisterFlags(flags, config.Maintain)
	count := 0
	flags.VisitAll(func(*pflag.Flag) { count++ })
	if count != 2 || flags.Lookup("data-dir") == nil || flags.Lookup("database-file") == nil {
		t.Errorf("%d flags, want --data-dir and --database-file", count)
	}
}

// all takes a joined error apart.
func all(t *testing.T, err error) []*config.Error {
	t.Helper()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("want several problems, got %v", err)
	}
	var list []*config.Error
	for _, one := range joined.Unwrap() {
		var e *config.Error
		if errors.As(one, &e) {
			list = append(list, e)
		}
	}
	return list
}

func TestSecretsComeFromTheirTwin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(" hunter2 \r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	without := strings.Replace(complete, "  password: 0123\n", "", 1)
	loaded, err := config.Load(config.Options{File: write(t, without), Environ: []string{"OCTOBRIDGE_IDOSELL__PASSWORD_FILE=" + file}})
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Config.IdoSell.Password.Reveal(); got != " hunter2 " {
		t.Errorf("the password is %q", got)
	}
	if got := loaded.Origin("idosell.password"); got != "environment OCTOBRIDGE_IDOSELL__PASSWORD_FILE" {
		t.Errorf("the password comes from %q", got)
	}
}

// A recording answers in place of the wholesaler: neither the account nor the
// service's own data is looked at, not even where the files with the keys are missing.
func TestReplayNeedsNoAccount(t *testing.T) {
	file := write(t, "public_url: https://shop.example\ndata_dir: /var/lib/octobridge\ndatabase_file: /nowhere/database\nshop: {kind: dropshipping}\npricing: {source: retail}\n"+
		"idosell:\n  url: https://wholesaler.example\n  login: shop\n  password_file: /nowhere/password\n  dropshipping_key_file: /nowhere/key\n")
	loaded, err := config.Load(config.Options{File: file, Scope: config.Replay})
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	if c.IdoSell.URL != "https://wholesaler.example" || c.Shop.Kind != "dropshipping" || c.IdoSell.Login != "" || !c.IdoSell.Password.Empty() || c.DataDir != "" || !c.Database.Empty() {
		t.Errorf("loaded %+v", c)
	}
	if _, err := config.Load(config.Options{File: file, Scope: config.Serve}); err == nil {
		t.Error("the same file is no good where the wholesaler is called")
	}
	_, err = config.Load(config.Options{Scope: config.Replay})
	if err == nil || !strings.Contains(err.Error(), "shop.kind") || !strings.Contains(err.Error(), "public_url") || strings.Contains(err.Error(), "idosell.") {
		t.Errorf("with nothing given: %v", err)
	}
}
