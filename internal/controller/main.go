// Package controller is the process that holds a project together: one in the
// background for each project, started by package launch.
//
// One goroutine (Run) owns all state: what is wanted and what is, in a
// machine.Machine, and what belongs to it. Requests, reports of shims, timers
// and samples reach it as functions in its inbox; what the machine decides is
// carried out here, and what takes time is done in goroutines that Run waits
// for and whose results come back through the inbox.
//
// A controller may die at any moment: shims go on, and what its successor must
// know lies in the project's memory file (see memory.go).
package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/place"
)

// Main is `prox controller --runtime DIR`, started by package launch with the
// socket and the lock as open files.
func Main(args []string) int {
	if len(args) != 2 || args[0] != "--runtime" {
		fmt.Fprintln(os.Stderr, "prox: the controller is started by prox itself")
		return 2
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := serve(args[1], log); err != nil {
		log.Error("controller ends", "err", err)
		return 1
	}
	return 0
}

func serve(runtime string, log *slog.Logger) error {
	p, err := place.Load(runtime)
	if err != nil {
		return err
	}
	// The lock is this process's as long as it lives, and not its children's.
	syscall.CloseOnExec(launch.LockFD)
	syscall.CloseOnExec(launch.ListenerFD)
	file := os.NewFile(launch.ListenerFD, "listener")
	l, err := net.FileListener(file)
	_ = file.Close()
	if err != nil {
		return fmt.Errorf("cannot take over the socket: %w", err)
	}
	unix, ok := l.(*net.UnixListener)
	if !ok {
		return fmt.Errorf("cannot take over the socket: it is a %T", l)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)

	c := newController(p, log)
	srv := &http.Server{
		Handler:           api.NewHandler(c),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(api.Guard{UnixListener: unix}) }()
	err = c.Run(ctx)
	// The answer to a kill is still under way.
	bye, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if srv.Shutdown(bye) != nil {
		_ = srv.Close()
	}
	if serr := <-served; !errors.Is(serr, http.ErrServerClosed) {
		log.Warn("the API's server ended", "err", serr)
	}
	if errors.Is(err, errEnded) {
		err = nil
	}
	return err
}
