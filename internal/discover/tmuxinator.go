package discover

var tmuxinatorNames = []string{}

func tmuxinator(*file) {}
