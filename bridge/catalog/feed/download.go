package feed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // compared with what the gateway says, for information
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/klauspost/compress/gzip"
)

// Download is a whole file on disk.
type Download struct {
	Validators
	Bytes    int64 // on disk
	Unpacked int64 // bytes of what Open gives
	// Content is a hash of what is in it. When a file was made is left out: a
	// wholesaler that makes one anew for each request changes nothing by that.
	Content string
	MD5     string // of the unpacked bytes, hexadecimal

	path string
	most int64
	ours bool // Remove removes it
}

// Local looks at a file that is there already, packed or not, and reads it once.
// The error is ErrTooLarge when it has more than most bytes, unpacked or not,
// ErrDamaged when it cannot be unpacked, or the file system's.
func Local(ctx context.Context, path string, most int64) (*Download, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", info.Name())
	}
	if info.Size() > most {
		return nil, fmt.Errorf("it has %d bytes, more than %d: %w", info.Size(), most, ErrTooLarge)
	}
	d := &Download{path: path, most: most, Bytes: info.Size()}
	content, err := d.Open()
	if err != nil {
		return nil, err
	}
	err = d.digest(ctx, content)
	if err = errors.Join(err, content.Close()); err != nil {
		return nil, err
	}
	return d, nil
}

// Open opens the file, unpacked. Reading gives ErrTooLarge once it has gone
// beyond the limit, and ErrDamaged where the packed bytes are. Close it in the
// end. It may be opened several times, at once as well.
func (d *Download) Open() (io.ReadCloser, error) {
	file, err := os.Open(d.path)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(file, 128<<10)
	opened := &opened{file: file, from: buffered, left: d.most, most: d.most}
	// How the file is packed is seen in its bytes: a server may also call a
	// packed file by its type alone. No XML begins like this.
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacker, err := gzip.NewReader(buffered)
		if err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
		}
		opened.from, opened.packed = unpacker, true
	}
	return opened, nil
}

// Remove removes the file from the folder of downloads; a file that was there
// before, see Local, stays. A second call does nothing.
func (d *Download) Remove() error {
	if !d.ours {
		return nil
	}
	d.ours = false
	if err := os.Remove(d.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a download: %w", err)
	}
	return nil
}

// opened reads a file, unpacked, up to a limit.
type opened struct {
	file       *os.File
	from       io.Reader
	packed     bool
	left, most int64
}

// Read gives the next bytes.
func (o *opened) Read(b []byte) (int, error) {
	n, err := o.from.Read(b)
	if o.left -= int64(n); o.left < 0 {
		return max(0, n+int(o.left)), fmt.Errorf("it has more than %d bytes unpacked: %w", o.most, ErrTooLarge)
	}
	if err != nil && !errors.Is(err, io.EOF) && o.packed {
		err = fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return n, err
}

// Name is the path of the file.
func (o *opened) Name() string { return o.file.Name() }

// Close closes the file.
func (o *opened) Close() error { return o.file.Close() }

// headBytes is how far into a file its head is looked for.
const headBytes = 8 << 10

var (
	// madeAt is where a file's head says when it was made, and until when it holds.
	madeAt = regexp.MustCompile(`\s(generated|expires|created)\s*=\s*("[^"]*"|'[^']*')`)
	// firstEntry is where the head ends.
	firstEntry = regexp.MustCompile(`<([A-Za-z_][\w.-]*:)?product[\s>/]`)
)

// digest reads the file and takes its hashes.
func (d *Download) digest(ctx context.Context, r io.Reader) error {
	content, sum := sha256.New(), md5.New() //nolint:gosec // see above
	head := make([]byte, headBytes)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	d.Unpacked = int64(n)
	_, _ = sum.Write(head)
	rest := head
	if at := firstEntry.FindIndex(head); at != nil {
		rest = head[at[0]:]
	} else {
		rest = nil
	}
	_, _ = content.Write(madeAt.ReplaceAll(head[:len(head)-len(rest)], nil))
	_, _ = content.Write(rest)
	both, buffer := io.MultiWriter(content, sum), make([]byte, 256<<10)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := r.Read(buffer)
		d.Unpacked += int64(n)
		_, _ = both.Write(buffer[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	d.Content, d.MD5 = hex.EncodeToString(content.Sum(nil)), hex.EncodeToString(sum.Sum(nil))
	return nil
}
