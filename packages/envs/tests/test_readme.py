import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_example_runs(capsys) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(example.splitlines()) <= 20
    exec(compile(example, str(README), "exec"), {})
    assert re.fullmatch(r"score 0\.\d+ after 300 steps\n", capsys.readouterr().out)
