"""`python -m testbed` is the `testbed` command."""

from testbed.cli.main import main

main()
