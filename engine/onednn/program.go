package onednn

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/dnnl"
)

// tensor is a layout at a place, as one program sees it.
type tensor struct {
	md     dnnl.Desc
	at     *place
	from   int // bytes of the place before it
	memory dnnl.Memory
}

// arg is an argument of a primitive, which does without it if t is nil.
type arg struct {
	index int32
	t     *tensor
}

// step is one primitive, or one Go function, of a program.
type step struct {
	name      string
	primitive dnnl.Primitive
	args      []dnnl.Arg
	tensors   []*tensor // of args
	run       func() error
}

// program is a straight list of steps over tensors in an arena.
type program struct {
	engine  dnnl.Engine
	arena   *region
	steps   []step
	tensors []*tensor
	places  []*place // in the arena
	size    int      // bytes that the arena must have
	impl    map[string]string
	hints   []dnnl.PrimitiveDesc // kept until the program is complete
}

func newProgram(e dnnl.Engine, arena *region) *program {
	return &program{engine: e, arena: arena, impl: map[string]string{}}
}

// tensor returns a new tensor in the arena.
func (p *program) tensor(md dnnl.Desc) *tensor {
	at := &place{in: p.arena, size: md.Size(), first: len(p.steps), last: len(p.steps)}
	p.places = append(p.places, at)
	return p.view(at, md)
}

// optional returns a new tensor for what a primitive may need: nil if it does not.
func (p *program) optional(md dnnl.Desc) *tensor {
	if md.Size() == 0 {
		return nil
	}
	return p.tensor(md)
}

// view returns a tensor of layout md at a place that exists.
func (p *program) view(at *place, md dnnl.Desc) *tensor {
	t := &tensor{md: md, at: at}
	p.tensors = append(p.tensors, t)
	return t
}

// part returns a tensor of layout md at value number from of t, within it.
func (p *program) part(t *tensor, from int, md dnnl.Desc) *tensor {
	v := p.view(t.at, md)
	v.from = t.from + t.md.Type().Size()*from
	return v
}

func (t *tensor) address() uintptr { return t.at.address() + uintptr(t.from) }

// touch extends the time during which the tensors are needed to the step about to be added. nil is none.
func (p *program) touch(ts ...*tensor) {
	for _, t := range ts {
		if t != nil {
			t.at.last = max(t.at.last, len(p.steps))
		}
	}
}

// hint notes a descriptor as soon as it is made, to be destroyed with the program, half built or complete, since later ones
// may refer to it. Noting it again does nothing.
func (p *program) hint(pd dnnl.PrimitiveDesc) {
	if !slices.Contains(p.hints, pd) {
		p.hints = append(p.hints, pd)
	}
}

// add appends a primitive and takes over pd.
func (p *program) add(name string, pd dnnl.PrimitiveDesc, args ...arg) error {
	p.hint(pd)
	args = append(args, arg{dnnl.Scratchpad, p.optional(pd.Scratchpad())})
	primitive, err := pd.NewPrimitive()
	if err != nil {
		return fmt.Errorf("onednn: %s: making the primitive: %w", name, err)
	}
	s := step{name: name, primitive: primitive}
	for _, a := range args {
		if a.t != nil {
			s.tensors = append(s.tensors, a.t)
			s.args = append(s.args, dnnl.Arg{Index: a.index})
		}
	}
	p.touch(s.tensors...)
	p.steps = append(p.steps, s)
	p.impl[name] = pd.Implementation()
	return nil
}

// call appends a Go function that uses the given tensors.
func (p *program) call(name string, run func() error, uses ...*tensor) {
	p.touch(uses...)
	p.steps = append(p.steps, step{name: name, run: run})
}

// as returns t in layout md, through a reorder where it differs.
func (p *program) as(t *tensor, md dnnl.Desc, name string) (*tensor, error) {
	if t.md.Equal(&md) {
		return t, nil
	}
	to := p.tensor(md)
	return to, p.reorder(t, to, name)
}

func (p *program) reorder(from, to *tensor, name string) error {
	pd, err := p.engine.Reorder(&from.md, &to.md)
	if err != nil {
		return fmt.Errorf("onednn: %s reorder: %w", name, err)
	}
	return p.add(name+" reorder", pd, arg{dnnl.Src, from}, arg{dnnl.Dst, to})
}

// complete arranges the arena; no step may be added after it.
func (p *program) complete() error {
	p.size = arrange(p.places)
	return p.forget()
}

// forget destroys the descriptors that were kept.
func (p *program) forget() error {
	var err error
	for _, pd := range p.hints {
		err = errors.Join(err, pd.Close())
	}
	p.hints = nil
	return err
}

// alone completes a program whose arena no other has, and allocates that.
func (p *program) alone(what string) error {
	err := p.complete()
	if err == nil {
		*p.arena, err = allocate(p.size, what)
	}
	return err
}

// bind ties the tensors to the present addresses of their places.
func (p *program) bind() error {
	for _, t := range p.tensors {
		var err error
		if t.memory != 0 {
			err = t.memory.Move(t.address())
		} else {
			t.memory, err = p.engine.NewMemory(&t.md, t.address())
		}
		if err != nil {
			return fmt.Errorf("onednn: binding a tensor of %d bytes: %w", t.at.size, err)
		}
	}
	for i := range p.steps {
		for j, t := range p.steps[i].tensors {
			p.steps[i].args[j].Memory = t.memory
		}
	}
	return nil
}

// run executes the steps in order, and tells w of each, unless w is nil.
func (p *program) run(s dnnl.Stream, w watch) error {
	for i := range p.steps {
		st := &p.steps[i]
		if err := w.part(st.name, p.impl[st.name], func() error { return p.do(st, s) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) do(st *step, s dnnl.Stream) error {
	if st.run != nil {
		return st.run()
	}
	if err := st.primitive.Execute(s, st.args); err != nil {
		return fmt.Errorf("onednn: %s (%s): executing: %w", st.name, p.impl[st.name], err)
	}
	return nil
}

// watch is told of the parts of a step; it may be nil.
type watch func(engine.Part)

// part does f, a part of a step, and tells w how long it took.
func (w watch) part(name, implementation string, f func() error) error {
	if w == nil {
		return f()
	}
	begun := time.Now()
	err := f()
	w(engine.Part{Name: name, Implementation: implementation, Took: time.Since(begun)})
	return err
}

// close destroys the primitives and memories; a program half built is fine.
func (p *program) close() error {
	err := p.forget()
	for _, s := range p.steps {
		if s.primitive != 0 {
			err = errors.Join(err, s.primitive.Close())
		}
	}
	for _, t := range p.tensors {
		if t.memory != 0 {
			err = errors.Join(err, t.memory.Close())
		}
	}
	return err
}

// free closes a program whose arena no other has, and frees that.
func (p *program) free() error { return errors.Join(p.close(), p.arena.free()) }
