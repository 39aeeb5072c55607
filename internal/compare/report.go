package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// report is what came out.
type report struct {
	Date    string        `json:"date"`
	Machine string        `json:"machine"`
	Tools   []toolVersion `json:"tools"`
	Missing []absence     `json:"missing,omitempty"`
	Facts   []row         `json:"facts"`
}

type toolVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// absence is a tool that could not be had.
type absence struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

type row struct {
	Name   string            `json:"name"`
	Values map[string]string `json:"values"` // by tool
}

func newReport() *report {
	return &report{Date: time.Now().Format(time.DateOnly), Machine: machine()}
}

// machine says what kind the machine is, and how busy.
func machine() string {
	field := func(path string, n int) string {
		b, err := os.ReadFile(path)
		if f := strings.Fields(string(b)); err == nil && n < len(f) {
			return f[n]
		}
		return "?"
	}
	return fmt.Sprintf("%d cores, Linux %s %s, load %s", runtime.NumCPU(), field("/proc/sys/kernel/osrelease", 0), runtime.GOARCH, field("/proc/loadavg", 0))
}

func (r *report) add(fact, tool, value string) {
	for k := range r.Facts {
		if r.Facts[k].Name == fact {
			r.Facts[k].Values[tool] = value
			return
		}
	}
	r.Facts = append(r.Facts, row{fact, map[string]string{tool: value}})
}

func (r *report) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// markdown is a table with a row for each fact.
func (r *report) markdown() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Measured %s on %s.\n\n|", r.Date, r.Machine)
	for _, t := range r.Tools {
		fmt.Fprintf(&b, " | %s %s", t.Name, t.Version)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---", len(r.Tools)) + "|\n")
	for _, f := range r.Facts {
		fmt.Fprintf(&b, "| %s", cell(f.Name))
		for _, t := range r.Tools {
			fmt.Fprintf(&b, " | %s", cell(f.Values[t.Name]))
		}
		b.WriteString(" |\n")
	}
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "\nNot measured: %s (%s).\n", m.Name, m.Why)
	}
	return b.String()
}

// cell is a text that stands in one cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
