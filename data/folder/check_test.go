package folder

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// messy makes a folder with one of each fault.
func messy(t *testing.T) string {
	t.Helper()
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/a/3.png", "train/A/1.png", "train/b/1.png", "val/a/9.png", "val/b/8.png",
		"train/a/loop->.", "train/a/gone.png->nowhere.png", "train/a/text.jpg->../../text.txt", "text.txt", "train/b/empty.gif", "train/b/cut.png",
		"train/a/1.HEIC", "train/a/2.heic", "train/b/3.heic", "train/b/README", "train/b/4.jfif", "train/b/5.JFIF")
	one, err := os.ReadFile(filepath.Join(dir, "train/a/1.png"))
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		"train/b/empty.gif": nil, "train/b/cut.png": one[:60],
		"train/a/twice.png": append(slices.Clone(one), "another end"...), // other bytes, the same pixels
	} {
		if err := os.WriteFile(filepath.Join(dir, path), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for to, from := range map[string]string{"val/b/leak.png": "train/a/2.png", "train/b/conflict.png": "train/a/3.png"} {
		b, err := os.ReadFile(filepath.Join(dir, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestCheck finds each fault, by its file.
func TestCheck(t *testing.T) {
	dir, told := messy(t), 0
	r, err := Check(context.Background(), dir, "", func(_ string, done, _ int) { told = done })
	if err != nil {
		t.Fatal(err)
	}
	if told != 13 {
		t.Errorf("told of %d files; want 13", told)
	}
	whys := map[string]string{
		"train/a/gone.png": "no such file", "train/a/loop": "is a link to", "train/a/text.jpg": "is no picture",
		"train/b/cut.png": "PNG: truncated", "train/b/empty.gif": "is empty",
	}
	if len(r.Unusable) != len(whys) {
		t.Errorf("%d files cannot be used: %v", len(r.Unusable), r.Unusable)
	}
	for _, u := range r.Unusable {
		if !strings.Contains(u.Why, whys[u.Path]) || whys[u.Path] == "" || strings.HasPrefix(u.Why, dir) {
			t.Errorf("%s: %s", u.Path, u.Why)
		}
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"classes", r.Classes, []ClassSize{{"A", 1, 0}, {"a", 4, 1}, {"b", 2, 2}}},
		{"imbalance", r.Imbalance, 4.0},
		{"formats", r.Formats, map[string]int{"PNG": 10}},
		{"smallest", r.Smallest, [2]int{20, 20}},
		{"largest", r.Largest, [2]int{20, 26}},
		{"duplicates", r.Duplicates, [][]string{{"train/a/1.png", "train/a/twice.png"}}},
		{"conflicts", r.Conflicts, [][]Labelled{{{"train/a/2.png", "a"}, {"val/b/leak.png", "b"}}, {{"train/a/3.png", "a"}, {"train/b/conflict.png", "b"}}}},
		{"leaks", r.Leaks, [][]string{{"train/a/2.png", "val/b/leak.png"}}},
		{"alike", r.AlikeClasses, [][]string{{"A", "a"}}},
		{"left out", r.LeftOut, []LeftOut{{".heic", 3, []string{"a", "b"}, "convert them to JPEG"}, {".jfif", 2, []string{"b"}, "name them .jpg"}, {"", 1, []string{"b"}, ""}}},
		{"usable", r.Fault() == nil, false},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v; want %v", c.what, c.got, c.want)
		}
	}
}

// TestQuarantine moves what cannot be used, under its path, and nothing else; the folder can be
// opened then.
func TestQuarantine(t *testing.T) {
	dir := messy(t)
	if _, _, err := Open(t.Context(), dir, "", 8, func(string) {}); err == nil {
		t.Fatal("a messy folder was opened")
	}
	before := everything(t, dir)
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if after := everything(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("Check changed the folder: %v; before %v", after, before)
	}
	taken := filepath.Join(dir, quarantine, "train/b/cut.png") // of an earlier call
	if err := errors.Join(os.MkdirAll(filepath.Dir(taken), 0o755), os.WriteFile(taken, []byte("earlier"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := r.Quarantine(); err != nil || r.Fault() != nil {
		t.Fatalf("usable %v, error %v", r.Fault() == nil, err)
	}
	after := everything(t, dir)
	for _, u := range r.Unusable {
		if after[u.Moved] != before[u.Path] || u.Moved == "" {
			t.Errorf("%s was %q; moved to %s, which is %q", u.Path, before[u.Path], u.Moved, after[u.Moved])
		}
		delete(after, u.Moved)
		delete(before, u.Path)
	}
	if after[".quarantine/train/b/cut.png"] != "earlier" {
		t.Error("the quarantine was written over")
	}
	delete(after, ".quarantine/train/b/cut.png")
	if !reflect.DeepEqual(after, before) {
		t.Errorf("left %v; want %v", after, before)
	}
	if _, _, err := Open(t.Context(), dir, "", 8, func(string) {}); err != nil {
		t.Error(err)
	}
}

// All that is wrong is told at once.
func TestFaults(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/b/3.png", "train/none/", "test/a/4.png->../../text.txt", "text.txt")
	r, err := Check(t.Context(), dir, "", func(string, int, int) {})
	want := "1 of its files cannot be used; lgl data check " + dir + " --fix moves them away. Also: " +
		"none: no picture to train on that can be used; add some, or take the class away. Also: the test set has no picture that can be used"
	if err != nil || r.Fault() == nil || !strings.HasPrefix(r.Fault().Error(), want) {
		t.Errorf("%v: %v; want %s", err, r.Fault(), want)
	}
}

// A folder that may be a level too high or too low is told of.
func TestLevel(t *testing.T) {
	dir := tree(t, "one/train/a/1.png", "one/train/b/2.png", "one/test/a/3.png", "one/test/b/4.png", "two/train/a/5.png", "two/test/a/6.png",
		"val.d/x/1.png", "alone/train/a/1.png", "alone/train/b/2.png")
	for of, want := range map[string]string{
		".":           "DIR: its class one has train and test folders: if it is the data set, --data DIR/one",
		"one/train":   "DIR/one/train: looks like a part of a data set, and is taken for all of it: DIR/one/test lies beside it; for both, --data DIR/one",
		"one/test":    "DIR/one/test: looks like a part of a data set, and is taken for all of it: DIR/one/train lies beside it; for both, --data DIR/one",
		"one":         "",
		"alone/train": "",
	} {
		var said []string
		_, _, err := Open(t.Context(), filepath.Join(dir, of), "", 8, func(line string) { said = append(said, strings.ReplaceAll(line, dir, "DIR")) })
		told := slices.Contains(said, want) || want == "" && !strings.Contains(strings.Join(said, "\n"), "--data")
		if !told {
			t.Errorf("%s: said %q, %v; want %q", of, said, err, want)
		}
	}
}

// A class that is moved away leaves those behind it other numbers.
func TestQuarantineOfClass(t *testing.T) {
	dir := tree(t, "train/a/1.png", "train/a/2.png", "train/c->d", "train/d/3.png", "train/d/4.png")
	r, err := Check(t.Context(), dir, "", func(string, int, int) {})
	if err != nil || len(r.Unusable) != 1 || r.Unusable[0].Path != "train/c" {
		t.Fatalf("%+v, %v", r.Unusable, err)
	}
	if err := r.Quarantine(); err != nil || r.Fault() != nil || r.Unusable[0].Moved != ".quarantine/train/c" {
		t.Errorf("%+v; %v; %v", r.Unusable, err, r.Fault())
	}
	if want := []ClassSize{{"a", 1, 1}, {"d", 1, 1}}; !reflect.DeepEqual(r.Classes, want) {
		t.Errorf("classes %v; want %v", r.Classes, want)
	}
}

// everything returns the content of each file below dir, and where each link leads, by path.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case err != nil || d.IsDir():
			return err
		case d.Type()&os.ModeSymlink != 0:
			all[rel], err = os.Readlink(path)
		default:
			var b []byte
			b, err = os.ReadFile(path)
			all[rel] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A file behind a link to a folder elsewhere is not moved out of there.
func TestQuarantineStaysInside(t *testing.T) {
	elsewhere := tree(t, "bad.jpg->text.txt", "text.txt")
	dir := tree(t, "a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/more->"+elsewhere)
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil || len(r.Unusable) != 1 {
		t.Fatalf("%v, %v", r.Unusable, err)
	}
	if err := r.Quarantine(); err == nil || !strings.Contains(err.Error(), "outside of the folder; 1 file could not be moved away: do it yourself") || r.Fault() == nil {
		t.Errorf("error %v, usable %v", err, r.Fault() == nil)
	}
	if _, err := os.Lstat(filepath.Join(elsewhere, "bad.jpg")); err != nil {
		t.Error(err)
	}
}

// Where the quarantine cannot be made, leads out of the folder or has no free name, all stay, and one line says so.
func TestQuarantineStays(t *testing.T) {
	long := strings.Repeat("x", 251) + ".png"
	elsewhere := t.TempDir()
	for want, path := range map[string]string{
		"not a directory; 2 files could not be moved away":           ".quarantine",
		"path escapes from parent; 2 files could not be moved away":  ".quarantine->" + elsewhere,
		"path escapes from parent; 1 file could not be moved away":   ".quarantine/b->" + elsewhere,
		"file name too long; 1 file could not be moved away: do it ": ".quarantine/a/" + long,
	} {
		dir := tree(t, "a/1.png", "a/2.png", "b/1.png", "b/2.png", "a/"+long+"->../text.txt", "b/bad.png->../text.txt", "text.txt", path)
		r, err := Check(context.Background(), dir, "", func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Quarantine(); err == nil || !strings.Contains(err.Error(), want) || r.Fault() == nil {
			t.Errorf("error %v, usable %v; want %q", err, r.Fault() == nil, want)
		}
		for _, u := range r.Unusable {
			if _, err := os.Lstat(filepath.Join(dir, u.Path)); (err == nil) != (u.Moved == "") {
				t.Errorf("%+v: %v", u, err)
			}
		}
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("%v outside of the folder; %v", left, err)
	}
}

func TestCheckStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, tree(t, "a/1.png", "a/2.png"), "", func(string, int, int) {}); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// Icons that alpha alone draws are all one picture, which is said; and of that long group one of each class and part
// comes first.
func TestCheckFindsIcons(t *testing.T) {
	dir := t.TempDir()
	for i, path := range []string{"train/a/1.png", "train/a/2.png", "train/a/3.png", "train/b/1.png", "test/b/2.png"} {
		icon := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // black
		icon.SetNRGBA(i, i, color.NRGBA{A: 255})
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, path))
		if err == nil {
			err = errors.Join(png.Encode(f, icon), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Blank) != 5 || len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "5 pictures of one colour all over") {
		t.Errorf("%q, %q; want 5 pictures and a note", r.Blank, r.Notes)
	}
	want := [][]string{{"train/a/1.png", "train/b/1.png", "test/b/2.png", "train/a/2.png", "train/a/3.png"}}
	if !reflect.DeepEqual(r.Leaks, want) {
		t.Errorf("%q; want %q", r.Leaks, want)
	}
}
