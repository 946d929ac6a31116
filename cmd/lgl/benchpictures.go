package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/timing"
)

// picturesResult is the JSON of a benchmark of pictures.
type picturesResult struct {
	Mode     string       `json:"mode"`
	Data     string       `json:"data"`
	Size     int          `json:"image_size"`
	Pictures int          `json:"pictures"` // of a pass
	Passes   int          `json:"passes"`
	Rows     []timing.Row `json:"rows"`
	Peer     string       `json:"peer,omitempty"` // its version
	Revision string       `json:"revision"`
}

func (r picturesResult) write(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s to %dx%d: pictures a second on one core, median of %s (lowest to highest)\n\n", r.Data, plural.Count(r.Pictures, "picture"), r.Size, r.Size, plural.Count(r.Passes, "pass"))
	if err := columns(w, r.table); err != nil {
		return err
	}
	by := "lgl " + r.Revision
	if r.Peer != "" {
		by += "; peer: " + r.Peer + "; the ratio is lgl's over the peer's"
	}
	_, err := fmt.Fprintf(w, "\n%s\n", by)
	return err
}

// table writes the rows.
func (r picturesResult) table(w io.Writer) {
	fmt.Fprint(w, "--augment\tlgl")
	if r.Peer != "" {
		fmt.Fprint(w, "\tpeer\tratio")
	}
	fmt.Fprintln(w)
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%s\t%s", row.Augment, row.Ours)
		if row.Peers != nil {
			fmt.Fprintf(w, "\t%s\t%.2f", row.Peers, row.Ratio)
		}
		fmt.Fprintln(w)
	}
}

// usualSize is to what pictures are brought.
const usualSize = 224

// benchPictures times the decoding and augmentation of pictures, ours and a peer's in turn.
func (a *app) benchPictures(ctx context.Context, o benchFlags) error {
	o.config.ImageSize = cmp.Or(o.config.ImageSize, usualSize)
	rows, err := o.rows()
	if err != nil {
		return failure.Usage(err)
	}
	b, err := a.openPictures(ctx, o)
	if err != nil {
		return err
	}
	if o.peer != "" {
		if b.Peer, err = timing.StartPeer(ctx, o.peer); err != nil {
			return err
		}
		defer b.Peer.Stop()
	}
	if err := b.Warm(ctx); err != nil {
		return err
	}
	r := picturesResult{Mode: "pictures", Data: o.config.Data, Size: o.config.ImageSize, Pictures: b.Len(), Passes: o.steps, Revision: build()}
	for _, row := range rows {
		timed, err := b.Time(ctx, row, o.steps, a.screen.progress)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, timed)
	}
	r.Peer = b.Version
	return a.result(r, r.write)
}

// rows returns the ways to augment that are timed: that of --augment, or the usual one alone and with each
// of the others.
func (o benchFlags) rows() (rows []string, err error) {
	texts := []string{o.augment}
	if o.augment == "" {
		rows = []string{timing.Decode}
		texts = []string{"none", "auto", "auto,color-jitter", "auto,rand-augment", "auto,trivial-augment", "auto,erase"}
	}
	for _, text := range texts {
		how, err := config.Config{Augment: text}.Augmentation()
		if err != nil {
			return nil, err
		}
		rows = append(rows, how.For(true, false).String())
	}
	return rows, nil
}

// openPictures opens the folder.
func (a *app) openPictures(ctx context.Context, o benchFlags) (*timing.Pictures, error) {
	if _, err := o.check(); err != nil {
		return nil, failure.Usage(err)
	}
	set, err := a.sets.Open(ctx, o.config)
	if err != nil {
		return nil, err
	}
	pictures, ok := set.Train.(*folder.Source)
	if !ok {
		return nil, failure.Usage(fmt.Errorf("--data %s: is no folder of pictures; without --data, lgl bench data times images in memory", o.config.Data))
	}
	return timing.NewPictures(pictures, o.config.ImageSize, o.config.Batch), nil
}
