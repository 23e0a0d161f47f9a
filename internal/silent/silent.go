// Package silent has a logger that says nothing: resty writes to the standard
// error on its own without one, addresses with their tokens among it.
package silent

// Logger is a resty.Logger that drops what it is told.
type Logger struct{}

// Errorf drops an error: the caller of resty has it, too.
func (Logger) Errorf(string, ...any) {}

// Warnf drops a warning.
func (Logger) Warnf(string, ...any) {}

// Debugf drops what only resty's makers need.
func (Logger) Debugf(string, ...any) {}
