package jobs

import "time"

// WithPace returns options with which a process that died is found sooner.
func WithPace(options Options, beat, silent time.Duration) Options {
	options.pace = pace{beat: beat, silent: silent}
	return options
}
