package ansi_test

import (
	"fmt"

	"prox/internal/ansi"
)

func ExamplePlain() {
	line := []byte("\x1b]0;a title\x07 50%\r100% \x1b[32mdone\x1b[0m")
	fmt.Printf("%s\n", ansi.Plain(nil, line))
	// Output: 100% done
}
