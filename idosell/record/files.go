package record

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"octobridge/idosell"
)

// The files of an exchange.
const (
	describedIn = "exchange.yaml"
	requestIn   = "request.xml"
	requestText = "request.txt" // a request that is no XML
	answerIn    = "answer.xml"
	answerText  = "answer.txt" // an answer that is no XML
)

// What a recording may hold: more is not read, so that a folder from a stranger
// cannot take all memory.
const (
	mostExchanges   = 100_000
	mostDescription = 64 << 10
	mostBody        = 64 << 20 // bytes of one body; a client reads 8 MiB, and indenting adds to it
	mostRecording   = 1 << 30  // bytes of all bodies
)

// ErrTooMuch says that a recording holds more than is read of one.
var ErrTooMuch = errors.New("the recording is larger than allowed")

// description is exchange.yaml.
type description struct {
	Gate      string            `yaml:"gate"`
	Method    string            `yaml:"method"`
	Version   int               `yaml:"version"`
	Operation idosell.Operation `yaml:"operation,omitempty"`
	WSDL      bool              `yaml:"wsdl,omitempty"`
	At        time.Time         `yaml:"at"`
	Took      time.Duration     `yaml:"took"`
	Status    int               `yaml:"status"`
	Failure   string            `yaml:"failure,omitempty"`
	Header    map[string]string `yaml:"header,omitempty"`
}

// keptHeaders are the headers of an answer that a recording keeps.
var keptHeaders = []string{"Content-Type", "Date", "Retry-After"}

// Write keeps an exchange as the folder NNNN-Gate-method in dir, which it makes
// where it is missing (mode 0700; files 0600). The exchange is to be redacted: see
// Redactor. The folder is there whole or not at all; a folder with the same number
// and gate is an error. XML is indented where elements hold elements alone, so
// that people can read and diff it; texts do not change, and what is no XML stays
// as it is. Numbers below 1 are an error.
func Write(dir string, number int, e *Exchange) error {
	if number < 1 {
		return fmt.Errorf("an exchange cannot have the number %d: they begin with 1", number)
	}
	if err := makeFolder(dir); err != nil {
		return err
	}
	name := folderName(number, e)
	target := filepath.Join(dir, name)
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return fmt.Errorf("keep the exchange %s: choose another number or folder: %w", name, err)
	}
	temporary, err := os.MkdirTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("keep the exchange %s: %w", name, err)
	}
	if err := fillFolder(temporary, e); err != nil {
		return fmt.Errorf("keep the exchange %s: %w", name, errors.Join(err, os.RemoveAll(temporary)))
	}
	if err := os.Rename(temporary, target); err != nil {
		return fmt.Errorf("keep the exchange %s: %w", name, errors.Join(err, os.RemoveAll(temporary)))
	}
	return nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the recording: %w", err)
	}
	return nil
}

func fillFolder(dir string, e *Exchange) error {
	described := description{
		Gate: e.Gate, Method: e.Method, Version: e.Version, Operation: e.Operation, WSDL: e.WSDL,
		At: e.At.UTC(), Took: e.Took, Status: e.Status, Failure: e.Failure, Header: map[string]string{},
	}
	for _, name := range keptHeaders {
		if value := e.Header.Get(name); value != "" {
			described.Header[name] = value
		}
	}
	text, err := yaml.Marshal(described)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, describedIn), text, 0o600); err != nil {
		return err
	}
	for _, body := range []struct {
		bytes          []byte
		asXML, asOther string
	}{{e.Request, requestIn, requestText}, {e.Answer, answerIn, answerText}} {
		if len(body.bytes) == 0 {
			continue
		}
		name, content := body.asOther, body.bytes
		if indented, ok := indentXML(body.bytes); ok {
			name, content = body.asXML, indented
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// folderName is what an exchange's folder is called.
func folderName(number int, e *Exchange) string {
	gate, method := fileName(e.Gate), fileName(e.Method)
	name := fmt.Sprintf("%04d-%s", number, cmp.Or(gate, "unknown"))
	if method != "" {
		name += "-" + method
	}
	if e.WSDL {
		name += "-wsdl"
	}
	return name
}

var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// fileName makes a name from an address fit for a file.
func fileName(name string) string {
	name = notInFileNames.ReplaceAllString(name, "")
	return name[:min(len(name), 60)]
}

var exchangeFolder = regexp.MustCompile(`^(\d{4,9})-`)

// numberOf is the number of an exchange's folder; 0 for what is none.
func numberOf(entry fs.DirEntry) int {
	found := exchangeFolder.FindStringSubmatch(entry.Name())
	if found == nil || !entry.IsDir() {
		return 0
	}
	number, _ := strconv.Atoi(found[1])
	return number
}

// Next is the number that the next exchange in dir gets: one more than the highest,
// 1 where there is none or no such folder.
func Next(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the recording: %w", err)
	}
	highest := 0
	for _, entry := range entries {
		highest = max(highest, numberOf(entry))
	}
	return highest + 1, nil
}

// ReadAll reads the recording in dir, in the order of its folders' numbers. What is
// no exchange's folder is passed over, so a recording may have a README. An error
// names the file. Links that lead out of dir are not followed. A recording of more
// than 100,000 exchanges, 1 GiB, or 64 MiB in one body is ErrTooMuch.
func ReadAll(dir string) ([]Exchange, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(entry fs.DirEntry) bool { return numberOf(entry) == 0 })
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), cmp.Compare(a.Name(), b.Name()))
	})
	if len(entries) > mostExchanges {
		return nil, fmt.Errorf("read the recording in %s: %w: it has %d exchanges, at most %d are read", dir, ErrTooMuch, len(entries), mostExchanges)
	}
	exchanges := make([]Exchange, len(entries))
	total := 0
	for i, entry := range entries {
		if err := readFolder(root, entry.Name(), &exchanges[i]); err != nil {
			return nil, fmt.Errorf("read the recording in %s: %w", dir, err)
		}
		if total += len(exchanges[i].Request) + len(exchanges[i].Answer); total > mostRecording {
			return nil, fmt.Errorf("read the recording in %s: %w: it has more than %d bytes", dir, ErrTooMuch, mostRecording)
		}
	}
	return exchanges, nil
}

func readFolder(root *os.Root, folder string, e *Exchange) error {
	text, err := readBounded(root, folder+"/"+describedIn, mostDescription)
	if err != nil {
		return err
	}
	described := description{Version: -1}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&described); err != nil {
		return fmt.Errorf("%s/%s: %w", folder, describedIn, err)
	}
	if described.Status < 0 || described.Status > 999 || described.Took < 0 || described.Version < -1 {
		return fmt.Errorf("%s/%s: status, took or version is no value that an exchange can have", folder, describedIn)
	}
	*e = Exchange{
		Gate: described.Gate, Method: described.Method, Version: described.Version, Operation: described.Operation,
		WSDL: described.WSDL, At: described.At.UTC(), Took: described.Took, Status: described.Status,
		Failure: described.Failure, Header: http.Header{},
	}
	for _, name := range keptHeaders {
		if value := described.Header[name]; value != "" {
			e.Header.Set(name, value)
		}
	}
	if e.Request, err = readEither(root, folder, requestIn, requestText); err != nil {
		return err
	}
	e.Answer, err = readEither(root, folder, answerIn, answerText)
	return err
}

// readEither reads the one of two files that is there; nothing where none is.
func readEither(root *os.Root, folder, asXML, asOther string) ([]byte, error) {
	one, err := readBounded(root, folder+"/"+asXML, mostBody)
	other, otherErr := readBounded(root, folder+"/"+asOther, mostBody)
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(otherErr, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return other, otherErr
	case errors.Is(otherErr, fs.ErrNotExist):
		return one, err
	case err != nil || otherErr != nil:
		return nil, cmp.Or(err, otherErr)
	}
	return nil, fmt.Errorf("%s has both %s and %s: delete one of them", folder, asXML, asOther)
}

func readBounded(root *os.Root, name string, limit int64) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s: %w: it has more than %d bytes", name, ErrTooMuch, limit)
	}
	return content, nil
}
