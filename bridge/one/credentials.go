package one

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"unicode"
)

// maxPairs is how many credentials are valid at once: the new pair and, until ONe
// has been told of it, the old one.
const maxPairs = 2

// sampleWord is user and password of the example in ONe's documentation ("Complete
// the input Username - admin").
const sampleWord = "admin"

var (
	errTooManyPairs = errors.New("at most two pairs of credentials for ONe's events are valid at once, the new one and the old one: remove the others")
	errEmptyPair    = errors.New("credentials for ONe's events need a user and a password: set both")
	errColonInUser  = errors.New("the user of the credentials for ONe's events has a colon, which HTTP Basic cannot carry: choose another name")
	errControl      = errors.New("the user or the password for ONe's events has a control character, such as a line break at its end, which HTTP Basic cannot carry: remove it")
	errSamplePair   = errors.New("the credentials for ONe's events are admin/admin, the sample of ONe's documentation, which everybody knows: choose others, here and in ONe's webhooks")
	errEqualPairs   = errors.New("both pairs of credentials for ONe's events are the same: remove one of them, or change it")
)

// checkCredentials says what is wrong with credentials, without repeating them. No
// pairs at all are not wrong.
func checkCredentials(pairs []Credentials) error {
	if len(pairs) > maxPairs {
		return errTooManyPairs
	}
	for _, pair := range pairs {
		user, password := pair.User, pair.Password.Reveal()
		switch {
		case strings.TrimSpace(user) == "" || strings.TrimSpace(password) == "":
			return errEmptyPair
		case strings.Contains(user, ":"):
			return errColonInUser
		case isSample(user) && isSample(password):
			return errSamplePair
		case strings.ContainsFunc(user, unicode.IsControl) || strings.ContainsFunc(password, unicode.IsControl):
			return errControl
		}
	}
	if len(pairs) == maxPairs && pairs[0].User == pairs[1].User && pairs[0].Password.Equal(pairs[1].Password) {
		return errEqualPairs
	}
	return nil
}

// isSample says whether a text is the sample's, as people write it: in any letter
// case, with blanks around.
func isSample(text string) bool {
	return strings.EqualFold(strings.TrimSpace(text), sampleWord)
}

// gate compares what a request brings with the pairs that are valid, in a time
// that tells nothing of them: not which of them comes near, nor where it differs,
// nor how long it is, nor how many there are.
type gate struct {
	pairs [maxPairs]struct{ user, password [sha256.Size]byte }
}

func newGate(pairs []Credentials) gate {
	var g gate
	for n := range g.pairs {
		if n < len(pairs) {
			g.pairs[n].user = sha256.Sum256([]byte(pairs[n].User))
			g.pairs[n].password = sha256.Sum256([]byte(pairs[n].Password.Reveal()))
			continue
		}
		// A pair that is not there is compared all the same; no text has this hash.
		_, _ = rand.Read(g.pairs[n].user[:]) // never fails
		_, _ = rand.Read(g.pairs[n].password[:])
	}
	return g
}

// admits says whether an Authorization header holds a valid pair.
func (g *gate) admits(authorization string) bool {
	user, password := basicCredentials(authorization)
	userHash, passwordHash := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	valid := 0
	for n := range g.pairs {
		valid |= subtle.ConstantTimeCompare(userHash[:], g.pairs[n].user[:]) &
			subtle.ConstantTimeCompare(passwordHash[:], g.pairs[n].password[:])
	}
	return valid == 1
}

// basicCredentials reads an Authorization header (RFC 7617); both are empty where
// it is no such one.
func basicCredentials(header string) (user, password string) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", ""
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	user, password, _ = strings.Cut(string(decoded), ":")
	return user, password
}
