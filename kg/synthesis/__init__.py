"""Synthesis: what the evidence says taken together, and what is left of it without some of it.

Evidence map, effect directions, contradictions, gaps, claims and conclusions, each for what a
Selection asks for. Everything is asked of what is Kept of a version; what is counted or judged, the
rules of ``kg/rules`` count and judge.
"""

from osteokg.kg.synthesis.cells import Cell
from osteokg.kg.synthesis.changes import Change
from osteokg.kg.synthesis.claims import AddOn, Claim, Claims, Conclusion, Proposition, claims
from osteokg.kg.synthesis.contradictions import Contradictions, Pair, Reason, contradictions
from osteokg.kg.synthesis.directions import (
    EffectDirections,
    Line,
    Mark,
    Question,
    effect_directions,
)
from osteokg.kg.synthesis.evidence import SWITCHES, Selection, Term, offered
from osteokg.kg.synthesis.evidence_map import EvidenceMap, evidence_map
from osteokg.kg.synthesis.facts import Facts
from osteokg.kg.synthesis.gaps import Gap, Gaps, gaps
from osteokg.kg.synthesis.squares import Square
from osteokg.kg.synthesis.votes import DIRECTIONS, Direction, Votes, votes_in_words

__all__ = [
    "DIRECTIONS",
    "SWITCHES",
    "AddOn",
    "Cell",
    "Change",
    "Claim",
    "Claims",
    "Conclusion",
    "Contradictions",
    "Direction",
    "EffectDirections",
    "EvidenceMap",
    "Facts",
    "Gap",
    "Gaps",
    "Line",
    "Mark",
    "Pair",
    "Proposition",
    "Question",
    "Reason",
    "Selection",
    "Square",
    "Term",
    "Votes",
    "claims",
    "contradictions",
    "effect_directions",
    "evidence_map",
    "gaps",
    "offered",
    "votes_in_words",
]
