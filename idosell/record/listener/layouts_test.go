package listener_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/record"
	"octobridge/idosell/record/listener"
)

// layout makes the files of an archive of calls, and says what it leaves out.
// exchange is short for the tables.
type exchange = record.Exchange

type layout struct {
	name            string
	files           func(t *testing.T, calls []call) []file
	noGate          bool // no address: version not told
	noTimes, noTook bool
}

func each(format func(c call) file) func(*testing.T, []call) []file {
	return func(_ *testing.T, calls []call) []file {
		var out []file
		for _, c := range calls {
			out = append(out, format(c))
		}
		return out
	}
}

func together(name, head, foot string, format func(c call) string) func(*testing.T, []call) []file {
	return func(_ *testing.T, calls []call) []file {
		text := head
		for _, c := range calls {
			text += format(c)
		}
		return []file{{name, text + foot}}
	}
}

func wrapped(c call, body func(string) string) string {
	return fmt.Sprintf(`<call id="%d"><date>%s</date><url>%s</url><time>%.3f</time><in>%s</in><out>%s</out></call>`+"\n",
		c.id, c.warsaw(), strings.ReplaceAll(c.address(), "&", "&amp;"), c.took.Seconds(), body(c.request), body(c.reply))
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

var layouts = []layout{
	{name: "a file a call, as children", files: each(func(c call) file {
		return file{fmt.Sprintf("log/%d.xml", c.id), xmlHead + wrapped(c, func(s string) string { return s })}
	})},
	{name: "a file a call, CDATA, with declarations", files: each(func(c call) file {
		return file{fmt.Sprintf("log/%d.xml", c.id), xmlHead + wrapped(c, func(s string) string { return cdata(`<?xml version="1.0" encoding="ISO-8859-2"?>` + s) })}
	})},
	{name: "many calls a file, as children", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string { return wrapped(c, func(s string) string { return s }) })},
	{name: "many calls a file, CDATA", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string { return wrapped(c, cdata) })},
	{name: "escaped once", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string { return wrapped(c, escaped) })},
	{name: "escaped twice", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string { return wrapped(c, func(s string) string { return escaped(escaped(s)) }) })},
	{name: "base64", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string { return wrapped(c, packed) })},
	{name: "in attributes", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string {
		return fmt.Sprintf(`<entry no="%d" at="%s" gate="%s/%s/7" durationMs="%d" request="%s" response="%s"/>`,
			c.id, c.warsaw(), c.gate, c.method, c.took.Milliseconds(), escaped(c.request), escaped(c.reply))
	})},
	{name: "answers first", files: together("log.xml", xmlHead+"<log>", "</log>", func(c call) string {
		return fmt.Sprintf(`<row><response>%s</response><request>%s</request><timestamp>%d</timestamp><executionTime unit="s">%.3f</executionTime><gate>%s</gate><method>%s</method><version>7</version></row>`,
			cdata(c.reply), cdata(c.request), c.at.Unix(), c.took.Seconds(), c.gate, c.method)
	}), noTook: true},
	{name: "JSON lines", files: func(t *testing.T, calls []call) []file {
		text := ""
		for _, c := range calls {
			text += quoted(t, map[string]any{"time": c.at, "duration_ms": c.took.Milliseconds(), "url": c.address(), "request": c.request, "response": c.reply, "id": c.id}) + "\n"
		}
		return []file{{"log.jsonl", text}}
	}},
	{name: "one JSON array, slashes escaped, answers in base64", files: func(t *testing.T, calls []call) []file {
		text := "["
		for i, c := range calls {
			if i > 0 {
				text += ","
			}
			text += strings.ReplaceAll(quoted(t, map[string]any{"a_url": c.address(), "date": c.warsaw(), "in": c.request, "out": packed(c.reply), "took": fmt.Sprintf("%d ms", c.took.Milliseconds())}), "/", `\/`)
		}
		return []file{{"log.json", text + "]"}}
	}},
	{name: "plain log with headers", files: together("api.log", "", "", func(c call) string {
		return fmt.Sprintf("[%s] POST %s\n\nRequest:\n%s\n\nResponse (%d ms), HTTP/1.1 200 OK:\n%s\n==========\n", c.warsaw(), c.address(), c.request, c.took.Milliseconds(), c.reply)
	})},
	{name: "plain log, times behind", files: together("api.log", "", "", func(c call) string {
		return fmt.Sprintf("%s %s\n%s\n\n%s\nTime: %.3f s\n\n", c.warsaw(), c.address(), c.request, c.reply, c.took.Seconds())
	})},
	{name: "two files a call", files: func(_ *testing.T, calls []call) []file {
		var out []file
		for _, c := range calls {
			head := fmt.Sprintf("<!-- %s %s %d ms -->", c.warsaw(), c.address(), c.took.Milliseconds())
			out = append(out, file{fmt.Sprintf("%d_request.xml", c.id), head + c.request}, file{fmt.Sprintf("%d_response.xml", c.id), c.reply})
		}
		return out
	}},
	{name: "requests and answers in folders of their own", files: func(_ *testing.T, calls []call) []file {
		var in, out []file
		for _, c := range calls {
			out = append(out, file{fmt.Sprintf("odpowiedzi/%d.xml", c.id), fmt.Sprintf("<r took='%d ms'>%s</r>", c.took.Milliseconds(), cdata(c.reply))})
			in = append(in, file{fmt.Sprintf("zapytania/%d.xml", c.id), fmt.Sprintf("<r at='%s' url='%s'>%s</r>", c.warsaw(), c.address(), cdata(c.request))})
		}
		return append(out, in...)
	}},
	{name: "a file of requests, a file of answers", files: func(_ *testing.T, calls []call) []file {
		in, out := "", ""
		for _, c := range calls {
			in += fmt.Sprintf("<r at='%s' url='%s'>%s</r>\n", c.warsaw(), c.address(), c.request)
			out += fmt.Sprintf("<r took='%d ms'>%s</r>\n", c.took.Milliseconds(), c.reply)
		}
		return []file{{"answers.xml", out}, {"requests.xml", in}}
	}},
	{name: "numbered files", files: func(_ *testing.T, calls []call) []file {
		var out []file
		for i, c := range calls {
			out = append(out, file{fmt.Sprintf("%04d.xml", 2*i+1), c.request}, file{fmt.Sprintf("%04d.xml", 2*i+2), c.reply})
		}
		return out
	}, noGate: true, noTimes: true, noTook: true},
	{name: "joined by their times", files: func(_ *testing.T, calls []call) []file {
		var in, out []file
		for _, c := range calls {
			if strings.Contains(c.reply, "Fault>") { // it does not say of which gate it is
				continue
			}
			in = append(in, file{fmt.Sprintf("a-%d.xml", c.id), fmt.Sprintf("<r at='%s' url='%s'>%s</r>", c.at.Format("2006-01-02T15:04:05Z"), c.address(), c.request)})
			out = append(out, file{fmt.Sprintf("b-%d.xml", c.id*7), fmt.Sprintf("<r at='%s'>%s</r>", c.at.Add(c.took).Format("2006-01-02T15:04:05.000Z"), c.reply)})
		}
		slices.Reverse(out)
		return append(in, out...)
	}},
	{name: "calls at the same time, joined by ids", files: func(_ *testing.T, calls []call) []file {
		text := ""
		for i := 0; i < len(calls); i += 3 {
			some := calls[i:min(i+3, len(calls))]
			for _, c := range some {
				text += fmt.Sprintf("%s callId=%d %s\n%s\n", c.warsaw(), c.id, c.address(), c.request)
			}
			for _, c := range slices.Backward(some) {
				text += fmt.Sprintf("callId=%d took %d ms\n%s\n", c.id, c.took.Milliseconds(), c.reply)
			}
		}
		return []file{{"api.log", text}}
	}},
	{name: "CSV", files: together("log.csv", "id;date;url;ms;request;answer\n", "", func(c call) string {
		double := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		return fmt.Sprintf("%d;%s;%s;%d ms;%s;%s\n", c.id, c.warsaw(), c.address(), c.took.Milliseconds(), double(c.request), double(c.reply))
	}), noTook: true},
}

// TestLayouts packs the same calls in every layout that was thought of, and wants
// the same exchanges back: their bodies to the byte.
func TestLayouts(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			wanted := calls(31)
			got, report := read(t, archive(t, l.files(t, wanted)...))
			if l.name == "joined by their times" {
				wanted = slices.DeleteFunc(wanted, func(c call) bool { return strings.Contains(c.reply, "Fault>") })
			}
			if report.Lost() != 0 {
				t.Errorf("lost: %v", report.Unplaced)
			}
			check(t, l, got, wanted)
		})
	}
}

// check compares exchanges with calls, whatever their order.
func check(t *testing.T, l layout, got []exchange, wanted []call) {
	t.Helper()
	if len(got) != len(wanted) {
		t.Fatalf("%d exchanges, want %d", len(got), len(wanted))
	}
	byRequest := map[string]exchange{}
	for _, e := range got {
		byRequest[string(e.Request)] = e
	}
	for _, c := range wanted {
		e, ok := byRequest[xmlHead+c.request]
		if !ok {
			t.Fatalf("call %d: its request did not come; the first that did:\n%s", c.id, got[0].Request)
		}
		if string(e.Answer) != xmlHead+c.reply {
			t.Errorf("call %d: its answer is\n%s\nwant\n%s", c.id, e.Answer, c.reply)
		}
		version := 7
		if l.noGate {
			version = -1
		}
		if e.Gate != c.gate || e.Method != c.method || e.Version != version {
			t.Errorf("call %d: gate %s/%s/%d, want %s/%s/%d", c.id, e.Gate, e.Method, e.Version, c.gate, c.method, version)
		}
		if !l.noTimes && !e.At.Equal(c.at) {
			t.Errorf("call %d: at %s, want %s", c.id, e.At, c.at)
		}
		if !l.noTook && e.Took != c.took {
			t.Errorf("call %d: took %s, want %s", c.id, e.Took, c.took)
		}
		status := 200
		if strings.Contains(c.reply, "Fault>") && !strings.Contains(l.name, "headers") {
			status = 500
		}
		if e.Status != status {
			t.Errorf("call %d: status %d, want %d", c.id, e.Status, status)
		}
	}
}

// TestEncodings reads one archive in each encoding that occurs, declared or not.
func TestEncodings(t *testing.T) {
	text := xmlHead + "<log>"
	wanted := calls(6)
	for _, c := range wanted {
		text += wrapped(c, cdata)
	}
	text += "</log>"
	encode := func(out []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	declare := func(name string) string { return strings.Replace(text, "UTF-8", name, 1) }
	for name, body := range map[string]string{
		"UTF-8 with a mark":           "\xef\xbb\xbf" + text,
		"ISO-8859-2":                  encode(charmap.ISO8859_2.NewEncoder().Bytes([]byte(declare("ISO-8859-2")))),
		"windows-1250":                encode(charmap.Windows1250.NewEncoder().Bytes([]byte(declare("windows-1250")))),
		"UTF-16LE with a mark":        encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(declare("UTF-16")))),
		"UTF-16BE with a mark":        encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(declare("UTF-16")))),
		"UTF-16LE without":            encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(text))),
		"UTF-16BE without":            encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(text))),
		"ISO-8859-2 called UTF-8":     encode(charmap.ISO8859_2.NewEncoder().Bytes([]byte(text))),
		"UTF-8 called ISO-8859-2":     declare("ISO-8859-2"),
		"ISO-8859-2 without its name": encode(charmap.ISO8859_2.NewEncoder().Bytes([]byte(strings.TrimPrefix(text, xmlHead)))),
	} {
		t.Run(name, func(t *testing.T) {
			got, report := read(t, archive(t, file{"log.xml", body}))
			if report.Lost() != 0 {
				t.Errorf("lost: %v", report.Unplaced)
			}
			check(t, layout{}, got, wanted)
		})
	}
}

// TestWindows1250Undeclared: only windows-1250 has letters below 0xA0.
func TestWindows1250Undeclared(t *testing.T) {
	request := soap("Orders", "get", "<get><params><note>Święta śliwka</note></params></get>")
	answer := soap("Orders", "getResponse", "<response><note>źle</note></response>")
	body, err := charmap.Windows1250.NewEncoder().String(request + "\n" + answer)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := read(t, archive(t, file{"log.txt", body}))
	if len(got) != 1 || string(got[0].Request) != xmlHead+request || string(got[0].Answer) != xmlHead+answer {
		t.Errorf("got %+v", got)
	}
}

// TestOrphans: a log that begins in the middle of a call, has a call that was
// never answered, and ends before an answer.
func TestOrphans(t *testing.T) {
	c := calls(13)
	same := []call{c[0], c[3], c[6], c[9], c[12]} // all Orders/get
	for name, l := range map[string]func(body, kind string) string{
		"plain":    func(body, kind string) string { return kind + "\n" + body + "\n" },
		"wrapped":  func(body, kind string) string { return "<" + kind + ">" + body + "</" + kind + ">" },
		"in CDATA": func(body, kind string) string { return "<" + kind + ">" + cdata(body) + "</" + kind + ">" },
	} {
		t.Run(name, func(t *testing.T) {
			text := l(same[0].reply, "answer")
			text += l(same[1].request, "asked") + l(same[1].reply, "answer")
			text += l(same[2].request, "asked")
			text += l(same[3].request, "asked") + l(same[3].reply, "answer")
			text += l(same[4].request, "asked")
			got, report := read(t, archive(t, file{"log.xml", text}))
			if len(got) != 2 || string(got[0].Request) != xmlHead+same[1].request || string(got[0].Answer) != xmlHead+same[1].reply ||
				string(got[1].Request) != xmlHead+same[3].request || string(got[1].Answer) != xmlHead+same[3].reply {
				t.Errorf("%d exchanges: %+v", len(got), got)
			}
			if report.Counts[listener.WithoutAsking] != 1 || report.Counts[listener.WithoutAnswer] != 2 || report.Lost() != 3 {
				t.Errorf("counts: %v", report.Counts)
			}
		})
	}
}

// TestInterleaved: calls at the same time without ids come back in their order.
func TestInterleaved(t *testing.T) {
	c := calls(13)
	same := []call{c[0], c[3], c[6]}
	text := ""
	for _, s := range same {
		text += s.request + "\n"
	}
	for _, s := range same {
		text += s.reply + "\n"
	}
	got, _ := read(t, archive(t, file{"log.xml", text}))
	if len(got) != 3 {
		t.Fatalf("%d exchanges", len(got))
	}
	for i, s := range same {
		if string(got[i].Request) != xmlHead+s.request || string(got[i].Answer) != xmlHead+s.reply {
			t.Errorf("exchange %d: %s", i, got[i].Answer)
		}
	}
}
