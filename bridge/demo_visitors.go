package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/shopspring/decimal"

	onesandbox "octobridge/bridge/one/sandbox"
	"octobridge/bridge/orders"
	"octobridge/bridge/storefront"
	"octobridge/bridge/visitors"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/internal/silent"
	"octobridge/oct8ne"
	"octobridge/oct8ne/platform"
)

// The demonstration's shop signs its identity tokens with this key: fixed, so that
// examples can be copied.
const (
	DemoTokenKeyID = "demo"
	DemoTokenKey   = "demo-identity-key-0123456789abcdef"
)

// demoCustomer is who signs in to the demonstration's shop with one button.
var demoCustomer = visitors.Customer{ID: "1", FirstName: "Anna", LastName: "Nowak", Email: sandbox.DemoCustomerEmail}

// demoVisitors is storefront.Visitors as a shop would do it: its server calls the
// bridge's public addresses with the visitor's cookie, and signs the tokens that
// say who somebody is.
type demoVisitors struct {
	kind     ShopKind
	http     *resty.Client
	public   string // of the bridge
	cookie   string // name of the visitors' cookie
	adapter  *Adapter
	orders   orderTaker
	known    orderLookup
	checkout string                     // the wholesaler's page, in wholesale
	placed   *lru.Cache[string, string] // orders placed here, with the cookie of who did
}

var _ storefront.Visitors = (*demoVisitors)(nil)

// orderLookup finds an order by its reference; an *orders.Service does.
type orderLookup interface {
	Get(ctx context.Context, reference string) (*orders.Order, error)
}

func newDemoClient(public string) *resty.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	return resty.NewWithClient(&http.Client{
		Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).SetBaseURL(public).SetLogger(silent.Logger{}).SetHeader("Accept", "application/json")
}

func (d *demoVisitors) close() { d.http.GetClient().CloseIdleConnections() }

// demoProblem is what is read of an answer that is no success.
type demoProblem struct {
	Type string      `json:"type"`
	Left json.Number `json:"left"`
}

// call calls the bridge for a visitor and returns the cookies to hand on.
func (d *demoVisitors) call(ctx context.Context, r storefront.Request, method, path string, body, into any) ([]*http.Cookie, error) {
	request := d.http.R().SetContext(ctx).SetQueryParam("locale", r.Locale)
	for _, name := range []string{d.cookie, visitors.ChatCookie} {
		if value := r.Cookies(name); value != "" {
			request.SetCookie(&http.Cookie{Name: name, Value: value, Quoted: strings.ContainsAny(value, " ,")})
		}
	}
	if body != nil {
		request.SetBody(body)
	}
	answer, err := request.Execute(method, path)
	if err != nil {
		return nil, &storefront.Unavailable{Err: err}
	}
	cookies := answer.Cookies()
	if answer.IsError() {
		return cookies, d.refused(answer, cookies)
	}
	if into == nil || len(answer.Body()) == 0 {
		return cookies, nil
	}
	return cookies, json.Unmarshal(answer.Body(), into)
}

// demoNotices are the pages' words for what the bridge refuses.
var demoNotices = map[string]storefront.Notice{
	"sold-out": storefront.NoticeSoldOut, "choose-size": storefront.NoticeChooseSize, "quantity": storefront.NoticeQuantity, "invalid": storefront.NoticeQuantity,
	"full": storefront.NoticeFull, "not-found": storefront.NoticeGone, "elsewhere": storefront.NoticeElsewhere, "unknown": storefront.NoticeUnknown,
	"busy": storefront.NoticeBusy, "not-accepted": storefront.NoticeRefused, "visitor-changed": storefront.NoticeBusy,
}

func (d *demoVisitors) refused(answer *resty.Response, cookies []*http.Cookie) error {
	var problem demoProblem
	_ = json.Unmarshal(answer.Body(), &problem) // without one the status tells
	err := errors.New("the bridge answered " + answer.Status())
	if notice := demoNotices[strings.TrimPrefix(problem.Type, "urn:octobridge:problem:")]; notice != "" {
		return &storefront.Refused{Notice: notice, Left: problem.Left.String(), Cookies: cookies, Err: err}
	}
	if answer.StatusCode() == http.StatusServiceUnavailable || answer.StatusCode() == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(answer.Header().Get("Retry-After"))
		return &storefront.Unavailable{RetryAfter: time.Duration(seconds) * time.Second, Err: err}
	}
	return err
}

// Session implements storefront.Visitors.
func (d *demoVisitors) Session(ctx context.Context, r storefront.Request) (storefront.Session, error) {
	var told struct {
		Customer *struct {
			ID, Email, FirstName, LastName string
		} `json:"customer"`
		CartItems json.Number `json:"cartItems"`
		Wishes    int         `json:"wishes"`
	}
	if _, err := d.call(ctx, r, http.MethodGet, "/visitor/session", nil, &told); err != nil {
		return storefront.Session{}, err
	}
	items, _ := decimal.NewFromString(cmp.Or(told.CartItems.String(), "0"))
	session := storefront.Session{CartItems: int(items.Ceil().IntPart()), Wishes: told.Wishes}
	if c := told.Customer; c != nil {
		session.Customer = &storefront.Customer{ID: c.ID, Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Wholesaler: d.kind == Wholesale}
	}
	return session, nil
}

// demoCart is the bridge's answer about a cart.
type demoCart struct {
	Price      string `json:"price"`
	FinalPrice string `json:"finalPrice"`
	Basket     bool   `json:"basket"`
	Page       string `json:"page"`
	Stale      bool   `json:"stale"`
	LeftOver   []struct {
		Title string `json:"title"`
	} `json:"leftOver"`
	Lines []struct {
		ID, ProductID, Size, Title string
		Qty, Step, Minimum         json.Number
		Price, Previous, Total     string
		Thumbnail                  string
		Gone                       bool
	} `json:"lines"`
}

// Cart implements storefront.Visitors.
func (d *demoVisitors) Cart(ctx context.Context, r storefront.Request) (storefront.Cart, error) {
	told, err := d.cart(ctx, r)
	if err != nil {
		return storefront.Cart{}, err
	}
	cart := storefront.Cart{
		Price: told.Price, FinalPrice: told.FinalPrice, Basket: told.Basket, Page: told.Page, Stale: told.Stale, Checkout: d.checkout,
	}
	for _, product := range told.LeftOver {
		cart.LeftOver = append(cart.LeftOver, product.Title)
	}
	for i := range told.Lines {
		line := &told.Lines[i]
		cart.Lines = append(cart.Lines, storefront.CartLine{
			ID: line.ID, ProductID: line.ProductID, Title: line.Title, SizeName: line.Size, Quantity: line.Qty.String(),
			Step: line.Step.String(), Minimum: line.Minimum.String(), Price: line.Price, Previous: line.Previous, Total: line.Total,
			Picture: line.Thumbnail, Gone: line.Gone,
		})
	}
	return cart, nil
}

func (d *demoVisitors) cart(ctx context.Context, r storefront.Request) (demoCart, error) {
	var told demoCart
	_, err := d.call(ctx, r, http.MethodGet, "/cart", nil, &told)
	return told, err
}

// Change implements storefront.Visitors.
func (d *demoVisitors) Change(ctx context.Context, r storefront.Request, changes []storefront.Change) (storefront.Outcome, error) {
	type line struct {
		ID  string      `json:"id"`
		Qty json.Number `json:"qty"`
	}
	body := struct {
		Lines []line `json:"lines"`
	}{Lines: []line{}}
	for _, change := range changes {
		body.Lines = append(body.Lines, line{change.ID, json.Number(change.Quantity)})
	}
	var told struct {
		Limited []struct {
			Available json.Number `json:"available"`
		} `json:"limited"`
	}
	cookies, err := d.call(ctx, r, http.MethodPatch, "/cart", body, &told)
	outcome := storefront.Outcome{Cookies: cookies}
	if len(told.Limited) > 0 {
		outcome.Notice = storefront.NoticeLimited
	}
	if len(told.Limited) == 1 {
		outcome.Left = told.Limited[0].Available.String()
	}
	return outcome, err
}

// Empty implements storefront.Visitors.
func (d *demoVisitors) Empty(ctx context.Context, r storefront.Request) (storefront.Outcome, error) {
	cookies, err := d.call(ctx, r, http.MethodDelete, "/cart", nil, nil)
	return storefront.Outcome{Cookies: cookies}, err
}

// Wishes implements storefront.Visitors.
func (d *demoVisitors) Wishes(ctx context.Context, r storefront.Request) ([]storefront.Wish, error) {
	var told struct {
		Products []struct {
			ID, Title, Price, Previous, Thumbnail string
			Gone                                  bool
		} `json:"products"`
	}
	if _, err := d.call(ctx, r, http.MethodGet, "/wishlist", nil, &told); err != nil {
		return nil, err
	}
	wishes := make([]storefront.Wish, len(told.Products))
	for i, p := range told.Products {
		wishes[i] = storefront.Wish{Card: storefront.Card{ID: p.ID, Title: p.Title, Price: p.Price, Previous: p.Previous, Picture: p.Thumbnail}, Gone: p.Gone}
	}
	return wishes, nil
}

// Wish implements storefront.Visitors.
func (d *demoVisitors) Wish(ctx context.Context, r storefront.Request, add, remove []string) (storefront.Outcome, error) {
	body := map[string][]string{"add": add, "remove": remove}
	for name, list := range body {
		if list == nil {
			delete(body, name)
		}
	}
	cookies, err := d.call(ctx, r, http.MethodPatch, "/wishlist", body, nil)
	return storefront.Outcome{Cookies: cookies}, err
}

// SignInDemo implements storefront.Visitors: the shop's own sign-in would have
// looked at a password before it signs the token.
func (d *demoVisitors) SignInDemo(ctx context.Context, r storefront.Request) (storefront.Outcome, error) {
	token, err := demoToken(d.public, time.Now())
	if err != nil {
		return storefront.Outcome{}, err
	}
	cookies, err := d.call(ctx, r, http.MethodPost, "/visitor/identify", map[string]string{"token": token}, nil)
	return storefront.Outcome{Cookies: cookies}, err
}

// demoToken is an identity token of the demonstration's customer.
func demoToken(audience string, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": demoCustomer.ID, "email": demoCustomer.Email, "given_name": demoCustomer.FirstName, "family_name": demoCustomer.LastName,
		"one_customer_id": onesandbox.DemoCustomer, "aud": audience, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	})
	token.Header["kid"] = DemoTokenKeyID
	return token.SignedString([]byte(DemoTokenKey))
}

// Orders implements storefront.Visitors: in dropshipping the shop's own, which the
// bridge follows; in wholesale the customer's at the wholesaler's.
func (d *demoVisitors) Orders(ctx context.Context, r storefront.Request) ([]storefront.Order, error) {
	if d.kind == Wholesale {
		return d.wholesaleOrders(ctx, r)
	}
	session, err := d.Session(ctx, r)
	if err != nil || session.Customer == nil || session.Customer.Email == "" {
		return nil, err
	}
	request := &oct8ne.Request{Locale: r.Locale}
	list, err := d.adapter.Orders(ctx, request, oct8ne.OrdersQuery{CustomerEmail: session.Customer.Email, Page: 1, PageSize: 20})
	if err != nil {
		return nil, storefrontError(err)
	}
	shown := make([]storefront.Order, len(list))
	for i, order := range list {
		shown[i] = storefront.Order{Reference: order.Reference, Status: order.LabelState, Total: order.Total}
		shown[i].Placed, _ = time.ParseInLocation("2006-01-02 15:04:05", order.Date, d.adapter.zone)
	}
	return shown, nil
}

func (d *demoVisitors) wholesaleOrders(ctx context.Context, r storefront.Request) ([]storefront.Order, error) {
	var told struct {
		Orders []struct {
			ID, Status, Currency, Courier, Parcel, Tracking string
			Placed                                          time.Time
			Total                                           *decimal.Decimal
		} `json:"orders"`
	}
	if _, err := d.call(ctx, r, http.MethodGet, "/visitor/orders", nil, &told); err != nil {
		return nil, err
	}
	l := d.adapter.locales.of(r.Locale)
	shown := make([]storefront.Order, len(told.Orders))
	for i := range told.Orders {
		order := &told.Orders[i]
		shown[i] = storefront.Order{
			Reference: order.ID, Placed: order.Placed.In(d.adapter.zone), Status: statusLabel(idosell.OrderStatus(order.Status), l.base),
			Courier: order.Courier, Parcel: order.Parcel, Tracking: order.Tracking,
		}
		if order.Total != nil {
			shown[i].Total = orEmpty(l.money(*order.Total, order.Currency))
		}
	}
	return shown, nil
}

// Addresses implements storefront.Visitors.
func (d *demoVisitors) Addresses(ctx context.Context, r storefront.Request) ([]storefront.Address, error) {
	if d.kind != Wholesale {
		return []storefront.Address{demoAddress()}, nil
	}
	var told struct {
		Addresses []struct {
			FirstName, LastName, Firm, Street, ZipCode, City, Country, Phone string
		} `json:"addresses"`
	}
	if _, err := d.call(ctx, r, http.MethodGet, "/visitor/addresses", nil, &told); err != nil {
		return nil, err
	}
	var shown []storefront.Address
	for _, a := range told.Addresses {
		// Each order leaves one at the wholesaler's, with an id of its own.
		if address := storefront.Address(a); !slices.Contains(shown, address) {
			shown = append(shown, address)
		}
	}
	return shown, nil
}

func demoAddress() storefront.Address {
	return storefront.Address{
		FirstName: demoCustomer.FirstName, LastName: demoCustomer.LastName, Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław",
		Country: "PL", Phone: "+48 500 000 003",
	}
}

// Delivery implements storefront.Visitors.
func (d *demoVisitors) Delivery(ctx context.Context, r storefront.Request) (storefront.Delivery, error) {
	english := strings.HasPrefix(r.Locale, "en")
	poland := "Polska"
	if english {
		poland = "Poland"
	}
	delivery := storefront.Delivery{Countries: []storefront.Country{{Code: "PL", Name: poland}}}
	couriers, _ := d.adapter.couriers.get(ctx)
	for i := range couriers {
		courier := &couriers[i]
		if courier.HasPickupPoints || strings.Contains(strings.ToLower(courier.Name), "odbiór") {
			continue // the demonstration's form has no choice of a pickup point
		}
		one := storefront.Courier{ID: strconv.FormatInt(courier.ID, 10), Name: plainText(courier.Name)}
		if courier.ID == demoCourier {
			delivery.Couriers = append([]storefront.Courier{one}, delivery.Couriers...)
			continue
		}
		delivery.Couriers = append(delivery.Couriers, one)
	}
	if len(delivery.Couriers) == 0 {
		return delivery, &storefront.Unavailable{RetryAfter: holdOff, Err: errors.New("the wholesaler's couriers are not known")}
	}
	session, err := d.Session(ctx, r)
	if err != nil {
		return delivery, err
	}
	if session.Customer != nil {
		delivery.Email, delivery.Address = session.Customer.Email, demoAddress()
	}
	return delivery, nil
}

// PlaceOrder implements storefront.Visitors: the shop hands the order over as it
// would by /api/v1/orders. Its number comes from the form's key, so that a form
// that is sent twice is one order.
func (d *demoVisitors) PlaceOrder(ctx context.Context, r storefront.Request, checkout storefront.Checkout) (string, error) {
	if d.kind == Wholesale { // the wholesaler's own page takes orders of its customers
		return "", &storefront.Refused{Notice: storefront.NoticeElsewhere}
	}
	reference := "SH-" + strings.ToUpper(checkout.Key[:min(len(checkout.Key), 10)])
	if who, ok := d.placed.Get(reference); ok && who == r.Cookies(d.cookie) {
		return reference, nil
	}
	cart, err := d.cart(ctx, r)
	if err != nil {
		return "", err
	}
	session, err := d.Session(ctx, r)
	if err != nil {
		return "", err
	}
	courier, err := strconv.ParseInt(checkout.Courier, 10, 64)
	if err != nil {
		return "", &storefront.Refused{Notice: storefront.NoticeNotPlaced, Err: err}
	}
	a := checkout.Address
	request := orders.Request{
		Reference: reference, Customer: orders.Customer{Email: checkout.Email}, Session: r.Cookies(visitors.ChatCookie),
		Recipient: orders.Address{
			FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, Street: a.Street, ZipCode: a.ZipCode, City: a.City,
			Country: a.Country, Phone: a.Phone, Email: checkout.Email,
		},
		Courier: orders.CourierChoice{ID: courier}, PaymentType: idosell.Prepaid, Note: checkout.Note,
	}
	if session.Customer != nil {
		request.Customer.ID = session.Customer.ID
	}
	for i := range cart.Lines {
		line := &cart.Lines[i]
		quantity, err := decimal.NewFromString(line.Qty.String())
		if err != nil || line.Gone {
			continue
		}
		request.Lines = append(request.Lines, orders.Line{Code: line.ID, CodeType: idosell.CodeInternal, Quantity: quantity})
	}
	if len(request.Lines) == 0 {
		return "", &storefront.Refused{Notice: storefront.NoticeCartEmpty}
	}
	if request.Total, err = d.total(ctx, r); err != nil {
		return "", err
	}
	if _, _, err := d.orders.Accept(ctx, request); err != nil {
		if _, refused := errors.AsType[*orders.InvalidError](err); refused {
			return "", &storefront.Refused{Notice: storefront.NoticeNotPlaced, Err: err}
		}
		return "", &storefront.Unavailable{Err: err}
	}
	d.placed.Add(reference, r.Cookies(d.cookie))
	// The order is taken: a cart that could not be emptied is no reason to say
	// otherwise.
	_, _ = d.Empty(ctx, r)
	return reference, nil
}

// total is what the customer pays, as a number.
func (d *demoVisitors) total(ctx context.Context, r storefront.Request) (orders.Money, error) {
	request := &oct8ne.Request{Locale: r.Locale, Cookies: map[string]string{d.cookie: r.Cookies(d.cookie)}}
	v, err := d.adapter.visitor(ctx, request)
	if err != nil {
		return orders.Money{}, err
	}
	shown, err := d.adapter.cartOf(ctx, request, v, false)
	if err != nil {
		return orders.Money{}, storefrontError(err)
	}
	sum := d.adapter.sum(ctx, shown)
	if !sum.known {
		return orders.Money{}, nil
	}
	return orders.Money{Amount: sum.now.Round(2), Currency: sum.currency}, nil
}

// Placed implements storefront.Visitors.
func (d *demoVisitors) Placed(ctx context.Context, r storefront.Request, reference string) (*storefront.Placed, error) {
	if who, ok := d.placed.Get(reference); !ok || who != r.Cookies(d.cookie) {
		return nil, nil
	}
	order, err := d.known.Get(ctx, reference)
	if errors.Is(err, orders.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	placed := &storefront.Placed{Reference: reference, Email: order.Request.Customer.Email}
	if total := order.Request.Total; total.Currency != "" {
		placed.Total = orEmpty(d.adapter.locales.of(r.Locale).money(total.Amount, total.Currency))
	}
	host := strings.TrimPrefix(d.public, "http://")
	placed.SaleNotification = "http" + strings.TrimPrefix(platform.SaleNotification{
		StaticServer: host, License: demoLicense, CurrencyCode: order.Request.Total.Currency, Locale: r.Locale,
		Value: placed.Total, Reference: reference, CustomerID: order.Request.Customer.ID,
	}.URL(), "https") // a demonstration is on this machine, and not encrypted
	return placed, nil
}
