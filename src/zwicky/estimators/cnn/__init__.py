"""The paper's convolutional networks: `CNN1D` on velocities, `CNN2D` on phase space."""

from zwicky.estimators.cnn.estimator import CNN1D, CNN2D
from zwicky.estimators.cnn.network import PhaseSpaceNetwork
from zwicky.estimators.cnn.settings import CNNSettings
from zwicky.estimators.cnn.training import Losses, limit_to_one_thread

__all__ = ["CNN1D", "CNN2D", "CNNSettings", "Losses", "PhaseSpaceNetwork", "limit_to_one_thread"]
