package reference

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// Rows, columns and depth of the tiles of a product: a tile of b stays in the cache, and a tile of
// c is small enough for gonum not to start goroutines of its own.
const tileRows, tileCols, tileDepth = 64, 192, 192

// lanes is the number of float32 to which buffers are aligned. gonum's dot product adds in an
// order that depends on the alignment of its second operand.
const lanes = 16

// floats allocates n zeros, aligned: Go aligns what it allocates to the largest power of two that
// divides its size, at least.
func floats(n int) []float32 { return make([]float32, aligned(n))[:n] }

// aligned rounds n up to a multiple of lanes.
func aligned(n int) int { return (n + lanes - 1) / lanes * lanes }

// matrix views data as rows x cols values, row-major, with rows stride apart.
func matrix(rows, cols, stride int, data []float32) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: stride, Data: data}
}

// multiply adds a b to c, where ta and tb say whether a and b are stored transposed.
func multiply(ta, tb blas.Transpose, a, b, c blas32.General) {
	depth := a.Cols
	if ta == blas.Trans {
		depth = a.Rows
	}
	for k := 0; k < depth; k += tileDepth {
		nk := min(tileDepth, depth-k)
		for j := 0; j < c.Cols; j += tileCols {
			nj := min(tileCols, c.Cols-j)
			bs := block(tb, b, k, j, nk, nj)
			for i := 0; i < c.Rows; i += tileRows {
				ni := min(tileRows, c.Rows-i)
				blas32.Gemm(ta, tb, 1, block(ta, a, i, k, ni, nk), bs, 1, block(blas.NoTrans, c, i, j, ni, nj))
			}
		}
	}
}

// block views rows i.. and columns j.. of m, where t says whether m is stored transposed.
func block(t blas.Transpose, m blas32.General, i, j, rows, cols int) blas32.General {
	if t == blas.Trans {
		i, j, rows, cols = j, i, cols, rows
	}
	at := i*m.Stride + j
	return matrix(rows, cols, m.Stride, m.Data[at:at+(rows-1)*m.Stride+cols])
}

// columns views columns from..to-1 of m.
func columns(m blas32.General, from, to int) blas32.General {
	return block(blas.NoTrans, m, 0, from, m.Rows, to-from)
}

// zero clears m.
func zero(m blas32.General) {
	for i := range m.Rows {
		clear(m.Data[i*m.Stride:][:m.Cols])
	}
}

// productCost is about how long a product takes on one thread, in nanoseconds.
func productCost(multiplyAdds int) int { return 1 + multiplyAdds/12 }

// add adds x to y.
func add(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v
	}
}

// sum returns the sum of x.
func sum(x []float32) float64 {
	total := 0.0
	for _, v := range x {
		total += float64(v)
	}
	return total
}
