"""How long and on what a pre-training runs: the recipe's ``training`` section."""

from dataclasses import dataclass
from typing import Literal

from crs_plugin.compiling import Compile
from crs_plugin.errors import InputError
from crs_plugin.registry import PositiveInt


@dataclass(frozen=True)
class TrainingSettings:
    """Budget, precision and hardware of a pre-training run.

    Attributes:
        epochs: Passes over the pre-training images. An incomplete last batch is left out.
        batch_size: Images in one step over all devices; each gives every view of the augmentation.
        images: Pre-train on only so many of the images, drawn at random with the recipe's seed; on
            all of them when left out.
        max_steps: Stop after so many steps, if that is before the last epoch ends. Schedules are
            stretched over the steps that are really made.
        precision: ``32-true``, or mixed precision for the network (the objective is always
            computed in float32). ``16-mixed`` needs a GPU; ``bf16-mixed`` needs one, or a CPU with
            instructions for it (AMX, AVX512_BF16), to be faster: there it was 1.6 times as fast,
            with AVX2 seven times slower. ``auto`` takes it where the machine is made for it, else
            ``32-true``: machines of different kinds then give different numbers.
        compile: Compile backbone and heads (``torch.compile``). It takes a minute or two, a few
            seconds where the kernels are kept from an earlier run (in ``$CRS_CACHE``); numbers
            differ by rounding, and so do the draws of dropout. ``auto`` compiles long runs (10⁹
            pixels of views) in ``32-true`` on a CPU with AVX-512; with AVX2, or in bfloat16, it was
            measured to gain nothing. Where there is no C++ compiler, a line says so and the run
            goes on uncompiled.
        accelerator: ``auto`` takes a GPU where there is one.
        devices: How many of them in each machine, with a process for each (DDP), which the run
            starts itself unless ``torchrun`` or ``srun`` has started all. They share every batch,
            so that the order of the images is that of one process; the loss is that of the whole
            batch for the losses of this package without pairs of a miner, while other losses, and
            those with mined pairs, compare the images of one process only. Augmentations are drawn
            differently on each. Batch normalisation takes its statistics over the images of one
            process, ``batch_size / devices``, and keeps those of the first. A network with it gets
            other parameters than in one process: after 12 steps of 8 images in a small example by
            up to 0.27 with 2 devices and 0.73 with 4, where training itself moved them by up to
            0.55. One without it gets the same but for rounding (1e-6), if views draw nothing. A
            stopped run may be resumed with another number of devices; with three or more, it is
            resumed exactly but for rounding.
        num_nodes: Machines. With several, ``torchrun`` or ``srun`` has to start all processes, and
            the run's folder has to be one that all of them see.
        strategy: What each of several devices holds. ``ddp``: the whole network. ``fsdp``: a share
            of its parameters, gradients and optimizer state, put together block by block while they
            are needed, for networks that do not fit otherwise (PyTorch's ``fully_shard``); the
            numbers are the same but for rounding. Goes without ``compile``, ``sync_batchnorm`` and
            ``16-mixed``.
        sync_batchnorm: Take the statistics of batch normalisation over the images of all processes.
            On GPUs only.
        threads: Threads of PyTorch on the CPU; as many as PyTorch chooses when left out. Numbers
            differ by rounding with it. Fewer are faster where other programs keep cores busy.
        decode_size: Side in pixels of the square that images are decoded to, once, before the
            run. Left out: 1.25 times the size of the augmentation's views, so that a random crop
            of the middle of its range is neither blown up nor wasted.
        log_every: Steps between two rows of metrics. The first and the last step have one as well,
            and the first step of an epoch with new class weights.
        checkpoint_every: Steps between two checkpoints. The last step, or the one at which the run
            is interrupted, is saved as well.

    Raises:
        InputError: If settings contradict one another, on whatever machine.
    """

    epochs: PositiveInt
    batch_size: PositiveInt
    images: PositiveInt | None = None
    max_steps: PositiveInt | None = None
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    compile: Compile = "auto"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: PositiveInt = 1
    num_nodes: PositiveInt = 1
    strategy: Literal["ddp", "fsdp"] = "ddp"
    sync_batchnorm: bool = False
    threads: PositiveInt | None = None
    decode_size: PositiveInt | None = None
    log_every: PositiveInt = 10
    checkpoint_every: PositiveInt = 200

    def __post_init__(self) -> None:
        if self.batch_size % self.processes:
            raise InputError(
                f"batch_size is {self.batch_size}, which {self.processes} devices (devices times"
                " num_nodes) cannot share evenly"
            )
        if self.strategy == "fsdp":
            self._check_sharded()

    @property
    def processes(self) -> int:
        """Processes of the whole run, one for each device of each machine."""
        return self.devices * self.num_nodes

    def total_steps(self, steps_per_epoch: int) -> int:
        """Return the steps of the whole run."""
        steps = self.epochs * steps_per_epoch
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def decoded_size(self, view_size: int) -> int:
        """Return the side in pixels that images are decoded to for views of ``view_size``."""
        return self.decode_size or round(1.25 * view_size)

    def _check_sharded(self) -> None:
        if self.processes == 1:
            raise InputError(
                "strategy is fsdp, which shares a network out over several devices, but devices is"
                " 1; ask for more, or take ddp"
            )
        for name, value in (
            ("precision", "16-mixed"),
            ("compile", True),
            ("sync_batchnorm", True),
        ):
            if getattr(self, name) == value:
                raise InputError(
                    f"{name} is {str(value).lower()}, which does not go with strategy fsdp; change"
                    " it, or take ddp"
                )
