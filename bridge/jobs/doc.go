// Package jobs is a durable queue: River on the store's database.
package jobs
