package record

import (
	"regexp"
	"strings"
)

// This file knows the shorter forms in which people write what was found: a street
// without "ul.", a firm without "sp. z o.o.", half of a double name.

var (
	streetKind  = regexp.MustCompile(`^(?:(?:ul|al|os|pl)\. ?|(?:ulica|aleja|aleje|osiedle|plac|skwer|rondo) )`)
	houseNumber = regexp.MustCompile(`^(.*\pL.* \d{1,4}[a-z]?)(?: ?/.*| ?m\.? ?\d.*| lok.*)$`)
	firmForm    = regexp.MustCompile(`(?:,? (?:spolka z .*|sp\. ?z ?o\. ?o\.?(?: ?sp\. ?k\.?)?|sp\. ?[jkp]\.?|s\. ?[ac]\.?|s\. ?k\. ?a\.?|gmbh(?: & co\. kg)?|ltd\.?|s\. ?r\. ?o\.?|a\. ?s\.?|inc\.?|llc))$`)
	tellingBox  = regexp.MustCompile(`[._\d]`)
)

// variants are shorter forms of a folded text.
func variants(k kind, folded string) (found []string) {
	add := func(text string, least int) {
		if text = strings.Trim(text, " ,.-"); len(text) >= least && text != folded && !isNumeric(text) {
			found = append(found, text)
		}
	}
	switch k {
	case kindStreet:
		street := streetKind.ReplaceAllString(folded, "")
		add(street, shortWord)
		if house := houseNumber.FindStringSubmatch(street); house != nil {
			add(house[1], shortWord)
		}
	case kindFirm, kindPerson:
		add(firmForm.ReplaceAllString(folded, ""), shortWord)
		if first, last, ok := strings.Cut(folded, " "); ok && k == kindPerson && !strings.Contains(last, " ") {
			add(last+" "+first, shortWord)
		}
	case kindFirstName, kindLastName:
		parts := strings.FieldsFunc(folded, func(r rune) bool { return r == ' ' || r == '-' })
		for _, part := range parts {
			add(part, shortWord-1)
		}
	case kindEmail:
		if box, _, ok := strings.Cut(folded, "@"); ok && tellingBox.MatchString(box) {
			add(box, shortWord)
		}
	}
	return found
}

// addVariants makes the shorter forms of a text known. A text that is found later and
// is one of them by chance gets a stand-in of its own.
func (r *Redactor) addVariants(k kind, folded string, s *standIn) {
	for _, form := range variants(k, folded) {
		if r.index.exact[form] == nil && !r.issued[form] {
			r.index.add(form, s)
			r.variant[form] = true
		}
	}
}

// knownNumbers adds the places of known numbers, however their digits are grouped:
// in codes only these are looked for.
func (r *Redactor) knownNumbers(text string, groups []digitGroup, found []span) []span {
	for i := 0; i < len(groups); i++ {
		for j := min(i+mostGroups, len(groups)); j > i; j-- {
			from, to := groups[i].from, groups[j-1].to
			if to-from > 60 {
				continue
			}
			digits := digitsOf(text[from:to])
			s := r.index.exact[digits]
			for _, prefix := range []string{"00", "48", "0048"} {
				if rest, ok := strings.CutPrefix(digits, prefix); ok && s == nil && len(rest) >= 9 {
					s = r.index.exact[rest]
				}
			}
			if s == nil || len(digits) < shortNumber {
				continue
			}
			found = append(found, span{from: from, to: to, by: s})
			i = j - 1
			break
		}
	}
	return found
}

// tradeWords are the values that gates know (idosell.md): under the name of a code
// they are one, also where somebody is called so.
var tradeWords = setOfNames(`new payment_waiting delivery_waiting on_order packed packed_fulfillment packed_ready ready wait_for_dispatch suspended
	joined missing lost false canceled finished finished_ext returned complainted complained wait_for_packaging wait_for_receive all_canceled handled blocked
	none notcanceled all retail wholesale dropshipping deliverer prepaid cash_on_delivery tradecredit internal producer external index codeextern codeproducer id
	add modified dispatch asc desc client pickuppoint warehouse active deleted in_trash available out_of_service order rma return gross net uniw`)
