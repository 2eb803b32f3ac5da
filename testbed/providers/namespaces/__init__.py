"""The provider `namespace`: cluster nodes are namespaces of this kernel."""
