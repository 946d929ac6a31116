package folder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// labelledTree is tree, and a label file with that text; of nested ones / is made a folder.
func labelledTree(t testing.TB, name, text string, paths ...string) string {
	t.Helper()
	dir := tree(t, paths...)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestLabels takes the classes from a file: of a whole folder, and of a flat validation folder beside
// training folders, in all forms that it may have. A class that is missing there shifts no label.
func TestLabels(t *testing.T) {
	flat := []string{"1.png", "2.png", "deep/3.png", "4.png", "5.png", "6.png", "loose.png"}
	ilsvrc := []string{"train/n01/a.png", "train/n02/b.png", "train/n03/c.png", "val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000002.JPEG"}
	for _, c := range []struct {
		name, file, text, given string
		files                   []string
		train, test, said       string
	}{
		{"three parts", "labels.csv", "file,label,split\n1.png,cat,train\n2.png,ant,train\n./deep/3.png,ant,test\n4.png,cat,val\n5.png,dog,train\n", "", flat,
			"ant 2.png,cat 1.png,dog 5.png", "ant deep/3.png", "labels.csv: what is of split test is the test set; val is left out"},
		{"columns in another order, a BOM, quotes", "labels.csv", "\ufeffsplit,label,file\r\ntrain,\"a, b\",1.png\r\nval,\"a, b\",2.png\r\ntrain,\" \"\"x\"\"\",4.png\r\n", "", flat,
			`"x" 4.png,a, b 1.png`, "a, b 2.png", "DIR: left out: 4 pictures that DIR/labels.csv does not label: DIR/5.png ..."},
		{"semicolons, as German Excel has them", "labels.csv", "\ufefffile;label;split\r\n1.png;\"a; b, c\";train\r\n2.png;\"a; b, c\";test\r\n4.png;d;train\r\n", "", flat,
			"a; b, c 1.png,d 4.png", "a; b, c 2.png", "DIR: left out: 4 pictures"},
		{"tabs", "labels.csv", "file\tlabel\n1.png\ta, b\n2.png\ta, b\n4.png\td\n", "", flat,
			"a, b 1.png,d 4.png", "a, b 2.png", "DIR: left out: 4 pictures"},
		{"blanks, which are no part of a class, nor of a name that has none", "labels.csv", "file, label ,split\n1.png, cat,train\n2.png,cat\u00a0, train \n deep/3.png ,cat,test\n\" 4.png\",dog,train\n", "", append([]string{" 4.png"}, flat...),
			"cat 1.png,cat 2.png,dog  4.png", "cat deep/3.png", "DIR: left out: 4 pictures that DIR/labels.csv does not label: DIR/4.png ..."},
		{"no parts", "names.csv", "file,label\n1.png,b\n2.png,b\ndeep/3.png,a\n4.png,a\n5.png,a\n", "names.csv", flat,
			"a 4.png,a 5.png,b 1.png", "a deep/3.png,b 2.png", "DIR/names.csv tells no test set apart: a fifth of each class, 2 of all 5 pictures, is the test set"},
		{"labels beside class folders", "labels.csv", "what,ever\n", "", []string{"train/a/1.png", "test/a/2.png"}, "a train/a/1.png", "a test/a/2.png",
			"DIR/labels.csv: left out: the classes are the folders in DIR/train, unless --labels DIR/labels.csv says otherwise"},
		{"labels of what lies in folders that are no classes", "mine.csv", "file,label,split\ntrain/2023/1.png,a,train\ntrain/2024/1.png,b,train\ntest/x/2.png,b,test\n", "mine.csv",
			[]string{"train/2023/1.png", "train/2024/1.png", "test/x/2.png"}, "a train/2023/1.png,b train/2024/1.png", "b test/x/2.png", "DIR: the pictures have their labels from DIR/mine.csv"},
		{"Kaggle's", "LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000002,n03 85 1 499 272 \nILSVRC2012_val_00000001,n01 1 2 3 4 n01 1 2 3 4\n", "", ilsvrc,
			"n01 train/n01/a.png,n02 train/n02/b.png,n03 train/n03/c.png", "n01 val/ILSVRC2012_val_00000001.JPEG,n03 val/ILSVRC2012_val_00000002.JPEG", "DIR/val: the pictures have their labels from DIR/LOC_val_solution.csv"},
		{"Caffe's", "val.txt", "ILSVRC2012_val_00000001.JPEG n03\n\nILSVRC2012_val_00000002.JPEG\tn02\n", "", ilsvrc,
			"n01 train/n01/a.png,n02 train/n02/b.png,n03 train/n03/c.png", "n02 val/ILSVRC2012_val_00000002.JPEG,n03 val/ILSVRC2012_val_00000001.JPEG", "from DIR/val.txt"},
		{"val_labels.csv, and a test folder without", "val_labels.csv", "file,label\nILSVRC2012_val_00000002.JPEG,n02\n", "", append([]string{"test/9.png"}, ilsvrc...),
			"n01 train/n01/a.png,n02 train/n02/b.png,n03 train/n03/c.png", "n02 val/ILSVRC2012_val_00000002.JPEG", "DIR/test: left out: 1 picture in no class folder"},
		{"asked for", "mine.csv", "file,label\nILSVRC2012_val_00000002.JPEG,n02\n", "mine.csv", ilsvrc,
			"n01 train/n01/a.png,n02 train/n02/b.png,n03 train/n03/c.png", "n02 val/ILSVRC2012_val_00000002.JPEG", "DIR/val: left out: 1 picture that DIR/mine.csv does not label: DIR/val/ILSVRC2012_val_00000001.JPEG ..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := labelledTree(t, c.file, c.text, c.files...)
			for i, path := range c.files { // tree makes texts of .JPEG that are no endings of its own
				if strings.HasSuffix(path, ".JPEG") {
					if err := os.WriteFile(filepath.Join(dir, path), somePNG(t, i), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			given := ""
			if c.given != "" {
				given = filepath.Join(dir, c.given)
			}
			opens(t, dir, given, c.train, c.test, c.said)
		})
	}
}

// What is wrong with a label file is told by its line.
func TestLabelsRefused(t *testing.T) {
	for want, text := range map[string]string{
		`labels.csv:1: its first line is "id,class"; want a header of the columns file, label`:                                                "id,class\n1.png,a\n",
		`labels.csv:1: its first line is "file;label,split"; want a header`:                                                                   "file;label,split\n1.png;a,train\n",
		`labels.csv:3: found 3 fields; want 2, as the first line has (a ';' within one: "dog; asleep")`:                                       "file;label\n1.png;a\n2.png;b;c\n",
		`labels.csv:1: its first line is "1.png,a"`:                                                                                           "1.png,a\n2.png,b\n",
		`labels.csv:1: its first line is "file,split"; want a header with the columns`:                                                        "file,split\n1.png,train\n",
		`labels.csv:1: its first line is "file,label,file"`:                                                                                   "file,label,file\n1.png,a,x\n",
		`labels.csv:1: its first line is ""`:                                                                                                  "",
		"labels.csv: labels no picture":                                                                                                       "file,label\n",
		"labels.csv:3: found 1 fields; want 2":                                                                                                "file,label\n1.png,a\n2.png\n",
		`labels.csv:2: bare " in non-quoted-field: one that begins a field stands right behind the ','`:                                       "file,label\n1\"x.png,a\n",
		`labels.csv:4: "./1.png" is also in line 2; want each picture once`:                                                                   "file,label\n1.png,a\n2.png,b\n./1.png,b\n",
		`labels.csv:3: the file "../1.png"; want the path of a picture within DIR`:                                                            "file,label\n1.png,a\n../1.png,b\n",
		`labels.csv:2: the file "/etc/passwd"; want`:                                                                                          "file,label\n/etc/passwd,a\n",
		`labels.csv:2: the file "deep/../../x.png"; want`:                                                                                     "file,label\ndeep/../../x.png,a\n",
		`labels.csv:2: the file ""; want`:                                                                                                     "file,label\n,a\n",
		`labels.csv:2: the class ""; want a name that can be printed`:                                                                         "file,label\n1.png,\n2.png,a\n",
		`labels.csv:2: the class "a\nb"; want`:                                                                                                "file,label\n1.png,\"a\nb\"\n2.png,a\n",
		"labels.csv:3: stat DIR/gone.png: no such file or directory; put it there, or take the line out; not there: 2 of 3 files":             "file,label\n1.png,a\ngone.png,a\nalso.png,b\n",
		"labels.csv: none of the 2 files that it labels is there: the first, in line 2, would be DIR/images/1.png; paths are relative to DIR": "file,label\nimages/1.png,a\nimages/2.png,b\n",
		`labels.csv:2: stat DIR/a  b.png: no such file or directory (there is "a b.png": if that is the same, give both one name)`:            "file,label\na  b.png,a\ndeep/3.png,b\n",
		`labels.csv: none of the 2 files that it labels is there: the first, in line 2, would be DIR/a  b.png (there is "a b.png": if that is the same, give both one name); paths are relative`: "file,label\na  b.png,a\n3.png,b\n",
		"labels.csv:2: DIR/deep: is a directory; want a picture":       "file,label\ndeep,a\n1.png,b\n",
		`labels.csv:3: split "Train"; want train, val, test`:           "file,label,split\n1.png,a,train\n2.png,a,Train\n",
		`labels.csv:3: split train of DIR/labels.csv has no class "b"`: "file,label,split\n1.png,a,train\n2.png,b,test\n",
		"labels.csv: has no picture of split train":                    "file,label,split\n1.png,a,test\n2.png,b,test\n",
		"labels.csv: is not UTF-8; save it in that encoding":           "file,label\n1.png,caf\xe9\n",
	} {
		dir := labelledTree(t, "labels.csv", text, "1.png", "2.png", "deep/3.png", "a b.png")
		_, _, err := Open(t.Context(), dir, "", 8, func(string) {})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir, "DIR"), "DIR/"+want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
	dir := labelledTree(t, "val.txt", "1.png N01\n", "train/n01/1.png", "val/1.png")
	if _, _, err := Open(t.Context(), dir, "", 8, func(string) {}); err == nil || !strings.Contains(err.Error(), `has no class "N01" (it has "n01": if that is the same`) {
		t.Errorf("another case: %v", err)
	}
	dir = labelledTree(t, "val.txt", "1.png 490\n", "train/n01/1.png", "val/1.png")
	if _, _, err := Open(t.Context(), dir, "", 8, func(string) {}); err == nil || !strings.Contains(err.Error(), `val.txt:1: `+dir+`/train has no class "490"`) {
		t.Errorf("a number for a class: %v", err)
	}
	dir = labelledTree(t, "truth.txt", "490\n361\n", "train/n01/1.png", "val/1.png")
	if _, _, err := Open(t.Context(), dir, dir+"/truth.txt", 8, func(string) {}); err == nil || !strings.Contains(err.Error(), `truth.txt:1: found "490"; want the name of a picture, a space and its class`) {
		t.Errorf("the devkit's numbers: %v", err)
	}
}

// someLabels are label files of each kind.
var someLabels = []string{
	"file,label,split\n1.png,cat,train\n\"deep/2.png\",\"a, b\",test\n", "file;label\n1.png;cat\n", "ImageId,PredictionString\nILSVRC2012_val_00000001,n01 1 2 3 4 \n", "a.png n01\nb c.png\tn02\n",
}

// checkRows fails unless each row has a line, and each of a file that was split a part.
func checkRows(t *testing.T, l labels) {
	t.Helper()
	for _, w := range l.rows {
		if w.line < 1 || l.split && !slices.Contains(partsOf, w.part) {
			t.Errorf("row %+v", w)
		}
	}
}

// Damaged label files are refused or read.
func TestDamagedLabels(t *testing.T) {
	var files [][]byte
	for _, text := range someLabels {
		files = append(files, []byte(text))
	}
	dir := t.TempDir()
	mutate.Each(t, 1<<20, files, func(t *testing.T, b []byte) error {
		var errs []error
		for _, name := range []string{"x.csv", "x.txt"} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			l, err := readLabels(path)
			if err == nil {
				checkRows(t, l)
				return nil
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
}

func FuzzLabels(f *testing.F) {
	for _, text := range someLabels {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, csv bool) {
		path := filepath.Join(t.TempDir(), map[bool]string{true: "x.csv", false: "x.txt"}[csv])
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if l, err := readLabels(path); err == nil {
			checkRows(t, l)
		}
	})
}

// A labelled picture that cannot be used is moved away, and the folder can be opened then, with the same
// label file.
func TestLabelsQuarantine(t *testing.T) {
	dir := labelledTree(t, "labels.csv", "file,label\n1.png,a\n2.png,a\n3.png,b\n4.png,b\n5.png,b\ngone.png,b\n", "1.png", "2.png", "3.png", "4.png", "5.png->text.txt", "text.txt")
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil || len(r.Unusable) != 2 || r.Unusable[0].Path != "5.png" || !strings.Contains(r.Unusable[1].Why, "labels.csv:7") {
		t.Fatalf("%+v, %v", r.Unusable, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gone.png"), nil, 0o644); err != nil { // there, and empty
		t.Fatal(err)
	}
	if r, err = Check(context.Background(), dir, "", func(string, int, int) {}); err != nil || len(r.Unusable) != 2 {
		t.Fatalf("%+v, %v", r.Unusable, err)
	}
	if err := r.Quarantine(); err != nil || r.Fault() != nil || r.Train+r.Test != 4 {
		t.Fatalf("usable %v, %d and %d, %v", r.Fault() == nil, r.Train, r.Test, err)
	}
	said := ""
	train, test, err := Open(t.Context(), dir, "", 8, func(line string) { said += line })
	if err != nil || train.Len()+test.Len() != 4 || !strings.Contains(said, "2 pictures that it labels, moved to") {
		t.Errorf("%v; said %q", err, said)
	}
}

// Where a folder is split, the parts are counted after what cannot be used is gone.
func TestQuarantineCountsAnew(t *testing.T) {
	files := []string{"b/1.png", "b/2.png"}
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		files = append(files, "a/"+n+".png")
	}
	for _, n := range []string{"x", "y", "z", "w"} {
		files = append(files, "a/bad"+n+".png->../text.txt")
	}
	dir := tree(t, append(files, "text.txt")...)
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Quarantine(); err != nil {
		t.Fatal(err)
	}
	train, test, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil || r.Train != train.Len() || r.Test != test.Len() || r.Classes[0].Train+r.Classes[0].Test != 8 || !strings.Contains(strings.Join(r.Notes, " "), "3 of all 10 pictures") {
		t.Errorf("%+v; opened %d and %d, %v", r, train.Len(), test.Len(), err)
	}
}

// To test on alone a label file needs no rows to train on.
func TestOpenTestOfLabels(t *testing.T) {
	for text, want := range map[string]string{
		"file,label,split\n1.png,a,test\n2.png,b,test\ndeep/3.png,b,val\n": "a 1.png,b 2.png",
		"file,label,split\n1.png,a,val\n2.png,b,val\n":                     "a 1.png,b 2.png",
		"file,label,split\n1.png,a,train\n2.png,a,test\n":                  "a 2.png",
		"file,label\n1.png,a\n2.png,b\n":                                   "a 1.png,b 2.png",
	} {
		dir := labelledTree(t, "labels.csv", text, "1.png", "2.png", "deep/3.png")
		test, err := OpenTest(t.Context(), dir, "", 8, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(listed(dir, test), ","); got != want {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
}

// Names that look the same are pointed out: by case, and by how an accent is written.
func TestAlike(t *testing.T) {
	got := Alike([]string{"Cafe\u0301", "b", "caf\u00e9", "CAF\u00c9", "x", "a  b", "A b ", "ab"})
	if want := [][]string{{"Cafe\u0301", "caf\u00e9", "CAF\u00c9"}, {"a  b", "A b "}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// A line of labels whose picture is not there, or is a folder, has nothing to be moved; a link that leads nowhere
// has. What else cannot be used is told although no class is left with two pictures.
func TestQuarantineLeavesLabels(t *testing.T) {
	dir := labelledTree(t, "labels.csv", "file,label\n1.png,a\ngone.png,a\ndeep,b\nlink.png,b\n2.png,b\n", "1.png", "2.png", "deep/3.png", "link.png->nowhere.png")
	r, err := Check(context.Background(), dir, "", func(string, int, int) {})
	if err != nil || len(r.Unusable) != 3 {
		t.Fatalf("%+v, %v", r.Unusable, err)
	}
	before := everything(t, dir)
	if err := r.Quarantine(); err != nil || r.Fault() == nil {
		t.Errorf("usable %v, %v", r.Fault() == nil, err)
	}
	for _, u := range r.Unusable {
		if link := u.Path == "link.png"; u.Stays == link || (u.Moved != "") != link || !strings.Contains(u.Why, "take the line out") {
			t.Errorf("%+v", u)
		}
	}
	after := everything(t, dir)
	after["link.png"] = after[".quarantine/link.png"]
	delete(after, ".quarantine/link.png")
	if !reflect.DeepEqual(after, before) {
		t.Errorf("left %v; want %v", after, before)
	}
}
