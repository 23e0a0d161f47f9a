package sandbox

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// Shape is what an event's body looks like. ONe's is not documented, so that a
// receiver has to understand what is reasonable, and to keep what is not.
type Shape string

// The shapes. Ids have their prefix ("org:9001") but where it says otherwise; an
// event of a customer's login has no other id.
const (
	FlatTexts   Shape = "flat"         // {"clientId":"9001","cartId":"7701"}: texts, no prefix
	Numbers     Shape = "numbers"      // {"clientId":9001,"cartId":7701}: numbers where the ids are, no prefix
	Snake       Shape = "snake"        // {"client_id":"org:9001","cart_id":"7701"}
	Pascal      Shape = "pascal"       // {"ClientId":"org:9001","CartId":"7701"}
	Payload     Shape = "payload"      // {"event":"CartOpened","payload":{"clientId":"org:9001",…}}
	Data        Shape = "data"         // {"data":{"clientId":"org:9001",…}}
	CustomerID  Shape = "customer-id"  // {"customerId":"org:9001",…}
	ArrayOfOne  Shape = "array"        // [{"clientId":"org:9001",…}]
	TextOfJSON  Shape = "json-in-text" // "{\"clientId\":\"org:9001\",…}"
	UnknownToo  Shape = "extra-fields" // clientId and so on among fields that nobody asked for, an e-mail address too
	AsForm      Shape = "form"         // clientId=org%3A9001&… as a form
	NoBody      Shape = "empty"        // nothing at all
	EmptyObject Shape = "no-fields"    // {}
	TestButton  Shape = "test-button"  // what "Submit test webhook" is taken to send: a JSON object without ids
	Garbage     Shape = "garbage"      // neither JSON nor a form, nor text
)

// Shapes returns all shapes.
func Shapes() []Shape {
	return []Shape{FlatTexts, Numbers, Snake, Pascal, Payload, Data, CustomerID, ArrayOfOne, TextOfJSON, UnknownToo, AsForm, NoBody, EmptyObject, TestButton, Garbage}
}

// HasIDs says whether a body of this shape holds the event's ids.
func (shape Shape) HasIDs() bool {
	switch shape {
	case NoBody, EmptyObject, TestButton, Garbage:
		return false
	}
	return true
}

// named is an id and what it is called.
type named struct{ name, id string }

// ids are the ids of an event that are not empty, by their names in camel case.
func (e Event) ids() (all []named) {
	for _, n := range []named{{"clientId", e.Customer}, {"cartId", e.Cart}, {"offerId", e.Offer}} {
		if n.id != "" {
			all = append(all, n)
		}
	}
	return all
}

// body writes an event in a shape, and says of which type that is.
func (shape Shape) body(e Event, at string) (body []byte, contentType string) {
	const isJSON, isForm = "application/json", "application/x-www-form-urlencoded"
	bare := func(id string) string {
		if i := strings.IndexByte(id, ':'); i >= 0 {
			return id[i+1:]
		}
		return id
	}
	text := func(id string) any { return id }
	number := func(id string) any {
		if id := bare(id); len(id) < longestNumber && strings.Trim(id, "0123456789") == "" && (id == "0" || id[0] != '0') {
			return json.Number(id)
		}
		return bare(id)
	}
	same := func(name string) string { return name }
	object := func(name func(string) string, value func(string) any) map[string]any {
		all := map[string]any{}
		for _, n := range e.ids() {
			all[name(n.name)] = value(n.id)
		}
		return all
	}
	var value any
	switch shape {
	case FlatTexts:
		value = object(same, func(id string) any { return bare(id) })
	case Numbers:
		value = object(same, number)
	case Snake:
		value = object(func(name string) string { return strings.TrimSuffix(name, "Id") + "_id" }, text)
	case Pascal:
		value = object(func(name string) string { return strings.ToUpper(name[:1]) + name[1:] }, text)
	case Payload:
		value = map[string]any{"event": e.name(), "payload": object(same, text)}
	case Data:
		value = map[string]any{"data": object(same, text)}
	case CustomerID:
		value = object(func(name string) string { return strings.Replace(name, "client", "customer", 1) }, text)
	case ArrayOfOne:
		value = []any{object(same, text)}
	case TextOfJSON:
		value = string(written(object(same, text)))
	case UnknownToo:
		all := object(same, text)
		all["tenant"], all["timestamp"], all["attempt"] = "demo", at, 1
		all["user"] = map[string]any{"email": "buyer@customer.example", "roles": []string{"BUYER"}}
		value = all
	case AsForm:
		form := url.Values{}
		for _, n := range e.ids() {
			form.Set(n.name, n.id)
		}
		return []byte(form.Encode()), isForm
	case NoBody:
		return nil, isJSON
	case EmptyObject:
		return []byte("{}"), isJSON
	case TestButton:
		value = map[string]any{"test": true, "message": "Test webhook"}
	default:
		return []byte("\x00\xff<clientId>9001{\"cartId\": \xfe"), isJSON
	}
	return written(value), isJSON
}

// written is a value as JSON, without escapes for HTML. Values are those of body,
// which can be written.
func written(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
