"""From the text of an issue to a submission, or to what can be said about it."""

import json

import pytest
from doubles.bodies import body
from hypothesis import given
from hypothesis import strategies as st

from apcore.protocol import load_protocol
from bot.submission.model import Finding, Severity
from bot.submission.reading import MAX_BODY_BYTES, Reading, read_submission

PROTOCOL = load_protocol("apb-2024")
LEGACY, FORM = body("legacy"), body("form")


def read(text: str) -> Reading:
    return read_submission(text, PROTOCOL)


def errors(text: str) -> list[Finding]:
    return [finding for finding in read(text).findings if finding.severity is Severity.ERROR]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_the_older_template_gives_a_submission() -> None:
    reading = read(LEGACY)
    assert reading.findings == ()
    assert reading.submission is not None
    assert [str(model.key) for model in reading.submission.models] == [
        "ThinNet_Doe2026Thin_R18_CIFAR10_S_50",
        "ThinNet_Doe2026Thin_R18_CIFAR10_S_75",
        "ThinNet_Doe2026Thin_R18_CIFAR10_S_90",
    ]
    first = reading.submission.models[0]
    assert (first.checkpoint.id, first.checkpoint.extension) == ("1thin-checkpoint-s50-0123456789abcd", ".pt")
    assert first.distances is not None
    assert first.distances.extension == ".pickle"
    assert first.claimed.clean_accuracy == pytest.approx(0.5312)
    assert first.architecture == "resnet18"
    assert reading.submission.notes == "No model needs normalization. All load into the base ResNet-18."


def test_the_form_gives_a_submission() -> None:
    submission = read(FORM).submission
    assert submission is not None
    assert [model.key.architecture for model in submission.models] == ["R18", "R18", "R18", "V16"]
    assert submission.models[0].normalization is not None
    assert submission.models[0].normalization.mean == (0.4914, 0.4822, 0.4465)
    assert submission.models[0].outcomes is not None
    assert submission.models[0].outcomes.id == "1form-outcomes---u90-0123456789abc"
    assert submission.models[1].checkpoint.id == "1form-checkpoint-u95-0123456789abc"
    assert submission.models[1].checkpoint.extension == ".pth"
    assert submission.notes.endswith("# They load without changes")


@pytest.mark.shared
def test_the_real_submission_is_read_without_a_word(shared) -> None:
    reading = read((shared / "data" / "submission" / "issue.md").read_text(encoding="utf-8"))
    assert reading.findings == ()
    assert reading.submission is not None
    assert [model.key.sparsity for model in reading.submission.models] == [50, 75, 90]


@pytest.mark.parametrize(
    "variation",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\N{ZERO WIDTH NO-BREAK SPACE}" + text,
        lambda text: text.replace(" : ", "\N{NO-BREAK SPACE}:\N{NO-BREAK SPACE}"),
        lambda text: text.replace("\n", "   \n"),
        lambda text: text.replace("_Model GDrive:_", "**Model GDrive**:").replace(
            "_Clean Accuracy:_", "* Clean accuracy:"
        ),
        lambda text: text.replace(' : ["', ':["').replace('", "', '","'),
        lambda text: text.replace("Entry \n{", "Entry\nHere it is:\n\n```json\n{").replace(
            "}\n", "}\n```\nThat is all.\n"
        ),
        lambda text: text.replace("_Clean Accuracy:_", "Some words of ours: here.\n_Clean Accuracy:_"),
    ],
    ids=["crlf", "cr", "bom", "nbsp", "trailing blanks", "emphasis", "tight", "fenced with prose", "prose"],
)
def test_how_the_text_is_laid_out_changes_nothing(variation) -> None:
    submission = read(variation(LEGACY)).submission
    assert submission is not None
    assert submission.sha256 == read(LEGACY).submission.sha256


def test_sections_may_come_in_any_order() -> None:
    head, *sections = LEGACY.split("\n## ")
    reordered = read("\n## ".join((head, *reversed(sections)))).submission
    assert reordered is not None
    assert [model.key.sparsity for model in reordered.models] == [90, 75, 50]
    assert reordered.taxonomy == read(LEGACY).submission.taxonomy


def test_a_value_may_stand_on_the_line_below_its_label() -> None:
    moved = changed(FORM, "(Google Drive link or id): https", "(Google Drive link or id):\nhttps")
    assert read(moved).submission.sha256 == read(FORM).submission.sha256


def test_a_section_may_hold_several_models() -> None:
    second, third = (f"## Evaluation Results of Model n\N{DEGREE SIGN}{n}\n" for n in (2, 3))
    assert read(changed(changed(LEGACY, second, ""), third, "")).submission.sha256 == read(LEGACY).submission.sha256


def test_hofmn_as_a_fraction_is_read_as_percent_and_told() -> None:
    reading = read(changed(LEGACY, "(HO-FMN):_ 21.09", "(HO-FMN):_ 0.2109"))
    assert reading.submission.models[0].claimed.hofmn_robust_accuracy == pytest.approx(0.2109)
    [finding] = reading.findings
    assert (finding.severity, finding.message) == (Severity.NOTICE, "the fraction `0.2109` was read as 21.09 %")


def test_three_fractions_are_read_as_percent_and_told() -> None:
    reading = read(LEGACY.replace("53.12", "0.5312").replace("29.69", "0.2969").replace("21.09", "0.2109"))
    claimed = reading.submission.models[0].claimed
    assert (claimed.clean_accuracy, claimed.aa_robust_accuracy) == (pytest.approx(0.5312), pytest.approx(0.2969))
    assert [finding.message for finding in reading.findings if finding.where.startswith("models.0")] == [
        "the fraction `0.5312` was read as 53.12 %",
        "the fraction `0.2969` was read as 29.69 %",
        "the fraction `0.2109` was read as 21.09 %",
    ]


@pytest.mark.parametrize(("autoattack", "hofmn"), [("0.7", "0.5"), ("0", "0.5"), ("1", "0.5"), ("0.7", "21.09")])
def test_a_small_number_stays_as_it_is_where_the_others_do_not_tell(autoattack: str, hofmn: str) -> None:
    text = changed(LEGACY, "29.69", autoattack)
    claimed = read(changed(text, "21.09", hofmn)).submission.models[0].claimed
    assert claimed.aa_robust_accuracy == pytest.approx(float(autoattack) / 100)
    assert claimed.hofmn_robust_accuracy == pytest.approx(float(hofmn) / 100)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (("53.12", "0.2969", "21.09"), (53.12, 29.69, 21.09)),
        (("0.5312", "29.69", "21.09"), (53.12, 29.69, 21.09)),
        (("0.5312", "29.69", "0.2109"), (53.12, 29.69, 21.09)),
        (("53.12", "29.69 %", "0.2109"), (53.12, 29.69, 21.09)),
        # Of a network that is hardly robust: nearer to its other robust accuracy as it stands.
        (("53.12", "2.50", "0.78"), (53.12, 2.5, 0.78)),
        (("53.12", "0.78", "2.50"), (53.12, 0.78, 2.5)),
        (("53.12", "29.69", "0.2109 %"), (53.12, 29.69, 0.2109)),
        (("53.12", "29.69", "0"), (53.12, 29.69, 0)),
    ],
)
def test_a_fraction_beside_percentages_is_told_by_the_other_accuracies(
    written: tuple[str, str, str], read_as: tuple[float, float, float]
) -> None:
    labels = ("_Clean Accuracy:_ ", "_Robust Accuracy (AA):_ ", "_Robust Accuracy (HO-FMN):_ ")
    text = LEGACY
    for label, old, new in zip(labels, ("53.12", "29.69", "21.09"), written, strict=True):
        text = text.replace(label + old, label + new, 1)
    assert read(text).draft.models[0].claims == pytest.approx(read_as)


def test_two_robust_fractions_beside_a_percentage_are_not_guessed_but_told() -> None:
    reading = read(changed(LEGACY, "29.69", "0.2969").replace("21.09", "0.2109"))
    assert reading.draft.models[0].claims == (53.12, 0.2969, 0.2109)
    [finding] = reading.findings
    assert (finding.severity, finding.line) == (Severity.WARNING, 25)
    assert finding.fix == "write `29.69` and `21.09` if they are fractions, else `0.2969 %` and `0.2109 %`"
    assert (
        read(changed(LEGACY, "29.69", "0.2969 %").replace("21.09", "0.2109 %")).findings[0].severity is Severity.NOTICE
    )


def test_a_percentage_that_was_taken_for_a_fraction_is_settled_by_its_sign() -> None:
    [finding] = read(changed(LEGACY, "21.09", "0.55")).findings
    assert finding.fix == "nothing to do if that is meant; else write `0.55 %`"
    assert read(changed(LEGACY, "21.09", "0.55 %")).draft.models[0].hofmn_robust_accuracy == 0.55


def test_a_label_that_is_repeated_is_told_once_and_only_if_it_says_something_else() -> None:
    line = "_Clean Accuracy:_ 53.12"
    assert read(changed(LEGACY, f"{line} \n_Robust", f"{line}\n{line}\n_Robust")).findings == ()
    finding, _ = read(changed(LEGACY, f"{line} \n_Robust", f"{line}\n{line}3\n{line}4\n_Robust")).findings
    assert (finding.line, finding.rule) == (25, "one-line-per-label")
    assert finding.message == "`Clean accuracy (%)` is given on line 24 already, and otherwise here and once more"


@pytest.mark.parametrize(
    "written",
    [
        "(0.2109375, array([0.03, 0.01]))",
        "(tensor(0.2109375), tensor([0.0300, 0.0100]))",
        "(tensor(0.2109375, device='cuda:0'), tensor([0.0300, 0.0100,",
        "(np.float64(0.2109375), [0.03, 0.01])",
    ],
)
def test_the_pair_that_the_released_benchmark_prints_is_read_and_told(written: str) -> None:
    reading = read(changed(LEGACY, "(HO-FMN):_ 21.09", f"(HO-FMN):_ {written}"))
    assert reading.submission.models[0].claimed.hofmn_robust_accuracy == pytest.approx(0.2109375)
    [finding] = reading.findings
    assert finding.message.endswith("was read as 21.09375: the first of the pair is the share of robust samples")


@pytest.mark.parametrize(
    ("old", "new", "where", "place", "message"),
    [
        ("53.12", "about 53", "models.0.claimed.clean_accuracy", (24, 19), "this is not a number: `about 53`"),
        (
            "1thin-checkpoint-s50-0123456789abcd",
            "https://example.org/a.pt",
            "models.0.checkpoint",
            (21, 18),
            "this is not a link to Google Drive: `https://example.org/a.pt`",
        ),
        (
            '"ThinNet_Doe2026Thin_R18_CIFAR10_S_50" : ["1thin-checkpoint-s50-0123456789abcd", ".pt"]',
            "see below",
            "models.0.model_key",
            (21, 17),
            "this line cannot be read",
        ),
        ('"B: Pruning step ": "None",', '"B: Pruning step ": NaN,', "taxonomy", (12, 23), "JSON has no NaN"),
        (
            '"Pruning criterion"',
            '"ap_key"',
            "taxonomy",
            (17, 3),
            "this key stands there twice, with different values (the other one is on line 10)",
        ),
        (
            "_Robust Accuracy (AA):_",
            "_Clean Accuracy:_",
            "models",
            (25, 19),
            "`Clean accuracy (%)` is given on line 24 already, and otherwise here",
        ),
    ],
)
def test_each_fault_is_told_with_its_place(
    old: str, new: str, where: str, place: tuple[int, int], message: str
) -> None:
    finding = errors(LEGACY.replace(old, new, 1))[0]
    assert (finding.where, (finding.line, finding.column), finding.message) == (where, place, message)


def test_json_that_goes_on_is_refused() -> None:
    [finding] = errors(changed(LEGACY, 'Magnitude LWM"\n}', 'Magnitude LWM"\n}\n}'))
    assert (finding.line, finding.column, finding.message) == (19, 1, "the JSON goes on after its last bracket")


def test_a_second_taxonomy_is_refused() -> None:
    [finding] = errors(LEGACY + "\n## JSON Entry\n{}\n")
    assert finding.message == "there is a second section with a taxonomy"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the issue is empty"),
        (" \n\t\r\n", 1, "the issue is empty"),
        ("Please add my method.", 1, "the issue has none of the form's headings"),
        (body("legacy-untouched"), 7, "the form is as it was, nothing is filled in"),
        (body("form-untouched"), 1, "the form is as it was, nothing is filled in"),
        ("### Notes\n" + "x" * MAX_BODY_BYTES, 1, "the issue has 262,154 bytes, at most 262,144 are read"),
    ],
    ids=["empty", "blank", "no form", "older template", "form", "too long"],
)
def test_what_is_no_submission_at_all_is_told_in_one_finding(text: str, line: int, message: str) -> None:
    reading = read(text)
    assert reading.draft is None
    [finding] = reading.findings
    assert (finding.line, finding.message) == (line, message)


def test_a_model_left_as_it_was_is_left_out_and_told() -> None:
    reading = read(body("two-models"))
    assert len(reading.draft.models) == 2
    assert [(f.severity, f.line) for f in reading.findings] == [(Severity.NOTICE, 36)]


def test_lone_surrogates_do_not_reach_the_submission() -> None:
    submission = read(changed(LEGACY, "No model needs", "\ud800No model needs")).submission
    assert submission.notes.startswith("\N{REPLACEMENT CHARACTER}No model")
    assert len(submission.sha256) == 64


pieces = st.sampled_from([*LEGACY.splitlines(keepends=True), *FORM.splitlines(keepends=True)]) | st.text(
    alphabet=st.characters(), max_size=20
)


@given(st.lists(pieces, max_size=60).map("".join))
def test_any_text_gets_an_answer_and_every_finding_a_place(text: str) -> None:
    reading = read(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for finding in reading.findings:
        assert finding.message
        assert finding.fix
        if text.strip():
            assert 1 <= finding.line <= lines
            assert finding.column >= 1
    if reading.submission is not None:
        assert reading.submission.to_bytes().decode()


@pytest.mark.parametrize("name", ["json-inside-another-object", "json-quoted"])
def test_a_taxonomy_in_another_object_or_a_quotation_is_read_and_told(name: str) -> None:
    reading = read(body(name))
    assert reading.submission is not None
    assert reading.submission.taxonomy == read(body("plain")).submission.taxonomy
    [finding] = [finding for finding in reading.findings if finding.rule == "the-taxonomy-is-one-object"]
    assert finding.severity is Severity.NOTICE


def test_fields_of_a_taxonomy_in_another_object_are_found_at_their_places() -> None:
    text = body("json-inside-another-object")
    line = next(number for number, line in enumerate(text.split("\n"), start=1) if '"criterion"' in line)
    assert read(text).positions["taxonomy.criterion"][0] == line


@pytest.mark.parametrize("name", ["json-escaped-for-markdown", "json-bracket-too-many"])
def test_marks_that_came_along_are_one_fault_with_the_block_that_is_meant(name: str) -> None:
    [finding] = [finding for finding in read(body(name)).findings if finding.severity is Severity.ERROR]
    assert {"name": "ThinNet", **json.loads(finding.mended)} == read(body("plain")).submission.taxonomy


def test_what_the_reader_guessed_at_is_told_once() -> None:
    broken = body("plain").replace('"LWM"', "NaN")
    reading = read(broken)
    assert [finding.message for finding in reading.findings if finding.severity is Severity.ERROR] == [
        "JSON has no NaN"
    ]
    assert reading.draft.taxonomy.remarks == ()
