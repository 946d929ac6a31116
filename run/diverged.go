package run

import (
	"fmt"

	"github.com/local-to-global/lgl/record"
)

// alarm warns, once, of an epoch whose training loss says that training diverges.
type alarm struct{ x *execution }

var _ record.Sink = alarm{}

// diverges is what the warning is known by.
const diverges = "training diverges"

// Emit takes an event that the log has.
func (a alarm) Emit(e record.Event) error {
	epoch, ok := e.(record.EpochEnded)
	if !ok || a.x.last.warned || !a.x.diverged(epoch) {
		return nil
	}
	text := fmt.Sprintf("epoch %d: the training loss is %.3g, that of guessing %.3g: %s; a smaller --lr helps most often",
		epoch.Epoch, epoch.TrainLoss, record.Guessing(len(a.x.task.Set.Train.Classes())), diverges)
	return a.x.sink().Emit(record.Warning{Text: text})
}

// diverged reports an epoch of the run after which it has diverged.
func (x *execution) diverged(e record.EpochEnded) bool {
	return e.Diverged(x.last.first, len(x.task.Set.Train.Classes()), e.Stage > 1 || x.task.Config.Extends() || x.task.Config.InitFile() != "")
}
