package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/icdf"
)

// The bounds of a file with orders.
const (
	longestOrders = 64 << 20 // bytes
	mostOrders    = 10_000
)

// besideFile is what the product lists of ICDF do not say of an order.
type besideFile struct {
	reference, recipient, email, customer, courier, payment, pickup, note, total string
}

// given names the flags that were given.
func (b besideFile) given() (names []string) {
	for name, text := range map[string]string{
		"reference": b.reference, "recipient": b.recipient, "email": b.email, "customer-id": b.customer, "courier": b.courier,
		"payment": b.payment, "pickup-point": b.pickup, "note": b.note, "total": b.total,
	} {
		if text != "" {
			names = append(names, "--"+name)
		}
	}
	slices.Sort(names)
	return names
}

// readOrderFile reads orders: JSON as one document, an array, or a document
// after the other, or a product list as XML or CSV, of which beside and the
// recipient's JSON make one order. Errors say where the fault is and repeat
// nothing of what people entered.
func readOrderFile(file io.Reader, beside besideFile, recipient []byte) ([]orders.Request, error) {
	content, err := io.ReadAll(io.LimitReader(file, longestOrders+1))
	if err != nil {
		return nil, fmt.Errorf("the orders cannot be read: %w", err)
	}
	if len(content) > longestOrders {
		return nil, fmt.Errorf("the orders are larger than %d bytes: hand them in as several files", longestOrders)
	}
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	switch start := bytes.TrimLeft(content, " \t\r\n"); {
	case len(start) == 0:
		return nil, errors.New("there are no orders: the file is empty")
	case start[0] == '{' || start[0] == '[':
		if names := beside.given(); len(names) > 0 {
			return nil, fmt.Errorf("%s: JSON says that itself, the flags are for product lists (ICDF)", strings.Join(names, ", "))
		}
		return readJSONOrders(content)
	case start[0] == '<':
		list, err := icdf.ReadXML(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("the product list cannot be used: %w", err)
		}
		return listOrder(list, beside, recipient)
	}
	list, err := icdf.ReadCSV(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("the orders are neither JSON nor a product list (ICDF): %w", err)
	}
	return listOrder(list, beside, recipient)
}

// readJSONOrders reads documents, or one array of them. A field that is not known
// is refused: misspelt, it would be left out of an order.
func readJSONOrders(content []byte) ([]orders.Request, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	array := content[len(content)-len(bytes.TrimLeft(content, " \t\r\n"))] == '['
	if array {
		if _, err := decoder.Token(); err != nil {
			return nil, badJSON(content, decoder, err)
		}
	}
	var all []orders.Request
	for decoder.More() {
		var request orders.Request
		if err := decoder.Decode(&request); err != nil {
			return nil, fmt.Errorf("order %d: %w", len(all)+1, badJSON(content, decoder, err))
		}
		if all = append(all, request); len(all) > mostOrders {
			return nil, fmt.Errorf("there are more than %d orders: hand them in as several files", mostOrders)
		}
	}
	if array {
		if _, err := decoder.Token(); err != nil {
			return nil, badJSON(content, decoder, err)
		}
	}
	if decoder.More() {
		return nil, badJSON(content, decoder, errors.New("there is something behind the array"))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, badJSON(content, decoder, errors.New("there is something behind the orders"))
	}
	if len(all) == 0 {
		return nil, errors.New("there are no orders: the array is empty")
	}
	return all, nil
}

// badJSON says in which line JSON stops being an order.
func badJSON(content []byte, decoder *json.Decoder, err error) error {
	offset := decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s must not be a JSON %s", wrong.Field, wrong.Value)
	}
	line := 1 + bytes.Count(content[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
	text := strings.TrimPrefix(err.Error(), "json: ")
	if strings.HasPrefix(text, "error decoding string") { // a number that is none; it repeats it
		text = "an amount or a quantity is not a number"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		text = "the JSON ends in the middle"
	}
	return fmt.Errorf("line %d: %s", line, text)
}

// listOrder makes an order of a product list.
func listOrder(list icdf.List, beside besideFile, recipient []byte) ([]orders.Request, error) {
	for _, need := range []struct{ name, text string }{{"reference", beside.reference}, {"recipient", beside.recipient}} {
		if need.text == "" {
			return nil, fmt.Errorf("a product list does not say everything: --%s is needed", need.name)
		}
	}
	request := orders.Request{
		Reference: beside.reference, Customer: orders.Customer{ID: beside.customer, Email: beside.email},
		PickupPointID: beside.pickup, Courier: courierChoice(beside.courier), PaymentType: idosell.PaymentType(beside.payment),
		Note: strings.TrimSpace(list.Comment + "\n" + beside.note), Attachments: attached(list.Attachments),
	}
	decoder := json.NewDecoder(bytes.NewReader(recipient))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request.Recipient); err != nil {
		return nil, fmt.Errorf("--recipient: %w", badJSON(recipient, decoder, err))
	}
	if beside.total != "" {
		amount, currency, _ := strings.Cut(strings.TrimSpace(beside.total), " ")
		value, err := decimal.NewFromString(amount)
		if err != nil || len(currency) != 3 || value.Exponent() < -4 || value.NumDigits() > 15 || value.Exponent() > 9 {
			return nil, errors.New("--total is not an amount and a currency such as \"129.00 PLN\"")
		}
		request.Total = orders.Money{Amount: value, Currency: currency}
	}
	for i, product := range list.Products {
		if len(product.Products) > 0 {
			return nil, fmt.Errorf("product %d is a set: name what it is made of as products of their own", i+1)
		}
		request.Lines = append(request.Lines, orders.Line{
			Code: product.Code, CodeType: idosell.CodeType(product.CodeType), Quantity: product.Quantity, Comment: product.Comment,
		})
		request.Attachments = append(request.Attachments, attached(product.Attachments)...)
	}
	return []orders.Request{request}, nil
}

// courierChoice reads --courier: an id, a rule, or a name; none where it is empty.
func courierChoice(text string) orders.CourierChoice {
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return orders.CourierChoice{ID: id}
	}
	if rule := orders.CourierRule(text); rule == orders.Cheapest || rule == orders.ByCountry {
		return orders.CourierChoice{Rule: rule}
	}
	return orders.CourierChoice{Name: text}
}

func attached(files []icdf.Attachment) (out []orders.Attachment) {
	for _, file := range files {
		out = append(out, orders.Attachment{Name: file.Name, Content: file.Content})
	}
	return out
}
