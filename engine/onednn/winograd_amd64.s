#include "textflag.h"

// Vectors of 16 float32 are the channels of one place. Transforms of one dimension take Z0.. and
// give Z6..; those of two do the columns, through scratch, and then the rows. The numbers of
// winograd.go's table, broadcast, are in Z18..Z31 as each function says.

// BFLOAT16 converts Z6..Z11 to bfloat16 in Y6..Y11: VCVTNEPS2BF16, which the assembler lacks.
#define BFLOAT16_6 BYTE $0x62; BYTE $0xF2; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xF6
#define BFLOAT16_7 BYTE $0x62; BYTE $0xF2; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xFF
#define BFLOAT16_8 BYTE $0x62; BYTE $0x52; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xC0
#define BFLOAT16_9 BYTE $0x62; BYTE $0x52; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xC9
#define BFLOAT16_10 BYTE $0x62; BYTE $0x52; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xD2
#define BFLOAT16_11 BYTE $0x62; BYTE $0x52; BYTE $0x7E; BYTE $0x48; BYTE $0x72; BYTE $0xDB

// NARROW stores Z6..Z11 as bfloat16 in the next six of the 36 matrices at DI.
#define NARROW \
	BFLOAT16_6; VMOVDQU Y6, (DI); ADDQ R15, DI; \
	BFLOAT16_7; VMOVDQU Y7, (DI); ADDQ R15, DI; \
	BFLOAT16_8; VMOVDQU Y8, (DI); ADDQ R15, DI; \
	BFLOAT16_9; VMOVDQU Y9, (DI); ADDQ R15, DI; \
	BFLOAT16_10; VMOVDQU Y10, (DI); ADDQ R15, DI; \
	BFLOAT16_11; VMOVDQU Y11, (DI); ADDQ R15, DI

// FLOAT and BF16 load the place at column j of a row, where the mask at DX has it, else zero.
#define FLOAT(row, i, j, n, z) KMOVW (2*((i)*(n)+(j)))(DX), K1; VMOVUPS.Z (64*(j))(row), K1, z
#define BF16(row, i, j, n, z) KMOVW (2*((i)*(n)+(j)))(DX), K1; VPMOVZXWD.Z (32*(j))(row), K1, z; VPSLLD $16, z, z

// KEEP6 stores column j of 6 transformed rows in scratch, whose rows have n vectors; FETCH6 loads
// row i of 6 columns.
#define KEEP6(j, n) \
	VMOVUPS Z6, (64*(0*(n)+(j)))(BX); VMOVUPS Z7, (64*(1*(n)+(j)))(BX); VMOVUPS Z8, (64*(2*(n)+(j)))(BX); \
	VMOVUPS Z9, (64*(3*(n)+(j)))(BX); VMOVUPS Z10, (64*(4*(n)+(j)))(BX); VMOVUPS Z11, (64*(5*(n)+(j)))(BX)
#define FETCH6(i) \
	VMOVUPS (64*(6*(i)+0))(BX), Z0; VMOVUPS (64*(6*(i)+1))(BX), Z1; VMOVUPS (64*(6*(i)+2))(BX), Z2; \
	VMOVUPS (64*(6*(i)+3))(BX), Z3; VMOVUPS (64*(6*(i)+4))(BX), Z4; VMOVUPS (64*(6*(i)+5))(BX), Z5

// WINDOW is B^T d: with a, b the points, Z24 = -b^2, Z25 = -a^2, Z26 = a, Z27 = b, Z28 = a^2 b^2,
// Z29 = -(a^2 + b^2).
#define WINDOW \
	VMOVAPS Z4, Z6; VFMADD231PS Z2, Z29, Z6; VFMADD231PS Z0, Z28, Z6; \
	VMOVAPS Z5, Z11; VFMADD231PS Z3, Z29, Z11; VFMADD231PS Z1, Z28, Z11; \
	VMOVAPS Z4, Z12; VFMADD231PS Z2, Z24, Z12; \
	VMOVAPS Z3, Z13; VFMADD231PS Z1, Z24, Z13; VMULPS Z26, Z13, Z13; \
	VADDPS Z13, Z12, Z7; VSUBPS Z13, Z12, Z8; \
	VMOVAPS Z4, Z12; VFMADD231PS Z2, Z25, Z12; \
	VMOVAPS Z3, Z13; VFMADD231PS Z1, Z25, Z13; VMULPS Z27, Z13, Z13; \
	VADDPS Z13, Z12, Z9; VSUBPS Z13, Z12, Z10

#define WINDOW_CONSTANTS \
	VBROADCASTSS 0(AX), Z24; VBROADCASTSS 4(AX), Z25; VBROADCASTSS 8(AX), Z26; \
	VBROADCASTSS 12(AX), Z27; VBROADCASTSS 16(AX), Z28; VBROADCASTSS 20(AX), Z29

#define WINDOW_COLUMN(LOAD, j) \
	LOAD(R8, 0, j, 6, Z0); LOAD(R9, 1, j, 6, Z1); LOAD(R10, 2, j, 6, Z2); \
	LOAD(R11, 3, j, 6, Z3); LOAD(R12, 4, j, 6, Z4); LOAD(R13, 5, j, 6, Z5); \
	WINDOW; KEEP6(j, 6)

#define WINDOW_TILE(LOAD) \
	WINDOW_COLUMN(LOAD, 0); WINDOW_COLUMN(LOAD, 1); WINDOW_COLUMN(LOAD, 2); \
	WINDOW_COLUMN(LOAD, 3); WINDOW_COLUMN(LOAD, 4); WINDOW_COLUMN(LOAD, 5); \
	FETCH6(0); WINDOW; NARROW; FETCH6(1); WINDOW; NARROW; FETCH6(2); WINDOW; NARROW; \
	FETCH6(3); WINDOW; NARROW; FETCH6(4); WINDOW; NARROW; FETCH6(5); WINDOW; NARROW

// ARGUMENTS of all: to, step, from, row or step, table, masks, scratch.
#define ARGUMENTS \
	MOVQ to+0(FP), DI; MOVQ step+8(FP), R15; MOVQ from+16(FP), R8; MOVQ stride+24(FP), CX; \
	MOVQ table+32(FP), AX; MOVQ masks+40(FP), DX; MOVQ scratch+48(FP), BX

#define ROWS6 LEAQ (R8)(CX*1), R9; LEAQ (R9)(CX*1), R10; LEAQ (R10)(CX*1), R11; LEAQ (R11)(CX*1), R12; LEAQ (R12)(CX*1), R13

// func windowFloat(to, step, from, stride, table, masks, scratch uintptr)
TEXT ·windowFloat(SB), NOSPLIT, $0-56
	ARGUMENTS
	ROWS6
	WINDOW_CONSTANTS
	WINDOW_TILE(FLOAT)
	VZEROUPPER
	RET

// func windowBF16(to, step, from, stride, table, masks, scratch uintptr)
TEXT ·windowBF16(SB), NOSPLIT, $0-56
	ARGUMENTS
	ROWS6
	WINDOW_CONSTANTS
	WINDOW_TILE(BF16)
	VZEROUPPER
	RET

// SPREAD is A y, 4 values to 6: Z24 = a, Z25 = a^2, Z26 = a^3, Z27 = b, Z28 = b^2, Z29 = b^3.
#define SPREAD \
	VMOVAPS Z0, Z6; VMOVAPS Z3, Z11; \
	VMOVAPS Z0, Z12; VFMADD231PS Z2, Z25, Z12; VMULPS Z1, Z24, Z13; VFMADD231PS Z3, Z26, Z13; \
	VADDPS Z13, Z12, Z7; VSUBPS Z13, Z12, Z8; \
	VMOVAPS Z0, Z12; VFMADD231PS Z2, Z28, Z12; VMULPS Z1, Z27, Z13; VFMADD231PS Z3, Z29, Z13; \
	VADDPS Z13, Z12, Z9; VSUBPS Z13, Z12, Z10

#define POINT_CONSTANTS \
	VBROADCASTSS 24(AX), Z24; VBROADCASTSS 28(AX), Z25; VBROADCASTSS 32(AX), Z26; \
	VBROADCASTSS 36(AX), Z27; VBROADCASTSS 40(AX), Z28; VBROADCASTSS 44(AX), Z29

// Z31 gathers the sum of the values, for the gradient of the bias.
#define SPREAD_COLUMN(LOAD, j) \
	LOAD(R8, 0, j, 4, Z0); LOAD(R9, 1, j, 4, Z1); LOAD(R10, 2, j, 4, Z2); LOAD(R11, 3, j, 4, Z3); \
	VADDPS Z1, Z0, Z14; VADDPS Z3, Z2, Z15; VADDPS Z15, Z14, Z14; VADDPS Z14, Z31, Z31; \
	SPREAD; KEEP6(j, 4)

#define SPREAD_ROW(i) \
	VMOVUPS (64*(4*(i)+0))(BX), Z0; VMOVUPS (64*(4*(i)+1))(BX), Z1; \
	VMOVUPS (64*(4*(i)+2))(BX), Z2; VMOVUPS (64*(4*(i)+3))(BX), Z3; \
	SPREAD; NARROW

#define SPREAD_TILE(LOAD) \
	SPREAD_COLUMN(LOAD, 0); SPREAD_COLUMN(LOAD, 1); SPREAD_COLUMN(LOAD, 2); SPREAD_COLUMN(LOAD, 3); \
	SPREAD_ROW(0); SPREAD_ROW(1); SPREAD_ROW(2); SPREAD_ROW(3); SPREAD_ROW(4); SPREAD_ROW(5)

// func spreadFloat(to, step, from, stride, table, masks, scratch, sum uintptr)
TEXT ·spreadFloat(SB), NOSPLIT, $0-64
	ARGUMENTS
	ROWS6
	POINT_CONSTANTS
	MOVQ sum+56(FP), SI
	VMOVUPS (SI), Z31
	SPREAD_TILE(FLOAT)
	VMOVUPS Z31, (SI)
	VZEROUPPER
	RET

// func spreadBF16(to, step, from, stride, table, masks, scratch, sum uintptr)
TEXT ·spreadBF16(SB), NOSPLIT, $0-64
	ARGUMENTS
	ROWS6
	POINT_CONSTANTS
	MOVQ sum+56(FP), SI
	VMOVUPS (SI), Z31
	SPREAD_TILE(BF16)
	VMOVUPS Z31, (SI)
	VZEROUPPER
	RET

// KERNEL is G g, 3 values to 6: Z18 = n0, Z19 = na, Z20 = na a, Z21 = na a^2, Z22 = nb, Z23 = nb b,
// Z24 = nb b^2, where n are one over the products of the points' differences.
#define KERNEL \
	VMULPS Z0, Z18, Z6; VMOVAPS Z2, Z11; \
	VMULPS Z0, Z19, Z12; VFMADD231PS Z2, Z21, Z12; VMULPS Z1, Z20, Z13; \
	VADDPS Z13, Z12, Z7; VSUBPS Z13, Z12, Z8; \
	VMULPS Z0, Z22, Z12; VFMADD231PS Z2, Z24, Z12; VMULPS Z1, Z23, Z13; \
	VADDPS Z13, Z12, Z9; VSUBPS Z13, Z12, Z10

#define KERNEL_CONSTANTS \
	VBROADCASTSS 48(AX), Z18; VBROADCASTSS 52(AX), Z19; VBROADCASTSS 56(AX), Z20; VBROADCASTSS 60(AX), Z21; \
	VBROADCASTSS 64(AX), Z22; VBROADCASTSS 68(AX), Z23; VBROADCASTSS 72(AX), Z24

// A column of the kernel: taps j, 3 + j, 6 + j, which are CX bytes apart.
#define KERNEL_COLUMN(j) \
	VMOVUPS (R8), Z0; VMOVUPS (R8)(R9*1), Z1; VMOVUPS (R8)(R9*2), Z2; ADDQ CX, R8; \
	KERNEL; KEEP6(j, 3)

#define KERNEL_ROW(i) \
	VMOVUPS (64*(3*(i)+0))(BX), Z0; VMOVUPS (64*(3*(i)+1))(BX), Z1; VMOVUPS (64*(3*(i)+2))(BX), Z2; \
	KERNEL; NARROW

// func kernelFloat(to, step, from, stride, table, masks, scratch uintptr)
TEXT ·kernelFloat(SB), NOSPLIT, $0-56
	ARGUMENTS
	KERNEL_CONSTANTS
	LEAQ (CX)(CX*2), R9
	KERNEL_COLUMN(0)
	KERNEL_COLUMN(1)
	KERNEL_COLUMN(2)
	KERNEL_ROW(0)
	KERNEL_ROW(1)
	KERNEL_ROW(2)
	KERNEL_ROW(3)
	KERNEL_ROW(4)
	KERNEL_ROW(5)
	VZEROUPPER
	RET

// NEXT6 loads six values of the 36 matrices at R8: those of column j, six matrices apart.
#define NEXT6 \
	MOVQ R8, R9; VMOVUPS (R9), Z0; ADDQ R10, R9; VMOVUPS (R9), Z1; ADDQ R10, R9; VMOVUPS (R9), Z2; ADDQ R10, R9; \
	VMOVUPS (R9), Z3; ADDQ R10, R9; VMOVUPS (R9), Z4; ADDQ R10, R9; VMOVUPS (R9), Z5; ADDQ CX, R8

// GATHER is A^T m, 6 values to 4 in Z6..Z9, with the constants of SPREAD.
#define GATHER \
	VADDPS Z2, Z1, Z12; VSUBPS Z2, Z1, Z13; VADDPS Z4, Z3, Z14; VSUBPS Z4, Z3, Z15; \
	VADDPS Z12, Z0, Z6; VADDPS Z14, Z6, Z6; \
	VMULPS Z13, Z24, Z7; VFMADD231PS Z15, Z27, Z7; \
	VMULPS Z12, Z25, Z8; VFMADD231PS Z14, Z28, Z8; \
	VMOVAPS Z5, Z9; VFMADD231PS Z13, Z26, Z9; VFMADD231PS Z15, Z29, Z9

#define GATHER_COLUMN(j) \
	NEXT6; GATHER; \
	VMOVUPS Z6, (64*(0*6+(j)))(BX); VMOVUPS Z7, (64*(1*6+(j)))(BX); VMOVUPS Z8, (64*(2*6+(j)))(BX); VMOVUPS Z9, (64*(3*6+(j)))(BX)

#define GATHER_COLUMNS \
	GATHER_COLUMN(0); GATHER_COLUMN(1); GATHER_COLUMN(2); GATHER_COLUMN(3); GATHER_COLUMN(4); GATHER_COLUMN(5)

// A row of the result: plus bias, not below the floor (NaN stays), stored where the mask has it.
#define FINISH VADDPS Z30, Z6, Z6; VADDPS Z30, Z7, Z7; VADDPS Z30, Z8, Z8; VADDPS Z30, Z9, Z9; \
	VMAXPS Z6, Z31, Z6; VMAXPS Z7, Z31, Z7; VMAXPS Z8, Z31, Z8; VMAXPS Z9, Z31, Z9

#define GATHER_ROW_FLOAT(i) \
	FETCH6(i); GATHER; FINISH; \
	KMOVW (2*(4*(i)+0))(DX), K1; VMOVUPS Z6, K1, 0(DI); KMOVW (2*(4*(i)+1))(DX), K1; VMOVUPS Z7, K1, 64(DI); \
	KMOVW (2*(4*(i)+2))(DX), K1; VMOVUPS Z8, K1, 128(DI); KMOVW (2*(4*(i)+3))(DX), K1; VMOVUPS Z9, K1, 192(DI); \
	ADDQ R15, DI

#define GATHER_ROW_BF16(i) \
	FETCH6(i); GATHER; FINISH; BFLOAT16_6; BFLOAT16_7; BFLOAT16_8; BFLOAT16_9; \
	KMOVW (2*(4*(i)+0))(DX), K1; VMOVDQU16 Y6, K1, 0(DI); KMOVW (2*(4*(i)+1))(DX), K1; VMOVDQU16 Y7, K1, 32(DI); \
	KMOVW (2*(4*(i)+2))(DX), K1; VMOVDQU16 Y8, K1, 64(DI); KMOVW (2*(4*(i)+3))(DX), K1; VMOVDQU16 Y9, K1, 96(DI); \
	ADDQ R15, DI

#define SIXFOLD LEAQ (CX)(CX*2), R10; ADDQ R10, R10

// func gatherFloat(to, step, from, stride, table, masks, scratch, bias, floor uintptr)
TEXT ·gatherFloat(SB), NOSPLIT, $0-72
	ARGUMENTS
	SIXFOLD
	POINT_CONSTANTS
	MOVQ bias+56(FP), SI
	VMOVUPS (SI), Z30
	MOVQ floor+64(FP), SI
	VBROADCASTSS (SI), Z31
	GATHER_COLUMNS
	GATHER_ROW_FLOAT(0)
	GATHER_ROW_FLOAT(1)
	GATHER_ROW_FLOAT(2)
	GATHER_ROW_FLOAT(3)
	VZEROUPPER
	RET

// func gatherBF16(to, step, from, stride, table, masks, scratch, bias, floor uintptr)
TEXT ·gatherBF16(SB), NOSPLIT, $0-72
	ARGUMENTS
	SIXFOLD
	POINT_CONSTANTS
	MOVQ bias+56(FP), SI
	VMOVUPS (SI), Z30
	MOVQ floor+64(FP), SI
	VBROADCASTSS (SI), Z31
	GATHER_COLUMNS
	GATHER_ROW_BF16(0)
	GATHER_ROW_BF16(1)
	GATHER_ROW_BF16(2)
	GATHER_ROW_BF16(3)
	VZEROUPPER
	RET

// TAPS is G^T m, 6 values to 3 in Z6..Z8, with the constants of KERNEL.
#define TAPS \
	VADDPS Z2, Z1, Z12; VSUBPS Z2, Z1, Z13; VADDPS Z4, Z3, Z14; VSUBPS Z4, Z3, Z15; \
	VMULPS Z0, Z18, Z6; VFMADD231PS Z12, Z19, Z6; VFMADD231PS Z14, Z22, Z6; \
	VMULPS Z13, Z20, Z7; VFMADD231PS Z15, Z23, Z7; \
	VMOVAPS Z5, Z8; VFMADD231PS Z12, Z21, Z8; VFMADD231PS Z14, Z24, Z8

#define TAPS_COLUMN(j) \
	NEXT6; TAPS; \
	VMOVUPS Z6, (64*(0*6+(j)))(BX); VMOVUPS Z7, (64*(1*6+(j)))(BX); VMOVUPS Z8, (64*(2*6+(j)))(BX)

#define TAPS_ROW(i) \
	FETCH6(i); TAPS; \
	VMOVUPS Z6, (DI); ADDQ R15, DI; VMOVUPS Z7, (DI); ADDQ R15, DI; VMOVUPS Z8, (DI); ADDQ R15, DI

// func tapsFloat(to, step, from, stride, table, masks, scratch uintptr)
TEXT ·tapsFloat(SB), NOSPLIT, $0-56
	ARGUMENTS
	SIXFOLD
	KERNEL_CONSTANTS
	TAPS_COLUMN(0)
	TAPS_COLUMN(1)
	TAPS_COLUMN(2)
	TAPS_COLUMN(3)
	TAPS_COLUMN(4)
	TAPS_COLUMN(5)
	TAPS_ROW(0)
	TAPS_ROW(1)
	TAPS_ROW(2)
	VZEROUPPER
	RET
