package config

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones work on a machine without them

	money "github.com/bojanz/currency"
	"golang.org/x/text/language"
)

// parseURL reads an absolute URL without a user, a query or a fragment. Neither
// its errors nor ours repeat the text: it could hold a password.
func parseURL(text string) (*url.URL, *fault) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return nil, &fault{"is not an absolute URL", "write one such as https://shop.example"}
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, &fault{"has a port that does not exist", "write one between 1 and 65535"}
		}
	}
	if u.User != nil {
		return nil, &fault{"holds a user name or password", "take it out of the URL"}
	}
	return u, nil
}

// Loopback says whether a host (without its port) is this machine: "localhost"
// or an address in 127.0.0.0/8 or ::1.
func Loopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// encrypted wants https, or http to this machine.
func encrypted(u *url.URL) *fault {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return &fault{"is http:// to another machine, which anybody on the way can read", "write https://, as http:// is for loopback only"}
	}
	return &fault{"is neither https:// nor http://", "write https://"}
}

func publicURL(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#") {
		return &fault{"has a query or a fragment", "write only scheme, host and, where there is one, the path"}
	}
	return encrypted(u)
}

func upstreamURL(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#") {
		return &fault{"has more than scheme and host", "write only the shop's address, such as https://wholesaler.example, for the paths are in the gate table"}
	}
	return encrypted(u)
}

func origin(text string) *fault {
	u, f := parseURL(text)
	if f != nil {
		return f
	}
	if u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#") || strings.Contains(u.Host, "*") {
		return &fault{fmt.Sprintf("has %s, which is not an origin", shown(text)), "write only scheme, host and port, without a slash at the end, such as https://shop.example"}
	}
	return encrypted(u)
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func template(text string) *fault {
	for _, found := range placeholder.FindAllString(text, -1) {
		switch found {
		case "{id}", "{size}", "{code}", "{slug}":
		default:
			return &fault{"has the unknown placeholder " + shown(found), "use {id}, {size}, {code} or {slug}"}
		}
	}
	bare := placeholder.ReplaceAllString(text, "x")
	if strings.ContainsAny(bare, "{}") {
		return &fault{"has a brace without its partner", "write placeholders as {id}, {size}, {code} or {slug}"}
	}
	u, f := parseURL(bare)
	if f != nil {
		return f
	}
	if scheme, rest, _ := strings.Cut(text, "://"); strings.Contains(scheme, "{") || placeholder.MatchString(strings.SplitN(rest, "/", 2)[0]) {
		return &fault{"has a placeholder in its scheme or host", "use placeholders only behind the host"}
	}
	return encrypted(u)
}

func listenAddress(text string) *fault {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return &fault{shown(text) + " is not an address with a port", "write one such as 127.0.0.1:8080, or :8080 for every interface"}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return &fault{"has the port " + shown(port), "write a number from 0 to 65535, 0 for any free one"}
	}
	if host == "" || host == "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return &fault{"names the host " + shown(host), "write an IP address of this machine, localhost, or nothing for every interface"}
	}
	return nil
}

func proxy(text string) *fault {
	if _, err := netip.ParseAddr(text); err == nil {
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return &fault{"has " + shown(text) + ", which is neither an IP address nor a network", "write some such as 127.0.0.1 or 10.0.0.0/8"}
	}
	if prefix.Bits() == 0 {
		return &fault{"trusts every address there is, so that anybody could claim any", "name the network of the proxies"}
	}
	return nil
}

// databaseURL says nothing of the text: it holds a password.
func databaseURL(text string) *fault {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return &fault{"is not a PostgreSQL URL", "write one such as postgres://octobridge@db.example/octobridge, with special characters in the password percent-encoded, or leave it empty for SQLite"}
	}
	if u.Host == "" && u.Query().Get("host") == "" {
		return &fault{"names no host", "write postgres://user@host/database, or ?host=/run/postgresql for a socket"}
	}
	if strings.Trim(u.Path, "/") == "" && u.Query().Get("dbname") == "" {
		return &fault{"names no database", "write its name behind the host, such as postgres://octobridge@db.example/octobridge"}
	}
	return nil
}

func timeZone(text string) *fault {
	if _, err := time.LoadLocation(text); err != nil || text == "Local" {
		return &fault{shown(text) + " is not a time zone", "write an IANA name such as Europe/Warsaw"}
	}
	return nil
}

func locale(text string) *fault {
	if _, err := language.Parse(text); err != nil || strings.Contains(text, "_") {
		return &fault{shown(text) + " is not a locale", "write one such as pl-PL"}
	}
	return nil
}

// currency takes what prices can be written in: of a code that does not exist
// every price would be null, and nobody would be told why.
func currency(text string) *fault {
	if !money.IsValid(text) {
		return &fault{shown(text) + " is not a currency", "write an ISO 4217 code such as PLN"}
	}
	return nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/?$`)

func host(text string) *fault {
	for _, prefix := range []string{"https://", "//"} { // as urlStatic is often told
		text = strings.TrimPrefix(text, prefix)
	}
	if !hostName.MatchString(text) {
		return &fault{"is not a host", "write one such as server.oct8ne.example, without http:// and without a path"}
	}
	return nil
}

// durations checks a length of time with its unit, from least to most.
func durations(least, most string) func(string) *fault {
	from, _ := time.ParseDuration(least)
	to, _ := time.ParseDuration(most)
	return func(text string) *fault {
		d, err := time.ParseDuration(text)
		if err != nil {
			if _, isNumber := strconv.ParseFloat(text, 64); isNumber == nil && text != "0" {
				return &fault{shown(text) + " has no unit", "write a number with ms, s, m or h, such as 30s"}
			}
			return &fault{shown(text) + " is not a length of time", "write a number with ms, s, m or h, such as 30s"}
		}
		if d < from || d > to {
			return &fault{shown(text) + " is out of bounds", fmt.Sprintf("write something from %s to %s", least, most)}
		}
		return nil
	}
}

func numbers(least, most float64) func(string) *fault {
	return func(text string) *fault {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || n < least || n > most {
			return &fault{shown(text) + " is not a number in bounds", fmt.Sprintf("write one from %g to %g, with a decimal point", least, most)}
		}
		return nil
	}
}

func integers(least, most int) func(string) *fault {
	return func(text string) *fault {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return &fault{shown(text) + " is not a whole number in bounds", fmt.Sprintf("write one from %d to %d", least, most)}
		}
		return nil
	}
}
