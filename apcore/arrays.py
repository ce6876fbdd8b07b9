"""Short names for arrays in signatures; what is in one and of which shape, the docstring beside it says."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = np.ndarray[Any, np.dtype[Any]]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
