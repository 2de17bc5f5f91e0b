"""A model that is compiled or exported with the loss in it gives what it gives without."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from crs_plugin.losses import CRSContLoss, ScheduledClassWeights, crs_cont_loss
from crs_plugin.miners import CoarseLabelMiner

ROWS = (12, 12, 30, 7)
"""Of the batches; the later ones have rows that are left out as well."""


class Model(nn.Module):
    """A network that brings its loss, as a LightningModule does."""

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 4)).double()
        self.loss = loss

    def forward(self, x: Tensor) -> Tensor:
        embeddings: Tensor = self.network(x)
        return embeddings

    def training_step(self, x: Tensor, y: Tensor) -> Tensor:
        return self.loss(self(x), y)


class Mined(nn.Module):
    """The loss of the pairs that the miner finds."""

    def __init__(self) -> None:
        super().__init__()
        self.miner, self.loss = CoarseLabelMiner(), CRSContLoss()

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        loss: Tensor = self.loss(z, y, self.miner(z, y))
        return loss


LOSSES: dict[str, Callable[[], Callable[[Tensor, Tensor], Tensor]]] = {
    "scheduled": lambda: CRSContLoss(
        class_weights=ScheduledClassWeights({}, {"negative": 0.2}, to_epoch=len(ROWS) - 1)
    ),
    "sharp": lambda: CRSContLoss(temperature=0.002),
    "mined": Mined,
    "function": lambda: crs_cont_loss,
}


def batches() -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    for number, rows in enumerate(ROWS):
        x = torch.randn(rows, 6, generator=generator, dtype=torch.float64)
        yield x, torch.randint(-1 if number > 1 else 0, 4, (rows,), generator=generator)


def trained(loss: Callable[[Tensor, Tensor], Tensor], compiled: bool) -> tuple[Tensor, Tensor]:
    """Return the loss of every batch, and the parameters in the end."""
    model = Model(loss)
    step = model.training_step
    if compiled:
        torch.compiler.reset()
        step = torch.compile(step, backend="aot_eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for epoch, (x, y) in enumerate(batches()):
        for module in model.modules():
            if isinstance(module, ScheduledClassWeights):
                module.at_epoch(epoch)
        optimizer.zero_grad()
        value = step(x, y)
        value.backward()
        optimizer.step()
        losses.append(value.detach())
    return torch.stack(losses), nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSES)
def test_compiled_steps_train_as_others_do(name: str) -> None:
    expected, got = (trained(LOSSES[name](), compiled) for compiled in (False, True))
    assert torch.allclose(got[0], expected[0], rtol=1e-9, atol=0)
    assert torch.allclose(got[1], expected[1], rtol=1e-9, atol=1e-12)


def test_a_model_that_holds_the_loss_is_exported() -> None:
    model = Model(CRSContLoss(class_weights={"negative": 0.5}))
    (x, _), (other, _), *_ = batches()
    exported = torch.export.export(model, (x,))
    assert torch.equal(exported.module()(other), model(other))


def test_an_export_of_the_loss_itself_is_refused_and_leaves_it_as_it_was() -> None:
    """It looks at the labels and embeddings; an export would keep what it saw in the first."""
    z, y = next(batches())
    loss_fn = CRSContLoss(class_weights={"negative": 0.5})
    before = loss_fn(z, y)
    with pytest.raises(RuntimeError, match="data-dependent"):
        torch.export.export(loss_fn, (z, y))
    assert torch.equal(loss_fn(z, y), before)
