package discover

var elixirNames = []string{}

func elixir(*file) {}

func elixirCalls(invocation) []Ref { return nil }
