"""What a user can hold: teachers, students, decisions, ONNX files."""

from onehop_interfaces.acting import decide as decide
from onehop_methods import load_policy as load_policy
from onehop_methods import save_policy as save_policy
from onehop_runtime.export import export_onnx as export_onnx
from onehop_teachers import load_teacher as load_teacher

__version__ = "0.1.0"
