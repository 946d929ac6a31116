#include "textflag.h"

// func sgdAVX(w, v, g []float32, rate, momentum, decay float32)
// Multiplications and additions are rounded one by one, as in sgdPlain.
TEXT ·sgdAVX(SB), NOSPLIT, $0-84
	MOVQ w_base+0(FP), DI
	MOVQ w_len+8(FP), CX
	MOVQ v_base+24(FP), SI
	MOVQ g_base+48(FP), DX
	VBROADCASTSS rate+72(FP), Y13
	VBROADCASTSS momentum+76(FP), Y14
	VBROADCASTSS decay+80(FP), Y15
	SHRQ $4, CX
	JZ   done

loop:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMULPS  Y0, Y15, Y2
	VMULPS  Y1, Y15, Y3
	VADDPS  (DX), Y2, Y2
	VADDPS  32(DX), Y3, Y3
	VMULPS  (SI), Y14, Y4
	VMULPS  32(SI), Y14, Y5
	VADDPS  Y2, Y4, Y4
	VADDPS  Y3, Y5, Y5
	VMOVUPS Y4, (SI)
	VMOVUPS Y5, 32(SI)
	VMULPS  Y4, Y13, Y6
	VMULPS  Y5, Y13, Y7
	VSUBPS  Y6, Y0, Y0
	VSUBPS  Y7, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, DI
	ADDQ    $64, SI
	ADDQ    $64, DX
	DECQ    CX
	JNZ     loop

done:
	VZEROUPPER
	RET

// func finiteAVX(x []float32) bool
TEXT ·finiteAVX(SB), NOSPLIT, $0-25
	MOVQ   x_base+0(FP), DI
	MOVQ   x_len+8(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y15, Y15, Y15
	SHRQ   $4, CX
	JZ     sum

next:
	VMULPS (DI), Y15, Y2
	VMULPS 32(DI), Y15, Y3
	VADDPS Y2, Y0, Y0
	VADDPS Y3, Y1, Y1
	ADDQ   $64, DI
	DECQ   CX
	JNZ    next

sum:
	VADDPS    Y1, Y0, Y0
	VCMPPS    $3, Y0, Y0, Y0 // unordered: NaN
	VMOVMSKPS Y0, AX
	TESTL     AX, AX
	SETEQ     ret+24(FP)
	VZEROUPPER
	RET
