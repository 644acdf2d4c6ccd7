"""Checkpoints: any generator, to the last bit; what is refused changes nothing."""

import io
import json
import zipfile

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import checkpoints, lab, nn, optim

DATA = lab.two_moons(40, rng=0)
KINDS = [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64, np.random.PCG64DXSM]


def train(path, epochs, rng=0, kind=optim.Adam, dtype=np.float64, sizes=(4, 2), **options):
    """A small network, trained: its model and optimiser."""
    model = nn.Sequential(nn.MLP(2, sizes, rng=0), nn.Dropout(0.2, rng=1)).to(dtype)
    optimiser = kind(model.named_parameters(), lr=0.01)
    data = (DATA[0].astype(dtype), DATA[1])
    options = {"progress": False, "checkpoint": path, "rng": rng, **options}
    tg.fit(model, data, tg.cross_entropy, optimiser, epochs, **options)
    return model, optimiser


def state(model, optimiser):
    return {**model.state_dict(), **optimiser.state_dict()}


def same(one, two):
    return one.keys() == two.keys() and all(np.array_equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize("kind", KINDS)
def test_every_generator_goes_on_in_float32_to_the_last_bit(tmp_path, kind):
    def rng():
        return np.random.Generator(kind(5))

    whole = state(*train(None, 4, rng(), dtype=np.float32))
    train(tmp_path / "a.npz", 2, rng(), dtype=np.float32)
    assert same(state(*train(tmp_path / "a.npz", 4, rng(), dtype=np.float32)), whole)
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def refused(path, words, rng=0, kind=optim.Adam, sizes=(4, 2)):
    """To go on from `path` is refused with its name and in these words; nothing has changed."""
    model = nn.Sequential(nn.MLP(2, sizes, rng=0), nn.Dropout(0.2, rng=1))
    optimiser, rng = kind(model.named_parameters(), lr=0.01), np.random.default_rng(rng)
    sources = checkpoints.generators(model, rng)
    before, content = state(model, optimiser), path.read_bytes()
    states = [str(g.bit_generator.state) for g in sources.values()]
    with pytest.raises(ValueError, match=words) as told:
        tg.fit(
            model, DATA, tg.cross_entropy, optimiser, 4, checkpoint=path, progress=False, rng=rng
        )
    assert str(path) in str(told.value)
    assert same(state(model, optimiser), before)
    assert [str(g.bit_generator.state) for g in sources.values()] == states
    assert path.read_bytes() == content


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    train(path := tmp_path / "new" / "a.npz", 1)
    refused(path, r"it has Adam, .* and here is SGD", kind=optim.SGD)
    refused(path, r"order \(PCG64\).*here.*order \(SFC64\)", rng=np.random.SFC64(1))
    refused(path, "has shape", sizes=(5, 2))
    refused(path, "another optimiser", sizes=(4, 4, 2))
    train(plain := tmp_path / "sgd.npz", 1, kind=optim.SGD)
    refused(plain, "does not fit this", kind=optim.SGD, sizes=(5, 2))


def npz(**arrays):
    np.savez(file := io.BytesIO(), **arrays)
    return file.getvalue()


def pack(**files):
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"hello", b"PK\x03\x04", b"\x80\x04N.", b"\x93NUMPY", npz(a=np.zeros(2))),
        *(pack(a="b"), pack(**{"about.npy": b"x"}), npz(about=np.array("{}"))),
        *(npz(about=np.array("[]")), npz(about=np.array(3.0)), npz(about=np.array("nonsense"))),
        npz(about=np.array(json.dumps({"rows": 3, "step": 1, "optimiser": "", "generators": {}}))),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content):
    (path := tmp_path / "a.npz").write_bytes(content)
    refused(path, "is no checkpoint of a training, or is damaged")


def test_a_key_that_is_missing(tmp_path):
    train(path := tmp_path / "a.npz", 2, patience=2)
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(str(arrays.pop("about")))
    for key in about.keys() - {"watched"}:
        told = json.dumps({k: v for k, v in about.items() if k != key})
        path.write_bytes(npz(about=np.array(told), **arrays))
        refused(path, "is no checkpoint")
    for key in arrays:
        kept = {k: v for k, v in arrays.items() if k != key}
        path.write_bytes(npz(about=np.array(json.dumps(about)), **kept))
        refused(path, "a.npz")


def test_damage_is_named_or_does_no_harm(tmp_path):
    train(path := tmp_path / "a.npz", 1)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    right = state(*train(path, 2))
    for k in range(40):
        broken = bytearray(whole)
        if k % 2:
            del broken[rng.integers(len(whole)) :]
        else:
            broken[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        try:
            told, here = "", state(*train(path, 2))
        except ValueError as error:
            told = str(error)
        assert str(path) in told or (not told and same(here, right))


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    train(path := tmp_path / "a.npz", 1)
    before = path.read_bytes()

    def fails(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="No space"):
        train(path, 2)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
