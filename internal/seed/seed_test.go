package seed

import "testing"

func TestStreamsAreReproducibleAndDistinct(t *testing.T) {
	seen := map[uint64]string{}
	for _, name := range []string{"", "order", "init"} {
		for _, index := range [][]uint64{nil, {0}, {1}, {0, 0}} {
			a, b := Stream(7, name, index...).Uint64(), Stream(7, name, index...).Uint64()
			if a != b {
				t.Fatalf("stream %q %v gave %d, then %d", name, index, a, b)
			}
			if other, ok := seen[a]; ok {
				t.Fatalf("stream %q %v equals stream %s", name, index, other)
			}
			seen[a] = name
			if Derive(7, name, index...) == Derive(8, name, index...) {
				t.Fatalf("stream %q %v does not depend on the seed", name, index)
			}
		}
	}
}
