package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// webhookTypes are the events that ONe has, by the names of its list of webhook
// types (docs.b2b.one, webhooks/webhook).
var webhookTypes = []struct {
	Name, Exchange string
	kind           Kind
}{
	{"CartOpened", "p-u-o-m-e-c-cartopened-klient", CartOpened},
	{"ClientLogged", "p-u-o-m-e-c-clientlogged-klient", ClientLogged},
	{"OfferOpened", "p-u-o-m-e-o-offeropened-klient", OfferOpened},
}

// Webhook is a webhook as it is registered. Its password is kept for sending, and
// shown to nobody.
type Webhook struct {
	ID, Name       string
	Status         string // ACTIVE, INACTIVE
	Type, Exchange string // webhookType
	CallbackURL    string
	Auth           string // NONE, HTTP_BASIC
	User           string

	password string
}

// Webhooks returns the webhooks, in the order that they were made.
func (s *Server) Webhooks() []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Webhook, len(s.webhooks))
	for i, w := range s.webhooks {
		all[i] = *w
		all[i].password = ""
	}
	return all
}

// maxWebhooks is how many webhooks there may be.
const maxWebhooks = 1000

// written is a webhook as the API shows it. That the password is left out is an
// assumption.
func (w *Webhook) written() fields {
	authentication := fields{"type": w.Auth}
	if w.Auth == "HTTP_BASIC" {
		authentication["username"] = w.User
	}
	return fields{
		"webhookId": w.ID, "name": w.Name, "status": w.Status, "webhookType": fields{"name": w.Type, "exchangeName": w.Exchange},
		"callbackUrl": w.CallbackURL, "callbackAuthentication": authentication,
	}
}

// listWebhooks: GET webhooks?pageNumber=&pageSize=&search=. Pages are counted from 0,
// and the form of a page is Spring's: two assumptions.
func (s *Server) listWebhooks(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, size, search := 0, 20, q.query.Get("search")
	for name, value := range map[string]*int{"pageNumber": &number, "pageSize": &size} {
		if !q.query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.query.Get(name))
		if err != nil || n < 0 || n > 100_000 || name == "pageSize" && (n < 1 || n > 100) {
			return q.refuse(s, http.StatusBadRequest, name+" must be a number, pageSize from 1 to 100")
		}
		*value = n
	}
	if q.query.Has("search") && len([]rune(search)) < 3 {
		return q.refuse(s, http.StatusBadRequest, "search must have at least 3 characters")
	}
	found := []fields{}
	for _, w := range s.webhooks {
		if strings.Contains(strings.ToLower(w.Name), strings.ToLower(search)) {
			found = append(found, w.written())
		}
	}
	total := len(found)
	from := min(number*size, total)
	page := found[from:min(from+size, total)]
	if s.options.BareLists {
		return q.answer(s, http.StatusOK, page)
	}
	return q.answer(s, http.StatusOK, fields{
		"content": page, "number": number, "size": size, "numberOfElements": len(page), "totalElements": total,
		"totalPages": (total + size - 1) / size, "first": number == 0, "last": from+size >= total,
	})
}

// listTypes: GET webhooks/types.
func (s *Server) listTypes(q *request) error {
	all := []fields{}
	for _, t := range webhookTypes {
		all = append(all, fields{"name": t.Name, "exchangeName": t.Exchange})
	}
	return q.answer(s, http.StatusOK, all)
}

// createWebhook: POST webhooks. Two webhooks may be alike: that ONe refuses it is
// not known.
func (s *Server) createWebhook(q *request) error {
	w, err := readWebhook(q.body, "")
	if err != nil {
		return q.refuse(s, http.StatusBadRequest, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.webhooks) >= maxWebhooks {
		return q.refuse(s, http.StatusConflict, "there are too many webhooks: delete one")
	}
	w.ID = s.newID()
	s.webhooks = append(s.webhooks, w)
	return q.answer(s, http.StatusCreated, w.written())
}

// getWebhook: GET webhooks/{id}.
func (s *Server) getWebhook(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.webhookAt(q.ids[0])
	if at < 0 {
		return q.refuse(s, http.StatusNotFound, "Webhook not found")
	}
	return q.answer(s, http.StatusOK, s.webhooks[at].written())
}

// updateWebhook: PUT webhooks/{id}. It replaces the whole webhook, its password too.
func (s *Server) updateWebhook(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.webhookAt(q.ids[0])
	if at < 0 {
		return q.refuse(s, http.StatusNotFound, "Webhook not found")
	}
	w, err := readWebhook(q.body, q.ids[0])
	if err != nil {
		return q.refuse(s, http.StatusBadRequest, err.Error())
	}
	s.webhooks[at] = w
	return q.answer(s, http.StatusOK, w.written())
}

// deleteWebhook: DELETE webhooks/{id}.
func (s *Server) deleteWebhook(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.webhookAt(q.ids[0])
	if at < 0 {
		return q.refuse(s, http.StatusNotFound, "Webhook not found")
	}
	s.webhooks = slices.Delete(s.webhooks, at, at+1)
	return q.SendStatus(http.StatusNoContent)
}

// testWebhook: POST webhooks/{id}/test, "sends example request to webhook callback".
// The example's body is that of the back office's button, see TestButton. A callback
// that does not answer is 502.
func (s *Server) testWebhook(q *request) error {
	s.mu.Lock()
	at := s.webhookAt(q.ids[0])
	if at < 0 {
		s.mu.Unlock()
		return q.refuse(s, http.StatusNotFound, "Webhook not found")
	}
	w := *s.webhooks[at]
	s.mu.Unlock()
	event := Event{}
	for _, t := range webhookTypes {
		if t.Name == w.Type {
			event.Kind = t.kind
		}
	}
	d, err := s.deliver(context.Background(), w.CallbackURL, w.User, w.password, event, TestButton)
	if err != nil {
		return q.refuse(s, http.StatusBadGateway, "the callback did not answer")
	}
	return q.answer(s, http.StatusOK, fields{"responseStatus": d.Status})
}

// webhookAt returns where a webhook stands, or -1. The caller holds the lock.
func (s *Server) webhookAt(id string) int {
	return slices.IndexFunc(s.webhooks, func(w *Webhook) bool { return w.ID == id })
}

// readWebhook reads and checks a webhook; id is the one of its address, "" for a new
// one.
func readWebhook(body []byte, id string) (*Webhook, error) {
	r := &reading{}
	o := r.document(body, "webhookId", "name", "status", "webhookType", "callbackUrl", "callbackAuthentication")
	kind := o.inner("webhookType", "name", "exchangeName")
	w := &Webhook{ID: id, Name: o.text("name"), Status: o.oneOf("status", "ACTIVE", "INACTIVE"), CallbackURL: o.text("callbackUrl"),
		Type: kind.text("name"), Exchange: kind.text("exchangeName")}
	if given, there := o.fields["webhookId"]; there && given != any(id) {
		r.wrong("body.webhookId", "must be that of the address, or be left out")
	}
	valid := false
	for _, t := range webhookTypes {
		valid = valid || t.Name == w.Type && t.Exchange == w.Exchange
	}
	if !valid {
		r.wrong(kind.at, "name and exchangeName must be those of one type of the list of types")
	}
	u, err := url.Parse(w.CallbackURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		r.wrong("body.callbackUrl", "must be an absolute http(s) address without credentials")
	}
	authentication := o.inner("callbackAuthentication", "type", "username", "password")
	w.Auth = authentication.oneOf("type", "NONE", "HTTP_BASIC")
	if w.Auth == "HTTP_BASIC" {
		w.User, w.password = authentication.text("username"), authentication.text("password")
	} else if len(authentication.fields) > 1 {
		r.wrong(authentication.at, "NONE has neither username nor password")
	}
	return w, r.err
}
