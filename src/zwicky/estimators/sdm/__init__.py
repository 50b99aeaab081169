"""Support Distribution Machines: `SDM1D` on velocities, `SDM2D` on phase space."""
