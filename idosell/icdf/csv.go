package icdf

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The headers of ICDF's CSV files. The long one begins with the short one.
var (
	shortHeader = []string{"SKU", "quantity", "comments"}
	longHeader  = append(shortHeader[:3:3], "product_code", "external_code", "display_code", "size", "name")
)

// ReadCSV reads a list with the short or the long header; the columns may stand
// in any order, and all but SKU and quantity may be missing. The separator is
// the semicolon, or the comma or tab if the header has those. The text is UTF-8,
// else ISO-8859-2 or windows-1250, whichever fits. The error is a *LineError
// with the line, ErrNoProducts for another kind of file, or ErrTooLarge.
func ReadCSV(r io.Reader) (List, error) {
	file, err := readFile(r)
	if err != nil {
		return List{}, err
	}
	if file, err = polishText(file); err != nil {
		return List{}, fmt.Errorf("icdf: the list is in no known encoding: %w", err)
	}
	reader := csv.NewReader(bytes.NewReader(file))
	reader.Comma = separatorOf(file)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return List{}, fmt.Errorf("icdf: %w: it has no header %s", ErrNoProducts, strings.Join(shortHeader, ";"))
	}
	columns, err := columnsOf(header)
	if err != nil {
		return List{}, err
	}
	return readRecords(reader, columns)
}

// separatorOf looks at the header alone: a comment may hold anything.
func separatorOf(file []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimLeft(file, "\r\n"), []byte("\n"))
	for _, separator := range ";\t," {
		if bytes.ContainsRune(header, separator) {
			return separator
		}
	}
	return ';'
}

// columnsOf says in which column each name of the long header stands.
func columnsOf(header []string) (map[string]int, error) {
	known := map[string]string{}
	for _, name := range longHeader {
		known[strings.ToLower(name)] = name
	}
	columns := map[string]int{}
	for i, field := range header {
		name, there := known[strings.ToLower(strings.TrimSpace(field))]
		_, twice := columns[name]
		switch {
		case !there && strings.TrimSpace(field) == "" && i == len(header)-1:
			// A separator at the end of the line is harmless.
		case !there:
			return nil, &LineError{1, fmt.Errorf("%w: the column %q is none of %s", ErrNoProducts, shown(field), strings.Join(longHeader, ";"))}
		case twice:
			return nil, &LineError{1, fmt.Errorf("%w: the column %s comes twice", ErrNoProducts, name)}
		default:
			columns[name] = i
		}
	}
	for _, name := range []string{"SKU", "quantity"} {
		if _, there := columns[name]; !there {
			return nil, &LineError{1, fmt.Errorf("%w: the header lacks %s", ErrNoProducts, name)}
		}
	}
	return columns, nil
}

func readRecords(reader *csv.Reader, columns map[string]int) (List, error) {
	var list List
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return List{}, &LineError{wrong.Line, fmt.Errorf("the quotes are wrong: %w", wrong.Err)}
		}
		if err != nil {
			return List{}, fmt.Errorf("icdf: reading the list: %w", err)
		}
		line, _ := reader.FieldPos(0)
		field := func(name string) string {
			if at, there := columns[name]; there && at < len(record) {
				return strings.TrimSpace(record[at])
			}
			return ""
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		product := Product{
			Code: field("SKU"), CodeType: Internal, Comment: field("comments"),
			Details: Details{ProductCode: field("product_code"), ExternalCode: field("external_code"),
				DisplayCode: field("display_code"), Size: field("size"), Name: field("name")},
		}
		if product.Quantity, err = parseQuantity(field("quantity")); err == nil {
			err = product.check(false)
		}
		if err == nil && len(list.Products) >= MaxProducts {
			err = fmt.Errorf("more products, %w of %d", ErrTooLarge, MaxProducts)
		}
		if err != nil {
			return List{}, &LineError{line, err}
		}
		list.Products = append(list.Products, product)
	}
}

// WriteCSV writes a list with the short header, in UTF-8 with a decimal point.
// What CSV cannot express is ErrNotInCSV, and nothing is written; Details are
// left out, since they are for people. Line breaks inside texts become "\n", and
// white space around texts is lost.
func WriteCSV(w io.Writer, list List) error { return writeCSV(w, list, shortHeader) }

// WriteLongCSV is WriteCSV with the long header and the Details.
func WriteLongCSV(w io.Writer, list List) error { return writeCSV(w, list, longHeader) }

func writeCSV(w io.Writer, list List, header []string) error {
	if err := list.check(); err != nil {
		return fmt.Errorf("icdf: %w", err)
	}
	if list.Comment != "" || len(list.Attachments) > 0 {
		return fmt.Errorf("icdf: the list has a comment or attachments of its own: %w", ErrNotInCSV)
	}
	var file bytes.Buffer
	writer := csv.NewWriter(&file)
	writer.Comma = ';'
	records := [][]string{header}
	for i, p := range list.Products {
		switch {
		case p.CodeType != "" && p.CodeType != Internal:
			return fmt.Errorf("icdf: product %d has a %s code: %w", i+1, p.CodeType, ErrNotInCSV)
		case len(p.Attachments) > 0 || len(p.Products) > 0:
			return fmt.Errorf("icdf: product %d has attachments or is a set: %w", i+1, ErrNotInCSV)
		}
		record := []string{p.Code, p.Quantity.String(), p.Comment,
			p.Details.ProductCode, p.Details.ExternalCode, p.Details.DisplayCode, p.Details.Size, p.Details.Name}
		for at, text := range record {
			record[at] = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
		}
		records = append(records, record[:len(header)])
	}
	if err := writer.WriteAll(records); err != nil {
		return fmt.Errorf("icdf: writing the list: %w", err)
	}
	return writeFile(w, file.Bytes())
}

// writeFile writes a file that is within the limit, whole.
func writeFile(w io.Writer, file []byte) error {
	if len(file) > MaxSize {
		return fmt.Errorf("icdf: the list would have %d bytes, %w of %d: write it as several", len(file), ErrTooLarge, MaxSize)
	}
	if _, err := w.Write(file); err != nil {
		return fmt.Errorf("icdf: writing the list: %w", err)
	}
	return nil
}
