package pjrt

import (
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/internal/wire"
)

// Executable is a compiled program, loaded on the client's device.
type Executable struct {
	plugin    *Plugin
	object    uintptr
	outputs   int
	run       words // PJRT_LoadedExecutable_Execute_Args
	options   words // PJRT_ExecuteOptions
	in, out   []uintptr
	ins, outs []uintptr // one list a device
}

// Compile compiles a StableHLO module, MLIR as text. overrides set options of XLA for it alone
// (xla_gpu_...): strings, bools, int64s or float32s.
func (c *Client) Compile(mlir string, overrides ...Option) (*Executable, error) {
	options, err := compileOptions(overrides)
	if err != nil {
		return nil, err
	}
	code, format := []byte(mlir), []byte("mlir")
	program := newWords(addressOf(code), uintptr(len(code)), addressOf(format), uintptr(len(format)))
	out, err := c.plugin.await(clientCompile, lent{program, code, format, options}, c.object, program.address(), addressOf(options), uintptr(len(options)), 0)
	if err != nil {
		return nil, err
	}
	e := &Executable{plugin: c.plugin, object: out[4], options: newWords(make([]uintptr, 12)...)}
	if e.outputs, err = e.countOutputs(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.out = make([]uintptr, e.outputs)
	e.ins, e.outs = make([]uintptr, 1), []uintptr{addressOf(e.out)}
	e.run = newWords(e.object, e.options.address(), addressOf(e.ins), 1, 0, addressOf(e.outs), 0, 0)
	return e, nil
}

func (e *Executable) countOutputs() (int, error) {
	out, err := e.plugin.call(loadedExecutable, e.object, 0)
	if err != nil {
		return 0, err
	}
	inner := out[1]
	defer e.plugin.drop(executableDestroy, inner)
	if out, err = e.plugin.call(executableOutputs, inner, 0); err != nil {
		return 0, err
	}
	return int(out[1]), nil
}

// Run enqueues the program on the inputs args and returns its outputs. An input that the program
// aliases to an output is used up: it must not be used again, and still be closed.
func (e *Executable) Run(args []*Buffer) ([]*Buffer, error) {
	if e.object == 0 {
		return nil, errClosed
	}
	if err := e.plugin.silence(); err != nil { // it may still read the arguments of the run before
		return nil, err
	}
	e.in = e.in[:0]
	for i, a := range args {
		if a == nil || a.object == 0 {
			return nil, fmt.Errorf("argument %d is closed", i)
		}
		e.in = append(e.in, a.object)
	}
	e.ins[0], e.run[header+4] = addressOf(e.in), uintptr(len(args))
	if err := e.plugin.applyInTime(loadedExecute, e.run, lent{e, args}); err != nil {
		return nil, err
	}
	outs := make([]*Buffer, e.outputs)
	for i, object := range e.out {
		outs[i] = &Buffer{plugin: e.plugin, object: object}
	}
	return outs, nil
}

// Close frees the program. Closing it again does nothing.
func (e *Executable) Close() error {
	err := e.plugin.destroy(loadedDestroy, e.object)
	e.object = 0
	return err
}

// compileOptions encodes xla.CompileOptionsProto for one device, with overrides.
func compileOptions(overrides []Option) ([]byte, error) {
	var options, build wire.Message
	build.Number(4, 1)    // num_replicas
	build.Number(5, 1)    // num_partitions
	options.Sub(3, build) // executable_build_options
	for _, o := range overrides {
		var entry wire.Message
		value, err := override(o)
		if err != nil {
			return nil, err
		}
		entry.Text(1, o.Name)
		entry.Sub(2, value)
		options.Sub(7, entry) // env_option_overrides
	}
	return options, nil
}

// override encodes xla.OptionOverrideProto.
func override(o Option) (value wire.Message, err error) {
	switch x := o.Value.(type) {
	case string:
		value.Text(1, x)
	case bool:
		value.Bool(2, x)
	case int64:
		value.Number(3, x)
	case float32:
		value.Double(4, float64(x))
	default:
		err = fmt.Errorf("option %s is a %T; want a string, bool, int64 or float32", o.Name, o.Value)
	}
	return value, err
}
