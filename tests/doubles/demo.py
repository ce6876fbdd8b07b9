"""The demonstration's submission as tests need it: its issue body with a value changed, its files with one replaced."""

import io
import shutil
from pathlib import Path

import torch

from apcore.protocol import load_protocol
from bot.stages.verify import Order, verify

ROOT = Path(__file__).parent.parent.parent
ASSETS = ROOT / "demo"
BOARD = ROOT / "leaderboard"
IDS = {sparsity: f"1demo-resnet6-digits-s{sparsity}-checkpoint" for sparsity in (50, 75, 90)}


def issue_body(*changes: tuple[str, str]) -> str:
    """The demonstration's issue body with texts replaced; each must occur."""
    body = (ASSETS / "issue.md").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    return body


def mirror(folder: Path, **replaced: bytes | None) -> Path:
    """A mirror of the demonstration's files; `s50=b"…"` replaces one, `s50=None` leaves it out."""
    folder.mkdir()
    for sparsity, drive_id in IDS.items():
        content = replaced.get(f"s{sparsity}", b"")
        if content:
            (folder / drive_id).write_bytes(content)
        elif content is not None:
            shutil.copy(ASSETS / "files" / drive_id, folder / drive_id)
    return folder


def checkpoint(sparsity: int) -> dict[str, torch.Tensor]:
    """One checkpoint's state dict."""
    loaded = torch.load(ASSETS / "files" / IDS[sparsity], weights_only=True)
    state: dict[str, torch.Tensor] = loaded["state_dict"]
    return state


def saved(value: object) -> bytes:
    """What `torch.save` writes."""
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def run(out: Path, stream: io.StringIO, *, body: str, files: Path, **options: object) -> int:
    """`verify` as the demonstration calls it, without a network."""
    order = {"drive": None, "issue": 1, "protocol": load_protocol("demo")} | options
    return verify(Order(body=body, out=out, board=BOARD, mirror=files, **order), stream)  # type: ignore[arg-type]
