"""A request comes back from a sidecar, from the file beside it, and from a job's id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.changes import DownloadPhase
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.schema.paste import FileReference, JobReference, Paste, read_paste
from runcomfy_tui.schema.sidecars import MARK
from tests.engine.house import INPUTS, MODEL, House
from tests.engine.server import Server


def text_of(path: str) -> str:
    return Path(path).read_text()


async def test_a_saved_file_leads_back_to_its_form(server: Server, house: House) -> None:
    job = await house.submit(seed=5)
    server.let_end()
    done = await house.until_job(job, "completed")
    url = done.outputs[0].url
    house.engine.results.downloads.start(job.id, url)
    state = await house.until(
        lambda: (
            ((told := house.downloads.get(url)) and told.phase is DownloadPhase.DONE and told)
            or None
        )
    )
    wanted = Paste(MODEL, INPUTS | {"seed": 5})
    recall = house.engine.results.recalling.recall
    assert job.request_id
    for reference in (
        FileReference(state.file),
        FileReference(f"{state.file}.json"),
        JobReference(job.id),
        JobReference(job.request_id),
    ):
        assert await recall(reference) == wanted
    assert read_paste(text_of(f"{state.file}.json")) == wanted


async def test_what_leads_nowhere_is_said_so(house: House, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"inputs": {"a": 1}}))
    recall = house.engine.results.recalling.recall
    for path in (other, tmp_path / "nothing.json", tmp_path):
        with pytest.raises(EngineError, match="no sidecar"):
            await recall(FileReference(str(path)))
    with pytest.raises(EngineError, match="No job of the ledger"):
        await recall(JobReference("no-such-job-1"))
    sidecar = tmp_path / "elsewhere.json"
    sidecar.write_text(json.dumps({**MARK, **job_as_json(transitions.adopted("elsewhere-1"))}))
    with pytest.raises(EngineError, match="inputs are not known"):
        await recall(FileReference(str(sidecar)))
    [adopted] = await house.engine.adopt("from-elsewhere-1")
    with pytest.raises(EngineError, match="inputs are not known"):
        await recall(JobReference(adopted.id))
