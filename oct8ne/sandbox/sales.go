package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Sale is one sale that a shop's page told of (API 2.4, "Session notification with
// order placed"). Everything but At is as the page wrote it.
type Sale struct {
	At           time.Time `json:"at"`
	License      string    `json:"license"`
	CurrencyCode string    `json:"currencyCode"`
	Locale       string    `json:"locale"`
	Value        string    `json:"value"` // formatted, for example "1237,59 €"
	Reference    string    `json:"reference"`
	CustomerID   string    `json:"customerId"`
	ContextInfo  string    `json:"contextInfo"`
}

const (
	maxSales      = 1000 // that are kept, the newest
	maxSaleLength = 1000 // of each value, in bytes
)

// Sales returns the sales that pages told of, the oldest first: the newest 1,000
// at most.
func (s *Server) Sales() []Sale {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sales)
}

func (s *Server) listSales(c *fiber.Ctx) error {
	sales := s.Sales()
	if sales == nil {
		sales = []Sale{}
	}
	return answerJSON(c, http.StatusOK, sales)
}

// saleNotification notes a sale, and answers a script that tells the panel of it.
// The document writes currencyCode and CurrencyCode, so letter case does not count.
func (s *Server) saleNotification(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	sale := Sale{At: s.options.Now()}
	fields := map[string]*string{
		"license": &sale.License, "currencycode": &sale.CurrencyCode, "locale": &sale.Locale, "value": &sale.Value,
		"reference": &sale.Reference, "customerid": &sale.CustomerID, "contextinfo": &sale.ContextInfo,
	}
	tooLong := false
	c.Context().QueryArgs().VisitAll(func(name, value []byte) {
		if field := fields[strings.ToLower(string(name))]; field != nil {
			*field = strings.ToValidUTF8(string(value), "")
			tooLong = tooLong || len(value) > maxSaleLength
		}
	})
	c.Set(fiber.HeaderContentType, "application/javascript; charset=utf-8")
	switch {
	case tooLong:
		return c.Status(http.StatusBadRequest).SendString("/* A value is longer than 1000 bytes. */\n")
	case sale.License == "", s.options.License != "" && sale.License != s.options.License:
		return c.Status(http.StatusBadRequest).SendString("/* The licence is missing, or it is not this account's. */\n")
	}
	s.mu.Lock()
	s.sales = append(s.sales, sale)
	if len(s.sales) > maxSales {
		s.sales = slices.Clone(s.sales[len(s.sales)-maxSales:])
	}
	s.mu.Unlock()

	// Marshal writes neither < nor a line separator, so nothing can end the text.
	reference, err := json.Marshal(sale.Reference)
	if err != nil {
		return err
	}
	return c.SendString("(window.oct8neSales = window.oct8neSales || []).push(" + string(reference) + ");\n" +
		`window.dispatchEvent(new Event("oct8ne-sale"));` + "\n")
}
