import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_encoder import classifier_for, random_images, tiny_encoder

from crs_plugin.errors import InputError
from crs_plugin.models import Classifier, Encoder

KEY = "crs_plugin.classifier"


@pytest.fixture
def encoder() -> Encoder:
    return tiny_encoder()


@pytest.fixture
def classifier(encoder) -> Classifier:
    return replace(classifier_for(encoder), trained_on={"data": "faces", "images": 12})


def test_it_is_softmax_of_a_linear_map(classifier, encoder):
    features = encoder.embed(random_images(4))
    expected = torch.softmax(features @ classifier.weight.T + classifier.bias, 1)
    torch.testing.assert_close(classifier(features), expected)


def test_a_class_that_training_never_had_has_no_probability(classifier, encoder):
    bias = classifier.bias.clone()
    bias[1] = -torch.inf
    unseen = replace(classifier, bias=bias)
    assert (unseen(encoder.embed(random_images(4)))[:, 1] == 0).all()


def test_what_is_loaded_is_what_was_saved_names_in_order(classifier, tmp_path):
    classifier.save(tmp_path / "c.safetensors")
    loaded = Classifier.load(str(tmp_path / "c.safetensors"))
    assert loaded.class_names == ("neutral", "happiness", "anger")
    assert torch.equal(loaded.weight, classifier.weight)
    assert torch.equal(loaded.bias, classifier.bias)
    assert (loaded.encoder, loaded.trained_on) == (classifier.encoder, classifier.trained_on)
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]


def test_predictions_have_names_and_probabilities(classifier, encoder, tmp_path):
    images = random_images(5)
    classifier.save(tmp_path / "c.safetensors")
    predictions = encoder.predict(images, classifier=tmp_path / "c.safetensors", batch_size=2)
    probabilities = classifier(encoder.embed(images))
    assert len(predictions) == 5
    for prediction, row in zip(predictions, probabilities, strict=True):
        assert list(prediction.probabilities) == list(classifier.class_names)
        assert prediction.name == classifier.class_names[int(row.argmax())]
        assert prediction.probability == pytest.approx(float(row.max()))
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert encoder.predict(images, classifier=classifier, batch_size=2) == predictions
    assert encoder.predict([], classifier=classifier) == []


def test_a_classifier_of_another_encoder_is_refused(classifier):
    with pytest.raises(InputError, match=r"was trained on the encoder \w+… .*another|mean some"):
        tiny_encoder(seed=1).predict(random_images(2), classifier=classifier)


def test_a_classifier_of_another_width_is_refused_before_anything_is_embedded(
    classifier, tmp_path, monkeypatch
):
    classifier.save(tmp_path / "c.safetensors")
    wide = tiny_encoder(width=9)
    monkeypatch.setattr(wide, "embed", None)
    with pytest.raises(InputError, match=r"c\.safetensors takes 6 features .* gives 9"):
        wide.predict(random_images(2), classifier=tmp_path / "c.safetensors")
    with pytest.raises(InputError, match=r"features \[N, 6\]; found \[2, 9\]"):
        classifier(torch.zeros(2, 9))


def test_features_that_are_not_finite_are_refused(classifier):
    features = torch.zeros(3, 6)
    features[1, 2] = torch.nan
    with pytest.raises(InputError, match="1 of 3 images are not finite"):
        classifier(features)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ("a", "b")}, r"of 2 classes needs .*found \[3, 6\] and \[3\]"),
        ({"class_names": ("a", "b", "a")}, "different classes"),
        ({"bias": torch.zeros(2)}, r"found \[3, 6\] and \[2\]"),
        ({"weight": torch.full((3, 6), torch.nan)}, "not finite"),
        ({"bias": torch.full((3,), torch.inf)}, "not finite"),
    ],
)
def test_what_is_no_classifier_is_refused(classifier, change, message):
    with pytest.raises(InputError, match=message):
        replace(classifier, **change)


def damage(kind: str, path, encoder) -> None:
    tensors = load_file(path)
    entries = {"class_names": ["a", "b", "c"], "encoder": "0", "trained_on": {}}
    entries |= {"crs_plugin_version": "9.9", "format_version": 1}
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif kind == "text":
        path.write_text("no classifier")
    elif kind == "encoder":
        encoder.save(path)
    elif kind == "plain":
        save_file(tensors, path)
    elif kind == "json":
        save_file(tensors, path, metadata={KEY: "{"})
    elif kind == "newer":
        save_file(tensors, path, metadata={KEY: json.dumps(entries | {"format_version": 7})})
    elif kind == "names":
        save_file(tensors, path, metadata={KEY: json.dumps(entries | {"class_names": ["a", "b"]})})
    elif kind == "lacking":
        del entries["encoder"]
        save_file(tensors, path, metadata={KEY: json.dumps(entries)})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", "cut short"),
        ("text", "no classifier file"),
        ("encoder", "no classifier of crs_plugin .* one of our encoders"),
        ("plain", "no classifier of crs_plugin"),
        ("json", "no JSON"),
        ("newer", "format version 7, written by crs_plugin 9.9"),
        ("names", r"damaged: .*found \[3, 6\]"),
        ("lacking", "lacks 'encoder'"),
    ],
)
def test_files_that_are_no_classifier_are_refused(classifier, encoder, tmp_path, kind, message):
    path = tmp_path / "c.safetensors"
    classifier.save(path)
    damage(kind, path, encoder)
    with pytest.raises(InputError, match=message) as caught:
        Classifier.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_missing_folder_are_told(classifier, tmp_path):
    with pytest.raises(InputError, match="no classifier file"):
        Classifier.load(tmp_path / "c.safetensors")
    with pytest.raises(InputError, match="cannot write the classifier"):
        classifier.save(tmp_path / "none" / "c.safetensors")


def test_a_classifier_is_no_encoder(classifier, tmp_path):
    classifier.save(tmp_path / "c.safetensors")
    with pytest.raises(InputError, match=r"no encoder of crs_plugin .* one of our classifiers"):
        Encoder.load(tmp_path / "c.safetensors")
