"""The board's front page: which tables there are, what they hold, and how a number gets there."""

from collections.abc import Sequence

from apcore.protocol import Protocol
from bot.leaderboard.board import Board
from bot.leaderboard.headings import counted
from bot.leaderboard.records import Provenance
from bot.leaderboard.result_page import BUILT, page_name, page_title, sample_words
from bot.leaderboard.tables import ResultTable
from bot.leaderboard.taxonomy_page import PIPELINES, methods_of
from bot.reply.markdown import table


def index_page(board: Board, tables: Sequence[ResultTable]) -> str:
    """`leaderboard/README.md`."""
    protocols = dict.fromkeys(results.protocol for results in tables)
    return "\n\n".join(
        [
            BUILT,
            "# Leaderboard of adversarial pruning methods",
            (
                f"{counted(len(board.entries), 'method')}. Results are kept apart by protocol: it fixes the attacks, their radius "
                "and the images, so numbers of two protocols cannot be compared."
            ),
            *(_protocol_section(protocol, [t for t in tables if t.protocol == protocol]) for protocol in protocols),
            _taxonomy_section(board),
            _files_section(),
        ]
    )


def _protocol_section(protocol: Protocol, tables: Sequence[ResultTable]) -> str:
    attack, ho_fmn = protocol.autoattack, protocol.ho_fmn
    rows = []
    for results in tables:
        cells = [cell for row in results.rows for cell in row.cells if cell]
        verified = sum(cell.provenance is Provenance.VERIFIED for cell in cells)
        link = f"[{page_title(results)}](tables/{page_name(results)})"
        rows.append([link, str(len(results.rows)), str(len(cells)), str(verified)])
    return "\n\n".join(
        [
            f"## {protocol.title} (`{protocol.name}`)",
            (
                f"AutoAttack standard, L-inf, eps {attack.eps_text}, {sample_words(attack.samples)}. "
                f"HO-FMN, L-inf, counted at eps {ho_fmn.eps_text}, {sample_words(ho_fmn.samples)}; "
                "it stands in the entries and data files, not in the tables."
            ),
            table(["Table", "Methods", "Results", "Re-run by apbot"], rows, numeric=(1, 2, 3)),
        ]
    )


def _taxonomy_section(board: Board) -> str:
    rows = [[f"[{p.title}](tables/{p.page_name})", str(len(methods_of(board, p)))] for p in PIPELINES]
    return "\n\n".join(["## Taxonomy", table(["Table", "Methods"], rows, numeric=(1,))])


def _files_section() -> str:
    return "\n".join(
        [
            "## Files",
            "",
            "- [`entries/`](entries/): one file per method, the only source of truth.",
            "- [`leaderboard.json`](leaderboard.json): methods, results and tables, for programs.",
            "- [`leaderboard.csv`](leaderboard.csv): one row per result.",
            "",
            "To change the board, open an issue with a new method, or change an entry and run `apbot leaderboard build`.\n",
        ]
    )
