"""All that touches the machine: namespaces, processes, the lab's init, files outside the lab."""
