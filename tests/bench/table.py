"""The figures of a run as one table."""

from typing import Any

HTTP = "empty view, {} processes"


def text(results: dict[str, Any]) -> str:
    """The table: pace, share of the floor, times, processor time."""
    cells = {(cell["target"], cell["shape"]): cell for cell in results["cells"]}
    lines = [
        f"{results['machine']}; {results['when']}; {results['connections']} connections",
        f"{'':34}{'per s':>9}{'floor':>9}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}"
        f"{'cpu µs':>8}",
    ]
    last = ""
    for (target, shape), cell in cells.items():
        if target.endswith(", driver"):
            continue
        if target != last:
            lines += ["", target]
            last = target
        floor = floor_of(cells, target, shape)
        lines.append(
            f"  {shape:32}{cell['pace']:9,.0f}"
            + (f"{floor:9,.0f}{cell['pace'] / floor:7.2f}" if floor else " " * 16)
            + f"{cell['p50'] * 1000:9.2f}{cell['p99'] * 1000:9.2f}"
            + f"{cell['p99'] / cell['p50'] if cell['p50'] else 0:9.1f}"
            + f"{cell['cpu'] * 1e6:8,.0f}"
        )
    lines += ["", *sizes(results["facts"])]
    lines += [f"WRONG: {line}" for line in dict.fromkeys(results["wrong"])]
    return "\n".join(lines)


def floor_of(cells: dict[tuple[str, str], Any], target: str, shape: str) -> float | None:
    """What could be had at most: HTTP and driver in series; for batches the driver alone."""
    sending = shape.split(", with")[0]
    driver = [
        cell["pace"]
        for (name, kind), cell in cells.items()
        if name == f"{target}, driver" and (kind == shape or kind.startswith(f"{sending}, "))
    ]
    if not driver:
        return None
    if shape.startswith("batch"):
        return float(max(driver))
    workers = 1 if target.startswith("sqlite") else 0
    http = [
        cell["pace"]
        for (name, _), cell in cells.items()
        if name.startswith("empty view") and ((name == HTTP.format(1)) is bool(workers))
    ]
    if not http:
        http = [cell["pace"] for (name, _), cell in cells.items() if name.startswith("empty")]
    return 1 / (1 / http[0] + 1 / max(driver)) if http else None


def sizes(facts: dict[str, Any]) -> list[str]:
    """Disk and memory, a line for each target."""
    lines = []
    for name, fact in facts.items():
        if "disk" not in fact:
            continue
        lines.append(
            f"{name}: {fact['disk'] / fact['statements']:,.0f} bytes on disk a statement,"
            f" {fact['disk'] / fact['json']:.2f} for each byte of JSON;"
            f" {fact.get('resident', 0) / 1e6:,.0f} MB resident in the largest web process,"
            f" {fact.get('worker', 0) / 1e6:,.0f} in the worker"
        )
    return lines
