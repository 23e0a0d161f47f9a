package sandbox

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// date is a time of the shop; the zero time is written as nothing.
func (s *Server) date(name string, moment time.Time) *element {
	e := &element{name: name, kind: dateElement, typed: "xsd:string"}
	if !moment.IsZero() {
		e.text = moment.In(s.location).Format(shopTime)
	}
	return e
}

// orderParts are an order's elements, as the admin gate names them.
func (s *Server) orderParts(req *request, o *order) []*element {
	state := o.at(req.now)
	sent := "none"
	switch state.status {
	case statusFinished:
		sent = "finished"
	case statusCanceled:
		sent = "canceled"
	}
	return []*element{
		text("orderId", o.id), whole("orderSerialNumber", o.serial), text("orderType", "t"),
		structure("clientResult",
			structure("clientBillingAddress", clientParts("client", o.billing, false)...),
			structure("clientDeliveryAddress", append([]*element{whole("clientDeliveryAddressId", o.delivery.id)},
				clientParts("clientDeliveryAddress", o.delivery.Address, true)...)...),
			o.pickupParts(), o.payerParts(),
			structure("clientAccount", whole("clientId", o.owner.id), text("clientLogin", o.owner.Login), text("clientEmail", o.owner.Email))),
		structure("orderDetails",
			text("orderStatus", state.status), text("dropshippingOrderStatus", sent),
			s.date("orderAddDate", o.placed), s.date("orderChangeDate", state.changed), s.date("orderDispatchDate", state.dispatched),
			text("clientNoteToOrder", o.keptNote), text("clientNoteToCourier", o.courierNote), text("orderNote", ""),
			s.paymentParts(o), s.dispatchParts(req, o, state), s.lineParts(o)),
	}
}

// clientParts are address fields with the admin gate's prefixes.
func clientParts(prefix string, a Address, email bool) []*element {
	field := func(name, value string) *element { return text(prefix+name, value) }
	parts := []*element{field("FirstName", a.FirstName), field("LastName", a.LastName), field("Firm", a.Firm)}
	if !email {
		parts = append(parts, field("Nip", a.NIP))
	}
	parts = append(parts, field("Street", a.Street), field("ZipCode", a.ZipCode), field("City", a.City), field("Province", a.Province),
		field("CountryId", a.CountryID), field("Phone1", a.Phone1), field("Phone2", a.Phone2))
	if email {
		parts = append(parts, field("Email", a.Email))
	}
	return parts
}

func (o *order) pickupParts() *element {
	point := structure("clientPickupPointAddress")
	if o.pickupPoint != "" {
		point.parts = []*element{text("pickupPointId", o.pickupPoint), text("name", o.courier.name+" "+o.pickupPoint)}
	}
	return point
}

func (o *order) payerParts() *element {
	if o.payer == nil {
		return nil
	}
	return structure("payerAddress", o.payer.plainParts()...)
}

func (s *Server) paymentParts(o *order) *element {
	worth := decimal.Zero
	for _, line := range o.lines {
		worth = worth.Add(line.gross.Mul(line.quantity))
	}
	days := int64(0)
	if o.paymentType == tradeCredit {
		days = 14
	}
	return structure("payments", text("orderPaymentType", o.paymentType), whole("orderPaymentDays", days),
		structure("orderCurrency", text("currencyId", s.catalogue().Currency), money("orderProductsCost", worth),
			money("orderDeliveryCost", o.deliveryCost), money("orderPayformCost", o.payFormCost), money("orderInsuranceCost", decimal.Zero)))
}

func (s *Server) dispatchParts(req *request, o *order, state orderState) *element {
	items := make([][]*element, len(state.parcels))
	for i, p := range state.parcels {
		items[i] = []*element{text("deliveryPackageNumber", p.number), text("deliveryShippingNumber", p.shipping)}
		if strings.HasPrefix(p.tracking, "/") {
			items[i] = append(items[i], text("trackingUrl", req.address+p.tracking))
		}
	}
	estimated := o.estimatedDelivery()
	if state.status == statusCanceled {
		estimated = time.Time{}
	}
	return structure("dispatch", whole("courierId", o.courier.id), text("courierName", o.courier.name),
		s.date("deliveryDate", o.deliveryDate), s.date("estimatedDeliveryDate", estimated), array("packages", items...))
}

func (s *Server) lineParts(o *order) *element {
	items := make([][]*element, len(o.lines))
	for i, line := range o.lines {
		p, size := s.index().size(line.variant)
		items[i] = []*element{whole("productId", p.ID), text("productName", p.Names[firstLanguage(p)]),
			text("productCode", line.variant.internalCode()), text("sizeId", size.ID), text("sizePanelName", size.Name),
			text("productSizeCodeExternal", size.CodeExternal), number("productQuantity", line.quantity),
			money("productOrderPrice", line.gross), number("productVat", decimal.NewFromInt(p.VAT)),
			text("remarksToProduct", line.comment), whole("basketPosition", line.position)}
	}
	return array("productsResults", items...)
}
