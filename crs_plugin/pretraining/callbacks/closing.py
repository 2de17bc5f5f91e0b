"""What is open during a run and has to be closed, however the run ends."""

import pytorch_lightning as pl


class Closing(pl.Callback):
    """Calls ``close`` when the run ends: after an exception Lightning tears nothing down."""

    def close(self) -> None:
        """Close whatever is open; may be called again."""

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Close after a run."""
        self.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Close after a run that failed."""
        self.close()
