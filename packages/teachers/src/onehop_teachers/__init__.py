"""Multi-step diffusion teachers: schedules, networks, encoders, samplers, checkpoints."""

__version__ = "0.1.0"
