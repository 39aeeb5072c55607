package shim

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Sizes and times of the copy to the pane.
const (
	queueMost  = 256 << 10              // more than this unwritten is a flood
	tailKept   = 64 << 10               // of a flood, for the screenful shown
	floodEvery = 100 * time.Millisecond // a screenful of a flood
	floodLess  = 64 << 10               // fewer bytes than this in that time end it
	writeMost  = 16 << 10               // in one write(2)
)

// pane copies output to the tmux pane. The log has been written before: a
// pane that can't keep up skips whole lines, shows the newest screenful some
// times a second, and says how many it skipped. A full-screen program and an
// interactive service are never skipped; there write waits.
type pane struct {
	out  io.Writer
	name string

	mu      sync.Mutex // guards everything below
	moved   sync.Cond  // queue, flood or dead changed
	esc     escapes
	queue   []byte
	writing bool
	dead    bool // the pane is gone; bytes are dropped
	waits   bool // interactive
	rows    int
	flood   bool
	tail    []byte // the newest bytes of a flood
	skipped int    // lines of the flood not shown
	recent  int    // bytes since the last screenful
	midLine bool   // the last byte shown was not a newline
	awake   bool   // the writer goroutine runs
}

func newPane(out io.Writer, name string, rows int) *pane {
	p := &pane{out: out, name: name, rows: rows}
	p.moved.L = &p.mu
	return p
}

// write takes in output. addCR is for pipes, which no line discipline has
// given the carriage returns a raw terminal needs.
func (p *pane) write(b []byte, addCR bool) {
	if addCR {
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	whole := p.esc.state == ground // a cut before b harms nothing
	wait := p.waits || p.esc.alt
	p.esc.feed(b)
	switch {
	case p.flood:
		p.skip(b)
	case wait || p.waits || p.esc.alt:
		for len(p.queue) > tailKept && !p.dead {
			p.moved.Wait()
		}
		p.show(b)
	case len(p.queue)+len(b) <= queueMost || !whole && len(p.queue) < 4*queueMost:
		p.show(b)
	default:
		p.flood, p.skipped, p.recent, p.tail = true, 0, 0, p.tail[:0]
		p.skip(b)
	}
}

// show queues output of the service.
func (p *pane) show(b []byte) {
	if len(b) > 0 {
		p.midLine = b[len(b)-1] != '\n'
	}
	p.put(b)
}

// put appends to the queue and sees to it that somebody writes it.
func (p *pane) put(b []byte) {
	if p.dead {
		return
	}
	p.queue = append(p.queue, b...)
	if !p.awake {
		p.awake = true
		go p.writer()
	}
	p.moved.Broadcast()
}

// skip keeps the newest bytes of a flood.
func (p *pane) skip(b []byte) {
	p.skipped += bytes.Count(b, []byte("\n"))
	p.recent += len(b)
	if len(b) >= tailKept {
		p.tail = append(p.tail[:0], b[len(b)-tailKept:]...)
		return
	}
	if over := len(p.tail) + len(b) - 2*tailKept; over > 0 {
		p.tail = append(p.tail[:0], p.tail[len(p.tail)-tailKept:]...)
	}
	p.tail = append(p.tail, b...)
}

// writer lives while there is something to write; an idle pane has none.
func (p *pane) writer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.dead {
		switch {
		case len(p.queue) > 0:
			n := min(len(p.queue), writeMost)
			if p.flood {
				n = len(p.queue) // the sooner the flood's own screenful comes
			}
			part := p.queue[:n]
			p.writing = true
			p.mu.Unlock()
			_, err := p.out.Write(part)
			p.mu.Lock()
			p.writing = false
			// Only put appends meanwhile; what is before n is ours.
			p.queue = p.queue[n:]
			if len(p.queue) == 0 {
				p.queue = nil // an idle shim holds no buffer
			}
			p.dead = p.dead || err != nil
			p.moved.Broadcast()
		case p.flood:
			p.mu.Unlock()
			time.Sleep(floodEvery)
			p.mu.Lock()
			p.surface()
		default:
			p.awake = false
			p.moved.Broadcast()
			return
		}
	}
	p.awake, p.queue = false, nil
	p.moved.Broadcast()
}

// surface shows a flood's newest screenful, and ends the flood when it has
// become a stream that can be followed.
func (p *pane) surface() {
	if !p.flood {
		return
	}
	shown := p.screenful()
	lines := bytes.Count(shown, []byte("\n"))
	if p.skipped > lines {
		p.queue = append(p.queue, p.note(fmt.Sprintf("%d lines not shown here; prox logs %s has them all", p.skipped-lines, p.name))...)
	}
	p.queue = append(p.queue, shown...)
	if len(shown) > 0 {
		p.midLine = shown[len(shown)-1] != '\n'
	}
	calm := p.recent < floodLess && p.esc.state == ground
	p.skipped, p.recent = 0, 0
	if calm {
		p.flood, p.tail = false, nil
		return
	}
	p.tail = p.tail[:0]
}

// screenful is the end of tail: whole lines, none begun within an escape
// sequence, as many as the pane has rows.
func (p *pane) screenful() []byte {
	from := len(p.tail)
	for range max(p.rows-1, 2) {
		nl := bytes.LastIndexByte(p.tail[:max(from-1, 0)], '\n')
		if nl < 0 {
			break
		}
		if p.esc.seen-int64(len(p.tail)-nl) < p.esc.unsafe {
			break
		}
		from = nl + 1
	}
	out := p.tail[from:]
	if p.esc.state != ground { // the last sequence is not whole: up to the last line
		if nl := bytes.LastIndexByte(out, '\n'); nl >= 0 {
			out = out[:nl+1]
		}
	}
	return out
}

// note is a line of ours between the service's.
func (p *pane) note(text string) []byte {
	start := "\x1b[0m"
	if p.midLine {
		start += "\r\n"
	}
	p.midLine = false
	return []byte(start + "\x1b[2m── " + text + " ──\x1b[0m\r\n")
}

// notice shows a line of ours; not on top of a full-screen program.
func (p *pane) notice(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.esc.alt || p.esc.state != ground {
		return
	}
	p.put(p.note(text))
}

// end is a run's end: the terminal as it should be, and how the run ended.
func (p *pane) end(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.surface()
	p.flood, p.tail = false, nil
	if p.esc.modes || p.esc.state != ground {
		p.midLine = true // where the cursor stands is not known
	}
	p.put(p.esc.reset())
	p.put(p.note(text))
}

func (p *pane) blocking(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = on
}

func (p *pane) resize(rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = rows
}

// lose is the pane's end: nobody waits for it any more.
func (p *pane) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	p.moved.Broadcast()
}

// drain waits until everything is shown, or for d.
func (p *pane) drain(d time.Duration) {
	t := time.AfterFunc(d, p.lose)
	defer t.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.awake && !p.dead {
		p.moved.Wait()
	}
}
