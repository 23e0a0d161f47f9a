package words_test

import (
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/catalog/words"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		" ,;- ":                          "",
		"Kubek żółty, ceramiczny!":       "kubek zolty ceramiczny",
		"330 ml":                         "330 ml 330ml",
		"330ml":                          "330 ml 330ml",
		"13 mm.":                         "13 mm 13mm",
		"Śruba M8x60":                    "sruba m8x60 m8 60",
		"M8 x 60":                        "m8x60 m8 60",
		"3x1,5":                          "3x1,5 3 1,5",
		"3x1.5":                          "3x1,5 3 1,5",
		"3×1,5 mm":                       "3x1,5 3 1,5 1,5mm mm",
		"3*1.5":                          "3x1,5 3 1,5",
		"160x200cm":                      "160x200 160 200 200cm cm",
		"10 x 20 x 30 cm":                "10x20x30 10 20 30 30cm cm",
		"6 x 330 ml":                     "6x330 6 330 330ml ml",
		"YDYp3x1,5":                      "ydyp 3x1,5 3 1,5",
		"0,5 l":                          "0,5 l 0,5l",
		"0.5l":                           "0,5 l 0,5l",
		"E27":                            "e27",
		"E 27":                           "e 27 e27",
		"GU10":                           "gu10 gu 10",
		"PS 5":                           "ps 5 ps5",
		"RTX3060":                        "rtx3060 rtx 3060",
		"116ogniw":                       "116ogniw 116 ogniw",
		"4K":                             "4 k 4k",
		"3D":                             "3d",
		"2 w 1":                          "2w1 2 2w 1",
		"2w1":                            "2w1 2 2w 1",
		"750 W 230 V":                    "750 w 750w 230 v 230v",
		"T-shirt":                        "t shirt tshirt",
		"T shirt":                        "t shirt tshirt",
		"USB-C":                          "usb c usbc",
		"USB C":                          "usb c usbc",
		"Wi‑Fi":                          "wi fi wifi",
		"biało-czarny":                   "bialo czarny bialoczarny",
		"czarny/biały":                   "czarny bialy czarnybialy",
		"L’Oréal":                        "l oreal loreal",
		"H&M":                            "h m hm",
		"AB-123":                         "ab 123 ab123",
		"1/2":                            "1 2 1/2",
		"zawór ½\"":                      "zawor 1 2 1/2",
		"36,37,38":                       "36 37 38",
		"1.2.3":                          "1 2 3",
		"50-100":                         "50 100",
		"36-40":                          "36 40",
		"krzesło z 5 kółkami, o 2 mniej": "krzeslo z 5 kolkami o 2 mniej",
		"5901234123457":                  "5901234123457",
		"„Gwiazda” «x» 😀☃ Lego™ City®": "gwiazda x lego city",
		"Красный ЧАЙНИК":               "красный чайник",
		"Größe Straße":                 "grosse strasse",
		"szt.,kpl.":                    "szt kpl",
		"50 szt.":                      "50 szt 50szt",
		"\xff\xfekubek\x00talerz":      "kubek talerz",
		"ＡＢ１２":                         "ab12 ab 12",
		"mleko\u00a03,2%":              "mleko 3,2",
		"miękki\u00adsamo":             "miekkisamo",
	} {
		if got := strings.Join(words.AppendSplit(nil, text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSplitQuery(t *testing.T) {
	for query, want := range map[string]string{
		"":                         "",
		"żółty  kubek":             "zolty kubek",
		"kubek kubek":              "kubek",
		"330 ml":                   "330ml",
		"kubek 330ml":              "kubek 330ml",
		"klucz 13 mm":              "klucz 13mm",
		"kabel 3 x 1.5":            "kabel 3x1,5",
		"łóżko 160 x 200 cm":       "lozko 160x200",
		"łóżko 160*200cm":          "lozko 160x200",
		"łóżko 160 x":              "lozko 160x",
		"m 8":                      "m8",
		"m8 x 60":                  "m8x60",
		"e-27":                     "e27",
		"gu10":                     "gu10",
		"gu 10":                    "gu 10",
		"iphone13":                 "iphone 13",
		"116ogniw":                 "116 ogniw",
		"2w1":                      "2w1",
		"2 w 1":                    "2w1",
		"zestaw z 2 poduszkami":    "zestaw z 2 poduszkami",
		"kabel usb c 3 m":          "kabel usb c 3m",
		"t-shirt":                  "tshirt",
		"wi-fi":                    "wifi",
		"usb-c":                    "usbc",
		"biało-czarny":             "bialo czarny",
		"zawór 1/2":                "zawor 1/2",
		"iphone 13/14":             "iphone 13/14",
		"ab-123":                   "ab 123",
		"36,37,38":                 "36 37 38",
		"żarówka 9 W 12 V":         "zarowka 9w 12v",
		"kabel 3x":                 "kabel 3x",
		"16 cali":                  "16 cali",
		"5901234123457":            "5901234123457",
		"\"kubek\" (termiczny) :)": "kubek termiczny",
	} {
		if got := strings.Join(words.SplitQuery(query), " "); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

// However one writes the same thing, the query finds the text.
func TestWaysOfWriting(t *testing.T) {
	for _, ways := range [][]string{
		{"13 mm", "13mm", "13 MM", "13mm."},
		{"0,5 l", "0.5 l", "0,5l", "0.5L"},
		{"3x1,5", "3x1.5", "3 x 1,5", "3×1,5", "3*1,5", "3 X 1.5", "3 * 1,5"},
		{"160x200", "160 x 200 cm", "160x200cm", "160 × 200"},
		{"M8x60", "m8 x 60", "M8×60", "m8x60mm"},
		{"M8", "m 8", "M-8"},
		{"E27", "e 27", "E-27"},
		{"T-shirt", "tshirt", "T‑Shirt"},
		{"USB-C", "usbc"},
		{"Wi-Fi", "wifi", "WIFI"},
		{"2w1", "2 w 1", "2 W 1"},
		{"iPhone 13", "iphone13"},
		{"330 ml", "330ML"},
		{"Żółty", "zolty", "ŻÓŁTY", "z\u0307o\u0301łty"},
		{"½", "1/2"},
	} {
		for _, text := range ways {
			have := words.AppendSplit(nil, text)
			for _, query := range ways {
				for _, q := range words.SplitQuery(query) {
					if !slices.Contains(have, q) {
						t.Errorf("the query %q has %q, which the text %q lacks: %q", query, q, text, have)
					}
				}
			}
		}
	}
}

func TestAppendSplitKeepsWhatIsThere(t *testing.T) {
	got := words.AppendSplit([]string{"first"}, "Drugi")
	if !slices.Equal(got, []string{"first", "drugi"}) {
		t.Errorf("got %q", got)
	}
}

// A word of any length, a text of any number of words, and a query of too many.
func TestVeryLong(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 1000), strings.Repeat("ż", 1000), strings.Repeat("я", 1000), strings.Repeat("1x", 500) + "1", strings.Repeat("9", 1000)} {
		for _, word := range append(words.AppendSplit(nil, text), words.SplitQuery(text)...) {
			if len(word) > 64 || words.Fold(word) != word {
				t.Errorf("%d bytes, or not folded: %q", len(word), word)
			}
		}
	}
	text := strings.Repeat("jeden dwa trzy ", 10000)
	if got := len(words.AppendSplit(nil, text)); got != 30000 {
		t.Errorf("%d words of 30000", got)
	}
	var query []string
	for i := range 100 {
		query = append(query, "kubek"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	if got := words.SplitQuery(strings.Join(query, " ")); !slices.Equal(got, query[:32]) {
		t.Errorf("%d words of a query: %q", len(got), got)
	}
}
