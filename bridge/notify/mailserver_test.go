package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mail is a mail as it came.
type mail struct {
	from, to string
	user     string // who logged in
	secure   bool   // over TLS
	text     string // with its headers
}

// mailServer is an SMTP server (RFC 5321) that keeps what it is given.
type mailServer struct {
	listener net.Listener
	tls      *tls.Config
	implicit bool              // TLS from the start
	startTLS bool              // STARTTLS is offered
	auth     string            // offered: "PLAIN", "LOGIN"; empty: none
	replies  map[string]string // in place of the usual ones: "RCPT TO:<a@b>" → "550 no"
	cutAfter string            // the connection is cut after the answer to this command

	mu       sync.Mutex
	mails    []mail
	commands []string
	conns    map[net.Conn]bool
	ended    sync.WaitGroup
}

// certificate makes a certificate for mail.example, signed by itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, DNSNames: []string{"mail.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: private}, roots
}

// serve starts the server and returns who trusts it.
func (m *mailServer) serve(t *testing.T) *x509.CertPool {
	t.Helper()
	own, roots := certificate(t)
	m.tls = &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}
	m.conns = map[net.Conn]bool{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.listener = listener
	m.ended.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.conns[conn] = true
			m.mu.Unlock()
			m.ended.Go(func() { m.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		m.mu.Lock()
		for conn := range m.conns {
			_ = conn.Close()
		}
		m.mu.Unlock()
		m.ended.Wait()
	})
	return roots
}

func (m *mailServer) talk(raw net.Conn) {
	conn := raw
	defer func() { _ = raw.Close() }()
	if m.implicit {
		conn = tls.Server(raw, m.tls)
	}
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
	current := mail{secure: m.implicit}
	decode := func(text string) string {
		plain, _ := base64.StdEncoding.DecodeString(text)
		return string(plain)
	}
	say("220 mail.example ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		m.mu.Lock()
		m.commands = append(m.commands, line)
		m.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		if reply, found := m.replies[line]; found {
			say(reply)
			continue
		}
		if reply, found := m.replies[verb]; found {
			say(reply)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail.example")
			if m.startTLS && !current.secure {
				say("250-STARTTLS")
			}
			if m.auth != "" {
				say("250-AUTH " + m.auth)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(raw, m.tls)
			conn, in, current.secure = secure, bufio.NewReader(secure), true
		case "AUTH":
			var user, password string
			if initial, found := strings.CutPrefix(rest, "PLAIN "); found {
				parts := strings.Split(decode(initial), "\x00")
				user, password = parts[1], parts[2]
			} else {
				say("334 " + base64.StdEncoding.EncodeToString([]byte("Username:")))
				first, _ := in.ReadString('\n')
				say("334 " + base64.StdEncoding.EncodeToString([]byte("Password:")))
				second, _ := in.ReadString('\n')
				user, password = decode(strings.TrimSpace(first)), decode(strings.TrimSpace(second))
			}
			if password != mailPassword {
				say("535 5.7.8 " + user + " may not come in with " + password)
				continue
			}
			current.user = user
			say("235 welcome")
		case "MAIL":
			current.from = strings.Trim(strings.Fields(strings.TrimPrefix(rest, "FROM:"))[0], "<>")
			say("250 ok")
		case "RCPT":
			current.to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				part, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if part == ".\r\n" {
					break
				}
				text.WriteString(part)
			}
			current.text = text.String()
			m.mu.Lock()
			m.mails = append(m.mails, current)
			m.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
		if m.cutAfter == verb {
			return
		}
	}
}

func (m *mailServer) got() []mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mail(nil), m.mails...)
}

// said tells whether a command was given, by how it begins.
func (m *mailServer) said(prefix string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, command := range m.commands {
		if strings.HasPrefix(command, prefix) {
			return true
		}
	}
	return false
}

const mailPassword = "correct-horse-battery"
