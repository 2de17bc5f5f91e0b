import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

import crs_plugin
from crs_plugin.errors import InputError
from crs_plugin.models import Encoder, EncoderInfo, build_backbone

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)
SIZE = 32
KEY = "crs_plugin.encoder"


def new_encoder(seed: int = 0, **options) -> Encoder:
    torch.manual_seed(seed)
    backbone = build_backbone("resnet18", **options)
    seen = {"data": ["synthetic_faces"], "labels": {"coarse": 4}}
    info = EncoderInfo("resnet18", options, SIZE, MEAN, STD, backbone.feature_dim, seen)
    return Encoder(backbone, info)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return new_encoder()


@pytest.fixture(scope="module")
def saved(encoder, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("run") / "encoder.safetensors"
    encoder.save(path)
    return path


@pytest.fixture
def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (5, 3, 40, 36), dtype=torch.uint8, generator=generator)


def by_hand(encoder: Encoder, images: torch.Tensor) -> torch.Tensor:
    pixels = images.float().expand(-1, 3, -1, -1) / 255
    pixels = F.interpolate(pixels, (SIZE, SIZE), mode="bilinear", antialias=True)
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (MEAN, STD))
    backbone = encoder.backbone.eval()
    with torch.no_grad():
        return backbone((pixels - mean) / std)


def close(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_embed_is_resize_normalise_backbone(encoder, images):
    features = encoder.embed(images)
    assert features.shape == (5, 512)
    assert (features.dtype, features.device.type) == (torch.float32, "cpu")
    close(features, by_hand(encoder, images))


def as_pil(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).numpy())


@pytest.mark.parametrize(
    "kind",
    [
        lambda x: x.numpy(),
        lambda x: x.permute(0, 2, 3, 1),
        lambda x: x.permute(0, 2, 3, 1).numpy(),
        lambda x: x.float() / 255,
        lambda x: (x.double() / 255).numpy(),
        lambda x: [as_pil(image) for image in x],
        lambda x: tuple(as_pil(image) for image in x),
    ],
    ids=["array", "NHWC tensor", "NHWC array", "float", "float64 array", "PIL list", "PIL tuple"],
)
def test_every_kind_of_images_gives_the_same_features(encoder, images, kind):
    close(encoder.embed(kind(images)), encoder.embed(images))


@pytest.mark.parametrize("as_path", [str, Path])
def test_paths_of_images_of_any_size_and_mode(encoder, images, tmp_path, as_path):
    as_pil(images[0]).save(tmp_path / "a.png")
    as_pil(images[1, :, :20, :30]).convert("L").save(tmp_path / "b ü.png")
    as_pil(images[2]).convert("RGBA").save(tmp_path / "c.PNG")
    paths = [as_path(tmp_path / name) for name in ("a.png", "b ü.png", "c.PNG")]
    features = encoder.embed(paths, batch_size=2)
    close(features[[0, 2]], encoder.embed(images[[0, 2]]))
    grey = torch.from_numpy(np.array(as_pil(images[1, :, :20, :30]).convert("L")))
    close(features[1:2], encoder.embed(grey[None, None]))


def test_photos_are_turned_upright(encoder, images, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    as_pil(images[0]).save(tmp_path / "turned.png", exif=exif)
    upright = images[:1].rot90(-1, (2, 3))
    close(encoder.embed([tmp_path / "turned.png"]), encoder.embed(upright))


@pytest.mark.parametrize("shape", [(4, 40, 36), (4, 1, 40, 36), (4, 40, 36, 1)])
def test_grey_is_repeated(encoder, images, shape):
    grey = images[:4, 0]
    close(encoder.embed(grey.reshape(shape)), encoder.embed(grey[:, None].expand(-1, 3, -1, -1)))


def test_where_both_places_could_be_the_channels_the_second_wins(encoder):
    images = torch.randint(0, 256, (2, 3, 40, 3), dtype=torch.uint8)
    close(encoder.embed(images), by_hand(encoder, images))


def test_read_only_arrays_are_taken_without_a_warning(encoder, images, recwarn):
    array = images.numpy().copy()
    array.flags.writeable = False
    close(encoder.embed(array), encoder.embed(images))
    assert list(recwarn) == []


@pytest.mark.parametrize(
    "empty",
    [
        *([], (), np.array([]), np.empty((0, 8, 3), dtype=np.uint8)),
        torch.empty(0, 3, 8, 8, dtype=torch.uint8),
    ],
)
def test_no_images_give_no_features(encoder, empty):
    assert encoder.embed(empty).shape == (0, 512)


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_batch_size_changes_nothing(encoder, images, batch_size):
    close(encoder.embed(images, batch_size=batch_size), encoder.embed(images))


@pytest.mark.parametrize("kind", [torch.tensor, np.array])
@pytest.mark.parametrize("shape", [(3, 40, 36), (3, 40, 3), (3, 3, 3)])
def test_what_may_be_one_image_or_three_is_refused(encoder, shape, kind):
    images = kind(np.zeros(shape, dtype=np.uint8))
    ways = r"One image\? Give images\[None\]\. 3 grey images\? Give images\[:, None\]"
    with pytest.raises(InputError, match=rf"shape {re.escape(str(list(shape)))} .*{ways}"):
        encoder.embed(images)
    assert encoder.embed(images[None]).shape == (1, 512)
    assert encoder.embed(images[:, None]).shape == (3, 512)


def test_a_single_array_that_can_be_nothing_else_is_one_image(encoder, images):
    image = images[0]
    channels_last = image.permute(1, 2, 0)
    expected = encoder.embed(images[:1])
    for one in (channels_last, channels_last.numpy()):
        assert torch.equal(encoder.embed(one), expected)
    grey = encoder.embed(image[None, :1])
    for one in (image[:1], channels_last[:, :, :1], image[:1].numpy()):
        assert torch.equal(encoder.embed(one), grey)


def test_a_single_picture_or_path_is_one_image(encoder, images, tmp_path):
    picture = as_pil(images[0])
    picture.save(tmp_path / "a.png")
    expected = encoder.embed([picture])
    for one in (picture, str(tmp_path / "a.png"), tmp_path / "a.png"):
        assert torch.equal(encoder.embed(one), expected)


def test_a_list_may_mix_arrays_pictures_and_paths_of_any_size(encoder, images, tmp_path):
    as_pil(images[0]).save(tmp_path / "a.png")
    small = images[1, :, :20, :30]
    mixed = [
        *(tmp_path / "a.png", as_pil(images[0]), images[0], images[0].permute(1, 2, 0).numpy()),
        *(images[0].float() / 255, small, small.permute(1, 2, 0).numpy(), small[0], small[:1]),
    ]
    features = encoder.embed(mixed, batch_size=2)
    close(features[:5], encoder.embed(images[:1]).expand(5, -1))
    close(features[5:7], encoder.embed(small[None]).expand(2, -1))
    close(features[7:], encoder.embed(small[None, :1]).expand(2, -1))


def test_a_grey_image_or_rows_of_pixels_are_not_guessed(encoder):
    image = np.zeros((40, 36), dtype=np.uint8)
    with pytest.raises(InputError, match=r"\[40, 36\] may be .* Give images\[None\]\. Rows"):
        encoder.embed(image)
    assert encoder.embed(image[None]).shape == (1, 512)


def test_sixteen_bits_keep_the_upper_ones(encoder, images, tmp_path):
    grey = images[0, 0].numpy()
    Image.fromarray(grey.astype(np.uint16) * 256 + 7).save(tmp_path / "a.png")
    close(encoder.embed(tmp_path / "a.png"), encoder.embed(grey[None]))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.zeros(2, 4, 8, 8, dtype=torch.uint8), r"not \[2, 4, 8, 8\]"),
        (np.zeros((300, 8, 8, 4), dtype=np.uint8), r"not \[300, 8, 8, 4\]"),
        (np.zeros((300, 8, 4), dtype=np.uint8), r"alpha .* give images\[\.\.\., :3\]"),
        (np.zeros((300, 8, 2), dtype=np.uint8), r"alpha .* give images\[\.\.\., :1\]"),
        (np.zeros(7, dtype=np.uint8), r"not \[7\]"),
        (np.zeros((), dtype=np.uint8), r"not \[\]"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.int64), r"int64\. .*images\.to\(torch\.uint8\)"),
        (np.zeros((2, 8, 8), dtype=np.uint16), r"uint16\. .*images\.astype\(np\.uint8\)"),
        (np.zeros((2, 8, 8), dtype=bool), r"uint8 in 0–255 or float in \[0, 1\], not bool"),
        (torch.full((2, 3, 8, 8), 200.0), "found 200 to 200.* uint8 in 0–255"),
        (np.full((2, 3, 8, 8), -1.0), "already normalised"),
        (torch.full((2, 3, 8, 8), torch.nan), "nan"),
        (torch.zeros(2, 0, 8, 3), r"without pixels: \[2, 0, 8, 3\]"),
        ([Image.new("RGB", (0, 8))], "without pixels: 0 × 8"),
        ([torch.zeros(0, 8, 3)], r"without pixels: \[0, 8, 3\]"),
        ([torch.zeros(5, 8, 8)], r"an image in a list must be .*not \[5, 8, 8\]"),
        ([torch.zeros(3, 8, 8), torch.full((3, 8, 8), 200.0)], "found 200 to 200"),
        ([torch.zeros(3, 8, 8, dtype=torch.int64)], "int64"),
        (Image.new("F", (8, 8)), "mode F: its pixels are floating-point numbers"),
        (Image.new("I", (8, 8), 70_000), "mode I: its pixels are whole numbers beyond 16 bits"),
        (["nowhere.png"], r"no image file nowhere\.png"),
    ],
)
def test_images_of_another_shape_or_range_are_refused(encoder, bad, message):
    with pytest.raises(InputError, match=message):
        encoder.embed(bad)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "found None"),
        ((path for path in ["a.png"]), "found a generator"),
        ({"a.png"}, "found a set"),
        ({0: "a.png"}, "found a dict"),
        (b"a.png", "found a bytes"),
        (7, "found an int"),
        (np.array(["a.png"]), "found an array of dtype <U5"),
        (["a.png", None], "in the list stands None"),
        ([["a.png"]], "in the list stands a list"),
    ],
)
def test_what_is_no_images_is_refused(encoder, bad, message):
    with pytest.raises(TypeError, match=message):
        encoder.embed(bad)


def test_files_are_read_as_those_of_data_sets_are(encoder, tmp_path):
    with pytest.raises(InputError, match=r"cannot read image .*: it is a folder, not a file"):
        encoder.embed(tmp_path)
    Image.new("F", (8, 8), 0.5).save(tmp_path / "a.tiff")
    with pytest.raises(InputError, match=r"a\.tiff: its pixels are floating-point numbers"):
        encoder.embed(tmp_path / "a.tiff")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.eps")  # Pillow would start Ghostscript
    with pytest.raises(InputError, match="cannot identify image file"):
        encoder.embed(tmp_path / "a.eps")


def test_unreadable_files_are_named(encoder, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"cannot read image .*a\.png"):
        encoder.embed([tmp_path / "a.png"])


@pytest.mark.parametrize("images", [[], torch.zeros(2, 3, 8, 8)])
def test_batch_size_must_be_a_positive_integer(encoder, images):
    with pytest.raises(InputError, match="batch_size must be at least 1, not 0"):
        encoder.embed(images, batch_size=0)
    with pytest.raises(TypeError, match=r"batch_size must be an integer, not 2\.5"):
        encoder.embed(images, batch_size=2.5)


def test_modes_are_restored_and_statistics_untouched(images):
    encoder = new_encoder().train()
    encoder.backbone.bn1.eval()
    before = {name: x.clone() for name, x in encoder.state_dict().items()}
    features = encoder.embed(images)
    assert encoder.training
    assert encoder.backbone.layer1.training
    assert not encoder.backbone.bn1.training
    assert all(torch.equal(x, before[name]) for name, x in encoder.state_dict().items())
    with pytest.raises(InputError):
        encoder.embed(["nowhere.png"])
    assert encoder.training
    close(features, encoder.eval().embed(images))


def test_a_probe_can_be_trained_on_the_features(encoder, images):
    probe = torch.nn.Linear(512, 2)
    probe(encoder.embed(images)).sum().backward()
    assert probe.weight.grad is not None


def test_what_is_loaded_is_what_was_saved(encoder, saved, images):
    loaded = crs_plugin.Encoder.load(str(saved))
    assert torch.equal(loaded.embed(images), encoder.embed(images))
    assert loaded.info == encoder.info
    assert not loaded.training


def test_the_file_describes_itself_and_holds_the_stock_names(encoder, saved):
    header_size = int.from_bytes(saved.read_bytes()[:8], "little")
    header = json.loads(saved.read_bytes()[8 : 8 + header_size])
    info = json.loads(header["__metadata__"][KEY])
    assert info["backbone"] == "resnet18"
    assert (info["input_size"], info["feature_dim"], info["channels"]) == (SIZE, 512, "RGB")
    assert info["mean"] == list(MEAN)
    assert info["seen"]["data"] == ["synthetic_faces"]
    assert info["crs_plugin_version"] == crs_plugin.__version__
    assert load_file(saved).keys() == encoder.backbone.state_dict().keys()
    assert build_backbone("resnet18", weights=str(saved)).feature_dim == 512


def test_options_of_the_architecture_survive_and_weights_do_not(tmp_path, images):
    encoder = new_encoder(small_input_stem=True, channels_last=True)
    info = replace(encoder.info, backbone_options={**encoder.info.backbone_options, "weights": "x"})
    encoder.info = info
    encoder.save(tmp_path / "e.safetensors")
    loaded = Encoder.load(tmp_path / "e.safetensors")
    assert loaded.info.backbone_options == {"small_input_stem": True, "channels_last": True}
    close(loaded.embed(images), encoder.embed(images))


def test_random_like_has_seeded_weights_and_leaves_the_global_rng(encoder, images):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, again, other = (encoder.random_like(seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first.embed(images), again.embed(images))
    assert not torch.equal(first.embed(images), other.embed(images))
    assert not torch.equal(first.embed(images), encoder.embed(images))
    assert first.info.seen == {}
    assert replace(first.info, seen=encoder.info.seen) == encoder.info


def test_the_digest_stands_for_what_decides_the_features(encoder, saved, images):
    digest = encoder.digest()
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert Encoder.load(saved).digest() == digest
    described = Encoder(encoder.backbone, replace(encoder.info, seen={"data": []}, card="# Card"))
    assert described.digest() == digest
    assert new_encoder(channels_last=True).digest() == new_encoder().digest()
    others = [
        new_encoder(seed=1),
        Encoder(encoder.backbone, replace(encoder.info, input_size=40)),
        Encoder(encoder.backbone, replace(encoder.info, mean=(0.5, 0.5, 0.5))),
    ]
    assert digest not in {other.digest() for other in others}


def test_a_card_is_saved_with_the_encoder(encoder, tmp_path):
    Encoder(encoder.backbone, replace(encoder.info, card="# Card")).save(tmp_path / "e.safetensors")
    assert Encoder.load(tmp_path / "e.safetensors").info.card == "# Card"


def damaged(saved: Path, folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.safetensors"
    state = load_file(saved)
    header_size = int.from_bytes(saved.read_bytes()[:8], "little")
    text = json.loads(saved.read_bytes()[8 : 8 + header_size])["__metadata__"][KEY]
    info = {name: value for name, value in json.loads(text).items() if name != "checksum"}
    if kind in ("empty", "header", "cut"):
        shutil.copy(saved, path)
        kept = {"empty": 0, "header": 100, "cut": path.stat().st_size - 1000}[kind]
        path.write_bytes(path.read_bytes()[:kept])
    elif kind == "text":
        path.write_text("name: crs_cont_resnet18\n" * 10)
    elif kind == "folder":
        path.mkdir()
    elif kind == "plain":
        save_file(state, path)
    else:
        if kind == "newer":
            info |= {"format_version": 99, "crs_plugin_version": "9.9"}
        elif kind == "lacking":
            del info["input_size"]
        elif kind == "unversioned":
            del info["format_version"]
        elif kind == "architecture":
            info["backbone"] = "resnet34"
        elif kind == "option":
            info["backbone_options"] = {"sparkle": True}
        text = "{" if kind == "json" else json.dumps(info)
        save_file(state, path, metadata={KEY: text})
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing/none", "no encoder file"),
        ("folder", "a folder"),
        ("empty", "cut short"),
        ("header", "cut short"),
        ("cut", "cut short"),
        ("text", "no encoder file"),
        ("plain", "no encoder of crs_plugin"),
        ("json", "no JSON"),
        ("newer", "format version 99, written by crs_plugin 9.9"),
        ("unversioned", "format_version"),
        ("lacking", "input_size"),
        ("architecture", "missing: layer1.2"),
        ("option", "sparkle"),
    ],
)
def test_files_that_are_no_encoder_are_refused(saved, tmp_path, kind, message):
    path = tmp_path / kind if "/" in kind else damaged(saved, tmp_path, kind)
    with pytest.raises(InputError, match=message) as caught:
        Encoder.load(path)
    assert str(path) in str(caught.value)


def test_entries_of_a_later_package_of_the_same_format_are_left_out(saved, tmp_path, encoder):
    info = json.loads(encoder.info.to_json()) | {"novelty": 1}
    save_file(load_file(saved), tmp_path / "e.safetensors", metadata={KEY: json.dumps(info)})
    assert Encoder.load(tmp_path / "e.safetensors").info == encoder.info


def test_saving_where_there_is_no_folder_is_told(encoder, tmp_path):
    with pytest.raises(InputError, match="cannot write the encoder"):
        encoder.save(tmp_path / "nowhere" / "e.safetensors")


def test_the_folder_of_a_run_is_its_encoder(encoder, tmp_path):
    encoder.save(tmp_path / "encoder.safetensors")
    assert Encoder.load(tmp_path).digest() == encoder.digest()


def test_a_flipped_bit_is_found(saved, tmp_path):
    whole = saved.read_bytes()
    damaged = tmp_path / "damaged.safetensors"
    expected = Encoder.load(saved)
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        damaged.write_bytes(broken)
        try:
            found = Encoder.load(damaged)
        except InputError:
            continue
        assert found.digest() == expected.digest()  # it was a space in the header


def test_a_file_cut_off_anywhere_is_told(saved, tmp_path):
    whole = saved.read_bytes()
    cut = tmp_path / "cut.safetensors"
    for length in range(0, len(whole), max(1, len(whole) // 20)):
        cut.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.safetensors"):
            Encoder.load(cut)
