package nn

import (
	"fmt"
	"slices"
)

func (o Linear) shape(in [][]int) ([]int, error) {
	if len(in) != 1 || len(in[0]) != 1 {
		return nil, fmt.Errorf("input %v; want one [F] (put Flatten before it)", in)
	}
	if o.Out < 1 {
		return nil, fmt.Errorf("%d outputs; want at least 1", o.Out)
	}
	return []int{o.Out}, nil
}

func (o Linear) params(in []int) []Param {
	ps := []Param{{Suffix: "weight", Role: Weight, Shape: []int{o.Out, in[0]}}}
	if o.Bias {
		ps = append(ps, Param{Suffix: "bias", Role: Bias, Shape: []int{o.Out}})
	}
	return fans(ps, in[0], o.Out)
}

func (o Conv2D) shape(in [][]int) ([]int, error) {
	hw, err := window(in, o.Kernel, o.Stride, o.Pad)
	if err != nil {
		return nil, err
	}
	if o.Out < 1 {
		return nil, fmt.Errorf("%d output channels; want at least 1", o.Out)
	}
	return []int{o.Out, hw[0], hw[1]}, nil
}

func (o Conv2D) params(in []int) []Param {
	ps := []Param{{Suffix: "weight", Role: Weight, Shape: []int{o.Out, in[0], o.Kernel, o.Kernel}}}
	if o.Bias {
		ps = append(ps, Param{Suffix: "bias", Role: Bias, Shape: []int{o.Out}})
	}
	return fans(ps, in[0]*o.Kernel*o.Kernel, o.Out*o.Kernel*o.Kernel)
}

func (o BatchNorm) shape(in [][]int) ([]int, error) {
	if len(in) != 1 || len(in[0]) != 3 && len(in[0]) != 1 {
		return nil, fmt.Errorf("input %v; want one [C H W] or [F]", in)
	}
	return in[0], nil
}

func (o BatchNorm) params(in []int) []Param {
	c := []int{in[0]}
	return []Param{
		{Suffix: "weight", Role: Scale, Shape: c},
		{Suffix: "bias", Role: Shift, Shape: c},
		{Suffix: "running_mean", Role: RunningMean, Shape: c},
		{Suffix: "running_var", Role: RunningVar, Shape: c},
	}
}

func (o MaxPool) shape(in [][]int) ([]int, error) { return pool(in, o.Kernel, o.Stride, o.Pad) }
func (o AvgPool) shape(in [][]int) ([]int, error) { return pool(in, o.Kernel, o.Stride, o.Pad) }

func (o GlobalAvgPool) shape(in [][]int) ([]int, error) {
	if len(in) != 1 || len(in[0]) != 3 {
		return nil, fmt.Errorf("input %v; want one [C H W]", in)
	}
	return []int{in[0][0], 1, 1}, nil
}

func (o Flatten) shape(in [][]int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("%d inputs; want 1", len(in))
	}
	return []int{Size(in[0])}, nil
}

func (o Dropout) shape(in [][]int) ([]int, error) {
	if len(in) != 1 || !(o.P >= 0 && o.P < 1) {
		return nil, fmt.Errorf("%d inputs and p = %v; want 1 and 0 <= p < 1", len(in), o.P)
	}
	return in[0], nil
}

func (o ReLU) shape(in [][]int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("%d inputs; want 1", len(in))
	}
	return in[0], nil
}

func (o Add) shape(in [][]int) ([]int, error) {
	if len(in) != 2 || !slices.Equal(in[0], in[1]) {
		return nil, fmt.Errorf("inputs %v; want two of one shape", in)
	}
	return in[0], nil
}

func (o MaxPool) params([]int) []Param       { return nil }
func (o AvgPool) params([]int) []Param       { return nil }
func (o GlobalAvgPool) params([]int) []Param { return nil }
func (o Flatten) params([]int) []Param       { return nil }
func (o Dropout) params([]int) []Param       { return nil }
func (o ReLU) params([]int) []Param          { return nil }
func (o Add) params([]int) []Param           { return nil }

// pool returns the shape after a pooling window.
func pool(in [][]int, kernel, stride, pad int) ([]int, error) {
	hw, err := window(in, kernel, stride, pad)
	if err != nil {
		return nil, err
	}
	if 2*pad > kernel {
		return nil, fmt.Errorf("padding %d is more than half of kernel %d", pad, kernel)
	}
	return []int{in[0][0], hw[0], hw[1]}, nil
}

// window returns the number of positions of a square window over H and W.
func window(in [][]int, kernel, stride, pad int) ([2]int, error) {
	var hw [2]int
	if len(in) != 1 || len(in[0]) != 3 {
		return hw, fmt.Errorf("input %v; want one [C H W]", in)
	}
	if kernel < 1 || stride < 1 || pad < 0 {
		return hw, fmt.Errorf("kernel %d, stride %d, padding %d; want >= 1, >= 1, >= 0", kernel, stride, pad)
	}
	for i, size := range in[0][1:] {
		if size+2*pad < kernel {
			return hw, fmt.Errorf("kernel %d is larger than the padded input %v", kernel, in[0])
		}
		hw[i] = (size+2*pad-kernel)/stride + 1
	}
	return hw, nil
}

// fans sets the fans of a layer's parameters; a bias has those of its weight.
func fans(ps []Param, in, out int) []Param {
	for i := range ps {
		ps[i].FanIn, ps[i].FanOut = in, out
	}
	return ps
}
