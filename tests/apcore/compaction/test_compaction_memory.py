"""What compaction takes in memory, measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

# Half the filters of each layer are zero, at random places, and their BatchNorm biases are not.
_MEASURED = """
from pathlib import Path
import torch
from apcore.compaction.compact import compact
from apcore.compaction.freed_memory import give_back_freed_memory
from apcore.networks.network import Network
from apcore.networks.resnet import RESNET18

def resident(which):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(which)) / 1000

torch.manual_seed(0)
tensors = {name: 0.5 + torch.rand(shape) for name, shape in RESNET18.tensors().items()}
for name, tensor in tensors.items():
    if tensor.ndim == 4:
        tensor.normal_(0, tensor[0].numel() ** -0.5)
        tensor[torch.randperm(len(tensor))[: len(tensor) // 2]] = 0
network, images = Network(RESNET18, tensors, copied=False), torch.rand(2, 3, 32, 32)
with torch.no_grad():
    network(images)  # what torch sets up at its first pass is not compaction's
give_back_freed_memory()
Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
before = resident("VmRSS")
evaluated = compact(network, images).evaluated
print(evaluated, resident("VmHWM") - before, sum(4 * tensor.numel() for tensor in tensors.values()) / 1e6)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a peak from a moment on")
def test_weights_are_never_all_in_float64_which_alone_would_take_twice_the_checkpoint() -> None:
    run = subprocess.run([sys.executable, "-c", _MEASURED], check=True, capture_output=True, text=True)
    evaluated, peak, checkpoint = run.stdout.split()
    assert evaluated == "compact"
    assert float(peak) < 2 * float(checkpoint)  # 1.2 to 1.4 were measured
