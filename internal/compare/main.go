// Command compare measures prox beside other process runners: each runs the
// same small services in folders of its own, started, stopped and killed as a
// person would. The others are installed into .bin/compare, at the versions
// that install.go names; what cannot be had is left out, and said. It reads
// /proc, so it runs on Linux only.
//
//	make compare                                # everything, as a table; some six minutes
//	go run ./internal/compare --json            # for a program
//	go run ./internal/compare --only prox,pm2 --facts port,exit
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// run is one comparison.
type run struct {
	bins            []string // where the tools are
	rounds, repeats int      // of what is timed, of what may happen or not
	overheads       map[string][]int
}

func main() {
	// Also those that were ignored, under nohup say: the services would ignore
	// them too, and a terminal that is gone would not end them.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := compare(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	only := flags.String("only", "", "tools, with commas between; all if not given")
	rows := flags.String("facts", "", "words in the names of facts, with commas between; all if not given")
	r := &run{overheads: map[string][]int{}}
	flags.IntVar(&r.rounds, "rounds", 3, "how often each start is timed")
	flags.IntVar(&r.repeats, "repeats", 5, "how often the lines are counted")
	into := flags.String("into", ".bin/compare", "the folder that the others are installed into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	bins, missing, err := install(ctx, *into)
	if err != nil {
		return err
	}
	r.bins = bins
	report := newReport()
	for _, t := range all() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), t.name) {
			continue
		}
		if why := missing[t.name]; why != "" {
			report.Missing = append(report.Missing, absence{t.name, why})
			continue
		}
		if err := r.measure(ctx, t, *rows, report); err != nil {
			return err
		}
	}
	if *asJSON {
		return report.json(os.Stdout)
	}
	_, err = os.Stdout.WriteString(report.markdown())
	return err
}

// measure takes all facts of one tool.
func (r *run) measure(ctx context.Context, t tool, rows string, report *report) error {
	report.Tools = append(report.Tools, toolVersion{t.name, r.version(ctx, t)})
	for _, f := range facts() {
		if !chosen(f.name, rows) {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		began := time.Now()
		value, err := f.measure(r, ctx, t)
		if err != nil { // one that cannot be measured does not end the others
			fmt.Fprintf(os.Stderr, "%s: %s: %v\n", t.name, f.name, err)
			value = "not measured"
		}
		report.add(f.name, t.name, value)
		fmt.Fprintf(os.Stderr, "%-16s %-45s %s (%.1fs)\n", t.name, f.name, value, time.Since(began).Seconds())
	}
	return nil
}

func chosen(name, rows string) bool {
	return rows == "" || slices.ContainsFunc(strings.Split(rows, ","), func(w string) bool { return strings.Contains(name, w) })
}

// version asks the program which one it is.
func (r *run) version(ctx context.Context, t tool) string {
	box, err := newSandbox(r.bins, nil)
	if err != nil {
		return "?"
	}
	defer r.end(box)
	said, _ := box.run(ctx, t.version...)
	lines := strings.Split(strings.TrimSpace(plain(said)), "\n")
	words := strings.Fields(lines[len(lines)-1])
	for _, w := range words {
		if w = strings.TrimPrefix(w, "v"); w != "" && w[0] >= '0' && w[0] <= '9' {
			return w
		}
	}
	return strings.Join(words, " ")
}

// end cleans up, and says so if that did not succeed.
func (r *run) end(box *sandbox) {
	if err := box.end(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
	}
}
