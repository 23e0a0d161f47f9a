package feed

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyTheWholesalersMachinesAreCalled(t *testing.T) {
	const b2b = "https://b2b.hurt24.pl/edi/export-offer.php?token=abc"
	cases := []struct {
		gateway, part string
		allowed       bool
	}{
		{b2b, b2b, true},
		{b2b, "https://B2B.hurt24.pl./other", true},
		{b2b, "https://b2b.hurt24.pl:443/other", true},
		{b2b, "https://files.hurt24.pl/full.xml", true},
		{b2b, "https://hurt24.pl/full.xml", true},
		{b2b, "https://a.b.b2b.hurt24.pl/full.xml", true},
		{b2b, "http://b2b.hurt24.pl/full.xml", false},
		{b2b, "https://b2b.hurt24.pl:8443/full.xml", false},
		{b2b, "https://files.hurt24.pl:22/full.xml", false},
		{b2b, "https://otherhurt24.pl/full.xml", false},
		{b2b, "https://hurt24.pl.example/full.xml", false},
		{b2b, "https://127.0.0.1/full.xml", false},
		{b2b, "http://localhost/full.xml", false},
		{b2b, "https://[::1]/full.xml", false},
		{b2b, "https://169.254.169.254/latest/meta-data", false},
		{b2b, "https://user@b2b.hurt24.pl/full.xml", false},
		{b2b, "ftp://b2b.hurt24.pl/full.xml", false},
		{b2b, "file:///etc/passwd", false},
		{b2b, "//b2b.hurt24.pl/full.xml", false},
		{b2b, "full.xml", false},
		{b2b, "", false},
		{"https://shop.com.pl/feed", "https://www.shop.com.pl/full.xml", true},
		{"https://shop.com.pl/feed", "https://another.com.pl/full.xml", false},
		{"https://one.shop.pl/feed", "https://two.shop.pl/full.xml", false}, // shop.pl is many people's
		{"https://hurt24.pl:8443/feed", "https://hurt24.pl:8443/full.xml", true},
		{"https://hurt24.pl:8443/feed", "https://hurt24.pl/full.xml", false},
		{"https://192.168.1.5/feed", "https://192.168.1.5/full.xml", true},
		{"https://192.168.1.5/feed", "https://192.168.1.6/full.xml", false},
		{"https://wholesaler/feed", "https://wholesaler/full.xml", true},
		{"https://wholesaler/feed", "https://other/full.xml", false},
		{"http://127.0.0.1:8080/feed", "http://127.0.0.1:8080/full.xml", true},
		{"http://127.0.0.1:8080/feed", "http://localhost:8080/full.xml", true},
		{"http://127.0.0.1:8080/feed", "http://127.0.0.1:6379/full.xml", false},
		{"http://127.0.0.1:8080/feed", "https://hurt24.pl/full.xml", false},
		{"http://127.0.0.1:8080/feed", "http://hurt24.pl:8080/full.xml", false},
	}
	for _, c := range cases {
		s, err := newSite(c.gateway)
		if err != nil {
			t.Fatalf("%s: %v", c.gateway, err)
		}
		u, err := url.Parse(c.part)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.allows(u); (err == nil) != c.allowed {
			t.Errorf("%s, listed by %s: %v, want allowed = %v", c.part, c.gateway, err, c.allowed)
		}
	}
}

func TestAddressThatCannotBeTheFeeds(t *testing.T) {
	for _, address := range []string{"", "hurt24.pl/feed", "http://hurt24.pl/feed?t=secret", "ftp://hurt24.pl", "https://u:secret@hurt24.pl/", "https:secret", "https://%zz/secret"} {
		_, err := newSite(address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %v", address, err)
		}
	}
}

func TestRedirectsStayWhereTheyAre(t *testing.T) {
	s, err := newSite("https://b2b.hurt24.pl/feed")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"https://b2b.hurt24.pl/a", "https://b2b.hurt24.pl/b", true},
		{"https://files.hurt24.pl/a", "https://files.hurt24.pl/b", true},
		{"https://files.hurt24.pl/a", "https://b2b.hurt24.pl/b", true},
		{"https://b2b.hurt24.pl/a", "https://files.hurt24.pl/b", false},
		{"https://b2b.hurt24.pl/a", "http://b2b.hurt24.pl/b", false},
		{"https://b2b.hurt24.pl/a", "https://elsewhere.pl/b", false},
	} {
		from, _ := url.Parse(c.from)
		to, _ := url.Parse(c.to)
		if err := s.allowsRedirect(from, to); (err == nil) != c.allowed {
			t.Errorf("%s to %s: %v, want allowed = %v", c.from, c.to, err, c.allowed)
		}
	}
}

func TestHowFarAddressesAreKnown(t *testing.T) {
	for text, want := range map[string]reach{
		"8.8.8.8": public, "2001:4860:4860::8888": public,
		"10.1.2.3": private, "172.16.0.1": private, "192.168.0.1": private, "100.64.1.1": private, "127.0.0.1": private,
		"::1": private, "fd00::1": private, "::ffff:10.0.0.1": private, "64:ff9b::a00:1": private, "2002:a00:1::": private,
		"169.254.169.254": never, "::ffff:169.254.169.254": never, "64:ff9b::a9fe:a9fe": never, "fe80::1": never, "0.0.0.0": never, "::": never, "224.0.0.1": never, "ff02::1": never,
	} {
		if got := reachOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// A name of the wholesaler's domain that leads into a private network is called
// only where the gateway is in one.
func TestNamesThatLeadIntoAPrivateNetwork(t *testing.T) {
	s, err := newSite("https://b2b.hurt24.pl/feed")
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{site: s}
	dial := func(host, address string) error {
		err := g.control(host)("tcp", address, nil)
		var refused *AddressError
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%s: the error is %T", host, err)
		}
		return err
	}
	if dial("b2b.hurt24.pl", "8.8.8.8:443") != nil || dial("files.hurt24.pl", "8.8.4.4:443") != nil {
		t.Error("public addresses are refused")
	}
	if dial("files.hurt24.pl", "10.0.0.1:443") == nil || dial("files.hurt24.pl", "127.0.0.1:443") == nil {
		t.Error("a private address is called, and the gateway is not in a private network")
	}
	if dial("b2b.hurt24.pl", "10.0.0.1:443") != nil || dial("files.hurt24.pl", "10.0.0.2:443") != nil {
		t.Error("the gateway is in a private network, and the other files are not fetched from there")
	}
	if dial("b2b.hurt24.pl", "169.254.169.254:80") == nil || dial("b2b.hurt24.pl", "nonsense") == nil {
		t.Error("an address of nobody's server is called")
	}
}

func FuzzPartAddress(f *testing.F) {
	for _, address := range []string{"https://b2b.hurt24.pl/x?token=1", "https://files.hurt24.pl", "http://b2b.hurt24.pl", "https://b2b.hurt24.pl@evil.pl/", "https://b2b.hurt24.pl.", "\x00", "https://[::ffff:7f00:1]/"} {
		f.Add(address)
	}
	s, err := newSite("https://b2b.hurt24.pl/feed")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.Parse(address)
		if err != nil || s.allows(u) != nil {
			return
		}
		host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if u.Scheme != "https" || u.User != nil || host != "hurt24.pl" && !strings.HasSuffix(host, ".hurt24.pl") || u.Port() != "" && u.Port() != "443" {
			t.Errorf("%q is called", address)
		}
	})
}
