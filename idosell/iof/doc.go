// Package iof reads IdoSell's offer feed, the Internet Offer Format, versions 3.0
// and 2.6: offers (full, light and differential) with a Reader, the gateway that
// lists the feed's files with ReadGateway, the small files (categories,
// producers, units …) with ReadList; Check says what is in any of them and what
// is wrong. It streams: memory does not grow with an offer.
//
// A file is divided into its elements by a scanner of this package, which knows
// for certain where each product ends, and refuses a file that is not nested
// rightly or that ends too soon. What is inside a product is read with
// tdewolff's lexer, and checked as encoding/xml would check it: so a fault inside
// one product costs that product only.
//
// What 3.0 looks like is known from IdoSell's samples and schemas. There is no
// official sample of 2.6, nor of the elements of the iaiext namespace: their
// forms are taken from public code that reads or writes them, and are read where
// they are found, whatever a file's version. Types and functions say where
// something is assumed.
package iof
