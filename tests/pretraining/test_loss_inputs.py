import pytest
import torch
from made_outputs import B, outputs, wanting

from crs_plugin.errors import InputError
from crs_plugin.pretraining.loss_inputs import PART_OF, TERM_INPUTS, term_inputs
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.pretraining.step_outputs import StepOutputs


def received(*names: str, given: StepOutputs | None = None, optional=()) -> dict:
    loss = wanting(*names, optional=optional)
    Objective([Term("term", 1.0, loss)])(given or outputs())
    return loss.received


@pytest.mark.parametrize("name", sorted(TERM_INPUTS))
def test_every_documented_input_is_passed(name):
    assert received(name)[name] is not None


@pytest.mark.parametrize(
    ("name", "field", "view"),
    [
        ("z0", "embeddings", 0),
        ("z1", "embeddings", 1),
        ("out0", "projections", 0),
        ("out1", "projections", 1),
        ("z_a", "projections", 0),
        ("z_b", "projections", 1),
        ("x0", "projections", 0),
        ("x1", "projections", 1),
    ],
)
def test_views_of_two_embedding_losses(name, field, view):
    rows = getattr(outputs(), field)[view * B : (view + 1) * B]
    assert torch.equal(received(name)[name], rows)


def test_documents_agree():
    assert set(PART_OF) <= set(TERM_INPUTS)
    for name in TERM_INPUTS:
        missing = {
            "heads.projection": ("projections", "embeddings"),
            "heads.coarse": ("coarse_logits",),
            "heads.fine": ("fine_logits",),
            "miner": ("indices_tuple",),
            None: (),
        }[PART_OF.get(name)]
        without = outputs(**dict.fromkeys(missing))
        if missing:
            with pytest.raises(InputError, match=f"wants '{name}'.*add {PART_OF[name]}"):
                received(name, given=without)
        else:
            received(name, given=without)


def test_optional_inputs_are_passed_if_there_are_any():
    optional = ("indices_tuple", "labels", "ref_emb")
    assert received("embeddings", optional=optional)["ref_emb"] is None
    assert received("embeddings", optional=optional)["indices_tuple"] is not None
    without = received("embeddings", optional=optional, given=outputs(indices_tuple=None))
    assert without["indices_tuple"] is None
    assert without["labels"] is not None


def test_inputs_of_a_class_and_of_an_instance():
    loss = wanting("embeddings", "labels", optional=("indices_tuple", "ref_labels"))
    expected = (("embeddings", "labels"), ("indices_tuple",))
    assert term_inputs(loss) == expected
    assert term_inputs(type(loss)) == expected


def test_an_unknown_input_is_named_with_the_list_and_the_nearest():
    with pytest.raises(InputError, match=r"'embedings' \(did you mean 'embeddings'\?\).*z_a"):
        Objective([Term("term", 1.0, wanting("embedings"))])


def test_second_view_of_a_single_view_augmentation():
    single = outputs(views=1)
    with pytest.raises(InputError, match="augmentation of two views"):
        received("z0", "z1", given=single)
