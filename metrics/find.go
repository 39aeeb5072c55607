package metrics

import (
	"context"
	"fmt"
	"slices"

	"github.com/shirou/gopsutil/v3/process"
)

// EndingWith finds the processes whose command line ends with the arguments.
// One that can't be looked at, or ends meanwhile, is not among them.
func EndingWith(ctx context.Context, args ...string) ([]int, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list the processes: %w", err)
	}
	var pids []int
	for _, p := range all {
		line, err := p.CmdlineSliceWithContext(ctx)
		if err != nil || len(line) <= len(args) {
			continue
		}
		if slices.Equal(line[len(line)-len(args):], args) {
			pids = append(pids, int(p.Pid))
		}
	}
	return pids, nil
}
