// Package doctor finds out what keeps a project, or any project, from running
// on this machine, and what to do about it.
//
// Each check is a function from facts to findings. The facts are plain values
// that the caller has gathered (a tmux version, a folder's mode, who holds a
// port), so that a check is the same on a healthy machine and in a test of a
// broken one; only files that belong to the project are looked at here. A
// command calls the checks it has facts for, one after the other:
//
//	findings := doctor.Tmux(doctor.TmuxFacts{Path: path, Version: "3.3a"})
//	findings = append(findings, doctor.OpenFiles(1024, 1<<20)...)
package doctor

// Outcome is how a check came out.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Warning Outcome = "warning" // it works, and may not always, or not as expected
	Problem Outcome = "problem" // something will not work
)

// Finding is what a check has found: one line, and what to do about it.
type Finding struct {
	Check   string   `json:"check"` // "tmux", "open files", "port 3000"
	Outcome Outcome  `json:"outcome"`
	Text    string   `json:"text"`
	Fix     []string `json:"fix,omitempty"` // one step or remark a line; none where all is well
}

// Broken reports whether any finding is a problem.
func Broken(all []Finding) bool {
	for _, f := range all {
		if f.Outcome == Problem {
			return true
		}
	}
	return false
}

func ok(check, text string) Finding { return Finding{Check: check, Outcome: OK, Text: text} }

func warning(check, text string, fix ...string) Finding {
	return Finding{Check: check, Outcome: Warning, Text: text, Fix: fix}
}

func problem(check, text string, fix ...string) Finding {
	return Finding{Check: check, Outcome: Problem, Text: text, Fix: fix}
}
