"""What could be read of an issue, whole or not, so that every rule can look at it and one round of fixes is enough."""

from dataclasses import dataclass

from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey
from apcore.taxonomy import TaxonomyReading
from bot.submission.model import Normalization


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftModel:
    """One model as far as it could be read; None where nothing, or nothing usable, was written.

    Args:
        key_text: the model key as written.
        key: its parts, None if it is not a key.
        distances_key: the key that the older form repeats beside the distances file.
        checkpoint: the file with the weights.
        distances: the file with HO-FMN's distances.
        outcomes: the file that `apcore benchmark` writes, one outcome per sample.
        clean_accuracy: claim in percent, not yet checked for its range; so are the two below.
        aa_robust_accuracy: claim under AutoAttack.
        hofmn_robust_accuracy: claim under HO-FMN.
        normalization: what the network's inputs go through first.
        refused: paths below the model, such as `claimed.clean_accuracy`, of which the reader said already what is wrong.
    """

    key_text: str | None
    key: ModelKey | None
    distances_key: str | None
    checkpoint: RemoteFile | None
    distances: RemoteFile | None
    outcomes: RemoteFile | None
    clean_accuracy: float | None
    aa_robust_accuracy: float | None
    hofmn_robust_accuracy: float | None
    normalization: Normalization | None
    refused: frozenset[str]

    @property
    def claims(self) -> tuple[float | None, float | None, float | None]:
        """Clean, AutoAttack and HO-FMN accuracy as claimed, in percent."""
        return self.clean_accuracy, self.aa_robust_accuracy, self.hofmn_robust_accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue as far as it could be read.

    Args:
        taxonomy: what became of the JSON; None if there is none, or none that parses.
        taxonomy_refused: whether the reader said already what is wrong with the JSON.
        models: those with anything filled in, in the order of the issue.
        notes: the author's free text.
        confirmed: whether the form's box is ticked; None on the older form, which has none.
    """

    taxonomy: TaxonomyReading | None
    taxonomy_refused: bool
    models: tuple[DraftModel, ...]
    notes: str
    confirmed: bool | None

    @property
    def ap_key(self) -> str | None:
        """The method's key, if the taxonomy has a text there."""
        value = self.taxonomy.fields.get("ap_key") if self.taxonomy else None
        return value if isinstance(value, str) and value else None
