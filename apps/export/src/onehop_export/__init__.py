"""onehop-export: a student as an ONNX file."""

__version__ = "0.1.0"
