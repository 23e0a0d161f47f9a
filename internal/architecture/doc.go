// Package architecture has no code of its own: its tests hold the module to its
// rules. They read the sources and say which package may import which, that the
// README's map names every package, and that no file grew too long, names a
// path of somebody's machine, or sleeps in a test.
package architecture
