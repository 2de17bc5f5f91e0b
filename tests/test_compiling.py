"""Compiled functions give what they give uncompiled, and fall back to it where they cannot be."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from crs_plugin import compiling
from crs_plugin.compiling import compiled, keep_kernels_in


@pytest.fixture(autouse=True)
def _nothing_said_yet():
    compiling._say.cache_clear()
    torch.compiler.reset()


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    """A machine without a C++ compiler, whose kernels of earlier runs are gone."""
    from torch._inductor import config

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kernels"))
    with config.patch({"cpp.cxx": (None, "no-such-compiler"), "fx_graph_cache": False}):
        yield


def said(caplog) -> list[str]:
    ours = ("crs_plugin.compiling", logging.WARNING)
    return [r.getMessage() for r in caplog.records if (r.name, r.levelno) == ours]


def wave(x: Tensor) -> Tensor:
    return torch.sin(x) * 3


def test_what_is_not_to_be_compiled_is_the_function_itself():
    assert compiled(wave, False, "the wave") is wave


@pytest.mark.parametrize("compile", ["auto", True])
def test_without_a_compiler_it_runs_uncompiled_and_says_so_once(compile, no_compiler, caplog):
    x = torch.arange(4.0)
    for _ in range(2):
        function = compiled(wave, compile, "the wave")
        assert torch.equal(function(x), wave(x))
        assert torch.equal(function(x + 1), wave(x + 1))
    (line,) = said(caplog)
    assert line.startswith("the wave cannot be compiled here and runs uncompiled: ")
    assert "no-such-compiler" in line
    assert "\n" not in line


def test_it_tries_no_second_time(no_compiler, monkeypatch):
    compiled_functions = []
    compile_ = torch.compile

    def counting(function, **options):
        compiled_functions.append(function)
        return compile_(function, **options)

    monkeypatch.setattr(torch, "compile", counting)
    function = compiled(wave, True, "the wave")
    for n in range(1, 4):
        function(torch.ones(n))
    assert compiled_functions == [wave]


def test_where_pytorch_compiles_nothing_at_all_it_runs_uncompiled(monkeypatch, caplog):
    def refuse(*_, **__):
        raise RuntimeError("torch.compile is not supported on Python 4")

    monkeypatch.setattr(torch, "compile", refuse)
    assert torch.equal(compiled(wave, True, "the wave")(torch.ones(3)), wave(torch.ones(3)))
    assert "not supported on Python 4" in said(caplog)[0]


def test_a_failure_does_not_change_what_is_drawn(no_compiler):
    def noise(x: Tensor) -> Tensor:
        drawn = torch.rand(3)
        torch._dynamo.graph_break()  # what stands before has run when the rest cannot be compiled
        return x + drawn + torch.rand(3)

    torch.manual_seed(0)
    expected = noise(torch.zeros(3))
    torch.manual_seed(0)
    assert torch.equal(compiled(noise, True, "the noise")(torch.zeros(3)), expected)


@pytest.mark.parametrize("kind", ["shapes", "raised"])
def test_an_error_of_the_function_itself_is_raised_and_nothing_said(kind, no_compiler, caplog):
    def wrong(x: Tensor) -> Tensor:
        if kind == "raised":
            raise ValueError("a message of its own")
        return x @ torch.ones(7, 7)

    message = "a message of its own" if kind == "raised" else "shapes cannot be multiplied"
    with pytest.raises((ValueError, RuntimeError), match=message):
        compiled(wrong, True, "the product")(torch.ones(2, 3))
    assert not said(caplog)


@pytest.mark.slow
def test_compiled_it_gives_the_same_with_kernels_in_the_folder(tmp_path):
    script = (
        "import pathlib, torch\n"
        "from crs_plugin.compiling import compiled, keep_kernels_in\n"
        "from torch._dynamo.utils import counters\n"  # after which a folder is named already
        f"keep_kernels_in(pathlib.Path({str(tmp_path)!r}))\n"
        "def wave(x): return torch.sin(x) * 3\n"
        "x = torch.arange(4.0)\n"
        "assert torch.allclose(compiled(wave, True, 'the wave')(x), wave(x))\n"
        "print(counters['inductor']['fxgraph_cache_hit'])\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TORCHINDUCTOR_CACHE_DIR"}
    environment["PYTHONPATH"] = str(Path(compiling.__file__).parents[1])
    hits = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout.split()
        for _ in range(2)
    ]
    assert hits == [["0"], ["1"]]
    (folder,) = tmp_path.iterdir()
    assert torch.__version__ in folder.name
    assert [*folder.rglob("*.so")]


def test_a_folder_that_the_user_has_named_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/mine")
    keep_kernels_in(tmp_path)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/mine"


def test_a_folder_with_a_space_is_left_to_other_files(monkeypatch, tmp_path):
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    keep_kernels_in(tmp_path / "Anna Maria")
    assert "TORCHINDUCTOR_CACHE_DIR" not in os.environ
