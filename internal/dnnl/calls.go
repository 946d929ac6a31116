package dnnl

import (
	"fmt"
	"runtime"
)

// Status is the library's dnnl_status_t; every value but 0 is an error.
type Status int32

// OutOfMemory, and what says that the library has no code for a primitive.
const (
	OutOfMemory       Status = 1
	NotImplemented    Status = 3
	NoImplementations Status = 4
)

func (s Status) Error() string {
	words := []string{"success", "out of memory", "invalid arguments", "not implemented", "no more implementations", "runtime error", "not required"}
	if s >= 0 && int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("status %d", int32(s))
}

// err returns the status as an error, nil for success.
func (s Status) err() error {
	if s == 0 {
		return nil
	}
	return s
}

// opDesc is room for any of the library's operation descriptors.
type opDesc [16 << 10]byte

// dims is dnnl_dims_t.
type dims [12]int64

// c holds the library's functions. The order and types of arguments are those of dnnl.h 2.6.
var c struct {
	setThreads   func(n int32)
	effectiveISA func() int32

	engineCreate  func(e *Engine, kind int32, index uint64) Status
	engineDestroy func(Engine) Status
	streamCreate  func(s *Stream, e Engine, flags uint32) Status
	streamDestroy func(Stream) Status

	mdByTag func(md *Desc, n int32, d *dims, typ Type, tag Tag) Status
	mdSteps func(md *Desc, n int32, d *dims, typ Type, strides *dims) Status
	mdSize  func(md *Desc) uint64
	mdEqual func(a, b *Desc) int32

	memoryCreate  func(m *Memory, md *Desc, e Engine, handle uintptr) Status
	memoryDestroy func(Memory) Status
	memorySet     func(m Memory, handle uintptr) Status

	attrCreate     func(*attr) Status
	attrDestroy    func(attr) Status
	attrScratchpad func(a attr, mode int32) Status
	attrPostOps    func(attr, postOps) Status
	postOpsCreate  func(*postOps) Status
	postOpsDestroy func(postOps) Status
	postOpsEltwise func(p postOps, scale float32, alg Alg, alpha, beta float32) Status
	postOpsSum     func(p postOps, scale float32) Status

	pdCreate  func(pd *PrimitiveDesc, op *opDesc, a attr, e Engine, hint PrimitiveDesc) Status
	pdReorder func(pd *PrimitiveDesc, src *Desc, se Engine, dst *Desc, de Engine, a attr) Status
	pdDestroy func(PrimitiveDesc) Status
	pdMD      func(pd PrimitiveDesc, what query, index int32) *Desc
	pdQuery   func(pd PrimitiveDesc, what query, index int32, result **byte) Status

	primitiveCreate  func(p *Primitive, pd PrimitiveDesc) Status
	primitiveDestroy func(Primitive) Status

	convForward  func(op *opDesc, prop Prop, alg Alg, src, wei, bias, dst *Desc, stride, left, right *dims) Status
	convData     func(op *opDesc, alg Alg, diffSrc, wei, diffDst *Desc, stride, left, right *dims) Status
	convWeights  func(op *opDesc, alg Alg, src, diffWei, diffBias, diffDst *Desc, stride, left, right *dims) Status
	innerForward func(op *opDesc, prop Prop, src, wei, bias, dst *Desc) Status
	innerData    func(op *opDesc, diffSrc, wei, diffDst *Desc) Status
	innerWeights func(op *opDesc, src, diffWei, diffBias, diffDst *Desc) Status
	normForward  func(op *opDesc, prop Prop, data *Desc, eps float32, flags NormFlags) Status
	normBackward func(op *opDesc, prop Prop, diff, data *Desc, eps float32, flags NormFlags) Status
	poolForward  func(op *opDesc, prop Prop, alg Alg, src, dst *Desc, stride, kernel, left, right *dims) Status
	poolBackward func(op *opDesc, alg Alg, diffSrc, diffDst *Desc, stride, kernel, left, right *dims) Status
	eltForward   func(op *opDesc, prop Prop, alg Alg, data *Desc, alpha, beta float32) Status
	eltBackward  func(op *opDesc, alg Alg, diff, data *Desc, alpha, beta float32) Status
	binary       func(op *opDesc, alg Alg, a, b, dst *Desc) Status
	matMul       func(op *opDesc, src, wei, bias, dst *Desc) Status
}

// functions names the symbol of each function of c.
func functions() map[string]any {
	return map[string]any{
		"omp_set_num_threads":                           &c.setThreads,
		"dnnl_get_effective_cpu_isa":                    &c.effectiveISA,
		"dnnl_engine_create":                            &c.engineCreate,
		"dnnl_engine_destroy":                           &c.engineDestroy,
		"dnnl_stream_create":                            &c.streamCreate,
		"dnnl_stream_destroy":                           &c.streamDestroy,
		"dnnl_memory_desc_init_by_tag":                  &c.mdByTag,
		"dnnl_memory_desc_init_by_strides":              &c.mdSteps,
		"dnnl_memory_desc_get_size":                     &c.mdSize,
		"dnnl_memory_desc_equal":                        &c.mdEqual,
		"dnnl_memory_create":                            &c.memoryCreate,
		"dnnl_memory_destroy":                           &c.memoryDestroy,
		"dnnl_memory_set_data_handle":                   &c.memorySet,
		"dnnl_primitive_attr_create":                    &c.attrCreate,
		"dnnl_primitive_attr_destroy":                   &c.attrDestroy,
		"dnnl_primitive_attr_set_scratchpad_mode":       &c.attrScratchpad,
		"dnnl_primitive_attr_set_post_ops":              &c.attrPostOps,
		"dnnl_post_ops_create":                          &c.postOpsCreate,
		"dnnl_post_ops_destroy":                         &c.postOpsDestroy,
		"dnnl_post_ops_append_eltwise":                  &c.postOpsEltwise,
		"dnnl_post_ops_append_sum":                      &c.postOpsSum,
		"dnnl_primitive_desc_create":                    &c.pdCreate,
		"dnnl_reorder_primitive_desc_create":            &c.pdReorder,
		"dnnl_primitive_desc_destroy":                   &c.pdDestroy,
		"dnnl_primitive_desc_query_md":                  &c.pdMD,
		"dnnl_primitive_desc_query":                     &c.pdQuery,
		"dnnl_primitive_create":                         &c.primitiveCreate,
		"dnnl_primitive_destroy":                        &c.primitiveDestroy,
		"dnnl_convolution_forward_desc_init":            &c.convForward,
		"dnnl_convolution_backward_data_desc_init":      &c.convData,
		"dnnl_convolution_backward_weights_desc_init":   &c.convWeights,
		"dnnl_inner_product_forward_desc_init":          &c.innerForward,
		"dnnl_inner_product_backward_data_desc_init":    &c.innerData,
		"dnnl_inner_product_backward_weights_desc_init": &c.innerWeights,
		"dnnl_batch_normalization_forward_desc_init":    &c.normForward,
		"dnnl_batch_normalization_backward_desc_init":   &c.normBackward,
		"dnnl_pooling_forward_desc_init":                &c.poolForward,
		"dnnl_pooling_backward_desc_init":               &c.poolBackward,
		"dnnl_eltwise_forward_desc_init":                &c.eltForward,
		"dnnl_eltwise_backward_desc_init":               &c.eltBackward,
		"dnnl_binary_desc_init":                         &c.binary,
		"dnnl_matmul_desc_init":                         &c.matMul,
	}
}

// bf16ISA is the bit of dnnl_cpu_isa_t that AVX512_BF16 has, and all that include it.
const bf16ISA = 0x80

// isaNames are words for dnnl_cpu_isa_t, by architecture. Those of arm64 stand in oneDNN's sources alone
// (src/cpu/aarch64/cpu_isa_traits.hpp).
var isaNames = map[string]map[int32]string{
	"amd64": {
		0x1: "SSE4.1", 0x3: "AVX", 0x7: "AVX2", 0xf: "AVX2 with VNNI", 0x17: "AVX2 with VNNI", 0x27: "AVX-512",
		0x67: "AVX-512 with VNNI", 0xe7: "AVX-512 with bfloat16", 0x3e7: "AVX-512 with AMX",
	},
	"arm64": {0x1: "NEON", 0x3: "SVE of 128 bits", 0x7: "SVE of 256 bits", 0xf: "SVE of 384 bits", 0x1f: "SVE of 512 bits"},
}

// isaName gives words for dnnl_cpu_isa_t.
func isaName(isa int32) string {
	if name, ok := isaNames[runtime.GOARCH][isa]; ok {
		return name
	}
	return fmt.Sprintf("instruction set %#x", isa)
}
