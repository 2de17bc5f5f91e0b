"""The Lightning module: augmentation, backbone, heads, miner and the objective, in one step."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from lightly.models.utils import get_weight_decay_parameters
from lightly.utils.debug import std_of_l2_normalized
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from crs_plugin.compiling import compiled
from crs_plugin.errors import InputError
from crs_plugin.losses.gathered_batch import is_spread
from crs_plugin.pretraining.batches import Batch
from crs_plugin.pretraining.loss_inputs import PART_OF
from crs_plugin.pretraining.metrics import MetricsRow, TermValue
from crs_plugin.pretraining.network import network_outputs
from crs_plugin.pretraining.objective import Objective, collapsed_values
from crs_plugin.pretraining.over_processes import mean_over_processes, rows_of_all_processes
from crs_plugin.pretraining.seeding import seed_step
from crs_plugin.pretraining.sharding import shard, unfused
from crs_plugin.pretraining.step_outputs import StepOutputs

OptimizerFactory = Callable[[list[dict[str, Any]]], Optimizer]
"""Makes an optimizer of parameter groups (see ``pretraining.weight_decay``)."""

ScheduleFactory = Callable[[Optimizer, int, int], LRScheduler]
"""Makes a schedule, stepped once a step, of optimizer, total steps and steps per epoch."""


class DivergenceError(InputError):
    """A term of the objective is no finite number any more."""


class PretrainingModule(pl.LightningModule):
    """Backbone and heads under an objective.

    The coarse head sees the normalised embeddings z (the features h where there is no projection
    head), the fine head sees h. The objective is computed in float32 whatever the precision.

    Args:
        backbone: ``[B, 3, S, S] → [B, F]``.
        objective: Sum of terms.
        augmentation: uint8 images ``[B, 1|3, H, W]`` → V views ``[B, 3, S, S]``; run on the device.
        optimizer: Makes the optimizer.
        schedule: Makes the schedule, or None for a constant learning rate.
        projection: Projection head ``[·, F] → [·, D]``, or None.
        coarse: Coarse head, or None.
        fine: Fine head, or None.
        miner: ``(embeddings, labels) → indices``, or None.

    Attributes:
        seed: The run's seed. With it, what a step draws depends on seed, step and rank only;
            without it (None), steps draw from the global generators as they are.
        row: Metrics of the step just made, or None if it is not one that is logged. A step is
            logged if it is the first, the last, a multiple of the trainer's ``log_every_n_steps``,
            or the first of an epoch with new class weights.

    Raises:
        InputError: If a term lacks a head or the miner, or one is given that no term uses.
    """

    def __init__(
        self,
        *,
        backbone: nn.Module,
        objective: Objective,
        augmentation: nn.Module,
        optimizer: OptimizerFactory,
        schedule: ScheduleFactory | None = None,
        projection: nn.Module | None = None,
        coarse: nn.Module | None = None,
        fine: nn.Module | None = None,
        miner: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection
        self.coarse = coarse
        self.fine = fine
        self.augmentation = augmentation
        self.miner = miner
        self.objective = objective
        self.seed: int | None = None
        self.row: MetricsRow | None = None
        self._make_optimizer = optimizer
        self._make_schedule = schedule
        self._channels_last = _is_channels_last(backbone)
        self._network = network_outputs
        self._measured: partial[MetricsRow] | None = None
        self._images_since = 0
        self._since = time.perf_counter()
        _check_parts(
            objective,
            {
                "heads.projection": projection,
                "heads.coarse": coarse,
                "heads.fine": fine,
                "miner": miner,
            },
        )

    def outputs(self, batch: Batch) -> StepOutputs:
        """Augment a batch and pass it through the network; all outputs are float32."""
        with self._full_precision():
            views: Sequence[torch.Tensor] = self.augmentation(batch.images)
            images = torch.cat(tuple(views))
            if self._channels_last:
                images = images.contiguous(memory_format=torch.channels_last)
        made = self._network(images, self.backbone, self.projection, self.coarse, self.fine)
        labels = batch.coarse.repeat(len(views))
        return StepOutputs(
            views=len(views),
            features=made.features.float(),
            labels=labels,
            fine_labels=batch.fine.repeat(len(views)),
            image_ids=self._image_ids(len(batch.images)).repeat(len(views)),
            projections=made.projections,
            embeddings=made.embeddings,
            coarse_logits=made.coarse_logits,
            fine_logits=made.fine_logits,
            indices_tuple=self._mine(
                made.features if made.embeddings is None else made.embeddings, labels
            ),
        )

    def configure_model(self) -> None:
        """Share out the parameters, where the trainer's strategy is to do so."""
        if self.device_mesh is None:
            return
        shard(self, self.device_mesh["data_parallel"])

    def compile_network(self) -> None:
        """Compile backbone and heads, as one; their parameters and their names stay as they are.

        An augmentation that has a way of its own to be compiled, such as ours, is compiled as well.
        """
        self._network = compiled(network_outputs, True, "the network")
        if type(self.augmentation).compile is not nn.Module.compile:
            self.augmentation.compile()

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the objective of one batch."""
        step = self.trainer.global_step
        self.row = None
        if self.seed is not None:
            seed_step(self.seed, step, self.global_rank)
        new_weights = self._take_class_weights(step)
        outputs = self.outputs(batch)
        with self._full_precision():
            total, values = self.objective(outputs)
            whole, whole_values = _over_processes(total, values)
            self._stop_if_diverged(step + 1, whole, whole_values)
            self._images_since += len(batch.images) * self.trainer.world_size
            if new_weights or self._is_logged(step + 1):
                self._measured = self._measure(step, outputs, whole, whole_values)
        loss: torch.Tensor = total
        return loss

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Make the step; then it is known how long it took."""
        super().optimizer_step(*args, **kwargs)
        if self._measured is None:
            return
        now = time.perf_counter()
        rate = self._images_since / max(now - self._since, 1e-9)
        self.row = self._measured(images_per_second=rate)
        self._measured, self._images_since, self._since = None, 0, now

    def on_train_start(self) -> None:
        """Start the clock."""
        self._images_since, self._since = 0, time.perf_counter()

    def configure_optimizers(self) -> Any:
        """Return optimizer and schedule, with the budget of the trainer this module is in."""
        optimizer = self._make_optimizer(self._parameter_groups())
        if self.device_mesh is not None:
            optimizer = unfused(optimizer)
        if self._make_schedule is None:
            return optimizer
        total = int(self.trainer.estimated_stepping_batches)
        schedule = self._make_schedule(optimizer, total, int(self.trainer.num_training_batches))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _image_ids(self, count: int) -> torch.Tensor:
        first = self.global_rank * count
        return torch.arange(first, first + count, device=self.device)

    def _parameter_groups(self) -> list[dict[str, Any]]:
        weights, norms_and_biases = get_weight_decay_parameters([self])
        groups = [
            {"params": _trained_once(weights), "norm_or_bias": False},
            {"params": _trained_once(norms_and_biases), "norm_or_bias": True},
        ]
        return [group for group in groups if group["params"]]

    def _mine(self, embeddings: torch.Tensor, labels: torch.Tensor) -> Any:
        if self.miner is None:
            return None
        with torch.no_grad(), self._full_precision():
            return self.miner(embeddings.detach().float(), labels)

    def _full_precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, enabled=False)

    def _take_class_weights(self, step: int) -> bool:
        """Give the class weights the values of a step's epoch; return whether they are new in it.

        Both follow from the step alone, so that a resumed run writes the same rows.
        """
        epoch, step_of_epoch = divmod(step, int(self.trainer.num_training_batches))
        if step_of_epoch > 0 or epoch == 0:
            self.objective.at_epoch(epoch)
            return False
        self.objective.at_epoch(epoch - 1)
        before = self.objective.class_weights()
        self.objective.at_epoch(epoch)
        return self.objective.class_weights() != before

    def _is_logged(self, step: int) -> bool:
        every = self.trainer.log_every_n_steps  # type: ignore[attr-defined]
        return step == 1 or step % every == 0 or step == self.trainer.estimated_stepping_batches

    @torch.no_grad()
    def _measure(
        self,
        step: int,
        outputs: StepOutputs,
        total: torch.Tensor,
        values: Mapping[str, torch.Tensor],
    ) -> partial[MetricsRow]:
        """Return the row of a step but for its images a second, known once the step is made."""
        collapsed = collapsed_values(self.objective, outputs)
        z = None if outputs.embeddings is None else rows_of_all_processes(outputs.embeddings)
        return partial(
            MetricsRow,
            step=step + 1,
            epoch=step // int(self.trainer.num_training_batches) + 1,
            lr=float(self.trainer.optimizers[0].param_groups[0]["lr"]),
            loss=float(total),
            coarse_accuracy=_accuracy(outputs.coarse_logits, outputs.labels),
            fine_accuracy=_accuracy(outputs.fine_logits, outputs.fine_labels),
            embedding_spread=None if z is None else float(std_of_l2_normalized(z)),
            full_spread=None if z is None else 1 / math.sqrt(z.shape[1]),
            terms={name: TermValue(float(v), collapsed[name]) for name, v in values.items()},
            class_weights=self.objective.class_weights(),
        )

    def _stop_if_diverged(
        self, step: int, total: torch.Tensor, values: Mapping[str, torch.Tensor]
    ) -> None:
        if torch.isfinite(total):
            return
        bad = [f"{name} is {v.item()}" for name, v in values.items() if not torch.isfinite(v)]
        found = ", ".join(bad) or "the weighted sum overflows"
        raise DivergenceError(
            f"training diverged at step {step}: {found}"
            f" (values so far are in metrics.jsonl). Lower optimizer.lr, take a schedule that warms"
            " up, or set training.precision to 32-true if it is not"
        )


def _over_processes(
    total: torch.Tensor, values: Mapping[str, torch.Tensor]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return objective and terms of the whole batch: means over the processes."""
    if not is_spread():
        return total, dict(values)
    of_all = mean_over_processes(torch.stack([total, *values.values()]).detach())
    return of_all[0], dict(zip(values, of_all[1:], strict=True))


def _check_parts(objective: Objective, parts: Mapping[str, nn.Module | None]) -> None:
    for term, (required, _) in objective.inputs.items():
        for name in required:
            part = PART_OF.get(name)
            if part is not None and parts[part] is None:
                raise InputError(f"term {term!r} of the objective wants {name!r}: add {part}")
    # The coarse head stands on the projection head, so that one is in use with either of them.
    for part, module in parts.items():
        used = objective.uses(part) or (part == "heads.projection" and parts["heads.coarse"])
        if module is not None and not used:
            raise InputError(
                f"{part} is given, but no term of the objective uses it: remove {part},"
                " or add a term that does"
            )


def _trained_once(parameters: Sequence[nn.Parameter]) -> list[nn.Parameter]:
    """Return the parameters that are trained, those shared by several modules once."""
    return [p for p in dict.fromkeys(parameters) if p.requires_grad]


def _is_channels_last(backbone: nn.Module) -> bool:
    """Return whether some convolution keeps its weights in that layout (1x1 ones look alike)."""
    return any(
        p.dim() == 4
        and p.is_contiguous(memory_format=torch.channels_last)
        and not p.is_contiguous()
        for p in backbone.parameters()
    )


def _accuracy(logits: torch.Tensor | None, labels: torch.Tensor) -> float | None:
    if logits is None:
        return None
    logits, labels = rows_of_all_processes(logits), rows_of_all_processes(labels)
    labelled = labels >= 0
    if not bool(labelled.any()):
        return None
    from torchmetrics.functional.classification import multiclass_accuracy

    share = multiclass_accuracy(
        logits[labelled], labels[labelled], num_classes=logits.shape[1], average="micro"
    )
    return float(share)
