"""The provider `vagrant`: cluster nodes are virtual machines."""
