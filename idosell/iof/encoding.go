package iof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// ErrPacked means that the file is an archive or packed: it is to be unpacked
// first. The error's text says which kind it is.
var ErrPacked = errors.New("packed, not XML")

// packed are the first bytes of what is sent instead of XML by mistake.
var packed = []struct{ magic, name string }{
	{"PK\x03\x04", "a ZIP archive"},
	{"PK\x05\x06", "an empty ZIP archive"},
	{"\x1f\x8b", "packed with gzip"},
	{"BZh", "packed with bzip2"},
	{"\xfd7zXZ\x00", "packed with xz"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{"(\xb5/\xfd", "packed with zstd"},
	{"Rar!\x1a\x07", "a RAR archive"},
	{"%PDF-", "a PDF document"},
}

// encodings are those in which Polish feeds come, by the names of their XML
// declarations; nil is for what utf8Text has made UTF-8 already.
var encodings = map[string]encoding.Encoding{
	"": nil, "utf-8": nil, "utf8": nil, "utf-16": nil, "us-ascii": nil,
	"iso-8859-1": charmap.ISO8859_1, "latin1": charmap.ISO8859_1,
	"iso-8859-2": charmap.ISO8859_2, "iso8859-2": charmap.ISO8859_2, "latin2": charmap.ISO8859_2,
	"windows-1250": charmap.Windows1250, "cp1250": charmap.Windows1250,
	"windows-1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
}

// utf8Text makes UTF-8 without a byte order mark of what the file is in: by its
// mark, by how its first characters are written, or by its XML declaration. What
// is plainly no XML is refused; an error of the source comes again when it is
// read from.
func utf8Text(r io.Reader) (io.Reader, error) {
	const bufferSize = 64 << 10
	buffered := bufio.NewReaderSize(r, bufferSize)
	start, _ := buffered.Peek(8)
	for _, kind := range packed {
		if bytes.HasPrefix(start, []byte(kind.magic)) {
			return nil, fmt.Errorf("iof: the file is %s (%w): unpack it first", kind.name, ErrPacked)
		}
	}
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) io.Reader {
		return unicode.UTF16(order, mark).NewDecoder().Reader(buffered)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), bytes.HasPrefix(start, []byte("\xff\xfe")):
		return utf16(unicode.BigEndian, unicode.UseBOM), nil
	case bytes.HasPrefix(start, []byte("<\x00")):
		return utf16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case bytes.HasPrefix(start, []byte("\x00<")):
		return utf16(unicode.BigEndian, unicode.IgnoreBOM), nil
	}
	name := declaredEncoding(buffered)
	found, known := encodings[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case !known:
		return nil, fmt.Errorf("iof: the encoding %q is not supported: ask for the feed in UTF-8", shown(name))
	case found == nil:
		return buffered, nil
	}
	return found.NewDecoder().Reader(buffered), nil
}

// declaredEncoding is what the XML declaration at the beginning says, without
// reading over it; "" where there is none.
func declaredEncoding(buffered *bufio.Reader) string {
	// A declaration is about 40 bytes; white space before it, which is wrong, is
	// what PHP leaves there.
	const longest = 1024
	start, _ := buffered.Peek(longest)
	start = bytes.TrimLeft(start, " \t\r\n")
	end := bytes.Index(start, []byte("?>"))
	if !bytes.HasPrefix(start, []byte("<?xml")) || end < 0 {
		return ""
	}
	return pseudoAttribute(start[len("<?xml"):end], "encoding")
}

// pseudoAttribute returns a value of an XML declaration.
func pseudoAttribute(declaration []byte, name string) string {
	for rest := declaration; ; {
		at := bytes.Index(rest, []byte(name))
		if at < 0 {
			return ""
		}
		value := bytes.TrimLeft(rest[at+len(name):], " \t\r\n")
		separated := at > 0 && bytes.IndexByte([]byte(" \t\r\n"), rest[at-1]) >= 0
		if rest = rest[at+len(name):]; !separated || len(value) == 0 || value[0] != '=' {
			continue
		}
		value = bytes.TrimLeft(value[1:], " \t\r\n")
		if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			return ""
		}
		if end := bytes.IndexByte(value[1:], value[0]); end >= 0 {
			return string(value[1 : 1+end])
		}
		return ""
	}
}
