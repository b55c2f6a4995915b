"""What a row came to."""

import dataclasses

PASS = "pass"
FAIL = "fail"
# The peer lacks the feature, as known_missing.py says with its reason, and the run saw it lacking.
MISSING = "missing"
# known_missing.py says the peer lacks it, and yet it passed: the table is out of date.
UNEXPECTED = "unexpected pass"
# A stand-in for our peer lacks what the row needs of our side.
STAND_IN = "stand-in lacks it"
# An earlier failure of the same connection left nothing to try.
NOT_RUN = "not run"

BAD = (FAIL, UNEXPECTED)

WE_DIAL, WE_LISTEN = "we dial", "we listen"
OURS, THEIRS = "we ask", "they ask"
BOTH = "both"


@dataclasses.dataclass
class Row:
    """One outcome of one feature between two peers."""

    section: str
    direction: str
    their_key: str
    our_key: str
    side: str
    feature: str
    status: str = NOT_RUN
    reason: str = ""
    # What a missing feature looked like in this run.
    seen: str = ""
    seconds: float = 0.0

    @property
    def name(self):
        parts = [self.section, self.direction]
        if self.their_key:
            parts.append(f"their {self.their_key}, our {self.our_key}")
        if self.side != BOTH:
            parts.append(self.side)
        return " / ".join(part for part in [*parts, self.feature] if part)


class StandInLacks(Exception):
    """The program used in our peer's place has not what a row needs."""
