package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"octobridge/internal/secret"
)

func TestAddresses(t *testing.T) {
	const public, lifted, never = "public", "only with notify.allow_private", "never"
	for address, want := range map[string]string{
		"8.8.8.8": public, "1.1.1.1": public, "172.15.255.255": public, "172.32.0.0": public, "192.167.255.255": public, "192.169.0.0": public,
		"100.63.255.255": public, "100.128.0.0": public, "11.0.0.0": public, "9.255.255.255": public, "128.0.0.0": public, "126.255.255.255": public,
		"169.253.255.255": public, "169.255.0.0": public, "223.255.255.255": public, "198.17.255.255": public, "198.20.0.0": public,
		"2606:4700:4700::1111": public, "2a00:1450::1": public, "::ffff:8.8.8.8": public, "64:ff9b::808:808": public, "2002:808:808::1": public, "2001:200::1": public,

		"10.0.0.0": lifted, "10.255.255.255": lifted, "172.16.0.0": lifted, "172.31.255.255": lifted, "192.168.0.0": lifted, "192.168.255.255": lifted,
		"127.0.0.1": lifted, "127.255.255.255": lifted, "100.64.0.0": lifted, "100.127.255.255": lifted, "::1": lifted, "fc00::1": lifted, "fdff:ffff::1": lifted,
		"::ffff:10.0.0.1": lifted, "::ffff:127.0.0.1": lifted, "64:ff9b::a00:1": lifted, "64:ff9b::7f00:1": lifted, "2002:a00:1::1": lifted, "2002:7f00:1::": lifted, "2002:c0a8:101::1": lifted,

		"0.0.0.0": never, "0.1.2.3": never, "169.254.169.254": never, "169.254.0.0": never, "224.0.0.1": never, "239.255.255.255": never,
		"240.0.0.1": never, "255.255.255.255": never, "192.0.0.170": never, "192.0.2.1": never, "198.18.0.1": never, "198.19.255.255": never,
		"198.51.100.7": never, "203.0.113.7": never, "192.88.99.1": never,
		"::": never, "fe80::1": never, "fe80::1%eth0": never, "febf::1": never, "fec0::1": never, "ff02::1": never, "ff0e::1": never,
		"2001:db8::1": never, "2001::1": never, "2001:0:a00:1::": never, "3fff::1": never, "::7f00:1": never, "::ffff:0:7f00:1": never,
		"64:ff9b:1::1": never, "64:ff9b::a9fe:a9fe": never, "2002:a9fe:a9fe::1": never, "::ffff:169.254.169.254": never, "5f00::1": never, "100::1": never,
	} {
		addr := netip.MustParseAddr(address)
		got := public
		if checkAddress(addr, false) != nil {
			got = lifted
			if checkAddress(addr, true) != nil {
				got = never
			}
		}
		if got != want {
			t.Errorf("%s is called: %s, want: %s", address, got, want)
		}
	}
	for _, address := range []string{"", "127.0.0.1", "shop.example:443", "[::1]"} {
		if control(true)("tcp", address, nil) == nil {
			t.Errorf("what is no address with a port was let through: %q", address)
		}
	}
	if err := control(false)("tcp6", "[2606:4700:4700::1111]:443", nil); err != nil {
		t.Error(err)
	}
	var refused *refusedAddress
	if err := control(false)("tcp", "10.0.0.1:443", nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), "notify.allow_private") {
		t.Errorf("err = %v: it does not say what to do", err)
	}
}

// FuzzAddress holds the check against the standard library's own words, for the
// address and for the IPv4 address inside it.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::1", "169.254.169.254", "10.1.2.3", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "fe80::1", "ff02::1", "8.8.8.8"} {
		addr := netip.MustParseAddr(seed)
		f.Add(addr.AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		addr, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		all := []netip.Addr{addr, addr.Unmap()}
		if b := addr.As16(); strings.HasPrefix(addr.StringExpanded(), "0064:ff9b:0000:0000:0000:0000:") {
			all = append(all, netip.AddrFrom4([4]byte(b[12:])))
		} else if strings.HasPrefix(addr.StringExpanded(), "2002:") {
			all = append(all, netip.AddrFrom4([4]byte(b[2:6])))
		}
		for _, a := range all {
			ours := a.IsPrivate() || a.IsLoopback()
			others := a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsMulticast() || a.IsUnspecified() || a.IsInterfaceLocalMulticast()
			if (ours || others) && checkAddress(addr, false) == nil {
				t.Errorf("%s may be called", addr)
			}
			if others && checkAddress(addr, true) == nil {
				t.Errorf("%s may be called with allow_private", addr)
			}
		}
		if checkAddress(addr, true) != nil && checkAddress(addr, false) == nil {
			t.Errorf("%s may be called only without allow_private", addr)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, " 90 ": 90 * time.Second, "86400": 24 * time.Hour, "86401": 24 * time.Hour, "99999999999999999999": 24 * time.Hour,
		"-5": 0, "+5": 0, "1.5": 0, "soon": 0, "5 minutes": 0,
		"Sun, 22 Nov 2026 10:00:30 GMT": 30 * time.Second, "Sun, 22 Nov 2026 09:00:00 GMT": 0, "Tue, 24 Nov 2026 10:00:00 GMT": 24 * time.Hour,
		"Sunday, 22-Nov-26 10:01:00 GMT": time.Minute, "Sun Nov 22 10:02:00 2026": 2 * time.Minute,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After: %s is %v, want %v", header, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"0", "120", "-1", "99999999999999999999", "Sun, 22 Nov 2026 10:00:30 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"} {
		f.Add(seed, int64(1795341600))
	}
	f.Fuzz(func(t *testing.T, header string, unix int64) {
		if got := retryAfter(header, time.Unix(unix, 0)); got < 0 || got > 24*time.Hour {
			t.Errorf("Retry-After: %q is %v", header, got)
		}
	})
}

// FuzzForeign: whatever a server answers, what is kept of it is one short
// printable line without the secrets.
func FuzzForeign(f *testing.F) {
	const key = "whsec_YW4taW52ZW50ZWQta2V5LTAxMjM0NTY3ODktYWJj"
	s := newScrubber(Options{URL: "https://shop.example/hooks/a-token-in-the-path?token=query-token", Secret: secret.New(key),
		SMTP: SMTP{User: "user-at-mail", Password: secret.New("pass-word"), To: []string{"operator@shop.example"}}})
	f.Add("invalid signature, expected one made with "+key, "")
	f.Add(strings.Repeat("x", 190), "pass-word")
	f.Add("<p>anna.nowak@shop.example, +48 600 700 800</p>\x00\xff", "\r\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, hidden := range []string{key, key[6:], "pass-word", "query-token", "a-token-in-the-path", "operator@shop.example"} {
			kept := s.foreign(before + " " + hidden + " " + after)
			if strings.Contains(kept, hidden) && !strings.Contains(before+after, hidden) {
				t.Errorf("%q is in %q", hidden, kept)
			}
			if utf8.RuneCountInString(kept) > 200 || !utf8.ValidString(kept) || strings.ContainsFunc(kept, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("kept %q", kept)
			}
		}
	})
}

func TestWhatOthersWroteIsCutAndScrubbed(t *testing.T) {
	s := newScrubber(Options{})
	for text, want := range map[string]string{
		"order A-1 not known":                      "order A-1 not known",
		"a\r\nb\tc\x00d":                           "a b c d",
		"ask anna.nowak@shop.example":              "ask [redacted]",
		"Bearer abcdefghijklmnopqrstuvwxyz012345":  "Bearer [redacted]",
		"call +48 600 700 800 now":                 "call [redacted] now",
		strings.Repeat("ab ", 100):                 strings.TrimSuffix(strings.Repeat("ab ", 67), " ")[:200],
		strings.Repeat("é ", 150):                  strings.Repeat("é ", 100),
		"sig v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o": "sig v1,[redacted]",
	} {
		if got := s.foreign(text); got != want {
			t.Errorf("%q is kept as %q, want %q", text, got, want)
		}
	}
}

// A server that takes the request and says nothing is given up after 15 seconds.
func TestASilentServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var servers []net.Conn
		options := Options{Dial: func(context.Context, string, string, Control) (net.Conn, error) {
			ours, theirs := net.Pipe()
			servers = append(servers, theirs)
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}}
		s := &Service{now: time.Now, scrub: newScrubber(options)}
		s.http, s.idle = newHTTP(options)
		began := time.Now()
		result := s.call(t.Context(), "http://127.0.0.1/hooks", stored{Message: Message{MessageID: "msg_1"}, body: "{}"}, began)
		if took := time.Since(began); took != 15*time.Second || !strings.Contains(result.failure, "in time") {
			t.Errorf("given up after %v: %+v", took, result)
		}
		for _, c := range servers {
			_ = c.Close()
		}
	})
}

// A server that answers and then goes on for ever is not read for ever.
func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	sent := make(chan int, 1)
	options := Options{Dial: func(context.Context, string, string, Control) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer func() { _ = theirs.Close() }()
			request, err := http.ReadRequest(bufio.NewReader(theirs))
			if err == nil {
				_, err = io.Copy(io.Discard, request.Body)
			}
			if err == nil {
				_, err = fmt.Fprint(theirs, "HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\n\r\n")
			}
			total := 0
			for piece := []byte(strings.Repeat("no good ", 512)); err == nil && total < 64<<20; {
				var n int
				n, err = theirs.Write(piece)
				total += n
			}
			sent <- total
		}()
		return ours, nil
	}}
	s := &Service{now: time.Now, scrub: newScrubber(options)}
	s.http, s.idle = newHTTP(options)
	result := s.call(t.Context(), "http://127.0.0.1/hooks", stored{Message: Message{MessageID: "msg_1"}, body: "{}"}, time.Now())
	if total := <-sent; total > 128<<10 {
		t.Errorf("%d bytes of the answer were read", total)
	}
	if result.status != 500 || len(result.detail) != 64<<10 {
		t.Errorf("status %d, %d bytes kept for reading", result.status, len(result.detail))
	}
}
