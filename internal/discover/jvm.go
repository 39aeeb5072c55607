package discover

var jvmNames = []string{}

func jvm(*file) {}

func jvmCalls(invocation) []Ref { return nil }
