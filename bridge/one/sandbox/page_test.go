package sandbox_test

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"

	"octobridge/bridge/one/sandbox"
)

// serveApp serves an app on an address of its own.
func serveApp(t *testing.T, mount func(*fiber.App)) string {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadTimeout: 15 * time.Second})
	mount(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Errorf("the server does not stop: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the server failed: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// get reads a page.
func get(t *testing.T, address string, headers ...string) reply {
	t.Helper()
	r, err := try(t, "GET", address, "", headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r.want(t, 200)
}

// press sends the form of the page.
func press(t *testing.T, address string, form url.Values, headers ...string) reply {
	t.Helper()
	r, err := try(t, "POST", address, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// parsed reads HTML.
func parsed(t *testing.T, body string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all returns the elements with a name.
func all(root *html.Node, name string) (found []*html.Node) {
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == name {
			found = append(found, node)
		}
	}
	return found
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what an element says.
func text(node *html.Node) string {
	var said strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			said.WriteString(inner.Data)
		}
	}
	return strings.Join(strings.Fields(said.String()), " ")
}

// The page is Polish or English, allows nothing but its own style, and all of its
// addresses begin with the prefix.
func TestPage(t *testing.T) {
	s := sandbox.New(sandbox.Options{Bridge: "https://bridge.example"})
	t.Cleanup(func() { _ = s.Close() })
	address := mounted(t, "/_one", s)
	for _, c := range []struct{ path, accepted, lang, heading string }{
		{"", "", "pl", "Co robi klient?"}, {"", "en-GB,en;q=0.9,pl;q=0.1", "en", "What does the customer do?"}, {"/", "de, pl;q=0.3, en;q=0.2", "pl", "Co robi klient?"},
		{"?lang=en", "pl", "en", "What does the customer do?"}, {"?lang=xx", "en;q=0, de", "pl", "Co robi klient?"}, {"", strings.Repeat("en,", 300), "pl", "Co robi klient?"},
	} {
		r := get(t, address+"/_one"+c.path, "Accept-Language", c.accepted)
		root := parsed(t, r.body)
		if got := text(all(root, "h1")[0]); got != c.heading || attribute(all(root, "html")[0], "lang") != c.lang {
			t.Errorf("%q with %.20q is %q", c.path, c.accepted, got)
		}
		policy := r.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "script") || strings.Contains(policy, "unsafe") || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the policy is %q", policy)
		}
		if len(all(root, "script"))+len(all(root, "style")) > 0 {
			t.Error("the page has a script or a style of its own")
		}
		ids := map[string]int{}
		for node := range root.Descendants() {
			for _, a := range node.Attr {
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/_one") && a.Val != "#content" {
					t.Errorf("%s=%q is not below the prefix", a.Key, a.Val)
				}
				if a.Key == "id" {
					ids[a.Val]++
				}
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("the page has %s=%q", a.Key, a.Val)
				}
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("the id %q is there %d times", id, n)
			}
		}
	}
	for _, name := range []string{"/one.css", "/one.svg"} {
		r := get(t, address+"/_one"+name)
		again, err := try(t, "GET", address+"/_one"+name, "", "If-None-Match", r.header.Get("ETag"))
		if err != nil || again.status != 304 || r.body == "" {
			t.Errorf("%s again: %d, %v", name, again.status, err)
		}
	}
}

// What hangs below an orphan, or below a line that is below itself, was called a line
// that is below itself.
func TestPageTellsOddLines(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(func() { _ = s.Close() })
	var lines []sandbox.Line
	for _, l := range []sandbox.Line{{ID: "a", Parent: "gone"}, {ID: "b", Parent: "a"}, {ID: "c", Parent: "d"}, {ID: "d", Parent: "c"}, {ID: "e", Parent: "d"}, {ID: "f", Parent: "f"}, {ID: "g"}} {
		l.SKU, l.Quantity = "SKU-"+l.ID, "1"
		lines = append(lines, l)
	}
	s.PutOffer(sandbox.Offer{ID: "tangled", Customer: sandbox.DemoCustomer, Slots: []sandbox.Slot{{Lines: lines}}})
	var got []string
	for _, cell := range all(parsed(t, get(t, mounted(t, "/_one", s)+"/_one?lang=en").body), "th") {
		if said := text(cell); strings.Contains(said, "SKU-") {
			got = append(got, said)
		}
	}
	want := []string{"SKU-g", "SKU-a its parent line is not in the offer", "belongs to the line above: SKU-b", "SKU-c the line is below itself",
		"SKU-d the line is below itself", "belongs to the line above: SKU-e", "SKU-f the line is below itself"}
	if !slices.Equal(got, want) {
		t.Errorf("the lines are %q\nwant          %q", got, want)
	}
}

// What a button sends, and how the page tells of the answer.
func TestPressing(t *testing.T) {
	b := newBridge(t)
	_, address := start(t, sandbox.Options{Bridge: b.URL, User: user, Password: password})
	for i, c := range []struct{ customer, button, path, body string }{
		{sandbox.DemoCustomer, "client-logged", "client-logged", `{"client_id":"org:9001"}`},
		{sandbox.DemoCustomer, "cart-opened", "cart-opened", `{"cart_id":"K/9001/1","client_id":"org:9001"}`},
		{sandbox.DemoPerson, "offer-opened " + sandbox.PersonOffer, "offer-opened", `{"client_id":"ind:77","offer_id":"77001"}`},
		{sandbox.DemoCustomer, "offer-opened " + sandbox.OddOffer, "offer-opened", `{"client_id":"org:9001","offer_id":"O/13/11/2026"}`},
		{sandbox.DemoPerson, "offer-opened", "offer-opened", `{"client_id":"ind:77"}`},
	} {
		r := press(t, address+"/send", url.Values{"customer": {c.customer}, "do": {c.button}, "shape": {"snake"}, "lang": {"en"}}).want(t, 303)
		if got := b.events(); len(got) != i+1 || got[i].path != "/webhooks/one/"+c.path || got[i].body != c.body {
			t.Fatalf("%s: the bridge got %+v", c.button, got)
		}
		root := parsed(t, get(t, address+r.header.Get("Location")).body)
		told := ""
		for _, p := range all(root, "p") {
			if attribute(p, "role") == "status" {
				told += text(p)
			}
		}
		if !strings.Contains(told, "The bridge took the event") || !strings.Contains(told, "HTTP 202") {
			t.Errorf("%s: the page says %q", c.button, told)
		}
		opened := 0
		for _, d := range all(root, "details") {
			if _, rest, _ := strings.Cut(text(d), "Body"); strings.Contains(rest, c.body) {
				opened++
			}
		}
		if opened != 1 || len(all(root, "details")) != i+1 {
			t.Errorf("%s: the list tells of it %d times among %d", c.button, opened, len(all(root, "details")))
		}
	}
	b.answer(401)
	r := press(t, address+"/send", url.Values{"customer": {sandbox.DemoPerson}, "do": {"client-logged"}, "shape": {"garbage"}}).want(t, 303)
	if body := get(t, address+r.header.Get("Location")).body; !strings.Contains(body, "Most odmówił") || strings.Contains(body, password) {
		t.Error("the page does not say that the bridge refused, or shows the password")
	}
}

// Who may not, and what cannot be, sends nothing.
func TestPressingRefused(t *testing.T) {
	b := newBridge(t)
	s, address := start(t, sandbox.Options{Bridge: b.URL})
	s.PutCustomer(sandbox.Customer{ID: "org:2", Name: "Without a cart"})
	good := url.Values{"customer": {sandbox.DemoCustomer}, "do": {"client-logged"}, "shape": {"snake"}}
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Referer", "https://evil.example/"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		press(t, address+"/send", good, headers...).want(t, 403)
	}
	for name, values := range map[string][]string{
		"customer": {"", "org:1", "9001"}, "shape": {"", "round"}, "do": {"", "logged", "offer-opened nothing", "offer-opened " + sandbox.PersonOffer},
	} {
		for _, value := range values {
			wrong := url.Values{"customer": good["customer"], "do": good["do"], "shape": good["shape"]}
			wrong.Set(name, value)
			press(t, address+"/send", wrong).want(t, 400)
		}
	}
	press(t, address+"/send", url.Values{"customer": {"org:2"}, "do": {"cart-opened"}, "shape": {"snake"}}).want(t, 400)
	if r, err := try(t, "GET", address+"/send?"+good.Encode(), ""); err != nil || r.status < 400 {
		t.Errorf("GET is answered %d, %v", r.status, err)
	}
	if got := b.events(); len(got) != 0 {
		t.Errorf("the bridge got %+v", got)
	}
	press(t, address+"/send", good, "Origin", address).want(t, 303)
	s.SetBridge("")
	for lang, said := range map[string]string{"pl": "nie wie, gdzie jest most", "en": "does not know where the bridge is"} {
		r := press(t, address+"/send", url.Values{"customer": good["customer"], "do": good["do"], "shape": good["shape"], "lang": {lang}}).want(t, 303)
		if !strings.Contains(get(t, address+r.header.Get("Location")).body, said) {
			t.Errorf("the page does not say %q", said)
		}
	}
}

// Texts of others stay texts, wherever they stand.
func TestPageEscapes(t *testing.T) {
	const bad = `"><script>alert(1)</script><img src=x onerror='y'>`
	s, address := start(t, sandbox.Options{Bridge: "http://127.0.0.1:1"})
	s.PutCustomer(sandbox.Customer{ID: bad, Name: bad})
	s.PutProduct(sandbox.Product{SKU: bad, Name: bad, ContentUnit: bad})
	s.PutOffer(sandbox.Offer{ID: bad, Number: bad, Customer: bad, Status: bad, Expires: bad, Currency: bad, Slots: []sandbox.Slot{{Lines: []sandbox.Line{{ID: bad, Parent: "none", SKU: bad, Quantity: "1", Price: "1234567.5"}}}}})
	s.PutCart(sandbox.Cart{ID: bad, Customer: bad, Lines: []sandbox.CartLine{{ID: "1", SKU: bad, Name: bad, Content: "1", Unit: bad}}})
	press(t, address+"/send", url.Values{"customer": {bad}, "do": {"offer-opened " + bad}, "shape": {"garbage"}, "lang": {bad}}).want(t, 303)
	ask(t, "POST", webhooksAddress(address), `{"name":"<script>","status":"ACTIVE","webhookType":{"name":"CartOpened","exchangeName":"`+exchanges["CartOpened"]+`"},"callbackUrl":"https://bridge.example/<script>","callbackAuthentication":{"type":"NONE"}}`).want(t, 201)
	body := get(t, address+"/?customer="+url.QueryEscape(bad)+"&shape="+url.QueryEscape(bad)+"&sent=1&problem="+url.QueryEscape(bad)+"&lang="+url.QueryEscape(bad)).body
	root := parsed(t, body)
	if len(all(root, "script")) != 0 || len(all(root, "img")) != 1 {
		t.Errorf("the page has %d scripts and %d pictures", len(all(root, "script")), len(all(root, "img")))
	}
	if !strings.Contains(text(root), bad) || !strings.Contains(body, "1\u00a0234\u00a0567,50") {
		t.Error("the texts are not shown")
	}
}
