"""Virtual machines of a lab: their box, what Vagrant is told of them, libvirt inside the lab."""
