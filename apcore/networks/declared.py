"""All declared graphs by the name that protocols use. A new architecture enters here, under review."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apcore.networks.graph import Graph
from apcore.networks.resnet import RESNET6, RESNET18
from apcore.networks.vgg import VGG16

GRAPHS: Final[Mapping[str, Graph]] = MappingProxyType({"resnet6": RESNET6, "resnet18": RESNET18, "vgg16": VGG16})
