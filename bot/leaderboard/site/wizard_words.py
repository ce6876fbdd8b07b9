"""The bot's own words for the submission wizard: each message is taken out of an answer to a made-up issue.

The page cannot run the rules' Python, so it repeats their conditions; it never repeats their words. An issue with one fault is
held against the reader and the rules as any other is, and what they say of it becomes a template, the values seen in it
being named holes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, TypeAlias

from apcore import model_block
from apcore.issue_form import Answers, issue_body
from apcore.model_key import ModelKey, ModelKeyError, Structure
from apcore.normalization_line import NormalizationError, read_normalization
from apcore.protocol import Protocol
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, Holds, PublishedFile
from apcore.taxonomy_schema import wanted
from bot.rules.facts import Cell, Facts, KnownMethod
from bot.rules.requirements import check as check_rules
from bot.rules.tracks import WORDS
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.model import Finding
from bot.submission.percentage import PercentageError, read_percentage
from bot.submission.reading import read_submission

_KEY: Final = "Made_Author2026Up"
_TAXONOMY: Final[Mapping[str, Any]] = {
    "ap_key": _KEY,
    "paper_url": "https://example.org/paper",
    "pipeline": "during_training",
    "training_step": ["AT"],
    "structure": ["US"],
    "locality": ["G"],
    "criterion": "LWM",
}
_CLAIMS: Final = (
    model_block.CLEAN_ACCURACY,
    model_block.AA_ROBUST_ACCURACY,
    model_block.HOFMN_ROBUST_ACCURACY,
)
# What no program can guess a key from.
_NO_KEY: Final = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issue:
    """A made-up issue: the taxonomy, one dict of lines for each model, and what the board knows."""

    taxonomy: Mapping[str, Any]
    models: Sequence[Mapping[str, str]]
    notes: str = ""
    confirmed: bool = True
    methods: tuple[KnownMethod, ...] = ()
    published: tuple[PublishedFile, ...] = ()

    def with_fields(self, **fields: Any) -> "_Issue":
        return replace(self, taxonomy={**self.taxonomy, **fields})

    def with_lines(self, lines: Mapping[str, str], place: int = 0) -> "_Issue":
        models = [{**model, **lines} if at == place else model for at, model in enumerate(self.models)]
        return replace(self, models=models)

    def with_key(self, key: ModelKey | str, place: int = 0) -> "_Issue":
        return self.with_lines({model_block.MODEL_KEY: str(key)}, place)

    def findings(self, protocol: Protocol) -> tuple[Finding, ...]:
        body = issue_body(
            Answers(
                taxonomy=self.taxonomy,
                blocks=[model_block.model_block(model) for model in self.models],
                notes=self.notes,
                confirmed=self.confirmed,
            )
        )
        reading = read_submission(body, protocol)
        assert reading.draft is not None, "a made-up issue can be read"  # noqa: S101 - our own invariant
        facts = Facts(protocol=protocol, methods=self.methods, published=self.published)
        ruled = check_rules(reading.draft, facts, reading.positions)
        assert not ruled.failures, ruled.failures  # noqa: S101 - our own invariant
        return (*reading.findings, *ruled.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One template: the rule that speaks, the issue it speaks about, and the values seen that become holes."""

    rule: str
    issue: _Issue
    holes: Mapping[str, str] = field(default_factory=dict)
    nth: int = 0


@cache
def words(protocol: Protocol) -> dict[str, dict[str, str]]:
    """By a name of ours: the rule, its severity, and its message and fix with holes such as `{seen}`."""
    made_up = _made_up(protocol)
    cases = {
        **_about_the_form(made_up),
        **_about_files(made_up),
        **_about_numbers(made_up),
        **_about_keys(made_up, protocol),
        **_about_sets(made_up, protocol),
        **_about_the_board(made_up, protocol),
    }
    return {name: _template(name, case, protocol) for name, case in cases.items()}


@cache
def problems() -> dict[str, dict[str, str]]:
    """What the readers of single values say, by reader and by a name of ours: parts of the messages in `words`."""
    return {
        "drive": dict(_drive_problems()),
        "percentage": dict(_raised(read_percentage, PercentageError, _BAD_PERCENTAGES)),
        "understood": {name: _understood(text, holes) for name, (text, holes) in _UNUSUAL_PERCENTAGES.items()},
        "normalization": dict(_raised(read_normalization, NormalizationError, _BAD_NORMALIZATIONS)),
        "key": dict(_raised(ModelKey.parse, ModelKeyError, _BAD_KEYS)),
    }


# By a name of ours: a text that a reader refuses or reads in its own way, and what of it stands in the words.
_Texts: TypeAlias = Mapping[str, tuple[str, Mapping[str, str]]]
_BAD_PERCENTAGES: Final[_Texts] = {
    "several": ("80 +- 1", {}),
    "inexact": ("~80", {}),
    "none": ("many", {}),
    "no_share": ("2/1", {}),
}
_UNUSUAL_PERCENTAGES: Final[_Texts] = {
    "comma": ("80,5", {}),
    "sign": ("80.5 %", {}),
    "pair": ("(0.5, tensor([1.]))", {}),
    "count": ("57/1280", {"count": "57", "total": "1,280"}),
    "printed": ("tensor(80.5)", {}),
    "latex": ("$80.5$", {}),
}
_BAD_NORMALIZATIONS: Final[_Texts] = {
    "none": ("half", {}),
    "mean": ("mean=11,0,0; std=1,1,1", {}),
    "std": ("mean=0,0,0; std=0,1,1", {}),
}
_BAD_KEYS: Final[_Texts] = {
    "parts": ("A_B", {}),
    "structure": (f"{_KEY}_R18_CIFAR10_X_90", {}),
    "sparsity": (f"{_KEY}_R18_CIFAR10_US_0", {}),
    "long": (f"A_B2026{'C' * 70}_R18_CIFAR10_US_90", {"length": "77"}),
    "strange": (
        f"\N{CYRILLIC SMALL LETTER A}{_KEY}_R18_CIFAR10_US_90",
        {"character": "U+0430 CYRILLIC SMALL LETTER A"},
    ),
    "malformed": ("A_B_R18_CIFAR10_US_90", {}),
    "architecture": (f"{_KEY}_r_CIFAR10_US_90", {}),
    "dataset": (f"{_KEY}_R18_c_US_90", {}),
}
_LINKS: Final = "https://drive.google.com/"
_BAD_LINKS: Final[_Texts] = {
    "long": ("x" * 1_001, {}),
    "none": ("checkpoint", {}),
    "several": (f"{_LINKS}file/d/{'1' * 30}?id={'2' * 30}", {}),
    "contradiction": (f"[{'1' * 30}]({_LINKS}file/d/{'2' * 30})", {}),
    "unreadable": ("https://[", {}),
    "folder": (f"{_LINKS}drive/folders/{'1' * 30}", {}),
    "document": (f"https://docs.google.com/document/d/{'1' * 30}", {}),
    "no_file": (f"{_LINKS}drive/my-drive", {}),
    "known": ("https://zenodo.org/1", {"host": "Zenodo"}),
    "elsewhere": ("https://example.org/1", {}),
}


def _made_up(protocol: Protocol) -> _Issue:
    """One complete set that no rule objects to."""
    architecture, dataset = protocol.architectures[0].short, protocol.datasets[0]
    structure, sparsities = protocol.sparsities[0]
    claims = ("80", "50", "50")
    models = [
        {
            model_block.MODEL_KEY: f"{_KEY}_{architecture}_{dataset}_{structure}_{sparsity}",
            model_block.CHECKPOINT: f"1made-up-checkpoint-number-{place:03}",
            model_block.EXTENSION: ".pt",
            **dict(zip(_CLAIMS, (f"8{place}", *claims[1:]), strict=True)),
        }
        for place, sparsity in enumerate(sparsities)
    ]
    return _Issue(taxonomy={**_TAXONOMY, "structure": [str(structure)]}, models=models)


def _template(name: str, case: _Case, protocol: Protocol) -> dict[str, str]:
    said = [finding for finding in case.issue.findings(protocol) if finding.rule == case.rule]
    assert len(said) > case.nth, f"no rule {case.rule} spoke for {name}"  # noqa: S101 - our own invariant
    finding = said[case.nth]
    whole = f"{finding.message}\n{finding.fix}"
    unsaid = [hole for hole, value in case.holes.items() if value not in whole]
    assert not unsaid, f"{name} does not say {unsaid}: {whole}"  # noqa: S101 - our own invariant
    message, fix = (_with_holes(text, case.holes) for text in (finding.message, finding.fix))
    return {"rule": finding.rule, "severity": str(finding.severity), "message": message, "fix": fix}


def _with_holes(text: str, holes: Mapping[str, str]) -> str:
    """`text` with the values replaced by the names of their holes, the longest first: one may be part of another."""
    for hole, value in sorted(holes.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"{{{hole}}}")
    return text


def _about_the_form(issue: _Issue) -> dict[str, _Case]:
    valid = "the-taxonomy-is-valid"
    field, text = "code_url", "nonsense"
    named = {"field": field, "wanted": wanted(field)}
    complete = "every-model-is-complete"
    needed = {
        "model_key": model_block.MODEL_KEY,
        "checkpoint": model_block.CHECKPOINT,
        "claimed.clean_accuracy": model_block.CLEAN_ACCURACY,
        "claimed.aa_robust_accuracy": model_block.AA_ROBUST_ACCURACY,
        "claimed.hofmn_robust_accuracy": model_block.HOFMN_ROBUST_ACCURACY,
    }
    return {
        "empty": _Case(
            rule=valid,
            issue=issue.with_fields(paper_url=""),
            holes={"field": "paper_url", "wanted": wanted("paper_url")},
        ),
        "invalid": _Case(rule=valid, issue=issue.with_fields(**{field: text}), holes={**named, "seen": f"`{text}`"}),
        "too_long": _Case(rule=valid, issue=issue.with_fields(code_url="x" * 501), holes={"seen": f"`{field}`"}),
        "unprintable": _Case(
            rule=valid,
            issue=issue.with_fields(code_url="a\N{RIGHT-TO-LEFT OVERRIDE}b"),
            holes={"seen": f"`{field}`"},
        ),
        "read_as": _Case(
            rule=valid,
            issue=issue.with_fields(code_url="example.org/code"),
            holes={"read": "`https://example.org/code`", "seen": "`example.org/code`"},
        ),
        **{
            f"missing.{path}": _Case(rule=complete, issue=issue.with_lines({label: ""}))
            for path, label in needed.items()
        },
        "too_many": _Case(rule="there-are-not-too-many-models", issue=replace(issue, models=[issue.models[0]] * 65)),
        "notes": _Case(
            rule="the-notes-are-not-too-long", issue=replace(issue, notes="x" * 20_017), holes={"length": "20,017"}
        ),
        "confirmation": _Case(rule="the-confirmation-is-ticked", issue=replace(issue, confirmed=False)),
    }


def _about_files(issue: _Issue) -> dict[str, _Case]:
    id_ = "1" * 30
    link = f"{_LINKS}open?id={id_}"
    secret = f"{link}&resourcekey=0-abc"
    (message, fix), text = _drive_error("checkpoint"), "checkpoint"
    read = "a-file-is-known-by-its-id"
    twice = {model_block.CHECKPOINT: issue.models[0][model_block.CHECKPOINT]}
    return {
        "file": _Case(
            rule="a-file-is-one-google-drive-file",
            issue=issue.with_lines({model_block.CHECKPOINT: text}),
            holes={"problem": message, "fix": fix, "seen": f"`{text}`"},
        ),
        "file_id": _Case(
            rule=read,
            issue=issue.with_lines({model_block.CHECKPOINT: link}),
            holes={"seen": f"`{link}`", "id": f"`{id_}`"},
        ),
        "file_id_without_key": _Case(
            rule=read,
            issue=issue.with_lines({model_block.CHECKPOINT: secret}),
            holes={"seen": f"`{secret}`", "id": f"`{id_}`"},
        ),
        "file_twice": _Case(
            rule="no-file-comes-twice",
            issue=issue.with_lines(twice, 1),
            holes={"id": f"`{twice[model_block.CHECKPOINT]}`", "use": "checkpoint of model 1"},
        ),
    }


def _about_numbers(issue: _Issue) -> dict[str, _Case]:
    clean, autoattack, hofmn = _CLAIMS
    percent = "accuracies-are-in-percent"
    small = {autoattack: "0.4", hofmn: "0.5"}
    problem = _message_of(read_percentage, "many", PercentageError)
    normalization = _message_of(read_normalization, "half", NormalizationError)
    return {
        "accuracy": _Case(
            rule="an-accuracy-is-a-number",
            issue=issue.with_lines({clean: "many"}),
            holes={"problem": problem, "seen": "`many`"},
        ),
        "accuracy_read": _Case(
            rule=percent,
            issue=issue.with_lines({clean: "71,5"}),
            holes={"seen": "`71,5`", "value": "71.5", "understood": _understood("71,5", {})},
        ),
        "fraction": _Case(
            rule=percent,
            issue=issue.with_lines({hofmn: "0.471"}),
            holes={"seen": "`0.471`", "value": "47.1 %", "otherwise": "`0.471 %`"},
        ),
        "doubtful": _Case(
            rule=percent,
            issue=issue.with_lines(small),
            holes={
                "autoattack": "`0.4 %`",
                "hofmn": "`0.5 %`",
                "autoattack_fraction": "`40`",
                "hofmn_fraction": "`50`",
            },
        ),
        "plain": _Case(
            rule="values-are-plain-text",
            issue=issue.with_lines({clean: "**80**"}),
            holes={"seen": "`**80**`", "text": "`80`"},
        ),
        "normalization": _Case(
            rule="a-normalization-is-mean-and-std",
            issue=issue.with_lines({model_block.NORMALIZATION: "half"}),
            holes={"problem": normalization, "seen": "`half`"},
        ),
        "no_percentage": _Case(
            rule="claims-are-percentages", issue=issue.with_lines({clean: "123.5"}), holes={"value": "123.5"}
        ),
        "above_clean": _Case(
            rule="robust-is-not-above-clean",
            issue=issue.with_lines({clean: "40.25", autoattack: "50.5", hofmn: "0"}),
            holes={"attack": "AutoAttack", "robust": "50.5", "clean": "40.25"},
        ),
        "attacks_differ": _Case(
            rule="hofmn-and-autoattack-agree",
            issue=issue.with_lines({clean: "80", autoattack: "50", hofmn: "10"}),
            holes={"hofmn": "10 %", "autoattack": "50 %", "samples": "128", "margin": "17.7"},
        ),
        "no_whole_samples": _Case(
            rule="hofmn-claims-are-whole-samples",
            issue=issue.with_lines({hofmn: "51.2"}).with_lines({hofmn: "51.2"}, 2),
            holes={
                "claim": "51.2 %",
                "samples": "128",
                "below": "65 are 50.78 %",
                "above": "66 are 51.56 %",
                "others": "; the same goes for model 3",
            },
        ),
        "copied": _Case(
            rule="claims-differ-between-models",
            issue=issue.with_lines({clean: "80"}, 1),
            holes={"model": "model 1", "clean": "80 %", "autoattack": "50 %"},
        ),
    }


def _about_keys(issue: _Issue, protocol: Protocol) -> dict[str, _Case]:
    method = "keys-are-of-the-taxonomys-method"
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    other = "Other_Author2026Up"
    strangers = [{**m, model_block.MODEL_KEY: m[model_block.MODEL_KEY].replace(_KEY, other)} for m in issue.models]
    admitted = ", ".join(f"`{a.short}` ({a.name})" for a in protocol.architectures)
    problem = _message_of(ModelKey.parse, _NO_KEY, ModelKeyError)
    without = next(str(s) for s in Structure if s is not first.structure)
    unknown = str(first).replace(f"_{first.structure}_{first.sparsity}", f"_{first.structure}_12")
    return {
        "no_key": _Case(
            rule="keys-are-model-keys",
            issue=issue.with_key(_NO_KEY),
            holes={"seen": f"`{_NO_KEY}`", "problem": problem},
        ),
        "other_method": _Case(
            rule=method,
            issue=issue.with_key(replace(first, ap_key=other)),
            holes={"method": f"`{other}`", "wanted": f"`{_KEY}`"},
        ),
        "other_method_by_case": _Case(
            rule=method,
            issue=issue.with_key(replace(first, ap_key=_KEY.upper())),
            holes={"method": f"`{_KEY.upper()}`", "wanted": f"`{_KEY}`"},
        ),
        "all_of_other_method": _Case(
            rule=method, issue=replace(issue, models=strangers), holes={"method": f"`{other}`", "wanted": f"`{_KEY}`"}
        ),
        "key_twice": _Case(
            rule="no-key-comes-twice",
            issue=issue.with_key(first, 1),
            holes={"key": f"`{first}`", "model": "model 1"},
        ),
        "architecture": _Case(
            rule="architectures-are-admitted",
            issue=issue.with_key(replace(first, architecture="X9")),
            holes={"seen": "`X9`", "admitted": admitted},
        ),
        "dataset": _Case(
            rule="datasets-are-admitted",
            issue=issue.with_key(replace(first, dataset="X9")),
            holes={"seen": "`X9`"},
        ),
        "sparsity": _Case(
            rule="sparsities-fit-their-structure",
            issue=issue.with_key(unknown),
            holes={"sparsity": "12 %", "words": WORDS[first.structure], "structure": f"({first.structure})"},
        ),
        "other_structure": _Case(
            rule="structures-are-those-of-the-taxonomy",
            issue=issue.with_fields(structure=[without]),
            holes={
                "words": f"{WORDS[first.structure]} ({first.structure})",
                "named": f"`{without}` only",
            },
        ),
        "other_structure_on_the_board": _Case(
            rule="structures-are-those-of-the-taxonomy",
            issue=replace(issue.with_fields(structure=[without]), methods=(_known(protocol),)),
            holes={
                "words": f"{WORDS[first.structure]} ({first.structure})",
                "named": f"`{without}` only",
                "missing": f"`{first.structure}`",
            },
        ),
    }


def _about_sets(issue: _Issue, protocol: Protocol) -> dict[str, _Case]:
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    track = f"{first.architecture} {first.dataset} {first.structure}"
    other = next(a.short for a in protocol.architectures if a.short != first.architecture)
    elsewhere = replace(first, architecture=other)
    sparsities = protocol.sparsities_of(first.structure)
    further = {**issue.models[0], model_block.MODEL_KEY: str(elsewhere), model_block.CHECKPOINT: "1" * 30}
    enough = "there-are-enough-checkpoints"
    unadmitted = [{**issue.models[0], model_block.MODEL_KEY: str(replace(first, dataset="X9"))}]
    counted = "complete-sets-are-counted"
    room = [f"{a.short} {d} {first.structure}" for a in protocol.architectures for d in protocol.datasets]
    everything = [
        {**issue.models[0], model_block.MODEL_KEY: str(replace(first, architecture=a.short, dataset=d, sparsity=s))}
        for a in protocol.architectures
        for d in protocol.datasets
        for s in sparsities
    ]
    last_incomplete = everything[:-1]
    return {
        "too_few": _Case(
            rule=enough,
            issue=replace(issue, models=issue.models[:2]),
            holes={"found": "2 models", "needed": "3", "track": track, "sparsities": f"sparsity {sparsities[-1]}"},
        ),
        "too_few_of_any": _Case(
            rule=enough, issue=replace(issue, models=unadmitted), holes={"found": "1 model", "needed": "3"}
        ),
        "incomplete": _Case(
            rule="one-set-is-complete",
            issue=replace(issue, models=[*issue.models[:2], further]),
            holes={"track": track, "sparsities": f"sparsity {sparsities[-1]}"},
        ),
        "further": _Case(
            rule="further-sets-may-be-incomplete",
            issue=replace(issue, models=[*issue.models, further]),
            holes={
                "track": f"{other} {first.dataset} {first.structure}",
                "sparsities": f"sparsity {sparsities[1]} and {sparsities[2]}",
            },
        ),
        "complete": _Case(
            rule=counted,
            issue=issue,
            holes={
                "complete": f"1 of {len(room)} sets is complete",
                "tracks": track,
                "room": f"{', '.join(room[1:-1])} and {room[-1]}",
            },
        ),
        "complete_all": _Case(
            rule=counted,
            issue=replace(issue, models=everything),
            holes={
                "complete": f"{len(room)} of {len(room)} sets are complete",
                "tracks": f"{', '.join(room[:-1])} and {room[-1]}",
            },
        ),
        "complete_rest": _Case(
            rule=counted,
            issue=replace(issue, models=last_incomplete),
            holes={
                "complete": f"{len(room) - 1} of {len(room)} sets are complete",
                "tracks": f"{', '.join(room[:-2])} and {room[-2]}",
            },
        ),
    }


def _about_the_board(issue: _Issue, protocol: Protocol) -> dict[str, _Case]:
    keeps, same = "a-known-method-keeps-its-key", "a-known-key-is-of-the-same-method"
    known = _known(protocol)
    published = "published-files-keep-their-model"
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    id_ = issue.models[0][model_block.CHECKPOINT]

    def like(ap_key: str, *aliases: str) -> _Issue:
        return replace(issue, methods=(replace(known, ap_key=ap_key, aliases=aliases, name="Elsewhere"),))

    def file(key: ModelKey, holds: Holds, id_: str = id_) -> _Issue:
        listed = PublishedFile(model_key=key, holds=holds, id=id_, extension=".pt")
        changed = issue.with_lines({model_block.CHECKPOINT: id_})
        return replace(changed, published=(listed,))

    resembling = {
        "key_by_case": like(_KEY.upper()),
        "key_earlier": like("Else_Author2026Where", _KEY),
        "key_by_separator": like("Ma-de_Author2026Up"),
        "key_by_shape": like(_KEY.replace("o", "0")),
    }
    stranger = replace(first, ap_key="Other_Author2026Up")
    own = replace(issue, methods=(known,))
    whose = f"`{stranger}`"
    return {
        **{
            name: _Case(
                rule=keeps,
                issue=case,
                holes={"known": f"`{case.methods[0].ap_key}`", "seen": f"`{_KEY}`"},
            )
            for name, case in resembling.items()
        },
        "known_by_other_name": _Case(
            rule=same,
            issue=own.with_fields(name="Elsewhere"),
            holes={"known": f"`{_KEY}`", "name": "`Made`", "seen": "`Elsewhere`"},
        ),
        "known_with_other_paper": _Case(
            rule=same,
            issue=own.with_fields(paper_url="https://example.org/other"),
            holes={"known": f"`{_KEY}`", "paper": f"`{known.paper_url}`"},
        ),
        "known": _Case(rule=same, issue=own, holes={"known": f"`{_KEY}`"}),
        "owned": _Case(
            rule="a-known-method-is-its-owners",
            issue=replace(issue, methods=(replace(known, owner="somebody"),)),
            holes={"known": f"`{_KEY}`", "owner": "`somebody`"},
        ),
        "name_taken": _Case(
            rule="a-name-is-of-one-method",
            issue=replace(issue, methods=(replace(known, ap_key="Else_Author2026Where"),)),
            holes={"name": "`Made`", "known": "`Else_Author2026Where`"},
        ),
        "published_again": _Case(
            rule=published, issue=file(first, Holds.CHECKPOINT), holes={"holds": "checkpoint", "key": f"`{first}`"}
        ),
        "published_for_other_purpose": _Case(
            rule=published,
            issue=file(first, Holds.DISTANCES),
            holes={"holds": "distances", "purpose": "checkpoint", "key": f"`{first}`"},
        ),
        "published_example": _Case(
            rule=published,
            issue=file(stranger, Holds.CHECKPOINT, EXAMPLE_OF_THE_OLDER_FORM),
            holes={"holds": "checkpoint", "key": whose},
        ),
        "published_of_another": _Case(
            rule=published, issue=file(stranger, Holds.CHECKPOINT), holes={"holds": "checkpoint", "key": whose}
        ),
    }


def _known(protocol: Protocol) -> KnownMethod:
    """A method of the made-up key on the board, with one result of the made-up set."""
    structure, sparsities = protocol.sparsities[0]
    cell = Cell(
        architecture=protocol.architectures[0].name,
        dataset=protocol.datasets[0],
        structure=structure,
        sparsity=sparsities[0],
    )
    return KnownMethod(
        ap_key=_KEY, aliases=(), name="Made", paper_url=str(_TAXONOMY["paper_url"]), cells={cell: (1.0, 1.0)}
    )


def _drive_problems() -> Iterator[tuple[str, Any]]:
    for name, (text, holes) in _BAD_LINKS.items():
        message, fix = _drive_error(text)
        yield name, {"message": _with_holes(message, holes), "fix": fix}


def _drive_error(text: str) -> tuple[str, str]:
    try:
        drive_id(text)
    except DriveLinkError as error:
        return error.message, error.fix
    raise AssertionError(f"{text} is a link to a file")


def _raised(read: Callable[[str], object], kind: type[ValueError], cases: _Texts) -> Iterable[tuple[str, str]]:
    for name, (text, holes) in cases.items():
        yield name, _with_holes(_message_of(read, text, kind), holes)


def _message_of(read: Callable[[str], object], text: str, kind: type[ValueError]) -> str:
    try:
        read(text)
    except kind as error:
        return str(error)
    raise AssertionError(f"{text} can be read")


def _understood(text: str, holes: Mapping[str, str]) -> str:
    return _with_holes(read_percentage(text).understood or "", holes)
