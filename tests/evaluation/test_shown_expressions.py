from dataclasses import replace

import pytest

from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.shown_expressions import shown_expressions
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo


@pytest.fixture(scope="module")
def backbone():
    return build_backbone("resnet18")


@pytest.fixture
def context(backbone, faces):
    def made(**seen: object) -> EvaluationContext:
        info = EncoderInfo("resnet18", {}, 32, (0.5,) * 3, (0.2,) * 3, 512, seen)
        empty = EvaluationContext(lambda: faces([0, 1]), 32, shown=frozenset({"fear"}))
        return empty.with_encoders(Encoder(backbone, info), {})

    return made


def test_before_training_the_recipe_tells(faces) -> None:
    empty = EvaluationContext(lambda: faces([0, 1]), 32)
    assert shown_expressions(empty).names is None
    assert shown_expressions(replace(empty, shown=frozenset({"fear"}))).names == {"fear"}


def test_afterwards_the_encoder_tells(context) -> None:
    shown = shown_expressions(context(expressions=["anger", "neutral"], weights_before="None"))
    assert shown.names == {"anger", "neutral"}
    assert shown.caveats == ()


def test_an_encoder_that_does_not_tell_is_not_guessed_at(context, eye, faces) -> None:
    assert shown_expressions(context()).names is None
    strange = EvaluationContext(lambda: faces([0, 1]), 4).with_encoders(eye(), {})
    assert shown_expressions(strange).names is None


def test_what_else_may_have_been_shown_is_told(context) -> None:
    shown = shown_expressions(
        context(expressions=[], images_without_label=1200, weights_before="IMAGENET1K_V1")
    )
    assert "1,200 images of pre-training have no label" in shown.caveats[0]
    assert "IMAGENET1K_V1" in shown.caveats[1]
