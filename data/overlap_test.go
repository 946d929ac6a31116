package data

import (
	"context"
	"sync"
	"testing"
	"time"
)

// meeting is a source whose first samples wait until as many are being read at once as there are workers.
type meeting struct {
	Source
	workers int
	mu      sync.Mutex
	reading int
	read    int
	met     chan struct{} // closed when they are
}

func (m *meeting) Sample(i int, dst []float32) error {
	m.mu.Lock()
	if m.reading++; m.reading == m.workers {
		close(m.met)
	}
	m.mu.Unlock()
	select {
	case <-m.met:
	case <-time.After(20 * time.Second): // which the test tells
	}
	m.mu.Lock()
	m.read++
	m.mu.Unlock()
	return m.Source.Sample(i, dst)
}

func (m *meeting) done() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read
}

// All workers read at once, and go on reading while the consumer has a batch in hand, so that pictures are
// decoded on all cores while the engine computes.
func TestReadsWhileTheConsumerComputes(t *testing.T) {
	const workers, batch, n = 4, 3, 60
	images, err := NewImages(make([]byte, n), make([]byte, n), []string{"a"}, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := &meeting{Source: struct{ Source }{images}, workers: workers, met: make(chan struct{})} // no Pixels
	l, err := NewLoader(m, nil, batch, workers)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	first := true
	for _, err := range l.Epoch(ctx, All(m), nil, 1) {
		if err != nil {
			t.Fatalf("with %d samples being read at once of %d workers: %v", m.reading, workers, err)
		}
		for ahead := batch * (workers + 2); first && m.done() < ahead; time.Sleep(time.Millisecond) { // all slots
			if ctx.Err() != nil {
				t.Fatalf("%d samples were read while the first batch was in hand; want %d", m.done(), ahead)
			}
		}
		first = false
	}
	if m.done() != n {
		t.Errorf("%d samples read; want %d", m.done(), n)
	}
}
