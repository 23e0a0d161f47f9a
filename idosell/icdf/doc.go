// Package icdf reads and writes basket lists in IdoSell's Internet Cross-docking
// and Dropshipping Format, as XML and as CSV. A list says which products a
// customer asks a wholesaler for.
//
// In XML, products may stand alone or inside an envelope, of which <order> is the
// usual one. CSV has two headers, a short and a long one, and cannot express
// attachments or sets. What the format is, is told on IdoSell's page "ICDF
// documentation"; that a list as a whole may have a comment and attachments, next
// to its products, is an assumption taken from Dropshipping/basketImport.
package icdf
