"""The paper's convolutional networks: `CNN1D` on velocities, `CNN2D` on phase space."""
