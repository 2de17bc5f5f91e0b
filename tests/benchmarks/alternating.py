"""A real training run that pauses between rounds of steps, so that its peers can run in between."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from clocks import Clock

from crs_plugin.pretraining import PretrainingModule, TrainingSettings, pretrain
from crs_plugin.pretraining.batches import Batch, RunBatches
from crs_plugin.recipe.building import build_module
from crs_plugin.recipe.recipe import Recipe

EXPRESSIONS = ("anger", "happiness", "neutral", "surprise")


class PausingBatches(RunBatches):
    """The batches of a run; between two rounds of ``steps`` it calls ``pause``.

    A round is whatever happens from the request of its first batch to the request after its last.

    Attributes:
        waited: Seconds of each round that the run waited for batches.
        lasted: Seconds of each round, as soon as it is over.
    """

    def __init__(
        self,
        *given: torch.Tensor,
        steps: int,
        pause: Callable[[], None],
        clock: Clock,
        **more: Any,
    ):
        super().__init__(*given, **more)
        self.steps, self.pause, self.clock = steps, pause, clock
        self.waited: list[float] = []
        self.lasted: list[float] = []

    def __iter__(self) -> Iterator[Batch]:
        batches = super().__iter__()
        while True:
            self.pause()
            start, waited = self.clock(), 0.0
            for _ in range(self.steps):
                asked = self.clock()
                batch = next(batches)
                waited += self.clock() - asked
                yield batch
            self.lasted.append(self.clock() - start)
            self.waited.append(waited)


class Stopwatch:
    """Adds up the seconds of the parts of a step."""

    def __init__(self, clock: Clock) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock = clock
        self._since = clock()

    def start(self, *_: Any) -> None:
        self._since = self._clock()

    def lap(self, part: str) -> None:
        """Add the seconds since the last call of either method to a part."""
        now = self._clock()
        self.seconds[part] += now - self._since
        self._since = now

    def watch(self, module: PretrainingModule) -> None:
        """Time the parts of a module's steps from now on."""
        for part, inner in (("augmentation", module.augmentation), ("objective", module.objective)):
            inner.register_forward_pre_hook(self.start)
            inner.register_forward_hook(lambda *_, part=part: self.lap(part))
        network = module._network

        def forward(*given: Any) -> Any:
            self.start()
            made = network(*given)
            self.lap("forward")
            return made

        module._network = forward
        module.on_before_backward = self.start
        module.on_after_backward = lambda: self.lap("backward")
        made_by = module.configure_optimizers

        def configured() -> Any:
            made = made_by()
            optimizer = made["optimizer"] if isinstance(made, dict) else made
            optimizer.register_step_post_hook(lambda *_: self.lap("optimiser"))
            return made

        module.configure_optimizers = configured
        module.on_before_optimizer_step = self.start


def module_of(recipe: Recipe, compile: bool) -> PretrainingModule:
    """Return the module of a recipe, as a run builds it."""
    module = build_module(recipe, EXPRESSIONS, (1, 1, 1, 1))
    if compile:
        module.compile_network()
    return module


def images_of(recipe: Recipe, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return random images as they lie in memory, with fine and coarse ids."""
    size = recipe.training.decoded_size(recipe.augmentation.options["size"])
    ids = torch.arange(count) % 4
    return torch.randint(256, (count, 3, size, size), dtype=torch.uint8), ids, ids.clone()


def train(
    module: PretrainingModule,
    data: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    settings: TrainingSettings,
    *,
    rounds: int,
    steps: int,
    pause: Callable[[], None],
    clock: Clock = time.perf_counter,
    parts: bool = True,
) -> tuple[list[float], dict[str, float]]:
    """Train for a round to warm up and then ``rounds`` more; return what those took.

    The settings must allow for one step more than these rounds have, which ends the last of them.
    Without ``parts`` nothing within a step is timed but the wait for its batch: the clock of a GPU
    waits for its kernels, so timed parts would slow the whole.
    """
    stopwatch = Stopwatch(clock)
    if parts:
        stopwatch.watch(module)
    counted: dict[str, float] = {}

    def between_rounds() -> None:
        if len(batches.lasted) == 1:
            stopwatch.seconds.clear()
        if len(batches.lasted) <= rounds:
            pause()
        else:
            counted.update(stopwatch.seconds)

    batches = PausingBatches(
        *data,
        steps=steps,
        pause=between_rounds,
        clock=clock,
        sampler=None,
        batch_size=settings.batch_size,
        seed=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        outcome = pretrain(
            module=module, batches=batches, settings=settings, folder=Path(folder), resume=False
        )
    if outcome.interrupted:
        raise SystemExit("stopped before the last round")
    whole = [seconds / steps for seconds in batches.lasted[1:]]
    counted["data wait"] = sum(batches.waited[1:])
    return whole, {part: seconds / (rounds * steps) for part, seconds in counted.items()}
