"""The paper's convolutional networks: `CNN1D` on velocities, `CNN2D` on phase space.

What needs PyTorch, `zwicky.estimators.cnn.network` and `zwicky.estimators.cnn.training`, is imported when
training begins.
"""

from zwicky.estimators.cnn.estimator import CNN1D, CNN2D
from zwicky.estimators.cnn.settings import CNNSettings, Losses

__all__ = ["CNN1D", "CNN2D", "CNNSettings", "Losses"]
