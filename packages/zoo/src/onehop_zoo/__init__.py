"""Small pretrained artefacts and demonstrations made by onehop's own commands."""

from ._artefacts import Artefact as Artefact
from ._artefacts import artefact as artefact
from ._artefacts import names as names
from ._artefacts import path as path

__version__ = "0.1.0"
