package cli

import (
	"encoding/json"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	w.run(0, "check")
	wants(t, w.out.String(), "prox.toml is right: 2 services\n")

	w = newWorld(t, "prox.toml", shopConfig)
	w.run(0, "check", "--json")
	var got checked
	if err := json.Unmarshal([]byte(w.out.String()), &got); err != nil || !got.OK || len(got.Services) != 2 || got.Problems == nil {
		t.Errorf("%v: %s", err, w.out)
	}

	w = newWorld(t, "prox.toml", "[services.a]\ncomand = \"x\"\ndepends_on = [\"b\"]\n")
	w.run(exitBadConfig, "check", "--json")
	got = checked{}
	if err := json.Unmarshal([]byte(w.out.String()), &got); err != nil || got.OK || len(got.Problems) < 2 || got.Problems[0].Line != 2 {
		t.Errorf("%v: %s", err, w.out)
	}
	if w.err.String() != "" {
		t.Errorf("JSON is all that is wanted: %s", w.err)
	}
	w.run(exitBadConfig, "check")
	wants(t, w.err.String(), "cannot use prox.toml: ", "prox.toml:2: services.a.comand")

	w = newWorld(t)
	w.run(exitBadConfig, "check")
	wants(t, w.err.String(), "no config found")
}

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(0, "check", "--schema")
	var schema map[string]any
	if err := json.Unmarshal([]byte(w.out.String()), &schema); err != nil || schema["properties"] == nil {
		t.Errorf("%v: %.200s", err, w.out)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(0, "version")
	wants(t, w.out.String(), "prox ", "(")
}
