package pjrt

import (
	"errors"
	"fmt"
	"runtime"
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
	clientPlatform    function = 12
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
	bufferReadyEvent  function = 72
	clientDMAMap      function = 110
	clientDMAUnmap    function = 111
	nFunctions                 = 112
	nNeeded                    = bufferReadyEvent + 1
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
// that the function set among them.
func (p *Plugin) call(f function, fields ...uintptr) ([]uintptr, error) {
	w := newWords(fields...)
	err := p.apply(f, w)
	return w[header:], err
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

// has reports whether the plugin's table goes as far as f, and has it.
func (p *Plugin) has(f function) bool {
	end := unsafe.Offsetof(p.api.functions) + (uintptr(f)+1)*unsafe.Sizeof(p.api.functions[0])
	return p.api.size >= end && p.api.functions[f] != 0
}

// Code is PJRT_Error_Code, which is absl's status code.
type Code int32

// The codes that callers tell apart.
const (
	ResourceExhausted Code = 8
	Unimplemented     Code = 12
)

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
		e.Message = fmt.Sprintf("the plugin reports code %d without a message", e.Code)
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
