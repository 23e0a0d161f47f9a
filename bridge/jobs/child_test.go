package jobs_test

const childVariable = "OCTOTEST_JOBS_CHILD"

func child() {}
