"""Cluster nodes behind their ports. Here the back end `namespace`; pods are namespaces too."""
