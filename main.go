// Command prox runs a project's services in tmux. This file only ties the
// roles together; see ARCHITECTURE.md.
package main

import (
	"os"

	"prox/internal/cli"
	"prox/internal/controller"
	"prox/internal/dash"
	"prox/internal/shim"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Roles{Controller: controller.Main, Shim: shim.Main, Dash: dash.Main}))
}
