import onnxruntime
import pytest
import torch
from tiny_encoder import MEAN, SIZE, STD, classifier_for, random_images, tiny_encoder

from crs_plugin.errors import InputError
from crs_plugin.models import Encoder, encoder_export
from crs_plugin.models.encoder_export import export_encoder
from crs_plugin.models.onnx_encoder import OnnxEncoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return tiny_encoder()


@pytest.fixture(scope="module")
def exports(encoder, tmp_path_factory):
    """Every file that can be written, by format and whether pre-processing is inside."""
    folder = tmp_path_factory.mktemp("exports")
    files = {}
    for format_ in ("pt2", "onnx"):
        for inside in (False, True):
            file = folder / f"{inside}.{format_}"
            exported = export_encoder(encoder, file, format_, preprocessing=inside)
            assert exported.difference <= 1e-5 * max(1.0, exported.largest)
            assert ("uint8" in exported.takes) == inside
            files[format_, inside] = file
    return files


def run(file, images: torch.Tensor) -> torch.Tensor:
    if file.suffix == ".pt2":
        return torch.export.load(file).module()(images).detach()
    session = onnxruntime.InferenceSession(file)
    return torch.from_numpy(session.run(None, {"images": images.numpy()})[0])


@pytest.mark.parametrize("format_", ["pt2", "onnx"])
@pytest.mark.parametrize("shape", [(1, 20, 18), (5, 40, 16), (2, 11, 60)])
def test_with_preprocessing_inside_it_takes_raw_images_of_any_size(
    encoder, exports, format_, shape
):
    images = random_images(*shape)
    found = run(exports[format_, True], images)
    torch.testing.assert_close(found, encoder.embed(images), atol=1e-5, rtol=0)


@pytest.mark.parametrize("format_", ["pt2", "onnx"])
@pytest.mark.parametrize("number", [1, 4])
def test_without_it_takes_normalised_images(encoder, exports, format_, number):
    images = random_images(number, SIZE, SIZE)
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (MEAN, STD))
    found = run(exports[format_, False], (images.float() / 255 - mean) / std)
    torch.testing.assert_close(found, encoder.embed(images), atol=1e-5, rtol=0)


@pytest.mark.parametrize("inside", [False, True])
def test_an_onnx_export_is_an_encoder_again_with_its_classifiers(encoder, exports, inside):
    again = OnnxEncoder(exports["onnx", inside])
    assert (again.digest(), again.info) == (encoder.digest(), encoder.info)
    images = random_images(5, SIZE, SIZE)
    torch.testing.assert_close(again.embed(images), encoder.embed(images), atol=1e-5, rtol=0)
    classifier = classifier_for(encoder)
    names = [found.name for found in again.predict(images, classifier, batch_size=2)]
    assert names == [found.name for found in encoder.predict(images, classifier)]
    with pytest.raises(InputError, match="takes 9 features"):
        again.predict(images, classifier_for(tiny_encoder(width=9)))


def test_safetensors_are_an_encoder_again(encoder, tmp_path):
    exported = export_encoder(encoder, tmp_path / "e.safetensors", "safetensors")
    assert exported.difference == 0
    assert Encoder.load(tmp_path / "e.safetensors").digest() == encoder.digest()
    with pytest.raises(InputError, match="no graph"):
        export_encoder(encoder, tmp_path / "f.safetensors", "safetensors", preprocessing=True)


def test_the_encoder_is_left_as_it_was(tmp_path):
    encoder = tiny_encoder().train()
    export_encoder(encoder, tmp_path / "e.pt2", "pt2")
    assert encoder.training
    assert encoder.backbone[1].training


def test_an_export_that_differs_is_not_left_behind(encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(encoder_export, "TOLERANCE", -1.0)
    with pytest.raises(InputError, match=r"differs from the encoder by .* nothing was written"):
        export_encoder(encoder, tmp_path / "e.pt2", "pt2")
    assert list(tmp_path.iterdir()) == []


class Untraceable(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean(dim=(2, 3)) * float(images.sum().item() > 0)


def test_a_network_that_cannot_be_exported_is_told_in_a_line(encoder, tmp_path):
    broken = Encoder(Untraceable(), encoder.info)
    with pytest.raises(InputError, match="cannot be exported to that format") as caught:
        export_encoder(broken, tmp_path / "e.pt2", "pt2")
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError, match="cannot write the export"):
        export_encoder(encoder, tmp_path / "none" / "e.pt2", "pt2")
    assert list(tmp_path.iterdir()) == []
