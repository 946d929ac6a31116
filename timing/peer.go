package timing

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

	"github.com/local-to-global/lgl/internal/failure"
)

// Peer is another program that does the same work, to be timed in turn: it reads a request, a JSON object a
// line, and answers each with a line. scripts/torch_data.py is one.
type Peer struct {
	command string
	cmd     *exec.Cmd
	kill    context.CancelFunc
	ask     *json.Encoder
	answer  *json.Decoder
	stdin   io.Closer
	stderr  bytes.Buffer
}

// peerRequest asks a peer to make batches of pictures.
type peerRequest struct {
	Files   []string `json:"files"`
	Size    int      `json:"size"`
	Augment string   `json:"augment"` // as --augment, or Decode
	Batch   int      `json:"batch"`
	Seed    uint64   `json:"seed"`
}

// peerAnswer says how long that took.
type peerAnswer struct {
	Seconds float64 `json:"seconds"`
	Version string  `json:"version"`
}

// StartPeer starts a command, words with spaces between.
func StartPeer(ctx context.Context, command string) (*Peer, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, failure.Usage(fmt.Errorf(`--peer %q: want a command, like "python3 scripts/torch_data.py"`, command))
	}
	ctx, kill := context.WithCancel(ctx)
	p := &Peer{command: command, kill: kill, cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.cmd.WaitDelay = lastWords
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
		kill()
		return nil, failure.Usage(fmt.Errorf("--peer: %w", err))
	}
	return p, nil
}

// lastWords is how long a peer has to end once nothing more is asked.
const lastWords = time.Second

// time asks for a pass.
func (p *Peer) time(ctx context.Context, r peerRequest) (took time.Duration, version string, err error) {
	var got peerAnswer
	_ = p.ask.Encode(r) // an error of which tells less than that of the answer
	if err := p.answer.Decode(&got); err != nil {
		ended := p.Stop()
		if ctx.Err() != nil {
			return 0, "", ctx.Err()
		}
		return 0, "", p.failed(ended, err)
	}
	if !(got.Seconds > 0) {
		return 0, "", fmt.Errorf("--peer %s answered with %v seconds; want more than 0", p.command, got.Seconds)
	}
	return time.Duration(got.Seconds * float64(time.Second)), got.Version, nil
}

// failed is the error of a peer that gave no answer, or one that is none, and ended with the error of its
// process.
func (p *Peer) failed(ended, answer error) error {
	said := strings.TrimSpace(p.stderr.String())
	if said != "" {
		said = "\n" + said
	}
	switch {
	case !errors.Is(answer, io.EOF) && !errors.Is(answer, io.ErrUnexpectedEOF):
		return fmt.Errorf(`--peer %s: its answer is no line of JSON like {"seconds": 1.5}: %w%s`, p.command, answer, said)
	case ended != nil:
		return fmt.Errorf("--peer %s: ended without an answer: %w%s", p.command, ended, said)
	}
	return fmt.Errorf("--peer %s: ended without an answer%s", p.command, said)
}

// Stop ends it, which has nothing more to read: by itself, or it is killed.
func (p *Peer) Stop() error {
	defer p.kill()
	timer := time.AfterFunc(lastWords, p.kill)
	defer timer.Stop()
	p.stdin.Close()
	return p.cmd.Wait()
}
