"""`python -m provisor`: how serve starts its parts, so that their roles show in the list of processes."""

from provisor.cli.main import main

main()
