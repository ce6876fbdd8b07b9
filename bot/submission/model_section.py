"""One block of labelled lines read into a model: links to ids, numbers to percentages, keys to parts."""

import re
from collections.abc import Mapping
from typing import Final

from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey, ModelKeyError
from apcore.normalization_line import NormalizationError, read_normalization
from bot.reply.markdown import code
from bot.submission.draft import DraftModel
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.file_ending import link_and_ending, read_ending
from bot.submission.fractions import doubtful, fractions
from bot.submission.labels import CLAIMS, Label
from bot.submission.model import Normalization
from bot.submission.model_lines import Block, Value
from bot.submission.percentage import Percentage, PercentageError, read_percentage
from bot.submission.remarks import Remarks

_UNTOUCHED_IN_PAIR: Final = frozenset(
    {"model_key_from_benchmark", "your_gdrive_link_id", "extension", ".extension", ""}
)
_QUOTE: Final = "[\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]"
_NO_QUOTE: Final = "[^\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
# What stands in quotation marks may hold commas and brackets, as a Markdown link does.
_PART: Final = rf"(?:{_QUOTE}({_NO_QUOTE}]*+){_QUOTE}|{_QUOTE}?+({_NO_QUOTE},\]]*+){_QUOTE}?+)"
# "<key>" : ["<id>", "<extension>"], the list and the extension optional; possessive, so that time stays linear.
_OLD_FILE: Final = re.compile(
    rf"{_QUOTE}?+({_NO_QUOTE}:\[]*+){_QUOTE}?+ *+: *+\[?+ *+{_PART} *+(?:, *+{_PART} *+)?+\]?+ *+,?+\Z"
)
# The name ending says nothing about a file's content, so a missing one stops nobody.
USUAL_EXTENSION: Final = {Label.CHECKPOINT: ".pt", Label.DISTANCES: ".npy", Label.OUTCOMES: ".npz"}
_IN_PERCENT: Final = "write the accuracy in percent, for example `80.54`"


class ModelReader:
    """Reads one block; what it has to say goes to `remarks` under `models.<index>`."""

    def __init__(self, index: int, block: Block, remarks: Remarks) -> None:
        self._path = f"models.{index}"
        self._values = block.values
        self._remarks = remarks
        self._refused: set[str] = set()
        self._files: dict[Label, RemoteFile] = {}
        self._key_text: str | None = None
        self._distances_key: str | None = None
        remarks.places[self._path] = block.place

    def read(self) -> DraftModel:
        """The model, as far as it can be read."""
        self._read_files()
        claims = self._claims()
        return DraftModel(
            key_text=self._key_text,
            key=_parsed(self._key_text),
            distances_key=self._distances_key,
            checkpoint=self._files.get(Label.CHECKPOINT),
            distances=self._files.get(Label.DISTANCES),
            outcomes=self._files.get(Label.OUTCOMES),
            clean_accuracy=claims[Label.CLEAN],
            aa_robust_accuracy=claims[Label.AUTOATTACK],
            hofmn_robust_accuracy=claims[Label.HOFMN],
            normalization=self._normalization(),
            refused=frozenset(self._refused),
        )

    def _read_files(self) -> None:
        self._read_old_file(Label.OLD_MODEL, Label.CHECKPOINT)
        self._read_old_file(Label.OLD_DISTANCES, Label.DISTANCES)
        if value := self._value(Label.KEY):
            self._key_text = value.text
            self._tell_plain(Label.KEY, value)
        extension = self._value(Label.EXTENSION)
        if value := self._value(Label.CHECKPOINT):
            link, behind = link_and_ending(value.text)
            if extension and not behind.startswith("."):
                link = value.text
            self._read_file(Label.CHECKPOINT, value, link, extension.text if extension else behind, extension)
        for label in (Label.DISTANCES, Label.OUTCOMES):
            if value := self._value(label):
                self._read_file(label, value, *link_and_ending(value.text))

    def _read_old_file(self, old: Label, label: Label) -> None:
        value = self._value(old)
        if value is None:
            return
        match = _OLD_FILE.match(value.text)
        if match is None:
            path = "model_key" if label is Label.CHECKPOINT else label
            # One line says key and file at once, so neither need be told missing as well.
            self._refused |= {"model_key", "checkpoint"} if label is Label.CHECKPOINT else set()
            self._refuse(
                path,
                value,
                "a-file-line-has-key-id-and-extension",
                "this line cannot be read",
                'write `"<model key>" : ["<Drive id>", "<extension>"]`',
            )
            return
        parts = (match[1], match[2] or match[3], match[4] or match[5])
        key, link, extension = ("" if (part or "").strip() in _UNTOUCHED_IN_PAIR else part.strip() for part in parts)
        if label is Label.CHECKPOINT:
            self._key_text = key or None
        elif link:
            self._distances_key = key or None
        if link:
            self._read_file(label, value, link, extension)

    def _read_file(self, label: Label, value: Value, link: str, extension: str, ending: Value | None = None) -> None:
        try:
            id_ = drive_id(link)
        except DriveLinkError as error:
            self._refuse(label, value, "a-file-is-one-google-drive-file", f"{error.message}: {code(link)}", error.fix)
            return
        if id_ != link.strip() or (value.changed and label not in (Label.OLD_MODEL, Label.OLD_DISTANCES)):
            key = "; its resource key was left out, so share the file with anyone who has the link"
            self._notice(
                label,
                value,
                "a-file-is-known-by-its-id",
                f"{code(link if id_ != link.strip() else value.written)} was read as the id {code(id_)}"
                + (key if "resourcekey=" in link else ""),
                "nothing to do if that is meant",
            )
        self._files[label] = RemoteFile(id=id_, extension=self._extension(label, ending or value, extension))

    def _extension(self, label: Label, value: Value, written: str) -> str:
        ending = read_ending(written, USUAL_EXTENSION[label])
        if ending.message:
            self._notice(
                label, value, "an-extension-is-short", ending.message, "nothing to do; the content of the file decides"
            )
        return ending.text

    def _claims(self) -> dict[Label, float | None]:
        read = {label: self._claim(label) for label in CLAIMS}
        claims = {label: percentage for label, percentage in read.items() if percentage}
        in_percent = fractions(claims)
        self._tell_doubtful(claims)
        for label, percentage in read.items():
            value = self._values.get(label)
            if percentage is None or value is None:
                continue
            if label in in_percent:
                read[label] = Percentage(value=in_percent[label])
                self._tell_claim(
                    label,
                    value,
                    f"the fraction {code(value.written)} was read as {in_percent[label]:.10g} %",
                    f"write `{percentage.value:.10g} %`",
                )
            elif percentage.understood:
                self._tell_claim(
                    label, value, f"{code(value.written)} was read as {percentage.value:.10g}: {percentage.understood}"
                )
            else:
                self._tell_plain(label, value)
        return {label: percentage.value if percentage else None for label, percentage in read.items()}

    def _tell_claim(self, label: Label, value: Value, message: str, otherwise: str = _IN_PERCENT) -> None:
        fix = f"nothing to do if that is meant; else {otherwise}"
        self._notice(label, value, "accuracies-are-in-percent", message, fix)

    def _tell_doubtful(self, read: Mapping[Label, Percentage]) -> None:
        value = self._values.get(Label.AUTOATTACK)
        if value is None or not doubtful(read):
            return
        robust = [read[label].value for label in (Label.AUTOATTACK, Label.HOFMN)]
        as_written, as_fractions = (
            " and ".join(f"`{scale * each:.10g}{sign}`" for each in robust) for scale, sign in ((1, " %"), (100, ""))
        )
        self._remarks.warning(
            "accuracies-are-in-percent",
            f"{self._path}.{Label.AUTOATTACK}",
            value.place,
            f"the robust accuracies were read as {as_written}, though they may be fractions",
            f"write {as_fractions} if they are fractions, else {as_written}",
        )

    def _claim(self, label: Label) -> Percentage | None:
        value = self._value(label)
        if value is None:
            return None
        try:
            return read_percentage(value.text)
        except PercentageError as error:
            self._refuse(
                label,
                value,
                "an-accuracy-is-a-number",
                f"{error}: {code(value.text)}",
                _IN_PERCENT,
            )
            return None

    def _tell_plain(self, label: Label, value: Value) -> None:
        """What was left out of a value that reads plainly otherwise."""
        if value.changed:
            self._notice(
                label,
                value,
                "values-are-plain-text",
                f"{code(value.written)} was read as {code(value.text)}",
                "nothing to do if that is meant",
            )

    def _normalization(self) -> Normalization | None:
        value = self._value(Label.NORMALIZATION)
        if value is None:
            return None
        try:
            found = read_normalization(value.text)
            self._tell_plain(Label.NORMALIZATION, value)
            return Normalization(mean=found[0], std=found[1]) if found else None
        except NormalizationError as error:
            self._refuse(
                Label.NORMALIZATION,
                value,
                "a-normalization-is-mean-and-std",
                f"{error}: {code(value.text)}",
                "write `mean=0.4914,0.4822,0.4465; std=0.2471,0.2435,0.2616`, or leave it empty",
            )
            return None

    def _value(self, label: Label) -> Value | None:
        """What was filled in for `label`; its place is remembered either way."""
        value = self._values.get(label)
        if value is not None:
            paths = {Label.OLD_MODEL: ("model_key", "checkpoint"), Label.OLD_DISTANCES: ("distances",)}.get(
                label, (str(label),)
            )
            for path in paths:
                self._remarks.places.setdefault(f"{self._path}.{path}", value.place)
        return value if value and value.text else None

    def _refuse(self, path: str, value: Value, rule: str, message: str, fix: str) -> None:
        self._refused.add(str(path))
        self._remarks.error(rule, f"{self._path}.{path}", value.place, message, fix)

    def _notice(self, path: str, value: Value, rule: str, message: str, fix: str) -> None:
        self._remarks.notice(rule, f"{self._path}.{path}", value.place, message, fix)


def _parsed(text: str | None) -> ModelKey | None:
    try:
        return ModelKey.parse(text) if text else None
    except ModelKeyError:
        return None
