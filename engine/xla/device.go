package xla

import (
	"slices"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// device is what a model needs of package pjrt's Client; tests have another one, which runs the
// same programs without a plugin.
type device interface {
	Compile(mlir string, options []pjrt.Option) (program, error)
	Put(data []byte, t pjrt.Type, dims []int64) (buffer, error)
	PutAsync(data []byte, t pjrt.Type, dims []int64) (buffer, event, error)
	Pin(memory []byte) error
	Unpin(memory []byte) error
	Memory() (used, limit int64, err error)
	Close() error
}

// program, buffer and event are what a model needs of pjrt's Executable, Buffer and Event.
type (
	program interface {
		Run(args []buffer) ([]buffer, error)
		Close() error
	}
	buffer interface {
		Fetch(dst []byte, dims int) (event, error)
		Close()
	}
	event interface{ Wait() error }
)

// plugin is the device of a plugin.
type plugin struct {
	*pjrt.Client
	options []pjrt.Option // of its compiler, that the user wants
}

func (p plugin) Compile(mlir string, options []pjrt.Option) (program, error) {
	e, err := p.Client.Compile(mlir, slices.Concat(options, p.options)...)
	if err != nil {
		return nil, err
	}
	return executable{e}, nil
}

func (p plugin) Put(data []byte, t pjrt.Type, dims []int64) (buffer, error) {
	b, err := p.Client.Put(data, t, dims)
	if err != nil {
		return nil, err
	}
	return onDevice{b}, nil
}

func (p plugin) PutAsync(data []byte, t pjrt.Type, dims []int64) (buffer, event, error) {
	b, sent, err := p.Client.PutAsync(data, t, dims)
	if err != nil {
		return nil, nil, err
	}
	return onDevice{b}, sent, nil
}

type executable struct{ *pjrt.Executable }

func (e executable) Run(args []buffer) ([]buffer, error) {
	in := make([]*pjrt.Buffer, len(args))
	for i, a := range args {
		in[i] = a.(onDevice).Buffer
	}
	outs, err := e.Executable.Run(in)
	if err != nil {
		return nil, err
	}
	all := make([]buffer, len(outs))
	for i, o := range outs {
		all[i] = onDevice{o}
	}
	return all, nil
}

type onDevice struct{ *pjrt.Buffer }

func (b onDevice) Fetch(dst []byte, dims int) (event, error) {
	done, err := b.Buffer.Fetch(dst, dims)
	if err != nil {
		return nil, err
	}
	return done, nil
}
