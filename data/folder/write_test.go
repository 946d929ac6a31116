package folder

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/picture"
)

// Every class gets a folder of its own, under its name where that can be.
func TestFoldersFor(t *testing.T) {
	got := foldersFor([]string{"a/b", "a-b", "a-b-2", "", ".x", "_", "__MACOSX", "plain"})
	want := []string{"a-b-3", "a-b", "a-b-2", "_-2", "_.x", "_", "___MACOSX", "plain"}
	if !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

// What was written is read back: classes, labels and pixels; a folder that is there is not written to.
func TestWrite(t *testing.T) {
	pixels, labels := make([]byte, 6*3*8*8), []byte{0, 1, 1, 0, 1, 1}
	for i := range pixels {
		pixels[i] = byte(i * 7)
	}
	images, err := data.NewImages(pixels, labels, []string{"a", "b"}, 3, 8, 8)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "pictures")
	trained, tested, err := Write(t.Context(), dir, images, images, 3)
	if err != nil || trained != 3 || tested != 3 {
		t.Fatalf("%d, %d, %v", trained, tested, err)
	}
	train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil || train.Len() != 3 || !slices.Equal(data.PerClass(train), []int{1, 2}) {
		t.Fatalf("%v, %v", train, err)
	}
	first, err := picture.Decode(train.Path(0))
	if err != nil {
		t.Fatal(err)
	}
	plane := make([]byte, len(first.Pix))
	first.Split(plane)
	if i := slices.IndexFunc([]int{0, 3}, func(i int) bool { return slices.Equal(plane, images.Pixels(i)) }); i < 0 {
		t.Errorf("%s is none of the images of its class", train.Path(0))
	}
	if _, _, err := Write(t.Context(), dir, images, images, 0); err == nil {
		t.Error("written over")
	}
}
