"""What a release of EClib calls itself: the maker's number is not the DLL's text."""

CALLED = {
    "6.01": ("1.0.0.0",),
    "6.08": ("6.8.1.0",),
}
"""Release as the maker counts -> what its DLL says; all others are said as they are."""


def is_release(told: str, wanted: str) -> bool:
    """Tell whether a library that calls itself ``told`` is the release ``wanted``.

    ``wanted`` is a release (``6.08``), or the beginning of what the DLL says, whole
    numbers of it: ``6.1`` is not 6.11.
    """
    if told in CALLED.get(wanted, ()):
        return True
    parts = wanted.split(".")
    return told.split(".")[: len(parts)] == parts


def release_of(told: str) -> str:
    """Return such as ``1.0.0.0 (release 6.01)``, or what the DLL says alone."""
    for release, texts in CALLED.items():
        if told in texts:
            return f"{told} (release {release})"
    return told
