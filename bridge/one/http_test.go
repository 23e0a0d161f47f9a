package one_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"octobridge/bridge/one"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// shape is what a body must become.
type shape struct {
	customer, cart, offer string
	flag                  one.Flag
}

// shapes are the bodies in testdata/shapes. ONe does not document its own: whatever
// it sends must end as the right event or as a flagged one.
var shapes = map[string]shape{
	"cart-opened-flat.json":                {customer: "org:9001", cart: "5f1c2f4e-8f43-4f0c-9d6e-1d7f3a2b9c10"},
	"cart-opened-snake-case.json":          {customer: "org:9001", cart: "C/7"},
	"cart-opened-kebab-case.json":          {customer: "org:9001", cart: "C/7"},
	"cart-opened-pascal-case.json":         {customer: "org:9001", cart: "C/7"},
	"cart-opened-numbers.json":             {customer: "9001", cart: "77"},
	"cart-opened-payload.json":             {customer: "org:9001", cart: "C/7"},
	"cart-opened-data-of-payload.json":     {customer: "org:9001", cart: "7"},
	"cart-opened-objects.json":             {customer: "org:9001", cart: "C/7"},
	"cart-opened-cart-of-client.json":      {customer: "org:9001", cart: "C/7"},
	"cart-opened-lambda.json":              {customer: "org:9001", cart: "C/7"},
	"cart-opened-json-in-text.json":        {customer: "org:9001", cart: "C/7"},
	"cart-opened-array.json":               {customer: "org:9001", cart: "C/7"},
	"cart-opened-form.txt":                 {customer: "org:9001", cart: "C/7"},
	"cart-opened-form-with-payload.txt":    {customer: "org:9001", cart: "C/7"},
	"cart-opened-byte-order-mark.json":     {customer: "org:9001", cart: "C/7"},
	"client-logged-flat.json":              {customer: "ind:77"},
	"client-logged-individual.json":        {customer: "ind:77"},
	"client-logged-no-prefix.json":         {customer: "838bed9a-5d3c-4d3f-a8a0-2f9d6c7b1e55"},
	"client-logged-unknown-fields.json":    {customer: "org:9001"},
	"client-logged-both-names.json":        {customer: "org:9001"},
	"client-logged-inner-differs.json":     {customer: "org:9001"},
	"client-logged-two-customers.json":     {flag: one.FlagAmbiguous},
	"client-logged-cart-alone.json":        {cart: "C/7", flag: one.FlagNoCustomer},
	"client-logged-empty.txt":              {flag: one.FlagEmpty},
	"client-logged-blanks.txt":             {flag: one.FlagEmpty},
	"client-logged-empty-object.json":      {flag: one.FlagEmpty},
	"client-logged-empty-array.json":       {flag: one.FlagEmpty},
	"client-logged-null.json":              {flag: one.FlagEmpty},
	"client-logged-null-id.json":           {flag: one.FlagNoID},
	"client-logged-blank-id.json":          {flag: one.FlagNoID},
	"client-logged-test-button.json":       {flag: one.FlagNoID},
	"client-logged-garbage.txt":            {flag: one.FlagUnreadable},
	"client-logged-cut-short.json":         {flag: one.FlagUnreadable},
	"client-logged-xml.txt":                {flag: one.FlagUnreadable},
	"client-logged-control-character.json": {flag: one.FlagUnreadable},
	"client-logged-long-id.json":           {flag: one.FlagUnreadable},
	"client-logged-utf-16.json":            {flag: one.FlagUnreadable},
	"offer-opened-flat.json":               {customer: "org:9001", offer: "15570c28-3f0a-4c51-b2d4-6f5b9d0e7a11"},
	"offer-opened-with-slashes.json":       {customer: "org:9001", offer: "O/36/1/2022"},
	"offer-opened-numbers.json":            {customer: "9001", offer: "1500"},
	"offer-opened-customer-alone.json":     {customer: "org:9001"},
	"offer-opened-no-offer.json":           {customer: "org:9001"},
	"offer-opened-objects.json":            {customer: "org:9001", offer: "O/36/1/2022"},
	"offer-opened-huge-number.json":        {flag: one.FlagUnreadable},
}

// Every shape of a body is answered 204 and kept as it came, under the kind of its
// address.
func TestShapesOfBodies(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(filepath.Join("testdata", "shapes"))
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "files in testdata/shapes", len(files), len(shapes))
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t, s)
		address, c := r.served(), browser(t)
		for _, file := range files {
			want, known := shapes[file.Name()]
			if !known {
				t.Errorf("testdata/shapes/%s: say in the table what it must become", file.Name())
				continue
			}
			body, err := os.ReadFile(filepath.Join("testdata", "shapes", file.Name()))
			if err != nil {
				t.Fatal(err)
			}
			var kind one.Kind
			for _, k := range one.Kinds() {
				if strings.HasPrefix(file.Name(), string(k)+"-") {
					kind = k
				}
			}
			r.advance(one.SameWithinDefault) // each is an event of its own
			wants(t, file.Name(), ask(t, c, "POST", address+string(kind), bytes.NewReader(body)).status, http.StatusNoContent)
			var got shape
			var storedKind, state string
			var stored []byte
			var at, due int64
			err = s.DB().QueryRowContext(t.Context(), "SELECT kind, state, body, customer, cart, offer, flag, received_at, due_at FROM one_events ORDER BY id DESC LIMIT 1").
				Scan(&storedKind, &state, &stored, &got.customer, &got.cart, &got.offer, &got.flag, &at, &due)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, file.Name()+", as it is kept", got, want)
			wants(t, file.Name()+", its kind", storedKind, string(kind))
			wants(t, file.Name()+", its state", one.State(state), one.Waiting)
			wants(t, file.Name()+", its time", at, r.clock.UnixMicro())
			wants(t, file.Name()+", when it is due", due, at)
			if !bytes.Equal(stored, body) {
				t.Errorf("%s: %q was kept, and not what came", file.Name(), stored)
			}
		}
		wants(t, "events", r.number("SELECT count(*) FROM one_events"), len(files))
		if text := r.logged(); text != "" {
			t.Errorf("something was logged: %s", text)
		}
	})
}

func TestCredentialsOverHTTP(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	address, c := r.served()+"cart-opened", browser(t)
	for name, change := range map[string]func(*http.Request){
		"none":           header("Authorization", ""),
		"the sample":     func(r *http.Request) { r.SetBasicAuth("admin", "admin") },
		"another user":   func(r *http.Request) { r.SetBasicAuth("inny", newPassword) },
		"wrong password": func(r *http.Request) { r.SetBasicAuth(newUser, newPassword+"x") },
		"no password":    func(r *http.Request) { r.SetBasicAuth(newUser, "") },
		"garbage":        header("Authorization", "Basic %%%"),
		"a token":        header("Authorization", "Bearer x"),
	} {
		// Whatever else is wrong, strangers are told of the credentials alone.
		for _, method := range []string{"POST", "HEAD", "GET", "DELETE", "OPTIONS"} {
			got := ask(t, c, method, address, strings.NewReader(cartBody(1)), change, header("Content-Encoding", "gzip"))
			wants(t, name+", "+method, got.status, http.StatusUnauthorized)
			wants(t, name+", "+method+", WWW-Authenticate", got.header.Get("WWW-Authenticate"), `Basic realm="octobridge", charset="UTF-8"`)
		}
	}
	wants(t, "stored", r.number("SELECT count(*) FROM one_events"), 0)
	wants(t, "refused", r.observations("cart-opened refused"), 7*5)
	for n, change := range []func(*http.Request){
		func(r *http.Request) { r.SetBasicAuth(newUser, newPassword) },
		func(r *http.Request) { r.SetBasicAuth(oldUser, oldPassword) },
	} {
		wants(t, "a valid pair", ask(t, c, "POST", address, strings.NewReader(cartBody(n)), change).status, http.StatusNoContent)
	}
	wants(t, "stored", r.number("SELECT count(*) FROM one_events"), 2)
}

// Without credentials there are no webhooks, unless they are said to be open.
func TestWebhooksThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	none := newReceiver(t, s, func(o *one.Options) { o.Credentials = nil })
	open := newReceiver(t, s, func(o *one.Options) { o.Open = true })
	closedAddress, openAddress, c := none.served(), open.served(), browser(t)
	for _, method := range []string{"POST", "HEAD", "GET", "DELETE", "OPTIONS"} {
		for _, kind := range one.Kinds() {
			wants(t, "closed, "+method, ask(t, c, method, closedAddress+string(kind), nil).status, http.StatusNotFound)
		}
	}
	wants(t, "open", ask(t, c, "POST", openAddress+"cart-opened", strings.NewReader(cartBody(1)), header("Authorization", "")).status, http.StatusNoContent)
	wants(t, "open, with wrong ones", ask(t, c, "POST", openAddress+"cart-opened", strings.NewReader(cartBody(2)), header("Authorization", "Basic x")).status, http.StatusNoContent)
	wants(t, "stored", open.number("SELECT count(*) FROM one_events"), 2)
}

func TestRequestsThatAreNoEvents(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	address, c := r.served(), browser(t)
	for _, word := range []string{"", "cart", "cart-closed", "cart-opened/x", "cart_opened", strings.Repeat("x", 3000)} {
		wants(t, "another word: "+word, ask(t, c, "POST", address+word, strings.NewReader(cartBody(1))).status, http.StatusNotFound)
	}
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		got := ask(t, c, method, address+"cart-opened", strings.NewReader(cartBody(1)))
		wants(t, method, got.status, http.StatusMethodNotAllowed)
		wants(t, method+", Allow", got.header.Get("Allow"), "HEAD, POST")
	}
	wants(t, "HEAD", ask(t, c, "HEAD", address+"cart-opened", nil).status, http.StatusNoContent)
	wants(t, "a compressed one", ask(t, c, "POST", address+"cart-opened", strings.NewReader(cartBody(1)), header("Content-Encoding", "gzip")).status, http.StatusUnsupportedMediaType)
	wants(t, "a byte too much", ask(t, c, "POST", address+"cart-opened", bytes.NewReader(make([]byte, one.MaxBody+1))).status, http.StatusRequestEntityTooLarge)
	wants(t, "stored", r.number("SELECT count(*) FROM one_events"), 0)
	wants(t, "refused", r.observations("cart-opened refused"), 2)

	wants(t, "as large as may be", ask(t, c, "POST", address+"cart-opened", bytes.NewReader(make([]byte, one.MaxBody))).status, http.StatusNoContent)
	wants(t, "said not to be compressed", ask(t, c, "POST", address+"cart-opened", strings.NewReader(cartBody(1)), header("Content-Encoding", "identity")).status, http.StatusNoContent)
	wants(t, "a slash at the end", ask(t, c, "POST", address+"cart-opened/", strings.NewReader(cartBody(2))).status, http.StatusNoContent)
	wants(t, "other letters", ask(t, c, "POST", address+"Cart-Opened", strings.NewReader(cartBody(3))).status, http.StatusNoContent)
	wants(t, "a query", ask(t, c, "POST", address+"cart-opened?x=1", strings.NewReader(cartBody(4))).status, http.StatusNoContent)
	wants(t, "stored", r.number("SELECT count(*) FROM one_events WHERE kind = 'cart-opened'"), 5)
	wants(t, "with its length", r.number("SELECT length(body) FROM one_events ORDER BY id LIMIT 1"), one.MaxBody)
}

// Fiber takes a request's buffers for the next one: what is kept must be a copy, also
// while it waits for others.
func TestWhatIsKeptIsACopy(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	address, c := r.served(), browser(t)
	const senders, each = 16, 25
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range each {
				number := sender*each + n
				body := fmt.Sprintf(`{"clientId":"org:%d","cartId":"C/%d","x":"%s"}`, number, number, strings.Repeat(fmt.Sprint(number%10), number%97))
				got := ask(t, c, "POST", address+"cart-opened", strings.NewReader(body), header("Content-Type", fmt.Sprintf("application/x-%d", number)))
				wants(t, "status", got.status, http.StatusNoContent)
			}
		})
	}
	all.Wait()
	rows, err := r.store.DB().QueryContext(t.Context(), "SELECT customer, cart, content_type, body FROM one_events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	seen := map[string]bool{}
	for rows.Next() {
		var customer, cart, contentType string
		var body []byte
		if err := rows.Scan(&customer, &cart, &contentType, &body); err != nil {
			t.Fatal(err)
		}
		number := strings.TrimPrefix(customer, "org:")
		wants(t, "cart of "+number, cart, "C/"+number)
		wants(t, "content type of "+number, contentType, "application/x-"+number)
		if !bytes.HasPrefix(body, fmt.Appendf(nil, `{"clientId":"org:%s","cartId":"C/%s","x":"`, number, number)) || !bytes.HasSuffix(body, []byte(`"}`)) {
			t.Errorf("the body of %s is %s", number, body)
		}
		seen[number] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	wants(t, "different customers", len(seen), senders*each)
}

// What cannot be stored is not answered as if it were; the log says so once, and
// holds nothing of the event.
func TestAnEventThatCannotBeStoredIsAnsweredSo(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	address, c := r.served()+"cart-opened", browser(t)
	r.exec("ALTER TABLE one_events RENAME TO elsewhere")
	const customer = "org:a-customer-of-ours-4711"
	for range 3 {
		got := ask(t, c, "POST", address, strings.NewReader(`{"clientId":"`+customer+`"}`))
		wants(t, "without its table", got.status, http.StatusServiceUnavailable)
		wants(t, "Retry-After", got.header.Get("Retry-After"), "5")
	}
	if text := r.logged(); strings.Count(text, "could not be stored") != 1 || strings.Contains(text, "a-customer-of-ours") || strings.Contains(text, newPassword) {
		t.Errorf("logged: %s", text)
	}
	r.exec("ALTER TABLE elsewhere RENAME TO one_events")
	wants(t, "with its table", ask(t, c, "POST", address, strings.NewReader(`{"clientId":"`+customer+`"}`)).status, http.StatusNoContent)
	wants(t, "stored", r.number("SELECT count(*) FROM one_events WHERE customer = ?", customer), 1)
}

// A full queue is told so, with the time to wait.
func TestAFloodOverHTTP(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, sqlite(t))
	address, c := r.served(), browser(t)
	release := r.held(cartBody(0))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	for n := range 4096 {
		waiting.Go(func() { _ = r.Receive(ctx, one.CartOpened, "", []byte(cartBody(n+1))) })
	}
	r.untilQueued(4096)
	got := ask(t, c, "POST", address+"cart-opened", strings.NewReader(cartBody(5000)))
	wants(t, "one too much", got.status, http.StatusTooManyRequests)
	wants(t, "Retry-After", got.header.Get("Retry-After"), "1")
	wants(t, "observed", r.observations("cart-opened flood"), 1)
	cancel() // those who wait go away, and there is room again
	waiting.Wait()
	r.untilQueued(0)
	release()
	wants(t, "afterwards", ask(t, c, "POST", address+"cart-opened", strings.NewReader(cartBody(5000))).status, http.StatusNoContent)
	wants(t, "stored", r.number("SELECT count(*) FROM one_events"), 2)
}
