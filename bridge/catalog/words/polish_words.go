package words

import "strings"

// polishStems are stems that the rules would miss, by what is left of a form once an
// ending, or none, is taken off.
var polishStems = polishTable(`
	system ekosystem problem modem totem tandem diadem harem
	zapach zamach almanach walach kielich kolej olej turniej kolodziej czarodziej
	poziom dyplom slalom atom kondom fantom symptom kostium premium opium
	denim kilim pielgrzym olbrzym pseudonim
	budow rozmow osnow olow zabudow obudow
	salami origami tatami tsunami lego mini
	aptek bibliotek dyskotek kartotek hipotek
	model hotel motel hostel fotel portfel pastel kartel tabel libel skalpel kapel cytadel
	parcel piksel karuzel intel fortec
	pani koci seri lini kopi foli sukni radi studi rami pamiec szkl
	`, `
	sweter swetr, plaster plastr, pilaster pilastr, futer futr, puder pudr, kufer kufr, cukier cukr,
	wiader wiadr, kolder koldr, bioder biodr, zeber zebr, luster lustr, szyber szybr, szuter szutr,
	sreber srebr, szwagier szwagr, swider swidr, klamer klamr, perel perl, flamaster flamastr,
	tornister tornistr, ziaren ziarn, pieter pietr,
	okien okn, plocien plotn, drewien drewn, wiosen wiosn, stopien stopn, ogien ogn, dzien dn,
	tydzien tygodn, grudzien grudn, wisien wisn, wanien wann, sukien sukni, studzien studn,
	lazien lazn, trumien trumn, sosen sosn, rynien rynn, panien pann, wlokien wlokn, beben bebn, czolen czoln,
	toreb torb, marchew marchw, choragiew choragw, cerkiew cerkw, listew listw, lyzew lyzw,
	kociol kotl, koziol kozl, osiol osl, orzel orl, szkiel szkl,
	kobierzec kobierc, marzec marc, korzec korc, wzorzec wzorc, dworzec dworc,
	dzieck dziec, rec rek, nodz nog, zwierzet zwierz, zwierzat zwierz, kurczet kurcz, kurczat kurcz,
	niemowlet niemowl, niemowlat niemowl, imion imi, ramion rami`)

// polishForms are whole words whose stem no rule gives: too short to be cut, or with
// another vowel.
var polishForms = polishTable("", `
	gry gra, gre gra, gier gra, grze gra, grami gra, grach gra,
	pies psa, psy psa, psow psa, psom psa, psem psa, psami psa, psach psa, psu psa,
	waz wez, zeby zab, zebow zab, zebami zab, zebach zab, zebowi zab, zebom zab, zebem zab, zeba zab,
	deby dab, debow dab, debu dab, debem dab, debami dab, debach dab,
	szew szw, szwy szw, szwow szw, szwem szw, szwami szw, kocich koci, kocim koci, kocimi koci,
	osi os, osie os, osia os, osiami os, osiach os, ule ul, uli ul, ulow ul, ula ul, ulami ul, ulach ul`)

// polishTable reads words that are their own stems, and pairs of a word and its stem.
func polishTable(own, pairs string) map[string]string {
	table := map[string]string{}
	for _, word := range strings.Fields(own) {
		table[word] = word
	}
	for pair := range strings.SplitSeq(pairs, ",") {
		if word, stem, ok := strings.Cut(strings.TrimSpace(pair), " "); ok {
			table[word] = stem
		}
	}
	return table
}
