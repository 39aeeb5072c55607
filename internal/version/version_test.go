package version

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionIsTheLinkersOrTheModules(t *testing.T) {
	t.Parallel()
	module := func(v string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: v}} }
	for name, c := range map[string]struct {
		number string
		info   *debug.BuildInfo
		want   string
	}{
		"make":              {"v1.2.0-3-gabc", module("(devel)"), "v1.2.0-3-gabc"},
		"make and a module": {"v1.2.0", module("v1.1.0"), "v1.2.0"},
		"go install":        {"", module("v1.1.0"), "v1.1.0"},
		"go build":          {"", module("(devel)"), unknown},
		"no information":    {"", nil, unknown},
	} {
		if got := build(c.number, c.info).Version; got != c.want {
			t.Errorf("%s: the version is %q, not %q", name, got, c.want)
		}
	}
}

func TestTheCommitIsTheOneItWasBuiltFrom(t *testing.T) {
	t.Parallel()
	b := build("v1", &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "25ec5e7"}, {Key: "vcs.time", Value: "2026-11-28T10:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}})
	if b.Commit != "25ec5e7" || b.Time != "2026-11-28T10:00:00Z" || !b.Modified {
		t.Errorf("the build is %+v", b)
	}
	if b.Go == "" || b.OS == "" || b.Arch == "" {
		t.Errorf("the build does not say what it is for: %+v", b)
	}
}
