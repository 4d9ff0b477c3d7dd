"""`python -m mer_zoo.cli`: the command where no script is installed."""

from mer_zoo.cli import main

if __name__ == "__main__":
    main()
