"""SwiftPolicy: a diffusion policy distilled into one step by score distillation sampling."""

__version__ = "0.1.0"
