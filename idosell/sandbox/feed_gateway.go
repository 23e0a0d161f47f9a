package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"time"
)

// gatewayFile is the file that lists the others. It is as new as the newest of
// them.
func (s *Server) gatewayFile(files []*feedFile) *feedFile {
	newest := files[0]
	for _, file := range files {
		if file.view.at.After(newest.view.at) {
			newest = file
		}
	}
	return &feedFile{kind: "gateway", name: "gateway", view: newest.view, revision: gatewayRevision,
		write: func(v *offerView, w *feedWriter) { v.writeGateway(w, files) }}
}

// gatewayRevision says that the gateway is not kept: moods change it without
// notice, and its parts' hashes are.
const gatewayRevision = -1

// writeGateway writes the addresses, hashes and dates of the files. The light
// one has only its address, as at the maker's: it always changes.
func (v *offerView) writeGateway(w *feedWriter, files []*feedFile) {
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.tag("provider_description", "file_format", "IOF", "version", "3.0", "generated_by", "octobridge sandbox",
		"generated", v.at.Format(shopTime))
	v.writeSupplier(w)
	for i, file := range files {
		switch {
		case file.kind == "full":
			w.tag("full", v.listing(file)...)
			w.tag("changes")
			for _, change := range files[i+1:] {
				if change.kind == "full_change" {
					w.empty("change", v.listing(change)...)
				}
			}
			w.end()
			w.end()
		case file.kind != "full_change":
			w.empty(file.kind, v.listing(file)...)
		}
	}
	w.end()
}

func (v *offerView) writeSupplier(w *feedWriter) {
	w.tag("meta")
	w.text("long_name", supplier.name)
	w.text("short_name", "sandbox")
	w.empty("showcase_image", "url", v.showcase())
	w.text("email", supplier.email)
	w.text("tel", supplier.phone)
	w.text("fax", supplier.phone)
	w.text("www", strings.TrimPrefix(supplier.www, "https://"))
	w.tag("address")
	w.text("street", supplier.street)
	w.text("zipcode", supplier.zipCode)
	w.text("city", supplier.city)
	w.text("country", "Polska")
	w.text("province", "")
	w.end()
	w.tag("time")
	w.empty("offer", "created", v.at.Format(shopTime))
	w.empty("offer", "expires", v.at.AddDate(0, 0, 7).Format(shopTime))
	w.end()
	w.end()
}

// showcase is a picture that stands for the wholesaler: one of its products.
func (v *offerView) showcase() string {
	for _, p := range v.Server.catalogue().Products {
		if p.Drawings > 0 {
			return pictureURL(v.address, p.ID, 1, smallPicture)
		}
	}
	return ""
}

func (v *offerView) fileURL(name string) string {
	return v.address + "/_sandbox/feed/" + name + ".xml?client=sandbox&language=" + v.ownLanguage() +
		"&token=" + v.feed.token + "&shop=1&type=" + name + "&format=xml&iof_3_0"
}

// listing is the attributes of a file's entry, as its mood leaves them.
func (v *offerView) listing(file *feedFile) []string {
	trouble := v.feedMood(file.kind, false).Feed
	entry := []string{"url", v.fileURL(file.name)}
	if file.kind == "light" || trouble.NoValidators {
		return entry
	}
	hash := ""
	if trouble.SameHash {
		sum := md5.Sum([]byte(file.kind))
		hash = hex.EncodeToString(sum[:])
	} else {
		hash = file.rendered(trouble.contentTrouble()).hash
	}
	return append(entry, "hash", hash, "changed", file.view.at.Format(shopTime))
}

// writePreset writes the settings that the wholesaler proposes for an import. Its
// elements are those of the maker's sample, less the switches of its own programs.
func (v *offerView) writePreset(w *feedWriter) {
	v.head(w, "preset", "language", v.ownLanguage())
	const isoTime = "2006-01-02T15:04:05"
	values := [][2]string{
		{"long_name", supplier.name}, {"short_name", "sandbox"}, {"showcase_image_url", v.showcase()},
		{"description", "Oferta piaskownicy"}, {"email", supplier.email}, {"tel", supplier.phone}, {"fax", supplier.phone},
		{"www", strings.TrimPrefix(supplier.www, "https://")}, {"address_street", supplier.street},
		{"address_zipcode", supplier.zipCode}, {"address_city", supplier.city}, {"address_country", "Polska"},
		{"currency", v.catalogue.Currency}, {"url", v.fileURL("gateway")}, {"full", v.fileURL("full")}, {"light", v.fileURL("light")},
	}
	for _, list := range []string{"categories", "sizes", "producers", "units", "parameters", "stocks", "series", "warranties"} {
		values = append(values, [2]string{list, v.fileURL(list)})
	}
	for _, automatic := range []string{"categories_auto_mapping", "sizes_auto_mapping", "units_auto_mapping", "fully_configured"} {
		values = append(values, [2]string{automatic, "true"})
	}
	for _, updated := range []string{"name", "short_description", "long_description", "series", "producer", "category", "unit", "price",
		"images", "quantities", "weight", "size"} {
		values = append(values, [2]string{"update_" + updated, "1"})
	}
	at := func(moment time.Time) string { return moment.Format(isoTime) }
	values = append(values, [2]string{"gatewayGeneratedOn", at(v.at)}, [2]string{"offerCreated", at(v.at)},
		[2]string{"offerExpires", at(v.at.AddDate(0, 0, 7))}, [2]string{"culture_info", "pl-PL"})
	for _, value := range values {
		w.text(value[0], value[1])
	}
	w.end()
}
