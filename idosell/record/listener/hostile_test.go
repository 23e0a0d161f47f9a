package listener_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"octobridge/idosell/record"
	"octobridge/idosell/record/listener"
)

// readWith reads an archive with limits and returns how many exchanges came.
func readWith(packed []byte, o listener.Options) (int, listener.Report, error) {
	n := 0
	report, err := listener.Read(context.Background(), bytes.NewReader(packed), int64(len(packed)), o, func(record.Exchange) error { n++; return nil })
	return n, report, err
}

// good is a file with one call that must come through.
func good() file {
	c := calls(1)[0]
	return file{"good.xml", wrapped(c, cdata)}
}

func TestBombs(t *testing.T) {
	zeros := strings.Repeat(" ", 10<<20)
	packed := archive(t, file{"a-bomb.xml", zeros}, good())
	n, report, err := readWith(packed, listener.Options{Limits: listener.Limits{Ratio: 250, TotalBytes: 1 << 30}})
	if err != nil || n != 1 || report.Counts[listener.Bomb] != 1 {
		t.Errorf("a bomb that is most of the archive: %d exchanges, %v, %v", n, report.Counts, err)
	}
	if report.Bytes > 20<<20 {
		t.Errorf("%d bytes of it were unpacked", report.Bytes)
	}

	// Beside much else, the bomb alone is passed over.
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	packed = archive(t, file{"noise.bin", string(noise)}, file{"a-bomb.xml", zeros}, good())
	n, report, err = readWith(packed, listener.Options{})
	if err != nil || n != 1 || report.Counts[listener.Bomb] != 1 {
		t.Errorf("%d exchanges, %v, %v", n, report.Counts, err)
	}
	n, report, err = readWith(packed, listener.Options{Limits: listener.Limits{EntryBytes: 2 << 20}})
	if err != nil || n != 1 || report.Counts[listener.TooLarge] != 1 {
		t.Errorf("with a limit for files: %d exchanges, %v, %v", n, report.Counts, err)
	}
	if _, _, err = readWith(packed, listener.Options{Limits: listener.Limits{TotalBytes: 3 << 20}}); !errors.Is(err, listener.ErrTooMuch) {
		t.Errorf("with a limit for the whole: %v", err)
	}
	inner := archive(t, good())
	n, report, err = readWith(archive(t, file{"inner.zip", string(inner)}, file{"inner.xml", string(inner)}, good()), listener.Options{})
	if err != nil || n != 1 || report.Counts[listener.Nested] != 2 {
		t.Errorf("archives inside: %d exchanges, %v, %v", n, report.Counts, err)
	}
}

// TestOverlaps: a directory whose entries all lead to the same data, as the bombs
// do that pack tighter than deflate can.
func TestOverlaps(t *testing.T) {
	body := strings.Repeat("A", 10<<20)
	packed := archive(t, file{"one.xml", body})
	end := bytes.LastIndex(packed, []byte("PK\x05\x06"))
	at := int(binary.LittleEndian.Uint32(packed[end+16:]))
	directory := packed[at:end]
	const copies = 500
	out := append([]byte(nil), packed[:at]...)
	out = append(out, bytes.Repeat(directory, copies)...)
	tail := append([]byte(nil), packed[end:]...)
	binary.LittleEndian.PutUint16(tail[8:], copies)
	binary.LittleEndian.PutUint16(tail[10:], copies)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(directory)*copies))
	n, report, err := readWith(append(out, tail...), listener.Options{})
	if !errors.Is(err, listener.ErrTooMuch) || n != 0 || report.Bytes > 80<<20 {
		t.Errorf("%d exchanges, %d bytes unpacked, %v", n, report.Bytes, err)
	}
}

// TestPathTricks: names of files lead nowhere, and are fit for a terminal.
func TestPathTricks(t *testing.T) {
	var files []file
	for _, name := range []string{"../../../etc/passwd", "/etc/shadow", `C:\Windows\win.ini`, `..\..\up.txt`, "a/../../b.txt", "red\x1b[31m.txt", "turned\u202Etxt.xml", strings.Repeat("long/", 200), "new\nline", "bad\xff.txt", "."} {
		files = append(files, file{strings.TrimSuffix(name, "/"), "nothing"})
	}
	folder := t.TempDir()
	t.Chdir(folder)
	n, report, err := readWith(archive(t, append(files, good())...), listener.Options{})
	if err != nil || n != 1 || report.Counts[listener.NoSOAP] != len(files) {
		t.Fatalf("%d exchanges, %v, %v", n, report.Counts, err)
	}
	for _, u := range report.Unplaced {
		if strings.Contains(u.Entry, "..") || strings.HasPrefix(u.Entry, "/") || !utf8.ValidString(u.Entry) || strings.ContainsAny(u.Entry, "\x1b\n\u202E") || len([]rune(u.Entry)) > 120 {
			t.Errorf("named %q", u.Entry)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("written: %v, %v", left, err)
	}
}

func TestManyEntries(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 500
	}
	var files []file
	for _, c := range calls(many) {
		files = append(files, file{fmt.Sprintf("%d.xml", c.id), wrapped(c, cdata)})
	}
	packed := archive(t, files...)
	n, report, err := readWith(packed, listener.Options{})
	if err != nil || n != many || report.Entries != many || report.Lost() != 0 {
		t.Errorf("%d exchanges, %d entries, %v, %v", n, report.Entries, report.Counts, err)
	}
	if _, _, err := readWith(packed, listener.Options{Limits: listener.Limits{Entries: many - 1}}); !errors.Is(err, listener.ErrTooManyEntries) {
		t.Errorf("over the limit: %v", err)
	}
}

// TestUnplacedAreBounded: more than 200 things are counted, not named.
func TestUnplacedAreBounded(t *testing.T) {
	var files []file
	for i := range 300 {
		files = append(files, file{fmt.Sprintf("%d.txt", i), "nothing"})
	}
	_, report, err := readWith(archive(t, files...), listener.Options{})
	if err != nil || len(report.Unplaced) != 200 || report.Counts[listener.NoSOAP] != 300 || report.Lost() != 0 {
		t.Errorf("%d named, %v, %v", len(report.Unplaced), report.Counts, err)
	}
}

// TestDamaged: what is damaged is named, and the rest is kept.
func TestDamaged(t *testing.T) {
	c := calls(4)
	names := []string{"first.xml", "broken.xml", "last.xml"}
	var files []file
	for i, name := range names {
		files = append(files, file{name, wrapped(c[i], cdata)})
	}
	find := func(packed []byte, magic string, n int) int {
		at := -1
		for range n + 1 {
			at += 1 + bytes.Index(packed[at+1:], []byte(magic))
		}
		return at
	}
	for name, harm := range map[string]struct {
		do     func(packed []byte)
		reason listener.Reason
	}{
		"checksum": {func(p []byte) { p[find(p, "PK\x01\x02", 1)+16]++ }, listener.Damaged},
		"data": {func(p []byte) {
			at := bytes.Index(p, []byte("broken.xml")) + 60
			copy(p[at:], "damaged here, for a long while")
		}, listener.Damaged},
		"cut short": {func(p []byte) {
			at := find(p, "PK\x01\x02", 1) + 20
			binary.LittleEndian.PutUint32(p[at:], binary.LittleEndian.Uint32(p[at:])/2)
		}, listener.Damaged},
		"encrypted": {func(p []byte) { p[find(p, "PK\x01\x02", 1)+8] |= 1 }, listener.Encrypted},
		"method":    {func(p []byte) { p[find(p, "PK\x01\x02", 1)+10] = 14 }, listener.Unsupported},
		"header":    {func(p []byte) { copy(p[find(p, "PK\x03\x04", 1):], "XXXX") }, listener.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			packed := archive(t, files...)
			harm.do(packed)
			n, report, err := readWith(packed, listener.Options{})
			if err != nil || n != 2 || report.Counts[harm.reason] != 1 || report.Lost() != 1 {
				t.Fatalf("%d exchanges, %v, %v", n, report.Counts, err)
			}
			if report.Unplaced[0].Entry != "broken.xml" {
				t.Errorf("named: %v", report.Unplaced)
			}
		})
	}
	for name, packed := range map[string][]byte{"nothing": nil, "no archive": []byte("<html>"), "cut off": archive(t, files...)[:200]} {
		if _, _, err := readWith(packed, listener.Options{}); !errors.Is(err, listener.ErrNoArchive) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCutShortEnvelopes: an envelope that does not end costs itself alone.
func TestCutShortEnvelopes(t *testing.T) {
	c := calls(4)
	text := c[0].request + c[0].reply[:len(c[0].reply)-20] + "\n" + c[3].request + c[3].reply + "<SOAP-ENV:Envelope><SOAP-ENV:Body>"
	got, report := read(t, archive(t, file{"log.xml", text}))
	if len(got) != 1 || string(got[0].Answer) != xmlHead+c[3].reply {
		t.Errorf("%d exchanges: %+v", len(got), got)
	}
	if report.Counts[listener.CutShort] != 2 || report.Counts[listener.WithoutAnswer] != 1 {
		t.Errorf("%v", report.Counts)
	}
	n, report, err := readWith(archive(t, file{"log.xml", wrapped(c[0], cdata)}, file{"long.xml", soap("a", "b", strings.Repeat("x", 5000))}),
		listener.Options{Limits: listener.Limits{MessageBytes: 4000}})
	if err != nil || n != 1 || report.Counts[listener.TooLarge] != 1 {
		t.Errorf("%d exchanges, %v, %v", n, report.Counts, err)
	}
}

// TestNoRoom: what waits for its other half is bounded, and named where there is no
// more room; calls that stand together come through all the same.
func TestNoRoom(t *testing.T) {
	in, out := "", ""
	for _, c := range calls(200) {
		in, out = in+c.request+"\n", out+c.reply+"\n"
	}
	packed := archive(t, file{"answers.xml", out}, good(), file{"requests.xml", in})
	n, report, err := readWith(packed, listener.Options{Limits: listener.Limits{WaitingBytes: 64 << 10}})
	room := report.Counts[listener.NoRoom]
	if err != nil || room < 100 || room > 390 || n < 10 || report.Lost() != 2*200-2*(n-1) {
		t.Errorf("%d exchanges, %v, %v", n, report.Counts, err)
	}
}

// TestEndsThatAreNotThere: a file in which every envelope is written in another way
// and none ends takes no longer than one that is as long.
func TestEndsThatAreNotThere(t *testing.T) {
	var text strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&text, "&#%s60;Envelope ", strings.Repeat("0", i%180))
	}
	text.WriteString("PA" + strings.Repeat("PA", 1<<20)) // it looks like base64 at every other letter
	began := time.Now()
	n, report, err := readWith(archive(t, good(), file{"long.txt", text.String()}), listener.Options{Limits: listener.Limits{MessageBytes: 64 << 10}})
	if err != nil || n != 1 || report.Lost() == 0 {
		t.Errorf("%d exchanges, %v, %v", n, report.Counts, err)
	}
	if took := time.Since(began); took > time.Minute { // a fraction of a second, or hours
		t.Errorf("it took %s", took)
	}
}

// TestYieldEnds: an error of yield, and a context that ends, end the reading.
func TestYieldEnds(t *testing.T) {
	var files []file
	for _, c := range calls(20) {
		files = append(files, file{fmt.Sprintf("%d.xml", c.id), wrapped(c, cdata)})
	}
	packed := archive(t, files...)
	enough := errors.New("enough")
	n := 0
	_, err := listener.Read(context.Background(), bytes.NewReader(packed), int64(len(packed)), listener.Options{}, func(record.Exchange) error {
		if n++; n == 5 {
			return enough
		}
		return nil
	})
	if err != enough || n != 5 {
		t.Errorf("%d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n = 0
	_, err = listener.Read(ctx, bytes.NewReader(packed), int64(len(packed)), listener.Options{}, func(record.Exchange) error {
		n++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || n > 2 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestLargeArchive reads 100 MB in bounded memory, in the two layouts that could
// need the most: one file with everything, and all answers before all requests.
func TestLargeArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB take a while with the race detector")
	}
	const size = 100 << 20
	noise := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 128<<10) // packs to about three quarters, also where it comes again: further apart than deflate looks
	for i := range text {
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ."[noise.IntN(64)]
	}
	filler := func(n int) string {
		at := noise.IntN(len(text) - n)
		return string(text[at : at+n])
	}
	for _, layout := range []string{"one file", "answers, then requests"} {
		t.Run(layout, func(t *testing.T) {
			out, err := os.Create(filepath.Join(t.TempDir(), "large.zip"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			packer := zip.NewWriter(out)
			some := calls(3 * 750)
			sums := map[uint32]bool{}
			entry := func(name string) io.Writer {
				w, err := packer.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				return w
			}
			write := func(w io.Writer, text string) {
				if _, err := io.WriteString(w, text); err != nil {
					t.Fatal(err)
				}
			}
			var whole io.Writer
			if layout == "one file" {
				whole = entry("log.xml")
			}
			for i := range some {
				c := &some[i]
				c.reply = strings.Replace(c.reply, "</SOAP-ENV:Body>", "<!--"+filler(64<<10)+"--></SOAP-ENV:Body>", 1)
				sums[crc32.ChecksumIEEE([]byte(xmlHead+c.reply))] = true
				if whole != nil {
					write(whole, wrapped(*c, cdata))
				} else {
					write(entry(fmt.Sprintf("answers/%d.xml", c.id)), c.reply)
				}
				c.reply = ""
			}
			for _, c := range some {
				if whole == nil {
					write(entry(fmt.Sprintf("requests/%d.xml", c.id)), c.request)
				}
			}
			if err := packer.Close(); err != nil {
				t.Fatal(err)
			}
			info, err := out.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() < size {
				t.Fatalf("the archive has %d bytes alone", info.Size())
			}
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			n, most := 0, uint64(0)
			report, err := listener.Read(context.Background(), out, info.Size(), listener.Options{}, func(e record.Exchange) error {
				if n++; n%100 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc)
				}
				delete(sums, crc32.ChecksumIEEE(e.Answer))
				return nil
			})
			if err != nil || n != len(some) || report.Lost() != 0 || len(sums) != 0 {
				t.Errorf("%d of %d exchanges, %d answers missing, %v, %v", n, len(some), len(sums), report.Counts, err)
			}
			if most > before.HeapAlloc+24<<20 {
				t.Errorf("%d MiB were held", (most-before.HeapAlloc)>>20)
			}
			t.Logf("%d MiB, unpacked %d MiB, %d exchanges, at most %d MiB held", info.Size()>>20, report.Bytes>>20, n, (int64(most)-int64(before.HeapAlloc))>>20)
		})
	}
}
