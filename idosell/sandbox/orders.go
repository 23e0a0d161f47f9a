package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// firstSerial is the serial number of the first order.
const firstSerial = 1001

// shopTime is how times are written: in the shop's time zone, without it.
const shopTime = "2006-01-02 15:04:05"

type order struct {
	owner        *account
	id           string
	serial       int64
	placed       time.Time
	canceled     time.Time // by its account; zero: not
	touched      time.Time // changed by its account; zero: not
	delivery     *deliveryAddress
	billing      Address
	payer        *Address
	pickupPoint  string
	courier      *courier
	paymentType  string
	note         string
	keptNote     string // what Orders/get shows of note
	courierNote  string
	deliveryDate time.Time
	lines        []orderLine
	deliveryCost decimal.Decimal // gross
	payFormCost  decimal.Decimal // gross
}

type orderLine struct {
	basketLine
	gross decimal.Decimal
}

// AcceptedOrder is an order that the sandbox accepted, as GET /_sandbox/orders
// and Server.Orders tell it.
type AcceptedOrder struct {
	ID           string         `json:"id"`
	SerialNumber int64          `json:"serialNumber"`
	Login        string         `json:"login"`
	Note         string         `json:"note"` // as it was sent, even where a mood does not keep it
	Status       string         `json:"status"`
	PlacedAt     time.Time      `json:"placedAt"`
	CourierID    int64          `json:"courierId"`
	PaymentType  string         `json:"paymentType"`
	Lines        []AcceptedLine `json:"lines"`
}

// AcceptedLine is one line of an AcceptedOrder.
type AcceptedLine struct {
	Code     string          `json:"code"` // internal: "<productId>" or "<productId>-<sizeId>"
	Quantity decimal.Decimal `json:"quantity"`
}

func (o *order) accepted(now time.Time) AcceptedOrder {
	told := AcceptedOrder{ID: o.id, SerialNumber: o.serial, Login: o.owner.Login, Note: o.note, Status: o.at(now).status,
		PlacedAt: o.placed, CourierID: o.courier.id, PaymentType: o.paymentType, Lines: []AcceptedLine{}}
	for _, line := range o.lines {
		told.Lines = append(told.Lines, AcceptedLine{line.variant.internalCode(), line.quantity})
	}
	return told
}

// placeOrder orders what the basket holds.
func (s *Server) placeOrder(req *request) (*element, error) {
	o, err := s.readOrder(req)
	if err != nil {
		return nil, err
	}
	owner := req.account
	if len(owner.basket) == 0 {
		return nil, refuse(faultNothing, "Koszyk jest pusty")
	}
	grams, worth := s.basketSize(owner)
	country, _ := readCountry(o.delivery.CountryID) // checked by readOrder
	if !o.courier.takes(country, o.paymentType, grams) {
		return nil, refuse(faultNotAllowed, "Wybrany kurier nie obsługuje tego zamówienia")
	}
	needed := map[variant]decimal.Decimal{}
	for _, line := range owner.basket {
		needed[line.variant] = needed[line.variant].Add(line.quantity)
		_, size := s.index().size(line.variant)
		if free := s.free(line.variant, size); free != unlimited && needed[line.variant].GreaterThan(decimal.NewFromInt(free)) {
			return nil, refuse(faultNotAllowed, "Towar nie jest już dostępny")
		}
	}
	o.deliveryCost = withVAT(o.courier.netCost(grams, worth), courierVAT)
	if o.paymentType == cashOnDelivery {
		o.payFormCost = decimal.NewFromInt(5)
	}
	if !req.mood.Different.LoseNote {
		o.keptNote = o.note
	}
	s.accept(o, owner.basket)
	if !req.mood.Different.KeepBasket {
		owner.basket = nil
	}
	return structure("results", text("orderId", o.id), whole("orderSerialNumber", o.serial), text("orderStatus", o.at(req.now).status)), nil
}

// readOrder reads and checks all of a placeOrder but the basket.
func (s *Server) readOrder(req *request) (*order, error) {
	to := req.params.child("deliveryAddress")
	if to == nil {
		return nil, refuse(faultParameter, "Brak adresu dostawy")
	}
	o := &order{owner: req.account, placed: req.now, billing: req.account.Address,
		delivery:    &deliveryAddress{Address: readAddress(to), owner: req.account},
		paymentType: strings.ToLower(req.params.value("paymentType")), pickupPoint: req.params.value("pickupPointId"),
		note: req.params.value("clientNoteToOrder"), courierNote: req.params.value("clientNoteToCourier")}
	if err := o.delivery.check(); err != nil {
		return nil, err
	}
	courierID, err := strconv.ParseInt(req.params.value("courierId"), 10, 64)
	if err == nil {
		o.courier = courierByID(courierID)
	}
	if o.courier == nil {
		return nil, refuse(faultParameter, "Niepoprawny kurier")
	}
	if o.courier.points != (o.pickupPoint != "") {
		return nil, refuse(faultParameter, "Punkt odbioru nie pasuje do kuriera")
	}
	if !slices.Contains([]string{prepaid, cashOnDelivery, tradeCredit}, o.paymentType) {
		return nil, refuse(faultParameter, "Niepoprawna forma płatności")
	}
	if len(o.note) > 4000 || len(o.courierNote) > 4000 || len(o.pickupPoint) > 100 {
		return nil, refuse(faultParameter, "Zbyt długa uwaga do zamówienia")
	}
	for name, use := range map[string]func(Address){
		"billingAddress": func(a Address) { o.billing = a }, "payerAddress": func(a Address) { o.payer = &a },
	} {
		if given := req.params.child(name); given != nil && len(given.parts) > 0 {
			address := readAddress(given)
			if address.Phone1 == "" && address.Email == "" {
				address.Email = req.account.Email
			}
			if err := address.check(); err != nil {
				return nil, err
			}
			use(address)
		}
	}
	if o.deliveryDate, err = s.readShopTime(req.params.value("deliveryDate")); err != nil {
		return nil, err
	}
	return o, nil
}

// accept gives an order its numbers and keeps it.
func (s *Server) accept(o *order, basket []basketLine) {
	o.owner.lastOrder++
	o.serial = firstSerial + int64(len(s.orders))
	o.id = o.owner.Login + "-" + strconv.FormatInt(o.owner.lastOrder, 10)
	for _, line := range basket {
		p, size := s.index().size(line.variant)
		o.lines = append(o.lines, orderLine{line, accountGross(&o.owner.Account, p, size)})
		s.promised[line.variant] += line.quantity.Ceil().IntPart()
	}
	o.delivery.id = 5000 + int64(len(s.addresses)) + 1
	o.delivery.orderID = o.id
	s.addresses = append(s.addresses, o.delivery)
	s.orders = append(s.orders, o)
	s.stockChanged()
}

// placeSeed places one of the orders that the sandbox begins with.
func (s *Server) placeSeed(owner *account, seed SeedOrder) {
	o := &order{owner: owner, placed: s.Now().Add(-seed.Age).Truncate(time.Second), billing: owner.Address,
		delivery: &deliveryAddress{Address: seed.Delivery, owner: owner}, courier: courierByID(seed.CourierID),
		paymentType: seed.PaymentType, pickupPoint: seed.PickupPoint, note: seed.Note, keptNote: seed.Note}
	if o.courier == nil {
		panic("sandbox: a seed order's courier is not one of the couriers")
	}
	var basket []basketLine
	for _, place := range seed.Products {
		if len(s.catalogue().Products) == 0 {
			break
		}
		p := &s.catalogue().Products[place%len(s.catalogue().Products)]
		at := slices.IndexFunc(p.Sizes, func(size Size) bool { return s.free(variant{p.ID, size.ID}, &size) != 0 })
		owner.lastPosition++
		basket = append(basket, basketLine{position: owner.lastPosition, variant: variant{p.ID, p.Sizes[max(at, 0)].ID}, quantity: decimal.NewFromInt(1)})
	}
	o.deliveryCost = withVAT(o.courier.cost, courierVAT)
	s.accept(o, basket)
}

func (s *Server) orderByID(id string) *order {
	at := slices.IndexFunc(s.orders, func(o *order) bool { return o.id == id })
	if at < 0 {
		return nil
	}
	return s.orders[at]
}

// cancelOrder cancels an order that is not packed yet; again is no fault.
func (s *Server) cancelOrder(req *request) (*element, error) {
	o := s.orderByID(req.params.value("orderId"))
	if o == nil || o.owner != req.account {
		return nil, refuse(faultNothing, "Nie znaleziono zamówienia")
	}
	switch o.at(req.now).status {
	case statusNew, statusPaymentWaiting:
		o.canceled = req.now
		for _, line := range o.lines {
			s.promised[line.variant] -= line.quantity.Ceil().IntPart()
		}
		s.stockChanged()
	case statusCanceled:
	default:
		return nil, refuse(faultNotAllowed, "Zamówienia nie można już anulować")
	}
	return structure("results", text("orderStatus", o.at(req.now).status)), nil
}

// readShopTime reads a time of the shop, also a bare date; the zero time for ""
// and for the zero date.
func (s *Server) readShopTime(written string) (time.Time, error) {
	if written == "" || strings.HasPrefix(written, "0000-00-00") {
		return time.Time{}, nil
	}
	for _, form := range []string{shopTime, time.DateOnly} {
		if t, err := time.ParseInLocation(form, written, s.location); err == nil {
			return t, nil
		}
	}
	return time.Time{}, refuse(faultParameter, "Niepoprawna data")
}

// getOrders lists the account's orders, by serial number.
func (s *Server) getOrders(req *request) (*element, error) {
	wanted, err := s.readOrderFilter(req)
	if err != nil {
		return nil, err
	}
	settled := req.now.Add(-time.Duration(req.mood.Different.SettleOrders))
	var found []*order
	for _, o := range s.orders {
		if o.owner == req.account && !o.placed.After(settled) && (req.mood.Different.IgnoreFilters || wanted(o)) {
			found = append(found, o)
		}
	}
	return pageOf(req, found, func(o *order) []*element { return s.orderParts(req, o) })
}

// readOrderFilter reads what Orders/get is asked for. All of it must match.
func (s *Server) readOrderFilter(req *request) (func(*order) bool, error) {
	ids, statuses := setOf(req.params.values("ordersIds")), setOf(req.params.values("ordersStatuses"))
	numbers, err := wholeNumbers(req.params, "ordersSerialNumbers")
	if err != nil {
		return nil, err
	}
	serials := setOf(numbers)
	var begin, end time.Time
	dateOf := func(o *order) time.Time { return o.placed }
	if ordersRange := req.params.child("ordersRange"); ordersRange != nil {
		if dates := ordersRange.child("ordersDateRange"); dates != nil {
			var beginErr, endErr error
			begin, beginErr = s.readShopTime(dates.value("ordersDateBegin"))
			end, endErr = s.readShopTime(dates.value("ordersDateEnd"))
			if err := cmp.Or(beginErr, endErr); err != nil {
				return nil, err
			}
			switch dates.value("ordersDateType") {
			case "", "add":
			case "modified":
				dateOf = func(o *order) time.Time { return o.at(req.now).changed }
			case "dispatch":
				dateOf = func(o *order) time.Time { return o.at(req.now).dispatched }
			default:
				return nil, refuse(faultParameter, "Niepoprawna wartość ordersDateType")
			}
		}
	}
	return func(o *order) bool {
		date := dateOf(o).Truncate(time.Second) // as it is shown
		return (len(ids) == 0 || ids[o.id]) &&
			(len(serials) == 0 || serials[o.serial]) &&
			(len(statuses) == 0 || statuses[o.at(req.now).status]) &&
			(begin.IsZero() || !date.Before(begin)) && (end.IsZero() || !date.After(end) && !date.IsZero())
	}, nil
}
