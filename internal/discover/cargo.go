package discover

var cargoNames = []string{}

func cargo(*file) {}

func cargoCalls(invocation) []Ref { return nil }
