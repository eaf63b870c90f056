"""Invent evidence of any size: reviews and studies, arms, comparisons, findings and claims.

``python benchmarks/evidence.py FOLDER [--findings N] [--seed N]`` writes a folder of canonical
Turtle files that ``osteokg serve --evidence FOLDER`` serves. People, papers and figures are
invented, in the terms of ``evidence.toml``; the shapes hold and the named questions find
something. One seed gives the same evidence each time, and the more of it begins with the less.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from evidence_file import File
from evidence_results import OPPOSITE, Row, harmed, treated

from osteokg.kg.names import ID
from osteokg.kg.turtle import canonical

__all__ = ["invent", "write_evidence"]

STUDIES_OF_A_REVIEW = 40
"""A review tells of so many studies."""

_VERBS = {
    "Increased": "raised",
    "Decreased": "lowered",
    "NoDifference": "did not change",
    "Altered": "improved",
}


def invent(findings: int, seed: int = 1) -> Iterator[File]:
    """Give files of evidence, studies and then the review that cites them, until so many findings.

    The last study is whole, so there may be a few more than asked for.
    """
    found = 0
    for number in count(1):
        review = _Review(number, seed)
        while found < findings and len(review.studies) < STUDIES_OF_A_REVIEW:
            study = review.next_study()
            found += study.findings
            yield study.file
        review.conclude()
        yield review.file
        if found >= findings:
            return


def write_evidence(folder: Path, findings: int, seed: int = 1) -> list[Path]:
    """Write invented evidence into a folder, one file per source; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in invent(findings, seed):
        written.append(folder / f"{file.slug}.ttl")
        written[-1].write_text(canonical(file.triples), encoding="utf-8")
    return written


@cache
def _choices() -> dict[str, Any]:
    """Return what there is to draw from."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


def _drawn(draw: random.Random, kind: str, number: int = 1) -> list[Row]:
    """Draw different rows of a kind, each as often as its weight says."""
    left: list[Row] = list(_choices()[kind])
    drawn = []
    for _ in range(number):
        drawn.append(draw.choices(left, [row["weight"] for row in left])[0])
        left.remove(drawn[-1])
    return drawn


class _Review:
    """Invent a review: the sentences in which it tells of studies, and what it concludes."""

    def __init__(self, number: int, seed: int) -> None:
        self.draw = random.Random(f"{seed} review {number}")  # noqa: S311 - nothing secret
        self.number = number
        self.seed = seed
        self.studies: list[_Study] = []
        self.file = File(f"review-{number}")
        self.sentences = 0
        self.publication = self.file.publication(
            "ReviewArticle",
            title=f"What is known of interventions on bone, part {number}",
            label=f"Review {number}",
            creator=", ".join(self.draw.sample(_choices()["surnames"], 3)),
            year=self.draw.randint(2001, 2024),
        )

    def next_study(self) -> _Study:
        """Invent the next study that the review tells of."""
        self.studies.append(_Study(self, len(self.studies) + 1))
        return self.studies[-1]

    def anchor(self, section: str) -> ox.NamedNode:
        """Return the anchor of the next sentence."""
        self.sentences += 1
        sentence = f"S{self.sentences:03d}"
        digest = hashlib.sha256(f"{self.file.slug} {sentence}".encode()).hexdigest()
        return self.file.add(
            "anchor",
            sentence.lower(),
            "EvidenceAnchor",
            source=self.publication,
            section=section,
            sentence=sentence,
            digest=digest,
            normalisation="normalisation 1",
        )

    def conclude(self) -> None:
        """Conclude something on what every eighth study asked."""
        for number, study in enumerate(self.studies[::8], 1):
            (outcome, site, compartment), agent = study.measured[0], study.agents[0]
            good = OPPOSITE.get(outcome.get("harm", ""))
            proposition = self.file.add(
                "proposition",
                str(number),
                "Proposition",
                intervention=agent["term"],
                model=study.model["term"],
                outcome=outcome["term"],
                site=site,
                compartment=compartment,
                direction=good,
                judgement=None if good else "Improved",
            )
            hedge = self.draw.choice(("ConclusionMay", "ConclusionSuggests", None))
            self.file.add(
                "conclusion",
                str(number),
                "Conclusion",
                concludedBy=self.publication,
                anchor=self.anchor("CONCLUSION"),
                proposition=proposition,
                hedge=hedge,
                hedged=hedge is not None,
                appraisal=self.draw.choice((None, "Modest", "MayBeUseful", "NeedsStudy")),
                paraphrase=f"The reviewers conclude that {agent['words']} is good for "
                f"{outcome['words']} in {study.model['words']}.",
            )


class _Study:
    """Invent a study: a control, a model and treated arms, compared on several outcomes."""

    def __init__(self, review: _Review, place: int) -> None:
        number = (review.number - 1) * STUDIES_OF_A_REVIEW + place
        self.draw = draw = random.Random(f"{review.seed} study {number}")  # noqa: S311
        author, year = draw.choice(_choices()["surnames"]), draw.randint(1985, 2023)
        self.file = File(f"{author.lower()}-{year}-{number}")
        self.name = f"{author} {year}, number {number}"
        self.findings = 0
        (self.model,) = _drawn(draw, "model")
        self.agents = _drawn(draw, "agent", draw.choice((1, 1, 2)))
        self.measured = [
            (outcome, *draw.choice(_choices()["place"][draw.choice(outcome["places"])]))
            for outcome in _drawn(draw, "outcome", draw.randint(2, 4))
        ]
        self._arms: dict[str, ox.NamedNode] = {}
        self._exposures: dict[str, ox.NamedNode] = {}
        sections = (draw.choice(("RESULTS", "DISCUSSION")) for _ in range(3))
        self._anchors = [review.anchor(section) for section in sections]
        self._next_anchor = cycle(self._anchors)
        self._describe(review, place, year)
        self._compare()

    def _describe(self, review: _Review, place: int, year: int) -> None:
        """Say which publication and reference the study is, and what its animals were."""
        add, draw = self.file.add, self.draw
        title = f"{self.agents[0]['words'].capitalize()} in {self.model['words']}, {self.name}"
        publication = self.file.publication(
            "PrimaryArticle",
            title=title,
            label=self.name,
            creator=", ".join(draw.sample(_choices()["surnames"], 3)),
            year=year,
        )
        study = ox.NamedNode(f"{ID}study/{self.file.slug}")
        reference = add(
            "reference",
            "",
            "Reference",
            citedIn=review.publication,
            referenceNumber=place,
            identityConfidence="Certain",
            refersTo=study,
        )
        add(
            "study",
            "",
            "Study",
            label=self.name,
            publication=publication,
            reference=reference,
            species="Rat",
        )
        self._experiment = add(
            "experiment", "", "Experiment", label=f"{self.name}: the experiment", experimentOf=study
        )
        for kind, value in (
            ("Age", f"{draw.choice((8, 12, 20, 24))} weeks"),
            ("Duration", f"{draw.choice((4, 8, 12))} weeks"),
            ("Design", f"{self.agents[0]['words']} against none"),
        ):
            add(
                "characteristic",
                kind.lower(),
                "StudyCharacteristic",
                characteristicOf=study,
                characteristicKind=f"{kind}Characteristic",
                valueText=value,
                statedIn=publication,
                confidence="Certain",
            )

    def _exposure(self, name: str, agent: str, role: str, **said: object) -> None:
        self._exposures[name] = self.file.add(
            "exposure", name, "Exposure", agent=agent, role=role, **said
        )

    def _arm(self, name: str, words: str, *exposures: str) -> None:
        self._arms[name] = self.file.add(
            "arm",
            name,
            "Arm",
            label=f"{self.name}: {words}",
            partOfExperiment=self._experiment,
            exposure=[self._exposures[one] for one in exposures],
            sampleSize=self._size,
            sex=self.model.get("sex"),
            strain=self._strain,
        )

    def _compare(self) -> None:
        """Describe arms and comparisons, and what each comparison found."""
        draw, model = self.draw, self.model
        self._size, self._strain = draw.randint(6, 12), draw.choice(_choices()["strains"])
        self._exposure("control", model["control"], "Control")
        self._exposure("induction", model["procedure"], "ModelInduction")
        self._arm("control", "controls", "control")
        self._arm("model", model["words"], "induction")
        self._harm: list[str] = []
        self._found("model", "control", "the model")
        treated = [self._treat(f"treatment{n}", agent) for n, agent in enumerate(self.agents, 1)]
        if len(treated) == 2:
            self._combine(treated)

    def _treat(self, name: str, agent: Row) -> list[ox.NamedNode]:
        dose = self.draw.choice(agent["doses"])
        self._exposure(
            name,
            agent["term"],
            "Treatment",
            regimen=self.draw.choice(("Preventive", "Curative", "RegimenNotStated")),
            route=agent["route"],
            doseText=f"{dose} {agent['unit']}",
            doseValue=float(dose),
            doseUnit=agent["unit"],
            schedule="daily",
        )
        self._arm(name, f"{self.model['words']} given {agent['words']}", "induction", name)
        return self._found(name, "model", agent["words"])

    def _combine(self, treated: Sequence[list[ox.NamedNode]]) -> None:
        """Give both agents to one arm; claim how they act together, and explain an effect."""
        both = " with ".join(agent["words"] for agent in self.agents)
        arm = f"{self.model['words']} given {both}"
        self._arm("both", arm, "induction", "treatment1", "treatment2")
        combined = self._found("both", "model", both)
        components = [
            self.file.add(
                "component",
                str(number),
                "InteractionComponent",
                agent=agent["term"],
                outcome=self.measured[0][0]["term"],
                componentFinding=treated[number - 1][0],
            )
            for number, agent in enumerate(self.agents, 1)
        ]
        self.file.add(
            "claim",
            "both",
            "InteractionClaim",
            interactionKind=self.draw.choice(("Additive", "Synergistic", "NoAddedBenefit")),
            component=components,
            combinedFinding=combined[0],
            comparedWith=[self._arms["treatment1"], self._arms["treatment2"]],
            anchor=self.draw.choice(self._anchors),
            hedged=False,
            paraphrase=f"How {both} act together is told by {self.name}.",
        )
        self.file.add(
            "explanation",
            "both",
            "Explanation",
            explanans=combined[1],
            explanandum=combined[0],
            weight=self.draw.choice(("Primary", "Partial", "WeightNotStated")),
            anchor=self.draw.choice(self._anchors),
            hedged=False,
            paraphrase=f"One effect of {both} is held to explain another by {self.name}.",
        )

    def _found(self, target: str, reference: str, words: str) -> list[ox.NamedNode]:
        """Describe a comparison of two arms, and a finding for each outcome that was measured."""
        comparison = self.file.add(
            "comparison",
            f"{target}-versus-{reference}",
            "Comparison",
            targetArm=self._arms[target],
            referenceArm=self._arms[reference],
        )
        found = []
        for number, (outcome, site, compartment) in enumerate(self.measured):
            of_model = target == "model"
            if of_model:
                said = harmed(outcome, self.draw)
                self._harm.append(said["direction"])
            else:
                said = treated(outcome, self._harm[number], self.draw)
            verb = _VERBS[said["direction"]]
            found.append(
                self.file.add(
                    "finding",
                    f"{target}-{number + 1}",
                    "Finding",
                    comparison=comparison,
                    outcome=outcome["term"],
                    site=site,
                    compartment=compartment,
                    method=outcome.get("method"),
                    presupposed=of_model and self.draw.random() < 0.3,
                    hedged=self.draw.random() < 0.1,
                    anchor=next(self._next_anchor),
                    wording=verb,
                    paraphrase=f"In {self.model['words']}, {words} {verb} {outcome['words']}, "
                    f"says {self.name}.",
                    **said,
                )
            )
        self.findings += len(found)
        return found


def main() -> int:
    """Write a folder of invented evidence."""
    parser = argparse.ArgumentParser(description="Invent evidence and write it as Turtle.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--findings", type=int, default=1000, help="so many (1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same gives the same (1)")
    told = parser.parse_args()
    files = write_evidence(told.folder, told.findings, told.seed)
    sys.stdout.write(f"{told.folder}: {len(files)} files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
