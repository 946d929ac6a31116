package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/picture"
)

// tree makes files in a new folder, and returns it: a path that ends in / is a folder, one with -> a
// link, one of a picture a PNG of its own colours, and any other some text.
func tree(t testing.TB, paths ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, path := range paths {
		path, target, link := strings.Cut(path, "->")
		full := filepath.Join(dir, path)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(target, full)
		case strings.HasSuffix(path, "/"):
			err = os.MkdirAll(full, 0o755)
		case hasEnding(path):
			err = os.WriteFile(full, somePNG(t, i), 0o644)
		default:
			err = os.WriteFile(full, []byte("text"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// somePNG is a picture of 20 x (20 + i) pixels.
func somePNG(t testing.TB, i int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 20, 20+i))
	for j := range m.Pix {
		m.Pix[j] = byte(j * (i + 3))
	}
	m.Set(0, 0, color.NRGBA{byte(i), 1, 2, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// listed returns the files of a source within dir, each behind its class.
func listed(dir string, s *Source) (all []string) {
	for i := range s.Len() {
		rel, _ := filepath.Rel(dir, s.Path(i))
		all = append(all, s.Classes()[s.Label(i)]+" "+filepath.ToSlash(rel))
	}
	return all
}

// TestLayouts reads the parts that a folder has. Classes are those of train, sorted by bytes,
// whatever the other part lacks.
func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		name        string
		files       []string
		train, test string
		said        string
	}{
		{"test", []string{"train/b/1.png", "train/a/2.JPG", "test/a/3.png"}, "a train/a/2.JPG,b train/b/1.png", "a test/a/3.png", ""},
		{"val without a class", []string{"train/a/1.png", "train/b/1.png", "train/c/1.png", "val/c/9.png", "val/a/8.png"},
			"a train/a/1.png,b train/b/1.png,c train/c/1.png", "a val/a/8.png,c val/c/9.png", ""},
		{"both", []string{"train/a/1.png", "test/a/2.png", "val/a/3.png"}, "a train/a/1.png", "a test/a/2.png", "val/ is left out"},
		{"a test folder without classes", []string{"train/a/1.png", "test/2.png", "val/a/3.png"}, "a train/a/1.png", "a val/a/3.png", "DIR/test: left out: 1 picture in no class folder; neither test_labels.csv, test.txt nor --labels says of which class"},
		{"loose pictures", []string{"train/a/1.png", "train/2.png", "train/3.png", "val/a/3.png", "5.png"}, "a train/a/1.png", "a val/a/3.png", "DIR/train: left out: 2 pictures in no class folder: DIR/train/2.png ..."},
		{"sorted by bytes", []string{"train/a/10.png", "train/a/9.png", "train/a/B.png", "train/A/1.png", "train/é/1.png", "test/a/1.png"},
			"A train/A/1.png,a train/a/10.png,a train/a/9.png,a train/a/B.png,é train/é/1.png", "a test/a/1.png", ""},
		{"below, and by link", []string{"train/a/deep/er/1.png", "else/2.png", "train/a/by->../../else", "train/b/3.png->../../else/2.png", "test/a/1.png"},
			"a train/a/by/2.png,a train/a/deep/er/1.png,b train/b/3.png", "a test/a/1.png", ""},
		{"what is no picture", []string{"train/a/1.png", "train/a/.2.png", "train/a/Thumbs.db", "train/.git/x.png", "train/a/notes.txt", "test/a/1.png"},
			"a train/a/1.png", "a test/a/1.png", "left out: 2 files without the ending of a picture"},
		{"a contest's, whose test pictures have no labels", []string{"train/a/1.png", "train/a/2.png", "test/2.png"}, "a train/a/1.png", "a train/a/2.png", "2 pictures, is the test set"},
		{"a folder beside train that is no part", []string{"train/a/1.png", "train/a/2.png", "valid/x.txt", "Raw/1.png"}, "a train/a/1.png", "a train/a/2.png", "2 pictures, is the test set"},
		{"validation beside test", []string{"train/a/1.png", "test/a/2.png", "valid/a/3.png"}, "a train/a/1.png", "a test/a/2.png", ""},
		{"a class behind a link that leads nowhere", []string{"a/1.png", "a/2.png", "c->gone", ".d->gone", "e.png->gone.png"}, "a a/1.png", "a a/2.png", "DIR: left out: 1 link to nowhere: c\n"},
		{"more of them", []string{"train/a/1.png", "train/c,d->gone", "test/a/2.png", "test/b->b", "x->gone"}, "a train/a/1.png", "a test/a/2.png",
			"DIR: left out: 1 link to nowhere: x\nDIR/train: left out: 1 link to nowhere: \"c,d\"\nDIR/test: left out: 1 link to nowhere: b\n"},
		{"classes named as parts are", []string{"train/1.png", "train/2.png", "car/1.png", "car/2.png"}, "car car/1.png,train train/1.png", "car car/2.png,train train/2.png", "2 of all 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opens(t, tree(t, c.files...), "", c.train, c.test, c.said)
		})
	}
}

// opens checks the files of both parts of dir, with commas between, and that what is wanted is said of it; "": nothing is.
func opens(t *testing.T, dir, labels, wantTrain, wantTest, want string) {
	t.Helper()
	said := ""
	train, test, err := Open(t.Context(), dir, labels, 8, func(line string) { said += line + "\n" })
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(listed(dir, train), ","); got != wantTrain {
		t.Errorf("train %s; want %s", got, wantTrain)
	}
	if got := strings.Join(listed(dir, test), ","); got != wantTest {
		t.Errorf("test %s; want %s", got, wantTest)
	}
	if !slices.Equal(train.Classes(), test.Classes()) || !strings.Contains(strings.ReplaceAll(said, dir, "DIR"), want) || want == "" && said != "" {
		t.Errorf("classes %v, %v; said %q", train.Classes(), test.Classes(), said)
	}
}

// TestWrapped finds a data set in the only folder of another, and takes none for one.
func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"d/a/1.png", "d/b/1.png"}, "d"},
		{[]string{"d/train/a/1.png"}, "d"},
		{[]string{"d/e/f/train/a/1.png", "d/e/f/test/a/1.png", "__MACOSX/x.png", "notes.txt"}, "d/e/f"},
		{[]string{"d/1.png", "d/labels.csv"}, "d"},
		{[]string{"train/d/a/1.png", "train/d/b/1.png"}, "train/d"},
		{[]string{"d/1.png", "d/2.png"}, ""},
		{[]string{"d/2024/1.png", "d/2.png"}, ""},
		{[]string{"d/2024/1.png"}, ""},
		{[]string{"d/e/1.png", "d/e/f/1.png", "d/e/g/1.png"}, ""},
	} {
		dir := tree(t, c.files...)
		class := "d"
		if got, _ := filepath.Rel(dir, wrapped(dir, class)); filepath.ToSlash(got) != c.want {
			t.Errorf("%v: %q; want %q", c.files, got, c.want)
		}
	}
}

// TestSplit takes a fifth of each class, rounded, at least one of two, the same ones wherever the
// folder lies, and keeps them when a picture comes.
func TestSplit(t *testing.T) {
	var files []string
	for k, n := range []int{1, 2, 7, 8, 20} {
		for i := range n {
			files = append(files, fmt.Sprintf("class%d/%d.png", k, i))
		}
	}
	chosen := func(files []string) []string {
		dir := tree(t, files...)
		train, test, err := Open(t.Context(), dir, "", 8, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if train.Len()+test.Len() != len(files) {
			t.Errorf("%d and %d of %d", train.Len(), test.Len(), len(files))
		}
		return listed(dir, test)
	}
	first := chosen(files)
	per := make([]int, 5)
	for _, f := range first {
		per[f[5]-'0']++
	}
	if !slices.Equal(per, []int{0, 1, 1, 2, 4}) {
		t.Errorf("%v test pictures of each class", per)
	}
	var names []string
	for _, name := range Fifth(files) {
		names = append(names, name[:6]+" "+name)
	}
	if slices.Sort(names); !slices.Equal(names, first) {
		t.Errorf("by their names %v; want %v", names, first)
	}
	var renamed []string
	for _, name := range files {
		renamed = append(renamed, "of "+name)
	}
	for i, name := range chosen(renamed) {
		if _, own, _ := strings.Cut(name, "/"); i >= len(first) || !strings.HasSuffix(first[i], "/"+own) {
			t.Errorf("of renamed classes %s is tested; want what was of %v", name, first)
		}
	}
	if again := chosen(files); !slices.Equal(again, first) {
		t.Errorf("%v, then %v", first, again)
	}
	more := chosen(append(files, "class4/new.png"))
	stay := slices.DeleteFunc(slices.Clone(first), func(f string) bool { return !slices.Contains(more, f) })
	if len(stay) < len(first)-1 {
		t.Errorf("%v; with one more picture %v", first, more)
	}
}

// TestOpenTest tests all of a folder without a test part, and takes a test part alone; one that has both is as ever.
func TestOpenTest(t *testing.T) {
	for want, files := range map[string][]string{
		"a a/1.png, b b/1.png":           {"a/1.png", "b/1.png"},
		"a train/a/1.png":                {"train/a/1.png"},
		"a test/a/1.png, b test/b/1.png": {"test/a/1.png", "test/b/1.png", "val/a/1.png"},
		"a val/a/1.png":                  {"val/a/1.png"},
		"b test/b/1.png":                 {"train/a/1.png", "train/b/1.png", "test/b/1.png"},
	} {
		dir := tree(t, files...)
		test, err := OpenTest(t.Context(), dir, "", 8, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(listed(dir, test), ", "); got != want {
			t.Errorf("%v: %s; want %s", files, got, want)
		}
	}
}

// TestOpenRefuses names the folder or file, and the way out.
func TestOpenRefuses(t *testing.T) {
	for want, files := range map[string][]string{
		"pictures and their classes in DIR/labels.csv":           {"1.png"},
		"has no folder for each class":                           {"1.png"},
		"train/b: has no pictures":                               {"train/a/1.png", "train/b/x.txt", "test/a/1.png"},
		`test/c: DIR/train has no class "c"`:                     {"train/a/1.png", "test/c/1.png"},
		`no class "A " (it has "a": if that is the same, give`:   {"train/a/1.png", "train/b/1.png", "test/A /1.png"},
		"DIR/test: has no pictures":                              {"train/a/1.png", "test/a/"},
		"no train folder with a folder for each class":           {"test/a/1.png", "a/1.png"},
		`the folder "a\nb" has a name that cannot be printed`:    {"a\nb/1.png", "c/1.png"},
		"the folder \"\\xff\" has a name that cannot be printed": {"\xff/1.png", "c/1.png"},
		"a/loop: is a link to DIR/a, whose pictures are read":    {"a/1.png", "a/loop->../a"},
		"b: is a link to DIR/a, whose pictures are read":         {"a/1.png", "b->a"},
		"a: is a link to DIR/z, whose pictures are read":         {"a->z", "z/1.png"},
		"a/up: is a link to DIR, whose pictures are read":        {"a/1.png", "a/up->..", "b/1.png"},
		"x/l: is a link to DIR/y, whose pictures are read":       {"x/1.png", "x/l->../y", "y/m->../x"},
		"b/two: is DIR/train/a/one, which was read already":      {"train/a/1.png", "train/a/one->../../else", "train/b/two->../../else", "else/2.png"},
		"test: too many levels of symbolic links":                {"train/a/1.png", "test->test"},
		"test: no such file or directory; mend the link, or":     {"train/a/1.png", "test->gone"},
		"too many levels of symbolic links; delete it":           {"a/1.png", "a/2.png->2.png"},
		"mend the link; lgl data check DIR lists all such files": {"a/1.png", "a/2.png->gone.png"},
		"one picture of each class; want at least two":           {"a/1.png", "b/1.png"},
		"Training and Testing look like parts, not classes":      {"Training/a/1.png", "Testing/a/1.png"},
		"train and test look like parts, not classes":            {"train/a.1.png", "test/1.png"},
		"DIR/val: has no label file":                             {"train/a/1.png", "train/a/2.png", "val/1.png"},
		"DIR/valid: looks like a test set; name the folder":      {"train/a/1.png", "train/a/2.png", "valid/a/1.png"},
		"2 of 4 files cannot be used: lgl data check DIR lists":  {"a/1.png", "a/2.png", "b/bad.jpg->../x.txt", "b/worse.jpg->../x.txt", "x.txt"},
		`b/bad.jpg: is no picture: it begins with "text"`:        {"a/1.png", "a/2.png", "b/bad.jpg->../x.txt", "x.txt"},
		"a/d.png: is a device; want a regular file":              {"a/1.png", "a/d.png->/dev/zero"},
	} {
		dir := tree(t, files...)
		_, _, err := Open(t.Context(), dir, "", 8, func(string) {})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir, "DIR"), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}

// load reads the picture at path and writes the view that evaluation takes.
func load(path string, n int, dst []float32) error {
	p, err := picture.Decode(path)
	if err != nil {
		return err
	}
	p.Centre(n).Planes(dst)
	return nil
}

// TestSource gives evaluation's view of each picture, and the same from memory and from the file.
func TestSource(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/b/3.png", "test/a/4.png")
	train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	forgetful, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	forgetful.memory.left.Store(0)
	want, got := make([]float32, 3*8*8), make([]float32, 3*8*8)
	for _, s := range []*Source{train, train, forgetful} {
		for i := range s.Len() {
			if err := load(s.Path(i), 8, want); err != nil {
				t.Fatal(err)
			}
			if err := s.Sample(i, got); err != nil || !slices.Equal(got, want) {
				t.Errorf("sample %d: %v; error %v", i, got, err)
			}
		}
	}
	if left := train.memory.left.Load(); left != mostKept-3*int64(len(want)) {
		t.Errorf("%d bytes of memory left", left)
	}
	view, again := make([]byte, len(want)), make([]byte, len(want))
	for i := range 3 {
		for range 2 {
			a, b := rand.New(rand.NewPCG(1, uint64(i))), rand.New(rand.NewPCG(1, uint64(i)))
			if err := train.View(i, view, a); err != nil {
				t.Fatal(err)
			}
			if err := forgetful.View(i, again, b); err != nil || !slices.Equal(view, again) {
				t.Errorf("view %d: %v; error %v", i, view, err)
			}
		}
		if err := errors.Join(train.Sample(i, want), train.View(i, view, nil)); err != nil {
			t.Fatal(err)
		}
		for j, b := range view {
			if want[j] != float32(b)/255 {
				t.Fatalf("view %d without a generator is not that of evaluation", i)
			}
		}
	}
}

// Random views take the scaled picture, from memory or not; evaluation the whole one.
func TestDraftViews(t *testing.T) {
	if _, err := picture.JPEGLibrary(); err != nil {
		if os.Getenv("LGL_REQUIRE_TURBOJPEG") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := tree(t, "train/a/1.png", "val/a/1.png")
	b, err := os.ReadFile("../picture/testdata/pictures/large.jpg") // 331 x 240
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "train/a/2.jpg"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	const n = 32
	train, _, err := Open(t.Context(), dir, "", n, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	half, err := picture.DecodeAtLeast(b, 2*n)
	if err != nil || half.H != 120 {
		t.Fatalf("%dx%d, %v", half.W, half.H, err)
	}
	whole, err := picture.DecodeBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	got, want := make([]float32, 3*n*n), make([]float32, 3*n*n)
	gotView, wantView := make([]byte, 3*n*n), make([]byte, 3*n*n)
	for range 2 {
		half.Reduced(2*n).Random(n, rand.New(rand.NewPCG(1, 2))).Split(wantView)
		if err := train.View(1, gotView, rand.New(rand.NewPCG(1, 2))); err != nil || !slices.Equal(gotView, wantView) {
			t.Errorf("view: %v", err)
		}
		whole.Centre(n).Planes(want)
		if err := train.Sample(1, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("sample: %v", err)
		}
	}
}

// TestLoads loads views with a loader, through a subset, the same with any number of workers; the
// transform of evaluation gets samples.
func TestLoads(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/b/3.png", "train/b/4.png", "test/a/5.png")
	train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	some := data.Subset(train, []int{3, 1, 0})
	load := func(p augment.Pipeline, workers int, seed uint64) (x []float32) {
		l, err := data.NewLoader(some, p, 2, workers)
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range l.Epoch(context.Background(), []int{0, 1, 2}, nil, seed) {
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, b.X...)
		}
		return x
	}
	random := augment.Pipeline{View: true, Flip: true}
	one := load(random, 1, 7)
	if !slices.Equal(one, load(random, 4, 7)) || slices.Equal(one, load(random, 1, 8)) {
		t.Error("views depend on the workers, or not on the seed")
	}
	want := make([]float32, 3*8*8)
	if err := train.Sample(3, want); err != nil {
		t.Fatal(err)
	}
	if got := load(augment.Pipeline{}, 2, 7)[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	images, err := data.NewImages(make([]byte, 3), []byte{0}, []string{"a"}, 3, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := data.NewLoader(images, augment.Pipeline{View: true}, 1, 1); err == nil || !strings.Contains(err.Error(), "no pictures in files") {
		t.Errorf("views of images in memory: %v", err)
	}
}

// TestDigest knows data by the names and sizes of their files, opens none, and not by their time; what
// they hold is known once they were read, and a file that changed is named.
func TestDigest(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/b/3.png", "test/a/4.png")
	source := func() *Source {
		train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		return train
	}
	digest := func(s *Source) string {
		sum, err := data.Digest(data.Subset(s, []int{0, 1, 2}))
		if err != nil {
			t.Fatal(err)
		}
		if _, read := s.Sum(1); read {
			t.Error("the digest has read a file")
		}
		return sum
	}
	train, dst := source(), make([]float32, 3*8*8)
	first := digest(train)
	path := filepath.Join(dir, "train/a/2.png")
	if err := os.WriteFile(path, append(somePNG(t, 1), 0), 0o644); err != nil { // the same picture, and a byte
		t.Fatal(err)
	}
	if digest(source()) == first {
		t.Error("another size, the same digest")
	}
	if err := train.Sample(1, dst); err == nil || !strings.Contains(err.Error(), path+": was written to since") {
		t.Errorf("error %v for a file that changed", err)
	}
	for _, missing := range []string{path, dir} { // the file, then the whole folder
		away := dir + "-away"
		if err := os.Rename(missing, away); err != nil {
			t.Fatal(err)
		}
		if err := train.Sample(1, dst); err == nil || err.Error() != missing+": is no longer there; put it back, and leave the folder as it is during a run" {
			t.Errorf("error %v; want that %s is gone", err, missing)
		}
		if err := os.Rename(away, missing); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(path, somePNG(t, 1), 0o644), os.Chtimes(path, time.Time{}, time.Unix(1, 0))); err != nil {
		t.Fatal(err)
	}
	train = source()
	if digest(train) != first {
		t.Error("another time, another digest")
	}
	if err := train.Sample(1, dst); err != nil {
		t.Fatal(err)
	}
	if sum, ok := train.Sum(1); !ok || sum != sha256.Sum256(somePNG(t, 1)) {
		t.Errorf("%x, %v; want the file's SHA-256", sum, ok)
	}
	if _, ok := train.Sum(0); ok {
		t.Error("a file that was not read has a SHA-256")
	}
}

// A file that changes behind its size and time is named when it is read again, in the process that read
// it and in one that is held to it.
func TestHeld(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "test/a/4.png")
	open := func() *Source {
		train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		train.memory.left.Store(0)
		return train
	}
	path := filepath.Join(dir, "train/a/2.png")
	if err := os.WriteFile(path, append(somePNG(t, 1), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	train, dst := open(), make([]float32, 3*8*8)
	r := rand.New(rand.NewPCG(1, 2))
	if err := train.Sample(1, dst); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path, append(somePNG(t, 1), 2), 0o644), os.Chtimes(path, time.Time{}, info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if err := train.Sample(1, dst); err == nil || !strings.Contains(err.Error(), path+": was written to since") {
		t.Errorf("read again: error %v", err)
	}
	if _, err := data.Held(train, train.Sum); err != nil {
		t.Error(err)
	}
	now := open()
	all, err := data.Held(now, train.Sum)
	if err != nil {
		t.Fatal(err)
	}
	held := data.Subset(all, []int{1, 0}).(data.Pictures)
	if err := held.Sample(1, dst); err != nil {
		t.Errorf("a file that was not read: %v", err)
	}
	for _, err := range []error{held.Sample(0, dst), held.View(0, make([]byte, 3*8*8), r)} {
		if err == nil || !strings.Contains(err.Error(), path+": is not what it was when the run read it first") {
			t.Errorf("held: error %v", err)
		}
	}
	if _, err := data.Held(now, train.Sum); err == nil || !strings.Contains(err.Error(), path+": is not what it was") {
		t.Errorf("read already: error %v", err)
	}
}

// A picture that neither the header nor the end gives away is refused when it is decoded, by its name.
func TestDamagedSample(t *testing.T) {
	dir := tree(t, "train/a/1.png", "test/a/4.png")
	path := filepath.Join(dir, "train/a/1.png")
	b := somePNG(t, 1)
	b[len(b)-14] ^= 1 // of the checksum of the pixels
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	err = train.Sample(0, make([]float32, 3*8*8))
	if err == nil || !strings.Contains(err.Error(), path+": PNG: png: invalid format: invalid checksum") || !strings.Contains(err.Error(), "lgl data check") {
		t.Errorf("error %v", err)
	}
}

// A picture that was cut short is told when the folder is opened; one with something behind its end is a picture.
func TestCutShort(t *testing.T) {
	jpeg, err := os.ReadFile("../picture/testdata/pictures/420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string][]byte{"x.png": somePNG(t, 1), "x.jpg": jpeg} {
		dir := tree(t, "train/a/1.png", "test/a/4.png")
		path := filepath.Join(dir, "train/a", name)
		for _, c := range []struct {
			content []byte
			want    string
		}{
			{whole, ""},
			{append(slices.Clone(whole), "trailer"...), ""},
			{whole[:len(whole)-1], ": truncated: it ends after"},
			{whole[:len(whole)*3/4], ": truncated: it ends after"},
			{append(whole[:len(whole)*3/4:len(whole)*3/4], "IEND\xaeB`"...), name},
		} {
			if err := os.WriteFile(path, c.content, 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, err := Open(t.Context(), dir, "", 8, func(string) {})
			if ok := err == nil; ok != (c.want == "") || !ok && (!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "1 of 3 files cannot be used")) {
				t.Errorf("%s of %d bytes, of %d: %v; want %q", name, len(c.content), len(whole), err, c.want)
			}
		}
	}
}
