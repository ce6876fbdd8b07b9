"""One block of labelled lines read into a model: links to ids, numbers to percentages, keys to parts."""

import re
from typing import Final

from apcore.model_key import ModelKey, ModelKeyError
from bot.reply.markdown import code
from bot.submission.draft import DraftModel
from bot.submission.drive import DriveLinkError, drive_id
from bot.submission.model import Normalization, RemoteFile
from bot.submission.model_lines import Block, Label, Value
from bot.submission.normalization import NormalizationError, read_normalization
from bot.submission.percentage import PercentageError, read_percentage
from bot.submission.remarks import Remarks

_UNTOUCHED_IN_PAIR: Final = frozenset(
    {"model_key_from_benchmark", "your_gdrive_link_id", "extension", ".extension", ""}
)
_EXTENSION: Final = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,3}\Z")
_QUOTE: Final = "[\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]"
_NO_QUOTE: Final = "[^\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
# "<key>" : ["<id>", "<extension>"]; possessive, so that time stays linear.
_OLD_FILE: Final = re.compile(
    rf"{_QUOTE}?+ *+({_NO_QUOTE}: ]*+) *+{_QUOTE}?+ *+: *+\[ *+{_QUOTE}?+({_NO_QUOTE},\]]*+){_QUOTE}?+"
    rf" *+, *+{_QUOTE}?+({_NO_QUOTE},\]]*+){_QUOTE}?+ *+\] *+,?+\Z"
)
# The name ending says nothing about a file's content, so a missing one stops nobody.
_USUAL_EXTENSION: Final = {Label.CHECKPOINT: ".pt", Label.DISTANCES: ".npy", Label.OUTCOMES: ".npz"}
_CLAIMS: Final = (Label.CLEAN, Label.AUTOATTACK, Label.HOFMN)


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
        extension = self._value(Label.EXTENSION)
        if value := self._value(Label.CHECKPOINT):
            self._read_file(Label.CHECKPOINT, value, value.text, extension.text if extension else "")
        for label in (Label.DISTANCES, Label.OUTCOMES):
            if value := self._value(label):
                link, _, ending = value.text.rpartition(" ")
                self._read_file(label, value, *((link.strip(), ending) if link else (ending, "")))

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
        key, link, extension = ("" if part.strip() in _UNTOUCHED_IN_PAIR else part.strip() for part in match.groups())
        if label is Label.CHECKPOINT:
            self._key_text = key or None
        elif link:
            self._distances_key = key or None
        if link:
            self._read_file(label, value, link, extension)

    def _read_file(self, label: Label, value: Value, link: str, extension: str) -> None:
        try:
            id_ = drive_id(link)
        except DriveLinkError as error:
            self._refuse(label, value, "a-file-is-one-google-drive-file", f"{error.message}: {code(link)}", error.fix)
            return
        ending = extension if extension.startswith(".") or not extension else f".{extension}"
        if ending and not _EXTENSION.match(ending):
            self._notice(
                label,
                value,
                "an-extension-is-short",
                f"this is no file name ending, so it is left out: {code(extension)}",
                "nothing to do; the content of the file decides",
            )
            ending = ""
        self._files[label] = RemoteFile(id=id_, extension=ending or _USUAL_EXTENSION[label])

    def _claims(self) -> dict[Label, float | None]:
        claims = {label: self._claim(label) for label in _CLAIMS}
        clean, autoattack, hofmn = claims.values()
        if hofmn is not None and 0 < hofmn < 1 and (clean or 0) > 1 and (autoattack or 0) > 1:
            # The released benchmark prints this one as a fraction, beside two percentages.
            claims[Label.HOFMN] = round(100 * hofmn, 6)
            value = self._values[Label.HOFMN]
            self._notice(
                Label.HOFMN,
                value,
                "accuracies-are-in-percent",
                f"the fraction {code(value.text)} was read as {claims[Label.HOFMN]:g} %",
                "nothing to do if that is meant; else write the percentage",
            )
        return claims

    def _claim(self, label: Label) -> float | None:
        value = self._value(label)
        if value is None:
            return None
        try:
            percentage = read_percentage(value.text)
        except PercentageError:
            self._refuse(
                label,
                value,
                "an-accuracy-is-a-number",
                f"this is not a number: {code(value.text)}",
                "write the accuracy in percent, for example `80.54`",
            )
            return None
        if percentage.understood:
            self._notice(
                label,
                value,
                "accuracies-are-in-percent",
                f"{code(value.text)} was read as {percentage.value:g}: {percentage.understood}",
                "nothing to do if that is meant",
            )
        return percentage.value

    def _normalization(self) -> Normalization | None:
        value = self._value(Label.NORMALIZATION)
        if value is None:
            return None
        try:
            return read_normalization(value.text)
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
