package task

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
)

// Sets are data sets that are read once each, whatever runs are prepared on them.
type Sets struct {
	say     func(line string)
	reading sync.Mutex // of sets, as runs at once prepare their data in turn
	sets    map[string]catalog.Set

	measuring sync.Mutex                  // of what follows, which takes seconds of a million pictures
	prints    map[string]string           // fingerprints of pictures
	moments   map[string]augment.Pipeline // normalisations of training data of pictures
}

// NewSets returns Sets that tell what the user should see of the data, and is no error, a line a call; with nil they tell
// nothing.
func NewSets(say func(line string)) *Sets {
	if say == nil {
		say = func(string) {}
	}
	return &Sets{say: say, sets: map[string]catalog.Set{}, prints: map[string]string{}, moments: map[string]augment.Pipeline{}}
}

// Open reads the data set of c, whole: without the subset and the hold-out.
func (s *Sets) Open(ctx context.Context, c config.Config) (catalog.Set, error) {
	return s.openAs(ctx, c, false)
}

// openAs is Open, for data to test on alone if testAlone is set.
func (s *Sets) openAs(ctx context.Context, c config.Config, testAlone bool) (catalog.Set, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	_, order, _ := c.Seeds()
	size := imageSize(c)
	drawn, sized := fmt.Sprintf("%s seed %d", c.Data, order), fmt.Sprintf("%s size %d labels %s alone %v", c.Data, size, c.Labels, testAlone)
	for _, key := range []string{c.Data, drawn, sized} {
		if set, ok := s.sets[key]; ok {
			return set, nil
		}
	}
	set, err := catalog.Open(ctx, c.Data, catalog.Options{Seed: order, ImageSize: size, Labels: c.Labels, TestAlone: testAlone, Say: s.say})
	if err != nil {
		return set, Misused(err)
	}
	switch {
	case set.Seeded:
		s.sets[drawn] = set
	case set.IsPictures():
		s.sets[sized] = set
	default:
		s.sets[c.Data] = set
	}
	return set, nil
}

// fingerprint is that of the pictures of t, taken once of those that were read at once.
func (s *Sets) fingerprint(t Task) string {
	if t.Base != nil {
		return data.Fingerprint(t.Set.Train, t.Set.Test)
	}
	s.measuring.Lock()
	defer s.measuring.Unlock()
	key := fmt.Sprintf("%s labels %s size %d", t.Config.Data, t.Config.Labels, t.Config.ImageSize)
	if _, known := s.prints[key]; !known {
		s.prints[key] = data.Fingerprint(t.Set.Train, t.Set.Test)
	}
	return s.prints[key]
}

// normalise sets the normalisation of t, which is measured once of the same samples of pictures.
func (s *Sets) normalise(ctx context.Context, t *Task) error {
	if t.Base != nil || !t.Set.IsPictures() {
		return t.measure(ctx)
	}
	s.measuring.Lock()
	defer s.measuring.Unlock()
	c := t.Config
	_, order, _ := c.Seeds()
	key := fmt.Sprintf("%s labels %s size %d, %d samples, %v held out, seed %d", c.Data, c.Labels, c.ImageSize, c.TrainSamples, c.ValFraction, order)
	if known, ok := s.moments[key]; ok {
		t.Plain.Mean, t.Plain.Std = known.Mean, known.Std
		return nil
	}
	err := t.measure(ctx)
	if err == nil {
		s.moments[key] = t.Plain
	}
	return err
}

// Misused makes a usage error of one of package catalog about data that take no --labels; others it returns as they are.
func Misused(err error) error {
	if errors.Is(err, catalog.ErrLabels) {
		return failure.Usage(err)
	}
	return err
}
