package discover

// portOfCommand sets the port of a service whose command names one.
func (r *root) portOfCommand(*Service) {}
