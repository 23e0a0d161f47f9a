package listener

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// facts are what the text around an envelope says of the call.
type facts struct {
	gate, method string
	version      int // -1: it does not say
	first, last  time.Time
	took         time.Duration
	status       int
	id           string
}

const (
	slash = `(?:/|\\/|%2[fF])`
	is    = `["']?\s*(?:[:=>]|=>)\s*["']?`
	ident = `([A-Za-z][A-Za-z0-9_]{0,60})`
)

var (
	// "?gate=Orders/get/1/soap", also escaped, and ".../Orders/get/1/soap"
	addressed = regexp.MustCompile(`(?i)gate(?:` + is + `|%3d|\s+)` + ident + slash + ident + `(?:` + slash + `(\d{1,6}))?`)
	soapPath  = regexp.MustCompile(slash + ident + slash + ident + slash + `(\d{1,6})` + slash + `soap\b`)
	gateName  = regexp.MustCompile(`(?i)(?:gate|bramka)(?:_?name)?` + is + ident)
	methods   = regexp.MustCompile(`(?i)(?:method|metoda|operation|action)(?:_?name)?` + is + `#?` + ident)
	versions  = regexp.MustCompile(`(?i)(?:version|wersja)` + is + `(\d{1,6})\b`)
	functions = regexp.MustCompile(`(?i)(?:function|funkcja)` + is + ident + `(?:` + slash + `|[.:#]+)` + ident)

	isoTime    = regexp.MustCompile(`\b(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}:\d{2})([.,]\d{1,9})?\s?(Z|[+-]\d{2}:?\d{2})?`)
	polishTime = regexp.MustCompile(`\b(\d{2})\.(\d{2})\.(\d{4})[ T,]+(\d{2}:\d{2}:\d{2})([.,]\d{1,9})?`)
	httpTime   = regexp.MustCompile(`\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT`)
	epochTime  = regexp.MustCompile(`(?i)(?:time(?:_?stamp)?|date|czas|data|ts|start\w{0,10})` + is + `(1\d{9})(\d{3})?(\.\d{1,9})?\b`)

	namedTook = regexp.MustCompile(`(?i)(took|duration|elapsed|latency|exec(?:ution)?[_ -]?time|time[_ -]?taken|(?:response|processing|total|run)[_ -]?time|czas(?:[_ -]?[a-z]{1,12}){0,3}|\btime|\bspeed)` +
		`([_ -]?(?:in[_ -]?)?(?:ms|millis(?:econds)?|us|s|sec|seconds))?(?:` + is + `|\s+)(\d{1,9}(?:[.,]\d{1,9})?)\s?(ms|millis[a-z]*|µs|us|sec[a-z]*|sek[a-z]*|s)?(?:[^\d.:/\pL-]|$)`)
	bareTook = regexp.MustCompile(`(?i)(?:^|[\s("'=>])(\d{1,6}(?:[.,]\d{1,6})?)\s?(ms|sec|sek|s)(?:[^\pL\d]|$)`)

	statusLine = regexp.MustCompile(`HTTP/\d(?:\.\d)?["']?\s+([1-5]\d{2})\b`)
	statusName = regexp.MustCompile(`(?i)\b(?:http[_ -]?)?(?:status|code|kod)(?:[_ -]?code)?` + is + `([1-5]\d{2})\b`)
	identity   = regexp.MustCompile(`(?i)\b(?:(?:call|request|correlation|transaction|trace|log|entry|message|x-request)[_ -]?)?(?:id|uid|uuid|guid|nr|no|number|lp)` + is + `([A-Za-z0-9][A-Za-z0-9_-]{0,63})`)
)

// readFacts reads what a text says. zone is that of times without one.
func readFacts(text string, zone *time.Location) facts {
	f := facts{version: -1}
	if strings.TrimSpace(text) == "" {
		return f
	}
	f.readGate(text)
	f.readTimes(text, zone)
	f.readTook(text)
	for _, form := range []*regexp.Regexp{statusLine, statusName} {
		if found := form.FindStringSubmatch(text); found != nil && f.status == 0 {
			f.status, _ = strconv.Atoi(found[1])
		}
	}
	if all := identity.FindAllStringSubmatch(text, -1); all != nil {
		f.id = all[len(all)-1][1]
	}
	return f
}

// lastOf is the last match: what stands nearest to an envelope is meant for it.
func lastOf(form *regexp.Regexp, text string) []string {
	all := form.FindAllStringSubmatch(text, -1)
	if all == nil {
		return nil
	}
	return all[len(all)-1]
}

func (f *facts) readGate(text string) {
	for _, form := range []*regexp.Regexp{addressed, soapPath, functions} {
		found := lastOf(form, text)
		if found == nil {
			continue
		}
		f.gate, f.method = found[1], found[2]
		if len(found) > 3 && found[3] != "" {
			f.version, _ = strconv.Atoi(found[3])
		}
		return
	}
	if found := lastOf(gateName, text); found != nil {
		f.gate = found[1]
	}
	if found := lastOf(methods, text); found != nil {
		f.method = found[1]
	}
	if found := lastOf(versions, text); found != nil && f.gate != "" {
		f.version, _ = strconv.Atoi(found[1])
	}
}

func (f *facts) readTimes(text string, zone *time.Location) {
	for _, found := range isoTime.FindAllStringSubmatch(text, -1) {
		f.note(parseStamp(found[1]+"-"+found[2]+"-"+found[3], found[4], found[5], found[6], zone))
	}
	if !f.last.IsZero() {
		return
	}
	for _, found := range polishTime.FindAllStringSubmatch(text, -1) {
		f.note(parseStamp(found[3]+"-"+found[2]+"-"+found[1], found[4], found[5], "", zone))
	}
	for _, found := range epochTime.FindAllStringSubmatch(text, -1) {
		seconds, err := strconv.ParseInt(found[1], 10, 64)
		millis, _ := strconv.ParseInt("0"+found[2], 10, 64)
		parts, _ := strconv.ParseFloat("0"+found[3], 64)
		if err == nil {
			f.note(time.Unix(seconds, millis*int64(time.Millisecond)+int64(parts*1e6)*1000), true)
		}
	}
	if f.last.IsZero() {
		for _, found := range httpTime.FindAllString(text, -1) {
			at, err := http.ParseTime(found)
			f.note(at, err == nil)
		}
	}
}

func (f *facts) note(at time.Time, ok bool) {
	if !ok {
		return
	}
	if f.first.IsZero() {
		f.first = at.UTC()
	}
	f.last = at.UTC()
}

func parseStamp(day, clock, fraction, offset string, zone *time.Location) (time.Time, bool) {
	text, layout := day+" "+clock, "2006-01-02 15:04:05"
	if fraction != "" {
		text += "." + fraction[1:]
	}
	if offset != "" {
		text += strings.ReplaceAll(offset, ":", "")
		layout += "Z0700"
	}
	at, err := time.ParseInLocation(layout, text, zone)
	return at, err == nil
}

// readTook reads how long a call took. A number without a unit is in seconds where
// it has a decimal point or is below 30, else in milliseconds: an assumption, for
// IdoSell does not say.
func (f *facts) readTook(text string) {
	for _, found := range namedTook.FindAllStringSubmatch(text, -1) {
		unit := found[4]
		if unit == "" {
			unit = strings.TrimLeft(strings.ToLower(found[2]), "_ -in")
			unit = strings.TrimLeft(unit, "_ -")
		}
		if took, ok := duration(found[3], unit); ok {
			f.took = took
			return
		}
	}
	if found := bareTook.FindStringSubmatch(text); found != nil {
		f.took, _ = duration(found[1], found[2])
	}
}

const longestCall = time.Hour

func duration(number, unit string) (time.Duration, bool) {
	value, err := strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64)
	if err != nil {
		return 0, false
	}
	scale := time.Second
	switch unit = strings.ToLower(unit); {
	case strings.HasPrefix(unit, "m"):
		scale = time.Millisecond
	case strings.HasPrefix(unit, "u"), strings.HasPrefix(unit, "µ"):
		scale = time.Microsecond
	case unit == "" && !strings.ContainsAny(number, ".,") && value >= 30:
		scale = time.Millisecond
	}
	took := time.Duration(value * float64(scale)).Round(time.Microsecond)
	return took, took >= 0 && took <= longestCall && value < 1e9
}
