import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from onehop_envs import demonstrate_avoiding, read_d3il_avoiding
from onehop_interfaces import BadInput

PROTOCOLS = (0, 1, 2, 3, 4, 5)


def recording(length: int = 6, seed: int = 0) -> dict:
    """What D3IL writes of an episode, and some more of what it may."""
    rng = np.random.default_rng(seed)
    robot = {
        "time_stamp": rng.normal(size=length),
        "des_c_pos": rng.normal(size=(length, 3)),
        "c_pos": np.asfortranarray(rng.normal(size=(length, 3))),
        "gripper_width": np.float64(0.04),
    }
    return {"robot": robot, "context": [("a", 1), None, b"raw"]}


def write(folder: Path, name: str, content: object, protocol: int = 4) -> Path:
    path = folder / name
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reads_an_episode_per_file(tmp_path, protocol: int) -> None:
    recordings = [recording(6, 0), recording(2, 1), recording(9, 2)]
    for i, content in enumerate(recordings):
        write(tmp_path, f"env_{i}.pkl", content, protocol)
    (tmp_path / "notes.txt").write_text("not a demonstration")
    demos = read_d3il_avoiding(tmp_path)
    assert demos.episode_lengths.tolist() == [5, 1, 8]
    row = 0
    for content in recordings:
        desired, actual = (content["robot"][k] for k in ("des_c_pos", "c_pos"))
        for i in range(len(desired) - 1):
            seen = [*desired[i, :2], *actual[i, :2]]
            np.testing.assert_array_equal(
                demos.obs["state"][row], np.float32(seen), strict=True
            )
            change = desired[i + 1, :2] - desired[i, :2]
            np.testing.assert_array_equal(demos.actions[row], np.float32(change))
            row += 1


def as_written_by_numpy_1(data: bytes) -> bytes:
    """The same pickle with the modules' names of numpy 1, in any protocol."""
    assert b"numpy._core" in data
    # A short string's length stands in one byte before it.
    data = re.sub(
        rb"\x8c(.)(numpy)\._(core\.\w+)",
        lambda m: b"\x8c" + bytes([m[1][0] - 1]) + m[2] + b"." + m[3],
        data,
        flags=re.DOTALL,
    )
    return data.replace(b"numpy._core", b"numpy.core")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reads_what_either_numpy_wrote(tmp_path, protocol: int) -> None:
    data = pickle.dumps(recording(), protocol)
    if b"numpy._core" not in data:
        pytest.skip("this is numpy 1")
    # Unframed, so that lengths may change.
    if protocol >= 4:
        data = data[:2] + data[11:]
    (tmp_path / "a.pkl").write_bytes(as_written_by_numpy_1(data))
    write(tmp_path, "b.pkl", recording(), protocol)
    demos = read_d3il_avoiding(tmp_path)
    old, new = demos.select([0]), demos.select([1])
    assert old.sha256 == new.sha256


def test_reads_back_a_demonstration_of_ours(tmp_path) -> None:
    demo = demonstrate_avoiding(7, 0)
    state = demo.obs["state"]
    robot = {"des_c_pos": state[:, :2], "c_pos": state[:, 2:]}
    write(tmp_path, "ours.pkl", {"robot": robot})
    back = read_d3il_avoiding(tmp_path)
    np.testing.assert_array_equal(back.obs["state"], state[:-1])
    np.testing.assert_allclose(back.actions, demo.actions[:-1], rtol=0, atol=1e-7)


class Evil:
    """Calls something when it is unpickled."""

    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_refuses_to_run_anything(tmp_path, protocol: int) -> None:
    victim = tmp_path / "victim"
    names = {
        f"{os.system.__module__}.system": (os.system, f"touch {victim}"),
        "builtins.eval": (eval, f"open({str(victim)!r}, 'w')"),
        "builtins.getattr": (getattr, "a", "upper"),
        "numpy.fromfile": (np.fromfile, __file__),
    }
    for name, call in names.items():
        content = {**recording(), "more": Evil(*call)}
        path = write(tmp_path, "evil.pkl", content, protocol)
        if protocol < 3:
            name = name.replace("builtins", "__builtin__")
        with pytest.raises(BadInput) as error:
            read_d3il_avoiding(tmp_path)
        assert str(error.value) == (
            f"{path}: expected a pickle of arrays, got the name {name}"
        )
        assert not victim.exists()
    pickle.loads(pickle.dumps(Evil(os.system, f"touch {victim}"), protocol))
    assert victim.exists()  # it does run where nothing is refused


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"cos\nsystem\n.", "got the name os.system"),
        (b"cnumpy\nload\n.", "got the name numpy.load"),
        (b"cnumpy.core.multiarray\nfromfile\n.", "numpy.core.multiarray.fromfile"),
        (b"\x8c\x05numpy\x8c\x0ftesting.rundocs\x93.", "numpy.testing.rundocs"),
        (b"Vsecret\nQ.", "the outside reference 'secret'"),
        (b"c_codecs\nencode\n(Va\nVrot13\ntR.", "expected latin1, got 'rot13'"),
        (b"", "pickle exhausted before seeing STOP"),
        (b"hello", "but "),
        (b"\x80\x09.", "ValueError: unsupported pickle protocol: 9"),
        (b"(lp0\n.", "expected a dict"),
        (b"}.", "expected a dict"),
    ],
)
def test_refuses_foreign_files_by_name(tmp_path, data: bytes, text: str) -> None:
    path = tmp_path / "foreign.pkl"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=re.escape(text)) as error:
        read_d3il_avoiding(tmp_path)
    assert str(error.value).startswith(f"{path}: expected")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_refuses_truncated_files(tmp_path, protocol: int) -> None:
    data = pickle.dumps(recording(), protocol)
    path = tmp_path / "cut.pkl"
    for kept in range(0, len(data), 7):
        path.write_bytes(data[:kept])
        with pytest.raises(BadInput, match="expected a pickle of arrays, but") as error:
            read_d3il_avoiding(tmp_path)
        assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("c_pos", None, "robot 'c_pos': expected numbers, got NoneType"),
        ("c_pos", [[0.0, 0.0]] * 6, "robot 'c_pos': expected numbers, got list"),
        ("c_pos", np.full((6, 3), "a"), "robot 'c_pos': expected numbers, got <U1"),
        ("c_pos", np.full((6, 3), None), "robot 'c_pos': expected numbers, got object"),
        ("des_c_pos", np.zeros(6), "expected shape (T, 3), got (6,)"),
        ("des_c_pos", np.zeros((6, 1)), "expected shape (T, 3), got (6, 1)"),
        ("des_c_pos", np.full((6, 3), np.nan), "expected finite values"),
        ("des_c_pos", np.zeros((5, 3)), "at least 2, got 5 and 6"),
    ],
)
def test_refuses_bad_arrays_by_name(tmp_path, name: str, value, text: str) -> None:
    content = recording()
    content["robot"][name] = value
    path = write(tmp_path, "bad.pkl", content)
    with pytest.raises(BadInput, match=re.escape(text)) as error:
        read_d3il_avoiding(tmp_path)
    assert str(error.value).startswith(f"{path}: ")


def test_refuses_a_missing_array_a_short_episode_and_an_empty_folder(tmp_path) -> None:
    with pytest.raises(BadInput, match=r"expected a folder of D3IL's \.pkl files"):
        read_d3il_avoiding(tmp_path)
    with pytest.raises(BadInput, match="expected a folder"):
        read_d3il_avoiding(tmp_path / "absent")
    write(tmp_path, "a.pkl", recording(1))
    with pytest.raises(BadInput, match="at least 2, got 1 and 1"):
        read_d3il_avoiding(tmp_path)
    content = recording()
    del content["robot"]["des_c_pos"]
    write(tmp_path, "a.pkl", content)
    with pytest.raises(BadInput, match="'des_c_pos': expected numbers, got NoneType"):
        read_d3il_avoiding(tmp_path)


@pytest.mark.parametrize("odd", ["FIFO", "loop", "device", "folder", "large"])
def test_what_is_no_file_of_an_episode_is_refused_at_once(tmp_path, odd: str) -> None:
    path = tmp_path / "odd.pkl"
    if odd == "FIFO":
        os.mkfifo(path)
    elif odd == "folder":
        path.mkdir()
    elif odd == "large":
        path.touch()
        os.truncate(path, 2**24 + 1)
    else:
        path.symlink_to("/dev/zero" if odd == "device" else path)
    with pytest.raises(BadInput, match=re.escape(f"{path}: expected ")):
        read_d3il_avoiding(tmp_path)


def test_numbers_that_do_not_fit_are_refused(tmp_path) -> None:
    content = recording()
    content["robot"]["c_pos"] = np.full((6, 3), 1e300)
    write(tmp_path, "a.pkl", content)
    with pytest.raises(BadInput, match="robot 'c_pos': expected finite values"):
        read_d3il_avoiding(tmp_path)
