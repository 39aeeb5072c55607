package config

import (
	"testing"
)

func TestExampleLoads(t *testing.T) {
	t.Parallel()
	p, err := load(exampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(p.Services); got != 3 {
		t.Errorf("the example has %d services, want 3", got)
	}
}
