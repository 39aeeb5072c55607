package dash

import (
	"context"
	"errors"
	"slices"
	"sort"

	tea "charm.land/bubbletea/v2"

	"prox/internal/record"
	logs "prox/internal/scroll"
)

// What a page that was asked for is.
const (
	pageLast   = iota // the end of the log
	pageAround        // a line, and what is around it
	pageFirst         // the beginning of the log
	pageBefore        // goes before what is held
	pageAfter         // goes after it
	pageError         // around an error
)

// logsPageMsg answers a question about the log.
type logsPageMsg struct {
	of    *logsView
	n     int
	kind  int
	at    logs.Line // it is around
	found bool      // that is there
	back  bool      // of an error: it was looked for before a line
	page  logs.Page
	names []string
	err   error
}

// logsBatchMsg tells what came.
type logsBatchMsg struct {
	of    *logsView
	n     int
	batch logs.Batch
	next  tea.Cmd
}

// logsEndMsg tells that nothing more will come.
type logsEndMsg struct {
	of  *logsView
	n   int
	err error
}

// logsTypedMsg tells that a moment has gone by since a key.
type logsTypedMsg struct {
	of *logsView
	n  int
}

// load asks anew, for the end or for what is around the chosen line.
func (v *logsView) load(w *world) tea.Cmd {
	if v.log == nil || !v.on {
		return nil
	}
	v.stale, v.live = false, false
	v.matched = matched{v.filter.Text, v.filter.Expression()}
	v.stream.end()
	if l, ok := v.chosen(); ok && v.paused {
		return v.ask(w, pageAround, l)
	}
	return v.ask(w, pageLast, logs.Line{})
}

// ask asks the log; what was asked before is no longer wanted.
func (v *logsView) ask(w *world, kind int, at logs.Line) tea.Cmd {
	return v.question(w, logsPageMsg{kind: kind, at: at})
}

func (v *logsView) question(w *world, msg logsPageMsg) tea.Cmd {
	if v.log == nil {
		return nil
	}
	ctx, n := v.asked.begin(w)
	log, f := v.log, v.filter
	v.asking, v.trouble = 1, ""
	return func() tea.Msg {
		msg := msg
		msg.of, msg.n, msg.found = v, n, true
		const some = linesAsked
		switch msg.kind {
		case pageLast:
			msg.page, msg.err = log.Last(ctx, f, 2*some)
		case pageAround:
			msg.page, msg.err = log.Around(ctx, f, msg.at, some)
			if !f.Passes(&msg.at) { // what is nearest to it is chosen
				msg.page.Lines = slices.DeleteFunc(msg.page.Lines, func(l logs.Line) bool { return l.Compare(&msg.at) == 0 })
			}
		case pageFirst:
			msg.page, msg.err = log.After(ctx, f, logs.Line{}, some)
			msg.page.Begins = true
		case pageBefore:
			msg.page, msg.err = log.Before(ctx, f, msg.at, some)
		case pageAfter:
			msg.page, msg.err = log.After(ctx, f, msg.at, some)
		case pageError:
			msg.at, msg.found, msg.err = log.NextError(ctx, f, msg.at, msg.back)
			if msg.err == nil && msg.found {
				msg.page, msg.err = log.Around(ctx, f, msg.at, some)
			}
		}
		if msg.err == nil && msg.kind == pageLast {
			msg.names, msg.err = log.Instances()
		}
		return msg
	}
}

// answered takes in what was asked for.
func (v *logsView) answered(w *world, msg logsPageMsg) tea.Cmd {
	if msg.n != v.asked.n {
		return nil
	}
	v.asking = 0
	switch {
	case errors.Is(msg.err, context.Canceled):
		return nil
	case msg.err != nil:
		v.trouble = tidy(msg.err.Error())
		return nil
	case !msg.found:
		v.gone = "no error after this one"
		if msg.back {
			v.gone = "no error before this one"
		}
		return nil
	}
	if msg.kind == pageLast {
		v.names = msg.names
	}
	switch msg.kind {
	case pageBefore:
		v.prepend(msg.page)
		return nil
	case pageAfter:
		v.live = len(msg.page.Lines) < linesAsked
		v.append(msg.page.Lines)
		v.page.Asked = msg.page.Asked
	default:
		v.page = msg.page
		v.live = msg.kind == pageLast
		k, _ := v.find(&msg.at)
		v.cursor = max(0, min(k, len(v.page.Lines)-1))
		v.bottom = v.cursor
		if msg.kind == pageFirst {
			v.cursor, v.bottom = 0, 0
		}
		v.centre(w)
	}
	if !v.live && v.stream.stop != nil {
		return nil // what comes is counted
	}
	return v.follow(w)
}

// continued goes on after another view was shown.
func (v *logsView) continued(w *world) tea.Cmd {
	if l, ok := v.chosen(); ok {
		return v.ask(w, pageAround, l)
	}
	return v.load(w)
}

// centre has some lines below the chosen one.
func (v *logsView) centre(w *world) {
	v.bottom = min(len(v.page.Lines)-1, v.cursor+v.room(w)/2)
	for v.bottom > v.cursor && v.top(w) > v.cursor {
		v.bottom--
	}
}

// more asks for what is not far from sight, and not held.
func (v *logsView) more(w *world) tea.Cmd {
	if v.asking > 0 || v.trouble != "" || len(v.page.Lines) == 0 {
		return nil
	}
	if near := 2 * v.room(w); v.paused && !v.page.Begins && v.bottom-v.room(w) < near {
		return v.ask(w, pageBefore, v.page.Lines[0])
	}
	if last := len(v.page.Lines) - 1; v.paused && !v.live && last-v.bottom < v.room(w) {
		return v.ask(w, pageAfter, v.page.Lines[last])
	}
	return nil
}

// follow listens to what comes after what is held.
func (v *logsView) follow(w *world) tea.Cmd {
	ctx, n := v.stream.begin(w)
	log, f := v.log, v.filter
	page := logs.Page{Lines: slices.Clone(v.page.Lines), Begins: v.page.Begins, Asked: v.page.Asked}
	told := make(chan logs.Batch)
	var listen tea.Cmd
	listen = func() tea.Msg {
		select {
		case b := <-told:
			return logsBatchMsg{v, n, b, listen}
		case <-ctx.Done():
			return logsEndMsg{of: v, n: n}
		}
	}
	return tea.Batch(listen, func() tea.Msg {
		err := log.Follow(ctx, f, page, linesTold, func(b logs.Batch) {
			select {
			case told <- b:
			case <-ctx.Done():
			}
		})
		if ctx.Err() != nil {
			err = nil
		}
		return logsEndMsg{v, n, err}
	})
}

// came takes in what was printed. Of a flood that is held which goes on with
// nothing: what was held before ends somewhere else.
func (v *logsView) came(w *world, msg logsBatchMsg) tea.Cmd {
	b := msg.batch
	switch {
	case !v.paused && v.live && b.Skipped > 0:
		slices.SortStableFunc(b.Lines, func(a, b logs.Line) int { return a.Compare(&b) })
		v.page.Lines, v.page.Begins = b.Lines, false
	case v.live && b.Skipped == 0 && (!v.paused || len(v.page.Lines)+len(b.Lines) <= linesHeld):
		v.fresh += v.append(b.Lines)
	default:
		v.live = false
		v.fresh += len(b.Lines) + b.Skipped
	}
	v.settle(w)
	return msg.next
}

// find gives where a line is, or would be.
func (v *logsView) find(l *logs.Line) (int, bool) {
	lines := v.page.Lines
	k := sort.Search(len(lines), func(i int) bool { return lines[i].Compare(l) >= 0 })
	return k, k < len(lines) && lines[k].Compare(l) == 0
}

// append takes in lines that mostly come after those that are held, and returns
// how many there are more.
func (v *logsView) append(lines []logs.Line) int {
	more := 0
	for i := range lines {
		l := &lines[i]
		if l.Continued && v.goOn(l) {
			continue
		}
		k, held := v.find(l)
		if held {
			v.page.Lines[k] = *l // it has gone on
			continue
		}
		v.page.Lines = slices.Insert(v.page.Lines, k, *l)
		more++
		if k <= v.cursor {
			v.cursor++
		}
		if k <= v.bottom {
			v.bottom++
		}
	}
	if over := len(v.page.Lines) - linesHeld; over > 0 {
		if v.paused {
			over = min(over, max(0, v.bottom-linesAsked))
		} else {
			over += linesHeld / 10 // so that it need not go at each line
		}
		v.page.Lines = slices.Clone(v.page.Lines[over:])
		v.page.Begins = v.page.Begins && over == 0
		v.cursor, v.bottom = max(0, v.cursor-over), max(0, v.bottom-over)
	}
	return more
}

// goOn puts the rest of a line where its beginning is.
func (v *logsView) goOn(l *logs.Line) bool {
	for k := len(v.page.Lines) - 1; k >= max(0, len(v.page.Lines)-200); k-- {
		p := &v.page.Lines[k]
		if p.Instance != l.Instance || p.Stderr != l.Stderr {
			continue
		}
		if !p.Partial {
			return false
		}
		text := slices.Concat(p.Text, l.Text)
		p.Text, p.Size, p.Partial = text[:min(len(text), logs.Most)], p.Size+l.Size, l.Partial
		return true
	}
	return false
}

// prepend takes in lines from further back, and lets as many go at the end.
func (v *logsView) prepend(p logs.Page) {
	n := len(p.Lines)
	v.page.Lines = append(p.Lines, v.page.Lines...)
	v.page.Begins = p.Begins
	v.cursor, v.bottom = v.cursor+n, v.bottom+n
	if keep := max(linesHeld, v.bottom+1); len(v.page.Lines) > keep {
		v.page.Lines = slices.Clone(v.page.Lines[:keep])
		v.live = false
	}
}

// nextError goes to the nearest error: one that is held, or wherever it is.
func (v *logsView) nextError(w *world, back bool) tea.Cmd {
	if len(v.page.Lines) == 0 {
		return nil
	}
	wasPaused := v.paused
	v.pause(w)
	step, k := 1, v.cursor
	if back {
		step = -1
		if !wasPaused { // the last line is an error, perhaps
			k++
		}
	}
	for k += step; k >= 0 && k < len(v.page.Lines); k += step {
		if v.page.Lines[k].Level() >= record.Error {
			v.choose(w, k)
			return nil
		}
	}
	from := v.page.Lines[0]
	if !back {
		from = v.page.Lines[len(v.page.Lines)-1]
	}
	if back && v.page.Begins || !back && v.live {
		v.gone = "no error after this one"
		if back {
			v.gone = "no error before this one"
		}
		return nil
	}
	return v.question(w, logsPageMsg{kind: pageError, at: from, back: back})
}
