package feed_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/catalog/feed"
)

func TestFetchKeepsTheFileForItsOwnerAlone(t *testing.T) {
	content := numbered(200_000)
	o := newOrigin(t, content)
	dir := filepath.Join(t.TempDir(), "data", "feed")
	c, _ := o.client(t, func(options *feed.Options) { options.Dir = dir })
	var last [2]int64
	r := o.request()
	r.Progress = func(done, total int64) { last = [2]int64{done, total} }
	d := fetch(t, c, r, content)
	if d.Bytes != 200_000 || d.Unpacked != 200_000 || d.ETag != `"1"` {
		t.Errorf("the download is %+v", d)
	}
	if last != [2]int64{200_000, 200_000} {
		t.Errorf("the last progress was %v", last)
	}
	if got := o.requests()[0].Header; got.Get("Accept-Encoding") != "gzip" || got.Get("Range") != "" || got.Get("Referer") != "" {
		t.Errorf("it was asked with %v", got)
	}
	if got := o.requests()[0].URL.RawQuery; got != "client=x&token="+tokenEncoded+"&iof_3_0" {
		t.Errorf("the query was changed: %q", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the folder holds %v (%v), want the file alone", entries, err)
	}
	if runtime.GOOS != "windows" {
		folder, _ := os.Stat(dir)
		file, _ := entries[0].Info()
		if folder.Mode().Perm() != 0o700 || file.Mode().Perm() != 0o600 {
			t.Errorf("folder %v, file %v: others can read them", folder.Mode(), file.Mode())
		}
	}
	if err := errors.Join(d.Remove(), d.Remove()); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("still there: %v", entries)
	}
}

func TestPackedFileIsKeptAsItCame(t *testing.T) {
	content := numbered(100_000)
	for name, header := range map[string]string{"Content-Encoding": "gzip", "Content-Type": "application/gzip"} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, "")
			o.body = packed(t, content)
			o.hook = func(w http.ResponseWriter, _ *http.Request) bool { w.Header().Set(name, header); return false }
			c, _ := o.client(t, nil)
			d := fetch(t, c, o.request(), content)
			if d.Bytes != int64(len(o.body)) || d.Unpacked != int64(len(content)) {
				t.Errorf("%d bytes on disk and %d unpacked, want %d and %d", d.Bytes, d.Unpacked, len(o.body), len(content))
			}
		})
	}
}

func TestUnchangedFileIsNotFetched(t *testing.T) {
	const date = "Sun, 15 Nov 2026 10:00:00 GMT"
	cases := map[string]struct {
		etag, modified string
		deaf           bool
		known          feed.Validators
		unchanged      bool
	}{
		"entity tag":                {`"a"`, "", false, feed.Validators{ETag: `"a"`}, true},
		"another entity tag":        {`"b"`, date, false, feed.Validators{ETag: `"a"`, LastModified: date}, false},
		"date":                      {"", date, false, feed.Validators{LastModified: date}, true},
		"a server without 304":      {`"a"`, "", true, feed.Validators{ETag: `"a"`}, true},
		"a dated one without 304":   {"", date, true, feed.Validators{LastModified: date}, true},
		"nothing is known":          {`"a"`, date, false, feed.Validators{}, false},
		"the server says nothing":   {"", "", false, feed.Validators{ETag: `"a"`, LastModified: date}, false},
		"weak tags are good enough": {`W/"a"`, "", true, feed.Validators{ETag: `"a"`}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, "<offer/>")
			o.etag, o.modified, o.deaf = c.etag, c.modified, c.deaf
			client, _ := o.client(t, nil)
			r := o.request()
			r.Known = c.known
			if got := client.Unchanged(t.Context(), r); got != c.unchanged {
				t.Errorf("by HEAD unchanged = %v, want %v", got, c.unchanged)
			}
			d, err := client.Fetch(t.Context(), r)
			if errors.Is(err, feed.ErrUnchanged) != c.unchanged || err == nil && text(t, d) != "<offer/>" {
				t.Errorf("the answer is %v, %v", d, err)
			}
		})
	}
}

func TestHeadThatIsNotAnsweredChangesNothing(t *testing.T) {
	o := newOrigin(t, "<offer/>")
	o.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
		return r.Method == http.MethodHead
	}
	c, _ := o.client(t, nil)
	r := o.request()
	r.Known = feed.Validators{ETag: `"0"`}
	if c.Unchanged(t.Context(), r) {
		t.Error("a refusal was taken for the same file")
	}
	fetch(t, c, r, "<offer/>")
}

func TestBrokenDownloadIsTakenUpWhereItBroke(t *testing.T) {
	content := numbered(300_000)
	for _, validator := range []string{"entity tag", "date"} {
		t.Run(validator, func(t *testing.T) {
			o := newOrigin(t, content)
			if validator == "date" {
				o.etag, o.modified = "", "Sun, 15 Nov 2020 10:00:00 GMT"
			}
			o.cuts = []int{1, 70_000, 100_000, 0, 0, 5_000}
			c, pauses := o.client(t, nil)
			fetch(t, c, o.request(), content)
			if o.sent != len(content) {
				t.Errorf("the server sent %d bytes for %d: something came twice", o.sent, len(content))
			}
			if got := len(o.requests()); got != 7 {
				t.Errorf("%d requests, want 7", got)
			}
			// A pause is the longer, the oftener nothing came.
			want := []time.Duration{1, 1, 1, 4, 16, 1}
			for i := range want {
				want[i] *= time.Second
			}
			if !slices.Equal(*pauses, want) {
				t.Errorf("pauses %v, want %v", *pauses, want)
			}
		})
	}
}

func TestNextProcessGoesOnWithABrokenDownload(t *testing.T) {
	content := numbered(100_000)
	o := newOrigin(t, content)
	o.cuts = []int{40_000, 0, 0, 0, 0, 0}
	dir := t.TempDir()
	first, _ := o.client(t, func(options *feed.Options) { options.Dir = dir })
	if _, err := first.Fetch(t.Context(), o.request()); !errors.Is(err, feed.ErrUnreachable) {
		t.Fatalf("the first attempt: %v", err)
	}
	o.set(func(o *origin) { o.cuts = nil })
	second, _ := o.client(t, func(options *feed.Options) { options.Dir = dir })
	if err := second.Sweep("full"); err != nil {
		t.Fatal(err)
	}
	fetch(t, second, o.request(), content)
	if o.sent != len(content) {
		t.Errorf("the server sent %d bytes for %d", o.sent, len(content))
	}
	asked := o.requests()
	if got := asked[len(asked)-1].Header.Get("Range"); got != "bytes=40000-" {
		t.Errorf("the rest was asked for with %q", got)
	}
}

func TestAnotherAddressDoesNotGoOnWithAForeignBeginning(t *testing.T) {
	o := newOrigin(t, numbered(50_000))
	o.cuts = []int{20_000, 0, 0, 0, 0}
	c, _ := o.client(t, nil)
	if _, err := c.Fetch(t.Context(), o.request()); err == nil {
		t.Fatal("nothing broke")
	}
	o.set(func(o *origin) { o.cuts, o.body = nil, []byte(strings.ToUpper(numbered(50_000))) })
	other := feed.Request{File: "full", Address: secretOf(o.URL + "/other?token=" + tokenEncoded)}
	fetch(t, c, other, strings.ToUpper(numbered(50_000)))
}

func TestFileThatChangedMeanwhileBeginsAgain(t *testing.T) {
	before, after := numbered(100_000), strings.ToUpper(numbered(90_000))
	change := func(o *origin) { o.body, o.etag = []byte(after), `"2"` }
	answers := map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"whole file": func(http.ResponseWriter, *http.Request) bool { return false },
		"a part of the new one": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Range") == "" {
				return false
			}
			w.Header().Set("ETag", `"2"`)
			w.Header().Set("Content-Range", "bytes 30000-89999/90000")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte(after)[30_000:])
			return true
		},
		"a part from elsewhere": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Range") == "" {
				return false
			}
			w.Header().Set("Content-Range", "bytes 10-99999/100000")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte(before)[10:])
			return true
		},
		"not satisfiable": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Range") == "" {
				return false
			}
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return true
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, before)
			o.cuts = []int{30_000}
			broken := false
			o.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if !broken {
					broken = true
					return false
				}
				o.set(change)
				return answer(w, r)
			}
			c, _ := o.client(t, nil)
			fetch(t, c, o.request(), after)
		})
	}
}

func TestServerWithoutRangesSendsAllAgain(t *testing.T) {
	content := numbered(50_000)
	o := newOrigin(t, content)
	o.noRanges, o.cuts = true, []int{10_000, 20_000}
	c, _ := o.client(t, nil)
	fetch(t, c, o.request(), content)
	if want := 10_000 + 20_000 + 50_000; o.sent != want {
		t.Errorf("the server sent %d bytes, want %d", o.sent, want)
	}
}

func TestWithoutAStrongValidatorNothingIsJoined(t *testing.T) {
	content := numbered(50_000)
	for name, set := range map[string]func(o *origin){
		"weak tag":   func(o *origin) { o.etag = `W/"1"` },
		"none":       func(o *origin) { o.etag = "" },
		"fresh date": func(o *origin) { o.etag, o.modified = "", time.Now().UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, content)
			set(o)
			o.cuts = []int{10_000}
			c, _ := o.client(t, nil)
			fetch(t, c, o.request(), content)
			for _, asked := range o.requests() {
				if asked.Header.Get("Range") != "" {
					t.Errorf("asked for %s", asked.Header.Get("Range"))
				}
			}
		})
	}
}

func TestBusyServerIsLeftAloneForAsLongAsItWants(t *testing.T) {
	o := newOrigin(t, "<offer/>")
	answers := []int{503, 429, 500, 200}
	o.hook = func(w http.ResponseWriter, _ *http.Request) bool {
		status := answers[0]
		answers = answers[1:]
		if status == 429 {
			w.Header().Set("Retry-After", "25")
		}
		if status == 503 {
			w.Header().Set("Retry-After", "86400") // nobody waits for that
		}
		if status != 200 {
			w.WriteHeader(status)
		}
		return status != 200
	}
	c, pauses := o.client(t, nil)
	fetch(t, c, o.request(), "<offer/>")
	if want := []time.Duration{time.Minute, 25 * time.Second, 16 * time.Second}; !slices.Equal(*pauses, want) {
		t.Errorf("pauses %v, want %v", *pauses, want)
	}
}

func TestRefusalIsNotAskedAgain(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 410, 451, 304, 204} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			o := newOrigin(t, "")
			o.hook = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
			c, pauses := o.client(t, nil)
			_, err := c.Fetch(t.Context(), o.request())
			var answer *feed.StatusError
			if !errors.As(err, &answer) || answer.Status != status || answer.File != "full" {
				t.Fatalf("the error is %v", err)
			}
			if gone := status == 404 || status == 410; feed.Gone(err) != gone {
				t.Errorf("gone = %v", !gone)
			}
			if len(o.requests()) != 1 || len(*pauses) != 0 {
				t.Errorf("%d requests", len(o.requests()))
			}
		})
	}
}

func TestSweepKeepsWhatIsGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"full.whole", "full.part", "full.part.json", "change-1.part", "change-1.part.json", "light.whole", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := newOrigin(t, "")
	c, _ := o.client(t, func(options *feed.Options) { options.Dir = dir })
	if err := c.Sweep("full", "light"); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if want := []string{"full.part", "full.part.json", "notes.txt"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	gone, _ := o.client(t, func(options *feed.Options) { options.Dir = filepath.Join(dir, "none") })
	if err := gone.Sweep(); err != nil {
		t.Error(err)
	}
}
