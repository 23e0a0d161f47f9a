package config

import (
	"fmt"
	"slices"
	"strings"
)

// EventKinds are the kinds of ONe's events, and EventRules what can be done with
// them, as one.events writes them.
var (
	EventKinds = []string{"cart-opened", "client-logged", "offer-opened"}
	EventRules = []string{"update", "pass", "record"}
)

// ParseEventRule reads an entry of one.events, such as "cart-opened=pass". The kind
// "*" stands for all that no other entry names.
func ParseEventRule(text string) (kind, rule string, err error) {
	kind, rule, found := strings.Cut(text, "=")
	kind, rule = strings.TrimSpace(kind), strings.TrimSpace(rule)
	if !found || kind != "*" && !slices.Contains(EventKinds, kind) || !slices.Contains(EventRules, rule) {
		return "", "", fmt.Errorf("%s is no rule", shown(text))
	}
	return kind, rule, nil
}

func eventRule(text string) *fault {
	if _, _, err := ParseEventRule(text); err != nil {
		return &fault{"has " + shown(text) + ", which is no rule", "write one of " + strings.Join(EventKinds, ", ") + " or *, =, and one of " + strings.Join(EventRules, ", ")}
	}
	return nil
}

// passes says whether an entry of one.events passes events on to the shop.
func passes(text string) bool {
	_, rule, err := ParseEventRule(text)
	return err == nil && rule == "pass"
}

// basicUser is a user name of HTTP Basic: what stands behind a colon would be taken
// for the password.
func basicUser(text string) *fault {
	if strings.Contains(text, ":") {
		return &fault{"has a colon, which a user name cannot have", "write it without"}
	}
	return nil
}

// headerText is a text that can stand in a header of a request, as the client of
// ONe takes it.
func headerText(text string) *fault {
	if !printable(text) {
		return &fault{"has blanks, or characters that a header cannot have", "write printable ASCII without blanks"}
	}
	return nil
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// one checks the credentials of ONe's events, and that there is somebody to pass
// events on to. Scope ONe does not read who that is.
func (r *reader) one(loaded *Loaded) {
	c := r.config.One
	if (r.scope == Serve || r.scope == Upstream) && r.config.Notify.URL == "" && slices.ContainsFunc(c.Events, passes) {
		r.faults.add(&Error{
			Key: "notify.url", Source: sourceNone,
			Problem: "is required with pass in one.events (" + loaded.Origin("one.events") + "), as nobody would be told",
			Remedy:  "write it as well, or write update in place of pass",
		})
	}
	if c.WebhookAuth == "none" && c.WebhookUser != "" {
		r.faults.add(&Error{
			Key: "one.webhook_auth", Source: loaded.Origin("one.webhook_auth"),
			Problem: "is none, while one.webhook_user says that events must bring credentials (" + loaded.Origin("one.webhook_user") + ")",
			Remedy:  "take one of them out",
		})
	}
	for _, pair := range []struct {
		key, user string
		password  Secret
	}{{"one.webhook_password", c.WebhookUser, c.WebhookPassword}, {"one.old_webhook_password", c.OldWebhookUser, c.OldWebhookPassword}} {
		if sample(pair.user) && sample(pair.password.Reveal()) {
			r.faults.add(&Error{
				Key: pair.key, Source: loaded.Origin(pair.key),
				Problem: "is the sample of ONe's documentation, which everybody knows",
				Remedy:  "choose another, here and in ONe's webhooks",
			})
		}
		if pair.user != "" && strings.TrimSpace(pair.user) == "" || !pair.password.Empty() && strings.TrimSpace(pair.password.Reveal()) == "" {
			r.faults.add(&Error{
				Key: pair.key, Source: loaded.Origin(pair.key),
				Problem: "or its user is nothing but blanks",
				Remedy:  "write both, or take both out",
			})
		}
	}
	if c.WebhookUser != "" && c.WebhookUser == c.OldWebhookUser && !c.WebhookPassword.Empty() && c.WebhookPassword.Equal(c.OldWebhookPassword) {
		r.faults.add(&Error{
			Key: "one.old_webhook_password", Source: loaded.Origin("one.old_webhook_password"),
			Problem: "and its user are the same as one.webhook_password and its user (" + loaded.Origin("one.webhook_password") + ")",
			Remedy:  "take one.old_webhook_user and one.old_webhook_password out, or write what was valid before",
		})
	}
}

// sample says whether a text is the user name, or the password, of the sample in
// ONe's documentation.
func sample(text string) bool { return strings.EqualFold(strings.TrimSpace(text), "admin") }
