package record_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io/fs"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// This file looks for planted texts in files, and shares no code with the redactor.

// formsOf are the forms in which a planted text is looked for; the key says which.
// They are compared without regard to letter case.
func formsOf(planted string) map[string]string {
	out := map[string]string{}
	for form, text := range map[string]string{
		"plain": planted, "nfc": norm.NFC.String(planted), "nfd": norm.NFD.String(planted),
		"lower": strings.ToLower(planted), "upper": strings.ToUpper(planted),
	} {
		out[form] = text
		out[form+" escaped for XML"] = html.EscapeString(text)
		out[form+" as numbers of XML"] = numericEntities(text)
		out[form+" in a query"] = url.QueryEscape(text)
		out[form+" in a path"] = url.PathEscape(text)
		out[form+" hex"] = hex.EncodeToString([]byte(text))
		quoted, _ := json.Marshal(text)
		out[form+" json"] = strings.Trim(string(quoted), `"`)
		out[form+" json in ascii"] = asciiJSON(text)
		var printable strings.Builder
		w := quotedprintable.NewWriter(&printable)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		out[form+" quoted-printable"] = printable.String()
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			for shift := range 3 {
				// What is the same whatever stands before and behind it.
				encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + text + "\x00\x00"))
				begin, end := (shift*8+5)/6, (shift+len(text))*8/6
				if inner := encoded[begin:end]; len(inner) >= 6 {
					out[form+" base64 shifted by "+string(rune('0'+shift))+inner[:1]] = inner
				}
			}
		}
		a, b, c := md5.Sum([]byte(text)), sha1.Sum([]byte(text)), sha256.Sum256([]byte(text))
		out[form+" md5"], out[form+" sha1"], out[form+" sha256"] = hex.EncodeToString(a[:]), hex.EncodeToString(b[:]), hex.EncodeToString(c[:])
	}
	return out
}

func numericEntities(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		out.WriteString("&#x")
		out.WriteString(strings.ToUpper(hex.EncodeToString([]byte{byte(r >> 8), byte(r)})))
		out.WriteString(";")
	}
	return out.String()
}

func asciiJSON(text string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < 0x80 {
			out.WriteByte(byte(unit))
			continue
		}
		out.WriteString(`\u` + hex.EncodeToString([]byte{byte(unit >> 8), byte(unit)}))
	}
	return out.String()
}

// readings are the texts that a file may be, by its encoding.
func readings(content []byte) []string {
	out := []string{string(content)}
	if bytes.HasPrefix(content, []byte("\xfe\xff")) || bytes.HasPrefix(content, []byte("\xff\xfe")) {
		units := make([]uint16, 0, len(content)/2)
		for i := 2; i+1 < len(content); i += 2 {
			high, low := content[i], content[i+1]
			if content[0] == 0xff {
				high, low = low, high
			}
			units = append(units, uint16(high)<<8|uint16(low))
		}
		out = append(out, string(utf16.Decode(units)))
	}
	if utf8.Valid(content) {
		return out
	}
	for _, page := range []*charmap.Charmap{charmap.ISO8859_2, charmap.Windows1250} {
		if text, err := page.NewDecoder().Bytes(content); err == nil {
			out = append(out, string(text))
		}
	}
	return out
}

// noneIn fails for each planted text that stands in a text in any form.
func noneIn(t *testing.T, where string, content []byte, planted []string) {
	t.Helper()
	looked := formsOfAll(planted)
	for _, text := range readings(content) {
		variants := []string{strings.ToLower(text)}
		if strings.Contains(text, "&") {
			variants = append(variants, strings.ToLower(html.UnescapeString(text)))
		}
		if strings.Contains(text, "=\n") {
			variants = append(variants, strings.ToLower(strings.ReplaceAll(text, "=\n", "")))
		}
		for _, variant := range variants {
			for _, l := range looked {
				if at := strings.Index(variant, l.text); at >= 0 {
					t.Errorf("%s: %q stands there (%s): …%s…", where, l.planted, l.form, variant[max(0, at-60):min(len(variant), at+len(l.text)+40)])
					return
				}
			}
		}
	}
}

// lookedFor is a form of a planted text, in small letters.
type lookedFor struct{ planted, form, text string }

var formsKnown sync.Map // planted texts → []lookedFor

func formsOfAll(planted []string) []lookedFor {
	key := strings.Join(planted, "\x00")
	if known, ok := formsKnown.Load(key); ok {
		return known.([]lookedFor)
	}
	var out []lookedFor
	seen := map[string]bool{}
	for _, p := range planted {
		for form, text := range formsOf(p) {
			if text = strings.ToLower(text); !seen[text] {
				seen[text] = true
				out = append(out, lookedFor{p, form, text})
			}
		}
	}
	formsKnown.Store(key, out)
	return out
}

// noneInFolder looks through all files of a folder.
func noneInFolder(t *testing.T, dir string, planted []string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		noneIn(t, filepath.Base(filepath.Dir(path))+"/"+entry.Name(), append(content, path...), planted)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The search finds what it looks for: otherwise the tests that use it prove nothing.
func TestTheSearchForPlantedTextsFindsThem(t *testing.T) {
	const planted = "Żółw & Gęś \"Bracia\""
	for form, text := range formsOf(planted) {
		found := false
		for _, variant := range readings([]byte("… " + text + " …")) {
			for _, looked := range formsOf(planted) {
				found = found || strings.Contains(strings.ToLower(variant), strings.ToLower(looked))
			}
		}
		if !found {
			t.Errorf("%s is not found in itself: %q", form, text)
		}
	}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("abcdef"[:3+shift] + planted + "xyz"))
		found := false
		for _, looked := range formsOf(planted) {
			found = found || strings.Contains(encoded, looked)
		}
		if !found {
			t.Errorf("base64 with %d bytes in front is not found", 3+shift)
		}
	}
}
