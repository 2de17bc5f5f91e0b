"""A trainer of pytorch-metric-learning with the coarse-label miner and the weighted loss."""

import torch
from pytorch_metric_learning.samplers import MPerClassSampler
from pytorch_metric_learning.trainers import MetricLossOnly
from torch import nn
from torch.utils.data import TensorDataset
from torchvision.ops import Conv2dNormActivation as Conv

from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.expressions import CoarseTable
from crs_plugin.losses import CRSContLoss
from crs_plugin.miners import CoarseLabelMiner

torch.manual_seed(0)
faces = synthetic_faces(train=64, test=0, size=32)
images = torch.stack([faces.images.read(i) for i in range(len(faces))]) / 255
coarse = torch.tensor(CoarseTable.default().ids())[faces.fine.tolist()]  # of each image

pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
trunk = nn.Sequential(Conv(3, 64, stride=2), Conv(64, 128, stride=2), pool)
# The batch norm spreads the embeddings out from the first step on; without it they collapse.
embedder = nn.Sequential(nn.Linear(128, 128), nn.BatchNorm1d(128, affine=False))
losses = []
trainer = MetricLossOnly(
    models={"trunk": trunk, "embedder": embedder},
    optimizers={"trunk_optimizer": torch.optim.Adam([*trunk.parameters(), *embedder.parameters()])},
    batch_size=32,
    loss_funcs={"metric_loss": CRSContLoss(class_weights={"negative": 0.5})},
    mining_funcs={"tuple_miner": CoarseLabelMiner()},  # builds no pairs: the loss needs none
    sampler=MPerClassSampler(coarse, m=8, length_before_new_iter=len(faces)),
    dataset=TensorDataset(images, coarse),
    data_device=torch.device("cpu"),
    dataloader_num_workers=0,
    end_of_iteration_hook=lambda trainer: losses.append(trainer.losses["metric_loss"].item()),
)
trainer.train(num_epochs=10)
print(*(f"step {step}: loss {loss:.3f}" for step, loss in enumerate(losses)), sep="\n")
