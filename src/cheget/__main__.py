"""``python -m cheget``."""

from cheget.cli.main import main

if __name__ == "__main__":
    main()
