"""An ONNX file with the inputs and outputs of YuNet that finds a face around each bright spot."""

import math
from pathlib import Path

import numpy as np

BOX_SIDE = 80.0
"""Side in pixels of the box around a spot, at the size at which the detector sees the photo."""

OFFSETS = np.array([[-17, -18], [18, -19], [0, 2], [-14, 22], [15, 21]], np.float32)
"""Where the landmarks are from the spot's upper left corner, in the same pixels."""

_STRIDES = (8, 16, 32)


def write_detector(path: Path) -> Path:
    """Write the file: a cell of 8 × 8 px is a face as surely as it is bright (255 is certain)."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes, constants, outputs = [], {}, []
    for stride in _STRIDES:
        sure = 1 / 3 / 255 if stride == 8 else 0.0
        box = [0.5 / stride, 0.5 / stride, *[math.log(BOX_SIDE / stride)] * 2]
        for name, bias in (
            ("cls", [0.0]),
            ("obj", [0.0]),
            ("bbox", box),
            ("kps", (OFFSETS / stride).ravel()),
        ):
            key = f"{name}_{stride}"
            slope = sure if name in ("cls", "obj") else 0.0
            weight = np.full((len(bias), 3, stride, stride), slope / stride**2, np.float32)
            constants |= {
                f"weight_{key}": weight,
                f"bias_{key}": np.array(bias, np.float32),
                f"shape_{key}": np.array([1, -1, len(bias)], np.int64),
            }
            conv = {"kernel_shape": [stride] * 2, "strides": [stride] * 2}
            inputs = ["input", f"weight_{key}", f"bias_{key}"]
            nodes += [
                helper.make_node("Conv", inputs, [f"map_{key}"], **conv),
                helper.make_node("Transpose", [f"map_{key}"], [f"last_{key}"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"last_{key}", f"shape_{key}"], [key]),
            ]
            outputs.append(
                helper.make_tensor_value_info(key, TensorProto.FLOAT, [1, None, len(bias)])
            )
    photo = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])
    initial = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "detector", [photo], outputs, initial)
    opset = [helper.make_opsetid("", 13)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path
