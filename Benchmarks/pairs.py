"""Who is measured with whom, and which pairs the page holds beside each other."""

from programs import Pair, Program

OURS, OTHERS = "apus", ("go", "rust")
# In place of a pair's name: the better of the others, each with its own kind.
BETTER = "the better"

# Kinds of pairs that --pairs chooses among.
KINDS = ("own", "cross", "floor", "raw", "sleeping", "uncached", "paced")

# Pairs of a program with itself that has an option at both ends: kind, name, program, option.
VARIANTS = (
    ("raw", "raw", "floor", "--plain"),
    ("sleeping", "apus sleeping", OURS, "--no-polling"),
    ("sleeping", "raw sleeping", "floor", "--no-polling"),
    ("uncached", "apus uncached", OURS, "--no-key-cache"),
    ("paced", "apus paced", OURS, "--paced"),
)

# What these are called on the page.
TITLES = {
    "raw": "TCP alone",
    "apus sleeping": "apus, polling off",
    "raw sleeping": "TCP alone, polling off",
    "apus uncached": "apus, no key cache",
    "apus paced": "apus, paced",
}

# Beside each other wherever both were measured.
BESIDE = (
    (OURS, "floor"),
    (OURS, "raw"),
    ("apus sleeping", BETTER),
    ("apus sleeping", "raw sleeping"),
    ("apus uncached", BETTER),
    ("apus paced", BETTER),
)


def cross(other):
    """The names of our pairs with another: we dial, it dials."""
    return f"{OURS} to {other}", f"{other} to {OURS}"


def beside(comparison):
    """The pairs of BESIDE that this row has, by their names."""
    resolved = ((ours, resolve(comparison, theirs)) for ours, theirs in BESIDE)
    return [names for names in resolved if all(map(comparison.has, names))]


def resolve(comparison, name):
    return comparison.better(OTHERS) if name == BETTER else name


def shown_beside(comparison):
    """All pairs of this row whose ratio the page shows."""
    better = comparison.better(OTHERS)
    own = [(OURS, better)] if better and comparison.has(OURS) else []
    crosswise = [
        (pair, other)
        for other in OTHERS
        for pair in cross(other)
        if comparison.has(pair) and comparison.has(other)
    ]
    return own + crosswise + beside(comparison)


def pairs_by_kind(kinds, programs, servers):
    """The pairs of these kinds, by their kind; `programs` go by their names."""
    ours = programs[OURS]

    def own(program):
        return Pair(program, program, servers)

    made = {
        "own": [own(programs[name]) for name in (OURS, *OTHERS)],
        "cross": [
            Pair(*ends, servers) for name in OTHERS for ends in ((ours, programs[name]), (programs[name], ours))
        ],
        "floor": [own(programs["floor"])],
    }
    for kind, name, of, option in VARIANTS:
        program = programs[of]
        varied = Program(name, program.path, program.environment, options=[option])
        made.setdefault(kind, []).append(own(varied))
    return {kind: made[kind] for kind in kinds}
