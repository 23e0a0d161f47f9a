package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/jobs"
)

func (p *program) jobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "jobs",
		Short:   "See the queue, and run a job again",
		Example: "  octobridge jobs list --state discarded\n  octobridge jobs retry 17",
		GroupID: groupOperate,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.jobsListCommand(),
		p.jobCommand("retry", "Run a job again at once", "is run again", (*bridge.OperatorClient).RetryJob),
		p.jobCommand("cancel", "Take a job out of the queue", "is out of the queue", (*bridge.OperatorClient).CancelJob))
	return cmd
}

func (p *program) jobsListCommand() *cobra.Command {
	var query bridge.JobQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List jobs, newest first",
		Long: `Lists the jobs of the queue, newest first. A job says "look at this order" or
"send this message"; one that is discarded was tried often enough. Exits with 1
where there is none.`,
		Example: "  octobridge jobs list\n  octobridge jobs list --kind place --state discarded",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&query.Kind, "kind", "", "only jobs of this `KIND`, such as place or deliver")
	cmd.Flags().StringVar(&query.State, "state", "", "only jobs in this `STATE`: available, scheduled, running, retryable, completed, cancelled or discarded")
	cmd.Flags().IntVar(&query.Limit, "limit", 50, "list at most `N` jobs, 1 to 10000")
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, _ []string) error {
		if query.Limit < 1 || query.Limit > 10000 {
			return badUsage(cmd, "--limit %d is not between 1 and 10000", query.Limit)
		}
		if query.State != "" && !slices.Contains(jobs.States, jobs.State(query.State)) {
			return badUsage(cmd, "--state %q is not a state of jobs", query.State)
		}
		list, err := service.Jobs(ctx, query)
		if err != nil {
			return err
		}
		rows := table{columns: []column{
			{title: "ID", right: true, whole: true}, {title: "Kind", whole: true}, {title: "Key", right: true}, {title: "State", whole: true},
			{title: "Tries", right: true}, {title: "Next", whole: true}, {title: "Last error"},
		}}
		for _, job := range list {
			next := ""
			if job.FinishedAt.IsZero() {
				next = clock(job.ScheduledAt)
			}
			rows.add(strconv.FormatInt(job.ID, 10), job.Kind, strconv.FormatInt(job.Key, 10), job.State, fmt.Sprintf("%d/%d", job.Attempt, job.MaxAttempts), next, job.LastError)
		}
		return p.listed(map[string]any{"jobs": list}, rows, "there are no such jobs")
	})
}

func (p *program) jobCommand(name, short, done string, do func(*bridge.OperatorClient, context.Context, int64) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:     name + " ID",
		Short:   short,
		Long:    short + ". What it looks at stays as it is.\nExits with 1 where there is no such job.",
		Example: "  octobridge jobs " + name + " 17",
		Args:    cobra.ExactArgs(1),
	}
	return p.serviceCommand(cmd, func(ctx context.Context, service *bridge.OperatorClient, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id < 1 {
			return badUsage(cmd, "%q is not the number of a job", args[0])
		}
		if err := do(service, ctx, id); err != nil {
			return err
		}
		return p.print(map[string]bool{"done": true}, func(w io.Writer) { fmt.Fprintf(w, "Job %d %s.\n", id, done) })
	})
}
