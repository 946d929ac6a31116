package glyphs

import (
	"sync"
	"sync/atomic"

	"github.com/local-to-global/lgl/internal/seed"
)

const (
	perTrain = 500 // images of a class
	perTest  = 100
	size     = 3 * side * side // bytes of an image
)

// fixedSeed makes the data set the same for everyone.
const fixedSeed = 100

// bytesOf returns the size of a data set with so many images of a class in each part.
func bytesOf(perTrain, perTest int) int { return (perTrain + perTest) * len(classes) * size }

// generate draws the first images of each part, so many of a class: [image 3 side side], the
// training part first. Image i of a part is of class i modulo the number of classes, and all that
// is random about it comes from a stream of its own, so neither the number of workers nor that of
// images shows in it.
func generate(perTrain, perTest, workers int) ([]byte, error) {
	pixels := make([]byte, bytesOf(perTrain, perTest))
	if err := train.draw(pixels[:bytesOf(perTrain, 0)], workers); err != nil {
		return nil, err
	}
	return pixels, test.draw(pixels[bytesOf(perTrain, 0):], workers)
}

// chunk is the number of images that a worker takes at once.
const chunk = 256

// draw fills dst with the first images of a part.
func (p part) draw(dst []byte, workers int) error {
	faces, err := load(typefaces[p])
	if err != nil {
		return err
	}
	var taken atomic.Int64
	var running sync.WaitGroup
	n := len(dst) / size
	for range workers {
		running.Go(func() {
			w := new(painter)
			for hi := chunk; hi < n+chunk; {
				hi = int(taken.Add(chunk))
				for i := hi - chunk; i < min(hi, n); i++ {
					p.drawOne(w, dst[i*size:][:size], faces, i)
				}
			}
		})
	}
	running.Wait()
	return nil
}

// drawOne draws image i of a part, in a random typeface of faces, [typeface][class].
func (p part) drawOne(w *painter, dst []byte, faces [][]outline, i int) {
	r := seed.Stream(fixedSeed, "glyphs", uint64(p), uint64(i))
	face := faces[between(r, 0, len(faces)-1)]
	w.draw(dst, face[i%len(classes)], r)
}
