// Package iof reads IdoSell's offer feed, the Internet Offer Format: full and
// light offers, version 3.0. It streams: memory does not grow with the file.
package iof
