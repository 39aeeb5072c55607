package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/discover"
)

// mostListed is how many lines of a proposal are shown; a workspace may have
// hundreds.
const mostListed = 60

// proposal shows what was found, numbered for chooseServices.
func (p *printer) proposal(found *discover.Proposal) {
	names, titles := []string{""}, []string{""}
	for _, s := range found.Services {
		names = append(names, s.Name)
		titles = append(titles, plain(s.Title()))
	}
	number := len(strconv.Itoa(len(found.Services)))
	nameWidth := min(widest(names), 24)
	titleWidth := min(widest(titles), 60)
	if p.width > 0 { // what the origin, the last column, leaves of the line
		titleWidth = max(12, min(titleWidth, p.width-number-nameWidth-28))
	}
	for i, s := range found.Services {
		if i == mostListed {
			p.say("  … and %d more", len(found.Services)-i)
			break
		}
		where := plain(s.From.File)
		if s.Off {
			where += "  (off: " + plain(strings.Join(s.Remarks, "; ")) + ")"
		}
		line := fmt.Sprintf("  %*d  ", number, i+1) + p.paint(pad(ansi.Truncate(s.Name, nameWidth, "…"), nameWidth), color.Bold) + "  " +
			pad(ansi.Truncate(titles[i+1], titleWidth, "…"), titleWidth) + "  "
		if room := p.width - ansi.Width(line); p.width > 0 && room > 0 {
			where = ansi.Truncate(where, room, "…")
		}
		p.say("%s", line+p.paint(where, color.Faint))
	}
}

// mostNotes is how many lines a look at a folder costs beside its result.
const mostNotes = 20

// notes tells what of a proposal could not be read or kept.
func (p *printer) notes(notes []discover.Note) {
	for i, n := range notes {
		if i == mostNotes {
			p.note("… and %d more such lines: prox init --json has them all, as notes", len(notes)-i)
			return
		}
		p.note("%s", plain(n.String()))
	}
}

// tries is how often a person is asked who doesn't answer what was asked.
const tries = 5

// chooseServices asks which services to keep, and keeps these. It reports
// whether any are.
func (a *app) chooseServices(p *discover.Proposal, question string) (bool, error) {
	if len(p.Services) > 1 {
		a.print.say("%s", a.print.paint("Numbers or names keep only these: 1 3-5. With a minus all but these: -2.", color.Faint))
	}
	for range tries {
		fmt.Fprintf(a.print.out, "%s [Y/n] ", question)
		answer, err := a.readLine()
		if errors.Is(err, io.EOF) {
			a.print.say("")
			answer = "n"
		} else if err != nil {
			return false, fmt.Errorf("cannot read the answer: %w", err)
		}
		switch strings.ToLower(answer) {
		case "", "y", "yes", "all":
			return true, nil
		case "n", "no", "none", "q", "quit":
			a.print.say("nothing is written")
			return false, nil
		}
		keep, err := choice(answer, p.Services)
		if err != nil {
			a.print.note("%v", err)
			continue
		}
		p.Keep(func(s *discover.Service) bool { return slices.Contains(keep, s.Name) })
		return true, nil
	}
	return false, errors.New("no answer was understood; nothing is written")
}

// choice reads an answer: numbers, ranges and names of services to keep, or,
// with a minus in front, to leave out.
func choice(answer string, services []*discover.Service) ([]string, error) {
	kept := make([]bool, len(services))
	words := strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		for i := range kept {
			kept[i] = true
		}
	}
	for _, word := range words {
		what, out := strings.CutPrefix(word, "-")
		from, to, err := numbers(what, services)
		if err != nil {
			return nil, err
		}
		for i := from; i <= to; i++ {
			kept[i-1] = !out
		}
	}
	var names []string
	for i, s := range services {
		if kept[i] {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("nothing would be left; n writes nothing")
	}
	return names, nil
}

// numbers reads "3", "2-4" or a service's name.
func numbers(word string, services []*discover.Service) (from, to int, err error) {
	if at := slices.IndexFunc(services, func(s *discover.Service) bool { return s.Name == word }); at >= 0 {
		return at + 1, at + 1, nil
	}
	low, high, isRange := strings.Cut(word, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if err1 != nil || err2 != nil {
		return 0, 0, fmt.Errorf("%q is neither a number nor a service's name", word)
	}
	if from < 1 || to > len(services) || from > to {
		return 0, 0, fmt.Errorf("%q is not within 1 to %d", word, len(services))
	}
	return from, to, nil
}
