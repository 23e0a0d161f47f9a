package notify

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"octobridge/internal/secret"
)

// scrubber takes out of a text what must not be kept or logged.
type scrubber struct{ known *strings.Replacer }

// newScrubber knows the secrets of the configuration: the keys, the mail
// server's password, and what in the addresses can be a token.
func newScrubber(options Options) scrubber {
	var secrets []string
	for _, key := range []secret.String{options.Secret, options.OldSecret} {
		secrets = append(secrets, key.Reveal(), strings.TrimPrefix(key.Reveal(), "whsec_"))
	}
	secrets = append(secrets, options.SMTP.Password.Reveal(), options.SMTP.From)
	secrets = append(secrets, options.SMTP.To...)
	for _, address := range []string{options.URL, options.AlertURL} {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		secrets = append(secrets, address)
		for _, values := range u.Query() {
			for _, value := range values {
				secrets = append(secrets, value, url.QueryEscape(value))
			}
		}
		for part := range strings.SplitSeq(u.EscapedPath(), "/") {
			if len(part) >= 16 {
				secrets = append(secrets, part)
			}
		}
	}
	return scrubber{secret.Scrubber(4, secrets)}
}

var (
	mailLike  = regexp.MustCompile(`[^\s<>"'(),:;=@]+@[^\s<>"'(),:;=@]+`)
	tokenLike = regexp.MustCompile(`[A-Za-z0-9_+/=.-]{24,}`)
	phoneLike = regexp.MustCompile(`\+?[0-9][0-9 ()/-]{7,}[0-9]`)
)

// text takes out the known secrets and e-mail addresses.
func (s scrubber) text(text string) string {
	return mailLike.ReplaceAllString(s.known.Replace(text), secret.Redacted)
}

// foreign is text for what another server wrote: anything that looks like a
// token or a telephone number goes as well, it becomes one printable line, and
// of that the first 200 characters are returned.
func (s scrubber) foreign(text string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	line = s.text(line)
	line = tokenLike.ReplaceAllString(line, secret.Redacted)
	line = phoneLike.ReplaceAllString(line, secret.Redacted)
	return clip(line, 200)
}

// clip returns the first characters of a text.
func clip(text string, characters int) string {
	if utf8.RuneCountInString(text) <= characters {
		return text
	}
	return string([]rune(text)[:characters])
}
