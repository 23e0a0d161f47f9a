package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

const mailTimeout = 30 * time.Second

// mailer sends mails through one server.
type mailer struct {
	host    string
	port    int
	from    string
	to      []string
	options []gomail.Option
	tls     *tls.Config // for TLS from the start; nil: STARTTLS or none
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	now     func() time.Time
}

// smtpsPort is where TLS is spoken from the start (RFC 8314, section 3.3).
const smtpsPort = 465

func newMailer(config SMTP, roots *x509.CertPool, now func() time.Time) (*mailer, error) {
	host, text, err := net.SplitHostPort(config.Host)
	port, bad := strconv.Atoi(text)
	if err != nil || bad != nil || host == "" || port < 1 || port > 65535 {
		return nil, errors.New("notify.smtp_host is not a host with a port: write one such as mail.example:587")
	}
	if config.From == "" || len(config.To) == 0 {
		return nil, errors.New("notify.smtp_host is set, but not who writes to whom: set notify.smtp_from and notify.smtp_to")
	}
	m := &mailer{host: host, port: port, from: config.From, to: config.To, dial: config.Dial, now: now}
	if _, err := m.message("x", m.from, mailBody{}); err != nil {
		return nil, errors.New("notify.smtp_from is not an e-mail address: write one such as octobridge@shop.example")
	}
	for _, to := range m.to {
		if _, err := m.message("x", to, mailBody{}); err != nil {
			return nil, errors.New("notify.smtp_to has what is not an e-mail address: write such as operator@shop.example")
		}
	}
	if m.dial == nil {
		m.dial = (&net.Dialer{}).DialContext
	}
	verify := &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	m.options = []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(mailTimeout), gomail.WithTLSConfig(verify)}
	local := loopbackHost(host)
	switch {
	case port == smtpsPort:
		m.tls = verify
		m.options = append(m.options, gomail.WithSSL())
	case !local:
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case config.User == "":
		// A mail server of this machine mostly offers a certificate that nobody
		// has signed: there is nothing to hide from this machine.
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		// It may take a password over TLS only.
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if config.User != "" {
		mechanisms := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
		if local {
			mechanisms = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
		}
		m.options = append(m.options, gomail.WithOpportunisticSMTPAuth(mechanisms...),
			gomail.WithUsername(config.User), gomail.WithPassword(config.Password.Reveal()))
	}
	return m, nil
}

// message writes a mail. Its Message-ID is made of ours, so that one that comes
// twice is seen to be one.
func (m *mailer) message(id, to string, body mailBody) (*gomail.Msg, error) {
	mail := gomail.NewMsg()
	if err := errors.Join(mail.From(m.from), mail.To(to)); err != nil {
		return nil, err
	}
	mail.Subject(body.Subject)
	mail.SetDateWithValue(m.now())
	mail.SetMessageIDWithValue(id + "@octobridge")
	mail.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence note answers it
	mail.SetUserAgent("octobridge")
	mail.SetBodyString(gomail.TypeTextPlain, body.Text)
	return mail, nil
}

// send sends a stored mail over a connection of its own.
func (m *mailer) send(ctx context.Context, row stored) outcome {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	var body mailBody
	if err := json.Unmarshal([]byte(row.body), &body); err != nil {
		return outcome{failure: "the stored mail cannot be read"}
	}
	mail, err := m.message(row.MessageID, row.recipient, body)
	if err != nil {
		return outcome{failure: "the stored mail has no address that can be used"}
	}
	// The library leaves the connection open when the greeting fails, and looks
	// at the context only while it dials.
	var conn net.Conn
	stop := func() bool { return true }
	defer func() {
		if conn != nil {
			stop()
			_ = conn.Close()
		}
	}()
	dial := func(dialing context.Context, network, address string) (_ net.Conn, err error) {
		if conn, err = m.dial(dialing, network, address); err != nil {
			return nil, err
		}
		raw := conn
		stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
		if m.tls == nil {
			return conn, nil
		}
		secure := tls.Client(conn, m.tls)
		return secure, secure.HandshakeContext(dialing)
	}
	client, err := gomail.NewClient(m.host, append(slices.Clone(m.options), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return outcome{failure: "the mail server's configuration cannot be used: check notify.smtp_…"}
	}
	err = client.DialAndSendWithContext(ctx, mail)
	// A server that took the mail and then failed at saying goodbye has it.
	if err == nil || mail.IsDelivered() {
		return outcome{status: 250}
	}
	return m.failure(ctx, err)
}

// failure says in our words why a mail was not taken: the library's repeat
// addresses.
func (m *mailer) failure(ctx context.Context, err error) outcome {
	var (
		reply       *textproto.Error
		sending     *gomail.SendError
		certificate *tls.CertificateVerificationError
		unresolved  *net.DNSError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &certificate):
		return outcome{failure: "the certificate of the mail server is not to be trusted"}
	case errors.As(err, &unresolved) && unresolved.IsNotFound:
		return outcome{failure: "the mail server was not found: there is no address to its name"}
	case errors.As(err, &reply):
		return outcome{status: reply.Code, failure: fmt.Sprintf("the mail server answered %d", reply.Code), detail: reply.Msg}
	case errors.As(err, &sending) && sending.ErrorCode() > 0:
		return outcome{status: sending.ErrorCode(), failure: fmt.Sprintf("the mail server answered %d", sending.ErrorCode()), detail: sending.Error()}
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return outcome{failure: "the mail server did not answer in time"}
	}
	return outcome{failure: "the mail could not be handed over", detail: err.Error()}
}
