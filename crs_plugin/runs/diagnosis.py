"""What a machine has for running recipes, how fast it is, and what would make it faster."""

import importlib.metadata
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from crs_plugin.data.cache.entry import entries
from crs_plugin.data.cache.folder import entries_folder
from crs_plugin.data.cache.limit import cache_limit, free_bytes
from crs_plugin.data.decoding import usable_cores
from crs_plugin.pretraining.precision_here import cpu_has_fast_bfloat16, precision_here
from crs_plugin.recipe.pretraining_data import pretraining_data
from crs_plugin.recipe.recipe import Recipe, load_recipe
from crs_plugin.registry import PluginError, registry
from crs_plugin.runs.run_environment import environment

DEFAULT_RECIPE = "crs_cont_resnet18"

_NEEDS = re.compile(r"^([\w.-]+).*extra == ['\"]([\w-]+)['\"]")
_FOR_DEVELOPERS = {"test", "dev"}


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        environment: Versions and machine, as a run keeps them in ``environment.json``.
        cores: Cores that this process may use.
        threads: Threads that PyTorch takes.
        gpus: Names of the GPUs.
        cpu: Instructions that PyTorch uses on the CPU (``AVX2``, ``AVX512`` …).
        fast_bf16: Whether the CPU computes with bfloat16 by itself.
        compiler: The C++ compiler that ``training.compile`` would take; None without one.
        data: Data sets that need files → their folder below ``$CRS_DATA``; None where that is not
            set or the folder is not there.
        extras: Optional dependencies → what is missing of them.
        cache: Folder of the cache of decoded images.
        cache_bytes: Bytes that the cache may take.
        free_bytes: Bytes that are free on its disk.
    """

    environment: dict[str, Any]
    cores: int
    threads: int
    gpus: tuple[str, ...]
    cpu: str
    fast_bf16: bool
    compiler: str | None
    data: dict[str, str | None]
    extras: dict[str, tuple[str, ...]]
    cache: str
    cache_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Speed:
    """How fast the default recipe's network is trained here.

    Attributes:
        precision: As in ``training.precision``.
        images_per_second: Images, with all their views, that pass forward and backward.
        minutes: What pre-training by the default recipe takes at that rate, without decoding its
            images and without evaluations.
    """

    precision: str
    images_per_second: float
    minutes: float


def diagnosis() -> Diagnosis:
    """Look at this machine; takes no time worth mentioning."""
    return Diagnosis(
        environment=environment(),
        cores=usable_cores(),
        threads=torch.get_num_threads(),
        gpus=tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())),
        cpu=torch.backends.cpu.get_cpu_capability(),
        fast_bf16=cpu_has_fast_bfloat16(),
        compiler=_compiler(),
        data=_data_folders(),
        extras=_missing_of_extras(),
        cache=str(entries_folder()),
        cache_bytes=cache_limit(entries()),
        free_bytes=free_bytes(entries_folder()),
    )


def measure_speed(seconds: float, precisions: Sequence[str]) -> list[Speed]:
    """Train the default recipe's backbone on made-up views for some seconds.

    Args:
        seconds: For all precisions together.
        precisions: ``32-true``, ``bf16-mixed``.
    """
    recipe = load_recipe(DEFAULT_RECIPE)
    images = len(pretraining_data(recipe, recipe.source()).dataset)
    share = seconds / len(precisions)
    rates = [_images_per_second(recipe, precision, share) for precision in precisions]
    return [
        Speed(precision, rate, images * recipe.training.epochs / rate / 60)
        for precision, rate in zip(precisions, rates, strict=True)
    ]


def advice(found: Diagnosis, speeds: Sequence[Speed]) -> list[str]:
    """Return what would be better, a sentence each."""
    told = []
    fastest = max(speeds, key=lambda speed: speed.images_per_second)
    taken = precision_here(load_recipe(DEFAULT_RECIPE).training)
    rate = next((x.images_per_second for x in speeds if x.precision == taken), None)
    gain = fastest.images_per_second / rate if rate else 1.0
    if gain > 1.2:
        told.append(
            f"--set training.precision={fastest.precision} trains {gain:.1f} times as fast here;"
            " numbers then differ by rounding."
        )
    if not found.gpus and found.threads > found.cores:
        told.append(
            f"PyTorch takes {found.threads} threads, but this process may use {found.cores} cores:"
            f" set OMP_NUM_THREADS={found.cores}, or training.threads."
        )
    if found.compiler is None:
        told.append("There is no C++ compiler, so training.compile has no effect: install g++.")
    if os.environ.get("CRS_DATA") is None:
        told.append("CRS_DATA is not set: it names the folder that holds your data sets.")
    if found.cache_bytes < 2**30:
        told.append(
            f"There is little room for decoded images on the disk of {found.cache}: let CRS_CACHE"
            " name a folder elsewhere, or clear it (crs cache clear)."
        )
    return told


def _images_per_second(recipe: Recipe, precision: str, seconds: float) -> float:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    size: int = recipe.augmentation.options["size"]
    layout = torch.channels_last if recipe.backbone.options.get("channels_last") else None
    with torch.random.fork_rng(devices=[]):
        network = recipe.backbone.build().to(device, memory_format=layout or torch.preserve_format)
        views = torch.randn(2 * recipe.training.batch_size, 3, size, size).to(
            device, memory_format=layout or torch.preserve_format
        )
    optimizer = recipe.optimizer.build([{"params": list(network.parameters())}])
    half = precision == "bf16-mixed"

    def step() -> float:
        started = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = network(views).float().square().mean()
        loss.backward()
        optimizer.step()
        loss.item()  # waits for the device
        return time.perf_counter() - started

    step()  # warms up
    taken = [step()]
    while sum(taken) < seconds:
        taken.append(step())
    return recipe.training.batch_size / sorted(taken)[len(taken) // 2]


def _compiler() -> str | None:
    named = (os.environ.get("CXX", "g++"), "g++", "clang++")
    return next((path for path in map(shutil.which, named) if path), None)


def _data_folders() -> dict[str, str | None]:
    above = os.environ.get("CRS_DATA")
    found, _ = registry.listing("dataset")
    folders: dict[str, str | None] = {}
    for name, component in found.items():
        if isinstance(component, PluginError) or "root" not in component.options():
            continue
        folder = Path(os.path.expanduser(above)) / name if above else None
        folders[name] = str(folder) if folder is not None and folder.is_dir() else None
    return folders


def _missing_of_extras() -> dict[str, tuple[str, ...]]:
    missing: dict[str, list[str]] = {}
    for library, extra in _needed_by_extras():
        lacking = missing.setdefault(extra, [])
        try:
            importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            lacking.append(library)
    return {extra: tuple(lacking) for extra, lacking in missing.items()}


def _needed_by_extras() -> Iterator[tuple[str, str]]:
    try:
        requirements = importlib.metadata.requires("crs_plugin") or []
    except importlib.metadata.PackageNotFoundError:  # run from its source, without being installed
        return
    for requirement in requirements:
        match = _NEEDS.match(requirement)
        if match and match[2] not in _FOR_DEVELOPERS:
            yield match[1], match[2]
