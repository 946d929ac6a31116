package pjrt

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ebitengine/purego"

	"github.com/local-to-global/lgl/internal/platform"
)

// build compiles a C file of testdata to a shared library.
func build(t *testing.T, file string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "plugin.so")
	compile(t, out, filepath.Join("testdata", file), "-O1", "-lpthread")
	return out
}

// compile compiles a C file to a shared library, or skips the test where there is no compiler.
func compile(t *testing.T, out, file string, flags ...string) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc here to build a plugin with")
	}
	if text, err := exec.Command("gcc", append([]string{"-shared", "-fPIC", "-o", out, file}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
}

func floats(x ...float32) []byte {
	var out []byte
	for _, v := range x {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// adding returns a client of p, its program add, and a buffer of a 1.
func adding(t *testing.T, p *Plugin) (*Client, *Executable, *Buffer) {
	t.Helper()
	c, err := p.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	add, err := c.Compile("add")
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.Put(floats(1), F32, []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	return c, add, x
}

func fetch(t *testing.T, b *Buffer, n, dims int) []float32 {
	t.Helper()
	raw := make([]byte, 4*n)
	done, err := b.Fetch(raw, dims)
	if err == nil {
		err = done.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// ready returns an event that is done when the values are there, or when it is known that they will not come.
func ready(b *Buffer) (*Event, error) {
	const bufferReadyEvent function = 72
	out, err := b.plugin.call(bufferReadyEvent, b.object, 0)
	if err != nil {
		return nil, err
	}
	return &Event{b.plugin, out[1], nil}, nil
}

// The plugin of testdata counts what it made and what was freed, finishes everything late and on
// another thread, and hands an input's memory to an output; Go's collector runs beside it.
func TestPlugin(t *testing.T) {
	path := build(t, "plugin.c")
	p, err := Open(path, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if major, minor := p.Version(); major != 0 || minor != 83 || p.Path() != path {
		t.Errorf("version %d.%d of %s", major, minor, p.Path())
	}
	c, err := p.NewClient(Option{"platform_name", "cuda"}, Option{"preallocate", false}, Option{"node_id", int64(1)}, Option{"memory_fraction", float32(0.5)})
	if err != nil {
		t.Fatal(err)
	}
	if c.DeviceKind() != "host" || c.PlatformVersion() != "host" {
		t.Errorf("device %q, version %q", c.DeviceKind(), c.PlatformVersion())
	}
	if used, limit, err := c.Memory(); used != 1000 || limit != 5000 || err != nil {
		t.Errorf("memory %d of %d, %v", used, limit, err)
	}
	add, err := c.Compile("add", Option{"xla_gpu_deterministic_ops", true}, Option{"n", int64(-3)}, Option{"x", float32(0.5)}, Option{"s", "text"})
	if err != nil || add.outputs != 2 {
		t.Fatalf("%d outputs, %v", add.outputs, err)
	}
	x, err := c.Put(floats(1, 2, 3, 4, 5, 6), F32, []int64{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	data := floats(1, 1, 1, 1, 1, 10)
	y, sent, err := c.PutAsync(data, F32, []int64{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // sums pile up without waiting
		outs, err := add.Run([]*Buffer{x, y})
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
		y.Close()
		x, y = outs[0], outs[1]
		runtime.GC()
	}
	there, err := ready(x)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sent.Wait(), there.Wait()); err != nil || !there.done() {
		t.Fatal(err)
	}
	if got := fetch(t, x, 6, 2); got[0] != 51 || got[5] != 506 {
		t.Errorf("sums %v", got)
	}
	if _, err := x.Fetch(make([]byte, 4), 2); err == nil {
		t.Error("fetched 24 bytes into 4")
	}
	var failure *Error
	if _, err := c.Compile("too large"); !errors.As(err, &failure) || failure.Code != ResourceExhausted || !strings.Contains(err.Error(), "12 GiB") {
		t.Errorf("out of memory: %v", err)
	}
	bad, err := c.Compile("fails")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bad.Run([]*Buffer{x, y}); err == nil || err.Error() != "it fails" {
		t.Errorf("%v", err)
	}
	used := x
	outs, err := add.Run([]*Buffer{x, y})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := add.Run([]*Buffer{used, y}); err == nil {
		t.Error("an input that was used up was taken again")
	}
	for _, b := range append(outs, used, y, nil) {
		b.Close()
	}
	if _, err := add.Run([]*Buffer{used, y}); err == nil || !strings.Contains(err.Error(), "argument 0 is closed") {
		t.Errorf("a closed argument: %v", err)
	}
	if err := c.Pin(data); !errors.As(err, &failure) || failure.Code != Unimplemented || !strings.Contains(err.Error(), "lacks function 110") {
		t.Errorf("this plugin cannot pin: %v", err)
	}
	if err := errors.Join(bad.Close(), add.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	freed(t, path)
}

// freed waits until all of the plugin's objects are: its threads let go of what they read.
func freed(t *testing.T, path string) {
	t.Helper()
	for range 500 {
		if alive(t, path) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d objects were not freed", alive(t, path))
}

// bind sets f to a function of the library at path.
func bind(t *testing.T, path, name string, f any) {
	t.Helper()
	library, err := platform.OpenLibrary(path)
	if err != nil {
		t.Fatal(err)
	}
	symbol, err := library.Symbol(name)
	if err != nil {
		t.Fatal(err)
	}
	purego.RegisterFunc(f, symbol)
}

// alive asks the plugin how many objects were not freed.
func alive(t *testing.T, path string) int {
	var f func() int
	bind(t, path, "alive", &f)
	return f()
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"", "no such file"},
		{"text", "too short"},
		{"int x;", "no GetPjrtApi"},
		{"void *GetPjrtApi(void) { return 0; }", "returned nothing"},
		{"static long a[200] = {1600, 0, 0, 0, 1}; void *GetPjrtApi(void) { return a; }", "speaks PJRT 1.0; want 0.40"},
		{"static long a[200] = {1600, 0, 0, 0, 39L << 32}; void *GetPjrtApi(void) { return a; }", "speaks PJRT 0.39; want 0.40"},
		{"static long a[200] = {80, 0, 0, 0, 83L << 32}; void *GetPjrtApi(void) { return a; }", "has 80 bytes"},
		{"static long a[200] = {1600, 0, 0, 0, 83L << 32}; void *GetPjrtApi(void) { return a; }", "lacks function 3 "},
	} {
		path := filepath.Join(t.TempDir(), "p.so")
		switch c.source {
		case "":
		case "text":
			if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			gcc(t, path, c.source)
		}
		if _, err := Open(path, time.Minute); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v; want %q", c.source, err, c.want)
		}
	}
}

// The bytes of CompileOptionsProto, as protoc's text format gives them back:
// executable_build_options { num_replicas: 1 num_partitions: 1 }
// env_option_overrides { key: "a" value { bool_field: true } }
func TestCompileOptions(t *testing.T) {
	for value, field := range map[any]string{
		true: "\x10\x01", false: "\x10\x00", "b": "\x0a\x01b", int64(300): "\x18\xac\x02", int64(-1): "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		float32(1): "\x21\x00\x00\x00\x00\x00\x00\xf0\x3f",
	} {
		got, err := compileOptions([]Option{{"a", value}})
		entry := "\x0a\x01a\x12" + string(rune(len(field))) + field
		if want := "\x1a\x04\x20\x01\x28\x01\x3a" + string(rune(len(entry))) + entry; err != nil || string(got) != want {
			t.Errorf("%v: % x, %v; want % x", value, got, err, want)
		}
	}
	if _, err := compileOptions([]Option{{"a", 1}}); err == nil || !strings.Contains(err.Error(), "option a is a int") {
		t.Errorf("%v", err)
	}
}
