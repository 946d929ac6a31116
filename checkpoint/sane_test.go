package checkpoint

import (
	"fmt"
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// Of several faults the same one is named every time.
func TestFaultsInOrder(t *testing.T) {
	tensors := nn.State{}
	for i := range 9 {
		tensors[fmt.Sprint(doneTensor, i)], tensors[fmt.Sprint("odd/", i)] = nn.Tensor{}, nn.Tensor{}
	}
	for range 20 {
		p, c := Position{Stages: -1, Epoch: -1, Forwarded: -1, Resumed: -1}, Snapshot{Tensors: tensors}
		for want, err := range map[string]error{
			"stages is -1": p.check(2, 3),
			"tensor done/0 has 0 values for 3 samples": c.checkVectors(p, 3),
			"tensor odd/0; no checkpoint has such":     c.checkNames(),
		} {
			if err == nil || err.Error() != want {
				t.Fatalf("%v; want %s", err, want)
			}
		}
	}
}
