"""The whole training step beside the bare network, and what a step consists of.

    python tests/benchmarks/bench_step.py                        # 64 px, 128 images: some minutes
    python tests/benchmarks/bench_step.py --size 112 --compile
    python tests/benchmarks/bench_step.py --device cuda --steps 20          # on a GPU
    python tests/benchmarks/bench_step.py --threads 1 --cpu-time            # on a busy machine
    python tests/benchmarks/bench_step.py --size 32 --batch 8 --rounds 1    # does it run?

The whole step is a run of ``pretrain`` with all its callbacks, on uint8 images in memory, with the
parts of a recipe. The bare network is forward, backward and optimiser of the same backbone on
tensors that are already there. Rounds of both alternate in one process, so that whatever else the
machine does meets both; medians over the rounds count.
"""

import argparse
import copy
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch
from alternating import images_of, module_of, train
from clocks import Clock, clock_of
from rich.console import Console
from rich.table import Table

from crs_plugin.compiling import compiled
from crs_plugin.pretraining import TrainingSettings
from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.recipe import Recipe

PARTS = ("data wait", "augmentation", "forward", "objective", "backward", "optimiser")
"""In the order of a step; heads and miner count with the network's forward and the rest."""


def bare_step(
    recipe: Recipe,
    backbone: torch.nn.Module,
    views: int,
    settings: TrainingSettings,
    compile: bool,
    device: str,
) -> Callable[[], None]:
    """Return one step of the bare network."""
    size: int = recipe.augmentation.options["size"]
    layout = torch.channels_last if recipe.backbone.options["channels_last"] else None
    images = torch.randn(views * settings.batch_size, 3, size, size, device=device)
    images = images.contiguous(memory_format=layout or torch.contiguous_format)
    network = compiled(backbone, compile, "the bare network")
    optimizer = recipe.optimizer.build([{"params": list(backbone.parameters())}])
    half = settings.precision == "bf16-mixed"

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=half):
            features = network(images)
        features.backward(torch.randn_like(features) / len(features))
        optimizer.step()

    return step


def measure(
    recipe: Recipe,
    settings: TrainingSettings,
    rounds: int,
    steps: int,
    compile: bool,
    clock: Clock,
    device: str,
) -> tuple[list[float], list[float], dict[str, float]]:
    """Return the seconds of a bare and of a whole step in each round, and of a whole one's parts.

    Those of the parts are means over the rounds; there are none of a GPU's but the wait for data.
    """
    module = module_of(recipe, compile)
    backbone = copy.deepcopy(module.backbone).train().to(device)
    step = bare_step(recipe, backbone, module.augmentation.views, settings, compile, device)
    bare: list[float] = []

    def pause() -> None:
        start = clock()
        for _ in range(steps):
            step()
        bare.append((clock() - start) / steps)

    data = images_of(recipe, settings.batch_size * settings.max_steps)
    whole, parts = train(
        module,
        data,
        settings,
        rounds=rounds,
        steps=steps,
        pause=pause,
        clock=clock,
        parts=device == "cpu",
    )
    return bare[1:], whole, parts


def table_of(
    bare: Sequence[float], whole: Sequence[float], parts: Mapping[str, float], batch: int
) -> Table:
    mean = statistics.mean(whole)
    shares = {part: parts[part] for part in PARTS if part in parts}
    shares["rest"] = mean - sum(shares.values())
    rows: Table = Table("", "ms a step", "images/s", "of the step", title="Median of all rounds")
    for name, seconds in (("bare network", bare), ("whole step", whole)):
        middle = statistics.median(seconds)
        rows.add_row(name, f"{1000 * middle:.1f}", f"{batch / middle:.1f}", "")
    for part, seconds in shares.items():
        rows.add_row(f"  {part}", f"{1000 * seconds:.1f}", "", f"{seconds / mean:.1%}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--recipe", default="crs_cont_resnet18", help="file or name of a recipe")
    parser.add_argument("--size", type=int, default=64, help="side of the views")
    parser.add_argument("--batch", type=int, default=128, help="images in a step")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=2, help="steps in a round of either")
    parser.add_argument("--compile", action="store_true", help="compile the network")
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the process's CPU seconds, for a busy machine; with one thread",
    )
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = load_recipe(
        given.recipe, [f"augmentation.size={given.size}", f"training.batch_size={given.batch}"]
    )
    settings = TrainingSettings(
        epochs=1,
        batch_size=given.batch,
        # One round to warm up, and one step that asks for the batch after the last round.
        max_steps=(given.rounds + 1) * given.steps + 1,
        precision=given.precision,
        compile=False,
        accelerator="gpu" if given.device == "cuda" else "cpu",
        threads=given.threads,
    )
    clock = time.process_time if given.cpu_time else clock_of(given.device)
    bare, whole, parts = measure(
        recipe, settings, given.rounds, given.steps, given.compile, clock, given.device
    )
    Console().print(table_of(bare, whole, parts, given.batch))
    ratios = [one / other for one, other in zip(bare, whole, strict=True)]
    augmenting = parts.get("augmentation", 0.0) / statistics.mean(whole)
    free = statistics.median(ratios) / (1 - augmenting)
    print(
        f"whole / bare in images/s: {statistics.median(ratios):.3f}"
        f" (rounds {min(ratios):.3f} to {max(ratios):.3f}; {free:.3f} if augmenting took no time);"
        f" load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
