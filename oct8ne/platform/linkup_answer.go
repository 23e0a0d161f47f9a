package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"octobridge/internal/secret"
)

const (
	longestAnswer  = 64 << 10 // of a link-up, in bytes
	longestID      = 200      // of a licence or token, in characters
	longestMessage = 300      // of what oct8ne says of a refusal, in characters
)

// linkUpAnswer is what oct8ne answers. The document writes the names in camelCase;
// existing adapters read them in PascalCase. encoding/json takes both.
type linkUpAnswer struct {
	APIToken  text `json:"apiToken"`
	LicenseID text `json:"licenseId"`
	Server    text `json:"server"`
	URLStatic text `json:"urlStatic"`
	Message   text `json:"message"`
}

// text is a JSON text. Anything else counts as missing: a message, say, that is an
// object must not hide a refusal.
type text string

// UnmarshalJSON reads a text.
func (t *text) UnmarshalJSON(raw []byte) error {
	var read string
	if json.Unmarshal(raw, &read) == nil {
		*t = text(strings.TrimSpace(read))
	}
	return nil
}

// readLinkUp reads an answer. Its error repeats nothing of it: an answer holds a
// token.
func readLinkUp(body io.Reader) (linkUpAnswer, error) {
	raw, err := io.ReadAll(io.LimitReader(body, longestAnswer+1))
	switch {
	case err != nil:
		return linkUpAnswer{}, fmt.Errorf("its answer broke off: %w", err)
	case len(raw) > longestAnswer:
		return linkUpAnswer{}, fmt.Errorf("its answer is longer than %d bytes", longestAnswer)
	}
	var answer linkUpAnswer
	if json.Unmarshal(raw, &answer) != nil {
		return linkUpAnswer{}, errors.New("its answer is not the JSON object that its document shows")
	}
	return answer, nil
}

// account judges an answer that came with a status; unread says why it could not
// be read.
func (a linkUpAnswer) account(status int, unread error, options LinkUpOptions) (Account, error) {
	answered := fmt.Sprintf("oct8ne's backoffice answered %d %s", status, http.StatusText(status))
	refused := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusBadRequest
	switch {
	case status >= 500 || status == http.StatusTooManyRequests:
		return Account{}, fmt.Errorf("%s: try again later", answered)
	case unread != nil && refused:
		return Account{}, fmt.Errorf("%w: it answered %d %s. Check the e-mail address, the password and the region", ErrLinkUpRefused, status, http.StatusText(status))
	case status != http.StatusOK && !refused:
		return Account{}, fmt.Errorf("%s, which is none of link up's: check oct8ne.region and oct8ne.backoffice_url", answered)
	case unread != nil:
		return Account{}, fmt.Errorf("oct8ne's backoffice cannot be understood: %w. Try again, and ask oct8ne's support where this lasts", unread)
	case refused || a.APIToken == "" && a.LicenseID == "":
		said := a.message(options)
		if said == "" {
			said = "it gave no reason"
		} else {
			said = "it says: " + said
		}
		return Account{}, fmt.Errorf("%w (%s). Check the e-mail address, the password and the region", ErrLinkUpRefused, said)
	}
	account := Account{LicenseID: string(a.LicenseID), APIToken: secret.New(string(a.APIToken))}
	var ok bool
	for _, id := range []struct{ name, value string }{{"licence", account.LicenseID}, {"apiToken", account.APIToken.Reveal()}} {
		if !validID(id.value) {
			return Account{}, fmt.Errorf("oct8ne's backoffice answered no %s that can be used: ask oct8ne's support", id.name)
		}
	}
	if account.Server, ok = hostTold(string(a.Server)); !ok {
		return Account{}, errors.New("oct8ne's backoffice answered no host as its server: ask oct8ne's support")
	}
	if account.StaticServer, ok = hostTold(string(a.URLStatic)); !ok {
		return Account{}, errors.New("oct8ne's backoffice answered no host as urlStatic: ask oct8ne's support")
	}
	return account, nil
}

func validID(id string) bool {
	if id == "" || len(id) > longestID {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/?$`)

// hostTold returns a host without the protocol that may stand before it.
func hostTold(told string) (string, bool) {
	for _, prefix := range []string{"https:", "http:", "//"} {
		told = strings.TrimPrefix(told, prefix)
	}
	return told, len(told) <= 255 && hostPattern.MatchString(told)
}

// message returns what oct8ne says, on one line; "" where it says nothing, or
// repeats the password or the e-mail address.
func (a linkUpAnswer) message(options LinkUpOptions) string {
	plain := strings.ToLower(html.UnescapeString(string(a.Message)))
	for _, said := range []string{plain, unescaped(plain)} {
		for _, private := range []string{options.Email, options.Password.Reveal()} {
			if strings.Contains(said, strings.ToLower(private)) {
				return ""
			}
		}
	}
	line := strings.Join(strings.FieldsFunc(string(a.Message), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if utf8.RuneCountInString(line) > longestMessage {
		line = string([]rune(line)[:longestMessage]) + "…"
	}
	return line
}

// unescaped undoes what a query does to a text.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
