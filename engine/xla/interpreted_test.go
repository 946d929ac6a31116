package xla

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/engine/xla/interpret"
	"github.com/local-to-global/lgl/internal/pjrt"
)

// interpreter is a device that runs programs in Go. It holds its users to what a plugin wants: an
// input that gave its memory away is gone, and everything is closed.
type interpreter struct {
	live    atomic.Int64 // buffers and programs not closed
	compile error        // of the next Compile, if not nil
	run     error        // of the next Run
	fetch   error        // of the next Fetch
	flag    error        // of the next Put of a single float32
	ran     atomic.Int64 // programs
	runs    atomic.Int64 // of restive programs
	restive bool         // tuned programs give other bits each time
	tuned   int          // programs compiled with options of a tuning
	precise bool         // bfloat16 has the digits of float32
}

type interpreted struct {
	device  *interpreter
	restive bool
	*interpret.Program
	closed *bool
}

type tensor struct {
	device *interpreter
	interpret.Tensor
	gone, closed bool
}

type done struct{}

func (done) Wait() error { return nil }

func (d *interpreter) Compile(mlir string, options []pjrt.Option) (program, error) {
	if d.compile != nil {
		return nil, d.compile
	}
	if d.precise {
		mlir = strings.ReplaceAll(mlir, "bf16", "f32")
	}
	p, err := interpret.Parse(mlir)
	if err != nil {
		return nil, err
	}
	d.live.Add(1)
	tuned := !slices.Equal(options, untuned)
	if tuned {
		d.tuned++
	}
	return interpreted{d, tuned && d.restive, p, new(bool)}, nil
}

func (p interpreted) Run(args []buffer) ([]buffer, error) {
	if p.device.run != nil {
		return nil, p.device.run
	}
	if *p.closed {
		return nil, errors.New("the program is closed")
	}
	in := make([]interpret.Tensor, len(args))
	for i, a := range args {
		t := a.(*tensor)
		if t.gone || t.closed {
			return nil, fmt.Errorf("input %d is gone: %v, closed: %v", i, t.gone, t.closed)
		}
		in[i] = t.Tensor
	}
	outs, err := p.Program.Run(in)
	if err != nil {
		return nil, err
	}
	p.device.ran.Add(1)
	for i := range p.Aliases() {
		args[i].(*tensor).gone = true
	}
	all := make([]buffer, len(outs))
	if p.restive {
		outs[0].Data[0] ^= byte(p.device.runs.Add(1))
	}
	for i, o := range outs {
		p.device.live.Add(1)
		all[i] = &tensor{device: p.device, Tensor: o}
	}
	return all, nil
}

func (p interpreted) Close() error {
	if *p.closed {
		return errors.New("the program was closed before")
	}
	*p.closed = true
	p.device.live.Add(-1)
	return nil
}

func (d *interpreter) Put(data []byte, t pjrt.Type, dims []int64) (buffer, error) {
	elem := map[pjrt.Type]string{pjrt.F32: f32, pjrt.S32: i32, pjrt.Pred: pred, pjrt.U64: u64}[t]
	size := map[string]int{f32: 4, i32: 4, pred: 1, u64: 8}[elem]
	v := interpret.Tensor{Type: elem, Dims: []int{}}
	for _, n := range dims {
		v.Dims = append(v.Dims, int(n))
		size *= int(n)
	}
	if v.Data = slices.Clone(data); len(data) != size {
		return nil, fmt.Errorf("%d bytes for %d", len(data), size)
	}
	if d.flag != nil && elem == f32 && len(dims) == 0 {
		return nil, d.flag
	}
	d.live.Add(1)
	return &tensor{device: d, Tensor: v}, nil
}

func (d *interpreter) PutAsync(data []byte, t pjrt.Type, dims []int64) (buffer, event, error) {
	b, err := d.Put(data, t, dims)
	return b, done{}, err
}

func (t *tensor) Fetch(dst []byte, dims int) (event, error) {
	if t.gone || t.closed || len(dst) != len(t.Data) || dims != len(t.Dims) {
		return nil, fmt.Errorf("fetch of %v (%v, %v) into %d bytes, %d dimensions", t.Dims, t.gone, t.closed, len(dst), dims)
	}
	if t.device.fetch != nil {
		return nil, t.device.fetch
	}
	copy(dst, t.Data)
	return done{}, nil
}

func (t *tensor) Close() {
	if !t.closed {
		t.device.live.Add(-1)
	}
	t.closed = true
}

func (d *interpreter) Pin([]byte) error                     { return errors.New("cannot pin") }
func (d *interpreter) Unpin([]byte) error                   { return errors.New("was not pinned") }
func (d *interpreter) Memory() (used, limit int64, e error) { return 1 << 20, 1 << 30, nil }
func (d *interpreter) Close() error                         { return nil }

// onInterpreter is an engine on an interpreter; with the test it checks that all was closed.
func onInterpreter(t *testing.T, precision string) (*Engine, *interpreter) {
	d := &interpreter{}
	t.Cleanup(func() {
		if n := d.live.Load(); n != 0 {
			t.Errorf("%d buffers and programs are not closed", n)
		}
	})
	return &Engine{device: d, precision: precision}, d
}

// The programs themselves are held to PyTorch, finite differences and package engine's promises.
func TestConformanceOfPrograms(t *testing.T) {
	skipShort(t)
	enginetest.Run(t, func(t *testing.T) engine.Engine {
		e, _ := onInterpreter(t, "f32")
		return e
	}, enginetest.Float32)
}

// skipShort ends a test of whole programs where tests are to be short.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("not in -short: the interpreter takes a minute under the race detector, and nothing runs at once")
	}
}

// tuneAll has e tune every program, whatever its work, with a cache of its own.
func tuneAll(t *testing.T, e *Engine) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e.tuning = newTuning("0123456789abcdef0123", "device", "")
	least := worthTuning
	worthTuning = 0
	t.Cleanup(func() { worthTuning = least })
}

// They agree with the definition on networks of every operation, random ones among them; so do those that are tuned, with
// Winograd's convolutions and with patches, and those in bfloat16, were it as precise as float32.
func TestProgramsAgree(t *testing.T) {
	skipShort(t)
	for _, name := range []string{"plain", "tuned", "bf16"} {
		t.Run(name, func(t *testing.T) {
			precision := "f32"
			if name == "bf16" {
				precision = name
			}
			e, d := onInterpreter(t, precision)
			d.precise = true
			if name == "tuned" {
				tuneAll(t, e)
			}
			enginetest.Agree(t, e, reference.New(), enginetest.Float32)
			if (d.tuned > 0) != (name == "tuned") {
				t.Errorf("%d programs were tuned", d.tuned)
			}
		})
	}
}

func TestProgramsOfReducedPrecision(t *testing.T) {
	skipShort(t)
	e, _ := onInterpreter(t, "bf16")
	enginetest.Agree(t, e, reference.New(), reduced["bf16"])
}

// What the device says when memory is short becomes an error with the way out, and a state that was
// given away is not used again.
func TestDeviceErrors(t *testing.T) {
	net, s := network(t, "mlp", []int{2}, 3, 0.1)
	short := &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}
	e, d := onInterpreter(t, "f32")
	m, err := e.Compile(net, 4, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	b, h := data.Batch{X: make([]float32, 8), Y: make([]int32, 4)}, engine.Hyper{LR: 0.1}
	if _, err := m.Step(b, h); err == nil || !strings.Contains(err.Error(), "no state") {
		t.Errorf("a step before Load: %v", err)
	}
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	d.compile = short
	if _, err := m.Step(b, h); err == nil || !strings.Contains(err.Error(), "12 GiB were asked for (in use by this process: 1 of 1024 MB); use a smaller --batch") {
		t.Errorf("out of memory in Compile: %v", err)
	}
	d.compile = &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "Out of memory while trying to allocate 512.00MiB."}
	if _, err := m.Step(b, h); err == nil || !strings.Contains(err.Error(), "(in use by this process: 1 of 1024 MB); other processes must hold the rest: go on when they are gone, or use a smaller --batch") {
		t.Errorf("out of memory that others hold: %v", err)
	}
	d.compile = nil
	if _, err := m.Step(b, h); err != nil {
		t.Errorf("after it: %v", err)
	}
	d.run = short
	if _, err := m.Step(b, h); err == nil || !strings.Contains(err.Error(), "12 GiB") {
		t.Errorf("out of memory in Run: %v", err)
	}
	d.run = nil
	if _, err := m.Save(); err == nil || !strings.Contains(err.Error(), "no state") {
		t.Errorf("Save after a run that failed: %v", err)
	}
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Step(b, h); err != nil {
		t.Errorf("after Load: %v", err)
	}
}

// A model for evaluation alone has the program of logits compiled, and no other, tuned or not; where memory is short for it no
// smaller batch is advised, which whoever evaluates cannot choose.
func TestEvaluationAlone(t *testing.T) {
	net, s := network(t, "mlp", []int{2}, 3, 0.1)
	for _, tuned := range []bool{false, true} {
		e, d := onInterpreter(t, "f32")
		if tuned {
			tuneAll(t, e)
		}
		made, err := e.Compile(net, 4, engine.Options{Evaluation: true})
		if err != nil {
			t.Fatal(err)
		}
		m := made.(*model)
		if err := m.Load(s); err != nil {
			t.Error(err)
		}
		d.compile = &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "Out of memory while trying to allocate 5.00GiB."}
		err = m.Logits(data.Batch{X: make([]float32, 8)}, make([]float32, 12))
		if err == nil || strings.Contains(err.Error(), "--batch") || !strings.Contains(err.Error(), "take a device that has more") {
			t.Errorf("out of memory: %v", err)
		}
		d.compile = nil
		if err := m.Logits(data.Batch{X: make([]float32, 8)}, make([]float32, 12)); err != nil {
			t.Error(err)
		}
		if (m.step != "") != tuned || len(m.steps) > 0 || (d.tuned == 1) != tuned {
			t.Errorf("step of %d bytes, %d programs of steps, %d tuned", len(m.step), len(m.steps), d.tuned)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Setenv(PathVariable, "/nowhere/plugin.so")
	if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), "/nowhere/plugin.so") {
		t.Errorf("%v", err)
	}
	os.Unsetenv(PathVariable)
	t.Setenv("VIRTUAL_ENV", "")
	t.Setenv("PATH", "")
	t.Setenv("HOME", t.TempDir())
	if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), "--xla-plugin") {
		t.Errorf("%v", err)
	}
	t.Setenv(OptionsVariable, "xla_gpu_autotune_level")
	if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), `"xla_gpu_autotune_level": want name=value`) {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"5", "-3s", "0s", "soon"} {
		t.Setenv(WaitVariable, text)
		t.Setenv(OptionsVariable, "")
		if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), WaitVariable+`: "`+text+`"; want how long`) {
			t.Errorf("%v", err)
		}
	}
	options, err := compilerOptions("a=true,b=3,c=0.5,d=x")
	if err != nil || len(options) != 4 || options[0].Value != true || options[1].Value != int64(3) || options[2].Value != float32(0.5) || options[3].Value != "x" {
		t.Errorf("%v, %v", options, err)
	}
}
