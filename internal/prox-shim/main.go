// Command prox-shim is prox in one role only, that of package shim. There is
// one for each instance, and a Go program costs memory and start time for
// what it links: this one starts in half the time that prox takes.
//
// It lies beside prox and is started by it, never by a person. prox does
// without it where it isn't there (package launch).
package main

import (
	"os"

	"prox/internal/shim"
)

func main() { os.Exit(shim.Main(os.Args[1:])) }
