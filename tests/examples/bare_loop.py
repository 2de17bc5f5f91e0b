"""The loss as a function, in a plain PyTorch loop over images that are labelled by expression."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.ops import Conv2dNormActivation as Conv

from crs_plugin.augmentations import FERTwoViews
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.expressions import CoarseTable
from crs_plugin.losses import crs_cont_loss

torch.manual_seed(0)
faces = synthetic_faces(train=64, test=0, size=40)
images = torch.stack([faces.images.read(i) for i in range(len(faces))])  # uint8
fine = torch.from_numpy(faces.fine).long()  # ids in the order of crs_plugin.expressions
loader = DataLoader(TensorDataset(images, fine), batch_size=32, shuffle=True)

coarse_of = torch.tensor(CoarseTable.default().ids())  # fine id → coarse id
weights = torch.tensor([1.0, 0.5, 1.0, 1.0])  # of positive, negative, neutral, surprise
two_views = FERTwoViews(32)
backbone = nn.Sequential(Conv(3, 64, stride=2), Conv(64, 128, stride=2), nn.AdaptiveAvgPool2d(1))
# The batch norm spreads the embeddings out from the first step on; without it they collapse.
head = nn.Sequential(nn.Flatten(), nn.Linear(128, 128), nn.BatchNorm1d(128, affine=False))
network = nn.Sequential(backbone, head)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

for epoch in range(12):
    total = 0.0
    for batch, expressions in loader:
        z = nn.functional.normalize(network(torch.cat(two_views(batch))), dim=1)  # [2·32, 128]
        loss = crs_cont_loss(z, coarse_of[expressions].repeat(2), weights, temperature=0.07)
        total += loss.item() / len(loader)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {total:.3f}")
