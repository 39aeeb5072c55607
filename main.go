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
	"prox/internal/logstore"
	"prox/internal/shim"
)

func main() {
	logstore.Unpack = func(path string) (logstore.Contents, error) { return compressed.Open(path) }
	os.Exit(cli.Main(os.Args[1:], cli.Roles{Controller: controller.Main, Shim: shim.Main, Dash: table}))
}

// table is the dash for the cli: neither knows the other.
func table(ctx context.Context, client *api.Client, jump cli.Jump) error {
	return dash.Main(ctx, client, jump)
}
