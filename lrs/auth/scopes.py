"""Who may do what, on one page.

A *scope* is what a key or token holds; an *action* is what a request wants to do. The table names,
for each action, the scopes that allow it. `practice/*` stands apart on purpose: `all` means all of
the learning store (design, "Two stores per tenant").

    scope                 statements  statements  state  state  profile  profile  agents,     define
                          write       read        read   write  read     write    activities
    all                   yes         yes         yes    yes    yes      yes      yes         yes
    all/read              -           yes         yes    -      yes      -        yes         -
    statements/write      yes         -           -      -      -        -        -           -
    statements/read       -           yes         -      -      -        -        yes         -
    statements/read/mine  -           own only    -      -      -        -        -           -
    state                 -           -           yes    yes    -        -        -           -
    profile               -           -           -      -      yes      yes      yes         -
    define                -           -           -      -      -        -        -           yes

The practice store is read with `practice/read`; `practice/write` hands in evidence and answers,
`practice/review` gives verdicts, `practice/admin` keeps people, units and programmes, and
`practice/all` does all four. None of them implies another; see `lrs.auth.roles` for resources.

Not in the table: reading *about* needs no scope at all. Reading back one's own statement by id
needs a scope that reads; the right to write brings none (xAPI 1.0.3, Communication 4.2). No action
writes practice statements by xAPI: only the service does, of what was handed in.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lrs import errors
from lrs.store.accounts import Principal

ACTIONS: dict[str, tuple[str, ...]] = {
    "statements/write": ("all", "statements/write"),
    "statements/read": ("all", "all/read", "statements/read", "statements/read/mine"),
    "state/read": ("all", "all/read", "state"),
    "state/write": ("all", "state"),
    "profile/read": ("all", "all/read", "profile"),
    "profile/write": ("all", "profile"),
    "agents/read": ("all", "all/read", "statements/read", "profile"),
    "activities/read": ("all", "all/read", "statements/read", "profile"),
    "define": ("all", "define"),
    "practice/read": ("practice/all", "practice/read"),
    "practice/write": ("practice/all", "practice/write"),
    "practice/review": ("practice/all", "practice/review"),
    "practice/admin": ("practice/all", "practice/admin"),
}
"""Action → the scopes that allow it, widest first: the first one held is the one that decides."""

MINE = "statements/read/mine"


@dataclass(frozen=True, slots=True)
class Granted:
    """A yes. `by` is the scope that allowed it; `mine` says that only statements of the
    principal's own authority may be shown."""

    action: str
    by: str

    @property
    def mine(self) -> bool:
        return self.by == MINE

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """A no, and why: what would have been needed and what is held."""

    action: str
    held: tuple[str, ...]

    @property
    def mine(self) -> bool:
        return False

    @property
    def error(self) -> errors.Forbidden:
        """To be raised where the request ends."""
        return errors.Forbidden(" or ".join(ACTIONS[self.action]), self.held)

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return str(self.error)


def allows(principal: Principal, action: str) -> Granted | Denied:
    """Whether this principal may do `action`, true or false as it is. KeyError: no such action."""
    return decide(principal.scopes, action)


def require(principal: Principal, action: str) -> Granted:
    """Like `allows`, but a no is raised as `errors.Forbidden`."""
    decision = allows(principal, action)
    if isinstance(decision, Denied):
        raise decision.error
    return decision


def decide(held: AbstractSet[str], action: str) -> Granted | Denied:
    """The table, asked: `held` are scopes, of which unknown ones count for nothing."""
    for scope in ACTIONS[action]:
        if scope in held:
            return Granted(action, scope)
    return Denied(action, tuple(sorted(held)))
