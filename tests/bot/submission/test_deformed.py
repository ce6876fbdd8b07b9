"""Whatever is tolerated changes nothing: a submission in either form, deformed in several ways at once, reads back the same."""

import re
from collections.abc import Callable

from doubles.submissions import notes, older_body, submissions
from hypothesis import given, settings
from hypothesis import strategies as st

from apcore.protocol import load_protocol
from bot.submission.form import form_body
from bot.submission.model import Severity, Submission
from bot.submission.reading import read_submission

PROTOCOL = load_protocol("apb-2024")
_ACCURACY = re.compile(r"^(.*accuracy.*?:_?) *([0-9.]+) *$", re.MULTILINE | re.IGNORECASE)
_LABELLED = re.compile(r"^((?:Model key|Checkpoint|Extension|Clean|AutoAttack|HO-FMN|_).*:.*)$", re.MULTILINE)
_ID = re.compile(r"^(Checkpoint [^:]*: )([A-Za-z0-9_-]{25,60})$", re.MULTILINE)
_OLD_ID = re.compile(r'(\[")([A-Za-z0-9_-]{25,60})(")')
_JSON = re.compile(r"(?:```json\n)?(^\{\n.*?^\}$)(?:\n```)?", re.MULTILINE | re.DOTALL)

_HEADING = re.compile(
    r"^(?=#{2,3} (?:Taxonomy|Model|Further|Notes|Confirmation|JSON|Evaluation|Architecture))", re.MULTILINE
)

Deformation = Callable[[str], str]


def each_accuracy(change: Callable[[str], str]) -> Deformation:
    return lambda text: _ACCURACY.sub(lambda match: f"{match[1]} {change(match[2])}", text)


def each_id(link: str) -> Deformation:
    def change(text: str) -> str:
        text = _ID.sub(lambda match: match[1] + link.format(match[2]), text)
        return _OLD_ID.sub(lambda match: match[1] + link.format(match[2]) + match[3], text)

    return change


def json_as(before: str, after: str) -> Deformation:
    return lambda text: _JSON.sub(lambda match: before + match[1] + after, text, count=1)


def wide(number: str) -> str:
    return number.translate({ord(digit): ord(digit) - ord("0") + 0xFF10 for digit in "0123456789"})


def reordered(text: str) -> str:
    """The taxonomy after everything else."""
    head, *sections = _HEADING.split(text)
    last = [section for section in sections if section.startswith(("### Taxonomy", "## JSON"))]
    return head + "".join(f"{s.rstrip()}\n\n" for s in [*(s for s in sections if s not in last), *last])


def typographic_json(text: str) -> str:
    def change(match: re.Match[str]) -> str:
        return re.sub(r'"([^"]*)"', "\N{LEFT DOUBLE QUOTATION MARK}\\1\N{RIGHT DOUBLE QUOTATION MARK}", match[0])

    return _JSON.sub(change, text, count=1)


def model_sections_in_fences(text: str) -> str:
    return re.sub(r"^(### Model \d\n\n)(.*?)(\n\n### )", r"\1```\n\2\n```\3", text, flags=re.MULTILINE | re.DOTALL)


QUOTED = "\n\n> ### Model 1\n>\n> Model key: Other_Doe2026Other_R18_CIFAR10_US_90\n> Clean accuracy (%): 1\n"
DEFORMATIONS: dict[str, Deformation] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\N{ZERO WIDTH NO-BREAK SPACE}" + text,
    "trailing blanks": lambda text: text.replace("\n", "  \n"),
    "no-break spaces": lambda text: re.sub(r"(?<=:) (?=\S)", "\N{NO-BREAK SPACE}", text),
    "zero width": each_accuracy(lambda number: number[:1] + "\N{ZERO WIDTH SPACE}" + number[1:]),
    "comma": each_accuracy(lambda number: number.replace(".", ",")),
    "percent": each_accuracy(lambda number: f"{number} %"),
    "tight percent": each_accuracy(lambda number: f"{number}%"),
    "bold": each_accuracy(lambda number: f"**{number}**"),
    "code": each_accuracy(lambda number: f"`{number}`"),
    "wide": each_accuracy(wide),
    "next line": each_accuracy(lambda number: f"\n{number}"),
    "commented": each_accuracy(lambda number: f"{number} <!-- mean of three -->"),
    "list": lambda text: _LABELLED.sub(r"- \1", text),
    "numbered": lambda text: _LABELLED.sub(r"1. \1", text),
    "link": each_id("https://drive.google.com/file/d/{}/view?usp=sharing"),
    "open": each_id("https://drive.google.com/open?id={}"),
    "in Markdown": each_id("[weights](https://drive.google.com/uc?export=download&id={})"),
    "raw json": json_as("", ""),
    "folded json": json_as("<details><summary>JSON</summary>\n\n```json\n", "\n```\n\n</details>"),
    "json with prose": json_as("This is ours:\n\n~~~\n", "\n~~~\n\nThat is all."),
    "json fenced twice": json_as("```json\n```json\n", "\n```\n```"),
    "typographic json": typographic_json,
    "fenced models": model_sections_in_fences,
    "reordered": reordered,
    "quoted": lambda text: text + QUOTED,
}
# Of each group one at a time: two of them would write the same value in two ways.
GROUPS = (
    ("zero width", "comma", "percent", "tight percent", "bold", "code", "wide", "next line", "commented"),
    ("link", "open", "in Markdown"),
    ("raw json", "folded json", "json with prose", "json fenced twice"),
    ("list", "numbered", "fenced models"),
)


@st.composite
def deformations(draw: st.DrawFn) -> list[str]:
    grouped = {name for group in GROUPS for name in group}
    chosen = [draw(st.none() | st.sampled_from(group)) for group in GROUPS]
    others = draw(st.lists(st.sampled_from(sorted(DEFORMATIONS.keys() - grouped)), unique=True, max_size=3))
    names = {name for name in chosen if name} | set(others)
    if "fenced models" in names:
        # In code there are no comments.
        names.discard("commented")
    # Line endings last: the others look for plain ones.
    return sorted(names, key=lambda name: (name == "crlf", list(DEFORMATIONS).index(name)))


def assert_the_same(text: str, names: list[str], submission: Submission) -> None:
    for name in names:
        text = DEFORMATIONS[name](text)
    reading = read_submission(text, PROTOCOL)
    assert [finding for finding in reading.findings if finding.severity is not Severity.NOTICE] == []
    assert reading.submission is not None
    assert reading.submission.models == submission.models
    assert reading.submission.taxonomy == submission.taxonomy
    lines = re.split(r"\r\n|\r|\n", text)
    for finding in reading.findings:
        assert finding.fix
        assert 1 <= finding.line <= len(lines)


@settings(max_examples=150)
@given(submissions(), deformations())
def test_a_deformed_form_reads_back_the_same(submission: Submission, names: list[str]) -> None:
    assert_the_same(form_body(submission), names, submission)


@settings(max_examples=150)
@given(submissions(older=True), deformations())
def test_a_deformed_older_template_reads_back_the_same(submission: Submission, names: list[str]) -> None:
    # A body of the older template that holds a section of the form is one of both forms, which is as good.
    assert_the_same(older_body(submission), [name for name in names if name != "fenced models"], submission)


@settings(max_examples=40)
@given(submissions(), submissions(older=True), notes)
def test_sections_of_both_forms_may_stand_in_one_issue(form: Submission, older: Submission, words: str) -> None:
    sections = older_body(Submission(taxonomy=form.taxonomy, models=older.models, notes=words)).split(
        "## Evaluation", 1
    )[1]
    text = form_body(form) + "\n## Evaluation" + sections
    reading = read_submission(text, PROTOCOL)
    assert reading.submission is not None
    assert reading.submission.models == (*form.models, *older.models)
