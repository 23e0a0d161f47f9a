package config

import (
	"encoding/base64"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var countryCode = regexp.MustCompile(`^([A-Z]{2}|\*)$`)

// courierRule checks one entry of orders.couriers.
func courierRule(text string) *fault {
	country, courier, found := strings.Cut(text, "=")
	if !found || !countryCode.MatchString(strings.TrimSpace(country)) || strings.TrimSpace(courier) == "" {
		return &fault{"has " + shown(text) + ", which is no rule", "write a country or *, =, and a courier's id, its name or cheapest, such as PL=DPD or *=cheapest"}
	}
	return nil
}

// NoticeFields are the fields of the wholesaler's notices that can be given
// names in orders.webhook_fields.
var NoticeFields = []string{"order", "serial", "reference", "status", "parcel", "parcel_removed", "shipping", "tracking", "courier", "event"}

func fieldName(text string) *fault {
	ours, theirs, found := strings.Cut(text, "=")
	if !found || strings.TrimSpace(theirs) == "" || !slices.Contains(NoticeFields, strings.TrimSpace(ours)) {
		return &fault{"has " + shown(text) + ", which names no field", "write one of " + strings.Join(NoticeFields, ", ") + ", =, and the name in the wholesaler's template"}
	}
	return nil
}

var pathSafe = regexp.MustCompile(`^[A-Za-z0-9_-]{24,200}$`)

// pathSecret says nothing of the text, as the other checks of secrets.
func pathSecret(text string) *fault {
	if !pathSafe.MatchString(text) {
		return &fault{"is too short, or has characters that an address cannot have", "write 24 to 200 letters, digits, - and _ that nobody can guess"}
	}
	return nil
}

func longToken(text string) *fault {
	if len(text) < 24 || len(text) > 200 || strings.ContainsAny(text, " \t") {
		return &fault{"is too short, too long, or has blanks", "write 24 to 200 characters that nobody can guess"}
	}
	return nil
}

func webhookSecret(text string) *fault {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if !strings.HasPrefix(text, "whsec_") || err != nil || len(key) < 24 || len(key) > 64 {
		return &fault{"is not a key of Standard Webhooks", "write whsec_ and 24 to 64 random bytes in base64"}
	}
	return nil
}

// calledURL is an address that the bridge calls.
func calledURL(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	if u.Fragment != "" {
		return &fault{"has a fragment", "write it without the part from # on"}
	}
	return encrypted(u)
}

func hostAndPort(text string) *fault {
	name, port, err := net.SplitHostPort(text)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 1 || n > 65535 || name == "" || host(name) != nil && net.ParseIP(name) == nil {
		return &fault{"is not a host with a port", "write one such as mail.example:587"}
	}
	return nil
}

func mailAddress(text string) *fault {
	if address, err := mail.ParseAddress(text); err != nil || address.Name != "" {
		return &fault{"is not an e-mail address", "write one such as operator@shop.example"}
	}
	return nil
}
