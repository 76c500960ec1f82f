"""Reports of tests.bench.frames as Markdown: a section for each machine, and in it a table for each question."""

from __future__ import annotations

from viewer.choices import FRAME_MODES
from viewer.statistics import stage_order

SMALL, MIDDLE = (960, 640), (1920, 1280)
# What the project set out to reach, by scene, size and culling, in milliseconds on an H100 or H200; and what others
# took for the same scene, or one of its size, on an H100.
FRAME_AIMS = {("block", SMALL, "centre"): ("floor + 0.25", "Proxy-GS 4.7"),
              ("block-4x4", SMALL, "centre"): ("floor + 0.32", ""),
              ("block-8x8", SMALL, "centre"): ("floor + 0.45", "")}
GAUSSIAN_AIMS = {("block", SMALL, "centre"): ("0.15", "Proxy-GS 3.41"),
                 ("block", SMALL, "off"): ("0.30", "Proxy-GS 2.82"),
                 ("plain-7x7", SMALL, "off"): ("0.34", "HiGS 0.40, PolySplat 0.61, INRIA 1.39, gsplat 1.59"),
                 ("plain-7x7", SMALL, "footprint"): ("0.20", ""),
                 ("plain-14x14", MIDDLE, "off"): ("0.90", "HiGS 1.03 at that size"),
                 ("plain-14x14", MIDDLE, "footprint"): ("0.45", "")}
CPU_AIMS = {("block", SMALL, "centre"): ("60", "")}  # of the Gaussian stages, on 2 cores


def tables(reports: list[dict]) -> str:
    """Markdown. Of two rows about the same on one machine, the one of the later report counts."""
    machines: dict[str, list[dict]] = {}
    for report in reports:
        machines.setdefault(machine_name(report["machine"]), []).append(report)
    return "\n".join(_section(name, its) for name, its in machines.items())


def machine_name(machine: dict[str, str]) -> str:
    if "gpu" in machine:
        return f"{machine['gpu']}, driver {machine['driver']}, CUDA {machine['cuda']}"
    return f"{machine.get('cpu', 'unknown')}, {machine.get('vulkan', 'no Vulkan')}"


def _section(machine: str, reports: list[dict]) -> str:
    on_gpu = "gpu" in reports[0]["machine"]
    lines = [f"### {machine}", ""]
    lines += [f"{number}. commit `{report['commit']}`, lod error {report['lod_error']:g} px: `{report['command']}`"
              for number, report in enumerate(reports, 1)]
    parts = (("Whole frames", "frames", _frame_table),
             ("Gaussian stages alone, the depth given", "gaussians", _gaussian_table),
             ("Proxy depth alone", "depth", _depth_table), ("Memory on the device", "memory", _memory_table))
    for title, key, table in parts:
        rows = {(row["scene"], *row["size"], row.get("culling")): row | {"run": number}
                for number, report in enumerate(reports, 1) for row in report[key]}
        if rows:
            lines += ["", f"{title}:", "", table(list(rows.values()), on_gpu, len(reports) > 1)]
    return "\n".join(lines) + "\n"


def _frame_table(rows, on_gpu, numbered) -> str:
    header = ["scene", "size", "culling", "items", "triangles", "same-frame", "floor", "above it", "pipelined", "floor",
              "above it", "aim, same-frame", "others", "fly path", "p99", "p99 : median", "fly path pipelined", "p99",
              "p99 : median"]
    cells = []
    for row in rows:
        modes = [row[mode] for mode in FRAME_MODES]
        times = [f"{value:.3f}" for mode in modes
                 for value in (mode["frame"], mode["floor"], mode["frame"] - mode["floor"])]
        same, ahead = (mode["fly"] for mode in modes)
        aim = _aim(row, FRAME_AIMS if on_gpu else {})
        cells.append([*_what(row), f"{row['items']:,}", f"{row['triangles']:,}", *times, *aim,
                      f"{same['median']:.3f}", f"{same['p99']:.3f}", f"{same['p99'] / same['median']:.2f}",
                      f"{ahead['median']:.3f}", f"{ahead['p99']:.3f}", f"{ahead['p99'] / ahead['median']:.2f}"])
    return _markdown(header, cells, rows, numbered)


def _gaussian_table(rows, on_gpu, numbered) -> str:
    stages = sorted({stage for row in rows for stage in row["stages"]}, key=stage_order)
    counts = ["visible", "gaussians", "drawn", "pairs"]
    events = ["by events"] if on_gpu else []
    header = ["scene", "size", "culling", "items", *counts, *events, "sum of stages", *stages, "aim", "others"]
    cells = [[*_what(row), f"{row['items']:,}", *(f"{row['counts'][name]:,.0f}" for name in counts),
              *(f"{row['events']:.3f}" for _ in events), f"{row['sum']:.3f}",
              *(f"{row['stages'][stage]:.3f}" if stage in row["stages"] else "-" for stage in stages),
              *_aim(row, GAUSSIAN_AIMS if on_gpu else CPU_AIMS)] for row in rows]
    return _markdown(header, cells, rows, numbered)


def _depth_table(rows, on_gpu, numbered) -> str:
    header = ["scene", "size", "triangles", "test views", "until the host has it", "fly path", "p95", "triangles drawn",
              "clusters drawn"]
    cells = [[*_what(row)[:2], f"{row['triangles']:,}", f"{row['test']['gpu']:.3f}", f"{row['test']['wall']:.3f}",
              f"{row['fly']['gpu']:.3f}", f"{row['fly']['gpu_p95']:.3f}", f"{row['fly']['triangles_drawn']:,.0f}",
              f"{row['fly']['clusters_drawn']:,.0f}"] for row in rows]
    return _markdown(header, cells, rows, numbered)


def _memory_table(rows, on_gpu, numbered) -> str:
    header = ["scene", "size", "culling", "model's arrays", "all, MB", "bound, MB", "by name, MB"]
    cells = []
    for row in rows:
        names = row["by_name"] | ({"other tensors": row["unnamed"]} if "unnamed" in row else {})
        largest = sorted(names.items(), key=lambda item: -item[1])
        cells.append([*_what(row), *(f"{row[key] / 1e6:,.0f}" for key in ("model", "total", "bound")),
                      ", ".join(f"{name} {nbytes / 1e6:,.1f}" for name, nbytes in largest)])
    return _markdown(header, cells, rows, numbered)


def _what(row) -> list[str]:
    return [row["scene"], f"{row['size'][0]} x {row['size'][1]}", row.get("culling", "")]


def _aim(row, aims: dict) -> tuple[str, str]:
    return aims.get((row["scene"], tuple(row["size"]), row["culling"]), ("", ""))


def _markdown(header: list[str], cells: list[list[str]], rows: list[dict], numbered: bool) -> str:
    if numbered:
        header, cells = [*header, "run"], [[*line, str(row["run"])] for line, row in zip(cells, rows)]
    filled = [i for i in range(len(header)) if any(line[i] for line in cells)]  # no column of nothing
    lines = [[line[i] for i in filled] for line in (header, *cells)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], ["---"] * len(filled), *lines[1:]))
