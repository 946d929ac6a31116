package curriculum

import "slices"

// Planned is what can be said of a stage before training.
type Planned struct {
	Active  int   `json:"active"`  // classes in use
	New     int   `json:"new"`     // of them, classes that enter now
	Classes []int `json:"classes"` // those that enter, where the order is known beforehand
	Epoch   int   `json:"epoch"`   // samples in an epoch
	Samples int64 `json:"samples"` // samples the stage trains on
}

// Plan returns the stages of the run on classes of so many training samples each. Where the order
// of the classes is not known beforehand their samples are spread evenly over the classes; exact
// reports whether the samples of each stage are nevertheless sure (but for a stop rule that waits
// for convergence, which is taken to need its most epochs).
func (c LGL) Plan(perClass []int) (stages []Planned, exact bool, err error) {
	sizes, err := c.sizes()
	if err != nil {
		return nil, false, err
	}
	before := c.trained(nil)
	known, order, exact := c.foreknown() || c.Stages == 1, slices.Concat(before, c.order(before)), true
	sure := len(before) // so many of the order, whatever the network says
	if sure == 0 {
		sure = sizes[0]
	}
	if !known {
		perClass, exact = spread(perClass, order[sure:])
	}
	active, epoch, epochs := len(before), 0, []float64{}
	for _, k := range before {
		epoch += perClass[k]
	}
	for _, size := range sizes {
		s := Planned{Active: active + size, New: size}
		for _, k := range order[active:s.Active] {
			epoch += perClass[k]
		}
		if s.Active <= sure || known && (c.Known == 0 || c.foreknown()) {
			s.Classes = order[active:s.Active]
		}
		s.Epoch = epoch
		active, stages, epochs = s.Active, append(stages, s), append(epochs, float64(epoch))
	}
	return stages, exact, c.portion(stages, epochs)
}

// portion sets the samples of the planned stages, of which an epoch has so many.
func (c LGL) portion(stages []Planned, epochs []float64) error {
	spent, ahead := int64(0), c.Budget.ahead(epochs)
	for i := range stages {
		stages[i].Samples = int64(stages[i].Epoch) * int64(c.Stop.epochs())
		if c.Budget.Samples > 0 {
			stages[i].Samples = c.Budget.share(spent, epochs[i:], ahead[i:])
			if err := c.Budget.check(i+1, stages[i].Samples); err != nil {
				return err
			}
		}
		spent += stages[i].Samples
	}
	return nil
}
