package discover

// enrich adds what other files say of services that were found.
func (r *root) enrich() {
	for _, s := range r.services {
		r.portOfCommand(s)
	}
	r.portsOfEnvironments()
	r.portsOfDotenv()
	r.portsOfHints()
	r.offerPorts()
}
