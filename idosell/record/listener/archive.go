package listener

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	wholeEntry   = 1 << 20 // files up to this size are unpacked once and held; larger ones are unpacked twice
	ratioFrom    = 8 << 20 // below, even the tightest packing does no harm
	nameAllowed  = 512     // bytes of an archive's directory for each file that is allowed
	chunk        = 64 << 10
	encryptedBit = 1
	manyBombs    = 3 // what is unpacked of more of them is too much
)

// counted reads a file's directory with a bound: zip.NewReader takes as many
// entries as stand there, whatever their declared number.
type counted struct {
	io.ReaderAt
	left   int64
	opened bool
}

var errDirectory = errors.New("the directory is too large")

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	if !c.opened {
		if c.left -= int64(len(p)); c.left < 0 {
			return 0, errDirectory
		}
	}
	return c.ReaderAt.ReadAt(p, off)
}

// open reads the archive's directory.
func (r *run) open(from io.ReaderAt) ([]*zip.File, error) {
	bounded := &counted{ReaderAt: from, left: int64(r.o.Limits.Entries)*nameAllowed + 1<<20}
	archive, err := zip.NewReader(bounded, r.size)
	bounded.opened = true
	switch {
	case bounded.left < 0, err == nil && len(archive.File) > r.o.Limits.Entries:
		return nil, fmt.Errorf("%w (%d)", ErrTooManyEntries, r.o.Limits.Entries)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names lead nowhere here
		return nil, fmt.Errorf("%w (%w)", ErrNoArchive, err)
	}
	return archive.File, nil
}

// The causes for which a file is passed over.
var (
	errEntryTooLarge = errors.New("larger than allowed")
	errBomb          = errors.New("packed too tightly")
)

// metered counts what is unpacked, and ends where it is too much.
type metered struct {
	io.ReadCloser
	run    *run
	packed int64
	count  bool // towards the total of the archive
	bytes  int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.bytes += int64(n)
	limits := m.run.o.Limits
	if m.count {
		m.run.report.Bytes += int64(n)
	}
	total := m.run.report.Bytes
	switch { // the file first: the rest can be kept
	case m.bytes > limits.EntryBytes:
		return n, errEntryTooLarge
	case m.bytes > ratioFrom && m.bytes/limits.Ratio > m.packed:
		return n, errBomb
	case m.count && (total > limits.TotalBytes || total-m.run.passed > ratioFrom && (total-m.run.passed)/limits.Ratio > m.run.size):
		return n, &stopped{ErrTooMuch}
	case m.run.ctx.Err() != nil:
		return n, &stopped{m.run.ctx.Err()}
	}
	return n, err
}

// source unpacks a file: once to its end, so that a damaged one is known before
// anything was made of it, and a large one then anew. It is nil for one that was
// passed over and named.
func (r *run) source(at int) (io.ReadCloser, error) {
	file := r.files[at]
	switch {
	case file.Flags&encryptedBit != 0:
		r.report.add(r.name(at), 0, Encrypted)
		return nil, nil
	case isArchiveName(file.Name):
		r.report.add(r.name(at), 0, Nested)
		return nil, nil
	}
	content, head, whole, err := r.unpack(at, true)
	if err == nil && !whole {
		_, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{content}, make([]byte, chunk))
	}
	if content != nil {
		_ = content.Close() // of reading alone: nothing can be lost
	}
	if stop, ok := errors.AsType[*stopped](err); ok {
		return nil, stop.err
	}
	switch {
	case errors.Is(err, errEntryTooLarge):
		r.report.add(r.name(at), 0, TooLarge)
	case errors.Is(err, errBomb):
		r.report.add(r.name(at), 0, Bomb)
		r.passed += content.bytes
		if r.report.Counts[Bomb] > manyBombs {
			return nil, ErrTooMuch
		}
	case errors.Is(err, zip.ErrAlgorithm):
		r.report.add(r.name(at), 0, Unsupported)
	case err != nil:
		r.report.add(r.name(at), 0, Damaged)
	case isArchive(head):
		r.report.add(r.name(at), 0, Nested)
	default:
		return r.again(at, head, whole)
	}
	return nil, nil
}

// again hands out a file that is known to be whole.
func (r *run) again(at int, head []byte, whole bool) (io.ReadCloser, error) {
	if whole {
		return io.NopCloser(inUTF8(bytes.NewReader(head), head)), nil
	}
	content, err := r.files[at].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name(at), err)
	}
	return struct {
		io.Reader
		io.Closer
	}{inUTF8(content, head), content}, nil
}

// unpack opens a file and reads its head; whole says that this was all of it.
func (r *run) unpack(at int, count bool) (content *metered, head []byte, whole bool, err error) {
	file := r.files[at]
	opened, err := file.Open()
	if err != nil {
		return nil, nil, false, err
	}
	content = &metered{ReadCloser: opened, run: r, packed: int64(min(file.CompressedSize64, uint64(r.size))), count: count}
	head, err = io.ReadAll(io.LimitReader(content, wholeEntry))
	return content, head, err == nil && len(head) < wholeEntry, err
}

// archiveNames are the ends of the names of archives and packed files.
var archiveNames = []string{".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".jar"}

func isArchiveName(name string) bool {
	return slices.Contains(archiveNames, strings.ToLower(path.Ext(name)))
}

// isArchive knows an archive by its first bytes.
func isArchive(head []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "\x1f\x8b\x08", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "7z\xbc\xaf", "Rar!"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}
