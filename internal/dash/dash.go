// Package dash is the status window: what a project's services do and cost, in
// views that follow the controller, and the keys to act on them.
//
// Main is all there is to call. Inside, a feed asks the controller and tells
// the model; the model (Bubble Tea's) changes only in Update and draws only
// from what it holds, so that the same state always looks the same and nothing
// is written to the terminal unless something changed. What all views share is
// the world; each view is a file of its name.
package dash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"prox/internal/api"
)

// fps bounds how often the screen is looked at for changes. It is what a
// person's key waits at most: 1/30 s.
const fps = 30

// Main shows the status window on the terminal until the person leaves or ctx
// ends, neither of which is an error. The client stays the caller's.
func Main(ctx context.Context, client *api.Client, seams Seams) error {
	do := actions{ctx: ctx, client: client, now: time.Now, Seams: seams}
	// Bubble Tea would run tmux to learn the colours; the environment tells.
	profile := colorprofile.Env(os.Environ())
	if os.Getenv("NO_COLOR") != "" {
		profile = colorprofile.ASCII
	}
	return run(ctx, newModel(do, profile), client, tea.WithColorProfile(profile))
}

func run(ctx context.Context, m *model, client *api.Client, options ...tea.ProgramOption) error {
	p := tea.NewProgram(m, append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(fps)}, options...)...)

	feeding, stop := context.WithCancel(ctx)
	f := newFeed(client, m.do.Seen, func(v any) { p.Send(v) })
	f.now = m.do.now
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
