import json

import pytest
import torch

from crs_plugin.runs import diagnosis
from crs_plugin.runs.diagnosis import Diagnosis, Speed, advice

TOLD = {
    "environment": {"python": "3.11", "platform": "Linux", "libraries": {"torch": "2.6"}},
    "cores": 2,
    "threads": 2,
    "gpus": (),
    "cpu": "AVX2",
    "fast_bf16": False,
    "compiler": "/usr/bin/g++",
    "data": {"ferplus": None},
    "extras": {"onnx": (), "loggers": ("wandb",)},
    "cache": "/cache",
    "cache_bytes": 2**33,
    "free_bytes": 2**34,
}
SLOW, FAST = Speed("32-true", 100.0, 9.0), Speed("bf16-mixed", 160.0, 5.6)


@pytest.mark.slow
def test_the_doctor_tells_what_is_here_and_how_fast(call, capsys) -> None:
    assert call("doctor", "--seconds", "0.01") == 0
    printed = capsys.readouterr().out
    for word in ("torch", "C++ compiler", "32-true:", "images a second", "the default recipe"):
        assert word in printed
    assert call("doctor", "--seconds", "0.01", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 1
    assert told["speed"][0]["precision"] == "32-true"
    assert told["speed"][0]["images_per_second"] > 0
    assert {"cores", "threads", "gpus", "extras", "data", "advice"} <= set(told)


def test_there_is_advice_only_where_something_would_be_better(monkeypatch) -> None:
    monkeypatch.setenv("CRS_DATA", "/data")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("crs_plugin.pretraining.precision_here.cpu_has_fast_bfloat16", lambda: True)
    assert advice(Diagnosis(**TOLD), [SLOW, FAST]) == []
    monkeypatch.setattr(
        "crs_plugin.pretraining.precision_here.cpu_has_fast_bfloat16", lambda: False
    )
    assert advice(Diagnosis(**TOLD), [SLOW]) == []
    assert "precision=bf16-mixed trains 1.6 times" in advice(Diagnosis(**TOLD), [SLOW, FAST])[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"threads": 8}, "OMP_NUM_THREADS=2"),
        ({"compiler": None}, "install g++"),
        ({"cache_bytes": 1000}, "CRS_CACHE"),
    ],
)
def test_what_would_be_better(changed, sentence, monkeypatch) -> None:
    monkeypatch.setenv("CRS_DATA", "/data")
    (told,) = advice(Diagnosis(**(TOLD | changed)), [SLOW])
    assert sentence in told


def test_data_and_extras_are_found(tmp_path, monkeypatch) -> None:
    (tmp_path / "raf_db").mkdir()
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    found = diagnosis.diagnosis()
    assert found.data["raf_db"] == str(tmp_path / "raf_db")
    assert found.data["affectnet"] is None
    assert "synthetic_faces" not in found.data
    assert "test" not in found.extras
