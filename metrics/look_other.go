//go:build !linux

package metrics

// reader has what is told here at the price of one look for all processes.
// Open files of processes, their limits, disk bytes and what connections carry are not.
type reader struct {
	ports map[int][]int // by pid
}

func newReader() (*reader, error) {
	all, err := listening()
	if err != nil {
		return nil, err
	}
	r := reader{map[int][]int{}}
	for _, c := range all {
		r.ports[int(c.Pid)] = append(r.ports[int(c.Pid)], int(c.Laddr.Port))
	}
	return &r, nil
}

func (r *reader) disk(int) (disk, bool) { return disk{}, false }
func (r *reader) limit(int) int         { return 0 }
func (r *reader) pss(int) uint64        { return 0 }

func (r *reader) begin()                           {}
func (r *reader) traffic() (map[uint64]flow, bool) { return nil, false }

func (r *reader) files(pid int, ports *[]int) int {
	*ports = append(*ports, r.ports[pid]...)
	return 0
}
