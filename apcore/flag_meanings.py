"""Every flag by name: what its number is, when it is raised, what it means, and what to do. No torch here.

The thresholds stand here alone, each with its reason; `apcore.red_flags` applies them. Where the reason names measured
networks, these are the demonstration's three (eps 0.1), three adversarially trained ResNet-18 for CIFAR-10 (eps 8/255), and
one collapsed under one-step training (`tests/fixtures/collapsed_network.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# AutoAttack's own, as its code has them (`flags_doc.md`): logits from pass to pass, and Square after the white-box attacks.
VARIATION: Final = 1e-4
# Of logits in batches of other sizes. Graphics cards multiply with 10 bits of mantissa there (TF32) by another kernel, which is
# no fault of the network; BatchNorm with the statistics of the batch moves logits by far more.
BATCH_VARIATION: Final = 1e-2
SQUARE_POINTS: Final = 0.2
# One-sided sign test on the samples that differ. Honest networks do not sit at its edge: they lose samples under noise and
# steps, and regained at most 1 of 128, so that the chance of a false alarm is far below this.
CHANCE: Final = 0.01
# Of the samples that are right when clean. Adversarially trained networks: 0 to 0.08; digits trained without any attack, at a
# radius that leaves them a third of their accuracy: 0.25; the collapsed one: 1.26.
FGSM_ABOVE_PGD: Final = 1 / 3
# Of the correct samples. At radius 0.5 all images can become the same grey, so that nothing should be left; 0 everywhere.
UNBOUNDED_LEFT: Final = 0.05
# Of the correct samples, and more than one of them. Honest networks: at most 1 of 32.
SILENT: Final = 0.05
# Of the samples that PGD leaves, and more than one of them. Honest networks: at most 5 of 92.
UNFINISHED: Final = 0.2
# Pintor et al. take 0.1 for the loss at 4/255; here it is the margin at half the radius. Honest networks: 0.01 to 0.09; the
# collapsed one: 0.53.
INSTABILITY: Final = 0.25
# Adversarially trained networks: 0.87 to 0.99; a ResNet-18 for CIFAR-10 trained without attacks: 0.44; the collapsed one: 0.01.
COSINE: Final = 0.2
# Of the samples of both runs. None differed in three pairs of AutoAttack runs with other seeds and batches on 128 samples.
SEED_FLIPS: Final = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMeaning:
    """What a flag says to the people who meet it.

    Args:
        red: whether robustness may be overstated, so that the measured cell is marked; else it only says what the
            measurement rests on.
        number: what its number is; empty where it has none.
        raised: when.
        meaning: one sentence.
        action: what author or maintainer can do, one sentence.
    """

    red: bool
    number: str
    raised: str
    meaning: str
    action: str


_MORE_ATTACKS: Final = "Maintainer: attack the survivors again, with AutoAttack `plus` and 20,000 queries of Square"

AUTOATTACKS_OWN: Final[Mapping[str, FlagMeaning]] = {
    "randomised-network": FlagMeaning(
        red=True,
        number="largest L2 distance between the logits of one image in five passes, each scaled to length 1",
        raised=f"above {VARIATION:g}",
        meaning="The network answers the same image differently from pass to pass, so one pass proves nothing.",
        action="Author: submit the deterministic network; a randomised one needs attacks that average over its randomness.",
    ),
    "depends-on-the-batch": FlagMeaning(
        red=True,
        number="largest L2 distance between the logits of one image in two batches, each scaled to length 1",
        raised=f"above {BATCH_VARIATION:g}, and no random numbers seen",
        meaning="The answer to an image depends on the images beside it or on those seen before, so that no outcome of a "
        "single image can be repeated.",
        action="Author: fix BatchNorm statistics, and keep nothing between batches.",
    ),
    "probabilities-for-logits": FlagMeaning(
        red=True,
        number="",
        raised="every output is a probability distribution",
        meaning="Losses on probabilities lose their gradient where the network is sure, so attacks are weakened.",
        action="Author: submit the network without its softmax.",
    ),
    "gradients-in-forward-pass": FlagMeaning(
        red=True,
        number="calls of gradient functions in one forward pass",
        raised="above 0",
        meaning="The network adapts to its input while it answers, which AutoAttack standard does not attack.",
        action="Author: submit the network that stands still; a defence at test time needs an adaptive attack.",
    ),
    "zero-gradients": FlagMeaning(
        red=True,
        number="share of the correctly classified images at which a loss has no gradient, 0 to 1",
        raised="above 0",
        meaning="Attacks that follow gradients stand still at these images, which is no robustness.",
        action="Author: look for rounding, saturated logits or layers without gradient. " + _MORE_ATTACKS + ".",
    ),
    "square-after-white-box": FlagMeaning(
        red=True,
        number="points of accuracy that Square took after the three white-box attacks",
        raised=f"above {SQUARE_POINTS:g} points, and more than one sample",
        meaning="An attack without gradients did better than those with them, so gradients are probably masked.",
        action=_MORE_ATTACKS + ".",
    ),
    "broken-by-hofmn-alone": FlagMeaning(
        red=True,
        number="samples that survived AutoAttack and that HO-FMN broke at no larger a radius",
        raised="above 0",
        meaning="These samples are not robust, whatever AutoAttack's number says: AutoAttack was too weak on them.",
        action=_MORE_ATTACKS + ".",
    ),
}

ORDER: Final[Mapping[str, FlagMeaning]] = {
    "noise-beats-clean": FlagMeaning(
        red=True,
        number="points of accuracy under uniform noise of the radius above those on clean images",
        raised=f"the one-sided sign test on the images that differ stays below {CHANCE:g}",
        meaning="The network is better on noisy images than on real ones, as after one-step training that has collapsed.",
        action="Author: look at accuracy on clean images and PGD accuracy during training; train with several steps.",
    ),
    "steps-out-of-order": FlagMeaning(
        red=True,
        number="points of accuracy that a longer gradient step gave back",
        raised="accuracy under half an FGSM step above the clean one, or under a whole step above that under half a step, by "
        f"the same test ({CHANCE:g})",
        meaning="A larger step in the direction of the loss does less harm than a smaller one, so the gradient at an image "
        "says little about what lies around it.",
        action="Author: the usual cause is one-step adversarial training that has collapsed; train with several steps.",
    ),
    "pgd-far-below-fgsm": FlagMeaning(
        red=True,
        number="accuracy under FGSM minus that under PGD of 40 steps, as a share of the clean one",
        raised=f"above {FGSM_ABOVE_PGD:.2f}, and more than one sample",
        meaning="One step finds far less than many, so robust accuracies against one-step attacks say nothing here.",
        action="Author: do not claim accuracies against one-step attacks, and check whether training has collapsed.",
    ),
    "larger-radius-breaks-less": FlagMeaning(
        red=True,
        number="points of accuracy that PGD gave back at a larger radius",
        raised=f"by the same test ({CHANCE:g})",
        meaning="Whatever breaks an image inside a radius lies inside each larger one too, so the attack got lost.",
        action=_MORE_ATTACKS + ".",
    ),
    "unbounded-attack-fails": FlagMeaning(
        red=True,
        number="share of the correctly classified images that PGD leaves at radius 0.5, 0 to 1",
        raised=f"above {UNBOUNDED_LEFT:g}, and more than one sample",
        meaning="At this radius every image can become the same grey, and still the attack fails: it is blind, not the "
        "network robust.",
        action=_MORE_ATTACKS + ".",
    ),
}

FAILURE: Final[Mapping[str, FlagMeaning]] = {
    "not-finite": FlagMeaning(
        red=True,
        number="share of the correctly classified images near which logits or gradients are infinite or not a number, 0 to 1",
        raised="above 0",
        meaning="Attacks cannot compare or follow such numbers, and a misclassified image may count as robust.",
        action="Author: check the weights and BatchNorm statistics for overflow in float32.",
    ),
    "unstable-predictions": FlagMeaning(
        red=True,
        number="mean change of the margin to the next class, relative to the margin, at random points within half the radius; "
        "capped at 1",
        raised=f"above {INSTABILITY:g}",
        meaning="The loss is so rough around the images that its gradient points nowhere for long.",
        action=_MORE_ATTACKS + ".",
    ),
    "silent-success": FlagMeaning(
        red=True,
        number="share of the correctly classified images that PGD breaks on its way but not at its end, 0 to 1",
        raised=f"above {SILENT:g}, and more than one sample",
        meaning="An attack that judges only its last point overlooks adversarial examples here; those of this benchmark judge "
        "every point.",
        action="Author: if your own attack claims more robustness, let it keep the best point of its path.",
    ),
    "incomplete-optimisation": FlagMeaning(
        red=True,
        number="share of the images left by PGD whose best loss still rose by more than 5 % of its range in the last 10 of 40 "
        "steps, 0 to 1",
        raised=f"above {UNFINISHED:g}, and more than one sample",
        meaning="The attack had not arrived when its steps ended, so more steps may break more.",
        action=_MORE_ATTACKS + ".",
    ),
    "broken-by-pgd-alone": FlagMeaning(
        red=True,
        number="samples that survived AutoAttack and that the plain PGD of these checks broke at the same radius",
        raised="above 0",
        meaning="These samples are not robust, whatever AutoAttack's number says: AutoAttack was too weak on them.",
        action=_MORE_ATTACKS + ".",
    ),
    "gradients-disagree": FlagMeaning(
        red=True,
        number="mean cosine between the gradient at an image and at a random point within the radius, -1 to 1",
        raised=f"below {COSINE:g}",
        meaning="The gradient at an image says nothing about the gradient beside it, as after one-step training that has "
        "collapsed.",
        action="Author: train with several steps, or with a penalty on this cosine. " + _MORE_ATTACKS + ".",
    ),
    "broken-by-transfer": FlagMeaning(
        red=True,
        number="samples that survived AutoAttack and that examples made on another network broke at the same radius",
        raised="above 0",
        meaning="Examples that know nothing of this network do better than attacks that see its gradients.",
        action=_MORE_ATTACKS + ".",
    ),
    "seed-flips": FlagMeaning(
        red=True,
        number="share of the samples of two runs that survive AutoAttack in one and not in the other, 0 to 1",
        raised=f"above {SEED_FLIPS:g}, and more than one sample",
        meaning="The attack's luck decides more samples than it should, so the accuracy of one run is too high.",
        action="Maintainer: take a sample that is broken in either run for broken, and run more seeds.",
    ),
}

RESTS_ON: Final[Mapping[str, FlagMeaning]] = {
    "input-not-stated": FlagMeaning(
        red=False,
        number="",
        raised="the network's input is normalised, and the form does not say so",
        meaning="The normalisation comes from the published method or from the file, not from the form.",
        action="Author: state it in the form.",
    ),
    "kept-fraction-from-key": FlagMeaning(
        red=False,
        number="kept share of the weights, 0 to 1",
        raised="weights follow from scores, and the file does not say how many are kept",
        meaning="The sparsity in the model key decided which weights are zero.",
        action="Author: upload a dense export, in which the zeros stand.",
    ),
    "evaluated-as-stored": FlagMeaning(
        red=False,
        number="",
        raised="the compact network was not shown to be the same function",
        meaning="The network was attacked at full size; that is slower, and no less exact.",
        action="Nothing to do.",
    ),
    "other-seed": FlagMeaning(
        red=False,
        number="the seed of the run",
        raised="it is not the protocol's",
        meaning="With a seed of one's own one could draw until the number pleases, so the run counts as partial.",
        action="Maintainer: run it again with the protocol's seed.",
    ),
}

FLAGS: Final[Mapping[str, FlagMeaning]] = {**AUTOATTACKS_OWN, **ORDER, **FAILURE, **RESTS_ON}


def is_red(name: str) -> bool:
    """Whether the flag called `name` says that robustness may be overstated; one of an earlier or later version does not."""
    return name in FLAGS and FLAGS[name].red
