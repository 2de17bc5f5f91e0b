"""Lightly's SimCLR loop with the FER views in place of its MultiViewTransform."""

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms.multi_view_transform import MultiViewTransform
from torch import nn
from torch.utils.data import DataLoader, default_collate
from torchvision.ops import Conv2dNormActivation as Conv

from crs_plugin.augmentations import FERColorJitter, FERTwoViews, RandomResizedCropFlip
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces

torch.manual_seed(0)
faces = synthetic_faces(train=256, test=0, size=40).images
two_views = FERTwoViews(32)  # of a whole batch, which is faster than image by image:
view = nn.Sequential(RandomResizedCropFlip(32, keepdim=True), FERColorJitter(keepdim=True))
x0, x1 = MultiViewTransform([view, view])(faces.read(0) / 255)  # the same without normalisation

images = [faces.read(i) for i in range(len(faces))]  # was: a data set that gives the views
loader = DataLoader(images, 64, shuffle=True, collate_fn=lambda x: two_views(default_collate(x)))
backbone = nn.Sequential(Conv(3, 32, stride=2), Conv(32, 64, stride=2), nn.AdaptiveAvgPool2d(1))
model = nn.Sequential(backbone, nn.Flatten(), SimCLRProjectionHead(64, 64, 64))
criterion, optimizer = NTXentLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(12):
    for x0, x1 in loader:
        loss = criterion(model(x0), model(x1))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"epoch {epoch}: loss {loss.item():.3f}")
