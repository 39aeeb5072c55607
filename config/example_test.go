package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"prox/config"
)

func Example() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = os.WriteFile(filepath.Join(dir, "prox.toml"), []byte(`
[services.api]
command = "npm start"
dependson = ["db"]
port = "3000"
`), 0o644)
	if err != nil {
		fmt.Println(err)
		return
	}

	path, err := config.Find(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = config.Load(path, config.Options{})
	var bad *config.InvalidError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// prox.toml:4: services.api.dependson: unknown key; did you mean depends_on?
	// prox.toml:5: services.api.port: expected a whole number from 1 to 65535, or "auto", found the text "3000"; write 3000 without quotes
}

func ExampleParseCommand() {
	for _, text := range []string{"npm start", "npm start -- --port $PORT", "cd api && npm start"} {
		c, err := config.ParseCommand(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", c.Argv)
	}
	// Output:
	// ["npm" "start"]
	// ["/bin/sh" "-c" "exec npm start -- --port $PORT"]
	// ["/bin/sh" "-c" "cd api && npm start"]
}
