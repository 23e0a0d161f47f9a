package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// partial is a download that is under way: the bytes as they came, and beside
// them a note of which file they are the beginning of, so that a later request,
// or a later process, can ask for the rest.
type partial struct {
	client *Client
	name   string
	file   *os.File
	size   int64 // bytes on disk
	note   note
}

// note is what is kept beside the bytes.
type note struct {
	Address  string `json:"address"` // a hash of it: it holds a token
	Encoding string `json:"encoding"`
	Total    int64  `json:"total"` // bytes of the whole file; 0: not known
	// IfRange is the validator with which the rest may be asked for; "": it may
	// not, as the server says nothing that would tell another file from this one.
	IfRange string `json:"ifRange"`
	Validators
}

// openPartial opens what there is of a file, or an empty one.
func (c *Client) openPartial(r Request) (*partial, error) {
	p := &partial{client: c, name: r.File}
	file, err := os.OpenFile(c.pathOf(r.File, partialEnding), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the download of %s: %w", r.File, err)
	}
	p.file = file
	text, err := os.ReadFile(c.pathOf(r.File, noteEnding))
	if err == nil && json.Unmarshal(text, &p.note) == nil && p.note.Address == addressDigest(r) && p.note.IfRange != "" {
		if size, err := file.Seek(0, io.SeekEnd); err == nil && (p.note.Total == 0 || size <= p.note.Total) {
			p.size = size
			return p, nil
		}
	}
	p.discard()
	return p, nil
}

// addressDigest tells addresses apart without giving them away: the tokens in
// them are too long to be tried out.
func addressDigest(r Request) string {
	sum := sha256.Sum256([]byte(r.Address.Reveal()))
	return hex.EncodeToString(sum[:16])
}

// resumable says whether there is a beginning that the rest can be asked for.
func (p *partial) resumable() bool { return p.size > 0 && p.note.IfRange != "" }

// discard forgets the bytes.
func (p *partial) discard() {
	p.size, p.note = 0, note{}
	_ = p.file.Truncate(0)
	_, _ = p.file.Seek(0, io.SeekStart)
	_ = os.Remove(p.client.pathOf(p.name, noteEnding))
}

// close closes the file, and removes it if nothing of it is of use later.
func (p *partial) close() {
	if p.file == nil {
		return
	}
	_ = p.file.Close()
	p.file = nil
	if !p.resumable() {
		_ = os.Remove(p.client.pathOf(p.name, partialEnding))
		_ = os.Remove(p.client.pathOf(p.name, noteEnding))
	}
}

// restart makes ready for a whole file.
func (p *partial) restart(r Request, response *http.Response) error {
	p.discard()
	p.note = note{Address: addressDigest(r), Encoding: encodingOf(response.Header), Total: max(0, response.ContentLength), Validators: validatorsOf(response.Header)}
	p.note.IfRange = strong(p.note.Validators, response.Header.Get("Date"))
	if response.Header.Get("Accept-Ranges") == "none" {
		p.note.IfRange = ""
	}
	if p.note.IfRange == "" {
		return nil
	}
	text, err := json.Marshal(p.note)
	if err == nil {
		err = os.WriteFile(p.client.pathOf(p.name, noteEnding), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep a note of the download of %s: %w", p.name, err)
	}
	return nil
}

func encodingOf(header http.Header) string {
	return strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding")))
}

// strong returns the validator that bytes may be joined by (RFC 9110, 13.1.5): a
// strong entity tag, or a date that lies far enough back that the file cannot have
// changed twice within it.
func strong(v Validators, date string) string {
	if v.ETag != "" {
		if strings.HasPrefix(v.ETag, "W/") {
			return ""
		}
		return v.ETag
	}
	modified, err := http.ParseTime(v.LastModified)
	if err != nil {
		return ""
	}
	sent, err := http.ParseTime(date)
	if err != nil || sent.Sub(modified) < time.Minute {
		return ""
	}
	return v.LastModified
}

var contentRange = regexp.MustCompile(`^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)$`)

// continues says whether a 206 has the rest of the very file that is there, and
// makes ready for it.
func (p *partial) continues(response *http.Response) bool {
	match := contentRange.FindStringSubmatch(response.Header.Get("Content-Range"))
	if match == nil || match[1] != strconv.FormatInt(p.size, 10) || encodingOf(response.Header) != p.note.Encoding {
		return false
	}
	total, known := strconv.ParseInt(match[3], 10, 64)
	if known == nil && p.note.Total > 0 && total != p.note.Total {
		return false
	}
	if now := validatorsOf(response.Header); !now.None() && !p.note.same(now) {
		return false
	}
	if known == nil {
		p.note.Total = total
	}
	_, err := p.file.Seek(p.size, io.SeekStart)
	return err == nil
}

// take writes a body behind what is there. The error is ErrTooLarge, of the file
// system (*os.PathError), or the body's; io.ErrUnexpectedEOF for one that is
// shorter than was said.
func (p *partial) take(body io.Reader, most int64, progress func(done, total int64)) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		if p.size+int64(n) > most {
			return ErrTooLarge
		}
		if n > 0 {
			written, err := p.file.Write(buffer[:n])
			p.size += int64(written)
			if err != nil {
				return err
			}
			if progress != nil {
				progress(p.size, p.note.Total)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && p.note.Total > 0 && p.size != p.note.Total:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// finish makes a Download of a file that is whole.
func (p *partial) finish(ctx context.Context, most int64) (*Download, error) {
	validators := p.note.Validators
	whole := p.client.pathOf(p.name, wholeEnding)
	err := p.file.Close()
	p.file = nil
	if err == nil {
		err = os.Rename(p.client.pathOf(p.name, partialEnding), whole)
	}
	if err == nil {
		err = os.Remove(p.client.pathOf(p.name, noteEnding))
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	d, err := Local(ctx, whole, most)
	if err != nil {
		_ = os.Remove(whole)
		return nil, err
	}
	d.Validators, d.ours = validators, true
	return d, nil
}
