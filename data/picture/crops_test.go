package picture

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// crops are how many of so many random crops of a picture have each width and height, and lie in each tenth of
// the room that they have.
type crops struct{ w, h, left, top []float64 }

func newCrops(width, height int) crops {
	return crops{make([]float64, width+1), make([]float64, height+1), make([]float64, 10), make([]float64, 10)}
}

// drawnCrops counts crops that randomCrop draws; middle, which the definition puts where it is, has no place.
func drawnCrops(width, height, draws int, middle image.Rectangle) crops {
	got := newCrops(width, height)
	r := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	place := func(tenths []float64, at, room int) {
		if room > 1 { // each place is as likely as another; one that lies in two tenths is in each by its share
			tenths[int(10*(float64(at)+r.Float64())/float64(room))]++
		}
	}
	for range draws {
		c := randomCrop(width, height, r)
		got.w[c.Dx()]++
		got.h[c.Dy()]++
		if c != middle {
			place(got.left, c.Min.X, width-c.Dx()+1)
			place(got.top, c.Min.Y, height-c.Dy()+1)
		}
	}
	return got
}

// expectedCrops are the same numbers by torchvision's definition, by integration over area and logarithm of the
// ratio, both uniform: crops that fit of ten tries, else the middle. The places are even.
func expectedCrops(width, height, draws int, middle image.Rectangle) crops {
	const cells = 1000
	want, none := newCrops(width, height), 0.0
	for i := range cells * cells {
		area := (0.08 + 0.92*(float64(i/cells)+0.5)/cells) * float64(width*height)
		ratio := 0.75 * math.Pow(16.0/9, (float64(i%cells)+0.5)/cells)
		w, h := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if w < 1 || h < 1 || w > width || h > height {
			none++
			continue
		}
		want.w[w]++
		want.h[h]++
	}
	never := math.Pow(none/(cells*cells), 10) // fits none of ten
	for _, sizes := range [][]float64{want.w, want.h} {
		for i, n := range sizes {
			if n > 0 {
				sizes[i] = float64(draws) * (1 - never) * n / (cells*cells - none)
			}
		}
	}
	want.w[middle.Dx()] += never * float64(draws)
	want.h[middle.Dy()] += never * float64(draws)
	return want
}

// likely holds counts to what is expected of them, by chi-square, outcomes of less than 20 taken together.
func likely(t *testing.T, what string, count, expect []float64) {
	t.Helper()
	chi, outcomes, rare, rarely := 0.0, 0.0, 0.0, 0.0
	for i, e := range expect {
		if e < 20 {
			rare, rarely = rare+count[i], rarely+e
			continue
		}
		chi, outcomes = chi+(count[i]-e)*(count[i]-e)/e, outcomes+1
	}
	if limit := outcomes + 4*math.Sqrt(2*outcomes); chi > limit || math.Abs(rare-rarely) > 4*math.Sqrt(rarely)+1 {
		t.Errorf("%s: chi-square %.0f over %v outcomes; want at most %.0f; %v rare ones, want about %.1f", what, chi, outcomes, limit, rare, rarely)
	}
}

// TestRandomCrop holds the crops to what torchvision says of them, also of pictures so long that few crops fit, or none:
// then it is the largest in the middle of ratio 3/4 or 4/3.
func TestRandomCrop(t *testing.T) {
	const draws = 40000
	for size, middle := range map[image.Point]image.Rectangle{
		{48, 36}:   image.Rect(0, 0, 48, 36),
		{7, 5}:     image.Rect(0, 0, 7, 5),
		{40, 100}:  image.Rect(0, 23, 40, 76),
		{200, 90}:  image.Rect(40, 0, 160, 90),
		{1000, 30}: image.Rect(480, 0, 520, 30),
		{30, 1000}: image.Rect(0, 480, 30, 520),
		{1000, 10}: image.Rect(493, 0, 506, 10),
		{1, 1}:     image.Rect(0, 0, 1, 1),
	} {
		got, want := drawnCrops(size.X, size.Y, draws, middle), expectedCrops(size.X, size.Y, draws, middle)
		likely(t, size.String()+" width", got.w, want.w)
		likely(t, size.String()+" height", got.h, want.h)
		likely(t, size.String()+" left", got.left, even(got.left))
		likely(t, size.String()+" top", got.top, even(got.top))
	}
}

// even is the mean of the counts for each of them.
func even(count []float64) []float64 {
	sum, all := 0.0, make([]float64, len(count))
	for _, n := range count {
		sum += n
	}
	for i := range all {
		all[i] = sum / float64(len(count))
	}
	return all
}
