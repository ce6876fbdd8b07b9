"""All declared graphs by the names that protocols and layouts use. A new architecture enters here, under review."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apcore.networks.graph import Graph
from apcore.networks.preact_resnet import PREACT_RESNET18
from apcore.networks.resnet import RESNET6, RESNET18
from apcore.networks.vgg import VGG16, VGG16_AVG_BNMLP, VGG16_AVG_LINEAR, VGG16_MAX_LINEAR

GRAPHS: Final[Mapping[str, Graph]] = MappingProxyType(
    {
        "resnet6": RESNET6,
        "resnet18": RESNET18,
        "resnet18-preact": PREACT_RESNET18,
        "vgg16": VGG16,
        "vgg16-max-linear": VGG16_MAX_LINEAR,
        "vgg16-avg-linear": VGG16_AVG_LINEAR,
        "vgg16-avg-bnmlp": VGG16_AVG_BNMLP,
    }
)
