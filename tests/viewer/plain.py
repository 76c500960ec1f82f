"""Plain splats of any number, for what depends on how many there are."""

import os
from pathlib import Path

import numpy as np

NAMES = ["x", "y", "z", *(f"f_dc_{i}" for i in range(3)), *(f"f_rest_{i}" for i in range(45)), "opacity",
         *(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4))]


def write_plain(folder: Path, count: int, as_a_hole: bool = False) -> Path:
    """Small ones in a box of 40, of degree 3. A hole holds all of them, as zeros, and takes no room on the disk."""
    path = folder / "splats.ply"
    head = "\n".join(["ply", "format binary_little_endian 1.0", f"element vertex {count}",
                      *(f"property float {name}" for name in NAMES), "end_header\n"]).encode()
    if as_a_hole:
        path.write_bytes(head)
        os.truncate(path, len(head) + 4 * len(NAMES) * count)
        return path
    random = np.random.default_rng(7)
    rows = random.normal(0, 0.3, (count, len(NAMES))).astype("<f4")
    rows[:, :3] = random.uniform(-20, 20, (count, 3))
    rows[:, -7:-4] -= 4  # logarithms of their sizes
    path.write_bytes(head + rows.tobytes())
    return path
