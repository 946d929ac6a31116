package nn

import "fmt"

// Take replaces the tensors of s, which fits the network, by those of from, weights of the same network with any number
// of classes, bit for bit: row k of the head becomes row rows[k] of from's, and stays as it is in s where that is -1.
func (n Net) Take(s, from State, rows []int) error {
	had, err := n.Adopts(from)
	if err != nil {
		return err
	}
	switch had {
	case NoHead:
		return fmt.Errorf("network %s: the weights have no head, of which rows are to be taken", n.Name)
	case 0:
		had = n.Classes
	}
	if len(rows) != n.Classes {
		return fmt.Errorf("network %s: %d head rows to take; it has %d", n.Name, len(rows), n.Classes)
	}
	for k, row := range rows {
		if row < -1 || row >= had {
			return fmt.Errorf("network %s: head row %d is to be row %d of %d", n.Name, k, row, had)
		}
	}
	for _, p := range n.Params() {
		if p.Layer != n.Head() {
			copy(s[p.Name].Data, from[p.Name].Data)
			continue
		}
		width := p.Len() / n.Classes // F for the weight, 1 for the bias
		for k, row := range rows {
			if row >= 0 {
				copy(s[p.Name].Data[k*width:(k+1)*width], from[p.Name].Data[row*width:])
			}
		}
	}
	return nil
}
