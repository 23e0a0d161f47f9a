package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"octobridge/idosell"
)

// helpColumns is how wide help is: it has no terminal to ask.
const helpColumns = 80

// terminal says whether w shows what is written to somebody.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// asks says whether somebody can be asked something: both what they read and
// what they type is a terminal.
func (p *program) asks() bool {
	in, ok := p.in.(*os.File)
	return ok && isatty.IsTerminal(in.Fd()) && terminal(p.errOut)
}

// width returns how many columns a table may take: those of the terminal. Where
// there is none it is 0, for nothing may be cut that another program searches or
// a file keeps.
func (p *program) width() int {
	if file, ok := p.out.(*os.File); ok && terminal(file) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 0
}

// print writes what a command found: the document with --json, the text else.
// It is written at once, and an error of writing is an error of the command.
func (p *program) print(document any, text func(io.Writer)) error {
	var b bytes.Buffer
	if p.json {
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(document); err != nil {
			return fmt.Errorf("write the JSON document: %w", err)
		}
	} else {
		text(&b)
	}
	if _, err := p.out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// notice writes a line about the run, beside what it prints.
func (p *program) notice(format string, args ...any) {
	fmt.Fprintf(p.errOut, "octobridge: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// money is an amount as the commands print it in JSON: a decimal text, never a
// JSON number, which many programs would read as a float.
type money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"` // ISO 4217; "" where the wholesaler did not say
}

// moneyOf returns an amount that may be missing; nil then, which prints as null.
func moneyOf(amount idosell.OptionalDecimal, currency string) *money {
	if !amount.Valid {
		return nil
	}
	return &money{Amount: amount.Decimal.StringFixed(max(2, -amount.Decimal.Exponent())), Currency: currency}
}

// text returns an amount for a table, "" for none.
func (m *money) text() string {
	if m == nil {
		return ""
	}
	if m.Currency == "" {
		return m.Amount
	}
	return m.Amount + " " + m.Currency
}

// yes returns a truth in a word.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
