package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/task"
)

// picturesResult is the JSON of a benchmark of pictures.
type picturesResult struct {
	Mode     string       `json:"mode"`
	Data     string       `json:"data"`
	Size     int          `json:"image_size"`
	Pictures int          `json:"pictures"` // of a pass
	Passes   int          `json:"passes"`
	Rows     []pictureRow `json:"rows"`
	Peer     string       `json:"peer,omitempty"` // its version
	Revision string       `json:"revision"`
}

// pictureRow is one way to augment: pictures a second on one core.
type pictureRow struct {
	Augment string  `json:"augment"`
	Ours    speeds  `json:"lgl"`
	Peers   *speeds `json:"peer,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"` // of the medians, ours over the peer's
}

// speeds are those of the passes.
type speeds struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func (s speeds) String() string { return fmt.Sprintf("%.0f (%.0f to %.0f)", s.Median, s.Least, s.Most) }

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

// decodeOnly is the row without augmentation, and without a view.
const decodeOnly = "decode"

// mostTimed are the pictures of a pass.
const mostTimed = 200

// pictureBench times decoding and augmentation.
type pictureBench struct {
	pictures *folder.Source
	some     []int // the pictures of a pass
	size     int
	batch    int
	peer     *peer // nil: none
	version  string
}

// benchPictures times the decoding and augmentation of pictures, ours and a peer's in turn.
func (a *app) benchPictures(ctx context.Context, o benchOptions) error {
	rows, err := o.rows()
	if err != nil {
		return failure.Usage(err)
	}
	b, err := a.openPictures(o)
	if err != nil {
		return err
	}
	if o.peer != "" {
		if b.peer, err = startPeer(ctx, o.peer); err != nil {
			return err
		}
		defer b.peer.stop()
	}
	if _, _, err := b.pass(ctx, decodeOnly, 0); err != nil { // so that the files are in the system's cache
		return err
	}
	r := picturesResult{Mode: "pictures", Data: o.config.Data, Size: b.size, Pictures: len(b.some), Passes: o.steps, Revision: build()}
	for _, row := range rows {
		timed, err := b.row(ctx, row, o.steps, a.screen.progress)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, timed)
	}
	r.Peer = b.version
	return a.result(r, r.write)
}

// rows returns the ways to augment that are timed: that of --augment, or the usual one alone and with each
// of the others.
func (o benchOptions) rows() (rows []string, err error) {
	texts := []string{o.augment}
	if o.augment == "" {
		rows = []string{decodeOnly}
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

// openPictures opens the folder, with nothing kept in memory.
func (a *app) openPictures(o benchOptions) (b pictureBench, err error) {
	if _, err := o.check(); err != nil {
		return b, failure.Usage(err)
	}
	c := o.config
	if c.ImageSize == 0 {
		c.ImageSize = 224
	}
	set, err := a.sets.Open(c)
	if err != nil {
		return b, err
	}
	pictures, ok := set.Train.(*folder.Source)
	if !ok {
		return b, failure.Usage(fmt.Errorf("--data %s: is no folder of pictures; without --data, lgl bench data times images in memory", c.Data))
	}
	pictures.KeepNone()
	b = pictureBench{pictures: pictures, size: c.ImageSize, batch: c.Batch}
	for i := range min(pictures.Len(), mostTimed) {
		b.some = append(b.some, i*pictures.Len()/min(pictures.Len(), mostTimed))
	}
	return b, nil
}

// row times one way to augment, ours and the peer's in turn.
func (b *pictureBench) row(ctx context.Context, how string, passes int, show func(string)) (pictureRow, error) {
	var ours, peers []time.Duration
	for i := range passes {
		show(fmt.Sprintf("%s: pass %d of %d", how, i+1, passes))
		own, other, err := b.pass(ctx, how, uint64(i))
		if err != nil {
			return pictureRow{}, err
		}
		ours, peers = append(ours, own), append(peers, other)
	}
	r := pictureRow{Augment: how, Ours: b.speeds(ours)}
	if b.peer != nil {
		s := b.speeds(peers)
		r.Peers, r.Ratio = &s, r.Ours.Median/s.Median
	}
	return r, nil
}

// speeds turns the times of passes into pictures a second.
func (b *pictureBench) speeds(took []time.Duration) speeds {
	of := func(d time.Duration) float64 { return float64(len(b.some)) / d.Seconds() }
	return speeds{of(median(took)), of(slices.Max(took)), of(slices.Min(took))}
}

// pass is one pass, and one of the peer.
func (b *pictureBench) pass(ctx context.Context, how string, seed uint64) (ours, peers time.Duration, err error) {
	if ours, err = b.own(ctx, how, seed); err != nil || b.peer == nil {
		return ours, 0, err
	}
	ask := peerRequest{Size: b.size, Augment: how, Batch: b.batch, Seed: seed}
	for _, i := range b.some {
		ask.Files = append(ask.Files, b.pictures.Path(i))
	}
	peers, b.version, err = b.peer.time(ctx, ask)
	return ours, peers, err
}

// own is a pass of ours, on one core.
func (b *pictureBench) own(ctx context.Context, how string, seed uint64) (time.Duration, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	begun := time.Now()
	if how == decodeOnly {
		for _, i := range b.some {
			if _, err := folder.Decode(b.pictures.Path(i)); err != nil {
				return 0, err
			}
		}
		return time.Since(begun), ctx.Err()
	}
	parts, err := config.Config{Augment: how}.Augmentation()
	if err != nil {
		return 0, err
	}
	imageNet := augment.Pipeline{Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}}
	l, err := data.NewLoader(b.pictures, task.Varied(imageNet, parts), b.batch, 1)
	if err != nil {
		return 0, err
	}
	for _, err := range l.Epoch(ctx, b.some, nil, seed) {
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}
