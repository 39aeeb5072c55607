package api

import "time"

// Costs is what an instance's tree of processes costs, beyond its CPU and
// memory. What the system doesn't tell, or what isn't known yet, is null.
type Costs struct {
	PrivateBytes      *uint64  `json:"private_bytes,omitempty"` // memory, shared pages divided among who shares them (PSS)
	Threads           int      `json:"threads,omitempty"`
	Files             *int     `json:"files,omitempty"`         // open
	FileLimit         *int     `json:"file_limit,omitempty"`    // of the process that is nearest to its own
	FullestFiles      *int     `json:"fullest_files,omitempty"` // open in that process
	ReadPerSecond     *float64 `json:"read_per_second,omitempty"`
	WrittenPerSecond  *float64 `json:"written_per_second,omitempty"` // bytes of disk
	ReceivedPerSecond *float64 `json:"received_per_second,omitempty"`
	SentPerSecond     *float64 `json:"sent_per_second,omitempty"` // bytes over the TCP connections that are open
	Leak              *Leak    `json:"leak,omitempty"`            // null: its memory doesn't keep growing
}

// Leak is memory that keeps growing.
type Leak struct {
	BytesPerHour float64    `json:"bytes_per_hour"`
	Since        time.Time  `json:"since"`
	FullAt       *time.Time `json:"full_at,omitempty"` // when its limit is reached if that goes on; null: it has none
}

// SeriesRequest asks for what instances cost over a time.
type SeriesRequest struct {
	Instances []string      // names of instances or services; empty = all
	Since     time.Time     // zero = all there is, a day
	Until     time.Time     // zero = now
	Step      time.Duration // one point for each step; 0 = as kept
	Watching  bool          // somebody goes on looking: see Client.Watch
}

// Metrics is what instances cost over a time.
type Metrics struct {
	Series []Series `json:"series"`
}

// Series is what one instance cost, oldest first. Where nothing is known there
// is no point.
type Series struct {
	Service  string  `json:"service"`
	Instance string  `json:"instance"`
	Points   []Point `json:"points"`

	MemoryLimit *uint64  `json:"memory_limit,omitempty"` // bytes; null: it has none
	CPULimit    *float64 `json:"cpu_limit,omitempty"`    // percent of one core
}

// Point is what an instance cost in the span of time that ends at At. What
// isn't known is null.
type Point struct {
	At                time.Time `json:"at"`
	Seconds           float64   `json:"seconds"` // the span
	Run               int       `json:"run"`
	CPUPercent        *float64  `json:"cpu_percent"` // of one core, the mean
	CPUMax            *float64  `json:"cpu_max"`
	MemoryBytes       uint64    `json:"memory_bytes"` // resident, the mean
	MemoryMax         uint64    `json:"memory_max"`
	PrivateBytes      *uint64   `json:"private_bytes"`
	Processes         int       `json:"processes"`
	Threads           int       `json:"threads"`
	Files             *int      `json:"files"`
	ReadPerSecond     *float64  `json:"read_per_second"`
	WrittenPerSecond  *float64  `json:"written_per_second"`
	ReceivedPerSecond *float64  `json:"received_per_second"`
	SentPerSecond     *float64  `json:"sent_per_second"`
}

// Inspection is the tree of processes of one instance, as it is now.
type Inspection struct {
	Instance  string             `json:"instance"`
	At        time.Time          `json:"at"`
	Processes []InspectedProcess `json:"processes"` // parents before their children
}

// InspectedProcess is one process of a tree. Command is its command line, which
// may hold secrets that somebody put there.
type InspectedProcess struct {
	Pid          int      `json:"pid"`
	Parent       int      `json:"parent"`
	Depth        int      `json:"depth"` // 0 = the root
	Name         string   `json:"name"`
	Command      string   `json:"command,omitempty"`
	Dir          string   `json:"dir,omitempty"`
	State        string   `json:"state,omitempty"` // "running", "sleeping"
	CPUPercent   *float64 `json:"cpu_percent"`
	MemoryBytes  uint64   `json:"memory_bytes"`
	PrivateBytes *uint64  `json:"private_bytes"`
	Threads      int      `json:"threads"`
	Files        []File   `json:"files,omitempty"` // the first of them
	FilesTotal   int      `json:"files_total"`
	FileLimit    int      `json:"file_limit"`
	Sockets      []Socket `json:"sockets,omitempty"`
}

// File is an open file.
type File struct {
	FD   int    `json:"fd"`
	Kind string `json:"kind"` // "file", "pipe", "terminal", …
	Path string `json:"path"`
}

// Socket is an open socket.
type Socket struct {
	Proto  string `json:"proto"` // "tcp", "udp", "unix"
	Local  string `json:"local"`
	Remote string `json:"remote,omitempty"`
	State  string `json:"state,omitempty"` // "listening", "established"
}

// Self is what prox itself costs.
type Self struct {
	Controller      Controller `json:"controller"`
	CPUSeconds      float64    `json:"cpu_seconds"`       // of one core, since it started
	CPUPercent      float64    `json:"cpu_percent"`       // likewise, the mean
	CPUNow          *float64   `json:"cpu_now"`           // over the last seconds
	MemoryBytes     uint64     `json:"memory_bytes"`      // of the controller (PSS)
	Shims           int        `json:"shims"`             // programs that hold a service's terminal
	ShimsMemory     uint64     `json:"shims_memory"`      // resident, summed: what they share counts for each
	ShimsCPUPercent *float64   `json:"shims_cpu_percent"` // of one core
	SampleEvery     float64    `json:"sample_every"`      // seconds
	SampleTook      float64    `json:"sample_took"`       // seconds of CPU, the last one
	SampleReason    string     `json:"sample_reason"`     // why as often: "somebody looks", "limits", …
	SeriesBytes     int64      `json:"series_bytes"`      // on disk
	Events          uint64     `json:"events"`            // since it started
	Listeners       int        `json:"listeners"`         // who follow events
}
