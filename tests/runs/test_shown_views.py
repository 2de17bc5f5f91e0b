import numpy as np
import pytest
import torch

from crs_plugin.augmentations import FERColorJitter, FERTwoViews, SimCLRTwoViews
from crs_plugin.errors import InputError
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.registry import UnknownComponentError
from crs_plugin.runs.shown_views import one_augmentation, shown_images, shown_views

FINE = np.array([2] * 50 + [0] * 3 + [5] * 7 + [-1] * 2, dtype=np.int16)
IMAGES = torch.randint(256, (3, 1, 20, 20), dtype=torch.uint8)


def recipe(*overrides: str):
    return load_recipe("crs_cont_resnet18", ["augmentation.size=16", *overrides])


def test_the_images_are_of_every_expression_in_turn() -> None:
    chosen = shown_images(FINE, 8, seed=0)
    assert FINE[chosen].tolist() == [-1, -1, 0, 0, 2, 2, 5, 5]
    assert len(set(chosen.tolist())) == 8
    assert set(FINE[shown_images(FINE, 4, seed=0)]) == {-1, 0, 2, 5}
    assert FINE[shown_images(FINE, 62, seed=0)].tolist() == sorted(FINE.tolist())
    assert len(shown_images(FINE, 100, seed=0)) == 62


def test_the_choice_follows_from_the_seed() -> None:
    assert np.array_equal(shown_images(FINE, 8, seed=3), shown_images(FINE, 8, seed=3))
    assert not np.array_equal(shown_images(FINE, 8, seed=3), shown_images(FINE, 8, seed=4))
    few = {tuple(FINE[shown_images(FINE, 2, seed)]) for seed in range(20)}
    assert len(few) > 1  # which expressions, where there is no room for all


def test_every_draw_is_another_and_the_same_again() -> None:
    spec = recipe().augmentation
    drawn = [
        shown_views(spec, spec.build(), IMAGES, FINE[[0, 50, 61]], draws=2, seed=1)
        for _ in range(2)
    ]
    assert drawn[0].names == ("surprise", "neutral", "(no label)")
    assert torch.equal(drawn[0].originals, IMAGES)
    flat = [[view for draw in views.draws for view in draw] for views in drawn]
    assert [view.shape for view in flat[0]] == [(3, 3, 16, 16)] * 4
    assert all(map(torch.equal, *flat))
    assert not torch.equal(flat[0][0], flat[0][1])
    assert not torch.equal(flat[0][0], flat[0][2])
    assert drawn[0].mean == spec.build().mean


def test_the_recipes_own_step_comes_with_its_options() -> None:
    changed = recipe("augmentation.then=[{name: kornia/RandomErasing, p: 1.0, value: 0.5}]")
    spec, step = one_augmentation(changed, "kornia/RandomErasing")
    assert spec.key == "augmentation.then.0"
    views = shown_views(spec, step, IMAGES, FINE[:3], draws=1, seed=0)
    ((view,),) = views.draws
    assert view.shape == (3, 3, 20, 20)
    assert ((view == 0.5).flatten(1).sum(1) > 0).all()
    assert (views.mean, views.std) == ((0, 0, 0), (1, 1, 1))


def test_a_part_inside_the_recipes_augmentation_comes_with_its_options(monkeypatch) -> None:
    changed = recipe("augmentation.jitter=1.0", "augmentation.brightness=0.0")
    registered = changed.augmentation.registry

    def get(kind: str, name: str):
        from crs_plugin.registry import Component

        return Component(kind, name, FERColorJitter, "", "")

    monkeypatch.setattr(registered, "get", get)
    monkeypatch.setattr(type(changed.augmentation), "build", lambda _: FERTwoViews(16, jitter=1.0))
    _, part = one_augmentation(changed, "some_jitter")
    assert type(part) is FERColorJitter
    assert part.flags["jitter"] == 1


def test_others_are_built_with_their_defaults() -> None:
    _, step = one_augmentation(recipe(), "kornia/RandomErasing")
    assert step.p == 0.5
    _, whole = one_augmentation(recipe(), "simclr_two_views")
    assert isinstance(whole, SimCLRTwoViews)
    assert whole.size == 16
    own, whole = one_augmentation(recipe("augmentation.flip=0.0"), "fer_two_views")
    assert own.key == "augmentation"
    assert whole.crop.flip == 0


def test_one_that_needs_options_says_how_to_give_them() -> None:
    with pytest.raises(
        InputError, match=r"none for 'kernel_size', 'sigma'.*then=\[\{name: kornia/"
    ):
        one_augmentation(recipe(), "kornia/RandomGaussianBlur")
    given = (
        "augmentation.then=[{name: kornia/RandomGaussianBlur, kernel_size: [3, 3], sigma: [1, 1]}]"
    )
    assert one_augmentation(recipe(given), "kornia/RandomGaussianBlur")[1].p == 0.5


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(UnknownComponentError, match=r"did you mean 'kornia/RandomErasing'\?"):
        one_augmentation(recipe(), "kornia/RandomErasin")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda images: images[:, 0], "something else than images"),
        (lambda images: images @ torch.zeros(2, 2), "RuntimeError: "),
    ],
)
def test_one_that_fails_is_named(step, message: str) -> None:
    spec = recipe().augmentation
    with pytest.raises(RecipeError, match=f"augmentation: .*'fer_two_views': .*{message}"):
        shown_views(spec, step, IMAGES, FINE[:3], draws=1, seed=0)
