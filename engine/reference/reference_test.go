package reference_test

import (
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
)

func TestConformance(t *testing.T) {
	enginetest.Run(t, func(*testing.T) engine.Engine { return reference.New() }, enginetest.Float32)
}
