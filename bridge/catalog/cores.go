package catalog

import "runtime"

// cores bound how many goroutines of an import, or of the making of an index, work
// at once, so that one core is left to those who search. Nil does not bound: where
// nothing is published yet nobody waits for a search.
type cores chan struct{}

// coresFor are all cores but one where there is an index to search in, and one on a
// machine that has no other.
func (c *Catalog) coresFor() cores {
	if c.Index() == nil {
		return nil
	}
	return make(cores, max(1, runtime.GOMAXPROCS(0)-1))
}

// take waits for a core; give it back soon: within a batch.
func (c cores) take() {
	if c != nil {
		c <- struct{}{}
	}
}

func (c cores) give() {
	if c != nil {
		<-c
	}
}
