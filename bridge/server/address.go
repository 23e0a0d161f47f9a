package server

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// proxies are the networks whose forwarded headers are believed.
type proxies []netip.Prefix

func parseProxies(texts []string) (proxies, error) {
	var list proxies
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return nil, fmt.Errorf("trusted proxy %q is neither an IP address nor a network", text)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if addr := prefix.Addr(); addr.Is4In6() {
			prefix = netip.PrefixFrom(addr.Unmap(), max(0, prefix.Bits()-96))
		}
		list = append(list, prefix.Masked())
	}
	return list, nil
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// clientAddress returns who asks, and whether the peer is a trusted proxy. For a
// trusted one it leaves that address alone in X-Forwarded-For, where Fiber's
// c.IP takes it from: a client can write anything left of it.
func (s *Server) clientAddress(c *fiber.Ctx) (client netip.Addr, trusted bool) {
	client = peer(c.Context().RemoteAddr())
	if !s.proxies.trust(client) {
		return client, false
	}
	header := &c.Request().Header
	lines := header.PeekAll(fiber.HeaderXForwardedFor)
	for i := len(lines) - 1; i >= 0; i-- {
		var stop bool
		if client, stop = s.proxies.walk(client, string(lines[i])); stop {
			break
		}
	}
	header.Set(fiber.HeaderXForwardedFor, client.String())
	return client, true
}

// walk reads a line of X-Forwarded-For from the right. It stops at the first
// address that is no proxy's, and at what is no address: then the proxy that
// wrote it is all that is known.
func (p proxies) walk(client netip.Addr, line string) (_ netip.Addr, stop bool) {
	for line != "" {
		part := line
		if comma := strings.LastIndexByte(line, ','); comma >= 0 {
			line, part = line[:comma], line[comma+1:]
		} else {
			line = ""
		}
		addr, ok := parseForwarded(strings.TrimSpace(part))
		if !ok {
			return client, true
		}
		if client = addr; !p.trust(addr) {
			return client, true
		}
	}
	return client, false
}

// parseForwarded reads an address, with or without a port.
func parseForwarded(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// peer returns the other end of the connection, an invalid address where it is
// not one of TCP.
func peer(addr net.Addr) netip.Addr {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}
