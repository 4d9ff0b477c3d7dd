"""`python -m tuner RECIPE` is `mer-zoo tune RECIPE`."""

import sys

from mer_zoo.cli import main

sys.argv[1:1] = ["tune"]
main()
