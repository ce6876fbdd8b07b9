"""What authors do before they open an issue: write a taxonomy, check it, gather their results into the issue's text."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from apcore.command_line import CONTRIBUTOR, DONE, Commands, UsageError, add_command, read_text
from apcore.durable import write_once
from apcore.excerpt import excerpt, line_and_column
from apcore.issue_form import Answers, PrefilledLink, issue_body, prefilled_link, taxonomy_text
from apcore.json_argument import json_argument
from apcore.pasted_taxonomy import PastedTaxonomy, pasted_start, read_pasted

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def add_taxonomy(commands: Commands) -> None:
    """`apcore taxonomy new` and `apcore taxonomy check`."""
    group = commands.add_parser("taxonomy", help="write or check the description of a method")
    subcommands = group.add_subparsers(metavar="command", required=True)
    new = add_command(
        subcommands,
        "new",
        summary="ask what a taxonomy needs and print it as JSON",
        example="apcore taxonomy new --out taxonomy.json",
        run=_new,
    )
    new.add_argument("--out", type=Path, metavar="FILE", help="write it there; a file that exists is never overwritten")
    check = add_command(
        subcommands,
        "check",
        summary="check a taxonomy, of the form or of the older template, and print it as it will be read",
        example="apcore taxonomy check taxonomy.json",
        run=_check,
    )
    check.add_argument("file", metavar="FILE", help="a file, or - for standard input")
    check.add_argument("--json", action="store_true", help="print taxonomy and remarks as one JSON document")


def add_submission(commands: Commands) -> None:
    """`apcore submission`."""
    parser = add_command(
        commands,
        "submission",
        summary="gather results of `apcore benchmark` into the text of the issue that hands them in",
        example="apcore submission run --taxonomy taxonomy.json --links links.json --out issue.md",
        run=_submission,
    )
    parser.add_argument("results", type=Path, metavar="DIR", help="what `apcore benchmark --out` left")
    parser.add_argument("--taxonomy", required=True, metavar="FILE", help="of the method, as JSON")
    parser.add_argument(
        "--links", metavar="FILE", help='JSON with the Google Drive links: {"<model key>": {"checkpoint": "<link>", …}}'
    )
    parser.add_argument("--notes", metavar="FILE", help="text for the field Notes")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="where the issue is opened, for a prefilled link")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the text there instead of printing it")
    parser.add_argument("--json", action="store_true", help="print text, link and missing links as one JSON document")


def _new(options: argparse.Namespace) -> int:
    from apcore.taxonomy_wizard import ask_taxonomy  # noqa: PLC0415 - jsonschema, which `--help` does not need

    if options.out and options.out.exists():
        raise UsageError(f"{options.out} exists already; choose another name, or remove it first")
    try:
        taxonomy = ask_taxonomy(_ask, _say)
    except EOFError as exc:
        raise UsageError("the input ended before the last question, so there is no taxonomy") from exc
    _say("")
    _leave(taxonomy_text(taxonomy) + "\n", options.out)
    return DONE


def _check(options: argparse.Namespace) -> int:
    text = read_text(options.file)
    pasted = _pasted(text, options.file)
    told = _remarks(text, pasted)
    taxonomy = _valid(pasted)
    if options.json:
        print(json.dumps({"taxonomy": taxonomy, "remarks": told}, indent=2, ensure_ascii=False))
    else:
        for remark in told:
            _say(_remark_words(remark))
        if taxonomy is not None:
            print(taxonomy_text(taxonomy))
    errors = sum(remark["severity"] == "error" for remark in told)
    _say("the taxonomy is valid" if taxonomy is not None else f"the taxonomy is not valid: {errors} to mend")
    return DONE if taxonomy is not None else CONTRIBUTOR


def _submission(options: argparse.Namespace) -> int:
    from apcore.submission_draft import draft, links_from, read_results  # noqa: PLC0415 - what `--help` does not need

    taxonomy = _valid(_pasted(read_text(options.taxonomy), options.taxonomy))
    if taxonomy is None:
        raise UsageError(
            f"{options.taxonomy} is no valid taxonomy; `apcore taxonomy check {options.taxonomy}` says why"
        )
    links = links_from(json_argument(options.links)) if options.links else {}
    drafted = draft(read_results(options.results), taxonomy, links)
    notes = read_text(options.notes).strip() if options.notes else ""
    answers = Answers(taxonomy=taxonomy, blocks=drafted.blocks, notes=notes)
    link = prefilled_link(_checked(options.repository), answers) if options.repository else None
    body = issue_body(answers)
    missing = [{"model_key": each.model_key, "label": each.label} for each in drafted.missing]
    if options.json:
        print(
            json.dumps({"body": body, "link": link and link.address, "missing": missing}, indent=2, ensure_ascii=False)
        )
    else:
        _leave(body, options.out)
    _tell_link(link)
    for each in drafted.missing:
        _say(f"still to fill in for {each.model_key}: {each.label}")
    if drafted.without_outcomes:
        _say(
            "worth adding: upload the .outcomes.npz that lies beside each result, and link it; a claim with it is checked on far "
            "fewer samples"
        )
    _say("then tick the confirmation: only you can say that the checkpoints are yours to share")
    _say(f"what the bot would answer: apbot check {options.out or 'FILE'}")
    lacking = "1 link is missing" if len(missing) == 1 else f"{len(missing)} links are missing"
    _say(f"the text is written; {lacking}" if missing else "the text is complete but for the tick")
    return DONE


def _pasted(text: str, name: str) -> PastedTaxonomy:
    start = pasted_start(text)
    if start is None:
        raise UsageError(f"{name} holds no JSON object; `apcore taxonomy new` writes one")
    return read_pasted(text, start)


def _valid(pasted: PastedTaxonomy) -> dict[str, Any] | None:
    """The taxonomy, None where anything is to be mended first."""
    return None if pasted.faults or pasted.reading is None else pasted.reading.taxonomy


def _remarks(text: str, pasted: PastedTaxonomy) -> list[dict[str, Any]]:
    """All there is to say, in the order of the text."""
    found: list[tuple[int, dict[str, Any]]] = []
    for fault in pasted.faults:
        shown = {"message": fault.message, "fix": fault.fix, "excerpt": excerpt(text, fault.offset)}
        found.append((fault.offset, {"severity": "error", "field": "", **shown}))
    for remark in pasted.reading.remarks if pasted.reading else ():
        seen = "" if remark.seen is None else f": {remark.seen}"
        said = {"message": f"{remark.message}{seen}", "fix": remark.fix}
        place = pasted.places.get(remark.key or "", pasted.start)
        found.append((place, {"severity": remark.weight, "field": remark.field, **said}))
    placed = []
    for offset, said in sorted(found, key=lambda pair: pair[0]):
        line, column = line_and_column(text, offset)
        placed.append({**said, "line": line, "column": column})
    return placed


def _remark_words(remark: dict[str, Any]) -> str:
    words = f"{remark['severity']}, line {remark['line']}, column {remark['column']}: {remark['message']}"
    shown = "".join(f"\n  {line}" for line in remark.get("excerpt", "").splitlines())
    return f"{words}{shown}\n  {remark['fix']}"


def _checked(repository: str) -> str:
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError("--repository is written OWNER/NAME")
    return repository


def _tell_link(link: PrefilledLink | None) -> None:
    if link is None:
        _say("for a link that opens the form with all this in it, give --repository OWNER/NAME")
        return
    _say(f"opens the form with these answers: {link.address}")
    if link.left_out:
        _say(f"too long for a link, to be pasted by hand: {', '.join(link.left_out)}")


def _leave(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    try:
        write_once(out, text.encode())
    except OSError as exc:
        raise UsageError(f"cannot write {out}: {exc.strerror}") from exc
    _say(f"written to {out}")


def _ask(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _say(words: str) -> None:
    print(words, file=sys.stderr)
