"""Policies as ONNX files, run with numpy and onnxruntime alone.

`OnnxPolicy` is a file as a policy, `decide` draws its noise; torch is needed only to
make the file, by :mod:`onehop_runtime.export`.
"""

from ._policy import OnnxPolicy as OnnxPolicy
from ._policy import decide as decide

__version__ = "0.1.0"
