// Package jobs is a durable queue: River on the store's database, SQLite or
// PostgreSQL.
//
// A job says "look at this row": its kind says how, its key says which. The row
// is the truth. Handlers must bear to look twice, late, or at the same time as a
// process that was given up; then nothing that can happen here does harm.
//
// Of each kind and key there is at most one job that is not over. To enqueue it
// again brings its time forward, or, while it runs, makes it look once more when
// it is done. It is enqueued in the caller's transaction, and its outcome is
// written in one of its own before it is reported: River's own way to complete
// jobs keeps outcomes in memory for a while.
//
// When a process dies, the jobs that it was running are run again. On SQLite one
// process has the file, so that they all are when the queue starts. On
// PostgreSQL each process says every 5 seconds that it lives, and the jobs of one
// that was not heard of for 30 seconds are taken over by the others: at the most
// some 40 seconds after it died. River's own rescuer, which goes by how long a
// job has been running, is not used: a job may run for as long as it likes, and
// is never run twice while its process is heard of. A process that was given up
// and yet lives cannot write the outcome of a job that another has taken over.
package jobs
