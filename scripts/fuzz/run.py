"""Runs Schemathesis once for each list of arguments, in one process, since it takes seconds to start. A line of its own ends what each writes."""

import gc
import json
import sys

from schemathesis.cli import schemathesis

# The documents are large and stay; looking through them again and again for garbage is a tenth of the time.
gc.set_threshold(50_000, 50, 50)

END = sys.argv[1]
for arguments in json.loads(sys.argv[2]):
    try:
        schemathesis(arguments, standalone_mode=False)
    except SystemExit:
        # What came of it is in the report.
        pass
    print(f"\n{END}", flush=True)
