package config_test

import (
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/config"
)

func TestEventRules(t *testing.T) {
	for text, want := range map[string][2]string{
		"cart-opened=pass": {"cart-opened", "pass"}, " * = record ": {"*", "record"}, "client-logged=update": {"client-logged", "update"},
	} {
		kind, rule, err := config.ParseEventRule(text)
		if err != nil || [2]string{kind, rule} != want {
			t.Errorf("%q became %s, %s, %v", text, kind, rule, err)
		}
	}
	for _, text := range []string{"", "cart-opened", "=pass", "cart=pass", "cart-opened=", "cart-opened=drop", "Cart-Opened=pass"} {
		if _, _, err := config.ParseEventRule(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// Everybody knows the sample of ONe's documentation: who leaves it in place has
// no credentials at all.
func TestCredentialsOfONe(t *testing.T) {
	base := []string{
		"OCTOBRIDGE_IDOSELL__URL=https://wholesaler.example", "OCTOBRIDGE_IDOSELL__LOGIN=shop", "OCTOBRIDGE_IDOSELL__PASSWORD=secret",
		"OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=key", "OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
		"OCTOBRIDGE_PUBLIC_URL=https://bridge.example",
	}
	const one = "OCTOBRIDGE_ONE__"
	for _, c := range []struct {
		name  string
		given []string
		fault string // the key that is named; "": none
	}{
		{"nothing", nil, ""},
		{"a pair", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2hunter2"}, ""},
		{"two pairs", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2hunter2", "OLD_WEBHOOK_USER=one", "OLD_WEBHOOK_PASSWORD=hunter1hunter1"}, ""},
		{"the sample", []string{"WEBHOOK_USER=admin", "WEBHOOK_PASSWORD=admin"}, "one.webhook_password"},
		{"the sample in capitals", []string{"WEBHOOK_USER=Admin", "WEBHOOK_PASSWORD=ADMIN"}, "one.webhook_password"},
		{"the sample as the old pair", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2", "OLD_WEBHOOK_USER=admin", "OLD_WEBHOOK_PASSWORD=admin"}, "one.old_webhook_password"},
		{"admin with a password", []string{"WEBHOOK_USER=admin", "WEBHOOK_PASSWORD=hunter2hunter2"}, ""},
		{"no password", []string{"WEBHOOK_USER=one"}, "one.webhook_password"},
		{"no user", []string{"WEBHOOK_PASSWORD=hunter2"}, "one.webhook_user"},
		{"an old pair alone", []string{"OLD_WEBHOOK_USER=one", "OLD_WEBHOOK_PASSWORD=hunter2"}, "one.webhook_user"},
		{"a colon", []string{"WEBHOOK_USER=o:ne", "WEBHOOK_PASSWORD=hunter2"}, "one.webhook_user"},
		// The service did not start with these, and the check of the configuration took them.
		{"the same pair twice", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2", "OLD_WEBHOOK_USER=one", "OLD_WEBHOOK_PASSWORD=hunter2"}, "one.old_webhook_password"},
		{"a blank user", []string{"WEBHOOK_USER= ", "WEBHOOK_PASSWORD=hunter2"}, "one.webhook_password"},
		{"a blank password", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD= "}, "one.webhook_password"},
		{"a blank old password", []string{"WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2", "OLD_WEBHOOK_USER=one", "OLD_WEBHOOK_PASSWORD= "}, "one.old_webhook_password"},
		{"open by name", []string{"WEBHOOK_AUTH=none"}, ""},
		{"open, and not", []string{"WEBHOOK_AUTH=none", "WEBHOOK_USER=one", "WEBHOOK_PASSWORD=hunter2"}, "one.webhook_auth"},
		{"a rule", []string{"EVENTS=offer-opened=update,*=record"}, ""},
		{"no rule", []string{"EVENTS=offer-opened"}, "one.events"},
		{"the interface", []string{"URL=https://api.one.example", "TENANT=t", "API_AUTH=a:b"}, ""},
		{"no tenant", []string{"URL=https://api.one.example", "API_AUTH=a:b"}, "one.tenant"},
		{"no key", []string{"URL=https://api.one.example", "TENANT=t"}, "one.api_auth"},
		{"readable on the way", []string{"URL=http://api.one.example", "TENANT=t", "API_AUTH=a:b"}, "one.url"},
		// It was called complete, and the service did not start.
		{"a blank", []string{"URL=https://api.one.example", "TENANT=a b", "API_AUTH=a:b"}, "one.tenant"},
		{"a blank in the key", []string{"URL=https://api.one.example", "TENANT=t", "API_AUTH=a: hunter"}, "one.api_auth"},
		{"a line break", []string{"URL=https://api.one.example", "TENANT=t\nx", "API_AUTH=a:b"}, "one.tenant"},
	} {
		environ := append([]string{}, base...)
		for _, entry := range c.given {
			environ = append(environ, one+entry)
		}
		_, err := config.Load(config.Options{Environ: environ, Scope: config.Serve})
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s: no fault of %s, but %v", c.name, c.fault, err)
		case err != nil && strings.Contains(err.Error(), "hunter"):
			t.Errorf("%s: the error repeats a password: %v", c.name, err)
		}
	}
}

// A rule that passed events on was taken without anybody to pass them on to: the
// events said that they had been passed on, and nobody was told.
func TestPassingOnNeedsSomebodyToTell(t *testing.T) {
	base := []string{
		"OCTOBRIDGE_IDOSELL__URL=https://wholesaler.example", "OCTOBRIDGE_IDOSELL__LOGIN=shop", "OCTOBRIDGE_IDOSELL__PASSWORD=secret",
		"OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=key", "OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
		"OCTOBRIDGE_PUBLIC_URL=https://bridge.example", "OCTOBRIDGE_ONE__EVENTS=*=record, offer-opened = pass",
	}
	load := func(scope config.Scope, more ...string) error {
		_, err := config.Load(config.Options{Environ: slices.Concat(base, more), Scope: scope})
		return err
	}
	if err := load(config.Serve); err == nil || !strings.Contains(err.Error(), "notify.url") || !strings.Contains(err.Error(), "one.events") {
		t.Errorf("without notify.url: %v", err)
	}
	if err := load(config.Serve, "OCTOBRIDGE_NOTIFY__URL=https://shop.example/hooks", "OCTOBRIDGE_NOTIFY__SECRET=whsec_dGhlLWtleS11bnRpbC1ub3ctMDEyMzQ1Njc4OS0="); err != nil {
		t.Errorf("with it: %v", err)
	}
	one := []string{"OCTOBRIDGE_ONE__URL=https://api.one.example", "OCTOBRIDGE_ONE__TENANT=t", "OCTOBRIDGE_ONE__API_AUTH=a:b"}
	if err := load(config.ONe, one...); err != nil {
		t.Errorf("who looks at an offer is told of it: %v", err)
	}
}

// Who only receives ONe's events has no access to its integration API, and what is
// there of it is checked all the same.
func TestONeEventsNeedNoONe(t *testing.T) {
	environ := []string{"OCTOBRIDGE_PUBLIC_URL=https://bridge.example", "OCTOBRIDGE_ONE__WEBHOOK_USER=one", "OCTOBRIDGE_ONE__WEBHOOK_PASSWORD=hunter2hunter2", "OCTOBRIDGE_IDOSELL__URL=nonsense"}
	for _, more := range []string{"", "OCTOBRIDGE_ONE__URL=https://api.one.example"} {
		loaded, err := config.Load(config.Options{Scope: config.ONeEvents, Environ: append(environ, more)})
		if err != nil || loaded.Config.PublicURL == "" || loaded.Config.One.WebhookUser != "one" || loaded.Config.IdoSell.URL != "" {
			t.Errorf("%q: %v", more, err)
		}
	}
	if _, err := config.Load(config.Options{Scope: config.ONeEvents, Environ: append(environ, "OCTOBRIDGE_ONE__URL=http://api.one.example")}); err == nil || !strings.Contains(err.Error(), "one.url") {
		t.Errorf("an address that is none: %v", err)
	}
}

// Who looks at an offer needs no wholesaler, and nothing of the service.
func TestONeNeedsNoWholesaler(t *testing.T) {
	loaded, err := config.Load(config.Options{Scope: config.ONe, Environ: []string{
		"OCTOBRIDGE_ONE__URL=https://api.one.example", "OCTOBRIDGE_ONE__TENANT=t", "OCTOBRIDGE_ONE__API_AUTH=a:b", "OCTOBRIDGE_IDOSELL__URL=nonsense",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c := loaded.Config; c.One.URL != "https://api.one.example" || c.One.Tenant != "t" || c.One.APIAuth.Reveal() != "a:b" || c.IdoSell.URL != "" {
		t.Errorf("the configuration became %+v", c)
	}
	_, err = config.Load(config.Options{Scope: config.ONe})
	for _, key := range []string{"one.url", "one.tenant", "one.api_auth"} {
		if err == nil || strings.Count(err.Error(), key+" ") != 1 {
			t.Errorf("that %s is missing is not told once: %v", key, err)
		}
	}
}
