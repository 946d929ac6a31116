package pjrt

// Type is the type of a buffer's elements, PJRT_Buffer_Type.
type Type uintptr

// The types in use.
const (
	Pred Type = 1
	S32  Type = 4
	U64  Type = 9
	F32  Type = 11
	BF16 Type = 13
)

// Buffer holds values on the device, perhaps values to come.
type Buffer struct {
	plugin *Plugin
	object uintptr
}

// How long the host's memory belongs to the plugin: PJRT_HostBufferSemantics.
const (
	onlyDuringCall    = 0
	untilTransferDone = 1
)

// Put copies data, row-major values of the type and dimensions given, to the device. It returns
// when data may be changed again.
func (c *Client) Put(data []byte, t Type, dims []int64) (*Buffer, error) {
	b, done, err := c.put(data, t, dims, onlyDuringCall)
	if err != nil {
		return nil, err
	}
	done.Close()
	return b, nil
}

// PutAsync is Put that returns at once: data must stay as it is until the event is done. It must be
// memory that Go does not move or free: on the heap, and kept alive.
func (c *Client) PutAsync(data []byte, t Type, dims []int64) (*Buffer, *Event, error) {
	return c.put(data, t, dims, untilTransferDone)
}

func (c *Client) put(data []byte, t Type, dims []int64, semantics uintptr) (*Buffer, *Event, error) {
	out, err := c.plugin.await(clientPut, lent{data, dims}, c.object, addressOf(data), uintptr(t), addressOf(dims), uintptr(len(dims)),
		0, 0, semantics, c.device, 0, 0, 0, 0)
	if err != nil {
		return nil, nil, err
	}
	return &Buffer{c.plugin, out[12]}, &Event{c.plugin, out[11], data}, nil
}

// layout is PJRT_Buffer_MemoryLayout: dense, row-major, of n dimensions.
func layout(n int) (w []uintptr, order []int64) {
	order = make([]int64, n)
	for i := range order {
		order[i] = int64(n - 1 - i)
	}
	const size = 10 * 8
	return []uintptr{size, 0, 7 * 8, 0, addressOf(order), uintptr(n), 0, 0, 0, 0}, order
}

// Fetch copies the values to dst, row-major, as soon as they are there. dst must be long enough,
// kept alive, and left alone until the event is done.
func (b *Buffer) Fetch(dst []byte, dims int) (*Event, error) {
	l, order := layout(dims)
	out, err := b.plugin.await(bufferToHost, lent{l, order, dst}, b.object, addressOf(l), addressOf(dst), uintptr(len(dst)), 0)
	if err != nil {
		return nil, err
	}
	return &Event{b.plugin, out[4], dst}, nil
}

// Close frees the buffer, also one that a run used up. A nil buffer is closed.
func (b *Buffer) Close() {
	if b != nil {
		b.plugin.drop(bufferDestroy, b.object)
		b.object = 0
	}
}

// Event is something that the device will have done.
type Event struct {
	plugin *Plugin
	object uintptr
	memory []byte // the host's, which the device reads or writes until then
}

// Wait waits until the event is done, and returns why it failed, if so. It frees the event.
func (e *Event) Wait() error {
	if e.object == 0 {
		return nil
	}
	defer e.Close()
	if e.done() { // which needs no other thread
		_, err := e.plugin.call(eventAwait, e.object)
		return err
	}
	_, err := e.plugin.await(eventAwait, e.memory, e.object)
	return err
}

// done reports whether the event is known to be done.
func (e *Event) done() bool {
	if e.object == 0 {
		return true
	}
	out, err := e.plugin.call(eventIsReady, e.object, 0)
	return err == nil && byte(out[1]) != 0
}

// Close frees the event without waiting.
func (e *Event) Close() {
	if e.plugin.silence() != nil {
		e.plugin.hold(e.memory)
	}
	e.plugin.drop(eventDestroy, e.object)
	e.object = 0
}

// hold keeps Go's memory for good.
func (p *Plugin) hold(memory any) {
	p.held.Lock()
	defer p.held.Unlock()
	p.held.memory = append(p.held.memory, memory)
}
