package config_test

import (
	"strings"
	"testing"

	"octobridge/bridge/config"
)

func TestTokenKeys(t *testing.T) {
	const long = "an-invented-signing-key-0123456789abcdef"
	keys, err := config.ParseTokenKeys("2026a=" + long + ", 2026b=base64:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || keys[0].ID != "2026a" || keys[0].Key.Reveal() != long || keys[1].ID != "2026b" || keys[1].Key.Reveal() != "01234567890123456789012345678901" {
		t.Errorf("the keys became %d, %s, %s", len(keys), keys[0].ID, keys[len(keys)-1].ID)
	}
	for name, text := range map[string]string{
		"no id": long, "empty id": "=" + long, "short": "a=too-short", "three": "a=" + long + ",b=" + long + ",c=" + long,
		"twice": "a=" + long + ",a=" + long, "no base64": "a=base64:!!!", "short base64": "a=base64:YWJj", "id with blanks": "a b=" + long,
	} {
		if _, err := config.ParseTokenKeys(text); err == nil {
			t.Errorf("%s: was accepted", name)
		} else if strings.Contains(err.Error(), long) || strings.Contains(err.Error(), "too-short") {
			t.Errorf("%s: the error repeats a key: %v", name, err)
		}
	}
}

func TestEncryptionKey(t *testing.T) {
	key, err := config.ParseEncryptionKey("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
	if err != nil || string(key) != "01234567890123456789012345678901" {
		t.Errorf("the key became %d bytes, %v", len(key), err)
	}
	for _, text := range []string{"", "MDEy", "not base64 at all", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy"} {
		if _, err := config.ParseEncryptionKey(text); err == nil {
			t.Errorf("%d characters were accepted", len(text))
		}
	}
}

// TestTheVisitorsCookieFitsTheAddress: a browser drops a cookie of another domain,
// or one with Secure that came without encryption, and every visitor would be new at
// each page.
func TestTheVisitorsCookieFitsTheAddress(t *testing.T) {
	base := []string{
		"OCTOBRIDGE_IDOSELL__URL=https://wholesaler.example", "OCTOBRIDGE_IDOSELL__LOGIN=shop", "OCTOBRIDGE_IDOSELL__PASSWORD=secret",
		"OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=key", "OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
	}
	const (
		public  = "OCTOBRIDGE_PUBLIC_URL="
		domain  = "OCTOBRIDGE_VISITORS__COOKIE_DOMAIN="
		cross   = "OCTOBRIDGE_VISITORS__CROSS_SITE=true"
		origins = "OCTOBRIDGE_SHOP__ORIGINS=https://shop.example"
	)
	for _, c := range []struct {
		name  string
		given []string
		fault string // the key that is named; "": none
	}{
		{"the host alone", []string{public + "https://bridge.shop.example"}, ""},
		{"a domain above", []string{public + "https://bridge.shop.example", domain + "shop.example"}, ""},
		{"the host itself", []string{public + "https://shop.example", domain + "shop.example"}, ""},
		{"another domain", []string{public + "https://bridge.shop.example", domain + "other.example"}, "visitors.cookie_domain"},
		{"an ending that is none", []string{public + "https://bridgeshop.example", domain + "shop.example"}, "visitors.cookie_domain"},
		{"cross-site", []string{public + "https://bridge.example", cross, origins}, ""},
		{"cross-site without encryption", []string{public + "http://127.0.0.1:8080", cross, origins}, "visitors.cross_site"},
		{"cross-site for nobody", []string{public + "https://bridge.example", cross}, "shop.origins"},
	} {
		_, err := config.Load(config.Options{Environ: append(append([]string{}, base...), c.given...), Scope: config.Serve})
		switch {
		case c.fault == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s: no fault of %s, but %v", c.name, c.fault, err)
		}
	}
}

// TestPagesNeedNoWholesaler: a shop is linked up with oct8ne before anything else is
// known, and what its pages include does not hang on the wholesaler.
func TestPagesNeedNoWholesaler(t *testing.T) {
	loaded, err := config.Load(config.Options{Scope: config.Pages, Environ: []string{
		"OCTOBRIDGE_SHOP__BASE_URL=https://shop.example", "OCTOBRIDGE_OCT8NE__LICENSE=ABC", "OCTOBRIDGE_IDOSELL__URL=nonsense", "OCTOBRIDGE_VISITORS__JWT_KEYS=nonsense",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c := loaded.Config; c.Shop.BaseURL != "https://shop.example" || c.Oct8ne.License != "ABC" || c.IdoSell.URL != "" || !c.Visitors.JWTKeys.Empty() {
		t.Errorf("the configuration became %+v", c)
	}
	if _, err := config.Load(config.Options{Scope: config.Pages, Environ: []string{"OCTOBRIDGE_SHOP__BASE_URL=nonsense"}}); err == nil {
		t.Error("what is given is not checked")
	}
}
