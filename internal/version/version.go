// Package version says which build of prox this is: String for people and for
// telling two builds apart, Get for everything that is known.
package version

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// number is set by the Makefile: -ldflags "-X prox/internal/version.number=…".
var number string

// unknown is the version of a build that nobody has given a number.
const unknown = "0.1.0-dev"

// Build is what is known of a build.
type Build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`   // the whole hash; "" where it was built outside a checkout
	Time     string `json:"time,omitempty"`     // of the commit, in RFC 3339
	Modified bool   `json:"modified,omitempty"` // the checkout had changes that were not committed
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Get tells which build this is.
var Get = sync.OnceValue(func() Build {
	info, _ := debug.ReadBuildInfo() // nil in a build without modules
	return build(number, info)
})

// String is the version. Two builds with the same one are taken for the same.
func String() string { return Get().Version }

// build puts together what the linker was told and what the go command wrote
// down, which is all there is after a go install.
func build(number string, info *debug.BuildInfo) Build {
	b := Build{Version: number, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info == nil {
		info = &debug.BuildInfo{}
	}
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	if b.Version == "" {
		b.Version = unknown
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
