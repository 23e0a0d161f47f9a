//go:build !unix

package main

import "io/fs"

// ownerOf returns nothing: there are no owners as on Unix.
func ownerOf(fs.FileInfo) string { return "" }
