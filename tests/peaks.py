"""How much memory something takes at a time, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

RUN = """
import re
def resident(name):
    return 1024 * int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])
for statement in sys.argv[1:]:
    before = resident("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")  # the peak starts over
    exec(statement)
    print("peak", resident("VmHWM") - before)
"""


def peaks(imports: str, *statements: str) -> list[int]:
    """Bytes by which the resident memory rises, at most, during each of the statements. What one leaves is given back
    to the system at once, so that the next one cannot use it unseen."""
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(1 << 18), "OMP_NUM_THREADS": "2"}
    ran = subprocess.run([sys.executable, "-c", f"import sys\n{imports}\n{RUN}", *statements], text=True, check=True,
                         capture_output=True, env=environment, cwd=Path(__file__).parent.parent, timeout=300)
    return [int(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("peak")]
