"""The main job: a Push-T diffusion policy distilled into one step."""

__version__ = "0.1.0"
