package one_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"octobridge/bridge/one"
	"octobridge/internal/secret"
)

func TestCredentialsThatAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	pair := func(user, password string) one.Credentials {
		return one.Credentials{User: user, Password: secret.New(password)}
	}
	for name, c := range map[string]struct {
		pairs []one.Credentials
		says  string // empty: they are accepted
	}{
		"none":                         {nil, ""},
		"one":                          {[]one.Credentials{pair("hurt", "tajne-od-listopada")}, ""},
		"two":                          {[]one.Credentials{pair("hurt", "tajne-od-listopada"), pair("hurt", "tajne-do-listopada")}, ""},
		"two users with one password":  {[]one.Credentials{pair("hurt", "tajne-od-listopada"), pair("hurt2", "tajne-od-listopada")}, ""},
		"a colon in the password":      {[]one.Credentials{pair("hurt", "tajne:od")}, ""},
		"admin with a password":        {[]one.Credentials{pair("admin", "tajne-od-listopada")}, ""},
		"a user with sample password":  {[]one.Credentials{pair("hurt", "admin")}, ""},
		"three":                        {[]one.Credentials{pair("a", "tajne-1"), pair("b", "tajne-2"), pair("c", "tajne-3")}, "at most two"},
		"no user":                      {[]one.Credentials{pair("", "tajne-od-listopada")}, "need a user and a password"},
		"a blank user":                 {[]one.Credentials{pair(" ", "tajne-od-listopada")}, "need a user and a password"},
		"no password":                  {[]one.Credentials{pair("hurt", "")}, "need a user and a password"},
		"no second password":           {[]one.Credentials{pair("hurt", "tajne-od-listopada"), pair("hurt", "")}, "need a user and a password"},
		"a colon in the user":          {[]one.Credentials{pair("hu:rt", "tajne-od-listopada")}, "colon"},
		"a line break in the password": {[]one.Credentials{pair("hurt", "tajne-od-listopada\n")}, "control character"},
		"the sample":                   {[]one.Credentials{pair("admin", "admin")}, "admin/admin"},
		"the sample in capitals":       {[]one.Credentials{pair("Admin", "ADMIN")}, "admin/admin"},
		"the sample with blanks":       {[]one.Credentials{pair(" admin", "admin\n")}, "admin/admin"},
		"the sample as the old pair":   {[]one.Credentials{pair("hurt", "tajne-od-listopada"), pair("admin", "admin")}, "admin/admin"},
		"twice the same":               {[]one.Credentials{pair("hurt", "tajne-od-listopada"), pair("hurt", "tajne-od-listopada")}, "the same"},
	} {
		_, err := one.New(context.Background(), one.Options{Store: s, Credentials: c.pairs})
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: got %v, want an error with %q", name, err, c.says)
		case err != nil && strings.Contains(err.Error(), "tajne"):
			t.Errorf("%s: the error tells a password: %v", name, err)
		}
	}
}

// Both pairs are valid, each whole; nothing else is.
func TestWhatCredentialsAdmit(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t), func(o *one.Options) {
		o.Credentials = []one.Credentials{
			{User: "new", Password: secret.New("hasło:nowe")}, {User: "old", Password: secret.New("hasło-stare")},
		}
	})
	single := newReceiver(t, r.store, func(o *one.Options) {
		o.Credentials = []one.Credentials{{User: "new", Password: secret.New("hasło:nowe")}}
	})
	open := newReceiver(t, r.store, func(o *one.Options) { o.Credentials, o.Open = nil, true })
	encode := func(pair string) string { return base64.StdEncoding.EncodeToString([]byte(pair)) }
	for header, want := range map[string]struct{ two, one bool }{
		"Basic " + encode("new:hasło:nowe"):                     {true, true},
		"basic   " + encode("new:hasło:nowe") + "  ":            {true, true},
		"BASIC " + encode("old:hasło-stare"):                    {true, false},
		"Basic " + encode("new:hasło-stare"):                    {},
		"Basic " + encode("old:hasło:nowe"):                     {},
		"Basic " + encode("new:hasło"):                          {},
		"Basic " + encode("New:hasło:nowe"):                     {},
		"Basic " + encode("new:hasło:nowe "):                    {},
		"Basic " + encode("admin:admin"):                        {},
		"Basic " + encode(":"):                                  {},
		"Basic " + encode(""):                                   {},
		"Basic " + encode("new"):                                {},
		"Basic":                                                 {},
		"":                                                      {},
		"Basic ?":                                               {},
		"Bearer " + encode("new:hasło:nowe"):                    {},
		encode("new:hasło:nowe"):                                {},
		"Basic " + encode(strings.Repeat("new:hasło:nowe", 99)): {},
	} {
		wants(t, "two pairs, "+header, r.Admits(header), want.two)
		wants(t, "one pair, "+header, single.Admits(header), want.one)
		wants(t, "open, "+header, open.Admits(header), false)
	}
}
