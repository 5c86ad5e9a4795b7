import json
import os
import re
import stat
from pathlib import Path

import pytest

from onehop_interfaces import BadInput, parse_json, read_file, read_json, whole_file


def test_new_content_takes_the_place_of_old(tmp_path):
    path = tmp_path / "folder" / "file.txt"
    for text in ("old", "new"):
        with whole_file(path) as temporary:
            temporary.write_text(text)
            assert temporary.suffix == path.suffix
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_keeps_the_old_file(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), whole_file(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_every_temporary_file_is_new_and_of_another_name(tmp_path):
    path, names = tmp_path / "file.txt", set()
    for _ in range(20):
        with whole_file(path) as temporary:
            assert temporary.read_bytes() == b""
            assert not temporary.is_symlink()
            names.add(temporary.name)
    assert len(names) == 20
    assert not any(str(os.getpid()) == name.split(".")[1] for name in names)


def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    """Not even by one who knows what chance will say."""
    monkeypatch.setattr("secrets.token_hex", lambda length: "known")
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / ".known.file.txt").symlink_to(victim)
    with (
        pytest.raises(BadInput, match="cannot be written, File exists"),
        whole_file(tmp_path / "file.txt") as temporary,
    ):
        temporary.write_text("through the link")
    assert victim.read_text() == "untouched"
    assert (tmp_path / ".known.file.txt").is_symlink()


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_its_mode_is_that_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "file.txt") as temporary:
            temporary.write_text("text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o666 & ~umask


def test_what_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for name, reason in {
        "file/file.txt": "Not a directory|File exists",
        "folder": "Is a directory",
        f"{'n' * 300}": "File name too long",
    }.items():
        line = re.escape(f"{tmp_path / name}: cannot be written, ") + f"({reason})$"
        with pytest.raises(BadInput, match=line), whole_file(tmp_path / name):
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def full_disk(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", full_disk)
    with (
        pytest.raises(BadInput, match=r"file\.txt: cannot be written, No space left"),
        whole_file(tmp_path / "file.txt") as temporary,
    ):
        temporary.write_text("text")
    assert list(tmp_path.iterdir()) == []


def test_json_is_what_was_written(tmp_path):
    content = {"a": [1, -2.5, None, True, {"é": "☺"}], "big": 2**100}
    (tmp_path / "a.json").write_text(json.dumps(content), "utf-8")
    (tmp_path / "link.json").symlink_to("a.json")
    assert read_json(tmp_path / "a.json") == content
    assert read_json(tmp_path / "link.json") == content


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "expected JSON, but Expecting value"),
        ("{", "expected JSON, but "),
        (b"\xff\xfe\xfd", "expected JSON, but "),
        ("[1]", "expected a JSON object, got a list"),
        ("null", "expected a JSON object, got a NoneType"),
        ('{"a": NaN}', "expected JSON, but NaN is not finite"),
        ('{"a": -Infinity}', "expected JSON, but -Infinity is not finite"),
        ('{"a": 1e999}', "expected JSON, but 1e999 is not finite"),
        ('{"a": 1' + "0" * 400 + "}", "expected JSON, but 1.* is not finite"),
        ('{"a": 1' + "0" * 9000 + "}", "expected JSON, but 1.* is not finite"),
        ("[" * 100_000, "expected JSON, got one nested too deeply"),
        ('{"a":' * 100_000, "expected JSON, got one nested too deeply"),
        ('{"a":' * 101 + "1" + "}" * 101, "expected JSON, got one nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_said_in_one_line(text, line):
    with pytest.raises(BadInput, match=f"^thing: {line}") as error:
        parse_json(text, "thing")
    assert "\n" not in str(error.value)


def test_nesting_to_the_limit_is_read():
    found = parse_json('{"a":' * 100 + "1" + "}" * 100, "thing")
    for _ in range(100):
        found = found["a"]
    assert found == 1


def fifo(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda path: None, "expected a file, found none"),
        (Path.mkdir, "expected a file, got a folder"),
        (fifo, "expected a file, got a FIFO, device or socket"),
        (device, "expected a file, got a FIFO, device or socket"),
        (loop, "expected a file, but Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"12345"), "expected at most 4 bytes, got 5"),
    ],
)
def test_what_is_no_file_to_read_is_refused_at_once(tmp_path, make, line):
    path = tmp_path / "file"
    make(path)
    with pytest.raises(BadInput, match=re.escape(f"{path}: {line}")):
        read_file(path, 4)


def test_a_file_at_the_limit_is_read_and_odd_paths_are_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"1234")
    assert read_file(tmp_path / "file", 4) == b"1234"
    for name in ("file/below", "nul\0byte", "n" * 300):
        with pytest.raises(BadInput, match="expected a file, "):
            read_json(tmp_path / name)
