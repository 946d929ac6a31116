package pjrt

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// function is the index of a function in PJRT_Api.
type function int

// The functions in use, by their places in pjrt_c_api.h.
const (
	errorDestroy      function = 0
	errorMessage      function = 1
	errorGetCode      function = 2
	pluginInitialize  function = 3
	eventDestroy      function = 5
	eventIsReady      function = 6
	eventAwait        function = 8
	clientCreate      function = 10
	clientDestroy     function = 11
	clientVersion     function = 14
	clientDevices     function = 16
	clientCompile     function = 20
	clientPut         function = 22
	descriptionKind   function = 26
	deviceDescription function = 29
	deviceMemoryStats function = 34
	executableDestroy function = 40
	executableOutputs function = 44
	loadedDestroy     function = 50
	loadedExecutable  function = 51
	loadedExecute     function = 55
	bufferDestroy     function = 58
	bufferToHost      function = 70
	clientDMAMap      function = 110
	clientDMAUnmap    function = 111
	nFunctions                 = 112
	nNeeded                    = bufferToHost + 1
)

// words are a C struct of arguments. Every field of those in use is eight bytes wide or padded to
// it, so the structs are slices of words: the size, an extension, then the fields. Zero words behind
// the last field stand for fields that later versions appended.
type words []uintptr

const (
	header = 2  // words before the fields
	spare  = 12 // words behind them
)

// newWords returns a struct with these fields.
func newWords(fields ...uintptr) words {
	w := make(words, header+len(fields)+spare)
	w[0] = uintptr(len(w)) * unsafe.Sizeof(w[0])
	copy(w[header:], fields)
	return w
}

// address returns where the struct lies.
func (w words) address() uintptr { return addressOf(w) }

// call calls a function with a struct of these fields, and returns its fields after that, those
// that the function set among them. It is for functions that do not wait for the device.
func (p *Plugin) call(f function, fields ...uintptr) ([]uintptr, error) {
	w := newWords(fields...)
	err := p.apply(f, w)
	return w[header:], err
}

// await is call for functions that may wait for the device. keep is Go's memory that the fields point to.
func (p *Plugin) await(f function, keep any, fields ...uintptr) ([]uintptr, error) {
	w := newWords(fields...)
	err := p.applyInTime(f, w, keep)
	return w[header:], err
}

// lent are things of Go's that a plugin uses during a call.
type lent []any

// ErrSilent is the error of a call from which the plugin did not come back in time, and, with the same words, of all
// calls behind it: such a device is not asked again, not even to free something.
var ErrSilent = errors.New("the device does not answer")

// looks is how often a call is looked after until its time is over. A process that was stopped meanwhile
// finds one of them over, not all.
const looks = 10

// applyInTime is apply on a thread that is left behind if the plugin takes too long. It may come back, and begin a copy
// that nobody hears of, so that what keep holds is held for good then.
func (p *Plugin) applyInTime(f function, w words, keep any) error {
	done := make(chan error, 1)
	go func() { done <- p.apply(f, w) }()
	limit := p.limit(f)
	look := time.NewTimer(limit / looks)
	defer look.Stop()
	for range looks {
		select {
		case err := <-done:
			return err
		case <-look.C:
			look.Reset(limit / looks)
		}
	}
	p.hold(keep)
	first := fmt.Errorf("%w: nothing in %v", ErrSilent, limit)
	p.silent.CompareAndSwap(nil, &first)
	return p.silence()
}

// silence is the error of a silent device, nil while it answers.
func (p *Plugin) silence() error {
	if first := p.silent.Load(); first != nil {
		return *first
	}
	return nil
}

// limit is how long f may take. Compilers try algorithms, which takes its time.
func (p *Plugin) limit(f function) time.Duration {
	if f == clientCompile {
		return 6 * p.patience
	}
	return p.patience
}

// errClosed is what using an object after its Close gives; a plugin would follow the pointer.
var errClosed = errors.New("it is closed")

// apply calls a function with the struct w. Those behind clientCreate take an object first.
func (p *Plugin) apply(f function, w words) error {
	if !p.has(f) {
		return &Error{Unimplemented, fmt.Sprintf("the plugin lacks function %d of PJRT_Api", f)}
	}
	if f > clientCreate && w[header] == 0 {
		return errClosed
	}
	if err := p.silence(); err != nil {
		return err
	}
	failed := invoke(p.api.functions[f], w.address())
	runtime.KeepAlive(w)
	if failed == 0 {
		return nil
	}
	return p.err(failed)
}

// drop calls a function that frees the object, which cannot fail in a way that helps anyone.
func (p *Plugin) drop(f function, object uintptr) {
	if object != 0 {
		_, _ = p.call(f, object)
	}
}

// destroy frees an object that may wait for the device first. Of a silent device an earlier error told.
func (p *Plugin) destroy(f function, object uintptr) error {
	if object == 0 || p.silence() != nil {
		return nil
	}
	_, err := p.await(f, nil, object)
	return err
}

// has reports whether the plugin's table goes as far as f, and has it.
func (p *Plugin) has(f function) bool {
	end := unsafe.Offsetof(p.api.functions) + (uintptr(f)+1)*unsafe.Sizeof(p.api.functions[0])
	return p.api.size >= end && p.api.functions[f] != 0
}

// Code is PJRT_Error_Code, which is absl's status code.
type Code int32

// The codes that callers tell apart.
const (
	InvalidArgument   Code = 3
	ResourceExhausted Code = 8
	Unimplemented     Code = 12
)

var codes = []string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}

// String is the code's name as XLA prints it.
func (c Code) String() string {
	if c < 0 || int(c) >= len(codes) {
		return fmt.Sprintf("code %d", int32(c))
	}
	return codes[c]
}

// Error is an error of the plugin.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

// err turns a PJRT_Error into an Error, and frees it.
func (p *Plugin) err(object uintptr) error {
	message, code := newWords(object, 0, 0), newWords(object, 0)
	invoke(p.api.functions[errorMessage], message.address())
	e := &Error{Message: text(message[3], message[4])}
	if invoke(p.api.functions[errorGetCode], code.address()) == 0 {
		e.Code = Code(int32(code[3]))
	}
	destroy := newWords(object)
	invoke(p.api.functions[errorDestroy], destroy.address())
	runtime.KeepAlive(message)
	runtime.KeepAlive(code)
	runtime.KeepAlive(destroy)
	if e.Message == "" {
		e.Message = fmt.Sprintf("the plugin reports %v without a message", e.Code)
	}
	return e
}

// text copies n bytes at address.
func text(address, n uintptr) string {
	if address == 0 || n == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(pointer(address)), n))
}

// pointer turns an address that the plugin gave into a pointer. The memory is not Go's.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// addressOf is where a slice's elements lie, 0 for an empty one. Pinning makes the compiler put them
// on the heap, which does not move; the caller keeps them alive.
func addressOf[T any](s []T) uintptr {
	if len(s) == 0 {
		return 0
	}
	first := unsafe.SliceData(s)
	var heap runtime.Pinner
	heap.Pin(first)
	heap.Unpin()
	return uintptr(unsafe.Pointer(first))
}
