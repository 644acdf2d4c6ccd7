"""The training loop: it learns, stops, is watched, breaks off and goes on."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import lab, nn, optim


def setting(dropout=0.0):
    X, y = lab.two_moons(120, rng=0)
    model = nn.Sequential(
        nn.Linear(2, 16, rng=0), nn.ReLU(), nn.Dropout(dropout, rng=1), nn.Linear(16, 2, rng=2)
    )
    return model, (X, y), optim.Adam(model.named_parameters(), lr=0.02)


def train(epochs, dropout=0.0, **options):
    model, data, optimiser = setting(dropout)
    settings = {"progress": False, "rng": 3, **options}
    return model, tg.fit(model, data, tg.cross_entropy, optimiser, epochs, **settings)


def test_it_learns():
    model, rows = train(30)
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert rows[-1]["loss"] < 0.2 * rows[0]["loss"]
    assert lab.accuracy(model, *setting()[1]) > 0.95


def test_the_loss_is_the_mean_over_all_examples():
    model, data, _ = setting()
    still = optim.SGD(model.parameters(), lr=0.0)
    rows = tg.fit(model, data, tg.cross_entropy, still, 1, batch_size=50, progress=False)
    assert rows[0]["loss"] == pytest.approx(tg.cross_entropy(model(data[0]), data[1]).item())


def test_a_seed_repeats():
    assert train(3, dropout=0.5)[1] == train(3, dropout=0.5)[1]
    assert train(3)[1] != train(3, rng=4)[1]


def test_validation_is_without_dropout_and_leaves_no_graph():
    model, data, optimiser = setting(dropout=0.5)
    optimiser.param_groups[0]["lr"] = 0.0
    rows = tg.fit(
        model, data, tg.cross_entropy, optimiser, 1, batch_size=50, validation=data, progress=False
    )
    model.eval()
    expected = tg.cross_entropy(model(data[0]), data[1]).item()
    assert rows[0]["validation"] == pytest.approx(expected)
    assert rows[0]["loss"] != pytest.approx(expected)


def test_callbacks_see_every_step():
    seen = []
    train(2, batch_size=50, callbacks=[lambda t: seen.append((t.step, t.epoch_ended, t.loss))])
    assert [(step, ended) for step, ended, _ in seen] == [
        (1, False),
        (2, False),
        (3, True),
        (4, False),
        (5, False),
        (6, True),
    ]
    assert all(np.isfinite(loss) for *_, loss in seen)


def test_a_callback_may_stop():
    def enough(training):
        training.stop = training.step >= 5

    _, rows = train(10, batch_size=50, callbacks=[enough])
    assert len(rows) == 2


def test_it_stops_early_and_goes_back_to_the_best():
    model, data, optimiser = setting()
    snapshots = []

    def spoil(training):
        if training.epoch_ended:
            snapshots.append(model.state_dict())
            if len(training.rows) == 4:
                optimiser.param_groups[0]["lr"] = 0.0
                model[3].weight.data = -model[3].weight.data  # from here on it is worse

    rows = tg.fit(
        model,
        data,
        tg.cross_entropy,
        optimiser,
        50,
        validation=data,
        patience=3,
        callbacks=[spoil],
        progress=False,
        rng=0,
    )
    assert len(rows) == 7
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, snapshots[3][name])


def test_a_loss_that_is_no_number_is_not_the_best():
    X, y = setting()[1]
    (lost := X.copy())[0] = np.nan
    model, data, optimiser = setting()
    seen = []

    def spoil(training):
        if training.epoch_ended:
            seen.append(model.state_dict())
            validation[0][...] = lost if len(seen) == 1 else X

    validation = (X.copy(), y)
    options = {"validation": validation, "patience": 2, "callbacks": [spoil], "progress": False}
    rows = tg.fit(model, data, tg.cross_entropy, optimiser, 4, rng=0, **options)
    assert [np.isnan(row["validation"]) for row in rows] == [False, True, False, False]
    np.testing.assert_array_equal(model[0].weight.data, seen[3]["0.weight"])


def test_the_mode_is_that_of_training_with_and_without_validation():
    for validation in (None, setting()[1]):
        assert train(1, validation=validation)[0].training


def test_an_optimiser_of_another_model_is_refused():
    model, data, _ = setting()
    with pytest.raises(ValueError, match="no parameter of this model"):
        tg.fit(model, data, tg.cross_entropy, setting()[2], 1, progress=False)


def test_lists_are_data():
    model, (X, y), optimiser = setting()
    lists = (X.tolist(), y.tolist())
    settings = {"validation": lists, "progress": False, "rng": 3}
    rows = tg.fit(model, lists, tg.cross_entropy, optimiser, 2, **settings)
    assert rows == train(2, validation=(X, y))[1]


@pytest.mark.parametrize("validated", [False, True])
def test_what_is_reported_and_what_is_kept_belong_together(validated):
    X, y = lab.two_moons(64, rng=0)
    model = nn.MLP(2, [16, 2], rng=0)
    optimiser = optim.SGD(model.parameters(), lr=40.0)  # it leaps about
    options = {"validation": (X, y)} if validated else {}
    rows = tg.fit(
        model, (X, y), tg.cross_entropy, optimiser, 9, patience=9, progress=False, rng=0, **options
    )
    least = min(row["validation" if validated else "loss"] for row in rows)
    assert tg.cross_entropy(model(X), y).item() == pytest.approx(least)


@pytest.mark.parametrize("patience", [0, 1, 2])
def test_patience_counts_epochs_that_are_no_better(patience):
    model, data, _ = setting()
    still = optim.SGD(model.parameters(), lr=0.0)
    options = {"patience": patience, "progress": False}
    rows = tg.fit(model, data, tg.cross_entropy, still, 9, **options)
    assert len(rows) == 1 + max(patience, 1)


def test_another_watch_after_a_break_begins_anew(tmp_path):
    path = tmp_path / "moons.npz"
    train(2, checkpoint=path)
    _, rows = train(9, checkpoint=path, validation=setting()[1], patience=2)
    assert len(rows) == 9
    assert ["validation" in row for row in rows] == [False] * 2 + [True] * 7


def untouched(model, optimiser, call, error, words):
    """The call is refused in these words, and moves nothing."""
    before = model.state_dict() | optimiser.state_dict()
    with pytest.raises(error, match=words):
        call()
    after = model.state_dict() | optimiser.state_dict()
    assert after.keys() == before.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


@pytest.mark.parametrize("count", [1, 33])
def test_a_last_batch_of_one_is_refused_before_the_first_step(count):
    X, y = lab.two_moons(count, rng=0)
    model = nn.Sequential(nn.Dropout(0.5, rng=1), nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4))
    optimiser = optim.Adam(model.named_parameters())
    state = model[0]._rng.bit_generator.state

    def fit(**options):
        return tg.fit(model, (X, y), tg.cross_entropy, optimiser, 1, progress=False, **options)

    untouched(model, optimiser, fit, ValueError, "the last batch has one, .*drop_last=True")
    assert model[0]._rng.bit_generator.state == state
    if count > 1:
        fit(drop_last=True)
        assert model[2].num_batches_tracked == 1


def test_the_last_batch_may_be_left_out():
    data = np.zeros(5), np.zeros(5)
    assert [len(x) for x, _ in lab.batches(data, 2, drop_last=True)] == [2, 2]
    assert [len(x) for x, _ in lab.batches((np.zeros(4), np.zeros(4)), 2, drop_last=True)] == [2, 2]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epochs": np.nan}, TypeError, "fit: epochs is a whole number of at least 0, not nan"),
        ({"epochs": 2.5}, TypeError, "epochs is a whole number"),
        ({"epochs": -1}, ValueError, "epochs is a whole number of at least 0, not -1"),
        ({"batch_size": 0}, ValueError, "batch_size is a whole number of at least 1, not 0"),
        ({"batch_size": "a"}, TypeError, "batch_size is a whole number"),
        ({"patience": -1}, ValueError, "patience is a whole number of at least 0"),
        ({"patience": 1.5}, TypeError, "patience is a whole number of at least 0"),
        ({"rng": "a"}, TypeError, "fit: rng is a seed"),
        ({"drop_last": "no"}, TypeError, "drop_last is True or False"),
        ({"drop_last": True, "batch_size": 500}, ValueError, "drop_last leaves no batch of 500"),
        ({"callbacks": print}, TypeError, "callbacks is a list of functions"),
        ({"callbacks": [1]}, TypeError, "callbacks is a list of functions"),
        ({"validation": (np.zeros((0, 2)), np.zeros(0))}, ValueError, "validation: the arrays"),
        ({"validation": (np.zeros((2, 2)), np.zeros(3))}, ValueError, "validation: the arrays"),
        ({"validation": 3}, TypeError, "validation: data are arrays"),
        ({"data": np.zeros((3, 2))}, ValueError, "fit takes a pair|number of examples|same number"),
        ({"data": (np.zeros((3, 2)),)}, ValueError, "fit takes a pair"),
        ({"data": (np.float64(1), np.float64(1))}, ValueError, "fit: the arrays have"),
    ],
)
def test_what_is_refused_before_the_first_step(options, error, words):
    model, data, optimiser = setting()
    given = {"data": data, "epochs": 2, "progress": False, **options}

    def fit():
        tg.fit(model, loss=tg.cross_entropy, optimiser=optimiser, **given)

    untouched(model, optimiser, fit, error, words)


@pytest.mark.parametrize(
    "y", [[0, 1, 2, 0], [[0], [1], [2], [0]], np.eye(3)[[0, 1, 2, 0]], [0.0, 1.0, 2.0, 0.0]]
)
def test_classes_in_every_form(y):
    X = np.eye(3)[[0, 1, 2, 1]]
    assert lab.accuracy(nn.Identity(), X, y) == 0.75
    assert lab.accuracy(lambda X: X, X.tolist(), y) == 0.75


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (np.ones((4, 1)), np.ones(4), "the largest of two or more"),
        (np.ones(4), np.ones(4), "the largest of two or more"),
        (np.ones((4, 3)), np.ones((4, 2)), r"classes of shape \(4, 2\)"),
        (np.ones((4, 3)), np.ones(3), "same number"),
        (np.ones((0, 3)), np.ones(0), "above 0"),
    ],
)
def test_an_accuracy_that_means_nothing_is_refused(X, y, words):
    with pytest.raises(ValueError, match=words):
        lab.accuracy(nn.Identity(), X, y)


class Break(Exception):
    pass


@pytest.mark.parametrize("patience", [None, 2])
def test_a_training_that_broke_off_goes_on_as_if_it_had_not(tmp_path, patience):
    options = {"dropout": 0.3, "validation": setting()[1], "patience": patience}
    whole, rows = train(6, **options)

    def breaks(training):
        if training.step == 15:  # in the middle of the fourth epoch
            raise Break

    path = tmp_path / "moons.npz"
    with pytest.raises(Break):
        train(6, checkpoint=path, callbacks=[breaks], **options)
    resumed, more = train(6, checkpoint=path, **options)
    assert more == rows
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(resumed.state_dict()[name], array)
    assert [file.name for file in tmp_path.iterdir()] == ["moons.npz"]


def test_a_finished_training_is_not_repeated(tmp_path):
    path = tmp_path / "done.npz"
    one, rows = train(3, checkpoint=path)
    two, again = train(3, checkpoint=path, callbacks=[lambda t: pytest.fail("trained again")])
    assert again == rows
    np.testing.assert_array_equal(one[0].weight.data, two[0].weight.data)


def test_a_break_while_writing_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "moons.npz"
    train(2, checkpoint=path)
    before = path.read_bytes()

    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="disk full"):
        train(4, checkpoint=path)
    assert path.read_bytes() == before


def test_the_bar(capsys):
    pytest.importorskip("tqdm")
    train(2, progress=True)
    assert "2/2" in capsys.readouterr().err
    train(2, progress=False)
    assert capsys.readouterr().err == ""


# --- digits: shorter than the benchmark, which asks for 97 % and 98 % ---------------------------


def accuracy_on_digits(model, images, epochs):
    pytest.importorskip("sklearn")
    learn, test = lab.digits(images=images, rng=0)
    optimiser = optim.Adam(model.named_parameters(), lr=3e-3)
    tg.fit(model, learn, tg.cross_entropy, optimiser, epochs, progress=False, rng=0)
    return lab.accuracy(model, *test)


def test_an_mlp_reads_digits():
    assert accuracy_on_digits(nn.MLP(64, [64, 10], rng=0), images=False, epochs=20) >= 0.96


def test_a_cnn_reads_digits():
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10, rng=rng),
    )
    assert accuracy_on_digits(model, images=True, epochs=10) >= 0.96


def test_classes_are_numbers():
    with pytest.raises(TypeError, match="accuracy: y holds classes as whole numbers, not <U1"):
        lab.accuracy(nn.Identity(), np.eye(2), np.array(["a", "b"]))
