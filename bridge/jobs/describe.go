package jobs

import (
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river/rivertype"
)

// describe is a job as operators see it.
func describe(row *rivertype.JobRow) (Info, error) {
	job, err := lookOf(row)
	if err != nil {
		return Info{}, err
	}
	info := Info{ID: row.ID, Kind: job.Name, Key: job.Key, State: State(row.State), Attempt: row.Attempt,
		MaxAttempts: row.MaxAttempts, CreatedAt: row.CreatedAt.UTC(), ScheduledAt: row.ScheduledAt.UTC()}
	if row.FinalizedAt != nil {
		info.FinishedAt = row.FinalizedAt.UTC()
	}
	if n := len(row.Errors); n > 0 {
		info.LastError = row.Errors[n-1].Error
	}
	return info, nil
}

// lookOf is what a job is to look at.
func lookOf(row *rivertype.JobRow) (look, error) {
	var job look
	if err := json.Unmarshal(row.EncodedArgs, &job); err != nil {
		return job, fmt.Errorf("read job %d: %w", row.ID, err)
	}
	return job, nil
}
