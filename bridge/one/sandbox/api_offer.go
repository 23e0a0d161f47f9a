package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Reason is why an offer could not be taken over, as the bridge has told.
type Reason struct {
	Offer, Text string
	At          time.Time
}

// maxReasons is how many reasons are remembered.
const maxReasons = 1000

// Reasons returns what was told by transfer-failed, oldest first, a thousand at most.
func (s *Server) Reasons() []Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reasons)
}

// getOffer: GET offer?offerId=…
func (s *Server) getOffer(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !q.query.Has("offerId") {
		return q.refuse(s, http.StatusBadRequest, "Required request parameter 'offerId' is not present")
	}
	o := s.offer(q.query.Get("offerId"))
	if o == nil {
		return q.refuse(s, http.StatusNotFound, "Offer not found")
	}
	return q.answer(s, http.StatusOK, s.written(o))
}

// written is an offer in its form. The caller holds the lock.
func (s *Server) written(o *Offer) fields {
	number := func(n json.Number) any {
		switch {
		case n == "":
			return nil
		case o.Form == Texts:
			return string(n)
		}
		return n
	}
	all := fields{
		"clientId": o.Customer, "documentNumber": o.Number, "expirationDate": o.Expires, "id": o.ID, "branchId": nil, "status": o.Status,
		"offerCreatorUser": fields{"type": "OPERATOR", "id": "operator-1", "name": "Marek Zieliński", "email": "operator@seller.example", "branch": nil},
		"notes":            writtenNotes(o), "attachments": writtenAttachments(o.Attachments),
		"paymentMethod": fields{"id": "TRANSFER", "name": "Przelew 14 dni"}, "lastModifiedDate": "2026-11-08T12:45:01.398697",
	}
	if o.Form == Flat {
		lines := []fields{}
		for _, l := range o.lines() {
			lines = append(lines, s.flatLine(o, l))
		}
		all["productLines"], all["currencyCode"] = lines, o.Currency
		return all
	}
	slots := []fields{}
	for _, slot := range o.Slots {
		lines := []fields{}
		for _, l := range slot.Lines {
			lines = append(lines, s.slotLine(o, l, number))
		}
		slots = append(slots, fields{
			"authorizedPersons": []any{}, "availabilityState": "NONE_AVAILABLE", "id": slot.ID, "notes": "", "productLines": lines,
			"delivery": fields{"deliveryMethodId": "COURIER", "deliveryDate": nil},
		})
	}
	all["split"] = fields{"slots": slots}
	return all
}

// slotLine names a line's fields as ONe's orders do.
func (s *Server) slotLine(o *Offer, l Line, number func(json.Number) any) fields {
	product := s.products[l.SKU]
	line := fields{
		"id": l.ID, "sku": l.SKU, "name": cmp.Or(l.Name, product.Name), "quantityOrderedInContentUnit": number(l.Quantity),
		"contentUnitCode": cmp.Or(l.Unit, product.ContentUnit), "parentLineId": nil, "purchasePrice": number(l.PurchasePrice),
		"price": fields{"currency": o.Currency, "netContentUnitPrice": number(l.Price), "netValue": nil, "taxRate": number("23")},
	}
	if l.Parent != "" {
		line["parentLineId"] = l.Parent
	}
	if l.Price != "" {
		line["price"].(fields)["netValue"] = number(times(l.Quantity, l.Price))
	}
	return line
}

// flatLine is a line of Flat.
func (s *Server) flatLine(o *Offer, l Line) fields {
	product := s.products[l.SKU]
	line := fields{
		"productLineId": l.ID, "product": fields{"id": l.SKU, "name": cmp.Or(l.Name, product.Name)},
		"quantity": fields{"value": l.Quantity, "unit": cmp.Or(l.Unit, product.ContentUnit)},
	}
	if l.Parent != "" {
		line["parentProductLineId"] = l.Parent
	}
	if l.Price != "" {
		line["priceNet"], line["totalNet"] = l.Price, times(l.Quantity, l.Price)
	}
	if l.PurchasePrice != "" {
		line["purchasePrice"] = fields{"net": l.PurchasePrice, "currency": o.Currency}
	}
	return line
}

func writtenNotes(o *Offer) []fields {
	notes := []fields{}
	for _, n := range o.Notes {
		notes = append(notes, fields{
			"author": fields{"type": "OPERATOR", "id": "operator-1", "name": n.Author}, "content": n.Text, "createdOn": n.CreatedOn, "id": n.ID,
			"lastModifiedDate": n.CreatedOn, "visibleForClients": n.Visible, "attachments": writtenAttachments(n.Attachments),
		})
	}
	return notes
}

func writtenAttachments(attachments []Attachment) []fields {
	all := []fields{}
	for _, a := range attachments {
		all = append(all, fields{"id": a.ID, "name": a.Name, "contentType": a.ContentType, "size": len(a.Body)})
	}
	return all
}

// getProduct: GET products/{id}. The answer is an assumption.
func (s *Server) getProduct(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, there := s.products[q.ids[0]]
	if !there {
		return q.refuse(s, http.StatusNotFound, "Product not found")
	}
	number := func(text string) any {
		if text == "" {
			return nil
		}
		return json.Number(text)
	}
	return q.answer(s, http.StatusOK, fields{"id": p.SKU, "sku": p.SKU, "name": p.Name, "orderInformation": fields{
		"contentUnitCode": p.ContentUnit, "orderUnitCode": p.OrderUnit, "packingQuantity": number(p.Packing),
		"quantityInterval": number(p.Interval), "quantityMin": number(p.Minimum),
	}})
}

// transferFailed: PUT offers/{id}/transfer-failed. Whether ONe changes the offer's
// status is not known: it stays.
func (s *Server) transferFailed(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.offer(q.ids[0])
	if o == nil {
		return q.refuse(s, http.StatusNotFound, "Offer not found")
	}
	r := &reading{}
	reason := r.document(q.body, "reason").text("reason")
	if r.err != nil {
		return q.refuse(s, http.StatusBadRequest, r.err.Error())
	}
	if len(s.reasons) == maxReasons {
		s.reasons = slices.Delete(s.reasons, 0, 1)
	}
	s.reasons = append(s.reasons, Reason{Offer: o.ID, Text: reason, At: s.now()})
	return q.SendStatus(http.StatusNoContent)
}

// getAttachmentURL: GET offers/{id}/attachments/{id}/download-url. With ONe the
// address is of another server and signed for some time; here it is of this one, and
// good for as long as the sandbox lives.
func (s *Server) getAttachmentURL(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.offer(q.ids[0])
	if o == nil {
		return q.refuse(s, http.StatusNotFound, "Offer not found")
	}
	for _, a := range o.attachments() {
		if a.ID != q.ids[1] {
			continue
		}
		key := url.QueryEscape(o.ID) + "&" + url.QueryEscape(a.ID)
		if s.tokens[key] == "" {
			s.tokens[key] = rand.Text()
		}
		s.files[s.tokens[key]] = a
		return q.answer(s, http.StatusOK, fields{"downloadUrl": q.BaseURL() + q.prefix + "/files/" + s.tokens[key]})
	}
	return q.refuse(s, http.StatusNotFound, "Attachment not found")
}

// file answers an attachment. It refuses a call that brings the API's headers: the
// server of the files is another company's, which must not get them.
func (s *Server) file(c *fiber.Ctx) error {
	call := Call{Method: "GET", Path: "/files/", Operation: AttachmentFile} // the token is a secret
	return s.with(c, call, func() error {
		if c.Get("ApiAuth") != "" || c.Get("one-tenant") != "" || c.Get(fiber.HeaderAuthorization) != "" {
			return c.Status(http.StatusBadRequest).SendString("Only one auth mechanism allowed: the address is signed, send no credentials\n")
		}
		s.mu.Lock()
		a, there := s.files[c.Params("token")]
		s.mu.Unlock()
		if !there {
			return c.Status(http.StatusForbidden).SendString("AccessDenied\n")
		}
		c.Set(fiber.HeaderContentType, cmp.Or(a.ContentType, fiber.MIMEOctetStream))
		// Files are downloaded, not shown: they are anybody's.
		c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		return c.Status(http.StatusOK).Send(a.Body)
	})
}
