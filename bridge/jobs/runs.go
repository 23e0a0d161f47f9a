package jobs

import (
	"context"
	"errors"
	"sync"
)

// errCancelled is why the context of a job that was called off has ended.
var errCancelled = errors.New("the job was cancelled")

// runs are the jobs that this process runs, to call them off. River's own way to
// call off a job that runs is not used: it would write that the job is cancelled
// some time later, whatever has become of it by then. The zero value is ready.
type runs struct {
	mutex sync.Mutex
	jobs  map[int64]context.CancelCauseFunc
}

// add notes a run; leave ends that.
func (r *runs) add(id int64, cancel context.CancelCauseFunc) (leave func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.jobs == nil {
		r.jobs = map[int64]context.CancelCauseFunc{}
	}
	r.jobs[id] = cancel
	return func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		delete(r.jobs, id)
	}
}

// cancel ends the context of a run, if there is one.
func (r *runs) cancel(id int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if cancel := r.jobs[id]; cancel != nil {
		cancel(errCancelled)
	}
}
