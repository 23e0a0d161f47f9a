package idosell

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"time"
)

// PasswordDigest is sha1(password) in lower-case hex: all of a password that
// CustomerAPI's keys are made of (CustomerAPI page), so it opens the account as the
// password does and must be kept as well. The empty password has none.
func PasswordDigest(password Secret) Secret {
	if password.Empty() {
		return Secret{}
	}
	sum := sha1.Sum([]byte(password.Reveal()))
	return NewSecret(hex.EncodeToString(sum[:]))
}

// isPasswordDigest says whether a text has the form of PasswordDigest's.
func isPasswordDigest(digest Secret) bool {
	text := digest.Reveal()
	return len(text) == 2*sha1.Size && strings.Trim(text, "0123456789abcdef") == ""
}

// SystemKey is the key that Authenticate wants: sha1(YYYYMMDD + sha1(password)),
// in lower-case hex, with the date in the wholesaler's time zone (CustomerAPI page).
func SystemKey(password Secret, day time.Time) Secret {
	inner := sha1.Sum([]byte(password.Reveal()))
	return systemKey(NewSecret(hex.EncodeToString(inner[:])), day)
}

// systemKey is SystemKey of a password's digest.
func systemKey(digest Secret, day time.Time) Secret {
	outer := sha1.Sum([]byte(day.Format("20060102") + digest.Reveal()))
	return NewSecret(hex.EncodeToString(outer[:]))
}
