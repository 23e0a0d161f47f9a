package customers_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/customers"
	"octobridge/bridge/store"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/recorded"
	"octobridge/internal/secret"
)

// The customer that most tests are about, and another one.
const (
	login      = "kawiarnia-pod-debem"
	password   = "kawa-i-ciasto-7Q"
	other      = "piekarnia-za-rogiem"
	otherWord  = "zażółć-gęślą"
	dropKey    = "klucz-proba-31"
	firstName  = "Zbigniew"
	lastName   = "Dębowski"
	mailOfBill = "zakupy@pod-debem.example"
)

// Products of the test's catalogue.
var (
	mug   = customers.Key{Product: 41}            // plenty, one size
	boot  = customers.Key{Product: 42, Size: "3"} // plenty, one of two sizes
	boot4 = customers.Key{Product: 42, Size: "4"}
	lamp  = customers.Key{Product: 43} // 3 pieces
	vase  = customers.Key{Product: 44} // sold out
)

func catalogue() *sandbox.Catalogue {
	product := func(id int64, name string, sizes ...sandbox.Size) sandbox.Product {
		return sandbox.Product{ID: id, Code: fmt.Sprint("K-", id), ProducerID: 21, CategoryID: 10, VAT: 23, UnitName: "szt.",
			Names: map[string]string{"pol": name}, Wholesale: decimal.NewFromInt(100), Retail: decimal.NewFromInt(150), Sizes: sizes}
	}
	one := func(quantity int64) sandbox.Size {
		return sandbox.Size{ID: "uniw", Name: "uniwersalny", Quantity: quantity}
	}
	return &sandbox.Catalogue{
		Currency: "PLN", Languages: []string{"pol"}, Producers: map[int64]string{21: "Modrak"},
		Categories: map[int64]sandbox.Category{10: {ID: 10, Names: map[string]string{"pol": "Dom"}}},
		Products: []sandbox.Product{
			product(41, "Kubek", one(100_000)),
			product(42, "Buty", sandbox.Size{ID: "3", Name: "M", Quantity: 100}, sandbox.Size{ID: "4", Name: "L", Quantity: 100}),
			product(43, "Lampa", one(3)), product(44, "Wazon", one(0)),
		},
	}
}

// clock is the time of a test: the wholesaler's, the clients' and the service's.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a wholesaler behind HTTP, with a store and services over it.
type world struct {
	t     *testing.T
	clock *clock
	shop  *sandbox.Server
	url   string
	store *store.Store
	log   *recorded.Log
	key   []byte

	timeout time.Duration                                   // of a request; 20 seconds when 0
	around  func(customers.Wholesaler) customers.Wholesaler // wraps clients; may be nil
	mu      sync.Mutex
	open    map[customers.Wholesaler]string // clients that are not closed, with their logins
	made    int
}

// personal must appear in no log and no error.
var personal = []string{login, other, password, otherWord, dropKey, firstName, lastName, mailOfBill,
	idosell.PasswordDigest(secret.New(password)).Reveal(), idosell.PasswordDigest(secret.New(otherWord)).Reveal()}

// newWorld starts a wholesaler with two customers. At the end of the test the log
// must hold nothing personal, and no client may be open.
func newWorld(t *testing.T, s *store.Store, change ...func(*sandbox.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)}, store: s, log: &recorded.Log{},
		key: bytes.Repeat([]byte{7}, 32), open: map[customers.Wholesaler]string{}}
	options := sandbox.Options{
		Catalogue: catalogue(), Clock: w.clock, DropshippingKey: secret.New(dropKey), Orders: []sandbox.SeedOrder{},
		Accounts: []sandbox.Account{
			{Login: login, Password: secret.New(password), Email: mailOfBill, Address: sandbox.Address{
				FirstName: firstName, LastName: lastName, Firm: "Kawiarnia", Street: "Ogrodowa 7", ZipCode: "31-001", City: "Kraków", CountryID: "PL"}},
			{Login: other, Password: secret.New(otherWord), Email: "piekarnia@rog.example", Discount: decimal.NewFromInt(10)},
		},
	}
	for _, c := range change {
		c(&options)
	}
	w.shop = sandbox.New(options)
	var err error
	if w.url, err = w.shop.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.shop.Close(); err != nil {
			t.Error(err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.open) > 0 {
			t.Errorf("%d clients are still open", len(w.open))
		}
		for _, word := range personal {
			if strings.Contains(w.log.String(), word) {
				t.Errorf("the log holds %q:\n%s", word, w.log.String())
			}
		}
	})
	return w
}

// order seeds an order of an account.
func order(login string, age time.Duration, to sandbox.Address) sandbox.SeedOrder {
	return sandbox.SeedOrder{Login: login, Age: age, Delivery: to, CourierID: 6, PaymentType: "prepaid", Products: []int{0}}
}

// counted notes which clients are open.
type counted struct {
	customers.Wholesaler
	w *world
}

func (c *counted) Close() error {
	c.w.mu.Lock()
	delete(c.w.open, c)
	c.w.mu.Unlock()
	return c.Wholesaler.Close()
}

func (w *world) client(budget *idosell.Budget) func(string, idosell.Secret) (customers.Wholesaler, error) {
	return func(login string, digest idosell.Secret) (customers.Wholesaler, error) {
		client, err := idosell.New(idosell.Config{URL: w.url, Login: login, PasswordDigest: digest, DropshippingKey: secret.New(dropKey),
			Budget: budget, Timeout: w.timeout, Now: w.clock.Now, Logger: w.logger()})
		if err != nil {
			return nil, err
		}
		var made customers.Wholesaler = client
		if w.around != nil {
			made = w.around(client)
		}
		c := &counted{made, w}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open[c] = login
		w.made++
		return c, nil
	}
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) clients() (open, made int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open), w.made
}

// service starts a service: another process, or the same one after a restart.
func (w *world) service(change ...func(*customers.Options)) *customers.Service {
	w.t.Helper()
	options := customers.Options{Store: w.store, Client: w.client(idosell.NewBudget(1e6, 32)), EncryptionKey: w.key,
		BasketPage: "https://hurt.example/basketedit.php", Now: w.clock.Now, Logger: w.logger()}
	for _, c := range change {
		c(&options)
	}
	s, err := customers.New(w.t.Context(), options)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

// signIn signs the customer in and keeps lines of a guest's for merging.
func (w *world) signIn(s *customers.Service, ref string, lines ...customers.Line) customers.Person {
	w.t.Helper()
	return w.signInAs(s, ref, login, password, lines...)
}

func (w *world) signInAs(s *customers.Service, ref, login, password string, lines ...customers.Line) customers.Person {
	w.t.Helper()
	person, err := s.SignIn(w.t.Context(), ref, login, secret.New(password))
	if err != nil {
		w.t.Fatalf("signing in: %v", err)
	}
	w.keep(s, ref, lines...)
	return person
}

func (w *world) keep(s *customers.Service, ref string, lines ...customers.Line) {
	w.t.Helper()
	err := w.store.Tx(w.t.Context(), func(tx *sql.Tx) error { return s.Keep(w.t.Context(), tx, ref, "", lines) })
	if err != nil {
		w.t.Fatal(err)
	}
}

// direct is the customer's own use of the wholesaler's page.
func (w *world) direct() customers.Wholesaler {
	w.t.Helper()
	client, err := idosell.New(idosell.Config{URL: w.url, Login: login, Password: secret.New(password), DropshippingKey: secret.New(dropKey),
		Budget: idosell.NewBudget(1e6, 32), Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = client.Close() })
	return client
}

// fill puts lines into the customer's basket, as on the wholesaler's page.
func (w *world) fill(lines ...customers.Line) {
	w.t.Helper()
	client := w.direct()
	defer client.Close()
	for _, line := range lines {
		code := fmt.Sprint(line.Product)
		if line.Size != "" {
			code += "-" + line.Size
		}
		if _, err := client.ImportBasket(w.t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: code, Quantity: line.Quantity}}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// holds tells what the customer's basket at the wholesaler's holds: "41:2 42-3:1".
func (w *world) holds() string {
	w.t.Helper()
	client := w.direct()
	defer client.Close()
	basket, err := client.Basket(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	sums := map[string]decimal.Decimal{}
	for _, line := range basket.Lines {
		sums[line.ProductCode] = sums[line.ProductCode].Add(line.Quantity)
	}
	return written(sums)
}

func written(sums map[string]decimal.Decimal) string {
	var parts []string
	for code, quantity := range sums {
		parts = append(parts, code+":"+quantity.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// line is a quantity of goods.
func line(key customers.Key, quantity int64) customers.Line {
	return customers.Line{Key: key, Quantity: decimal.NewFromInt(quantity)}
}

func lines(lines []customers.Line) string {
	sums := map[string]decimal.Decimal{}
	for _, l := range lines {
		sums[code(l.Key)] = sums[code(l.Key)].Add(l.Quantity)
	}
	return written(sums)
}

func code(key customers.Key) string {
	if key.Size == "" {
		return fmt.Sprint(key.Product)
	}
	return fmt.Sprint(key.Product, "-", key.Size)
}

func shown(basket *customers.Basket) string {
	if basket == nil {
		return "none"
	}
	sums := map[string]decimal.Decimal{}
	for _, l := range basket.Lines {
		if _, twice := sums[code(l.Key)]; twice {
			return "two lines of " + code(l.Key)
		}
		sums[code(l.Key)] = l.Quantity
	}
	return written(sums)
}

// calls counts the calls to some gates.
func (w *world) calls(gates ...string) int {
	sum := 0
	for gate, n := range w.shop.Calls() {
		if len(gates) == 0 || slices.Contains(gates, gate) {
			sum += n
		}
	}
	return sum
}

// noPersonal fails where an error tells something personal.
func noPersonal(t *testing.T, err error) {
	t.Helper()
	for at := err; at != nil; at = errors.Unwrap(at) {
		for _, word := range personal {
			if strings.Contains(at.Error(), word) {
				t.Errorf("the error tells %q: %v", word, at)
			}
		}
	}
}
