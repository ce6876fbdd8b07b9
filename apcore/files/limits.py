"""What one download may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLimits:
    """Bounds of one download; a full-size ResNet-18 has 45 MB, a VGG-16 60 MB.

    Args:
        max_bytes: largest file, checked while it arrives.
        connect_timeout_s: seconds until a connection stands.
        read_timeout_s: seconds between two pieces of it.
        wall_clock_s: seconds for everything together, retries included.
        retries: further attempts after a failure that may pass.
    """

    max_bytes: int = 1 << 30
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    wall_clock_s: float = 3600.0
    retries: int = 3
