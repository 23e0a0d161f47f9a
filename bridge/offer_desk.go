package bridge

import (
	"context"
	"errors"
	"fmt"
	"os"

	"octobridge/bridge/catalog"
)

// ready is not nil while a catalogue is there that is not in memory yet. Before
// the first offer was read visitors are answered live: see note.
func (o *offer) ready(ctx context.Context) error {
	if o.catalog == nil {
		return nil
	}
	err := o.catalog.Ready(ctx)
	if errors.Is(err, catalog.ErrNotRead) {
		return nil
	}
	return err
}

// note says what is under way with the feed, and what is answered from.
func (o *offer) note() string {
	if o.catalog == nil {
		return ""
	}
	from := "products are asked of the wholesaler, live, until the first offer is read"
	if x := o.catalog.Index(); x != nil {
		from = fmt.Sprintf("%d products", x.Len())
	}
	p := o.catalog.Running()
	switch {
	case p == nil:
		return from
	case p.Total > 0:
		return fmt.Sprintf("%s; %s of %s: %d %%", from, p.Step, p.File, 100*p.Done/p.Total)
	}
	return fmt.Sprintf("%s; %s of %s: %d bytes", from, p.Step, p.File, p.Done)
}

// desk is what operators ask of the feed; nil without one.
func (o *offer) desk() FeedDesk {
	if o.catalog == nil {
		return nil
	}
	return offerDesk{o}
}

// offerDesk is a FeedDesk over the catalogue.
type offerDesk struct{ *offer }

func (d offerDesk) Status(ctx context.Context) (*FeedStatus, error) {
	loading := d.isLoading() // before the status is read, which then has what was loaded
	s, err := d.catalog.Status(ctx)
	if err != nil {
		return nil, err
	}
	shown := &FeedStatus{
		Host: s.Host, Generation: s.Generation, Products: s.Indexed, Offered: s.Products, LastChecked: s.LastChecked, LastChanged: s.LastChanged, LastError: s.LastError,
	}
	for i := range s.Files {
		f := &s.Files[i]
		shown.Files = append(shown.Files, FeedFile{Kind: string(f.Kind), ChangedAt: f.ChangedAt, ImportedAt: f.ImportedAt,
			Products: f.Products, Added: f.Added, Changed: f.Changed, Removed: f.Removed, Damaged: f.Damaged, Error: f.Error})
	}
	if p := s.Running; p != nil {
		shown.Running = &FeedRunning{File: p.File, Step: p.Step, Done: p.Done, Total: p.Total, Since: p.Since}
	} else if loading {
		shown.Running = &FeedRunning{File: "gateway", Step: catalog.StepDownload}
	}
	if h := s.Held; h != nil {
		shown.Held = &FeedHeld{Lost: h.Lost, Of: h.Of, Since: h.Since, Local: h.Local, Confirmed: h.Confirmed}
	}
	return shown, nil
}

func (d offerDesk) Load(_ context.Context, load FeedLoad) error {
	if load.File != "" {
		switch about, err := os.Stat(load.File); {
		case err != nil:
			return &OperatorRefusal{fmt.Sprintf("the service cannot read %s on its machine: it must be there, and readable for the service's user", load.File)}
		case !about.Mode().IsRegular():
			return &OperatorRefusal{load.File + " is not a file"}
		}
	}
	if !d.ask(catalogLoad{force: load.Force, file: load.File}) {
		return ErrFeedBusy
	}
	return nil
}

func (d offerDesk) Confirm(ctx context.Context) error {
	err := d.catalog.Confirm(ctx)
	if errors.Is(err, catalog.ErrNothingHeld) {
		return ErrNothingHeld
	}
	return err
}
