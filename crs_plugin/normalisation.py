"""The statistics that images are normalised with unless told otherwise: ImageNet's."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's training images, RGB in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of the same, per channel."""
