"""Makes container images from the distribution's packages."""
