"""A universe of our own: initial conditions, gravity, halos, galaxies."""
