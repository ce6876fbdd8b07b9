"""The words of the taxonomy (arXiv:2409.01249) and their abbreviations, as the published tables and the older form use them.

`schemas/taxonomy.schema.json` fixes which abbreviations are valid; here stands what they mean.
"""

from typing import Final

NOT_SPECIFIED: Final = "Not Specified"
NO_SUCH_STEP: Final = "None"

# Letter of the published table, and how the older form writes it.
PIPELINES: Final = {
    "after_training": ("A", "A-Methods Pruning After Training"),
    "before_training": ("B", "B-Methods Pruning Before Training"),
    "during_training": ("D", "D-Methods Pruning During Training"),
}

TRAINING_TYPES: Final = {
    "AT": "Adversarial Training",
    "NT": "Natural Training",
    "KD": "Knowledge Distillation",
    "CNI": "Channel Noise Injection",
}
# Who names one of these trains adversarially, whether or not the words are there too.
ADVERSARIAL_ALGORITHMS: Final = ("FGSM", "PGD", "TRADES", "MART")
# What authors write in place of the full words, squashed; "training" may follow.
TRAINING_SYNONYMS: Final = {
    **dict.fromkeys(("adversarial", "adv"), "AT"),
    **dict.fromkeys(("natural", "clean", "standard", "vanilla", "normal"), "NT"),
    "distillation": "KD",
}

SCHEDULES: Final = {"1S": "One-shot", "IT": "Iterative"}
STRUCTURES: Final = {"US": "Unstructured", "S": "Structured"}
GRANULARITIES: Final = {"filters": "filters", "channels": "channels", "kernel": "Kernel"}
LOCALITIES: Final = {"L": "Local Pruning", "G": "Global Pruning"}

CRITERIA: Final = {
    "LWM": "Lowest Weight Magnitude",
    "SOLWM": "Solver Based LWM",
    "RELWM": "Regularization Based LWM",
    "LIS": "Least Importance Score",
    "HGM": "Highest Gradient Magnitude",
    "BCS": "Bayesian Connectivity Sampling",
}
OTHER_CRITERION: Final = "other"
# The older form's own abbreviation; the published tables print RELWM in the same place.
CRITERION_SYNONYMS: Final = {"SPALWM": "RELWM"}
CRITERION_SYNONYM_WORDS: Final = {"SPALWM": "Sparsity Based LWM"}
