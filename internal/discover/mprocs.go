package discover

var mprocsNames = []string{}

func mprocs(*file) {}
