package xla

import (
	"errors"
	"testing"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// falling is a device that reads a batch's memory long after the call that it does not answer: its calls fail from one on.
type falling struct {
	interpreter
	pins, puts, unpins, waits int // calls that are answered
	memory                    [][]byte
}

// answer fails when no call is left.
func answer(left *int) error {
	if *left--; *left < 0 {
		return pjrt.ErrSilent
	}
	return nil
}

func (d *falling) Pin(memory []byte) error {
	d.memory = append(d.memory, memory)
	return answer(&d.pins)
}

func (d *falling) Unpin([]byte) error { return answer(&d.unpins) }

func (d *falling) PutAsync([]byte, pjrt.Type, []int64) (buffer, event, error) {
	if err := answer(&d.puts); err != nil {
		return nil, nil, err
	}
	return &tensor{device: &d.interpreter, closed: true}, &waited{device: d}, nil
}

// waited is an event that fails once, as pjrt's does, which is freed then.
type waited struct {
	device *falling
	done   bool
}

func (e *waited) Wait() error {
	if e.done {
		return nil
	}
	e.done = true
	return answer(&e.device.waits)
}

// Memory that a silent device may still read is not freed, whichever call was the last: reading it here would end the tests.
func TestStagingOfSilentDevice(t *testing.T) {
	const many = 100
	for name, d := range map[string]*falling{
		"pinning":   {pins: 1},
		"putting":   {pins: many, puts: 4, waits: many, unpins: many},
		"waiting":   {pins: many, puts: many, unpins: many},
		"unpinning": {pins: many, puts: many, waits: many},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := newStaging(d, 64)
			for range 6 {
				if err == nil {
					_, err = s.put([]float32{1}, []int64{1})
				}
			}
			if s != nil {
				if closed := s.close(); closed != nil {
					t.Errorf("close: %v", closed)
				}
			}
			if (name != "unpinning") != errors.Is(err, pjrt.ErrSilent) {
				t.Errorf("%v", err)
			}
			for i := range d.memory {
				if d.memory[i][0] != 0 { // of the float 1, or untouched
					t.Errorf("slot %d was changed", i)
				}
			}
		})
	}
}

// What answers gets its memory back, once.
func TestStagingFrees(t *testing.T) {
	d := &falling{pins: 100, puts: 100, waits: 100, unpins: 100}
	s, err := newStaging(d, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.close(), s.close()); err != nil {
		t.Error(err)
	}
	if d.unpins != 100-depth || s.slots[0].memory != nil {
		t.Errorf("%d calls to Unpin; want %d", 100-d.unpins, depth)
	}
}
