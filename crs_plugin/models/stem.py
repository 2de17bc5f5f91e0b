"""A stem for small images."""

from torch import nn

from crs_plugin.errors import InputError


def use_small_input_stem(network: nn.Module, name: str) -> None:
    """Replace a ResNet's stem (7×7 with stride 2, max-pool) by a fresh 3×3 convolution of stride 1.

    Images of 32–64 px so keep four times as many positions in each direction. This is the usual
    stem for CIFAR (He et al. 2016, section 4.2; SimCLR, appendix B.9).

    Args:
        network: The network, changed in place.
        name: Its name, for the error.

    Raises:
        InputError: If the network has no such stem.
    """
    conv, pool = getattr(network, "conv1", None), getattr(network, "maxpool", None)
    if not isinstance(conv, nn.Conv2d) or pool is None or max(conv.stride) == 1:
        raise InputError(
            f"backbone {name} has no ResNet stem (conv1 of stride 2, then maxpool), so that"
            " small_input_stem: true cannot be used; ResNets, ResNeXts and Wide ResNets have one"
        )
    small = nn.Conv2d(conv.in_channels, conv.out_channels, kernel_size=3, padding=1, bias=False)
    nn.init.kaiming_normal_(small.weight, mode="fan_out", nonlinearity="relu")
    setattr(network, "conv1", small)  # noqa: B010  (nn.Module knows no such attribute statically)
    setattr(network, "maxpool", nn.Identity())  # noqa: B010
