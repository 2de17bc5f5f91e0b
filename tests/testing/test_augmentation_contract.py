"""Small broken augmentations: each clause can fail, and says which one and what was found."""

import pytest
import torch
from kornia.augmentation import GeometricAugmentationBase2D, IntensityAugmentationBase2D
from kornia.augmentation.random_generator import PlainUniformGenerator

from crs_plugin.testing import AUGMENTATION_CLAUSES, ContractError, check_augmentation, requirements
from crs_plugin.testing.augmentation_contract import compiles

CLAUSES = [clause for clause in AUGMENTATION_CLAUSES if clause is not compiles]


class Dimmer(IntensityAugmentationBase2D):
    """Keeps the whole contract; those below break a part of it."""

    def __init__(self) -> None:
        super().__init__(p=0.5)
        self._param_generator = PlainUniformGenerator(((0.2, 0.9), "light", None, None))

    def apply_transform(self, input, params, flags, transform=None):
        return self.dimmed(input, params["light"].to(input)[:, None, None, None])

    def dimmed(self, images, light):
        return images * light


class DropsAnImage(Dimmer):
    def dimmed(self, images, light):
        return (images * light)[:, :, :30]


class GivesDoubles(Dimmer):
    def dimmed(self, images, light):
        return (images * light).double()


class Brightens(Dimmer):
    def dimmed(self, images, light):
        return images / light


class IgnoresTheSeed(Dimmer):
    def dimmed(self, images, light):
        return images * light * torch.rand((), generator=torch.Generator().manual_seed(self.call))

    call = 0

    def forward(self, input, params=None, **kwargs):
        IgnoresTheSeed.call += 1
        return super().forward(input, params, **kwargs)


class IsAlwaysTheSame(Dimmer):
    def dimmed(self, images, light):
        return images * 0.5


class LooksAtTheImages(Dimmer):
    def apply_transform(self, input, params, flags, transform=None):
        params["light"] = input.mean(dim=(1, 2, 3))
        return super().apply_transform(input, params, flags, transform)


class DrawsWhenApplied(Dimmer):
    def dimmed(self, images, light):
        return images * light * torch.rand(())


class ChangesParameters(Dimmer):
    def apply_transform(self, input, params, flags, transform=None):
        result = super().apply_transform(input, params, flags, transform)
        params["batch_prob"] *= 2
        return result


class ForgetsTheProbability(Dimmer):
    def apply_non_transform(self, input, params, flags, transform=None):
        return input * 0.9


class IgnoresSameOnBatch(Dimmer):
    def generate_parameters(self, batch_shape):
        return self._param_generator(batch_shape, False)


class SameForAll(Dimmer):
    def dimmed(self, images, light):
        return images * light[:1]


class IgnoresKeepdim(Dimmer):
    def transform_output_tensor(self, output, output_shape):
        return output

    def transform_inputs(self, *args, **kwargs):
        keepdim, self.keepdim = self.keepdim, False
        result = super().transform_inputs(*args, **kwargs)
        self.keepdim = keepdim
        return result


class StopsTheGradient(Dimmer):
    def dimmed(self, images, light):
        return (images.detach() * light).requires_grad_()


class HasNoSlopeAtBlack(Dimmer):
    def dimmed(self, images, light):
        return images**light


class WritesIntoTheInput(Dimmer):
    def dimmed(self, images, light):
        return images.mul_(light)


class NeedsTwoImages(Dimmer):
    def dimmed(self, images, light):
        return images * light / (len(images) - 1)


class ReadsMemoryInOrder(Dimmer):
    def dimmed(self, images, light):
        first = torch.as_strided(images, (len(images), 40), (images.stride(0), 1))
        return images * light * first.mean(dim=1)[:, None, None, None]


class RoundsTooMuch(Dimmer):
    def dimmed(self, images, light):
        coarse = images.dtype in (torch.float16, torch.bfloat16)
        return images * light.round() if coarse else images * light


class CannotBeHalf(Dimmer):
    def dimmed(self, images, light):
        return images * light.float()


class Shifts(GeometricAugmentationBase2D):
    """Reports the opposite of what it does."""

    def __init__(self) -> None:
        super().__init__(p=0.5)
        self._param_generator = PlainUniformGenerator(((1.0, 9.0), "by", None, None))

    def compute_transformation(self, input, params, flags):
        matrices = self.identity_matrix(input).clone()
        matrices[:, 0, 2] = -params["by"].round()
        return matrices

    def apply_transform(self, input, params, flags, transform=None):
        moved = [i.roll(int(by), dims=2) for i, by in zip(input, params["by"].round(), strict=True)]
        return torch.stack(moved)


class TakesNoMasks(Dimmer):
    def apply_transform_mask(self, input, params, flags, transform=None):
        raise NotImplementedError("masks")


class IsAnotherWhenCompiled(Dimmer):
    def dimmed(self, images, light):
        return images * (0.1 if torch.compiler.is_compiling() else light)


class LeavesTheDevice(Dimmer):
    def dimmed(self, images, light):
        return (images * light).to("meta")


BROKEN = [
    (DropsAnImage, "shape_is_kept", r"\[30, 40\]"),
    (GivesDoubles, "dtype_is_kept", "torch.float64"),
    (Brightens, "range_is_kept", r"not within \[0, 1\]"),
    (IgnoresTheSeed, "seed_decides", "one seed gives two results"),
    (IsAlwaysTheSame, "seed_decides", "nine calls give one result"),
    (LooksAtTheImages, "parameters_are_drawn_apart", "light differ"),
    (DrawsWhenApplied, "parameters_are_replayed", "another result"),
    (ChangesParameters, "parameters_are_replayed", "batch_prob"),
    (ForgetsTheProbability, "probability_is_kept", "p=0"),
    (IgnoresSameOnBatch, "same_on_batch_is_kept", "unlike"),
    (SameForAll, "same_on_batch_is_kept", "alike"),
    (IgnoresKeepdim, "keepdim_is_kept", r"with keepdim \[1, 3, 32, 40\]"),
    (StopsTheGradient, "gradient_flows", "no gradient"),
    (HasNoSlopeAtBlack, "gradient_flows", "not finite"),
    (WritesIntoTheInput, "input_is_not_changed", "changes the images"),
    (NeedsTwoImages, "batch_of_one_works", "not finite"),
    (ReadsMemoryInOrder, "layout_does_not_matter", "channels_last differs"),
    (RoundsTooMuch, "half_precision_works", "differs by"),
    (CannotBeHalf, "half_precision_works", "it makes torch.float32"),
    (LeavesTheDevice, "device_is_kept", "some on meta"),
    (TakesNoMasks, "composes", "NotImplementedError: masks"),
    (Shifts, "transformation_is_reported", "pixels off"),
]


def test_an_augmentation_of_a_stranger_keeps_the_contract():
    not_checked = check_augmentation(Dimmer, CLAUSES)
    assert not_checked == {"transformation_is_reported": "it moves no pixels"}


@pytest.mark.parametrize(("broken", "clause", "found"), BROKEN)
def test_a_broken_augmentation_is_told_which_clause_it_breaks(broken, clause, found):
    with pytest.raises(ContractError, match=rf"\n{clause}: .*{found}"):
        check_augmentation(broken, CLAUSES)


def test_every_clause_is_broken_by_one_of_them():
    assert {clause for _, clause, _ in BROKEN} | {"compiles"} == {
        clause.__name__ for clause in AUGMENTATION_CLAUSES
    }


@pytest.mark.slow
def test_a_compiled_augmentation_that_is_another_is_found():
    if check_augmentation(Dimmer, [compiles]):
        pytest.skip("torch.compile does not work here")
    with pytest.raises(ContractError, match="compiles: the compiled result differs by"):
        check_augmentation(IsAnotherWhenCompiled, [compiles])


def test_without_a_compiler_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(requirements, "_why_no_compiler", lambda: "no compiler is on this machine")
    found = check_augmentation(Dimmer, [compiles])
    assert found == {"compiles": "no compiler is on this machine"}


def test_all_broken_clauses_are_told_at_once():
    with pytest.raises(ContractError) as error:
        check_augmentation(GivesDoubles, CLAUSES)
    assert "dtype_is_kept" in str(error.value)
    assert "half_precision_works" in str(error.value)
