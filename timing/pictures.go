package timing

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/task"
)

// Decode stands for decoding alone among the ways to augment.
const Decode = "decode"

// mostTimed are the pictures of a pass.
const mostTimed = 200

// Pictures times decoding and augmentation, with nothing kept in memory.
type Pictures struct {
	Peer    *Peer  // nil: none
	Version string // of the peer, once it was asked

	pictures    *folder.Source
	some        []int // the pictures of a pass
	size, batch int
}

// NewPictures prepares to time pictures, brought to size x size pixels, in batches.
func NewPictures(pictures *folder.Source, size, batch int) *Pictures {
	pictures.KeepNone()
	return &Pictures{pictures: pictures, some: data.Spread(min(pictures.Len(), mostTimed), pictures.Len()), size: size, batch: batch}
}

// Len returns how many pictures a pass has.
func (b *Pictures) Len() int { return len(b.some) }

// Warm reads the files, so that they are in the system's cache.
func (b *Pictures) Warm(ctx context.Context) error {
	_, _, err := b.pass(ctx, Decode, 0)
	return err
}

// Row is one way to augment: pictures a second on one core.
type Row struct {
	Augment string  `json:"augment"`
	Ours    Speeds  `json:"lgl"`
	Peers   *Speeds `json:"peer,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"` // of the medians, ours over the peer's
}

// Speeds are those of the passes.
type Speeds struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func (s Speeds) String() string { return fmt.Sprintf("%.0f (%.0f to %.0f)", s.Median, s.Least, s.Most) }

// Time times so many passes of one way to augment, or Decode, ours and the peer's in turn. show takes how far it is.
func (b *Pictures) Time(ctx context.Context, how string, passes int, show func(line string)) (Row, error) {
	var ours, peers []time.Duration
	for i := range passes {
		show(fmt.Sprintf("%s: pass %d of %d", how, i+1, passes))
		own, other, err := b.pass(ctx, how, uint64(i))
		if err != nil {
			return Row{}, err
		}
		ours, peers = append(ours, own), append(peers, other)
	}
	r := Row{Augment: how, Ours: b.speeds(ours)}
	if b.Peer != nil {
		s := b.speeds(peers)
		r.Peers, r.Ratio = &s, r.Ours.Median/s.Median
	}
	return r, nil
}

// speeds turns the times of passes into pictures a second.
func (b *Pictures) speeds(took []time.Duration) Speeds {
	of := func(d time.Duration) float64 { return float64(len(b.some)) / d.Seconds() }
	return Speeds{of(Median(took)), of(slices.Max(took)), of(slices.Min(took))}
}

// pass is one pass, and one of the peer.
func (b *Pictures) pass(ctx context.Context, how string, seed uint64) (ours, peers time.Duration, err error) {
	if ours, err = b.own(ctx, how, seed); err != nil || b.Peer == nil {
		return ours, 0, err
	}
	ask := peerRequest{Size: b.size, Augment: how, Batch: b.batch, Seed: seed}
	for _, i := range b.some {
		ask.Files = append(ask.Files, b.pictures.Path(i))
	}
	peers, b.Version, err = b.Peer.time(ctx, ask)
	return ours, peers, err
}

// own is a pass of ours, on one core.
func (b *Pictures) own(ctx context.Context, how string, seed uint64) (time.Duration, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	begun := time.Now()
	if how == Decode {
		for _, i := range b.some {
			if _, err := picture.Decode(b.pictures.Path(i)); err != nil {
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
