package ui

import (
	"container/list"
	"os"
	"sync"
)

// mostKept is how many bytes the details on a shelf may take, about: a million epochs take 56 MB.
const mostKept = 128 << 20

// shelf holds the details that were asked for lately.
type shelf struct {
	root *os.Root
	most int // bytes

	mu    sync.Mutex
	kept  map[string]*list.Element // of *kept, by id
	order *list.List               // what was used last is in front
	bytes int
}

// kept is a detail on a shelf.
type kept struct {
	id     string
	detail *detail
	size   int // as it was counted
}

func newShelf(root *os.Root) *shelf {
	return &shelf{root: root, most: mostKept, kept: map[string]*list.Element{}, order: list.New()}
}

// read brings the detail of the run in dir up to date and calls f with it, which must not keep it.
func (s *shelf) read(id, dir string, f func(*detail) error) error {
	d := s.take(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.update(s.root, dir); err != nil {
		return err
	}
	s.count(id, d.size)
	return f(d)
}

// take returns the detail of a run, empty if it is not on the shelf.
func (s *shelf) take(id string) *detail {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.kept[id]
	if e == nil {
		e = s.order.PushFront(&kept{id: id, detail: &detail{}})
		s.kept[id] = e
	}
	s.order.MoveToFront(e)
	return e.Value.(*kept).detail
}

// count notes how large a detail has become, and takes from the shelf what was not used for longest.
func (s *shelf) count(id string, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.kept[id]; e != nil {
		k := e.Value.(*kept)
		s.bytes += size - k.size
		k.size = size
	}
	for s.bytes > s.most && s.order.Len() > 1 {
		k := s.order.Remove(s.order.Back()).(*kept)
		delete(s.kept, k.id)
		s.bytes -= k.size
	}
}
