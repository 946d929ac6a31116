package pjrt

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// device opens the plugin that LGL_XLA_PLUGIN names.
func device(t *testing.T) *Client {
	t.Helper()
	path := os.Getenv("LGL_XLA_PLUGIN")
	if path == "" {
		t.Skip("LGL_XLA_PLUGIN names no plugin")
	}
	p, err := Open(path, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.NewClient(Option{"preallocate", false})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	major, minor := p.Version()
	t.Logf("%s: PJRT %d.%d, %s, %s", path, major, minor, strings.ReplaceAll(c.PlatformVersion(), "\n", "; "), c.DeviceKind())
	used, limit, err := c.Memory()
	t.Logf("memory: %d of %d, %v", used, limit, err)
	return c
}

const addDonated = `module @add { func.func public @main(%arg0: tensor<2x3xf32> {tf.aliasing_output = 0 : i32}, %arg1: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = "stablehlo.add"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  "func.return"(%0, %arg1) : (tensor<2x3xf32>, tensor<2x3xf32>) -> ()
} }`

// On a real device: a donated input, the cost of a run and of copies.
func TestDevice(t *testing.T) {
	c := device(t)
	began := time.Now()
	add, err := c.Compile(addDonated)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("compiled in %v", time.Since(began))
	x, err := c.Put(floats(1, 2, 3, 4, 5, 6), F32, []int64{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	y, err := c.Put(floats(1, 1, 1, 1, 1, 10), F32, []int64{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	const runs = 1000
	for range runs {
		outs, err := add.Run([]*Buffer{x, y})
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
		outs[1].Close()
		x = outs[0]
	}
	enqueued := time.Since(began)
	if got := fetch(t, x, 6, 2); got[0] != 1+runs || got[5] != 6+10*runs {
		t.Errorf("sums %v", got)
	}
	t.Logf("%d runs: %v each to enqueue, %v each in all", runs, enqueued/runs, time.Since(began)/runs)
	x.Close()
	y.Close()
	if err := add.Close(); err != nil {
		t.Error(err)
	}
	copies(t, c)
}

// copies times copies of 25 MB from ordinary and from pinned memory.
func copies(t *testing.T, c *Client) {
	const u8 = Type(6)
	data := make([]byte, 25<<20)
	for _, pinned := range []bool{false, true} {
		if pinned {
			if err := c.Pin(data); err != nil {
				t.Logf("pin: %v", err)
				continue
			}
		}
		for range 3 {
			began := time.Now()
			b, done, err := c.PutAsync(data, u8, []int64{25 << 20})
			if err != nil {
				t.Fatal(err)
			}
			returned := time.Since(began)
			if err := done.Wait(); err != nil {
				t.Fatal(err)
			}
			waited := time.Since(began)
			t.Logf("25 MB, pinned %v: returned after %v, done after %v", pinned, returned, waited)
			b.Close()
		}
		if pinned {
			if err := c.Unpin(data); err != nil {
				t.Error(err)
			}
		}
	}
}

// Matrix products and a convolution with their gradients, timed: what the device gives at best.
func TestDeviceSpeed(t *testing.T) {
	c := device(t)
	for _, typ := range []string{"f32", "bf16"} {
		for _, precision := range []string{"DEFAULT", "HIGHEST"} {
			const n = 4096
			m := fmt.Sprintf("tensor<%dx%dx%s>", n, n, typ)
			text := fmt.Sprintf(`module @dot { func.func public @main(%%arg0: %[1]s, %%arg1: %[1]s) -> %[1]s {
  %%0 = "stablehlo.dot_general"(%%arg0, %%arg1) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision %[2]s>, #stablehlo<precision %[2]s>]} : (%[1]s, %[1]s) -> %[1]s
  "func.return"(%%0) : (%[1]s) -> ()
} }`, m, precision)
			size, kind := 4, F32
			if typ == "bf16" {
				size, kind = 2, BF16
			}
			took := timeRuns(t, c, text, 2, func() *Buffer {
				b, err := c.Put(make([]byte, n*n*size), kind, []int64{n, n})
				if err != nil {
					t.Fatal(err)
				}
				return b
			})
			t.Logf("%d x %d matrix product, %s, %s: %v, %.0f TFLOP/s", n, n, typ, precision, took, 2*float64(n*n*n)/took.Seconds()/1e12)
		}
	}
}

// timeRuns compiles text and returns the time of a run on so many inputs.
func timeRuns(t *testing.T, c *Client, text string, inputs int, input func() *Buffer) time.Duration {
	t.Helper()
	e, err := c.Compile(text)
	if err != nil {
		t.Errorf("%v", err)
		return time.Hour
	}
	var in []*Buffer
	for range inputs {
		in = append(in, input())
	}
	const runs = 20
	var began time.Time
	for i := range runs + 2 {
		if i == 2 {
			began = time.Now()
		}
		outs, err := e.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 || i == runs+1 {
			there, err := ready(outs[0])
			if err == nil {
				err = there.Wait()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range outs {
			o.Close()
		}
	}
	took := time.Since(began) / runs
	for _, b := range in {
		b.Close()
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return took
}
