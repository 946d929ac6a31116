package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// peer is another program that does the same work, to be timed in turn: it reads a request, a JSON object a
// line, and answers each with a line. scripts/torch_data.py is one.
type peer struct {
	command string
	cmd     *exec.Cmd
	ask     *json.Encoder
	answer  *json.Decoder
	stdin   io.Closer
	stderr  bytes.Buffer
}

// peerRequest asks a peer to make batches of pictures.
type peerRequest struct {
	Files   []string `json:"files"`
	Size    int      `json:"size"`
	Augment string   `json:"augment"` // as --augment, or decodeOnly
	Batch   int      `json:"batch"`
	Seed    uint64   `json:"seed"`
}

// peerAnswer says how long that took.
type peerAnswer struct {
	Seconds float64 `json:"seconds"`
	Version string  `json:"version"`
}

// startPeer starts a command, words with spaces between.
func startPeer(ctx context.Context, command string) (*peer, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, &usageError{fmt.Errorf(`--peer %q: want a command, like "python3 scripts/torch_data.py"`, command)}
	}
	p := &peer{command: command, cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.cmd.Stderr = &p.stderr
	p.cmd.Env = append(p.cmd.Environ(), "OMP_NUM_THREADS=1") // one core, as on our side
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.ask, p.answer = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	if err := p.cmd.Start(); err != nil {
		return nil, &usageError{fmt.Errorf("--peer: %w", err)}
	}
	return p, nil
}

// time asks for a pass.
func (p *peer) time(r peerRequest) (took time.Duration, version string, err error) {
	var got peerAnswer
	if err := errors.Join(p.ask.Encode(r), p.answer.Decode(&got)); err != nil {
		p.stdin.Close()
		p.cmd.Wait()
		return 0, "", fmt.Errorf("--peer %s gave no answer: %w\n%s", p.command, err, strings.TrimSpace(p.stderr.String()))
	}
	if !(got.Seconds > 0) {
		return 0, "", fmt.Errorf("--peer %s answered with %v seconds; want more than 0", p.command, got.Seconds)
	}
	return time.Duration(got.Seconds * float64(time.Second)), got.Version, nil
}

// stop ends it, which has nothing more to read.
func (p *peer) stop() {
	p.stdin.Close()
	p.cmd.Wait()
}
