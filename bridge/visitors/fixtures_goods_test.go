package visitors_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/visitors"
	"octobridge/internal/secret"
)

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// shelf are the goods of a shop that a test can change. Each piece costs 10.00
// PLN.
type shelf struct {
	mutex  sync.Mutex
	items  map[string]visitors.Item
	left   map[int64]decimal.Decimal // how much can be had; without: enough
	silent bool                      // the wholesaler says nothing about what can be had
	broken error                     // what every method fails with
	asked  int                       // calls of Available
	// onAvailable is called while the wholesaler is asked; may be nil.
	onAvailable func()
}

// newShelf has product 41 in the sizes 1 and 2, 42 by the piece, 43 by ten and at
// least twenty, 44 by half a metre, 45 sold out, and three left of 46.
func newShelf() *shelf {
	s := &shelf{items: map[string]visitors.Item{}, left: map[int64]decimal.Decimal{45: number("0"), 46: number("3")}}
	add := func(id, size, step, minimum string, choice bool) {
		product, _, _ := strings.Cut(id, "-")
		key, _ := strconv.ParseInt(product, 10, 64)
		item := visitors.Item{Key: visitors.Key{Product: key, Size: size}, Choice: choice, Step: number(step), Minimum: number(minimum)}
		if size != "" {
			item.SizeName = "Size " + size
		}
		s.items[id] = item
	}
	add("41", "", "1", "1", true)
	add("41-1", "1", "1", "1", false)
	add("41-2", "2", "1", "1", false)
	add("42", "", "1", "1", false)
	add("43", "", "10", "20", false)
	add("44", "", "0.5", "0.5", false)
	add("45", "", "1", "1", false)
	add("46", "", "1", "1", false)
	for product := 100; product < 500; product++ {
		add(strconv.Itoa(product), "", "1", "1", false)
	}
	return s
}

// change lets a test change the shelf.
func (s *shelf) change(fn func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	fn()
}

func (s *shelf) Find(_ context.Context, _ *visitors.Visitor, ids []string) (map[string]visitors.Item, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := map[string]visitors.Item{}
	for _, id := range ids {
		if item, ok := s.items[id]; ok {
			found[id] = item
		}
	}
	return found, s.broken
}

func (s *shelf) Available(_ context.Context, item visitors.Item, quantity decimal.Decimal) visitors.Availability {
	s.mutex.Lock()
	s.asked++
	left, known := s.left[item.Product]
	silent, hook := s.silent, s.onAvailable
	s.mutex.Unlock()
	if hook != nil {
		hook()
	}
	switch {
	case silent, quantity.NumDigits() > 12: // no wholesaler reads such numbers
		return visitors.Availability{}
	case known && left.LessThan(quantity):
		return visitors.Availability{Said: true, Left: decimal.NewNullDecimal(left)}
	}
	return visitors.Availability{Said: true}
}

func idOf(key visitors.Key) string {
	id := strconv.FormatInt(key.Product, 10)
	if key.Size != "" {
		id += "-" + key.Size
	}
	return id
}

func (s *shelf) product(id string, key visitors.Key) visitors.ShownProduct {
	_, sold := s.items[id]
	return visitors.ShownProduct{
		ID: id, Title: fmt.Sprintf("Product %d", key.Product), Price: "10.00 PLN", Previous: "12.00 PLN", Gone: !sold,
		URL: fmt.Sprintf("https://shop.example/p/%d", key.Product), Thumbnail: fmt.Sprintf("https://shop.example/t/%d.jpg", key.Product),
	}
}

func (s *shelf) Show(_ context.Context, v *visitors.Visitor, cart *visitors.Cart, view visitors.View) (visitors.Shown, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.broken != nil {
		return visitors.Shown{}, s.broken
	}
	shown := visitors.Shown{Currency: "PLN"}
	if view.Currency != "" {
		shown.Currency = view.Currency
	}
	sum := decimal.Zero
	for _, line := range cart.Lines {
		total := line.Quantity.Mul(number("10"))
		sum = sum.Add(total)
		shown.Cart = append(shown.Cart, visitors.ShownLine{
			ShownProduct: s.product(idOf(line.Key), line.Key), ProductID: strconv.FormatInt(line.Product, 10), SizeName: line.SizeName,
			Quantity: line.Quantity, Step: line.Step, Minimum: line.Minimum, Total: total.StringFixed(2) + " PLN",
		})
	}
	shown.Price, shown.FinalPrice = sum.StringFixed(2)+" PLN", sum.StringFixed(2)+" PLN"
	for _, wish := range v.Wishes {
		key := visitors.Key{Product: wish.Product}
		shown.Wishes = append(shown.Wishes, s.product(idOf(key), key))
	}
	return shown, nil
}

// told collects updates to oct8ne, as "value what".
type told struct {
	mutex   sync.Mutex
	updates []string
}

func (u *told) Update(value, what string) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.updates = append(u.updates, value+" "+what)
}

// take returns what was told since it was last asked.
func (u *told) take() string {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	defer func() { u.updates = nil }()
	return strings.Join(u.updates, ", ")
}

// office is the wholesaler's side: two customers, whose baskets are by login.
type office struct {
	mutex    sync.Mutex
	goods    *shelf
	sessions map[string]string // login by ref
	baskets  map[string][]visitors.Line
	leftOver map[string][]visitors.Line // by ref, to be told once
	page     string                     // where the basket has to be changed
	signIn   error
	adding   error // what Add fails with, after it has added where that is ErrUnknown
	setting  error
	reading  error
	waited   time.Duration // how long the last reading of a basket might have taken
	adds     int
	kept     int
	// onAdd is called while something is being added; may be nil.
	onAdd func()
}

var customersOfOffice = map[string]visitors.Customer{
	"anna":  {ID: "anna", Email: "anna@customer.example", FirstName: "Anna", LastName: "Kowalska"},
	"borys": {ID: "borys", Email: "borys@customer.example", FirstName: "Borys", LastName: "Lis"},
}

func newOffice(goods *shelf) *office {
	return &office{goods: goods, sessions: map[string]string{}, baskets: map[string][]visitors.Line{}, leftOver: map[string][]visitors.Line{}}
}

func (o *office) change(fn func()) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	fn()
}

func passwordOf(login string) string { return "an-invented-password-of-" + login }

func (o *office) SignIn(_ context.Context, ref, login string, password secret.String) (visitors.Customer, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.signIn != nil {
		return visitors.Customer{}, o.signIn
	}
	customer, known := customersOfOffice[login]
	if !known || password.Reveal() != passwordOf(login) {
		return visitors.Customer{}, fmt.Errorf("asking the wholesaler: %w", visitors.ErrRefused)
	}
	o.sessions[ref] = login
	return customer, nil
}

func (o *office) Keep(ctx context.Context, tx *sql.Tx, ref, _ string, lines []visitors.Line) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	var one int
	if err := tx.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return err
	}
	o.kept++
	login := o.sessions[ref]
	for _, line := range lines {
		if _, sold := o.goods.items[idOf(line.Key)]; !sold || line.Product == 45 {
			o.leftOver[ref] = append(o.leftOver[ref], line)
			continue
		}
		o.baskets[login] = append(o.baskets[login], line)
	}
	return nil
}

func (o *office) SignedIn(_ context.Context, ref string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	_, there := o.sessions[ref]
	return there
}

func (o *office) SignOut(_ context.Context, ref string) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	delete(o.sessions, ref)
	return nil
}

func (o *office) cart(login string) *visitors.Cart {
	cart := &visitors.Cart{Basket: true, Page: o.page}
	for _, line := range o.baskets[login] {
		cart.Lines = append(cart.Lines, visitors.CartLine{Line: line})
	}
	return cart
}

func (o *office) Basket(ctx context.Context, ref string) (*visitors.Cart, []visitors.Line, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if until, bounded := ctx.Deadline(); bounded {
		o.waited = time.Until(until)
	}
	if o.reading != nil {
		return nil, nil, o.reading
	}
	login, there := o.sessions[ref]
	if !there {
		return nil, nil, visitors.ErrRefused
	}
	left := o.leftOver[ref]
	delete(o.leftOver, ref)
	return o.cart(login), left, nil
}

func (o *office) Add(_ context.Context, ref string, item visitors.Item, quantity decimal.Decimal) (*visitors.Cart, error) {
	o.mutex.Lock()
	hook := o.onAdd
	o.mutex.Unlock()
	if hook != nil {
		hook()
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.adds++
	if o.adding != nil && !errors.Is(o.adding, visitors.ErrUnknown) {
		return nil, o.adding
	}
	login := o.sessions[ref]
	o.put(login, item, quantity, true)
	return o.cart(login), o.adding
}

func (o *office) put(login string, item visitors.Item, quantity decimal.Decimal, more bool) {
	at := slices.IndexFunc(o.baskets[login], func(l visitors.Line) bool { return l.Key == item.Key })
	switch {
	case at < 0 && quantity.IsPositive():
		o.baskets[login] = append(o.baskets[login], visitors.Line{Key: item.Key, Quantity: quantity, SizeName: item.SizeName, Step: item.Step, Minimum: item.Minimum})
	case at >= 0 && more:
		o.baskets[login][at].Quantity = o.baskets[login][at].Quantity.Add(quantity)
	case at >= 0 && quantity.IsZero():
		o.baskets[login] = slices.Delete(slices.Clone(o.baskets[login]), at, at+1)
	case at >= 0:
		o.baskets[login][at].Quantity = quantity
	}
}

func (o *office) Set(_ context.Context, ref string, changes []visitors.Change) (*visitors.Cart, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.setting != nil {
		return nil, o.setting
	}
	login := o.sessions[ref]
	for _, change := range changes {
		o.put(login, change.Item, change.Quantity, false)
	}
	return o.cart(login), nil
}

func (o *office) Orders(_ context.Context, ref string) ([]visitors.Order, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.reading != nil {
		return nil, o.reading
	}
	return []visitors.Order{
		{
			ID: o.sessions[ref] + "-7", Serial: 7, Status: "wysłane", Placed: time.Date(2026, 11, 20, 10, 0, 0, 0, time.FixedZone("CET", 3600)),
			Total: decimal.NewNullDecimal(number("55.3")), Currency: "PLN", Courier: "InPost", Parcel: "620111", Tracking: "https://track.example/620111", Positions: 2,
		},
		{ID: o.sessions[ref] + "-6", Serial: 6, Currency: "PLN"},
	}, nil
}

func (o *office) Addresses(_ context.Context, ref string) ([]visitors.Address, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.reading != nil {
		return nil, o.reading
	}
	return []visitors.Address{{ID: 3, FirstName: customersOfOffice[o.sessions[ref]].FirstName, Street: "Zmyślona 1", ZipCode: "00-001", City: "Warszawa", Country: "PL"}}, nil
}

// refs are the refs that hold a session.
func (o *office) refs() []string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Sorted(maps.Keys(o.sessions))
}
