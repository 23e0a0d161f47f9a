package visitors

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"octobridge/bridge/config"
	"octobridge/internal/secret"
)

const (
	oldKey   = "the-old-invented-signing-key-0123456789"
	newKey   = "the-new-invented-signing-key-0123456789"
	audience = "https://bridge.shop.example"
)

var tokenTime = time.Date(2026, 11, 22, 9, 30, 0, 500_000_000, time.UTC)

func newTestTokens() *tokens {
	return newTokens([]config.TokenKey{{ID: "2025", Key: secret.New(oldKey)}, {ID: "2026", Key: secret.New(newKey)}}, audience, func() time.Time { return tokenTime })
}

// signed makes a token by hand, without the library that reads it.
func signed(t testing.TB, key string, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	return seal(key, strings.Join(parts, "."))
}

func seal(key, content string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(content))
	return content + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func header(changes map[string]any) map[string]any {
	return changed(map[string]any{"alg": "HS256", "typ": "JWT", "kid": "2026"}, changes)
}

func goodClaims(changes map[string]any) map[string]any {
	return changed(map[string]any{"sub": "c-7", "aud": audience, "iat": tokenTime.Unix(), "exp": tokenTime.Unix() + 300}, changes)
}

// changed replaces members; nil leaves one out.
func changed(members, changes map[string]any) map[string]any {
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	return members
}

func TestTokensThatAreAccepted(t *testing.T) {
	tokens, now := newTestTokens(), tokenTime.Unix()
	plain := Customer{ID: "c-7"}
	for _, c := range []struct {
		name   string
		key    string
		header map[string]any
		claims map[string]any
		want   Customer
	}{
		{name: "the new key", key: newKey, want: plain},
		{name: "the old key", key: oldKey, header: map[string]any{"kid": "2025"}, want: plain},
		{name: "all claims", key: newKey, claims: map[string]any{"email": "anna@customer.example", "given_name": "Ania", "family_name": "Żak", "one_customer_id": "9001", "iss": "shop", "jti": "x"},
			want: Customer{ID: "c-7", Email: "anna@customer.example", FirstName: "Ania", LastName: "Żak", OneCustomerID: "9001"}},
		{name: "an id of ONe's in capitals", key: newKey, claims: map[string]any{"one_customer_id": " ORG:9001 "}, want: Customer{ID: "c-7", OneCustomerID: "org:9001"}},
		{name: "an id that only looks so", key: newKey, claims: map[string]any{"one_customer_id": "Shop:X9"}, want: Customer{ID: "c-7", OneCustomerID: "Shop:X9"}},
		{name: "several audiences", key: newKey, claims: map[string]any{"aud": []string{"https://other.example", audience}}, want: plain},
		{name: "an audience with a slash", key: newKey, claims: map[string]any{"aud": audience + "/"}, want: plain},
		{name: "a clock that is 30 s ahead", key: newKey, claims: map[string]any{"iat": now + 30, "nbf": now + 30}, want: plain},
		{name: "a fraction of a second", key: newKey, claims: map[string]any{"exp": float64(now) + 0.9}, want: plain},
		{name: "ten minutes", key: newKey, claims: map[string]any{"exp": now + 600}, want: plain},
		{name: "ten minutes by a clock that is 30 s ahead", key: newKey, claims: map[string]any{"iat": now + 30, "exp": now + 630}, want: plain},
		{name: "a subject of 200 bytes", key: newKey, claims: map[string]any{"sub": strings.Repeat("ż", 100)}, want: Customer{ID: strings.Repeat("ż", 100)}},
	} {
		got, err := tokens.customer(signed(t, c.key, header(c.header), goodClaims(c.claims)))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v (%v)", c.name, got, err, reasonOf(err))
		}
	}
}

func reasonOf(err error) string {
	if why, is := errors.AsType[*refusal](err); is {
		return why.reason
	}
	return ""
}

func TestTokensThatAreRefused(t *testing.T) {
	tokens, now := newTestTokens(), tokenTime.Unix()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(method jwt.SigningMethod, key any) string {
		token := jwt.NewWithClaims(method, jwt.MapClaims(goodClaims(nil)))
		token.Header["kid"] = "2026"
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := signed(t, newKey, header(nil), goodClaims(nil))
	parts := strings.Split(good, ".")
	claims := func(changes map[string]any) string { return signed(t, newKey, header(nil), goodClaims(changes)) }
	heading := func(changes map[string]any) string { return signed(t, newKey, header(changes), goodClaims(nil)) }
	raw := func(head, body string) string {
		return seal(newKey, base64.RawURLEncoding.EncodeToString([]byte(head))+"."+base64.RawURLEncoding.EncodeToString([]byte(body)))
	}
	const reads, signature, algorithm, kid = "it cannot be read", "its signature or its algorithm is wrong", "its algorithm is not known", "its kid is none of the keys"
	for name, c := range map[string]struct{ token, reason string }{
		"nothing":                     {"", reads},
		"no token":                    {"no token", reads},
		"two parts":                   {parts[0] + "." + parts[1], reads},
		"four parts":                  {good + ".", reads},
		"huge":                        {claims(map[string]any{"more": strings.Repeat("x", 4096)}), "it is too large"},
		"alg none":                    {with(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), signature},
		"alg None, our signature":     {heading(map[string]any{"alg": "None"}), algorithm},
		"alg none, our signature":     {heading(map[string]any{"alg": "none"}), signature},
		"alg HS512":                   {with(jwt.SigningMethodHS512, []byte(newKey)), signature},
		"alg HS384":                   {with(jwt.SigningMethodHS384, []byte(newKey)), signature},
		"alg RS256":                   {with(jwt.SigningMethodRS256, private), signature},
		"alg RS256, our signature":    {heading(map[string]any{"alg": "RS256"}), signature},
		"no alg":                      {heading(map[string]any{"alg": nil}), algorithm},
		"another key":                 {signed(t, "another-invented-signing-key-0123456789", header(nil), goodClaims(nil)), signature},
		"the other kid's key":         {signed(t, oldKey, header(nil), goodClaims(nil)), signature},
		"an unknown kid":              {heading(map[string]any{"kid": "2027"}), kid},
		"no kid":                      {heading(map[string]any{"kid": nil}), kid},
		"an empty kid":                {heading(map[string]any{"kid": ""}), kid},
		"a kid that is a number":      {heading(map[string]any{"kid": 2026}), kid},
		"an extension":                {heading(map[string]any{"crit": []string{"b64"}, "b64": false}), "it has a critical extension"},
		"no signature":                {parts[0] + "." + parts[1] + ".", signature},
		"a signature with padding":    {good + "=", reads},
		"another's claims":            {parts[0] + "." + strings.Split(claims(map[string]any{"sub": "c-8"}), ".")[1] + "." + parts[2], signature},
		"a header that is no JSON":    {raw("{", "{}"), reads},
		"claims that are no JSON":     {raw(`{"alg":"HS256","kid":"2026"}`, `sub=c-7`), reads},
		"claims that are a list":      {raw(`{"alg":"HS256","kid":"2026"}`, `[]`), reads},
		"claims that are null":        {raw(`{"alg":"HS256","kid":"2026"}`, `null`), "its sub is missing, too long or no line of text"},
		"no subject":                  {claims(map[string]any{"sub": nil}), "its sub is missing, too long or no line of text"},
		"an empty subject":            {claims(map[string]any{"sub": " "}), "its sub is missing, too long or no line of text"},
		"a subject that is a number":  {claims(map[string]any{"sub": 7}), reads},
		"a subject of 201 bytes":      {claims(map[string]any{"sub": strings.Repeat("x", 201)}), "its sub is missing, too long or no line of text"},
		"a subject with a line break": {claims(map[string]any{"sub": "c\n7"}), "its sub is missing, too long or no line of text"},
		"no audience":                 {claims(map[string]any{"aud": nil}), "its aud is not public_url"},
		"another audience":            {claims(map[string]any{"aud": "https://bridge.shop.example.evil.example"}), "its aud is not public_url"},
		"other audiences":             {claims(map[string]any{"aud": []string{"x", "y"}}), "its aud is not public_url"},
		"an audience that is none":    {claims(map[string]any{"aud": 7}), reads},
		"no iat":                      {claims(map[string]any{"iat": nil}), "it has no iat"},
		"from the future":             {claims(map[string]any{"iat": now + 32}), "its iat is in the future: compare the clocks"},
		"iat that is a text":          {claims(map[string]any{"iat": "1"}), reads},
		"iat beyond all time":         {claims(map[string]any{"iat": 1e300}), reads},
		"not yet":                     {claims(map[string]any{"nbf": now + 32}), "its nbf is in the future: compare the clocks"},
		"no exp":                      {claims(map[string]any{"exp": nil}), "it has no exp"},
		"expired":                     {claims(map[string]any{"exp": now - 1}), "it has ended: compare the clocks"},
		"expired this second":         {claims(map[string]any{"exp": now}), "it has ended: compare the clocks"},
		"too long-lived":              {claims(map[string]any{"exp": now + 632}), "its exp is more than ten minutes ahead"},
		"for ever":                    {claims(map[string]any{"exp": 1e18}), reads},
		"an e-mail that is too long":  {claims(map[string]any{"email": strings.Repeat("x", 255)}), "its email, given_name, family_name or one_customer_id is too long or no line of text"},
		"a name with a NUL":           {claims(map[string]any{"given_name": "A\x00"}), "its email, given_name, family_name or one_customer_id is too long or no line of text"},
		"a name that is too long":     {claims(map[string]any{"family_name": strings.Repeat("x", 201)}), "its email, given_name, family_name or one_customer_id is too long or no line of text"},
		"an id in ONe that is none":   {claims(map[string]any{"one_customer_id": 9001}), reads},
	} {
		got, err := tokens.customer(c.token)
		if !errors.Is(err, ErrRefused) || err.Error() != "not accepted" || got != (Customer{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if reason := reasonOf(err); reason != c.reason {
			t.Errorf("%s: the reason is %q, want %q", name, reason, c.reason)
		}
	}
}

// Whatever is sent, a customer comes of a token only that one of the keys signs.
func FuzzToken(f *testing.F) {
	good := signed(f, newKey, header(nil), goodClaims(map[string]any{"email": "a@b.example"}))
	f.Add(good)
	f.Add(signed(f, newKey, header(map[string]any{"alg": "none"}), goodClaims(nil)))
	f.Add(strings.ToUpper(good))
	f.Add(good[:len(good)-1])
	f.Add("..")
	f.Add("e30.e30.e30")
	tokens := newTestTokens()
	f.Fuzz(func(t *testing.T, token string) {
		customer, err := tokens.customer(token)
		if err == nil {
			content, _, _ := cutLast(token, ".")
			if customer.ID == "" || seal(newKey, content) != token && seal(oldKey, content) != token {
				t.Errorf("%q is accepted for %+v", token, customer)
			}
			return
		}
		if !errors.Is(err, ErrRefused) || err.Error() != "not accepted" || customer != (Customer{}) {
			t.Errorf("%q: %+v, %v", token, customer, err)
		}
		if reason := reasonOf(err); reason == "" {
			t.Errorf("%q is refused without a reason", token)
		}
	})
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
