package paper

// table3 is table 3. A seed gives all strategies the same first group (curriculum.LGL).
func table3() Experiment {
	return Experiment{
		Name: "table3", Short: "Compare LGL's strategies, random, dissimilar and similar: table 3",
		Long: `Table 3 (section 5.3): top-1 of LGL(r,3), (d,3) and (s,3). Runs of one seed begin with
the same group of classes. Beside them stand the baselines of as many epochs and of as
many samples.`,
	}.ofMethods("Table 3", Setup.table3Methods)
}

// table3Methods are the rows of table 3.
func (s Setup) table3Methods() []method {
	m := min(3, len(s.Data.Classes))
	return []method{baseline, equal(m), lgl("random", m), lgl("dissimilar", m), lgl("similar", m)}
}
