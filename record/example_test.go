package record_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/local-to-global/lgl/record"
)

// The accuracy of each epoch, from a run's log; record.ReadFile takes the path of one.
func ExampleRead() {
	events, err := record.Read(strings.NewReader(`{"type":"stage_started","time":"2026-11-24T14:00:00Z","stage":1,"classes":[4,0]}
{"type":"epoch_ended","time":"2026-11-24T14:00:05Z","stage":1,"epoch":1,"samples_seen":1200,"test":{"samples":100,"top1":0.19,"top1_active":0.95}}
`))
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range events {
		switch e := e.Event.(type) {
		case record.StageStarted:
			fmt.Println("stage", e.Stage, "of classes", e.Classes)
		case record.EpochEnded:
			fmt.Printf("%d samples: top-1 %.2f, %.2f of the active classes\n", e.SamplesSeen, e.Test.Top1, e.Test.Top1Active)
		}
	}
	// Output:
	// stage 1 of classes [4 0]
	// 1200 samples: top-1 0.19, 0.95 of the active classes
}
