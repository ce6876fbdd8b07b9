"""Every file of the site from the board: pages from templates, data as scripts, badges, and what the pages look and act like.

All addresses are relative, so that the folder works wherever it lies: on a disk, or below any path of a server.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from apcore import project_files
from apcore.project_files import project_folder
from apcore.taxonomy_terms import CRITERIA, LOCALITIES, OTHER_CRITERION
from bot.leaderboard.board import Board
from bot.leaderboard.details import Details
from bot.leaderboard.entry import Entry, entry_bytes
from bot.leaderboard.exports import leaderboard_csv, leaderboard_json
from bot.leaderboard.headings import STRUCTURE_WORDS, architecture_name, counted
from bot.leaderboard.records import Provenance
from bot.leaderboard.result_page import sample_words
from bot.leaderboard.site import curve_picture, taxonomy_picture
from bot.leaderboard.site import scatter as picture
from bot.leaderboard.site.archive import PAGE, ArchiveView, archive_view
from bot.leaderboard.site.board_view import BoardView, Measure, board_data, board_view, column_words
from bot.leaderboard.site.checkpoint_view import CheckpointView, checkpoint_view
from bot.leaderboard.site.curve_pages import CurvesPage, curve_scripts, curves_pages, track_words
from bot.leaderboard.site.doc_pages import DocPage, by_reader, doc_pages
from bot.leaderboard.site.feed import FEED, feed
from bot.leaderboard.site.method_view import MethodView, method_view, terms
from bot.leaderboard.site.status_view import status_view
from bot.leaderboard.site.wizard_data import wizard_data, wizard_page
from bot.leaderboard.tables import result_tables
from bot.leaderboard.taxonomy_page import LEGEND, PIPELINES, Pipeline, decisions, methods_of, taxonomy_columns
from bot.lifecycle.status import Status
from bot.reply.badge import badge_svg
from bot.reply.result_rows import FLAG_MARK, WORDS

BUILT: Final = "<!-- Built from leaderboard/entries/ by `apbot leaderboard build`. -->"
_HERE: Final = Path(__file__).parent
_STATIC: Final = (
    *("site.css", "site.js", "icon.svg", "measured.css", "curves.js", "address.js"),
    *("wizard.js", "wizard_rules.js"),
)
# Those of the data files, and what they refer to.
_SCHEMAS: Final = ("details", "entry", "leaderboard", "taxonomy")
_SHORT_PIPELINES: Final = {
    "after_training": "After training",
    "before_training": "Before training",
    "during_training": "During training",
}


def site_files(
    board: Board,
    documents: Mapping[str, str] = MappingProxyType({}),
    *,
    details: Mapping[str, Details] = MappingProxyType({}),
    evidence: frozenset[str] = frozenset(),
    repository: str | None = None,
    status: Status | None = None,
) -> dict[str, str]:
    """Path below the site's folder and text of every file, the same bytes for the same entries and documents.

    Args:
        board: the entries.
        documents: Markdown by name, as for `doc_pages`.
        details: of verified results, by hash, as `read_details` gives them.
        evidence: paths in the repository of what runs left, as `evidence_in` gives them.
        repository: `owner/name` on GitHub, where issues are opened; None where nobody knows.
        status: where submissions were at some moment; None makes a page that says that nobody told.
    """
    tables = result_tables(board)
    archive = archive_view(board)
    boards = tuple(map(board_view, tables))
    methods = tuple(method_view(entry, boards) for entry in board.entries)
    width = picture.WIDTH - picture.LEFT - picture.RIGHT
    checkpoints = tuple(
        checkpoint_view(method, result, details.get(record.details or ""), width, evidence)
        for method in methods
        for result in method.verified
        if (record := result.verified)
    )
    curves = curves_pages(checkpoints)
    files = {
        ".nojekyll": "",
        "leaderboard.csv": leaderboard_csv(board),
        "leaderboard.json": leaderboard_json(board, tables),
        **{f"entries/{entry.ap_key}.json": entry_bytes(entry).decode() for entry in board.entries},
        **{f"schemas/{name}.schema.json": _schema(name) for name in _SCHEMAS},
        **{name: (_HERE / "static" / name).read_text(encoding="utf-8") for name in _STATIC},
        **{f"data/{view.stem}.js": board_data(view) for view in boards},
        "data/wizard.js": wizard_data(board, repository),
        FEED: feed(archive),
        **dict(_badges(methods, checkpoints)),
        **dict(curve_scripts(checkpoints)),
        **dict(_pages(board, boards, methods, doc_pages(documents), checkpoints, curves, archive, repository, status)),
    }
    return dict(sorted(files.items()))


def _pages(
    board: Board,
    boards: Sequence[BoardView],
    methods: Sequence[MethodView],
    docs: Sequence[DocPage],
    checkpoints: Sequence[CheckpointView],
    curves: Sequence[CurvesPage],
    archive: ArchiveView,
    repository: str | None,
    status: Status | None,
) -> Iterator[tuple[str, str]]:
    environment = _environment()

    def page(template: str, path: str, **values: Any) -> tuple[str, str]:
        root = "../" * path.count("/")
        text = environment.get_template(template).render(
            built=BUILT, root=root, boards=boards, docs=docs, here=path, **values
        )
        return path, text.rstrip("\n") + "\n"

    yield page("index.html", "index.html", board=board, methods=methods)
    yield page("methods.html", "methods.html", methods=methods)
    yield page(
        "taxonomy.html",
        "taxonomy.html",
        pipelines=[_pipeline(board, p) for p in PIPELINES],
        pictures=tuple(map(taxonomy_picture.taxonomy_picture, boards)),
        layout=taxonomy_picture,
        **_use(board, boards),
    )
    yield page("submit.html", "submit.html", **wizard_page(repository))
    for view in boards:
        yield page("board.html", f"boards/{view.stem}.html", view=view, scatter=picture.scatter(view), **_choices(view))
    for method in methods:
        yield page("method.html", f"methods/{method.entry.ap_key}.html", method=method)
        for alias in _other_keys(method.entry):
            yield page("moved.html", f"methods/{alias}.html", alias=alias, entry=method.entry)
    for checkpoint in checkpoints:
        yield page("checkpoint.html", f"checkpoints/{checkpoint.stem}.html", checkpoint=checkpoint)
    yield page("curves.html", "curves.html", curves=curves, verified=len(checkpoints))
    for shown in curves:
        yield page("curves_of_protocol.html", f"curves/{shown.protocol.name}.html", curves=curves, shown=shown)
    yield page("archive.html", PAGE, archive=archive)
    yield page("status.html", "status.html", status=status and status_view(status))
    if docs:
        yield page("docs.html", "docs.html", groups=by_reader(docs))
    for doc in docs:
        yield page("doc.html", f"docs/{doc.stem}.html", doc=doc)


def _other_keys(entry: Entry) -> list[str]:
    """Under which the method's page is found as well; a file system that ignores case has one file for spellings of one key."""
    return [alias for alias in entry.aliases if alias.casefold() != entry.ap_key.casefold()]


def _schema(name: str) -> str:
    folder = project_folder(project_files.__file__, "schemas")
    return (folder / f"{name}.schema.json").read_text(encoding="utf-8")


def _badges(methods: Sequence[MethodView], checkpoints: Sequence[CheckpointView]) -> Iterator[tuple[str, str]]:
    for method in methods:
        yield f"badges/{method.entry.ap_key}.svg", badge_svg(method.badge)
    for checkpoint in checkpoints:
        yield f"badges/{checkpoint.stem}.svg", badge_svg(checkpoint.badge)


def _choices(view: BoardView) -> dict[str, Any]:
    """What a reader can filter by: values that some method of the board has, each with its words."""
    taxonomies = [row.entry.taxonomy for row in view.rows]
    localities = {term for row in view.rows for term in row.locality or ("none",)}
    return {
        "filters": (
            ("arch", "Architecture", [(name, architecture_name(name)) for name in view.architectures]),
            ("sparsity", "Sparsity", [(str(s), f"{s} %") for s in view.sparsities]),
            ("pipeline", "Pipeline", _present(_SHORT_PIPELINES, {t["pipeline"] for t in taxonomies})),
            ("criterion", "Criterion", _present(_criteria(), {t["criterion"] for t in taxonomies})),
            ("locality", "Locality", _present(LOCALITIES | {"none": "Not specified"}, localities)),
            ("from", "Provenance", [("published", "Published"), ("verified", "Verified")]),
        )
    }


def _present(words: dict[str, str], used: set[str]) -> list[tuple[str, str]]:
    return [(term, text) for term, text in words.items() if term in used]


def _criteria() -> dict[str, str]:
    return {term: f"{term}: {text.lower()}" for term, text in CRITERIA.items()} | {OTHER_CRITERION: "Other"}


def _pipeline(board: Board, pipeline: Pipeline) -> dict[str, Any]:
    columns = taxonomy_columns(pipeline)
    entries = methods_of(board, pipeline)
    return {
        "name": pipeline.name,
        "title": pipeline.title,
        "headings": [heading for heading, _, _ in columns],
        "rows": [(entry, [render(entry.taxonomy[field]) for _, field, render in columns]) for entry in entries],
        "decisions": decisions(entries),
    }


def _use(board: Board, boards: Sequence[BoardView]) -> dict[str, Any]:
    """How many methods each board has of each criterion: what the links to filtered boards say."""

    def line(field: str, term: str, words: str) -> tuple[str, str, int, list[int]]:
        members = [sum(row.entry.taxonomy[field] == term for row in view.rows) for view in boards]
        return term, words, sum(entry.taxonomy[field] == term for entry in board.entries), members

    criteria = CRITERIA | {OTHER_CRITERION: "Other"}
    return {
        "uses": (
            ("pipeline", "Pipeline", [line("pipeline", term, words) for term, words in _SHORT_PIPELINES.items()]),
            (
                "criterion",
                "Criterion",
                [line("criterion", term, f"{words} ({term})") for term, words in criteria.items()],
            ),
        )
    }


def _code(text: str) -> Markup:
    """Text of our own, with what stands between backticks as code."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "Measure": Measure,
        "VERIFIED": Provenance.VERIFIED,
        "counted": counted,
        "column_words": column_words,
        "architecture_name": architecture_name,
        "sample_words": sample_words,
        "pipelines_in_short": _SHORT_PIPELINES,
        "verdict_words": WORDS,
        "legend": LEGEND,
        "structure_words": STRUCTURE_WORDS,
        "terms": terms,
        "picture": picture,
        "curve_picture": curve_picture,
        "flag_mark": FLAG_MARK,
        "track_words": track_words,
    }
    environment.filters["code"] = _code
    environment.filters["percent"] = lambda fraction: f"{100 * fraction:.2f}"
    return environment
