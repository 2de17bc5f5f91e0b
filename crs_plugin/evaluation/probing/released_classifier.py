"""The released linear evaluation, for comparison: it selects on the test set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.evaluation.probing.linear_classifier import LabelledFeatures
from crs_plugin.evaluation.probing.one_thread import one_thread

EPOCHS = 100
BATCH_SIZE = 128
LEARNING_RATE = 4.0
MOMENTUM = 0.9
MILESTONES = (60, 75, 90)
DECAY = 0.2


@dataclass(frozen=True)
class BestEpoch:
    """What the test set liked best.

    Attributes:
        predicted: Class ids ``[N]`` of the test images after that epoch.
        epoch: Its number, from 1.
    """

    predicted: NDArray[np.int64]
    epoch: int


@one_thread()
def fit_and_select_on_test(
    train: LabelledFeatures,
    test: LabelledFeatures,
    classes: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> BestEpoch:
    """Train a linear layer as the released code does, and keep its best test epoch.

    SGD of learning rate 4 and momentum 0.9 without weight decay, batches of 128, 100 epochs,
    learning rate × 0.2 after epochs 60, 75 and 90, on the features as they are. Source: released
    code of CRS-CONT (IEEE TIP 2022).

    Args:
        train: Trains the layer.
        test: Is evaluated after every epoch; the epoch of the highest accuracy is reported, which
            makes the figure optimistic.
        classes: Number of classes.
        seed: Of weights and order; the global random state is left as it was.
        progress: Is told of epochs.
    """
    features, labels = torch.from_numpy(train.features), torch.from_numpy(train.labels)
    unseen = torch.from_numpy(test.features)
    best, best_accuracy = BestEpoch(np.zeros(0, dtype=np.int64), 0), -1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = torch.nn.Linear(features.shape[1], classes)
        optimizer = torch.optim.SGD(layer.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(MILESTONES), DECAY)
        for epoch in range(1, EPOCHS + 1):
            for batch in torch.split(torch.randperm(len(features)), BATCH_SIZE):
                loss = torch.nn.functional.cross_entropy(layer(features[batch]), labels[batch])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
            schedule.step()
            with torch.inference_mode():
                predicted = layer(unseen).argmax(1).numpy()
            accuracy = float((predicted == test.labels).mean())
            if accuracy > best_accuracy:
                best, best_accuracy = BestEpoch(predicted, epoch), accuracy
            progress(epoch, EPOCHS)
    return best
