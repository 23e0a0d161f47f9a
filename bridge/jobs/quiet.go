package jobs

import (
	"context"
	"log/slog"
)

// quiet is a logger for River: its warnings and errors, without the lines on its
// daily life. It is given no error of a handler.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(quietHandler{logger.Handler()}).With("part", "river")
}

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
