package config

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"octobridge/internal/secret"
)

// TokenKey is a key that the shop signs identity tokens with.
type TokenKey struct {
	ID  string // kid
	Key Secret // its bytes
}

// mostTokenKeys is what a change of keys needs: the old one and the new one.
const mostTokenKeys = 2

// leastTokenKey is the shortest key of HS256 (RFC 7518, section 3.2), in bytes.
const leastTokenKey = 32

var tokenKeyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ParseTokenKeys reads visitors.jwt_keys: "2026a=key", or two of them separated by
// a comma. A key is taken as it stands; one that begins with "base64:" is decoded.
// Its error says what is wrong, and nothing of a key.
func ParseTokenKeys(text string) ([]TokenKey, error) {
	var keys []TokenKey
	for part := range strings.SplitSeq(text, ",") {
		id, key, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found || !tokenKeyID.MatchString(id) {
			return nil, fmt.Errorf("has a key without an id of letters, digits, dots, hyphens and underscores before its =")
		}
		if encoded, is := strings.CutPrefix(key, "base64:"); is {
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				return nil, fmt.Errorf("has a key whose part after base64: is no base64")
			}
			key = string(decoded)
		}
		if len(key) < leastTokenKey {
			return nil, fmt.Errorf("has a key of less than %d bytes", leastTokenKey)
		}
		for _, other := range keys {
			if other.ID == id {
				return nil, fmt.Errorf("has two keys with one id")
			}
		}
		keys = append(keys, TokenKey{id, secret.New(key)})
	}
	if len(keys) > mostTokenKeys {
		return nil, fmt.Errorf("has more than %d keys", mostTokenKeys)
	}
	return keys, nil
}

func tokenKeys(text string) *fault {
	if _, err := ParseTokenKeys(text); err != nil {
		return &fault{err.Error(), "write id=key, the key with at least 32 random characters or as base64: and base64, and at most two, separated by a comma"}
	}
	return nil
}

// ParseEncryptionKey reads visitors.encryption_key: 32 bytes in base64. Its error
// says nothing of the key.
func ParseEncryptionKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("is not 32 bytes in base64")
	}
	return key, nil
}

func encryptionKey(text string) *fault {
	if _, err := ParseEncryptionKey(text); err != nil {
		return &fault{err.Error(), "write what `openssl rand -base64 32` prints"}
	}
	return nil
}

// visitors checks what the cookie of visitors needs of other keys.
func (r *reader) visitors(loaded *Loaded) {
	c := r.config
	public, err := url.Parse(c.PublicURL)
	if err != nil || c.PublicURL == "" {
		return // has a fault of its own
	}
	host := strings.ToLower(public.Hostname())
	if domain := c.Visitors.CookieDomain; domain != "" && host != domain && !strings.HasSuffix(host, "."+domain) {
		r.faults.add(&Error{
			Key: "visitors.cookie_domain", Source: loaded.Origin("visitors.cookie_domain"),
			Problem: fmt.Sprintf("is not the domain of public_url (%s), so that no browser would keep the cookie", shown(host)),
			Remedy:  "write " + shown(host) + " or a domain above it, or take it out",
		})
	}
	for _, k := range []struct {
		key   string
		given bool
	}{{"visitors.cross_site", c.Visitors.CrossSite}, {"visitors.cookie_domain", c.Visitors.CookieDomain != ""}} {
		if k.given && public.Scheme != "https" {
			r.faults.add(&Error{
				Key: k.key, Source: loaded.Origin(k.key),
				Problem: "needs a cookie with Secure, which browsers keep of https:// only",
				Remedy:  "write an https:// address into public_url, or take " + k.key + " out",
			})
		}
	}
	if c.Visitors.CrossSite && len(c.Shop.Origins) == 0 {
		r.faults.add(&Error{
			Key: "shop.origins", Source: sourceNone, Problem: "is required with visitors.cross_site: nobody would be answered with what is theirs",
			Remedy: "write the origins of the shop's pages",
		})
	}
}

var domainName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

func cookieDomain(text string) *fault {
	if !domainName.MatchString(text) {
		return &fault{shown(text) + " is not a domain", "write one such as shop.example, in lower case, without a dot before it"}
	}
	return nil
}

// pageURL is the address of a page of the shop.
func pageURL(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	return encrypted(u)
}
