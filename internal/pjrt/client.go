package pjrt

import (
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// Option is a named value for the making of a client, or for one compilation: a string, bool,
// int64 or float32.
type Option struct {
	Name  string
	Value any
}

// Client is the plugin's runtime on one device.
type Client struct {
	plugin *Plugin
	object uintptr
	device uintptr // the first that is addressable
}

// NewClient makes a client on the plugin's first device.
func (p *Plugin) NewClient(options ...Option) (*Client, error) {
	named, keep, err := namedValues(options)
	if err != nil {
		return nil, err
	}
	out, err := p.await(clientCreate, lent{named, keep}, addressOf(named), uintptr(len(options)), 0, 0, 0, 0, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	c := &Client{plugin: p, object: out[6]}
	devices, err := p.call(clientDevices, c.object, 0, 0)
	if err == nil && devices[2] == 0 {
		err = errors.New("it has no device")
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.device = *(*uintptr)(pointer(devices[1]))
	return c, nil
}

// namedValues writes PJRT_NamedValues one after the other; keep is what they point to.
func namedValues(options []Option) (named []uintptr, keep []any, err error) {
	for _, o := range options {
		name := append([]byte(o.Name), 0)
		v := [7]uintptr{7 * unsafe.Sizeof(uintptr(0)), 0, addressOf(name), uintptr(len(o.Name))}
		keep = append(keep, name)
		switch x := o.Value.(type) {
		case string:
			value := append([]byte(x), 0)
			keep = append(keep, value)
			v[4], v[5], v[6] = 0, addressOf(value), uintptr(len(x))
		case int64:
			v[4], v[5], v[6] = 1, uintptr(x), 1
		case float32:
			v[4], v[5], v[6] = 3, uintptr(math.Float32bits(x)), 1
		case bool:
			v[4], v[6] = 4, 1
			if x {
				v[5] = 1
			}
		default:
			return nil, nil, fmt.Errorf("option %s is a %T; want a string, bool, int64 or float32", o.Name, o.Value)
		}
		named = append(named, v[:]...)
	}
	return named, keep, nil
}

// Close frees the client; all that came of it must be closed before. Closing it again does nothing.
func (c *Client) Close() error {
	err := c.plugin.destroy(clientDestroy, c.object)
	c.object, c.device = 0, 0
	return err
}

// PlatformVersion says which libraries the plugin computes with.
func (c *Client) PlatformVersion() string { return c.text(clientVersion, c.object) }

// DeviceKind is the device's name: "NVIDIA H100 80GB HBM3".
func (c *Client) DeviceKind() string {
	out, err := c.plugin.call(deviceDescription, c.device, 0)
	if err != nil {
		return ""
	}
	return c.text(descriptionKind, out[1])
}

// text asks for a string about an object.
func (c *Client) text(f function, object uintptr) string {
	out, err := c.plugin.call(f, object, 0, 0)
	if err != nil {
		return ""
	}
	return text(out[1], out[2])
}

// Memory returns the bytes of the device's memory that are in use by this process, and the most
// that it may take; 0 where the plugin does not know.
func (c *Client) Memory() (used, limit int64, err error) {
	out, err := c.plugin.await(deviceMemoryStats, nil, append([]uintptr{c.device}, make([]uintptr, 21)...)...)
	if err != nil {
		return 0, 0, err
	}
	if byte(out[9]) != 0 { // bytes_limit_is_set
		limit = int64(out[8])
	}
	return int64(out[1]), limit, nil
}

// Pin registers host memory with the device, so that copies from it are fast and asynchronous. It
// must not be Go memory that goes away before Unpin.
func (c *Client) Pin(memory []byte) error {
	_, err := c.plugin.await(clientDMAMap, memory, c.object, addressOf(memory), uintptr(len(memory)))
	return err
}

// Unpin takes back Pin.
func (c *Client) Unpin(memory []byte) error {
	_, err := c.plugin.await(clientDMAUnmap, memory, c.object, addressOf(memory))
	return err
}
