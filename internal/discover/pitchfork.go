package discover

var pitchforkNames = []string{}

func pitchfork(*file) {}
