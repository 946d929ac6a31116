package run

import (
	"fmt"

	"github.com/local-to-global/lgl/record"
)

// alarm warns of the first epoch whose training loss says that training diverges.
type alarm struct{ x *execution }

var _ record.Sink = alarm{}

// Emit takes an event that the log has.
func (a alarm) Emit(e record.Event) error {
	epoch, ok := e.(record.EpochEnded)
	if !ok || a.x.last.diverged || !a.x.diverged(epoch.TrainLoss) {
		return nil
	}
	text := fmt.Sprintf("epoch %d: the training loss is %.3g, that of guessing %.3g: training diverges; a smaller --lr helps most often",
		epoch.Epoch, epoch.TrainLoss, record.Guessing(len(a.x.task.Set.Train.Classes())))
	a.x.last.diverged = true
	return record.Tee(a.x.log, a.x.o.Sink, a.x.outlets).Emit(record.Warning{Text: text})
}

// diverged reports a training loss of the run that is far above that of guessing.
func (x *execution) diverged(loss float64) bool {
	return record.Diverged(loss, len(x.task.Set.Train.Classes()))
}
