"""From the invitation to what lasts: how many came to each step."""

from collections.abc import Mapping

from lrs.reports.shapes import Measure

#: What a person goes through, and after it what becomes of it at work.
STEPS = ("invited", "enrolled", "attended", "completed", "applied", "lasting")


def steps(counts: Mapping[str, int]) -> list[Measure]:
    """Each step with how many are said to have come to it, and how many may have.

    Who did the later was there for the earlier, though the LMS never said so: up to `reached_…`.
    What becomes of it at work is open for those of whom nobody knows: `open_…`.
    """
    found, before = [], None
    for step in STEPS:
        told = counts.get(step, 0)
        most = max(told, counts.get(f"reached_{step}", told + counts.get(f"open_{step}", 0)))
        found.append(
            Measure(
                name=step,
                of="count",
                k=told,
                n=before,
                value=float(told) if told == most else None,
                low=float(told),
                high=float(most),
            )
        )
        before = most
    return found
