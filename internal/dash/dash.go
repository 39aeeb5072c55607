// Package dash is the live status window: a table of a project's instances
// that follows the controller, and a few keys to act on them.
//
// Main is all there is to call. Inside, a feed asks the controller and tells
// the model; the model (Bubble Tea's) changes only in Update and draws only
// from what it holds, so that the same state always looks the same and nothing
// is written to the terminal unless something changed.
package dash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/api"
)

// fps bounds how often the screen is looked at for changes. It is what a
// person's key waits at most: 1/20 s.
const fps = 20

// Jump brings a person to a window of the project's session.
type Jump interface {
	// TakesTerminal reports whether To uses the terminal it is called on, until
	// the person comes back.
	TakesTerminal(t api.Tmux) bool
	// To shows a window, by its tmux id.
	To(ctx context.Context, t api.Tmux, window string) error
}

// Main shows the status window on the terminal until the person leaves or ctx
// ends, neither of which is an error. The client stays the caller's.
func Main(ctx context.Context, client *api.Client, jump Jump) error {
	do := actions{ctx: ctx, client: client, jump: jump}
	return run(ctx, newModel(do, os.Getenv("NO_COLOR") != ""), client)
}

func run(ctx context.Context, m model, client *api.Client, options ...tea.ProgramOption) error {
	p := tea.NewProgram(m, append([]tea.ProgramOption{
		tea.WithContext(ctx), tea.WithFPS(fps),
		// No more than 16 colours are used. Saying so keeps Bubble Tea from
		// running tmux to find out how many there are.
		tea.WithColorProfile(colorprofile.ANSI),
	}, options...)...)

	feeding, stop := context.WithCancel(ctx)
	f := newFeed(client, func(v any) { p.Send(v) })
	var work sync.WaitGroup
	work.Go(func() { f.run(feeding) })
	_, err := p.Run()
	p.Kill() // lets go of a feed that is just telling something
	stop()
	work.Wait()

	if err != nil && ctx.Err() == nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("cannot show the status window: %w", err)
	}
	return nil
}
