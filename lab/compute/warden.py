"""The warden of one job: `python -I -S -E warden.py attempts/N/job.json`, started by the local engine.

It holds the attempt's lock, inherited from whoever submitted the job, for exactly as long as it lives.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))  # last: nothing of ours may hide the standard library
    from lab.compute.watch import main

    sys.exit(main(Path(sys.argv[1])))
