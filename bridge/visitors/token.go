package visitors

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"octobridge/bridge/config"
)

const (
	// mostTokenBytes bounds a token before anything is made of it.
	mostTokenBytes = 4096
	// mostTokenAhead is how far ahead a token may end: one that leaks is soon worth
	// nothing.
	mostTokenAhead = 10 * time.Minute
	// clockLeeway is how far the clock of the shop's server may be ahead of ours.
	// That a token has ended is not forgiven.
	clockLeeway = 30 * time.Second

	mostSubject    = 200 // bytes
	mostEmail      = 254 // bytes (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.2, with RFC 3696, erratum 1690)
	mostName       = 200 // bytes
	mostOneIDBytes = 100
)

// tokens reads the identity tokens that the shop's server signs.
type tokens struct {
	keys     map[string][]byte // by kid
	audience string
	now      func() time.Time
	parser   *jwt.Parser
}

func newTokens(keys []config.TokenKey, audience string, now func() time.Time) *tokens {
	t := &tokens{keys: make(map[string][]byte, len(keys)), audience: strings.TrimRight(audience, "/"), now: now}
	for _, key := range keys {
		t.keys[key.ID] = []byte(key.Key.Reveal())
	}
	// The claims are checked here: the library knows one leeway for all times, and
	// does not know that a token must not live long.
	t.parser = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	return t
}

// refusal is why a token is not accepted. It is for the log and holds nothing of
// the token; it is ErrRefused, and prints as that.
type refusal struct{ reason string }

func (*refusal) Error() string        { return ErrRefused.Error() }
func (*refusal) Is(target error) bool { return target == ErrRefused }

// customer returns whom a token names. Every token that is not accepted gives the
// same error.
func (t *tokens) customer(token string) (Customer, error) {
	if len(token) > mostTokenBytes {
		return Customer{}, &refusal{"it is too large"}
	}
	var claims claims
	if _, err := t.parser.ParseWithClaims(token, &claims, t.key); err != nil {
		return Customer{}, &refusal{unverified(err)}
	}
	if reason := claims.wrong(t.now(), t.audience); reason != "" {
		return Customer{}, &refusal{reason}
	}
	return Customer{
		ID: claims.Subject, Email: claims.Email, FirstName: claims.GivenName, LastName: claims.FamilyName, OneCustomerID: oneCustomerID(claims.OneCustomerID),
	}, nil
}

// oneCustomerID is an id of ONe's as its events are compared with it: without blanks
// around it, and the prefix of its kind of customer in lower case.
func oneCustomerID(id string) string {
	id = strings.TrimSpace(id)
	kind, rest, found := strings.Cut(id, ":")
	if kind = strings.ToLower(kind); found && (kind == "org" || kind == "ind") {
		return kind + ":" + rest
	}
	return id
}

var (
	errNoSuchKey = errors.New("no such key")
	errCritical  = errors.New("an extension must be understood")
)

// key returns the key that a token names; each is for the one algorithm that the
// parser lets through.
func (t *tokens) key(token *jwt.Token) (any, error) {
	if _, has := token.Header["crit"]; has { // RFC 7515, section 4.1.11: none is understood here
		return nil, errCritical
	}
	id, _ := token.Header["kid"].(string)
	if key, known := t.keys[id]; known && len(key) > 0 {
		return key, nil
	}
	return nil, errNoSuchKey
}

// unverified says in words of our own why a token could not be verified: those of
// the library might repeat what it holds.
func unverified(err error) string {
	switch {
	case errors.Is(err, errNoSuchKey):
		return "its kid is none of the keys"
	case errors.Is(err, errCritical):
		return "it has a critical extension"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "its signature or its algorithm is wrong"
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return "its algorithm is not known"
	}
	return "it cannot be read"
}

// claims are what is read of a token.
type claims struct {
	Subject       string           `json:"sub"`
	Audience      jwt.ClaimStrings `json:"aud"`
	IssuedAt      *instant         `json:"iat"`
	NotBefore     *instant         `json:"nbf"`
	Expires       *instant         `json:"exp"`
	Email         string           `json:"email"`
	GivenName     string           `json:"given_name"`
	FamilyName    string           `json:"family_name"`
	OneCustomerID string           `json:"one_customer_id"`
}

// wrong says what is wrong with the claims, "" where nothing is.
func (c *claims) wrong(now time.Time, audience string) string {
	switch {
	case !isName(c.Subject, 1, mostSubject):
		return "its sub is missing, too long or no line of text"
	case !slices.ContainsFunc(c.Audience, func(one string) bool { return strings.TrimRight(one, "/") == audience }):
		return "its aud is not public_url"
	case c.IssuedAt == nil:
		return "it has no iat"
	case c.IssuedAt.After(now.Add(clockLeeway)):
		return "its iat is in the future: compare the clocks"
	case c.NotBefore != nil && c.NotBefore.After(now.Add(clockLeeway)):
		return "its nbf is in the future: compare the clocks"
	case c.Expires == nil:
		return "it has no exp"
	case !c.Expires.After(now):
		return "it has ended: compare the clocks"
	case c.Expires.After(now.Add(mostTokenAhead + clockLeeway)):
		return "its exp is more than ten minutes ahead"
	case !isName(c.Email, 0, mostEmail), !isName(c.GivenName, 0, mostName), !isName(c.FamilyName, 0, mostName), !isName(c.OneCustomerID, 0, mostOneIDBytes):
		return "its email, given_name, family_name or one_customer_id is too long or no line of text"
	}
	return ""
}

// isName says whether a text is one line of so many bytes, and not only spaces
// where it must not be empty.
func isName(text string, least, most int) bool {
	return len(text) <= most && len(strings.TrimSpace(text)) >= least && !strings.ContainsFunc(text, unicode.IsControl)
}

// instant is a NumericDate (RFC 7519, section 2): seconds since 1970, maybe with a
// fraction.
type instant struct{ time.Time }

var errNoInstant = errors.New("no time")

// UnmarshalJSON takes numbers only, and no time that time.Time cannot hold.
func (i *instant) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return errNoInstant
	}
	if seconds < 0 || seconds > 1<<40 {
		return errNoInstant
	}
	whole, fraction := math.Modf(seconds)
	i.Time = time.Unix(int64(whole), int64(fraction*1e9))
	return nil
}

// The methods of jwt.Claims. The parser asks for none of them, since the claims
// are checked by wrong.

// GetExpirationTime returns exp, nil without.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires.date(), nil }

// GetIssuedAt returns iat, nil without.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return c.IssuedAt.date(), nil }

// GetNotBefore returns nbf, nil without.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore.date(), nil }

// GetIssuer returns nothing: who issues is told by the key.
func (c *claims) GetIssuer() (string, error) { return "", nil }

// GetSubject returns sub.
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience returns aud.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return c.Audience, nil }

func (i *instant) date() *jwt.NumericDate {
	if i == nil {
		return nil
	}
	return &jwt.NumericDate{Time: i.Time}
}
