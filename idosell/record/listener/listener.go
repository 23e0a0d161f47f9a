// Package listener reads what IdoSell's own tool for listening to CustomerAPI
// collects: a ZIP of logs with requests, answers and times. The public page says
// no more of it than "XML files in a ZIP" (idosell-customerapi.txt), so no layout
// is taken for granted: requests and answers are found by their SOAP envelopes,
// wherever and however those stand in a file, and everything else around them
// only helps to say which belong together, when they were sent and how long they
// took.
//
// What comes out is not redacted: it must not leave memory before it was.
package listener

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode"

	_ "time/tzdata" // the wholesaler's zone, on machines that have none

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// Limits bounds what an archive may cost. A zero takes its default.
type Limits struct {
	Entries      int   // files; 20,000
	EntryBytes   int64 // of one file, unpacked; 1 GiB
	TotalBytes   int64 // of all files, unpacked; 4 GiB
	Ratio        int64 // unpacked to packed, of a file and of the whole, above 8 MiB; 250
	MessageBytes int   // of one envelope as it stands in its file, escaped or not; 32 MiB
	WaitingBytes int   // of envelopes that wait for their other half, packed; 32 MiB
}

func (l *Limits) fill() {
	defaults(&l.Entries, 20_000)
	defaults(&l.EntryBytes, 1<<30)
	defaults(&l.TotalBytes, 4<<30)
	defaults(&l.Ratio, 250)
	defaults(&l.MessageBytes, 32<<20)
	defaults(&l.WaitingBytes, 32<<20)
}

func defaults[T int | int64](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}

// Options says how an archive is read.
type Options struct {
	Limits   Limits
	Gates    *idosell.GateTable      // by which gates are told apart; nil: the built-in table
	Zone     *time.Location          // of times that name none; nil: Europe/Warsaw
	Progress func(done, total int64) // may be nil; in bytes of the archive
}

// Reason says why something was not made an exchange of.
type Reason string

// The reasons. All but NoSOAP and Nested mean that something is lost.
const (
	NoSOAP        Reason = "there is no SOAP envelope in it"
	Nested        Reason = "it is an archive inside the archive: unpack it and import it on its own"
	Encrypted     Reason = "it is encrypted"
	Damaged       Reason = "it is damaged: it cannot be unpacked, or its checksum is wrong"
	Unsupported   Reason = "it is packed in a way that is not read: pack it with deflate"
	TooLarge      Reason = "it is larger than allowed"
	Bomb          Reason = "it is packed suspiciously tightly, like a ZIP bomb"
	CutShort      Reason = "an envelope begins and does not end"
	Unreadable    Reason = "an envelope cannot be read as a request or an answer"
	WithoutAnswer Reason = "a request has no answer"
	WithoutAsking Reason = "an answer has no request"
	NoRoom        Reason = "too much waits for its other half: sort the archive's files so that request and answer follow each other"
)

// Lost says whether a fixture may be missing for this reason.
func (r Reason) Lost() bool { return r != NoSOAP && r != Nested }

// Unplaced is something that no exchange was made of.
type Unplaced struct {
	Entry   string // the file's name, fit for a terminal; never a path to write to
	Message int    // which envelope in it, from 1; 0: the file as a whole
	Reason  Reason
}

// maxUnplaced is how many things that were not placed are named.
const maxUnplaced = 200

// Report says what became of an archive.
type Report struct {
	Entries   int            // files, folders apart
	Bytes     int64          // of them, unpacked
	Exchanges int            // that were made of them
	Unplaced  []Unplaced     // the first 200
	Counts    map[Reason]int // of all that was not placed
}

// Lost is how many requests, answers and files were lost.
func (r *Report) Lost() int {
	lost := 0
	for reason, n := range r.Counts {
		if reason.Lost() {
			lost += n
		}
	}
	return lost
}

func (r *Report) add(entry string, message int, reason Reason) {
	r.Counts[reason]++
	if len(r.Unplaced) < maxUnplaced {
		r.Unplaced = append(r.Unplaced, Unplaced{entry, message, reason})
	}
}

// The errors of an archive as a whole. The Report says how far it was read.
var (
	ErrNoArchive      = errors.New("it is no ZIP archive, or it is cut short: download it again")
	ErrTooManyEntries = errors.New("it holds more files than allowed: split it")
	ErrTooMuch        = errors.New("it unpacks to more than allowed, like a ZIP bomb: reading ended there")
)

// Read reads an archive of size bytes and hands each exchange to yield, in the
// order of the archive's files as far as requests and answers allow. What is
// damaged or cannot be placed is named in the Report and the rest is kept; an
// error means that the archive as a whole could not be read to its end, that ctx
// ended, or it is the one that yield returned. Memory is bounded by the Limits,
// whatever the archive's size. Nothing is written, and names of the archive's files
// lead nowhere. Safe to call again, and from several goroutines, as far as r is.
func Read(ctx context.Context, r io.ReaderAt, size int64, o Options, yield func(record.Exchange) error) (Report, error) {
	o.Limits.fill()
	if o.Gates == nil {
		o.Gates = idosell.DefaultGates()
	}
	if o.Zone == nil {
		zone, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			return Report{}, fmt.Errorf("the wholesaler's time zone: %w", err)
		}
		o.Zone = zone
	}
	run := &run{ctx: ctx, o: o, size: size, yield: yield, report: Report{Counts: map[Reason]int{}}, gates: newDirectory(o.Gates)}
	run.waiting = newWaiting(run)
	err := run.archive(r)
	return run.report, err
}

// run is one reading of an archive.
type run struct {
	ctx     context.Context
	o       Options
	size    int64
	files   []*zip.File
	yield   func(record.Exchange) error
	report  Report
	gates   *directory
	waiting *waiting
	passed  int64 // bytes that were unpacked of bombs
	done    int64 // packed bytes of the files that were read
}

// archive reads the files one after the other, then pairs what is left over.
func (r *run) archive(from io.ReaderAt) error {
	files, err := r.open(from)
	if err != nil {
		return err
	}
	r.files = files
	for i, file := range files {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if !strings.HasSuffix(file.Name, "/") {
			r.report.Entries++
			if err := r.entry(i); err != nil {
				return err
			}
		}
		r.done = min(r.size, r.done+int64(min(file.CompressedSize64, uint64(r.size))))
		r.progress()
	}
	return r.waiting.finish()
}

func (r *run) progress() {
	if r.o.Progress != nil {
		r.o.Progress(r.done, r.size)
	}
}

// entry finds the envelopes of a file and pairs them.
func (r *run) entry(at int) error {
	source, err := r.source(at)
	if err != nil {
		return err
	}
	if source == nil {
		return nil // named already
	}
	defer source.Close()
	pairs := &pairs{run: r, entry: at}
	scan := scanner{source: source, max: r.o.Limits.MessageBytes, found: pairs.found, lost: pairs.lost, ctx: r.ctx}
	err = scan.run()
	if stop, ok := errors.AsType[*stopped](err); ok {
		return stop.err
	}
	if err != nil { // it was read to its end before
		r.report.add(r.name(at), 0, Damaged)
	}
	return pairs.end(scan.rest())
}

// stopped is an error that ends the reading of the archive, not of a file alone.
type stopped struct{ err error }

func (s *stopped) Error() string { return s.err.Error() }

// Unwrap returns what ended it.
func (s *stopped) Unwrap() error { return s.err }

// name is a file's name as it may be shown.
func (r *run) name(at int) string { return cleanName(r.files[at].Name) }

// cleanName makes a file's name from an archive fit for people: no characters
// that a terminal acts upon, no way up or to the root, and not too long.
func cleanName(name string) string {
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == unicode.ReplacementChar || c == '\u2028' || c == '\u2029' {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(name, "?"))
	name = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	if runes := []rune(name); len(runes) > 120 {
		name = "…" + string(runes[len(runes)-119:])
	}
	if name == "" {
		return "(no name)"
	}
	return name
}
