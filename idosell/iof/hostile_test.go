package iof_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/iof"
)

// readers are all ways to read a file; each returns the error that ended it.
var readers = map[string]func(io.Reader, ...iof.Option) error{
	"offer": func(r io.Reader, options ...iof.Option) error {
		_, _, final := outcome(r, options...)
		return final
	},
	"gateway": func(r io.Reader, options ...iof.Option) error {
		_, err := iof.ReadGateway(r, options...)
		return err
	},
	"list": func(r io.Reader, options ...iof.Option) error {
		_, err := iof.ReadList(r, options...)
		return err
	},
	"check": func(r io.Reader, options ...iof.Option) error {
		_, err := iof.Check(r, nil, options...)
		return err
	},
}

// roots begin a file for each of the readers.
var roots = map[string]string{
	"offer":   `<offer><products><product id="1">`,
	"gateway": `<provider_description><meta><long_name>`,
	"list":    `<categories><category id="1"><name>`,
	"check":   `<units><unit id="1"><name>`,
}

// repeated yields a piece so many times, without holding it all.
type repeated struct {
	piece string
	left  int64 // bytes
	at    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.left)]
	for n := 0; n < len(p); {
		copied := copy(p[n:], r.piece[r.at:])
		n, r.at = n+copied, (r.at+copied)%len(r.piece)
	}
	r.left -= int64(len(p))
	return len(p), nil
}

// What is sent to fill the memory is refused with a clear error, in little
// memory: a gigabyte in one text, tag, value, comment or element, a thousand
// million elements, ten thousand levels.
func TestHostileFilesInBoundedMemory(t *testing.T) {
	const gigabyte, limit, allowed = 1 << 30, 256 << 10, 4 << 20
	for name, test := range map[string]struct {
		piece string
		says  string
	}{
		"text":            {"a", "larger than the limit"},
		"CDATA":           {"<![CDATA[" + strings.Repeat("a", 1<<20), "larger than the limit"},
		"comment":         {"<!--" + strings.Repeat("a", 1<<20), "larger than the limit"},
		"instruction":     {"<?a " + strings.Repeat("a", 1<<20), "larger than the limit"},
		"value":           {`<a b="` + strings.Repeat("a", 1<<20), "larger than the limit"},
		"attributes":      {"<a " + strings.Repeat(`a="b" `, 1<<18), "larger than the limit"},
		"name":            {"<" + strings.Repeat("a", 1<<20), "larger than the limit"},
		"end":             {"</" + strings.Repeat("a", 1<<20), "larger than the limit"},
		"long name":       {"<" + strings.Repeat("a", 2000) + ">", "a name of more than"},
		"ten thousand":    {"<a>", "more than 128 elements inside each other"},
		"no end of zeros": {"\x00", "larger than the limit"},
	} {
		for reader, read := range readers {
			t.Run(name+"/"+reader, func(t *testing.T) {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				endless := &repeated{piece: test.piece, left: gigabyte}
				err := read(io.MultiReader(strings.NewReader(roots[reader]), endless), iof.ProductLimit(limit))
				runtime.ReadMemStats(&after)
				switch {
				case err == nil:
					t.Fatal("it was read as a whole file")
				case reader == "gateway" && strings.Contains(test.says, "limit") != errors.Is(err, iof.ErrTooLarge):
					t.Errorf("the error is %v", err) // it shows nothing of the content
				case reader != "gateway" && !strings.Contains(err.Error(), test.says):
					t.Errorf("the error is %q, want %q in it", err, test.says)
				}
				if grown := after.TotalAlloc - before.TotalAlloc; grown > allowed {
					t.Errorf("it took %d kB of memory, want at most %d kB", grown>>10, allowed>>10)
				}
				if read := gigabyte - endless.left; read > 2<<20 {
					t.Errorf("%d bytes were read before it was refused", read)
				}
			})
		}
	}
}

// One product of any size is passed over in bounded memory, and those behind it
// are read.
func TestEndlessProductIsPassedOver(t *testing.T) {
	size := int64(64 << 20)
	if testing.Short() || raceEnabled {
		size = 4 << 20
	}
	piece := "<a>" + strings.Repeat("b", 1021) + "</a>"
	size -= size % int64(len(piece))
	file := io.MultiReader(strings.NewReader(`<offer><products><product id="1">`), &repeated{piece: piece, left: size},
		strings.NewReader(`</product><product id="2"/></products></offer>`))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ids, damages, final := outcome(file, iof.ProductLimit(100_000))
	runtime.ReadMemStats(&after)
	if ids != "1! 2" || final != nil || !errors.Is(damages[0], iof.ErrTooLarge) {
		t.Errorf("read %q, %v, %v, want 1! 2 with ErrTooLarge", ids, damages, final)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
		t.Errorf("it took %d kB of memory", grown>>10)
	}
}

// A small file that does not end is refused at 64 MB, and one with too many
// entries before.
func TestSmallFilesAreCapped(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("reads 64 MB twice")
	}
	for name, file := range map[string]io.Reader{
		"list":    io.MultiReader(strings.NewReader(`<units>`), &repeated{piece: "<!--" + strings.Repeat(" ", 100_000) + "-->", left: 1 << 30}),
		"gateway": io.MultiReader(strings.NewReader(`<provider_description>`), &repeated{piece: "<!--" + strings.Repeat(" ", 100_000) + "-->", left: 1 << 30}),
		"check":   io.MultiReader(strings.NewReader(`<units>`), &repeated{piece: `<unit id="1"/>`, left: 1 << 30}),
	} {
		if err := readers[name](file); !errors.Is(err, iof.ErrTooLarge) {
			t.Errorf("%s: the error is %v, want ErrTooLarge", name, err)
		}
	}
	parts := io.MultiReader(strings.NewReader(`<provider_description>`), &repeated{piece: `<units url="u"/>`, left: 1 << 24})
	if err := readers["gateway"](parts); !errors.Is(err, iof.ErrTooLarge) {
		t.Errorf("too many parts: the error is %v, want ErrTooLarge", err)
	}
}

// What is no XML at all says what it is.
func TestPackedFiles(t *testing.T) {
	for file, says := range map[string]string{
		"PK\x03\x04\x14\x00\x00\x00\x08\x00": "a ZIP archive",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00":   "packed with gzip",
		"BZh91AY&SY":                         "packed with bzip2",
		"\xfd7zXZ\x00\x00\x04":               "packed with xz",
		"7z\xbc\xaf\x27\x1c\x00\x04":         "a 7z archive",
		"(\xb5/\xfd\x04\x00\x11\x00":         "packed with zstd",
		"%PDF-1.7":                           "a PDF document",
	} {
		for name, read := range readers {
			err := read(strings.NewReader(file + strings.Repeat("x", 100)))
			if !errors.Is(err, iof.ErrPacked) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s as %s: the error is %v, want ErrPacked and %q", says, name, err, says)
			}
		}
	}
}

// A wrong character set is an error, never wrong letters: Polish letters in
// ISO-8859-2 are no UTF-8, and an unknown set is named.
func TestWrongCharacterSet(t *testing.T) {
	body := "<offer><products><product id=\"1\"><unit name=\"\xb3\xf3d\xbc\"/></product></products></offer>"
	_, damages, final := outcome(strings.NewReader(`<?xml version="1.0" encoding="utf-8"?>` + body))
	if final != nil || len(damages) != 1 || !strings.Contains(damages[0].Error(), "invalid UTF-8") {
		t.Errorf("the damages are %v, %v", damages, final)
	}
	_, products := readAll(t, []byte(`<?xml version='1.0' encoding = 'ISO-8859-2'?>`+body))
	if got := products[0].Unit.Name; got != "łódź" {
		t.Errorf("the unit is %q, want łódź", got)
	}
	for name, read := range readers {
		err := read(strings.NewReader(`<?xml version="1.0" encoding="EBCDIC-PL"?>` + roots[name]))
		if err == nil || !strings.Contains(err.Error(), "EBCDIC-PL") {
			t.Errorf("%s: the error is %v, want one that names the encoding", name, err)
		}
	}
}

// White space that PHP leaves before the declaration hides neither it nor a file
// in UTF-16 without a mark.
func TestDeclarationsFound(t *testing.T) {
	body := `<offer><products><product id="1"><unit name="łódź"/></product></products></offer>`
	latin, err := charmapISO(body)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"white space": append([]byte("\r\n <?xml encoding=\"iso-8859-2\" version=\"1.0\"?>\n"), latin...),
		"UTF-16LE":    wide(t, body, unicode.LittleEndian),
		"UTF-16BE":    wide(t, body, unicode.BigEndian),
	} {
		_, products := readAll(t, file)
		if got := products[0].Unit.Name; got != "łódź" {
			t.Errorf("%s: the unit is %q, want łódź", name, got)
		}
	}
}

// A feed that is cut, each kind at several hundred places, is never whole.
func TestEveryKindCutAnywhere(t *testing.T) {
	for name, file := range map[string][]byte{
		"offer":   bytes.TrimSpace(fixture(t, "full.xml")),
		"gateway": bytes.TrimSpace(fixture(t, "gateway.xml")),
		"list":    bytes.TrimSpace(fixture(t, "categories.xml")),
		"check":   bytes.TrimSpace(fixture(t, "light.xml")),
	} {
		step := max(1, len(file)/500)
		if testing.Short() || raceEnabled {
			step *= 5
		}
		for length := 0; length < len(file); length += step {
			if err := readers[name](bytes.NewReader(file[:length])); !errors.Is(err, iof.ErrTruncated) {
				t.Errorf("%s cut after %d of %d bytes: the error is %v, want ErrTruncated", name, length, len(file), err)
			}
		}
		if err := readers[name](bytes.NewReader(file)); err != nil {
			t.Errorf("the whole %s: %v", name, err)
		}
	}
}

// A source's own error is kept, whoever reads.
func TestErrorsOfTheSource(t *testing.T) {
	refused := errors.New("refused")
	for name, read := range readers {
		if err := read(io.MultiReader(strings.NewReader(roots[name]), failing{refused})); !errors.Is(err, refused) {
			t.Errorf("%s: the error is %v, want the source's", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
