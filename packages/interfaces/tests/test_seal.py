import hashlib
import json

import pytest

from onehop_interfaces import SEAL, UNSEALED, BadInput, check_seal, seal


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "sealed.json"
    path.write_text(json.dumps({"a": [1, 2], SEAL: UNSEALED, "b": "text"}, indent=2))
    return path


def test_the_seal_is_the_sha256_with_zeros_in_its_place(path):
    before = path.read_bytes()
    seal(path)
    after = json.loads(path.read_text())
    assert after == {**json.loads(before), SEAL: hashlib.sha256(before).hexdigest()}
    check_seal(path)


def test_every_flipped_bit_is_seen(path):
    seal(path)
    sealed = path.read_bytes()
    start = sealed.index(b'"seal": "')
    for place in range(len(sealed)):
        if start <= place < start + len('"seal": "'):
            continue  # then it is no seal any more, and nothing else is changed
        for bit in range(8):
            damaged = bytearray(sealed)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(BadInput, match=r"sealed\.json: expected the contents"):
                check_seal(path)


@pytest.mark.parametrize("cut", [1, 10, 50])
def test_missing_and_added_bytes_are_seen(path, cut):
    seal(path)
    sealed = path.read_bytes()
    for changed in (sealed[:-cut], sealed[cut:], sealed + b" " * cut):
        path.write_bytes(changed)
        if b'"seal"' in changed:
            with pytest.raises(BadInput, match="expected the contents"):
                check_seal(path)


def test_what_has_no_seal_passes(path, tmp_path):
    path.write_text('{"a": 1}')
    check_seal(path)
    path.write_bytes(b"")
    check_seal(path)
    with pytest.raises(BadInput, match="none: expected a file, found none"):
        check_seal(tmp_path / "none")


def test_a_seal_may_lie_in_json_inside_json(path):
    path.write_text(json.dumps({"inner": json.dumps({"a": 1, SEAL: UNSEALED})}))
    seal(path)
    check_seal(path)
    assert UNSEALED not in path.read_text()
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(BadInput, match="expected the contents"):
        check_seal(path)
