package orders

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// checkTold says what holds for whatever was sent.
func checkTold(t *testing.T, told toldNotice) {
	t.Helper()
	if len(told.orders) > maxOrdersNamed || len(told.serials) > maxOrdersNamed || len(told.references) > maxOrdersNamed ||
		len(told.parcels) > maxParcels || len(told.takenBack) > maxOrdersNamed {
		t.Errorf("more than there may be: %d orders, %d serials, %d references, %d and %d parcels",
			len(told.orders), len(told.serials), len(told.references), len(told.parcels), len(told.takenBack))
	}
	texts := append(append([]string{}, told.orders...), told.references...)
	for _, p := range told.parcels {
		texts = append(texts, p.Number, p.ShippingNumber, p.Courier)
		if p.TrackingURL != "" && !strings.HasPrefix(p.TrackingURL, "http") {
			t.Errorf("%q is no address", p.TrackingURL)
		}
		if !strings.ContainsAny(p.Number, "0123456789") {
			t.Errorf("%q is no parcel number", p.Number)
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\n") || utf8.RuneCountInString(text) > maxField {
			t.Errorf("%q cannot be stored", text)
		}
	}
	for _, serial := range told.serials {
		if serial <= 0 {
			t.Errorf("%d is no serial number", serial)
		}
	}
}

func readAny(t *testing.T, n *Notices, notice Notice) {
	if len(notice.Body)+len(notice.Query) > maxNotice {
		return
	}
	told, err := n.read(notice)
	if err != nil {
		if told.names() != 0 {
			t.Error("an unreadable notice names orders")
		}
		return
	}
	checkTold(t, told)
	again, err := n.read(notice)
	if err != nil || again.names() != told.names() || again.status != told.status || len(again.parcels) != len(told.parcels) {
		t.Errorf("read twice, it says different things: %+v, %+v, %v", told, again, err)
	}
}

func usualNotices(t testing.TB) *Notices {
	t.Helper()
	n, err := NewNotices(&Service{}, NoticeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func FuzzNoticeForm(f *testing.F) {
	for _, seed := range []string{
		"orderId=demoshop-1&status=finished&package_number=00123", "order%5Bid%5D=1&order[packages][0][number]=00123",
		"payload=%7B%22orderId%22%3A%22x%22%7D", "a=%zz&=&&&b=%B3", "x=[[[[", "xml=<o id='1'/>", "a[[[]]]]=.&..=1",
	} {
		f.Add(seed, seed)
	}
	n := usualNotices(f)
	f.Fuzz(func(t *testing.T, query, body string) {
		readAny(t, n, Notice{Method: "POST", ContentType: "application/x-www-form-urlencoded", Query: query, Body: []byte(body)})
	})
}

func FuzzNoticeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"orderId":"demoshop-1","packages":[{"number":"00123"},null,true,1e9]}`, `[[[]]]`, `{"a":"{\"orderId\":1}"}`, `{"":{"":""}}`, `{}`, `[1,]`, `{"a":1}x`,
		"\xef\xbb\xbf{}", "\xff\xfe{\x00}\x00",
	} {
		f.Add([]byte(seed))
	}
	n := usualNotices(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		readAny(t, n, Notice{Method: "POST", ContentType: "application/json", Body: body})
	})
}

func FuzzNoticeXML(f *testing.F) {
	for _, seed := range []string{
		`<order id="demoshop-1"><packages><package>00123</package></packages></order>`, `<?xml version="1.0" encoding="ISO-8859-2"?><a>` + "\xb1" + `</a>`,
		`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, `<a><![CDATA[1]]></a>`, `<a/><b/>`, `<a`, `<x:a xmlns:x="y" x:id="1"/>`,
	} {
		f.Add("text/xml", []byte(seed))
	}
	f.Add("text/xml; charset=windows-1250", []byte("<a>\xb9</a>"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"orderId\"\r\n\r\n1\r\n--x--\r\n"))
	n := usualNotices(f)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		readAny(t, n, Notice{Method: "DELETE", ContentType: kind, Body: body})
	})
}

// A mapping that is taken finds a field of the name that it gives.
func FuzzNoticeFields(f *testing.F) {
	for _, seed := range []string{"order=zamowienie", "parcel= Numer paczki ", "status=a=b", "order=źdźbło", "x=y", "order=_", "parcel=x.y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, mapping string) {
		n, err := NewNotices(&Service{}, NoticeOptions{Fields: []string{mapping}})
		if err != nil {
			if utf8.ValidString(mapping) && len(mapping) > 200 && strings.Contains(err.Error(), mapping) {
				t.Error("the error repeats what was configured")
			}
			return
		}
		ours, theirs, _ := strings.Cut(mapping, "=")
		ours = strings.TrimSpace(ours)
		e := entry{path: []string{fold(theirs)}, value: "x"}
		if e.called(n.fields[ours]) == 0 {
			t.Errorf("%q is not found under the name that %q gives", ours, mapping)
		}
		for other, names := range n.fields {
			if len(names) == 0 {
				t.Errorf("%s has no name any more", other)
			}
		}
	})
}
