package augment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What torchvision made is in testdata, by testdata/make_transforms.py.

// lines returns the words of every line of a file.
func lines(t *testing.T, name string) (words [][]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words = append(words, strings.Fields(line))
	}
	return words
}

func number(t *testing.T, word string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// painting reads a PNG of 8-bit colours or grey.
func painting(t *testing.T, name string) *canvas {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	_, isGrey := m.(*image.Gray)
	v := newCanvas(map[bool]int{true: 1, false: 3}[isGrey], m.Bounds().Dy(), m.Bounds().Dx())
	for y := range v.h {
		for x := range v.w {
			r, g, b, _ := m.At(x, y).RGBA()
			for c, value := range []uint32{r, g, b}[:v.c] {
				v.plane(c)[y*v.w+x] = byte(value >> 8)
			}
		}
	}
	return v
}

// named applies torchvision's functional of that name with its own parameter.
func named(t *testing.T, v *canvas, op string, value float64) {
	t.Helper()
	op, v.bilinear = strings.CutPrefix(op, "bilinear-")
	switch op {
	case "Hue":
		v.hue(value)
	case "Brightness", "Contrast", "Color", "Sharpness": // here a factor
		operationNamed(t, op).apply(v, value-1)
	default:
		operationNamed(t, op).apply(v, value)
	}
}

func operationNamed(t *testing.T, name string) operation {
	t.Helper()
	for _, op := range operations {
		if op.name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return operation{}
}

var paintings = []string{"colour", "square", "grey", "flat", "few", "thin"}

// differs returns how many values differ, and by how much the most.
func differs(a, b []byte) (values, most int) {
	for i, v := range a {
		if d := max(int(v), int(b[i])) - min(int(v), int(b[i])); d > 0 {
			values, most = values+1, max(most, d)
		}
	}
	return values, most
}

// Every operation gives the bytes that torchvision gives; where it interpolates, rounding may go the other way in a
// pixel of fifty, as sines and tangents of two libraries differ in the last bit.
func TestOperations(t *testing.T) {
	cases := lines(t, "cases.txt")
	for _, name := range paintings {
		want := painting(t, "want/"+name)
		for i, c := range cases {
			v := painting(t, "images/"+name)
			if want.c != v.c || want.w != v.w || want.h != v.h*len(cases) {
				t.Fatalf("%s: %dx%dx%d; want %dx%dx%d a case", name, want.c, want.h, want.w, v.c, v.h, v.w)
			}
			named(t, v, c[0], number(t, c[1]))
			for k := range v.c {
				got, wanted := v.plane(k), want.plane(k)[i*v.h*v.w:][:v.h*v.w]
				values, most := differs(got, wanted)
				if rounding := v.bilinear && most == 1 && values <= 1+len(got)/50; values > 0 && !rounding {
					t.Errorf("%s of %s, channel %d: %d values differ by up to %d:\n%v\nwant\n%v", c, name, k, values, most, got, wanted)
					break
				}
			}
		}
	}
}

// digest is the SHA-256 of the bytes.
func (v *canvas) digest() string {
	sum := sha256.Sum256(v.pix)
	return hex.EncodeToString(sum[:])
}

// What works pixel by pixel gives the bytes that torchvision gives for all 2^24 colours.
func TestAllColours(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred million colours")
	}
	v := newCanvas(3, 4096, 4096)
	for _, c := range lines(t, "digests.txt") {
		for i := range 1 << 24 {
			v.pix[i], v.pix[i+1<<24], v.pix[i+2<<24] = byte(i), byte(i>>8), byte(i>>16)
		}
		if named(t, v, c[0], number(t, c[1])); v.digest() != c[2] {
			t.Errorf("%s: other bytes than torchvision's", c)
		}
	}
}

// The magnitudes are torchvision's, to a unit in the last place; its int of a shift is ours.
func TestMagnitudes(t *testing.T) {
	for _, c := range lines(t, "magnitudes.txt") {
		op := operationNamed(t, c[1])
		h, w := int(number(t, c[2])), int(number(t, c[3]))
		space := map[string]func(bin, h, w int) float64{"rand": op.rand, "trivial": op.trivial}[c[0]]
		if (c[4] == "1") != op.signed || (space == nil) != (len(c) == 5) {
			t.Errorf("%s: signed %v", c[:5], op.signed)
		}
		for bin, word := range c[5:] {
			got, want := space(bin, h, w), number(t, word)
			if d := got - want; max(d, -d) > 1e-6*max(want, 1) || int(got) != int(want) {
				t.Errorf("%s, bin %d: %v; want %v", c[:4], bin, got, want)
			}
		}
		if len(c) > 5 && len(c) != 5+bins {
			t.Errorf("%s: %d magnitudes", c[:4], len(c)-5)
		}
	}
}

// What torchvision drew and made, one operation after the other.
func TestChains(t *testing.T) {
	for _, c := range lines(t, "chains.txt") {
		v := painting(t, "images/"+c[1])
		last := len(c) - 1
		for _, word := range c[3:last] {
			op, m, _ := strings.Cut(word, ":")
			operationNamed(t, op).apply(v, number(t, m))
		}
		if v.digest() != c[last] {
			t.Errorf("%s: other bytes than torchvision's", c[:last])
		}
	}
}

// alike holds counts of many draws to torchvision's of as many: chi-square of two samples, whose
// expectation is the number of outcomes, its deviation the root of twice that; seeds are fixed.
func alike(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	groups := map[string]float64{} // of outcomes that exclude each other: chi-square
	size := map[string]int{}
	for key := range want {
		if _, ok := got[key]; !ok {
			got[key] = 0
		}
	}
	for key, a := range got {
		group := key[:max(strings.LastIndex(key, " "), 0)]
		a, b := float64(a), float64(want[key])
		groups[group] += (a - b) * (a - b) / (a + b)
		size[group]++
	}
	for group, chi := range groups {
		n := float64(size[group])
		if limit := n + 4*math.Sqrt(2*n); chi > limit {
			t.Errorf("%s %s: chi-square %.0f over %v outcomes; want at most %.0f", what, group, chi, n, limit)
		}
	}
}

// torchvisionDraws are how often torchvision drew what.
func torchvisionDraws(t *testing.T, what string) map[string]int {
	t.Helper()
	text, err := os.ReadFile("testdata/draws.json")
	if err != nil {
		t.Fatal(err)
	}
	var draws map[string]map[string]int
	if err := json.Unmarshal(text, &draws); err != nil || len(draws[what]) == 0 {
		t.Fatalf("%d draws of %s, %v", len(draws[what]), what, err)
	}
	return draws[what]
}

// recording replaces the operations by ones that count what is asked of them.
func recording(t *testing.T, count map[string]int) {
	was := operations
	t.Cleanup(func() { operations = was })
	operations = slices.Clone(was)
	for i, op := range was {
		operations[i].apply = func(_ *canvas, m float64) {
			count[op.name+map[bool]string{true: "-", false: map[bool]string{true: "+", false: "0"}[m > 0]}[m < 0]]++
		}
	}
}

// Operations, magnitudes and signs are drawn as torchvision draws them.
func TestDrawsOfOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for what, p := range map[string]Pipeline{"rand": {Rand: RandAugment{2, 9}}, "trivial": {Trivial: true}} {
		t.Run(what, func(t *testing.T) {
			count := map[string]int{}
			recording(t, count)
			v := painting(t, "images/thin")
			for range 20000 {
				p.paint(v, r)
			}
			alike(t, what, count, torchvisionDraws(t, what))
		})
	}
}

// TrivialAugmentWide draws each operation, of its magnitudes each of the 31, and each sign where it has one, with equal
// probability. Chi-square over the outcomes; the seed is fixed.
func TestDrawsOfMagnitudes(t *testing.T) {
	const draws = 200000
	count, expect := map[string]float64{}, map[string]float64{}
	key := func(name string, m float64) string { return fmt.Sprintf("%s %.4f", name, m+0) } // 0 for -0
	for _, op := range operations {
		for bin := range bins {
			m := 0.0
			if op.trivial != nil {
				m = op.trivial(bin, 0, 0)
			}
			for _, sign := range map[bool][]float64{true: {1, -1}, false: {1, 1}}[op.signed] {
				expect[key(op.name, sign*m)] += draws / float64(len(operations)*bins*2)
			}
		}
	}
	was := operations
	t.Cleanup(func() { operations = was })
	operations = slices.Clone(was)
	for i, op := range was {
		operations[i].apply = func(_ *canvas, m float64) { count[key(op.name, m)]++ }
	}
	v, r := newCanvas(3, 1, 1), rand.New(rand.NewPCG(7, 8))
	for range draws {
		v.trivialAugment(r)
	}
	chi := 0.0
	for outcome, e := range expect {
		chi += (count[outcome] - e) * (count[outcome] - e) / e
	}
	if n := float64(len(expect)); chi > n+4*math.Sqrt(2*n) || len(count) != len(expect) {
		t.Errorf("chi-square %.0f over %v outcomes, %d drawn", chi, n, len(count))
	}
}

// Erased rectangles are drawn as torchvision draws them.
func TestDrawsOfRectangles(t *testing.T) {
	count := map[string]int{}
	r := rand.New(rand.NewPCG(3, 4))
	for _, size := range [][2]int{{32, 32}, {20, 40}, {3, 9}} {
		h, w := size[0], size[1]
		for range 40000 {
			top, left, height, width, ok := erased(h, w, r)
			for _, x := range []struct {
				what         string
				value, cells int
			}{{"top", top, h}, {"left", left, w}, {"height", height, h}, {"width", width, w}} {
				key := fmt.Sprint(x.value * 8 / x.cells)
				if !ok {
					key = "none"
				}
				count[fmt.Sprintf("%dx%d %s %s", h, w, x.what, key)]++
			}
		}
	}
	alike(t, "erase", count, torchvisionDraws(t, "erase"))
}

// The factors of the colour jitter, and their order, are drawn as torchvision draws them.
func TestDrawsOfJitter(t *testing.T) {
	count := map[string]int{}
	r := rand.New(rand.NewPCG(5, 6))
	for range 40000 {
		order, amount := ColorJitter{0.4, 1.5, 0.1, 0.1}.draw(r)
		count[fmt.Sprintf("order %d%d%d%d", order[0], order[1], order[2], order[3])]++
		for i, x := range []struct {
			what   string
			lo, hi float64
		}{{"brightness", 0.6, 1.4}, {"contrast", 0, 2.5}, {"saturation", 0.9, 1.1}, {"hue", -0.1, 0.1}} {
			count[fmt.Sprintf("%s %d", x.what, min(int((amount[i]-x.lo)/(x.hi-x.lo)*10), 9))]++
		}
	}
	alike(t, "jitter", count, torchvisionDraws(t, "jitter"))
}

// The steps of a pipeline are done in the order of torchvision's reference recipe: crop, flip, colours,
// RandAugment, normalisation, erasing.
func TestOrder(t *testing.T) {
	src := painting(t, "images/square")
	p := Pipeline{Crop: 4, Flip: true, Jitter: ColorJitter{.4, .4, .4, .1}, Rand: RandAugment{2, 9},
		Mean: []float32{.5, .4, .3}, Std: []float32{.2, .3, .4}, Erase: Erase{P: .5, Value: 3}}
	in := []int{3, src.h, src.w}
	write, got := p.Pixels(in), make([]float32, len(src.pix))
	for seed := range uint64(50) {
		write(got, src.pix, rand.New(rand.NewPCG(seed, 0)))
		r := rand.New(rand.NewPCG(seed, 0))
		v := newCanvas(3, src.h, src.w)
		down, right, flip := r.IntN(9)-4, r.IntN(9)-4, r.IntN(2) == 1
		for i := range v.pix {
			c, y, x := i/(v.h*v.w), i/v.w%v.h, i%v.w
			if flip {
				x = v.w - 1 - x
			}
			if y, x := y+down, x+right; y >= 0 && y < v.h && x >= 0 && x < v.w {
				v.pix[i] = src.plane(c)[y*v.w+x]
			}
		}
		p.Jitter.apply(v, r)
		p.Rand.apply(v, r)
		want := make([]float32, len(v.pix))
		for i, b := range v.pix {
			c := i / (v.h * v.w)
			want[i] = (float32(b)/255 - p.Mean[c]) / p.Std[c]
		}
		if p.Erase.apply(want, 3, v.h, v.w, r); !slices.Equal(got, want) {
			t.Fatalf("seed %d: another order", seed)
		}
	}
}
