"""The wheel, installed alone: it starts and has its styles, wherever one stands."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from runcomfy_tui import __version__
from runcomfy_tui.sandbox.media import CLIPS
from tests.terminal.pty_screen import PtyScreen

PROJECT = Path(__file__).resolve().parents[2]

LOOK = """
import json, runcomfy_tui
from runcomfy_tui import paths
from runcomfy_tui.ui.app import RunComfyApp
print(json.dumps({
    "package": runcomfy_tui.__file__,
    "styles": str(paths.styles()),
    "css": [str(path) for path in RunComfyApp.CSS_PATH],
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    process = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Without the build backend at hand, one is fetched into an environment of its own.
    isolation = [] if importlib.util.find_spec("hatchling") is None else ["--no-isolation"]
    run(sys.executable, "-m", "build", "--wheel", *isolation, "-o", folder, PROJECT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel, and sees its needs."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-deps", "--no-index", wheel),
        cwd=folder,
    )
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", ask, cwd=folder).strip())
    # A folder named in a .pth file is searched, but .pth files inside it are not read: an
    # editable install of the project stays out.
    (packages / "needs.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


def test_it_holds_the_package_every_style_and_clip_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"runcomfy_tui", f"runcomfy_tui-{__version__}.dist-info"}
    styles = {f"runcomfy_tui/styles/{file.name}" for file in (PROJECT / "styles").glob("*.tcss")}
    assert styles
    assert styles == {name for name in names if name.endswith(".tcss")}
    modules = {str(file.relative_to(PROJECT)) for file in (PROJECT / "runcomfy_tui").rglob("*.py")}
    assert modules == {name for name in names if name.endswith(".py")}
    clips = {f"runcomfy_tui/sandbox/clip-{each}.mp4" for each in range(CLIPS)}
    assert clips == {name for name in names if name.endswith(".mp4")}


def test_it_finds_its_styles_inside_itself_from_any_folder(installed: Path, tmp_path: Path) -> None:
    told = json.loads(run(installed / "python", "-c", LOOK, cwd=tmp_path))
    package = Path(told["package"]).parent
    assert package.is_relative_to(installed.parent)
    assert Path(told["styles"]) == package / "styles"
    assert "app.tcss" in {Path(path).name for path in told["css"]}
    assert all(Path(path).parent == package / "styles" for path in told["css"])
    assert all(Path(path).is_file() for path in told["css"])


def test_it_runs_as_a_module_and_as_a_command(installed: Path, tmp_path: Path) -> None:
    version = f"runcomfy-tui {__version__}\n"
    assert run(installed / "python", "-m", "runcomfy_tui", "--version", cwd=tmp_path) == version
    assert run(installed / "runcomfy-tui", "--version", cwd=tmp_path) == version
    assert run(installed / "runcomfy-tui", "jobs", "--json", cwd=tmp_path) == "[]\n"
    assert list(tmp_path.iterdir()) == []


def test_its_window_opens_on_the_sandbox_and_closes(installed: Path, tmp_path: Path) -> None:
    with PtyScreen([str(installed / "runcomfy-tui"), "--sandbox"], cwd=tmp_path) as screen:
        screen.wait_for("sandbox")
        screen.wait_for("runway-gen-4")
        screen.press("ctrl+q")
        assert screen.wait_exit() == 0
    assert list(tmp_path.iterdir()) == []
