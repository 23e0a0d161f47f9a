package bridge

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"octobridge/bridge/orders"
)

// OrderFilter says which orders an operator wants to see. What is given must all
// match.
type OrderFilter struct {
	Email     string    // the customer's or the recipient's
	Parcel    string    // a parcel number
	Status    []string  // any of OrderStatuses
	Reference string    // begins with it
	Since     time.Time // accepted then or later
	Until     time.Time // accepted before
	Open      bool      // only those that are still to be placed, or followed
	Prices    bool      // with what the account pays
	Limit     int       // at most so many; 0: all
}

// pageOfOrders is how many orders travel at once.
const pageOfOrders = 200

// OrderStatuses are the words for how far an order has come: its state until it
// is placed, its progress from then on.
func OrderStatuses() []string {
	return []string{
		string(orders.Accepted), string(orders.Verified), string(orders.Importing), string(orders.Imported), string(orders.Placing),
		string(orders.Placed), string(orders.InPreparation), string(orders.Dispatched), string(orders.Delivered),
		string(orders.Failed), string(orders.Unknown), string(orders.Cancelled), string(orders.NotFollowedAnyLonger),
	}
}

// split sorts statuses into states and progresses. Cancelled is both.
func split(statuses []string) (states []orders.State, progress []orders.Progress) {
	for _, status := range statuses {
		switch orders.Progress(status) {
		case orders.InPreparation, orders.Dispatched, orders.Delivered, orders.NotFollowedAnyLonger:
			progress = append(progress, orders.Progress(status))
			continue
		case orders.CancelledBySupplier:
			progress = append(progress, orders.CancelledBySupplier)
		}
		states = append(states, orders.State(status))
	}
	return states, progress
}

func (f OrderFilter) query() orders.Query {
	states, progress := split(f.Status)
	return orders.Query{
		Email: f.Email, Parcel: f.Parcel, States: states, Progress: progress, Reference: f.Reference,
		Since: f.Since, Until: f.Until, Open: f.Open, Limit: f.Limit,
	}
}

// values writes a filter as a query string; before is where a page goes on.
func (f OrderFilter) values(before string) url.Values {
	values := url.Values{}
	for name, text := range map[string]string{"email": f.Email, "parcel": f.Parcel, "reference": f.Reference, "before": before} {
		if text != "" {
			values.Set(name, text)
		}
	}
	for name, moment := range map[string]time.Time{"since": f.Since, "until": f.Until} {
		if !moment.IsZero() {
			values.Set(name, moment.UTC().Format(time.RFC3339Nano))
		}
	}
	for name, is := range map[string]bool{"open": f.Open, "prices": f.Prices} {
		if is {
			values.Set(name, "true")
		}
	}
	for _, status := range f.Status {
		values.Add("status", status)
	}
	if f.Limit > 0 {
		values.Set("limit", strconv.Itoa(f.Limit))
	}
	return values
}

// readFilter reads what values writes. An unknown name is an error: a filter
// that is not understood would list too much.
func readFilter(values url.Values) (f OrderFilter, before int64, err error) {
	f.Limit = pageOfOrders
	for name, given := range values {
		text := given[0]
		switch name {
		case "email":
			f.Email = text
		case "parcel":
			f.Parcel = text
		case "reference":
			f.Reference = text
		case "status":
			for _, status := range given {
				if !slices.Contains(OrderStatuses(), status) {
					return f, 0, badQuery(name, "is none of "+strings.Join(OrderStatuses(), ", "))
				}
			}
			f.Status = given
		case "since", "until":
			moment, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return f, 0, badQuery(name, "is not a time such as 2026-11-01T00:00:00Z")
			}
			if name == "since" {
				f.Since = moment
			} else {
				f.Until = moment
			}
		case "open", "prices":
			is, err := strconv.ParseBool(text)
			if err != nil {
				return f, 0, badQuery(name, "is neither true nor false")
			}
			if name == "open" {
				f.Open = is
			} else {
				f.Prices = is
			}
		case "limit":
			limit, err := strconv.Atoi(text)
			if err != nil || limit < 1 || limit > pageOfOrders {
				return f, 0, badQuery(name, fmt.Sprintf("is not a number from 1 to %d", pageOfOrders))
			}
			f.Limit = limit
		case "before":
			if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
				return f, 0, badQuery(name, "is not where a page of this list ended")
			}
		default:
			return f, 0, badQuery(name, "is not something that orders are found by")
		}
	}
	return f, before, nil
}

func badQuery(name, problem string) error {
	return &OperatorError{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: name, Detail: fmt.Sprintf("%q %s", name, problem)}
}
