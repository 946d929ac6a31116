package onednn

import (
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// param is a trainable parameter in the layout that the training primitives want. Weight,
// gradient and momentum have the same layout, so the update runs over whole slabs.
type param struct {
	nn.Param
	plain dnnl.Desc // row-major, as in nn.State
	md    dnnl.Desc // as in the slabs; chosen by the first plan that uses it
	fixed bool      // md is chosen
	slot  [3]place  // in the slabs
}

// The slabs.
const (
	weights = iota
	gradients
	momenta
)

// store holds a model's trainable parameters in three slabs, and its running statistics.
type store struct {
	engine dnnl.Engine
	params []*param // trainable ones, in the order of Net.Params
	byName map[string]*param
	stats  map[string][]float32 // running means and variances, [C]
	slabs  [3]region
	length int // float32 in each slab
}

func newStore(e dnnl.Engine, net nn.Net) (*store, error) {
	s := &store{engine: e, byName: map[string]*param{}, stats: map[string][]float32{}}
	for _, p := range net.Params() {
		if !p.Trainable() {
			s.stats[p.Name] = make([]float32, p.Len())
			continue
		}
		plain, err := dnnl.NewDesc(p.Shape, dnnl.Plain(len(p.Shape)))
		if err != nil {
			return nil, fmt.Errorf("onednn: parameter %s of shape %v: %w", p.Name, p.Shape, err)
		}
		q := &param{Param: p, plain: plain, md: plain, fixed: len(p.Shape) == 1}
		for i := range q.slot {
			q.slot[i].in = &s.slabs[i]
		}
		s.params = append(s.params, q)
		s.byName[p.Name] = q
	}
	return s, nil
}

// allocate lays the first slabs out, named by what they are for, when every layout is chosen.
func (s *store) allocate(whats ...string) error {
	size := 0
	for _, p := range s.params {
		for i := range p.slot {
			p.slot[i].offset, p.slot[i].size = size, p.md.Size()
		}
		size += aligned(p.md.Size())
	}
	s.length = size / 4
	for i, what := range whats {
		var err error
		if s.slabs[i], err = allocate(size, what); err != nil {
			return err
		}
	}
	return nil
}

// all returns a slab.
func (s *store) all(slab int) []float32 { return s.slabs[slab].floats(0, s.length) }

func (s *store) close() error {
	return errors.Join(s.slabs[weights].free(), s.slabs[gradients].free(), s.slabs[momenta].free())
}

// read copies a parameter from a slab to dst, row-major.
func (s *store) read(stream dnnl.Stream, p *param, slab int, dst []float32) error {
	return layout{s.engine, stream, &p.plain}.read(dst, &p.slot[slab], &p.md)
}

// write copies a row-major parameter into a slab.
func (s *store) write(stream dnnl.Stream, p *param, slab int, src []float32) error {
	return layout{s.engine, stream, &p.plain}.write(&p.slot[slab], &p.md, src)
}

// layout moves values between Go slices in a row-major layout and places in another.
type layout struct {
	engine dnnl.Engine
	stream dnnl.Stream
	plain  *dnnl.Desc
}

// read copies the tensor md at the place to dst.
func (l layout) read(dst []float32, at *place, md *dnnl.Desc) error {
	if md.Equal(l.plain) {
		copy(dst, at.floats(len(dst)))
		return nil
	}
	return l.staged(func(s *place) error {
		err := l.reorder(at, md, s, l.plain)
		copy(dst, s.floats(len(dst)))
		return err
	})
}

// write copies src to the tensor md at the place.
func (l layout) write(at *place, md *dnnl.Desc, src []float32) error {
	if md.Equal(l.plain) {
		copy(at.floats(len(src)), src)
		return nil
	}
	return l.staged(func(s *place) error {
		copy(s.floats(len(src)), src)
		return l.reorder(s, l.plain, at, md)
	})
}

// staged calls f with room for the values, row-major.
func (l layout) staged(f func(*place) error) error {
	room, err := allocate(l.plain.Size(), "a copy of a parameter")
	if err != nil {
		return err
	}
	return errors.Join(f(&place{in: &room}), room.free())
}

// reorder converts once, from one place and layout to another.
func (l layout) reorder(from *place, fromMD *dnnl.Desc, to *place, toMD *dnnl.Desc) (err error) {
	pd, err := l.engine.Reorder(fromMD, toMD)
	if err != nil {
		return fmt.Errorf("onednn: converting a parameter's layout: %w", err)
	}
	p := newProgram(l.engine, new(region))
	defer func() { err = errors.Join(err, p.free()) }()
	if err = p.add("converting a parameter's layout", pd, arg{dnnl.Src, p.view(from, *fromMD)}, arg{dnnl.Dst, p.view(to, *toMD)}); err != nil {
		return err
	}
	if err = p.alone("converting a parameter's layout"); err != nil {
		return err
	}
	if err = p.bind(); err != nil {
		return err
	}
	return p.run(l.stream, nil)
}
