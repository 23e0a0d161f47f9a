package notify_test

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"octobridge/bridge/notify"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// names is a name server that answers every question about an IPv4 address with
// the next of its addresses, the last one for ever.
type names struct {
	conn net.PacketConn
	mu   sync.Mutex
	next [][4]byte
	gone sync.WaitGroup
}

func newNames(t *testing.T, addresses ...[4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, next: addresses}
	n.gone.Go(n.serve)
	t.Cleanup(func() {
		_ = conn.Close()
		n.gone.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) serve() {
	buffer := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = n.conn.WriteTo(n.answer(buffer[:size]), from)
	}
}

// answer writes an answer to the one question of a query (RFC 1035, section 4).
func (n *names) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root, the type, the class
	out := append([]byte(nil), query[:end]...)
	out[2], out[3] = 0x84, 0x00 // an answer, with authority
	for i := 6; i < 12; i++ {
		out[i] = 0
	}
	if binary.BigEndian.Uint16(query[end-4:]) != 1 {
		return out // no IPv6 address
	}
	n.mu.Lock()
	address := n.next[0]
	if len(n.next) > 1 {
		n.next = n.next[1:]
	}
	n.mu.Unlock()
	out[7] = 1
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // the name above, A, IN, no time to live
	return append(out, address[:]...)
}

// secureReceiver is a receiver behind TLS that is called shop.example.
func secureReceiver(t *testing.T) (*receiver, *x509.CertPool) {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(r)
	r.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests want
	r.StartTLS()
	t.Cleanup(r.Close)
	roots := x509.NewCertPool()
	roots.AddCert(r.Certificate())
	return r, roots
}

func TestAddressesOfThisMachineAndPrivateNetworksAreRefused(t *testing.T) {
	for name, address := range map[string][4]byte{
		"this machine": {127, 0, 0, 1}, "private": {10, 1, 2, 3}, "metadata": {169, 254, 169, 254}, "shared": {100, 64, 0, 1}, "none": {0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onSQLite(t, func(t *testing.T, s *store.Store) {
				shop, roots := secureReceiver(t)
				_, port, _ := net.SplitHostPort(shop.Listener.Addr().String())
				f := start(t, s, notify.Options{URL: "https://example.com:" + port, RootCAs: roots, Resolver: newNames(t, address)})
				f.publish(t, "order.placed", "A-1")
				f.queue.run(t, f.Service, 0)
				m := f.messages(t, notify.Filter{})[0]
				if m.State != notify.Pending || !strings.Contains(m.LastError, "not called") {
					t.Errorf("message = %+v", m)
				}
				if len(shop.got()) != 0 {
					t.Error("the server of this machine was called")
				}
			})
		})
	}
	t.Run("written as an address", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			shop := newReceiver(t)
			f := start(t, s, notify.Options{URL: shop.URL})
			f.publish(t, "order.placed", "A-1")
			f.queue.run(t, f.Service, 0)
			if m := f.messages(t, notify.Filter{})[0]; len(shop.got()) != 0 || !strings.Contains(m.LastError, "notify.allow_private") {
				t.Errorf("%d calls, message = %+v", len(shop.got()), m)
			}
		})
	})
}

// A name that leads to a public address at first and to this machine later gains
// nothing: each connection's own address is looked at.
func TestANameThatMovesToThisMachineGainsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop, roots := secureReceiver(t)
		resolver := newNames(t, [4]byte{93, 184, 216, 34}, [4]byte{127, 0, 0, 1})
		var asked []string
		var opened atomic.Int32
		f := start(t, s, notify.Options{URL: "https://example.com/hooks", RootCAs: roots,
			// The public address leads to the test's server; what is checked is what
			// the name was resolved to.
			Dial: func(ctx context.Context, network, address string, control notify.Control) (net.Conn, error) {
				host, port, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				found, err := resolver.LookupNetIP(ctx, "ip4", host)
				if err != nil {
					return nil, err
				}
				asked = append(asked, host)
				if err := control(network, net.JoinHostPort(found[0].String(), port), nil); err != nil {
					return nil, err
				}
				opened.Add(1)
				return (&net.Dialer{}).DialContext(ctx, "tcp", shop.Listener.Addr().String())
			}})
		shop.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusInternalServerError)
		})
		f.publish(t, "order.placed", "A-1")
		f.queue.run(t, f.Service, 10*time.Minute)
		record := f.get(t, f.messages(t, notify.Filter{})[0].ID)
		if len(record.History) != 3 || record.History[0].Status != 500 || !strings.Contains(record.History[1].Error, "127.0.0.1, this machine") {
			t.Errorf("attempts = %+v", record.History)
		}
		if len(shop.got()) != 1 || opened.Load() != 1 {
			t.Errorf("%d calls over %d connections, want 1: the name led to this machine", len(shop.got()), opened.Load())
		}
		for _, host := range asked {
			if host != "example.com" {
				t.Errorf("%s was dialled: not the shop, but a proxy of the environment", host)
			}
		}
	})
}

func TestACertificateMustBeTrusted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shop, roots := secureReceiver(t)
		deliver := func(name string, trusted *x509.CertPool) notify.Message {
			f := start(t, s, notify.Options{URL: strings.Replace(shop.URL, "127.0.0.1", name, 1), AllowPrivate: true, RootCAs: trusted, Resolver: newNames(t, [4]byte{127, 0, 0, 1})})
			f.publish(t, "order.placed", name)
			f.queue.run(t, f.Service, 0)
			return f.messages(t, notify.Filter{Subject: name})[0]
		}
		if m := deliver("example.com", roots); m.State != notify.Delivered {
			t.Errorf("with a trusted certificate: %+v", m)
		}
		if m := deliver("127.0.0.1", x509.NewCertPool()); m.State != notify.Pending || !strings.Contains(m.LastError, "certificate") {
			t.Errorf("with a certificate that nobody trusts: %+v", m)
		}
		if m := deliver("other.example", roots); m.State != notify.Pending || !strings.Contains(m.LastError, "certificate") {
			t.Errorf("with another server's certificate: %+v", m)
		}
		if n := len(shop.got()); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}
