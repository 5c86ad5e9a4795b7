"""Small pretrained artefacts and demonstrations made by onehop's own commands."""

__version__ = "0.1.0"
