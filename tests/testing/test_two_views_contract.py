"""Small broken augmentations of two views: each clause can fail, and says what was found."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from crs_plugin.testing import TWO_VIEWS_CLAUSES, ContractError, check_two_views
from crs_plugin.testing.two_views_contract import compiles

CLAUSES = [clause for clause in TWO_VIEWS_CLAUSES if clause is not compiles]


class Dimmed(nn.Module):
    """Keeps the whole contract; those below break a part of it."""

    views, size = 2, 24
    mean, std = (0.5, 0.5, 0.5), (0.2, 0.2, 0.2)

    def forward(self, images):
        return self.view(images), self.view(images)

    def view(self, images):
        if not images.is_floating_point():
            images = images / 255
        small = F.interpolate(images, (self.size, self.size)).expand(-1, 3, -1, -1)
        return self.normalised(small * torch.rand(()).to(small))

    def normalised(self, images):
        return (images - 0.5) / 0.2


class GivesAList(Dimmed):
    def forward(self, images):
        return [self.view(images), self.view(images)]


class LeavesGreyGrey(Dimmed):
    def view(self, images):
        return super().view(images)[:, : images.shape[1]]


class GivesDoubles(Dimmed):
    def normalised(self, images):
        return super().normalised(images).double()


class DoesNotNormalise(Dimmed):
    def normalised(self, images):
        return 10 * images


class TakesBytesForUnits(Dimmed):
    def view(self, images):
        return super().view(images if images.is_floating_point() else images.float() / 127)


class HasAGeneratorOfItsOwn(Dimmed):
    generator = torch.Generator()

    def normalised(self, images):
        return super().normalised(images * torch.rand((), generator=self.generator))


class GivesOneViewTwice(Dimmed):
    def forward(self, images):
        return (self.view(images),) * 2


class StopsTheGradient(Dimmed):
    def view(self, images):
        return super().view(images.detach()).requires_grad_()


class WritesIntoTheInput(Dimmed):
    def view(self, images):
        images //= 2
        return super().view(images)


class NeedsTwoImages(Dimmed):
    def view(self, images):
        return super().view(images)[: max(len(images) // 2 * 2, 0)]


class ReadsMemoryInOrder(Dimmed):
    def view(self, images):
        if images.is_contiguous():
            return super().view(images)
        return super().view(images.flip(3))


class CannotBeHalf(Dimmed):
    def view(self, images):
        if images.dtype in (torch.float16, torch.bfloat16):
            return super().view(images) / 0
        return super().view(images)


class LeavesTheDevice(Dimmed):
    def normalised(self, images):
        return super().normalised(images).to("meta")


class IsAnotherWhenCompiled(Dimmed):
    def normalised(self, images):
        return images + (9 if torch.compiler.is_compiling() else 0)


BROKEN = [
    (GivesAList, "two_square_views", "no tuple of two"),
    (LeavesGreyGrey, "two_square_views", r"\[4, 1, 24, 24\]"),
    (GivesDoubles, "views_are_float32", "torch.float64"),
    (DoesNotNormalise, "views_are_normalised", r"not within \[0, 1\]"),
    (TakesBytesForUnits, "bytes_are_as_floats", "the view of uint8 differs"),
    (HasAGeneratorOfItsOwn, "seed_decides", "two results"),
    (GivesOneViewTwice, "seed_decides", "two views are the same"),
    (StopsTheGradient, "gradient_flows", "no gradient"),
    (WritesIntoTheInput, "input_is_not_changed", "torch.float32 images"),
    (NeedsTwoImages, "batch_of_one_works", r"\[0, 0\] images"),
    (ReadsMemoryInOrder, "layout_does_not_matter", "channels_last differs"),
    (CannotBeHalf, "half_precision_works", "not finite"),
    (LeavesTheDevice, "device_is_kept", "some on"),
]


def test_an_augmentation_of_a_stranger_keeps_the_contract():
    assert check_two_views(Dimmed, CLAUSES) == {}


@pytest.mark.parametrize(("broken", "clause", "found"), BROKEN)
def test_a_broken_augmentation_is_told_which_clause_it_breaks(broken, clause, found):
    with pytest.raises(ContractError, match=rf"\n{clause}: .*{found}"):
        check_two_views(broken, CLAUSES)


def test_every_clause_is_broken_by_one_of_them():
    assert {clause for _, clause, _ in BROKEN} | {"compiles"} == {
        clause.__name__ for clause in TWO_VIEWS_CLAUSES
    }


@pytest.mark.slow
def test_a_compiled_augmentation_that_is_another_is_found():
    if check_two_views(Dimmed, [compiles]):
        pytest.skip("torch.compile does not work here")
    with pytest.raises(ContractError, match="compiles: compiled, without normalisation"):
        check_two_views(IsAnotherWhenCompiled, [compiles])
