// Command prox runs a project's services in tmux. This file only ties the
// roles together; see ARCHITECTURE.md.
package main

import (
	"context"
	"os"

	"prox/internal/api"
	"prox/internal/cli"
	"prox/internal/compressed"
	"prox/internal/controller"
	"prox/internal/dash"
	"prox/internal/hush"
	"prox/internal/logstore"
	"prox/internal/shim"
)

func main() {
	hush.Over()
	logstore.Unpack = func(path string) (logstore.Contents, error) { return compressed.Open(path) }
	os.Exit(cli.Main(os.Args[1:], cli.Roles{Controller: controller.Main, Shim: shim.Main, Dash: window}))
}

// window is the dash for the cli: neither knows the other.
func window(ctx context.Context, client *api.Client, w cli.Window) error {
	s := dash.Seams{Jump: w.Jump, Logs: w.Logs, Sort: w.Sort, Prox: w.Prox, Masked: w.Masked, Browse: w.Browse, Copy: w.Copy, Seen: w.Seen}
	for _, c := range w.Commands {
		s.Commands = append(s.Commands, dash.Command(c))
	}
	return dash.Main(ctx, client, s)
}
