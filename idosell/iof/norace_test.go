//go:build !race

package iof_test

// raceEnabled says that everything is ten times slower.
const raceEnabled = false
