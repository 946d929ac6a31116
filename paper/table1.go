package paper

// table1 is table 1, with the baselines of as many samples that the paper does not have.
func table1() Experiment {
	return Experiment{
		Name: "table1", Short: "Compare LGL(r,2), (r,3), (r,4) with SPL and the baselines: table 1",
		Long: `Table 1 (section 5.2): top-1 of LGL with 2, 3 and 4 stages, of self-paced learning and
of the baseline. Beside them stands, for each number of stages, what the paper does
not have: a baseline that sees as many samples as that LGL. On 50 classes and more at
full scale also LGL(r,20).`,
	}.ofMethods("Table 1", Setup.table1Methods)
}

// table1Methods are the rows of table 1.
func (s Setup) table1Methods() []method {
	stages := s.Data.stagesUpTo(4)
	if s.Scale == "full" && len(s.Data.Classes) >= 50 {
		stages = append(stages, 20)
	}
	methods := []method{baseline}
	for _, m := range stages {
		methods = append(methods, equal(m))
	}
	methods = append(methods, selfPaced...)
	for _, m := range stages {
		methods = append(methods, lgl("random", m))
	}
	return methods
}
