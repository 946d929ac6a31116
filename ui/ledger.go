package ui

import "github.com/local-to-global/lgl/record"

// ledger is what a run cost.
type ledger struct {
	Seen      int64  `json:"samples_seen"`
	Planned   number `json:"samples_predicted"`
	Probed    int64  `json:"samples_probed"`
	Trained   number `json:"flops_trained"`
	Forwarded number `json:"flops_forwarded"`
	Seconds   number `json:"seconds"`
	Train     number `json:"train_seconds"`
	Select    number `json:"select_seconds"`
}

// ledger returns what the run cost so far.
func (d *detail) ledger() ledger {
	s := d.started
	l := ledger{Planned: unknown, Seconds: unknown, Train: number(d.train), Select: number(d.choosing)}
	if e := d.lastEpoch; e != nil {
		l.Seen, l.Probed, l.Seconds = e.SamplesSeen, e.SamplesProbed, number(e.Seconds)
	}
	trained, forwarded := record.FLOPs(s.Model.MACs, l.Seen, l.Probed)
	l.Trained, l.Forwarded = number(trained), number(forwarded)
	if e := d.ended; e != nil {
		l.Seen, l.Probed, l.Seconds, l.Train = e.SamplesSeen, e.SamplesProbed, number(e.Seconds), number(e.TrainSeconds)
		l.Trained, l.Forwarded = number(e.FLOPsTrained), number(e.FLOPsForwarded)
	}
	if s.SamplesPredicted > 0 {
		l.Planned = number(s.SamplesPredicted)
	}
	return l
}
