package linefilter

import "testing"

func TestLiteralStands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text text
		in   string
		want bool
	}{
		{text{"x{", false}, "x{", true},
		{text{"x{", false}, "X{", false},
		{text{"x{", true}, "X{ and more", true},
		{text{"x{", true}, "X[", false},
		{text{"x`", true}, "x@", false},
		{text{"error", true}, "ErRoR", true},
		{text{"error", true}, "erro", false},
		{text{"error", true}, "\xc5rror", false},
	} {
		if got := newLiteral(c.text).stands([]byte(c.in)); got != c.want {
			t.Errorf("%+v stands at the beginning of %q: %t", c.text, c.in, got)
		}
	}
}
