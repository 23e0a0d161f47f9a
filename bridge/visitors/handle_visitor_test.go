package visitors_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"

	"octobridge/bridge/visitors"
)

// token is what the shop's server signs; members replace the usual claims, and nil
// leaves one out.
func (s *shop) token(members map[string]any) string {
	s.t.Helper()
	now := s.clock.now()
	claims := jwt.MapClaims{
		"sub": "customer-0007", "email": "Anna@Customer.example", "given_name": "Anna", "family_name": "Nowak", "one_customer_id": "9001",
		"aud": publicURL, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	for name, value := range members {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["kid"] = "2026a"
	text, err := token.SignedString([]byte(signingKey))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (b *browser) identify(members map[string]any) reply {
	b.t.Helper()
	return b.send(http.MethodPost, "/visitor/identify", map[string]string{"token": b.token(members)})
}

func TestIdentify(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	b.add("42").is(http.StatusOK)
	b.send(http.MethodPatch, "/wishlist", `{"add":["100"]}`).is(http.StatusOK)
	guest := b.cookie()
	s.told.take()

	if r := b.identify(nil); r.status != http.StatusNoContent || len(r.body) != 0 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	equal(t, "updates", s.told.take(), chat+" user")
	signedIn := b.cookie()
	if signedIn == guest || len(signedIn) != 32 {
		t.Errorf("the cookie stayed %q", signedIn)
	}
	session := b.get("/visitor/session").is(http.StatusOK)
	equal(t, "customer", session["customer"], any(map[string]any{"id": "customer-0007", "email": "Anna@Customer.example", "firstName": "Anna", "lastName": "Nowak"}))
	equal(t, "cartItems", session["cartItems"], any(1.0))
	equal(t, "wishes", session["wishes"], any(1.0))
	proof := session["session"].(string)
	if ok, err := s.service.Proven(t.Context(), proof, "anna@customer.EXAMPLE"); !ok || err != nil {
		t.Errorf("the proof %q proves nothing: %v", proof, err)
	}
	if strings.Contains(proof, signedIn) {
		t.Error("the proof tells the cookie")
	}
	equal(t, "cart", b.cart(), "42 x 1")

	// The old cookie is a guest's: who had planted it in the browser sees nothing.
	thief := s.browser()
	thief.cookies[s.service.CookieName()] = guest
	equal(t, "the thief's cart", thief.cart(), "")
	equal(t, "the thief", thief.get("/visitor/session").is(http.StatusOK)["customer"], nil)

	// Each page of the shop may say it again: nothing changes but the names.
	b.identify(nil).is(http.StatusNoContent)
	equal(t, "updates", s.told.take(), "")
	b.identify(map[string]any{"given_name": "Anna Maria"}).is(http.StatusNoContent)
	equal(t, "updates", s.told.take(), chat+" user")
	equal(t, "cookie", b.cookie(), signedIn)
	equal(t, "cart", b.cart(), "42 x 1")

	// Another customer finds nothing of the one before.
	b.identify(map[string]any{"sub": "c-8"}).is(http.StatusNoContent)
	equal(t, "updates", s.told.take(), strings.Join([]string{chat + " user", chat + " cart", chat + " wishlist"}, ", "))
	equal(t, "cart", b.cart(), "")
	equal(t, "wishes", b.wishes(), "")
	if ok, _ := s.service.Proven(t.Context(), proof, "anna@customer.example"); ok {
		t.Error("the proof of the customer before still proves")
	}
}

// Whatever is wrong with a token, no more is said than that it is not accepted;
// the reason is in the log, without anything of the token.
func TestTokensThatAreNotAccepted(t *testing.T) {
	s := start(t)
	b := s.browser()
	wrong := map[string]string{
		"nothing": "", "words": "not a token", "huge": strings.Repeat("x", 9000), "expired": s.token(map[string]any{"exp": s.clock.now().Unix()}),
		"another audience": s.token(map[string]any{"aud": "https://evil.example"}), "no subject": s.token(map[string]any{"sub": nil}),
		"cut": s.token(nil)[:100], "a letter changed": s.token(nil) + "A",
	}
	for name, token := range wrong {
		r := b.send(http.MethodPost, "/visitor/identify", map[string]string{"token": token})
		members := r.problem(http.StatusUnauthorized, "not-accepted")
		if members["detail"] != "not accepted" || members["title"] != "Not accepted" {
			t.Errorf("%s: %s", name, r.body)
		}
		equal(t, name+" sets cookies", len(b.last), 0)
	}
	b.send(http.MethodPost, "/visitor/identify", `{"token":["x"]}`).problem(http.StatusUnprocessableEntity, "invalid")
	b.send(http.MethodPost, "/visitor/identify", `{}`).problem(http.StatusUnauthorized, "not-accepted")
	log := s.log.String()
	// Each is too long to stand in the log's random request ids: "c-7" once did.
	for _, secret := range []string{"Nowak", "customer.example", "customer-0007", "evil.example", "eyJhbGciOi"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log, "compare the clocks") {
		t.Error("the log does not say why")
	}
	// Where no key is configured no token is good.
	none := start(t, func(o *visitors.Options) { o.Keys = nil }).browser()
	none.identify(nil).problem(http.StatusUnauthorized, "not-accepted")
}

// A cookie that was taken from a browser is worth nothing after its owner signed
// out, and what the customer had is gone.
func TestSignOut(t *testing.T) {
	for name, s := range map[string]*shop{"the shop's": start(t), "the wholesaler's": startWholesale(t)} {
		t.Run(name, func(t *testing.T) {
			b := s.browser().chatting()
			if s.office != nil {
				b.login("anna").is(http.StatusOK)
			} else {
				b.identify(nil).is(http.StatusNoContent)
			}
			b.add("42").is(http.StatusOK)
			b.send(http.MethodPatch, "/wishlist", `{"add":["100"]}`).is(http.StatusOK)
			proof := b.get("/visitor/session").is(http.StatusOK)["session"].(string)
			stolen := s.browser()
			stolen.cookies[s.service.CookieName()] = b.cookie()
			equal(t, "cart of the stolen cookie", stolen.cart(), "42 x 1")
			s.told.take()

			b.send(http.MethodPost, "/visitor/logout", nil).is(http.StatusNoContent)
			equal(t, "updates", s.told.take(), strings.Join([]string{chat + " user", chat + " cart", chat + " wishlist"}, ", "))
			equal(t, "cookie", b.cookie(), "")
			if len(b.last) != 1 || b.last[0].MaxAge >= 0 || b.last[0].Path != "/" {
				t.Errorf("cookies to forget: %v", b.last)
			}
			equal(t, "cart", b.cart(), "")
			equal(t, "cart of the replayed cookie", stolen.cart(), "")
			equal(t, "wishes of the replayed cookie", stolen.wishes(), "")
			equal(t, "customer of the replayed cookie", stolen.get("/visitor/session").is(http.StatusOK)["customer"], nil)
			if ok, _ := s.service.Proven(t.Context(), proof, "anna@customer.example"); ok {
				t.Error("the proof still proves")
			}
			if s.office != nil && len(s.office.refs()) != 0 {
				t.Error("what renews the session is still held")
			}
			b.send(http.MethodPost, "/visitor/logout", nil).is(http.StatusNoContent) // twice is fine
			stolen.send(http.MethodPost, "/visitor/logout", nil).is(http.StatusNoContent)
			equal(t, "the stolen cookie", stolen.cookie(), "")
		})
	}
}

// Signing out does not take a guest's cart: shops call it on any page.
func TestSignOutOfAGuest(t *testing.T) {
	s := start(t)
	b := s.browser().chatting()
	b.add("42").is(http.StatusOK)
	s.told.take()
	b.send(http.MethodPost, "/visitor/logout", nil).is(http.StatusNoContent)
	equal(t, "updates", s.told.take(), "")
	equal(t, "cart", b.cart(), "42 x 1")
}

func TestLogin(t *testing.T) {
	s := startWholesale(t)
	b := s.browser()
	b.add("42").is(http.StatusOK)
	guest := b.cookie()
	for name, body := range map[string]any{
		"wrong password": map[string]string{"login": "anna", "password": "wrong"}, "no such login": map[string]string{"login": "nobody", "password": "wrong"},
		"nothing": map[string]string{}, "no password": map[string]string{"login": "anna"}, "a form": form("login", "anna", "password", "wrong"),
	} {
		members := b.send(http.MethodPost, "/visitor/login", body).problem(http.StatusUnauthorized, "not-accepted")
		if members["detail"] != "not accepted" {
			t.Errorf("%s: %v", name, members)
		}
	}
	equal(t, "cookie", b.cookie(), guest)
	b.send(http.MethodPost, "/visitor/login", map[string]string{"login": strings.Repeat("a", 201), "password": "x"}).problem(http.StatusUnprocessableEntity, "invalid")
	b.send(http.MethodPost, "/visitor/login", map[string]string{"login": "anna", "password": strings.Repeat("a", 501)}).problem(http.StatusUnprocessableEntity, "invalid")
	b.send(http.MethodPost, "/visitor/login", form("login", " anna ", "password", passwordOf("anna"))).is(http.StatusOK)
	if b.cookie() == guest {
		t.Error("the cookie stayed")
	}
	thief := s.browser()
	thief.cookies[s.service.CookieName()] = guest
	equal(t, "the thief's cart", thief.cart(), "")

	// Again, in the same browser: another cookie, and what was held is forgotten.
	before := b.cookie()
	b.login("anna").is(http.StatusOK)
	if b.cookie() == before {
		t.Error("the cookie stayed")
	}
	equal(t, "sessions held", len(s.office.refs()), 1)
	equal(t, "cart", b.cart(), "42 x 1")
	b.login("borys").is(http.StatusOK)
	equal(t, "sessions held", len(s.office.refs()), 1)
	equal(t, "cart of another", b.cart(), "")

	log := s.log.String()
	for _, secret := range []string{passwordOf("anna"), passwordOf("borys"), "anna@customer.example", "Kowalska", "login=anna"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	start(t).browser().login("anna").problem(http.StatusNotFound, "not-found")
}

// While nobody knows whether a password is right nobody is signed in, nothing is
// counted, and nothing is held.
func TestLoginInAnOutage(t *testing.T) {
	s := startWholesale(t, func(o *visitors.Options) { o.LoginsPerLogin = 2 })
	b := s.browser()
	s.office.change(func() { s.office.signIn = errors.New("the wholesaler does not answer") })
	for range 5 {
		r := b.login("anna")
		r.problem(http.StatusServiceUnavailable, "unavailable")
		equal(t, "Retry-After", r.header.Get("Retry-After"), "5")
	}
	s.office.change(func() { s.office.signIn = nil })
	b.login("anna").is(http.StatusOK)
}

// The limits of attempts: a login's failures, and all of an address.
func TestLoginAttempts(t *testing.T) {
	addresses := map[string]netip.Addr{}
	s := startWholesale(t, func(o *visitors.Options) {
		o.LoginsPerLogin, o.LoginsPerAddress = 3, 8
		o.ClientAddress = func(c *fiber.Ctx) netip.Addr { return addresses[c.Get("X-Test-Client")] }
	})
	from := func(client string, address string) *browser {
		addresses[client] = netip.MustParseAddr(address)
		b := s.browser()
		b.headers["X-Test-Client"] = client
		return b
	}
	attempt := func(b *browser, login, password string) reply {
		return b.send(http.MethodPost, "/visitor/login", map[string]string{"login": login, "password": password})
	}
	owner, guesser := from("owner", "192.0.2.1"), from("guesser", "192.0.2.2")
	for range 5 { // who knows the password does not lock the login
		owner.login("anna").is(http.StatusOK)
	}
	var answers []string
	for _, login := range []string{"anna", "no-such-login"} { // locked alike, whether it exists or not
		for range 3 {
			attempt(guesser, login, "wrong").problem(http.StatusUnauthorized, "not-accepted")
		}
		r := attempt(from("another "+login, "192.0.2.3"), strings.ToUpper(login), passwordOf(login))
		r.problem(http.StatusTooManyRequests, "too-many-attempts")
		answers = append(answers, fmt.Sprint(r.header.Get("Retry-After"), strings.Split(string(r.body), "requestId")[0]))
	}
	equal(t, "answers", answers[0], answers[1])
	s.clock.move(16 * time.Minute)
	attempt(guesser, "anna", passwordOf("anna")).is(http.StatusOK)

	// An address has so many attempts, whatever became of them; of IPv6 it is the /64.
	for i := range 8 {
		from("six", fmt.Sprintf("2001:db8::%x", i+1)).login("borys").is(http.StatusOK)
	}
	r := from("six", "2001:db8::ffff").login("borys")
	r.problem(http.StatusTooManyRequests, "too-many-attempts")
	equal(t, "Retry-After", r.header.Get("Retry-After"), "960") // at most a minute more than a quarter of an hour
	from("neighbour", "2001:db8:0:1::1").login("borys").is(http.StatusOK)
	s.clock.move(16 * time.Minute)
	from("six", "2001:db8::ffff").login("borys").is(http.StatusOK)
}
