"""``python -m labctl`` and the ``labctl`` command."""

import sys


def main() -> None:
    """Run the command line; never a traceback for what labctl raises on purpose."""
    from labctl.cli.app import run_app  # noqa: PLC0415  (start-up time)

    sys.exit(run_app())


if __name__ == "__main__":
    main()
