"""`python -m mer_zoo.cli`: the command without an installed script."""

from mer_zoo.cli import main

if __name__ == "__main__":
    main()
