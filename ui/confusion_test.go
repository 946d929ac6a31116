package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data/sheet"
	"github.com/local-to-global/lgl/metric"
)

// confusionAnswer is the answer to confusion.
type confusionAnswer struct {
	Stage   int
	Classes []string
	Order   []int
	Groups  []struct {
		Name     string
		From, To int
	}
	Rows  [][3]int
	Total int
}

// Classes of which blocks are taken for each other, and shuffled, come back as blocks.
func TestConfusionFindsBlocks(t *testing.T) {
	for _, k := range []int{9, 25, 100} {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(uint64(k), 1))
		size := int(math.Round(math.Sqrt(float64(k))))
		block := r.Perm(k) // class i is of block block[i] / size
		var cells [][3]int
		total := 0
		for i := range k {
			for j := range k {
				n := r.IntN(2)
				switch {
				case i == j:
					n = 60
				case block[i]/size == block[j]/size:
					n = 5 + r.IntN(3)
				}
				if n > 0 {
					cells = append(cells, [3]int{i, j, n})
					total += n
				}
			}
		}
		made := usual()
		made.classes, made.confuse, made.stages = letters(k), cells, 1
		put(t, dir, "run", logOf(t, made.tell())...)
		s := serve(t, dir)
		s.list()
		var a confusionAnswer
		s.decode("/api/runs/"+idOf("run")+"/confusion", &a)
		if a.Total != total || len(a.Rows) != len(cells) || a.Stage != 1 {
			t.Errorf("%d classes: total %d of %d, %d cells of %d", k, a.Total, total, len(a.Rows), len(cells))
		}
		if sorted := slices.Sorted(slices.Values(a.Order)); len(sorted) != k || sorted[0] != 0 || sorted[k-1] != k-1 || len(slices.Compact(sorted)) != k {
			t.Fatalf("%d classes: order %v is no permutation", k, a.Order)
		}
		if k <= fewClasses && len(a.Groups) != 1 || k > fewClasses && len(a.Groups) != size {
			t.Errorf("%d classes: %d groups", k, len(a.Groups))
		}
		at := 0
		for _, g := range a.Groups {
			if g.From != at || g.To <= g.From || g.Name == "" {
				t.Errorf("groups %v", a.Groups)
			}
			at = g.To
			for _, c := range a.Order[g.From:g.To] {
				if len(a.Groups) > 1 && block[c]/size != block[a.Order[g.From]]/size {
					t.Errorf("%d classes: group %v mixes blocks", k, g)
				}
			}
		}
		for i, c := range a.Order { // blocks stand together, in one group too
			if i > 0 && block[c]/size != block[a.Order[i-1]]/size && slices.ContainsFunc(a.Order[i+1:], func(d int) bool { return block[d]/size == block[a.Order[i-1]]/size }) {
				t.Errorf("%d classes: a block is torn apart in %v", k, a.Order)
				break
			}
			if a.Classes[i] != letters(k)[c] {
				t.Errorf("place %d is class %d, called %q", i, c, a.Classes[i])
			}
		}
		if at != k {
			t.Errorf("groups end at %d of %d", at, k)
		}
	}
}

// Of a network without mistakes there are no groups: nothing says which classes belong together.
func TestConfusionOfAPerfectNetwork(t *testing.T) {
	var cells [][3]int
	for k := range 30 {
		cells = append(cells, [3]int{k, k, 10}, [3]int{k, (k + 1) % 30, 0})
	}
	if got := ordered(cells, 30); len(got) != 1 || !slices.IsSorted(got[0]) || len(got[0]) != 30 {
		t.Errorf("%v; want one group, in the order of the classes", got)
	}
	if got := ordered(append(cells, [3]int{3, 20, 1}), 30); len(got) < 2 {
		t.Errorf("%v; want groups", got)
	}
}

// A network that knows little takes nearly all for a few classes. Classes of a kind, of which each is taken for
// the same two of the kind, or for three that are taken everywhere, still come as groups.
func TestConfusionOfFewPredictions(t *testing.T) {
	const k, kinds, samples = 100, 10, 100
	r := rand.New(rand.NewPCG(3, 4))
	kind := r.Perm(k) // class i is of kind kind[i] % kinds; the first of it in this order are what it is taken for
	for noise := .2; noise < .7; noise += .2 {
		count := map[[2]int]int{}
		for i := range k {
			for range samples {
				to := r.IntN(3)
				if r.Float64() > noise {
					to = slices.Index(kind, kind[i]%kinds+kinds*r.IntN(2))
				}
				count[[2]int{i, to}]++
			}
		}
		var cells [][3]int
		for c, n := range count {
			cells = append(cells, [3]int{c[0], c[1], n})
		}
		groups := ordered(cells, k)
		if len(groups) != kinds {
			t.Fatalf("%d groups", len(groups))
		}
		for _, g := range groups {
			for _, c := range g {
				if len(g) != k/kinds || kind[c]%kinds != kind[g[0]]%kinds {
					t.Fatalf("noise %.1f: a group of %d classes, of other kinds too", noise, len(g))
				}
			}
		}
	}
}

// hellinger against its definition, cell by cell.
func TestHellinger(t *testing.T) {
	cells := [][3]int{{0, 0, 3}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}, {2, 3, 5}} // class 3 has no samples
	got := hellinger(cells, 4)
	p := [4][4]float64{{.75, .25}, {.5, .5}, {0, 0, 0, 1}}
	for i := range 4 {
		for j := range 4 {
			want := 1.
			for c := range 4 {
				want -= math.Sqrt(p[i][c] * p[j][c])
			}
			if !near(got[i][j], want) {
				t.Errorf("%d, %d: %v; want %v", i, j, got[i][j], want)
			}
		}
	}
}

func TestConfusionStages(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	without := usual()
	without.confuse = nil
	put(t, dir, "without", logOf(t, without.tell())...)
	s := serve(t, dir)
	s.list()
	for path, want := range map[string]int{"run/confusion": 200, "run/confusion?stage=1": 200, "run/confusion?stage=2": 200, "run/confusion?stage=3": 404, "run/confusion?stage=x": 400, "without/confusion": 404} {
		name, rest, _ := bytes.Cut([]byte(path), []byte("/"))
		if status, body := s.get("/api/runs/" + idOf(string(name)) + "/" + string(rest)); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// rates against their definition, cell by cell.
func TestRates(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const k = 7
	var n [k][k]int
	var cells [][3]int
	for i := range k {
		for j := range k {
			if n[i][j] = r.IntN(6); n[i][j] > 0 && i != 3 { // class 3 has no samples
				cells = append(cells, [3]int{i, j, n[i][j]})
			} else {
				n[i][j] = 0
			}
		}
	}
	got := rates(cells, k)
	share := func(i, j int) float64 {
		all := 0
		for _, v := range n[i] {
			all += v
		}
		if all == 0 {
			return 0
		}
		return float64(n[i][j]) / float64(all)
	}
	for i := range k {
		for j := range k {
			if want := (share(i, j) + share(j, i)) / 2; i != j && !near(got[i][j], want) || i == j && got[i][j] != 0 {
				t.Errorf("rate %d, %d: %v; want %v", i, j, got[i][j], want)
			}
		}
	}
}

// Of ranks that are shared none is told.
func TestNeighbours(t *testing.T) {
	scores := func(v ...number) (s []score) {
		for i, x := range v {
			s = append(s, score{i, x})
		}
		return s
	}
	for _, c := range []struct {
		in          []score
		most, least string
	}{
		{scores(.1, .3, .2), "[{1 0.3} {2 0.2} {0 0.1}]", "[{0 0.1} {2 0.2} {1 0.3}]"},
		{scores(0, 0, 0, 0, 0, 0, .5), "[{6 0.5}]", "[]"},
		{scores(0, .4, .1, .1, .2, .1, .3, .1), "[{1 0.4} {6 0.3} {4 0.2} {2 0.1} {3 0.1}]", "[{0 0} {2 0.1} {3 0.1} {5 0.1} {7 0.1}]"},
		{scores(0, .2, .2, .2, .2, .2), "[{1 0.2} {2 0.2} {3 0.2} {4 0.2} {5 0.2}]", "[{0 0}]"},
		{nil, "[]", "[]"},
	} {
		if m, l := fmt.Sprint(most(slices.Clone(c.in))), fmt.Sprint(least(slices.Clone(c.in))); m != c.most || l != c.least {
			t.Errorf("%v: most %s, least %s", c.in, m, l)
		}
	}
}

func TestThumbnails(t *testing.T) {
	dir := t.TempDir()
	made := usual()
	made.classes = letters(20)
	run := filepath.Dir(put(t, dir, "run", logOf(t, made.tell())...))
	s := serve(t, dir)
	s.list()
	type about struct {
		Thumbnail *struct {
			Tile    [2]int
			Columns int
		}
	}
	var v about
	path := "/api/runs/" + idOf("run")
	if s.decode(path, &v); v.Thumbnail != nil {
		t.Errorf("none: %+v", v)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, sheet.Columns*9, 2*7))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(run, thumbnailsName)
	for what, c := range map[string]struct {
		content []byte
		status  int
	}{"a picture": {b.Bytes(), 200}, "text": {[]byte("<script>alert(1)</script>"), 404}, "nothing": {nil, 404}, "a page in a picture": {append([]byte("<html>"), b.Bytes()...), 404}} {
		if err := os.WriteFile(file, c.content, 0o644); err != nil {
			t.Fatal(err)
		}
		status, body := s.get(path + "/thumbnails.png")
		if status != c.status || status == 200 && !bytes.Equal(body, c.content) {
			t.Errorf("%s: %d, %d bytes", what, status, len(body))
		}
		v = about{}
		if s.decode(path, &v); (v.Thumbnail != nil) != (c.status == 200) {
			t.Errorf("%s: %+v", what, v)
		}
		if c.status == 200 && (v.Thumbnail.Tile != [2]int{9, 7} || v.Thumbnail.Columns != sheet.Columns) {
			t.Errorf("tiles %+v", *v.Thumbnail)
		}
	}
}

// A run tells what naming the largest class of its test set reaches; one whose log has no confusions tells nothing.
func TestBalance(t *testing.T) {
	for _, cells := range [][][3]int{{{0, 1, 10}, {1, 1, 80}, {2, 2, 10}}, nil} {
		dir := t.TempDir()
		made := usual()
		made.classes, made.confuse, made.stages = letters(3), cells, 1
		put(t, dir, "run", logOf(t, made.tell())...)
		s := serve(t, dir)
		s.list()
		var a struct{ Balance metric.Balance }
		s.decode("/api/runs/"+idOf("run"), &a)
		want := metric.Balance{}
		if cells != nil {
			want = metric.Balance{Mean: 2. / 3, Largest: 1, Share: 0.8, Uneven: true}
		}
		if math.Abs(a.Balance.Mean-want.Mean) > 1e-12 || a.Balance.Largest != want.Largest || a.Balance.Share != want.Share || a.Balance.Uneven != want.Uneven {
			t.Errorf("%v: %+v; want %+v", cells, a.Balance, want)
		}
	}
}
