package ptyproc_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"prox/ptyproc"
)

// It is compiled only: a program has one Reaper, and the tests have theirs.
func Example() {
	r, err := ptyproc.NewReaper()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer r.Close()
	p, err := r.Start(ptyproc.Spec{
		Argv: []string{"npm", "start"},
		Env:  os.Environ(),
		PTY:  true,
		Size: ptyproc.Size{Rows: 24, Cols: 80},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err) // a *ptyproc.StartError has a Hint and a Code
		return
	}
	defer p.Close()
	if _, err := io.Copy(os.Stdout, p.Stdout()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	<-p.Exited()
	fmt.Println(p.Exit())

	// What outlived it, if anything did.
	report := p.Stop(context.Background(), 10*time.Second, nil)
	for _, m := range report.Forced {
		fmt.Printf("had to kill %s (pid %d)\n", m.Name, m.Pid)
	}
}
