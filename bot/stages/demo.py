"""A small real submission from issue body to pull request, offline: what `verify` does for the one that comes along."""

from pathlib import Path
from typing import TextIO

from apcore.protocol import load_protocol
from bot.stages.verify import Order, verify

ISSUE = 1


def demo(out: Path, assets: Path, board: Path, stream: TextIO) -> int:
    """Verify the demonstration's submission into `out` and say where to look.

    Args:
        out: the run's folder.
        assets: folder with `issue.md` and `files/`.
        board: folder of the leaderboard.
        stream: gets what a person wants to follow.
    """
    code = verify(
        Order(
            body=(assets / "issue.md").read_text(encoding="utf-8"),
            out=out,
            board=board,
            protocol=load_protocol("demo"),
            mirror=assets / "files",
            issue=ISSUE,
            drive=None,
        ),
        stream,
    )
    places = {
        "the comment": out / "comment.md",
        "the curves": out / "curves",
        "the pull request": out / "pull_request" / "body.md",
        "its commit": f"git -C {out / 'repository'} show --stat",
        "the rebuilt table": out / "repository" / "leaderboard" / "tables" / "demo-digits-structured.md",
    }
    if code == 0:
        print("\nWorth a look:", file=stream)
        for what, where in places.items():
            print(f"  {what:<18} {where}", file=stream)
    return code
