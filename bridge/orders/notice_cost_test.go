package orders

import (
	"runtime"
	"strings"
	"testing"
)

// One notice of 255 kB kept a processor busy for 23 seconds and made 10 GB of
// garbage: its names were joined with those above them once for each field that
// might be meant, and the name above was nearly as long as the notice.
func TestALongNameCostsLittle(t *testing.T) { // not parallel: it counts what is allocated
	n := usualNotices(t)
	long := strings.Repeat("a", maxNotice-40_000)
	inside := strings.TrimSuffix(strings.Repeat(`"b":1,`, maxEntries-10), ",")
	for name, body := range map[string]string{
		"JSON": `{"` + long + `":{` + inside + `},"orderId":"demoshop-17"}`,
		"XML":  `<n><` + long + `>` + strings.Repeat(`<b c="1"/>`, 2000) + `</` + long + `></n>`,
		"form": strings.Repeat(`b.b.b.b.b.b.b.b.b=1&`, 1000) + long + `[b]=1&orderId=demoshop-17`,
	} {
		if body = body[:min(len(body), maxNotice)]; name == "JSON" && !strings.HasSuffix(body, "}") {
			t.Fatal("the notice is too long to be one")
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		told, err := n.read(Notice{Method: "POST", Body: []byte(body)})
		runtime.ReadMemStats(&after)
		if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 200 {
			t.Errorf("%s: reading it took %d MB", name, made)
		}
		if name != "XML" && (err != nil || len(told.orders) != 1 || told.orders[0] != "demoshop-17") {
			t.Errorf("%s: it tells of %q, %v", name, told.orders, err)
		}
	}
}
