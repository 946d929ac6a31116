package interpret

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// vector is a case of testdata/vectors.json, which testdata/make_vectors.py writes by PyTorch.
type vector struct {
	Name, Op string
	In       []numbered
	Out      numbered
}

type numbered struct {
	Type   string
	Dims   []int
	Values []float32
}

func (n numbered) shape() Shape { return Shape{n.Type, n.Dims} }

func (n numbered) tensor() Tensor {
	return Tensor{n.Type, n.Dims, encode(n.Type, convert(n.Type, vec[float32](n.Values)))}
}

// wrapped puts one operation on %a, %b, ... into a module.
func wrapped(op string, in []Shape, out Shape) string {
	var args []string
	for i, s := range in {
		args = append(args, "%"+string(rune('a'+i))+": "+s.String())
	}
	return "module @m {\n func.func public @main(" + strings.Join(args, ", ") + ") -> (" + out.String() + ") {\n" +
		"%r = " + op + "\n\"func.return\"(%r) : (" + out.String() + ") -> ()\n}\n}"
}

// Operations compute what PyTorch does: in float32 to within a rounding or two, in bfloat16 bit by
// bit.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 70 {
		t.Errorf("%d vectors; want at least 70", len(all))
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) { v.check(t) })
	}
}

func (v vector) check(t *testing.T) {
	var shapes []Shape
	var in []Tensor
	for _, n := range v.In {
		shapes, in = append(shapes, n.shape()), append(in, n.tensor())
	}
	p, err := Parse(wrapped(v.Op, shapes, v.Out.shape()))
	if err != nil {
		t.Fatal(err)
	}
	outs, err := p.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	got := decode(outs[0].Type, outs[0].Data).(vec[float32])
	if len(got) != len(v.Out.Values) {
		t.Fatalf("%d values; want %d", len(got), len(v.Out.Values))
	}
	allowed := 2e-7
	if v.Out.Type == "bf16" {
		allowed = 0
	}
	for i, want := range v.Out.Values {
		if off := math.Abs(float64(got[i] - want)); !(off <= allowed*math.Abs(float64(want))) {
			t.Errorf("value %d is %v; want %v", i, got[i], want)
		}
	}
}
