"""What a program that is started from here may inherit of the environment: names that are known, and hold no secret.

Where this program starts another one, it says what that one gets. Libraries start programs of the system on their own account
(matplotlib asks `fc-list` for fonts, ctypes may ask a compiler for a library), and those get all that stands in the
environment, a job's token included. So the console scripts take the environment out of the process before anything else: what
they were told goes to those who need it, and what stays is named here.
"""

import re
from collections.abc import MutableMapping
from typing import Final

# Where things lie and how people are spoken to; how libraries compute; which network there is. A name that is missing here is
# seen by no library: it joins the list if one needs it.
_KNOWN: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|TZ|TZDIR|TMPDIR|TEMP|TMP|LANG|LANGUAGE|LC_\w+"
    r"|XDG_\w+|VIRTUAL_ENV|PYTHON\w+|LD_LIBRARY_PATH|(?:MPL|APCORE_)\w+"
    r"|(?:ATEN|CUBLAS|CUDA|CUDNN|DNNL|GOMP|KMP|MALLOC|MKL|NCCL|NUMEXPR|NVIDIA|OMP|ONEDNN|OPENBLAS|PYTORCH|TBB|TORCH)_\w+"
    r"|(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
    re.IGNORECASE | re.ASCII,
)
_SECRET: Final = re.compile(r"TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)


def take_environment(environment: MutableMapping[str, str]) -> dict[str, str]:
    """All that `environment` holds; left in it is what a program that is started from here may know.

    Args:
        environment: of the process (`os.environ`).
    """
    taken = dict(environment)
    for name in taken:
        if not _KNOWN.fullmatch(name) or _SECRET.search(name):
            del environment[name]
    return taken
