package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// lgl runs the command in this process and returns its stdout.
func lgl(t *testing.T, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	if code := execute(t.Context(), args, strings.NewReader(""), &out, &log); code != exitOK {
		t.Fatalf("lgl %v: exit code %d\n%s", args, code, log.String())
	}
	return out.String()
}

// stripes writes IDX files of ten classes with so many 8x8 images each, a bright column for each
// class, noisy enough that not all are told apart.
func stripes(t *testing.T, perClass int) string {
	t.Helper()
	dir := t.TempDir()
	for part, shift := range map[string]int{"train": 0, "t10k": 7} {
		var labels, pixels []byte
		for i := range 10 * perClass {
			k := i % 10
			labels = append(labels, byte(k))
			image := make([]byte, 64)
			for j := range image {
				image[j] = byte((i*31 + j*17 + shift*i*j) % 97)
			}
			for row := range 3 + k/8 {
				image[8*row+k%8] += byte(40 + (i*row)%80)
			}
			pixels = append(pixels, image...)
		}
		for name, content := range map[string][]byte{"-images-idx3-ubyte": idxFile(3, []int{len(labels), 8, 8}, pixels), "-labels-idx1-ubyte": idxFile(1, []int{len(labels)}, labels)} {
			if err := os.WriteFile(filepath.Join(dir, part+name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// events reads a run's log, without any code of lgl's.
func events(t *testing.T, dir string) (all []map[string]any) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		e := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// event is the first one of a type in a run's log.
func event(t *testing.T, dir, kind string) map[string]any {
	t.Helper()
	for _, e := range events(t, dir) {
		if e["type"] == kind {
			return e
		}
	}
	t.Fatalf("%s: no %s", dir, kind)
	return nil
}

// table reads a CSV file: rows by the value in a column.
func table(t *testing.T, path, key string) map[string]map[string]string {
	t.Helper()
	rows := map[string]map[string]string{}
	for _, row := range records(t, path) {
		rows[row[key]] = row
	}
	return rows
}

// records reads a CSV file: its rows, each by the names of the columns.
func records(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = l[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// Every number of table 1 is computed again from the runs' events.jsonl, and stands in the CSV, in
// the Markdown and on the terminal alike; the paper's stands beside it.
func TestTable1FromEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 30 small networks")
	}
	t.Setenv("LGL_DNNL", "/nonexistent/libdnnl.so.2")
	data, out := stripes(t, 20), t.TempDir()
	terminal := lgl(t, "paper", "table1", "--data", data, "--scale", "tiny", "--seeds", "3", "--out", out)
	name := filepath.Base(data) + "-tiny"
	rows := table(t, filepath.Join(out, "table1-"+name+".csv"), "method")
	markdown, err := os.ReadFile(filepath.Join(out, "table1-"+name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]string{"baseline": "baseline", "SPL": "spl", "SPL_INV": "spl-inv", "SPLD": "spld", "LGL(r,2)": "lgl-r-2", "LGL(r,3)": "lgl-r-3", "LGL(r,4)": "lgl-r-4"}
	for m := 2; m <= 4; m++ {
		cells[fmt.Sprintf("baseline-equal stages=%d", m)] = fmt.Sprintf("baseline-equal-%d", m)
	}
	if len(rows) != len(cells) {
		t.Fatalf("%d rows; want %d", len(rows), len(cells))
	}
	top1 := map[string][]float64{}
	samples := map[string]float64{}
	for label, cell := range cells {
		for seed := 1; seed <= 3; seed++ {
			e := event(t, filepath.Join(out, name, fmt.Sprintf("%s-s%d", cell, seed)), "run_ended")
			top1[label] = append(top1[label], e["top1_last"].(float64))
			samples[label] += e["samples_seen"].(float64) / 3
		}
	}
	for label := range cells {
		row := rows[label]
		same := func(column string, want float64) {
			if got, err := strconv.ParseFloat(row[column], 64); err != nil || math.Abs(got-want) > 1e-5*max(1, math.Abs(want)) {
				t.Errorf("%s, %s: %q; the events give %v", label, column, row[column], want)
			}
		}
		mean, sd := meanSD(top1[label])
		same("n", 3)
		same("top1", mean)
		same("top1_sd", sd)
		same("samples", samples[label])
		same("cost", samples[label]/samples["baseline"])
		if m, ok := strings.CutPrefix(label, "LGL(r,"); ok {
			samePaired(t, label, "vs_baseline", row, top1[label], top1["baseline"])
			samePaired(t, label, "vs_equal", row, top1[label], top1["baseline-equal stages="+strings.TrimSuffix(m, ")")])
		}
		if strings.HasPrefix(label, "SPL") {
			samePaired(t, label, "vs_baseline", row, top1[label], top1["baseline"])
			if row["vs_equal"] != "" {
				t.Errorf("%s is compared with a baseline of more samples", label)
			}
		}
		for column, want := range map[string]string{"data": filepath.Base(data), "train": "200", "test": "200", "carry": "last", "scale": "tiny", "epochs": "4", "seeds": "1 2 3", "engine": "reference"} {
			if row[column] != want {
				t.Errorf("%s, %s: %q; want %q", label, column, row[column], want)
			}
		}
		for where, text := range map[string]string{"terminal": terminal, "Markdown": string(markdown)} {
			if !strings.Contains(text, fmt.Sprintf("%.2f", 100*mean)) || !strings.Contains(text, fmt.Sprintf("±%.2f", 100*sd)) {
				t.Errorf("%s: %.2f ±%.2f is not in the %s", label, 100*mean, 100*sd, where)
			}
		}
	}
	if rows["LGL(r,4)"]["paper_top1"] != "0.9397" || rows["baseline-equal stages=2"]["paper_top1"] != "" {
		t.Errorf("the paper's numbers: %q, %q", rows["LGL(r,4)"]["paper_top1"], rows["baseline-equal stages=2"]["paper_top1"])
	}
}

// Runs that another machine finished make the table that is committed, and are not trained again.
func TestTableOfCommittedRuns(t *testing.T) {
	const results = "../../docs/results"
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(filepath.Join(results, "gpu-runs"))); err != nil {
		t.Fatal(err)
	}
	lgl(t, "paper", "table3", "--data", "glyphs", "--scale", "full", "--seeds", "1", "--engine", "xla", "--precision", "bf16", "--out", out)
	for _, name := range []string{"table3-glyphs-full.md", "table3-glyphs-full.csv"} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(results, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one: %v\n%s", name, err, got)
		}
	}
}

func meanSD(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(sd)
}

// samePaired holds a difference to Student's formula with the tabled t(0.975, 2) = 4.302653.
func samePaired(t *testing.T, label, column string, row map[string]string, a, b []float64) {
	t.Helper()
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	mean, sd := meanSD(d)
	half := 4.302653 * sd / math.Sqrt(3)
	for name, want := range map[string]float64{column: mean, column + "_low": mean - half, column + "_high": mean + half, column + "_n": 3} {
		if got, err := strconv.ParseFloat(row[name], 64); err != nil || math.Abs(got-want) > 1e-5 {
			t.Errorf("%s, %s: %q; the events give %v", label, name, row[name], want)
		}
	}
}

// Table 2's H is that of lgl entropy under the same runs, and the figure can be decoded.
func TestTable2IsEntropys(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent/libdnnl.so.2")
	data, out := stripes(t, 12), t.TempDir()
	lgl(t, "paper", "table2", "--data", data, "--scale", "tiny", "--seeds", "2", "--out", out, "--trained", "7,1,4")
	name := filepath.Base(data) + "-tiny"
	rows := table(t, filepath.Join(out, "table2-"+name+"-more.csv"), "class")
	want := map[string]float64{}
	for seed := 1; seed <= 2; seed++ {
		var h struct {
			Trained   []int
			Entropies []struct {
				Class   int
				Entropy float64
			}
		}
		if err := json.Unmarshal([]byte(lgl(t, "entropy", filepath.Join(out, name, fmt.Sprintf("only-7-1-4-s%d", seed)), "--json")), &h); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(h.Trained) != "[7 1 4]" {
			t.Errorf("trained %v", h.Trained)
		}
		for _, e := range h.Entropies {
			want[fmt.Sprint(e.Class)] += e.Entropy / 2
		}
	}
	for class, h := range want {
		if got, err := strconv.ParseFloat(rows[class]["h_mean"], 64); err != nil || math.Abs(got-h) > 1e-5 {
			t.Errorf("class %s: H %q; lgl entropy says %v", class, rows[class]["h_mean"], h)
		}
		if yes := strings.Contains("714", class); (rows[class]["trained"] == "yes") != yes {
			t.Errorf("class %s: trained %s", class, rows[class]["trained"])
		}
	}
	raw, err := os.ReadFile(filepath.Join(out, "table2-"+name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() < 500 {
		t.Errorf("figure: %v", err)
	}
}
