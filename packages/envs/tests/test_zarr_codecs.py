import pytest

from onehop_envs._zarr_codecs import decoder


@pytest.mark.parametrize("size", [2**10, 2**22])
def test_nothing_larger_than_expected_is_made(compressor, size: int) -> None:
    if compressor is None:
        pytest.skip("what is not compressed has one size")
    decode = decoder(compressor.get_config())
    assert decode(compressor.encode(bytes(range(100))), 100) == bytes(range(100))
    with pytest.raises(ValueError, match="expected"):
        decode(compressor.encode(bytes(size)), 100)


@pytest.mark.parametrize("size", [3, 255, 256, 300, 70_000])
def test_zstd_declares_every_size(size: int) -> None:
    numcodecs = pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    data = numcodecs.get_codec({"id": "zstd"}).encode(bytes(size))
    assert decoder({"id": "zstd"})(data, size) == bytes(size)
