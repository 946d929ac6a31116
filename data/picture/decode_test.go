package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/local-to-global/lgl/internal/mutate"
)

// wanted reads a PNG of 8-bit colours that PIL wrote.
func wanted(t *testing.T, path string) Picture {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	p := Picture{W: m.Bounds().Dx(), H: m.Bounds().Dy()}
	for y := range p.H {
		for x := range p.W {
			r, g, b, _ := m.At(x, y).RGBA()
			p.Pix = append(p.Pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return p
}

// differ fails unless got has want's size, and no value differs by more than most.
func differ(t *testing.T, got, want Picture, most int) {
	t.Helper()
	if got.W != want.W || got.H != want.H || len(got.Pix) != len(want.Pix) {
		t.Fatalf("%dx%d, %d bytes; want %dx%d", got.W, got.H, len(got.Pix), want.W, want.H)
	}
	worst := 0
	for i, v := range got.Pix {
		worst = max(worst, int(v)-int(want.Pix[i]), int(want.Pix[i])-int(v))
	}
	if worst > most {
		t.Errorf("values differ by up to %d; want at most %d", worst, most)
	}
}

// TestPIL decodes every picture as PIL does: exactly, but for JPEG by another decoder than
// PIL's, of which the format leaves the arithmetic open.
func TestPIL(t *testing.T) {
	pictures, err := filepath.Glob("testdata/want/*.rgb.png")
	if err != nil || len(pictures) < 30 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	for _, path := range pictures {
		name := strings.TrimSuffix(filepath.Base(path), ".rgb.png")
		most := 0
		switch {
		case name == "png.jpg":
		case strings.HasSuffix(name, ".jpg") && turbo(): // which is what PIL decodes with
		case name == "damaged.jpg", name == "ycck420.jpg": // image/jpeg refuses the one, and makes blocks of the other's colours
			continue
		case strings.HasSuffix(name, ".jpg"):
			most = 3
		}
		t.Run(name, func(t *testing.T) {
			got, err := Decode(filepath.Join("testdata/pictures", name))
			if err != nil {
				t.Fatal(err)
			}
			differ(t, got, wanted(t, path), most)
		})
	}
}

// Of 16 bits the upper eight are taken: the picture holds 257 times those of wide.png's kind.
func TestSixteenBits(t *testing.T) {
	file, err := os.Open("testdata/pictures/deepgrey.png")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	deep := m.(*image.Gray16)
	got, err := Decode("testdata/pictures/deepgrey.png")
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.W * got.H {
		v := deep.Gray16At(i%got.W, i/got.W).Y / 257
		if !slices.Equal(got.Pix[3*i:3*i+3], []byte{byte(v), byte(v), byte(v)}) {
			t.Fatalf("pixel %d: %v; want %d", i, got.Pix[3*i:3*i+3], v)
		}
	}
	colours := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	colours.SetNRGBA64(0, 0, color.NRGBA64{0x1234, 0xabcd, 0xff00, 0xffff})
	colours.SetNRGBA64(1, 0, color.NRGBA64{0x1234, 0xabcd, 0xff00, 0}) // alpha is dropped
	var b bytes.Buffer
	if err := png.Encode(&b, colours); err != nil {
		t.Fatal(err)
	}
	got, err = DecodeBytes(b.Bytes())
	if want := []byte{0x12, 0xab, 0xff, 0x12, 0xab, 0xff}; err != nil || !slices.Equal(got.Pix, want) {
		t.Errorf("%v, %v; want %v", got.Pix, err, want)
	}
}

// bomb is a PNG that announces w x h pixels and has none.
func bomb(w, h uint32) []byte {
	head := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	head = append(head, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

// What is no picture is refused with the file's name, what it is and what was wanted, and a picture
// that is too large before memory is taken for it.
func TestRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/pictures/420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.jpg")
	for want, content := range map[string][]byte{
		"x.jpg: is empty: it has 0 bytes":                 {},
		`x.jpg: is no picture: it begins with "hello\n"`:  []byte("hello\n"),
		`x.jpg: is no picture: it begins with "BMP is`:    []byte("BMP is what this text is about."),
		"x.jpg: PNG of 60000x60000 pixels; want at least": bomb(60000, 60000),
		"x.jpg: JPEG: truncated: it ends after":           whole[:len(whole)*2/3],
		"x.jpg: JPEG: truncated: it ends before":          whole[:40],
		"x.jpg: WebP: is animated, which is not read":     []byte("RIFF\x2a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00"),
		"x.jpg: GIF: truncated":                           []byte("GIF89a\x05\x00\x05\x00\x00\x00\x00"),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		mutate.Within(t, 10<<20, func() {
			if _, err := Decode(path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v; want %q", err, want)
			}
		})
	}
}

// A file that is too large to be decoded is told by its header already, in the same words.
func TestTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.bmp")
	if err := os.WriteFile(path, read(t, "wide.bmp"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, MaxBytes+1); err != nil {
		t.Fatal(err)
	}
	_, decoded := Decode(path)
	_, _, _, peeked := Peek(path)
	for _, err := range []error{decoded, peeked, Sound(path)} {
		if err == nil || err.Error() != path+": has 268435457 bytes; want at most 268435456" {
			t.Errorf("error %v", err)
		}
	}
}

// Kinds that a decoder does not read are told with a way out.
func TestKindNotRead(t *testing.T) {
	picture := func(encode func(w io.Writer, m image.Image) error) []byte {
		var b bytes.Buffer
		if err := encode(&b, image.NewNRGBA(image.Rect(0, 0, 20, 20))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		whole    []byte
		from, to string
		want     string
	}{
		{picture(bmp.Encode), "\x01\x00\x20\x00", "\x01\x00\x10\x00", "BMP: its kind is not read (want 1 to 8, 24 or 32 bits a pixel"},
		{picture(bmp.Encode), "\x36\x00\x00\x00", "\x38\x00\x00\x00", "BMP: its kind is not read (want 1 to 8, 24 or 32 bits a pixel, uncompressed, Windows' header, pixels right behind the header)"},
		{picture(func(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) }), "\x03\x01\x03\x00\x01\x00\x00\x00\x01\x00", "\x03\x01\x03\x00\x01\x00\x00\x00\x07\x00", "TIFF: its kind is not read; "},
		{picture(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), "\xff\xc0", "\xff\xc3", "JPEG: its kind is not read"},
	} {
		if _, err := DecodeBytes(c.whole); err != nil {
			t.Errorf("%s: as it was: %v", c.want, err)
		}
		b := bytes.Replace(c.whole, []byte(c.from), []byte(c.to), 1)
		if _, err := DecodeBytes(b); err == nil || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(err.Error(), "convert it to PNG") {
			t.Errorf("error %v; want %q and a way out", err, c.want)
		}
	}
}

// However many large pictures are decoded at once, they wait for memory; one alone always fits.
func TestDecodingAtOnce(t *testing.T) {
	for format := range formats {
		if (header{format: format, w: maxPixels, h: 1}).memory() > mostDecoding {
			t.Fatalf("the largest %s would wait for ever", format)
		}
	}
	if !decoding.TryAcquire(mostDecoding) {
		t.Fatal("memory is held")
	}
	done := make(chan error)
	go func() {
		_, err := Decode("testdata/pictures/wide.png")
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("decoded without memory: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	decoding.Release(mostDecoding)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A TIFF takes about what is set aside for it, in the kind that takes the most: packed, 16 bits, with alpha. What is freed meanwhile
// counts here, and under the race detector more is taken: half more is let pass.
func TestMemoryOfTIFF(t *testing.T) {
	const w, h = 500, 520
	var b bytes.Buffer
	if err := tiff.Encode(&b, image.NewNRGBA64(image.Rect(0, 0, w, h)), &tiff.Options{Compression: tiff.Deflate}); err != nil {
		t.Fatal(err)
	}
	mutate.Within(t, uint64(header{format: "TIFF", w: w, h: h}.memory()*3/2), func() {
		if _, err := DecodeBytes(b.Bytes()); err != nil {
			t.Error(err)
		}
	})
}

// Damaged pictures are refused or read, without a panic and within memory.
func TestDamaged(t *testing.T) {
	paths, err := filepath.Glob("testdata/pictures/*")
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	mutate.Each(t, 8*3*maxPixels, files, func(t *testing.T, b []byte) error {
		p, err := DecodeBytes(b)
		if err == nil && len(p.Pix) != 3*p.W*p.H {
			t.Errorf("%dx%d pixels in %d bytes", p.W, p.H, len(p.Pix))
		}
		return err
	})
}

func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob("testdata/pictures/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readHeader(bytes.NewReader(b)); err != nil || h.w*h.h > 1<<20 {
			return
		}
		if p, err := DecodeBytes(b); err == nil && len(p.Pix) != 3*p.W*p.H {
			t.Errorf("%dx%d pixels in %d bytes", p.W, p.H, len(p.Pix))
		}
	})
}

// TestOrientation reads the tag in both byte orders, and takes what is damaged as upright.
func TestOrientation(t *testing.T) {
	little := []byte("II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00")
	big := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00")
	four := []byte("II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x04\x00\x01\x00\x00\x00\x06\x00\x00\x00") // bytes, not two
	for _, b := range [][]byte{little, big, four} {
		if got := tiffOrientation(b); got != 6 {
			t.Errorf("%q: %d; want 6", b, got)
		}
		for n := range b {
			if got := tiffOrientation(b[:n]); got != 1 {
				t.Errorf("cut to %d bytes: %d; want 1", n, got)
			}
		}
	}
	if got := tiffOrientation(bytes.Replace(little, []byte("\x06\x00"), []byte("\x09\x00"), 1)); got != 1 {
		t.Errorf("orientation 9: %d; want 1", got)
	}
}

// A PNG has EXIF in its own chunk, or, as ImageMagick wrote it, in a text, compressed or not; cut, it is upright.
func TestPNGOrientation(t *testing.T) {
	const turned = "49492a0008000000010012010300010000000600\n00000000\n"
	chunk := func(name, content string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(content)))) + name + content + "sums"
	}
	packed := func(text string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		io.WriteString(w, text)
		w.Close()
		return b.String()
	}
	const key, profile = "Raw profile type exif\x00", "\nexif\n      30\n457869660000" + turned
	exif, err := hex.DecodeString(strings.ReplaceAll(turned, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		chunks string
		want   int
	}{
		{chunk("tEXt", "Author\x00me") + chunk("tEXt", key+profile), 6},
		{chunk("zTXt", key+"\x00"+packed(profile)), 6},
		{chunk("zTXt", key+"\x00"+packed("\nexif\n      24\n"+turned)), 6},
		{chunk("eXIf", strings.Replace(string(exif), "\x06", "\x03", 1)) + chunk("tEXt", key+profile), 3},
		{chunk("zTXt", key+"\x00"+"no zlib"), 1},
		{chunk("zTXt", key+"\x00"), 1},
		{chunk("tEXt", key), 1},
		{chunk("tEXt", key+"\nexif\n"), 1},
		{chunk("tEXt", key+profile[:40]), 1},
		{chunk("tEXt", key+strings.Replace(profile, "49", "xx", 1)), 1},
	} {
		if got := orientation("PNG", []byte("\x89PNG\r\n\x1a\n"+c.chunks)); got != c.want {
			t.Errorf("%q: %d; want %d", c.chunks, got, c.want)
		}
	}
}
