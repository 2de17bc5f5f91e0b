"""Fully sharded data parallelism: every process keeps a share of the parameters only."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn
from torch.optim import Optimizer

from crs_plugin.pretraining.processes import PATIENCE

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh


class ShardedStrategy(ModelParallelStrategy):
    """Lightning's strategy for PyTorch's ``fully_shard`` (FSDP2), over all processes of a run.

    The module itself says what is shared out, in ``configure_model``. A checkpoint is one file with
    whole tensors, so that another number of processes, or one alone, can go on with it.

    Args:
        processes: Processes of the run.
    """

    def __init__(self, processes: int) -> None:
        super().__init__(
            data_parallel_size=processes,
            tensor_parallel_size=1,
            save_distributed_checkpoint=False,
            timeout=PATIENCE,
        )


def blocks(part: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules with parts of their own that stand in a list or sequence of modules.

    The blocks of torchvision's and timm's networks do.
    """
    for module in part.modules():
        if isinstance(module, nn.Sequential | nn.ModuleList):
            yield from (child for child in module if len(list(child.children())) > 0)


def shard(module: nn.Module, mesh: "DeviceMesh") -> None:
    """Share out the parameters of a module's parts in place.

    Each part is shared out block by block, so that while one computes, the others stay shared out.

    Args:
        module: Its children are called one by one, it itself never is.
        mesh: The processes, in one dimension.
    """
    from torch.distributed.fsdp import fully_shard  # some builds of PyTorch lack it

    for name, part in _trained_parts(module):
        part.to(memory_format=torch.contiguous_format)  # PyTorch shares no others out
        # Losses are not wrapped one by one, as copies are made of them.
        for block in () if name == "objective" else reversed([*blocks(part)]):  # inner ones first
            fully_shard(block, mesh=mesh)
        fully_shard(part, mesh=mesh)


@contextmanager
def put_together_again(module: nn.Module) -> Iterator[None]:
    """At the end of the block, give a module that was shared out in it whole parts on the CPU.

    Those are copies made before, for what was shared out stays so. All processes must enter the
    block; only in the first one do the parts have the parameters and buffers that the shared-out
    ones have in the end.
    """
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    whole = {name: copy.deepcopy(part) for name, part in _trained_parts(module)}
    yield
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)  # elsewhere it is empty
    state = get_model_state_dict(module, options=options)
    for name, part in whole.items():
        setattr(module, name, part)
    module.cpu().load_state_dict(state, strict=bool(state))


def unfused(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer, which now steps without fused kernels: SGD's know no shares."""
    for group in optimizer.param_groups:
        if "fused" in group:
            group["fused"] = None
    return optimizer


def _trained_parts(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, part in module.named_children():
        if any(parameter.requires_grad for parameter in part.parameters()):
            yield name, part
