package data

import (
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// named is a source of two classes or more, of n images a class, whose one pixel is the number of the image
// in the test, counted on from first.
func named(t *testing.T, first, n int, classes ...string) *Images {
	t.Helper()
	var pixels, labels []byte
	for i := range n * len(classes) {
		pixels, labels = append(pixels, byte(first+i)), append(labels, byte(i%len(classes)))
	}
	s, err := NewImages(pixels, labels, classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestJoin compares a join with the rule, sample by sample: an image keeps its class by name, whatever the
// order of the names in the sources; a class comes from the first source that has it.
func TestJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	alphabet := strings.Split("abcdefgh", "")
	for range 200 {
		var sources []Source
		var want [][2]string // image and class
		classes := []string{}
		owner := map[string]int{}
		for _, k := range r.Perm(8)[:1+r.IntN(8)] {
			classes = append(classes, alphabet[k])
		}
		for p, first := 0, 0; p < 1+r.IntN(3); p++ {
			var own []string
			for _, k := range r.Perm(8)[:1+r.IntN(8)] {
				own = append(own, alphabet[k])
				if _, taken := owner[alphabet[k]]; !taken {
					owner[alphabet[k]] = p
				}
			}
			src := named(t, first, 1+r.IntN(3), own...)
			for i := range src.Len() {
				if name := own[src.Label(i)]; owner[name] == p && slices.Contains(classes, name) {
					want = append(want, [2]string{string(src.Pixels(i)), name})
				}
			}
			first += src.Len()
			sources = append(sources, src)
		}
		joined, err := Join(classes, sources...)
		if err != nil {
			t.Fatal(err)
		}
		var got [][2]string
		x := make([]float32, 1)
		for i := range joined.Len() {
			pixel := joined.(Pixels).Pixels(i)
			if err := joined.Sample(i, x); err != nil || x[0] != float32(pixel[0])/255 {
				t.Fatalf("sample %d is %v and %v, %v", i, x, pixel, err)
			}
			got = append(got, [2]string{string(pixel), joined.Classes()[joined.Label(i)]})
		}
		if !slices.Equal(got, want) || !slices.Equal(joined.Classes(), classes) {
			t.Fatalf("%v of %v; want %v of %v", got, joined.Classes(), want, classes)
		}
		for k, p := range Owners(classes, sources...) {
			if first, ok := owner[classes[k]]; ok && first != p || !ok && p != -1 {
				t.Fatalf("class %s is of source %d; want %v", classes[k], p, owner)
			}
		}
	}
}

// A class that a source has in name only, as a test set may, is not taken from the next one.
func TestJoinEmptyClass(t *testing.T) {
	cats, err := NewImages([]byte{1}, []byte{0}, []string{"cat", "dog"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := Join([]string{"dog", "cat"}, cats, named(t, 7, 3, "dog", "cat"))
	if err != nil || joined.Len() != 1 || joined.Label(0) != 1 {
		t.Errorf("%v, %v", Labels(joined), err)
	}
}

// film is a source of pictures that say what they are asked.
type film struct{ *Images }

func (f film) Path(i int) string           { return "picture " + string('0'+f.Images.Pixels(i)[0]) }
func (f film) Entry(i int) (string, int64) { return "a.png", int64(i) }
func (f film) Sum(i int) (s [sha256.Size]byte, read bool) {
	s[0] = f.Images.Pixels(i)[0]
	return s, true
}
func (f film) View(i int, dst []byte, _ *rand.Rand) error { dst[0] = byte(100 + i); return nil }
func (f film) Pixels()                                    {} // so that it is no Pixels

func TestJoinKinds(t *testing.T) {
	a, b := named(t, 0, 2, "x", "y"), named(t, 4, 2, "z", "x")
	pictures, err := Join([]string{"z", "y", "x"}, film{a}, film{b})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := pictures.(Pictures)
	if !ok || p.Len() != 6 {
		t.Fatalf("%T of %d", pictures, pictures.Len())
	}
	dst := make([]byte, 1)
	sum, read := p.Sum(5)
	if p.Path(5) != "picture 6" || p.View(5, dst, nil) != nil || dst[0] != 102 || sum[0] != 6 || !read {
		t.Errorf("%s, %v, %x, %v", p.Path(5), dst, sum, read)
	}
	if name, bytes := p.Entry(5); name != "2/a.png" || bytes != 2 {
		t.Errorf("%s of %d bytes: the same name in two folders is not told apart", name, bytes)
	}
	if some, ok := Subset(pictures, []int{5}).(Pictures); !ok || some.Path(0) != "picture 6" {
		t.Error("a subset of joined pictures is none of pictures")
	}
	mixed, err := Join([]string{"z", "y", "x"}, film{a}, b)
	if _, pictures := mixed.(Pictures); err != nil || pictures || mixed.Len() != 6 {
		t.Errorf("%v, pictures %v", err, pictures)
	}
	if _, pixels := mixed.(Pixels); pixels {
		t.Error("pictures joined with bytes are said to be bytes")
	}
	one, err := Digest(mixed)
	if two, err2 := Digest(a); err != nil || err2 != nil || one == two {
		t.Errorf("%v, %v", err, err2)
	}
}

func TestJoinRefuses(t *testing.T) {
	twice := named(t, 0, 1, "a", "b", "a")
	wide, err := NewImages([]byte{1, 2}, []byte{0}, []string{"a", "b"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for want, sources := range map[string][]Source{
		"shape [2] cannot be joined with samples of shape [1]": {named(t, 0, 1, "a", "b"), wide},
		`two classes are named "a"`:                            {twice},
		"label 7":                                              {labelled{[]int{0, 7}, 2}},
	} {
		if _, err := Join([]string{"a", "b"}, sources...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}

// A folder has one fingerprint whatever its classes were put behind; another label makes another.
func TestFingerprint(t *testing.T) {
	a := film{named(t, 0, 2, "x", "y")}
	moved, err := Join([]string{"y", "x"}, a)
	if err != nil {
		t.Fatal(err)
	}
	both, err := Join([]string{"y", "x", "z"}, a, film{named(t, 4, 2, "z")})
	if err != nil {
		t.Fatal(err)
	}
	corrected := film{named(t, 0, 2, "y", "x")} // two labels, with equal counts
	sum := Fingerprint(a, a)
	if got := Fingerprint(moved, moved); len(sum) != 64 || got != sum {
		t.Errorf("%s, and %s with the classes in another order", sum, got)
	}
	for what, got := range map[string]string{
		"other labels": Fingerprint(corrected, a), "other test labels": Fingerprint(a, corrected), "more pictures": Fingerprint(both, a), "no test part": Fingerprint(a),
	} {
		if got == sum {
			t.Errorf("%s: the same fingerprint", what)
		}
	}
	if got := Fingerprint(named(t, 0, 2, "x", "y"), a); got != "" {
		t.Errorf("of no pictures: %s", got)
	}
}
