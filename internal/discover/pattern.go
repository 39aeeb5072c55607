package discover

import (
	"regexp"
	"sync"
)

// onDemand makes an expression when it is first asked for: every command pays
// for what is made at the start of the program.
func onDemand(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
