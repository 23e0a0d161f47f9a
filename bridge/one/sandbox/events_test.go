package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/one/sandbox"
)

// Every shape of a cart that was opened, as the bridge gets it.
func TestShapes(t *testing.T) {
	b := newBridge(t)
	s := sandbox.New(sandbox.Options{Bridge: b.URL + "/", User: user, Password: password, Now: func() time.Time { return began }})
	t.Cleanup(func() { _ = s.Close() })
	want := map[sandbox.Shape]string{
		sandbox.FlatTexts: `{"cartId":"7701","clientId":"77"}`, sandbox.Numbers: `{"cartId":7701,"clientId":77}`,
		sandbox.Snake: `{"cart_id":"7701","client_id":"ind:77"}`, sandbox.Pascal: `{"CartId":"7701","ClientId":"ind:77"}`,
		sandbox.Payload: `{"event":"CartOpened","payload":{"cartId":"7701","clientId":"ind:77"}}`, sandbox.Data: `{"data":{"cartId":"7701","clientId":"ind:77"}}`,
		sandbox.CustomerID: `{"cartId":"7701","customerId":"ind:77"}`, sandbox.ArrayOfOne: `[{"cartId":"7701","clientId":"ind:77"}]`,
		sandbox.TextOfJSON: `"{\"cartId\":\"7701\",\"clientId\":\"ind:77\"}"`,
		sandbox.UnknownToo: `{"attempt":1,"cartId":"7701","clientId":"ind:77","tenant":"demo","timestamp":"2026-11-22T10:00:00.000000","user":{"email":"buyer@customer.example","roles":["BUYER"]}}`,
		sandbox.AsForm:     `cartId=7701&clientId=ind%3A77`, sandbox.NoBody: "", sandbox.EmptyObject: `{}`, sandbox.TestButton: `{"message":"Test webhook","test":true}`,
	}
	for i, shape := range sandbox.Shapes() {
		status, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.CartOpened, Customer: sandbox.DemoPerson, Cart: sandbox.PersonCart}, shape)
		got := b.events()
		if status != 202 || err != nil || len(got) != i+1 {
			t.Fatalf("%s: status %d, %v, %d events", shape, status, err, len(got))
		}
		contentType := "application/json"
		if shape == sandbox.AsForm {
			contentType = "application/x-www-form-urlencoded"
		}
		if e := got[i]; e.path != "/webhooks/one/cart-opened" || e.authorization != basic() || e.contentType != contentType {
			t.Errorf("%s: %+v", shape, e)
		}
		if body, known := want[shape]; known && got[i].body != body {
			t.Errorf("%s: %s, want %s", shape, got[i].body, body)
		} else if !known && (shape != sandbox.Garbage || json.Valid([]byte(got[i].body))) {
			t.Errorf("%s: %q is not garbage", shape, got[i].body)
		}
		if has := strings.Contains(got[i].body, "7701"); has != shape.HasIDs() {
			t.Errorf("%s: HasIDs says %v", shape, shape.HasIDs())
		}
	}
	if len(sandbox.Shapes()) < 10 {
		t.Errorf("only %d shapes", len(sandbox.Shapes()))
	}
}

// Each kind goes to its own address, with the ids that it has and no others; ids that
// are no numbers stay texts.
func TestKinds(t *testing.T) {
	b := newBridge(t)
	s := sandbox.New(sandbox.Options{Bridge: b.URL})
	t.Cleanup(func() { _ = s.Close() })
	for i, c := range []struct {
		event      sandbox.Event
		path, body string
	}{
		{sandbox.Event{Kind: sandbox.ClientLogged, Customer: "org:007"}, "client-logged", `{"clientId":"007"}`},
		{sandbox.Event{Kind: sandbox.CartOpened, Customer: "org:9001", Cart: "K/9001/1"}, "cart-opened", `{"cartId":"K/9001/1","clientId":9001}`},
		{sandbox.Event{Kind: sandbox.OfferOpened, Customer: "org:9001", Offer: sandbox.PersonOffer}, "offer-opened", `{"clientId":9001,"offerId":77001}`},
		{sandbox.Event{Kind: sandbox.OfferOpened, Customer: "org:9001"}, "offer-opened", `{"clientId":9001}`},
	} {
		if status, err := s.Send(t.Context(), c.event, sandbox.Numbers); status != 202 || err != nil {
			t.Fatalf("status %d, %v", status, err)
		}
		if got := b.events()[i]; got != (came{"/webhooks/one/" + c.path, "application/json", "", c.body}) {
			t.Errorf("%+v came as %+v", c.event, got)
		}
	}
}

// What was answered is kept; a refusal is sent once, and never again.
func TestDeliveries(t *testing.T) {
	b := newBridge(t)
	var log bytes.Buffer
	s := sandbox.New(sandbox.Options{Bridge: b.URL, User: user, Password: password, Now: func() time.Time { return began }, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	t.Cleanup(func() { _ = s.Close() })
	event := sandbox.Event{Kind: sandbox.ClientLogged, Customer: sandbox.DemoCustomer}
	for _, status := range []int{401, 503} {
		b.answer(status)
		if got, err := s.Send(t.Context(), event, sandbox.UnknownToo); got != status || err != nil {
			t.Errorf("status %d, %v, want %d", got, err, status)
		}
	}
	b.Close()
	if got, err := s.Send(t.Context(), event, sandbox.NoBody); got != 0 || err == nil {
		t.Errorf("status %d, %v of a bridge that is not there", got, err)
	}
	all := s.Deliveries()
	if len(all) != 3 || len(b.events()) != 2 {
		t.Fatalf("%d deliveries, %d events", len(all), len(b.events()))
	}
	first, last := all[0], all[2]
	if first.Number != 1 || first.Status != 401 || first.Challenge != `Basic realm="octobridge"` || first.Answer != `<b>"stored"</b>` || first.Event != event || !first.At.Equal(began) || first.Problem != "" {
		t.Errorf("the first is %+v", first)
	}
	if last.Number != 3 || last.Status != 0 || last.Problem == "" {
		t.Errorf("the last is %+v", last)
	}
	shown := fmt.Sprint(all) + log.String()
	for _, secret := range []string{password, strings.TrimPrefix(basic(), "Basic ")} {
		if strings.Contains(shown, secret) {
			t.Errorf("a password is shown: %s", shown)
		}
	}
	for _, personal := range []string{sandbox.DemoCustomer, "buyer@customer.example"} {
		if strings.Contains(log.String(), personal) {
			t.Errorf("the log tells of a customer: %s", log.String())
		}
	}
	if strings.Count(log.String(), "\n") != 3 {
		t.Errorf("the log is %s", log.String())
	}
}

// Two hundred deliveries are remembered, and their numbers go on.
func TestDeliveriesAreBounded(t *testing.T) {
	b := newBridge(t)
	s := sandbox.New(sandbox.Options{Bridge: b.URL})
	t.Cleanup(func() { _ = s.Close() })
	for range 203 {
		if _, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.ClientLogged, Customer: "1"}, sandbox.Snake); err != nil {
			t.Fatal(err)
		}
	}
	if all := s.Deliveries(); len(all) != 200 || all[0].Number != 4 || all[199].Number != 203 {
		t.Errorf("%d deliveries, from %d to %d", len(all), all[0].Number, all[len(all)-1].Number)
	}
}

// Without a bridge, with a webhook that is paused, and after Close nothing is sent.
func TestNotSent(t *testing.T) {
	b := newBridge(t)
	s, address := start(t, sandbox.Options{User: user, Password: password})
	event := sandbox.Event{Kind: sandbox.OfferOpened, Customer: sandbox.DemoCustomer, Offer: sandbox.DemoOffer}
	if _, err := s.Send(t.Context(), event, sandbox.Snake); !errors.Is(err, sandbox.ErrNoBridge) {
		t.Errorf("without a bridge: %v", err)
	}
	s.SetBridge(b.URL)
	var id string
	for _, w := range s.Webhooks() {
		if w.Type == "OfferOpened" {
			id = w.ID
		}
	}
	place := webhooksAddress(address) + "/" + url.PathEscape(id)
	active := webhook("Offers", "OfferOpened", b.URL+"/webhooks/one/offer-opened")
	ask(t, "PUT", place, strings.Replace(active, `"ACTIVE"`, `"INACTIVE"`, 1)).want(t, 200)
	if _, err := s.Send(t.Context(), event, sandbox.Snake); !errors.Is(err, sandbox.ErrPaused) {
		t.Errorf("with a webhook that is paused: %v", err)
	}
	if status, err := s.Send(t.Context(), sandbox.Event{Kind: sandbox.CartOpened, Customer: "1", Cart: "2"}, sandbox.Snake); status != 202 || err != nil {
		t.Errorf("another webhook's event: %d, %v", status, err)
	}
	ask(t, "PUT", place, active).want(t, 200)
	if status, err := s.Send(t.Context(), event, sandbox.Snake); status != 202 || err != nil {
		t.Errorf("with the webhook active again: %d, %v", status, err)
	}
	_ = s.Close()
	if _, err := s.Send(t.Context(), event, sandbox.Snake); !errors.Is(err, context.Canceled) {
		t.Errorf("after Close: %v", err)
	}
	if got := len(b.events()); got != 2 {
		t.Errorf("the bridge got %d events, want 2", got)
	}
}
