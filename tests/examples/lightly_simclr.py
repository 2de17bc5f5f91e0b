"""Lightly's SimCLR loop with its NTXentLoss replaced: the two lines that changed are marked."""

import torch
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from torch import nn
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision.ops import Conv2dNormActivation as Conv
from torchvision.transforms.functional import to_pil_image

from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.expressions import CoarseTable
from crs_plugin.losses import CRSContLoss

torch.manual_seed(0)
transform = SimCLRTransform(input_size=32, min_scale=0.5, gaussian_blur=0.0)
faces = synthetic_faces(train=64, test=0, size=32)
coarse = torch.tensor(CoarseTable.default().ids())[faces.fine.tolist()]  # of each image


class Faces(Dataset):
    def __getitem__(self, i):
        return transform(to_pil_image(faces.images.read(i))), coarse[i]


loader = DataLoader(Faces(), batch_size=32, sampler=RandomSampler(faces))
backbone = nn.Sequential(Conv(3, 64, stride=2), Conv(64, 128, stride=2), nn.AdaptiveAvgPool2d(1))
model = nn.Sequential(backbone, nn.Flatten(), SimCLRProjectionHead(128, 128, 128))
criterion = CRSContLoss(class_weights={"negative": 0.5})  # was: NTXentLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(12):
    for (x0, x1), labels in loader:
        loss = criterion(torch.cat([model(x0), model(x1)]), labels.repeat(2))  # was: (z0, z1)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"epoch {epoch}: loss {loss.item():.3f}")
