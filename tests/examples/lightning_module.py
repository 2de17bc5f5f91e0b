"""The loss in a LightningModule; with several devices it is that of their joined batches."""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.ops import Conv2dNormActivation as Conv

from crs_plugin.augmentations import FERTwoViews
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.expressions import CoarseTable
from crs_plugin.losses import CRSContLoss


class Encoder(pl.LightningModule):
    def __init__(self):
        super().__init__()
        convolutions = Conv(3, 64, stride=2), Conv(64, 128, stride=2)
        self.backbone = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(128, 128), nn.BatchNorm1d(128, affine=False))
        self.two_views, self.loss = FERTwoViews(32), CRSContLoss(class_weights={"negative": 0.5})

    def training_step(self, batch, index):
        views = torch.cat(self.two_views(batch[0]))
        loss = self.loss(self.head(self.backbone(views)), batch[1].repeat(2))
        print(f"step {self.global_step}: loss {loss.item():.3f}")
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


torch.manual_seed(0)
faces = synthetic_faces(train=64, test=0, size=40)
images = torch.stack([faces.images.read(i) for i in range(len(faces))])
coarse = torch.tensor(CoarseTable.default().ids())[faces.fine.tolist()]  # of each image
loader = DataLoader(TensorDataset(images, coarse), batch_size=32, shuffle=True)
trainer = pl.Trainer(max_epochs=12, devices=1, logger=False, enable_checkpointing=False)
trainer.fit(Encoder(), loader)
