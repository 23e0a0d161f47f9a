package sandbox

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"octobridge/internal/secret"
)

// sessionLife is how long a sessionKey lives (CustomerAPI's public page).
const sessionLife = 15 * time.Minute

// echoSuffix follows the key in an answer's echo of authenticate, so that the
// echo is never the key itself (seen in the admin API's traffic).
const echoSuffix = "_iai"

type session struct {
	account *account
	ends    time.Time
}

// systemKey is sha1(YYYYMMDD + sha1(password)) in lower-case hexadecimal.
func systemKey(date time.Time, password string) string {
	inner := sha1.Sum([]byte(password))
	outer := sha1.Sum([]byte(date.Format("20060102") + hex.EncodeToString(inner[:])))
	return hex.EncodeToString(outer[:])
}

// authenticate hands a sessionKey out. The date in the systemKey is the shop's.
func (s *Server) authenticate(req *request) (echo, results *element, err error) {
	loginName, keyName := "login", "systemKey"
	if req.mood.Different.LoginNames {
		loginName, keyName = "userLogin", "authenticateKey"
	}
	login, key := req.call.authenticate.value(loginName), req.call.authenticate.value(keyName)
	echo = structure("authenticate", text(keyName, key+echoSuffix))
	if fault := req.mood.Trouble.Fault; fault != nil {
		return echo, nil, refuse(fault.Code, fault.Text)
	}
	owner := s.accounts[login]
	// An unknown login costs and says the same as a wrong key.
	password := secret.New(" ")
	if owner != nil {
		password = owner.Password
	}
	right := systemKey(s.authenticateDate(req), password.Reveal())
	if subtle.ConstantTimeCompare([]byte(right), []byte(strings.ToLower(key))) != 1 || owner == nil {
		return echo, nil, refuse(faultLogin, "Błędny login lub klucz")
	}
	for key, old := range s.sessions {
		if old.account == owner && req.mood.Different.SingleSession || !old.ends.After(req.now) {
			delete(s.sessions, key)
		}
	}
	life := sessionLife
	if shorter := time.Duration(req.mood.Different.SessionLife); shorter > 0 {
		life = shorter
	}
	if req.mood.Different.BasketPerSession {
		owner.basket = nil
	}
	sessionKey := randomKey()
	s.sessions[sessionKey] = &session{account: owner, ends: req.now.Add(life)}
	return echo, structure("results", text("sessionKey", sessionKey), whole("sessionLifeTime", int64(sessionLife/time.Second))), nil
}

func (s *Server) authenticateDate(req *request) time.Time {
	switch req.mood.Different.AuthenticateDate {
	case "utc":
		return req.now.UTC()
	case "yesterday":
		return req.now.AddDate(0, 0, -1)
	case "tomorrow":
		return req.now.AddDate(0, 0, 1)
	}
	return req.now
}

// checkKeys finds the account behind a sessionKey and checks the wholesaler's
// dropshippingKey.
func (s *Server) checkKeys(req *request) (*element, error) {
	sent := req.call.authenticate
	key := sent.value("sessionKey")
	echo := structure("authenticate", text("sessionKey", key+echoSuffix))
	open := s.sessions[key]
	if open == nil || !open.ends.After(req.now) {
		delete(s.sessions, key)
		return echo, refuse(faultLogin, "Sesja wygasła lub klucz jest błędny")
	}
	req.account = open.account
	if !s.dropshippingKey.Equal(secret.New(sent.value("dropshippingKey"))) {
		return echo, refuse(faultDropshippingKey, "Błędny klucz dropshippingu")
	}
	return echo, nil
}
