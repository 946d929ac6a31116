package xla

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unsafe"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/nn"
)

// model is a network on the device.
type model struct {
	engine  *Engine
	net     nn.Net
	batch   int
	options engine.Options
	slots   []slot

	state   []buffer           // of slots
	stopped buffer             // 1 after a step whose numbers were not finite
	lost    error              // why there is no state; nil: there is one
	step    string             // the program of a step on a whole batch, by labels
	steps   programs           // of steps; with Options.Reduce, of their gradients
	doubted map[program]string // tuned steps of which it is not known yet whether they repeat their bits, as text
	eval    program

	update program // with Options.Reduce
	plan   map[string]string

	stage  *staging
	inputs cached
	ahead  *step // the last one enqueued, which is begun with the next one, or when it is waited for
	passed *pass // likewise, of Logits
	queued int   // steps enqueued and not waited for
	failed bool  // one of them failed

	untunable bool // a program could not be tuned, as others of the same step cannot
}

func newModel(e *Engine, net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	m := &model{engine: e, net: net, batch: batch, options: o, slots: slots(net), doubted: map[program]string{}, lost: errors.New("no state was loaded")}
	if o.Evaluation {
		m.slots = weights(m.slots)
	}
	if !o.Evaluation || m.tunes(batch) { // an evaluation is tuned by what is known of the step's program
		if err := m.describe(); err != nil {
			return nil, err
		}
	}
	var err error
	if m.stage, err = newStaging(e.device, batch*nn.Size(net.Input)*4); err != nil {
		return nil, m.explain(err)
	}
	return m, nil
}

// describe writes the program of a step on a whole batch and sets the plan: it stands for the others, which the same code
// writes.
func (m *model) describe() (err error) {
	k := m.whole()
	if m.step, err = training(m.net, k, m.engine.precision); err != nil {
		return err
	}
	step := fmt.Sprintf("program %.8x", sha256.Sum256([]byte(m.step)))
	if k.tuned && m.engine.tuning.since != "" {
		step += ", tuned since " + m.engine.tuning.since
	}
	m.plan = map[string]string{"the training step": step}
	return nil
}

// whole is the kind of a step on a whole batch, by labels.
func (m *model) whole() kind { return kind{n: m.batch, tuned: m.tunes(m.batch)} }

// Plan returns what the bits of a training step hang on beside plugin and device: the program that was written for it, by its
// SHA-256, and, where its algorithms are timed, since when they are kept; a folder of them that was lost is begun again
// at another time.
func (m *model) Plan() map[string]string { return maps.Clone(m.plan) }

// Load copies a state to the device. Momentum buffers that it lacks start at zero.
func (m *model) Load(s nn.State) error {
	if err := m.net.Check(s); err != nil {
		return fmt.Errorf("xla: %w", err)
	}
	if m.lost == errClosed {
		return fmt.Errorf("xla: %w", m.lost)
	}
	m.drop()
	for _, sl := range m.slots {
		b, err := m.engine.device.Put(bytesOf(sl.pack(s)), pjrt.F32, int64s(sl.dims))
		if err != nil {
			m.drop()
			return m.explain(err)
		}
		m.state = append(m.state, b)
	}
	m.lost = nil
	return m.resume()
}

// drop frees the state, of which nobody knows what it is after an error of the device.
func (m *model) drop() {
	for _, b := range m.state {
		b.Close()
	}
	m.state, m.lost = m.state[:0], errors.New("no state: it was lost with the error before")
}

// resume sets the flag to 0. Without a flag no step can be made, so that the state is dropped.
func (m *model) resume() error {
	release(m.stopped)
	var err error
	m.failed = false
	if m.stopped, err = m.engine.device.Put(make([]byte, 4), pjrt.F32, nil); err != nil {
		m.drop()
	}
	return m.explain(err)
}

// Save copies the state from the device.
func (m *model) Save() (nn.State, error) {
	if m.lost != nil {
		return nil, fmt.Errorf("xla: %w", m.lost)
	}
	raw, err := m.fetchAll(m.state)
	if err != nil {
		return nil, m.explain(err)
	}
	s := nn.State{}
	for i, sl := range m.slots {
		sl.unpack(raw[i], s)
	}
	return s, nil
}

// fetchAll copies the values of a state's buffers from the device.
func (m *model) fetchAll(state []buffer) ([][]float32, error) {
	raw, events := make([][]float32, len(m.slots)), make([]event, len(m.slots))
	var failed error
	for i, sl := range m.slots {
		raw[i] = make([]float32, nn.Size(sl.dims))
		if events[i], failed = state[i].Fetch(bytesOf(raw[i]), len(sl.dims)); failed != nil {
			break
		}
	}
	for _, e := range events {
		if e == nil {
			break
		}
		if err := e.Wait(); failed == nil { // the others would say the same
			failed = err
		}
	}
	return raw, failed
}

// errClosed is why a model that was closed has no state, and takes none.
var errClosed = errors.New("the model is closed")

// Close frees what the model holds. Closing it again does nothing.
func (m *model) Close() error {
	if m.lost == errClosed {
		return nil
	}
	m.drop()
	m.lost = errClosed
	release(m.stopped)
	if m.ahead != nil {
		m.ahead.batch.close()
	}
	if m.passed != nil {
		m.passed.x.Close()
	}
	m.inputs.close()
	failed := m.stage.close()
	for _, p := range append(m.steps.all(), m.eval, m.update) {
		if p != nil {
			failed = errors.Join(failed, p.Close())
		}
	}
	return failed
}

// program returns the program for batches of kind k, which it compiles if it has none.
func (m *model) program(k kind, write func(nn.Net, kind, string) (string, error)) (program, error) {
	if p := m.steps.find(k); p != nil {
		return p, nil
	}
	began := time.Now()
	text, err := m.step, error(nil)
	if k != m.whole() || m.options.Reduce != nil {
		text, err = write(m.net, k, m.engine.precision)
	}
	p, known, err := m.compile(text, text, err, k.tuned)
	if err != nil {
		return nil, err
	}
	if k.tuned && known != repeats {
		m.doubted[p] = text
	}
	if took := time.Since(began); took > time.Second {
		m.log(fmt.Sprintf("xla: compiled the step for batches of %d in %.1f s", k.n, took.Seconds()))
	}
	return p, m.steps.add(k, p, m.batch)
}

// compile compiles a program that was written, or could not be, tuned where that is worth it and can be; known is what is
// known then of the step by which it goes, repeats if it is not tuned.
func (m *model) compile(text, by string, err error, tunes bool) (p program, known string, failed error) {
	if err == nil && tunes {
		p, known, err = m.tuned(text, by)
	}
	if p == nil {
		known, m.untunable = repeats, m.untunable || tunes
		p, err = m.engine.compile(text, m.wayOut(), err)
	}
	return p, known, err
}

// log tells the user, where anybody listens.
func (m *model) log(line string) {
	if m.options.Log != nil {
		m.options.Log(line)
	}
}

// fetch copies a buffer's values to dst, waits, and closes the buffer.
func fetch(b buffer, dst []float32, dims int) error {
	defer b.Close()
	done, err := b.Fetch(bytesOf(dst), dims)
	if err != nil {
		return err
	}
	return done.Wait()
}

// name is the name of a parameter's tensor in a State.
func (sl slot) name(p nn.Param) string {
	if sl.momentum {
		return nn.MomentumPrefix + p.Name
	}
	return p.Name
}

// pack returns the slot's values as they lie on the device; momentum that s lacks is zero.
func (sl slot) pack(s nn.State) []float32 {
	out := make([]float32, 0, nn.Size(sl.dims))
	for _, p := range sl.params {
		t, ok := s[sl.name(p)]
		switch {
		case !ok:
			out = append(out, make([]float32, p.Len())...)
		case len(p.Shape) == 4:
			out = append(out, permute(t.Data, p.Shape[0], p.Shape[1], p.Shape[2]*p.Shape[3])...)
		default:
			out = append(out, t.Data...)
		}
	}
	return out
}

// unpack is the inverse of pack, into s.
func (sl slot) unpack(values []float32, s nn.State) {
	for _, p := range sl.params {
		own := slices.Clone(values[:p.Len()])
		if len(p.Shape) == 4 {
			own = permute(own, p.Shape[0], p.Shape[2]*p.Shape[3], p.Shape[1])
		}
		s[sl.name(p)] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: own}
		values = values[p.Len():]
	}
}

// permute turns [outer a b] into [outer b a].
func permute(x []float32, outer, a, b int) []float32 {
	y := make([]float32, len(x))
	for o := range outer {
		from := x[o*a*b : (o+1)*a*b]
		to := y[o*a*b : (o+1)*a*b]
		for i := range a {
			for j := range b {
				to[j*a+i] = from[i*b+j]
			}
		}
	}
	return y
}

// bytesOf is the memory of numbers.
func bytesOf[T float32 | int32 | uint64](x []T) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(x[0])))
}

func int64s(x []int) []int64 {
	y := make([]int64, len(x))
	for i, v := range x {
		y[i] = int64(v)
	}
	return y
}

// notFinite is the error for what a report says behind the losses, nil if all is well.
func notFinite(losses, behind []float32) error {
	for i, v := range losses {
		if v-v != 0 {
			return &engine.NotFiniteError{What: "loss", Index: i, Value: v}
		}
	}
	for i, what := range []string{"batch variance", "gradient"} {
		if v := behind[i]; v-v != 0 {
			return &engine.NotFiniteError{What: what, Index: -1, Value: v}
		}
	}
	return nil
}
