"""`python -m testbed.agent --config agent.json`."""

import sys

from testbed.agent.main import main

sys.exit(main())
