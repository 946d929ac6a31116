package dnnl

import (
	"encoding/binary"
	"runtime"
	"strings"
	"unsafe"
)

// Handles of the library's objects; the zero value is none.
type (
	Engine        uintptr
	Stream        uintptr
	Memory        uintptr
	PrimitiveDesc uintptr
	Primitive     uintptr
	attr          uintptr
	postOps       uintptr
)

// Tag names a plain layout.
type Tag int32

// Any lets a primitive choose; the others are dense, row-major, one letter a dimension. ACDB is
// channels last, ABCD16B has blocks of 16 channels, ABCD16B16A weights with blocks of 16 input and
// in these of 16 output channels.
const (
	Any     Tag = 1
	A       Tag = 2
	AB      Tag = 3
	ABC     Tag = 4
	ACDB    Tag = 20
	ABCD16B Tag = 69

	ABCD16B16A Tag = 70
)

// Plain returns the row-major layout of n dimensions, 1 to 5.
func Plain(n int) Tag { return A + Tag(n-1) }

// Prop says what a forward primitive is for.
type Prop int32

// Training keeps what a backward primitive needs.
const (
	Training  Prop = 64
	Inference Prop = 96
)

const backward Prop = 128

// Alg is an algorithm of a primitive.
type Alg int32

// The algorithms.
const (
	Direct    Alg = 1
	Winograd  Alg = 2
	MaxPool   Alg = 511
	AvgPool   Alg = 767 // padding counts
	BinaryAdd Alg = 0x1fff0
	BinaryMul Alg = 0x1fff1
)

// ReLU, and what differentiates it by its output.
const (
	eltReLU        Alg = 31
	eltReLUFromDst Alg = 256
)

// NormFlags are the choices of batch normalisation.
type NormFlags uint32

// GlobalStats takes mean and variance as inputs.
const (
	GlobalStats NormFlags = 1
	FuseReLU    NormFlags = 4
	UseScale    NormFlags = 8
	UseShift    NormFlags = 16
)

// The arguments of Execute.
const (
	Src         = 1
	Src1        = 2
	Dst         = 17
	Weights     = 33
	Bias        = 41
	Mean        = 49
	Variance    = 50
	Scale       = 51
	Shift       = 52
	Workspace   = 64
	Scratchpad  = 80
	DiffSrc     = 129
	DiffDst     = 145
	DiffWeights = 161
	DiffBias    = 169
	DiffScale   = 255
	DiffShift   = 256
)

// query is a dnnl_query_t.
type query int32

const (
	queryImpl        query = 8
	querySrc         query = 129
	queryDiffSrc     query = 130
	queryWeights     query = 131
	queryDiffWeights query = 132
	queryDst         query = 133
	queryDiffDst     query = 134
	queryWorkspace   query = 135
	queryScratchpad  query = 136
)

// Arg is one argument of Execute: dnnl_exec_arg_t.
type Arg struct {
	Index  int32
	Memory Memory
}

// NewEngine makes a CPU engine. Load must have succeeded.
func NewEngine() (e Engine, err error) {
	const cpu = 1
	err = c.engineCreate(&e, cpu, 0).err()
	return e, err
}

// Close destroys the engine.
func (e Engine) Close() error { return c.engineDestroy(e).err() }

// SetThreads sets the number of OpenMP threads of the primitives that the calling OS thread makes
// and executes.
func SetThreads(n int) { c.setThreads(int32(n)) }

// NewStream makes an in-order stream.
func (e Engine) NewStream() (s Stream, err error) {
	const inOrder = 1
	err = c.streamCreate(&s, e, inOrder).err()
	return s, err
}

// Close destroys the stream.
func (s Stream) Close() error { return c.streamDestroy(s).err() }

// Type is the type of a tensor's values: dnnl_data_type_t.
type Type int32

// BF16 is bfloat16, the upper half of a float32.
const (
	BF16 Type = 2
	F32  Type = 3
)

// Size returns the bytes of a value.
func (t Type) Size() int {
	if t == BF16 {
		return 2
	}
	return 4
}

// Desc is a memory descriptor: dimensions, type and layout.
type Desc [696]byte

// NewDesc describes a float32 tensor.
func NewDesc(shape []int, tag Tag) (Desc, error) { return NewDescOf(F32, shape, tag) }

// NewDescOf describes a tensor.
func NewDescOf(t Type, shape []int, tag Tag) (md Desc, err error) {
	err = c.mdByTag(&md, int32(len(shape)), dimsOf(shape), t, tag).err()
	return md, err
}

// typeAt is where dnnl_memory_desc_t has its data_type: after ndims (padded to 8 bytes) and dims.
const typeAt = 8 + 12*8

// Type returns the type of the values.
func (md *Desc) Type() Type { return Type(binary.NativeEndian.Uint32(md[typeAt:])) }

// As describes values of another type in the same layout.
func (md Desc) As(t Type) Desc {
	binary.NativeEndian.PutUint32(md[typeAt:], uint32(t))
	return md
}

// NewStrided describes a float32 tensor whose neighbours along each dimension lie so many values
// apart.
func NewStrided(shape, strides []int) (md Desc, err error) {
	err = c.mdSteps(&md, int32(len(shape)), dimsOf(shape), F32, dimsOf(strides)).err()
	return md, err
}

func dimsOf(shape []int) *dims {
	var d dims
	for i, v := range shape {
		d[i] = int64(v)
	}
	return &d
}

// Size returns the bytes of the tensor with its padding; 0 for no tensor.
func (md *Desc) Size() int { return int(c.mdSize(md)) }

// Equal reports whether both describe the same shape, type and layout.
func (md *Desc) Equal(other *Desc) bool { return c.mdEqual(md, other) != 0 }

// NewMemory ties md to an address, which may be changed by Move. The padding of a blocked layout
// at a non-zero address is zeroed.
func (e Engine) NewMemory(md *Desc, address uintptr) (m Memory, err error) {
	err = c.memoryCreate(&m, md, e, address).err()
	return m, err
}

// Move gives m another address.
func (m Memory) Move(address uintptr) error { return c.memorySet(m, address).err() }

// Close destroys the memory object, not the bytes at its address.
func (m Memory) Close() error { return c.memoryDestroy(m).err() }

// Src, and the methods after it, return the layouts that the primitive chose.
func (pd PrimitiveDesc) Src() Desc         { return pd.md(querySrc) }
func (pd PrimitiveDesc) DiffSrc() Desc     { return pd.md(queryDiffSrc) }
func (pd PrimitiveDesc) Weights() Desc     { return pd.md(queryWeights) }
func (pd PrimitiveDesc) DiffWeights() Desc { return pd.md(queryDiffWeights) }
func (pd PrimitiveDesc) Dst() Desc         { return pd.md(queryDst) }
func (pd PrimitiveDesc) DiffDst() Desc     { return pd.md(queryDiffDst) }

// Workspace is what forward leaves for backward; its Size is 0 if there is none.
func (pd PrimitiveDesc) Workspace() Desc { return pd.md(queryWorkspace) }

// Scratchpad is the room that Execute needs; its Size is 0 if none.
func (pd PrimitiveDesc) Scratchpad() Desc { return pd.md(queryScratchpad) }

func (pd PrimitiveDesc) md(what query) Desc {
	if md := c.pdMD(pd, what, 0); md != nil {
		return *md
	}
	return Desc{}
}

// Implementation returns the name of the code behind the primitive: "jit:avx512_core".
func (pd PrimitiveDesc) Implementation() string {
	var s *byte // a C string that the library owns
	if c.pdQuery(pd, queryImpl, 0, &s) != 0 || s == nil {
		return ""
	}
	var b strings.Builder
	for ; *s != 0; s = (*byte)(unsafe.Add(unsafe.Pointer(s), 1)) {
		b.WriteByte(*s)
	}
	return b.String()
}

// Close destroys the primitive descriptor.
func (pd PrimitiveDesc) Close() error { return c.pdDestroy(pd).err() }

// NewPrimitive compiles the primitive.
func (pd PrimitiveDesc) NewPrimitive() (p Primitive, err error) {
	err = c.primitiveCreate(&p, pd).err()
	return p, err
}

// Execute runs the primitive and returns when it is done.
func (p Primitive) Execute(s Stream, args []Arg) error {
	status := execute(p, s, args)
	runtime.KeepAlive(args)
	return status.err()
}

// Close destroys the primitive.
func (p Primitive) Close() error { return c.primitiveDestroy(p).err() }
