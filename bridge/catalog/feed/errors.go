package feed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"unicode"

	"octobridge/internal/secret"
)

var (
	// ErrUnchanged says that a file is the one that is known already.
	ErrUnchanged = errors.New("unchanged since the last time")
	// ErrTooLarge says that a file is larger than the limit, as it comes or
	// unpacked.
	ErrTooLarge = errors.New("larger than feed.max_bytes allows")
	// ErrDamaged says that a file cannot be unpacked.
	ErrDamaged = errors.New("the packed file is damaged")
	// ErrTimeout says that a file was not there in time; what came of it is kept,
	// and the next Fetch goes on from there.
	ErrTimeout = errors.New("the wholesaler's server took too long")
	// ErrUnreachable says that the server could not be reached, or kept breaking
	// off; what came is kept, and the next Fetch goes on from there.
	ErrUnreachable = errors.New("the wholesaler's server could not be reached")
)

// StatusError is an answer that is no file.
type StatusError struct {
	File   string // as the Request calls it
	Status int    // HTTP
}

// Error says what was answered and what it mostly means.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the wholesaler's server answered %s to %s", strings.TrimSpace(fmt.Sprint(e.Status, " ", http.StatusText(e.Status))), e.File)
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return text + ": the feed's address is not valid any more; ask the wholesaler for the present one (feed.url)"
	case http.StatusNotFound, http.StatusGone:
		return text + ": the file is not there any more"
	}
	return text
}

// Gone says whether an error means that a file is not there any more and will not
// come back.
func Gone(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone)
}

// Error is a failure about a file of the feed. Its text holds nothing of an
// address but the host. Unwrap gives errors of this package, of context and of
// the file system, never one of net/http, which would repeat the address.
type Error struct {
	File string // as the Request calls it
	text string
	err  error
}

// Error says what happened.
func (e *Error) Error() string { return e.File + ": " + e.text }

// Unwrap returns what it is a case of.
func (e *Error) Unwrap() error { return e.err }

// failure makes an Error of what net/http or the network said.
func failure(ctx context.Context, file string, err error, s scrubber) *Error {
	var (
		address     *AddressError
		outer       *url.Error
		unresolved  *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	if errors.As(err, &outer) {
		err = outer.Err
	}
	cause := context.Cause(ctx)
	switch {
	case errors.As(err, &address):
		return &Error{file, address.Error(), address}
	case errors.Is(cause, errTimeUp):
		return &Error{file, ErrTimeout.Error() + " (feed.timeout)", ErrTimeout}
	case errors.Is(cause, errStalled):
		return &Error{file, "nothing more came from the wholesaler's server", ErrUnreachable}
	case errors.Is(cause, context.DeadlineExceeded):
		return &Error{file, "there was no time left", cause}
	case cause != nil:
		return &Error{file, "it was broken off", context.Canceled}
	case errors.As(err, &unresolved) && unresolved.IsNotFound:
		return &Error{file, "the wholesaler's server was not found: there is no address to its name", ErrUnreachable}
	case errors.As(err, &certificate):
		return &Error{file, "the certificate of the wholesaler's server is not to be trusted: " + s.foreign(certificate.Err.Error()), ErrUnreachable}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{file, "the connection broke before the whole file was there", ErrUnreachable}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{file, "the wholesaler's server refuses connections", ErrUnreachable}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Error{file, "the wholesaler's server broke the connection", ErrUnreachable}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &Error{file, "the wholesaler's server did not answer in time", ErrUnreachable}
	}
	return &Error{file, ErrUnreachable.Error() + ": " + s.foreign(err.Error()), ErrUnreachable}
}

// scrubber takes out of a text what must not be kept or logged.
type scrubber struct{ known *strings.Replacer }

// newScrubber knows the addresses, with and without percent-encoding, and what in
// them can be a token.
func newScrubber(addresses ...secret.String) scrubber {
	var secrets []string
	for _, address := range addresses {
		u, err := url.Parse(address.Reveal())
		if err != nil || address.Empty() {
			continue
		}
		secrets = append(secrets, address.Reveal(), u.RequestURI(), u.RawQuery)
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			name, value, _ := strings.Cut(pair, "=")
			for _, part := range []string{name, value} {
				plain, _ := url.QueryUnescape(part)
				secrets = append(secrets, part, plain)
			}
		}
		for part := range strings.SplitSeq(u.EscapedPath(), "/") {
			plain, _ := url.PathUnescape(part)
			secrets = append(secrets, part, plain)
		}
	}
	return scrubber{secret.Scrubber(8, secrets)}
}

var (
	addressLike = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s"'<>]*`)
	quoted      = regexp.MustCompile(`"[^"]*"`)
	tokenLike   = regexp.MustCompile(`[A-Za-z0-9_+/=%.-]{20,}`)
)

// foreign makes one short line of what another program wrote, without addresses,
// what it quotes, and what looks like a token.
func (s scrubber) foreign(text string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	line = s.known.Replace(line)
	for _, like := range []*regexp.Regexp{addressLike, quoted, tokenLike} {
		line = like.ReplaceAllString(line, secret.Redacted)
	}
	if characters := []rune(line); len(characters) > 200 {
		return string(characters[:200]) + "…"
	}
	return line
}

// Scrub returns an error whose text holds nothing of the addresses, no other
// address, and nothing that looks like a token; errors.Is finds in it what it
// finds in err. It is for errors about files whose contents are addresses.
func Scrub(err error, addresses ...secret.String) error {
	if err == nil {
		return nil
	}
	return &scrubbed{newScrubber(addresses...).foreign(err.Error()), err}
}

// scrubbed cannot be unwrapped, so that nobody prints what is inside.
type scrubbed struct {
	text string
	err  error
}

func (s *scrubbed) Error() string        { return s.text }
func (s *scrubbed) Is(target error) bool { return errors.Is(s.err, target) }
