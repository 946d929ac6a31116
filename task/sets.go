package task

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
)

// Sets are data sets that are read once each, whatever runs are prepared on them.
type Sets struct {
	say     func(line string)
	reading sync.Mutex // of sets, as runs at once prepare their data in turn
	sets    map[string]catalog.Set
}

// NewSets returns Sets that tell what the user should see of the data, and is no error, a line a call; with nil they tell
// nothing.
func NewSets(say func(line string)) *Sets {
	if say == nil {
		say = func(string) {}
	}
	return &Sets{say: say, sets: map[string]catalog.Set{}}
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

// Misused makes a usage error of one of package catalog about data that take no --labels; others it returns as they are.
func Misused(err error) error {
	if errors.Is(err, catalog.ErrLabels) {
		return failure.Usage(err)
	}
	return err
}
