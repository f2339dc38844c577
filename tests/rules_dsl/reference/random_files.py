"""Random organisations and rules files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.rules_dsl.reference import conditions as c
from tests.rules_dsl.reference.calendar import COUNTRIES, HOURS, Hours
from tests.rules_dsl.reference.searches import SKILLS, Need, Outcome, Person, Rule, Step, Target

TEAMS, TITLES = ("Support", "Office", "Duty"), ("Advisor", "Engineer", "Lead")
ZONES = ("Europe/Berlin", "America/Denver")
_LIMITS = {"ARR": 3, "ticket age": 3, "replies": 3}


@dataclass(frozen=True)
class RandomFile:
    people: tuple[Person, ...]
    hours: tuple[Hours, ...]
    defines: Mapping[str, c.When]
    rules: tuple[Rule, ...]
    """Without ``otherwise`` there may be gaps."""
    claim: c.When
    outcomes: tuple[Outcome, ...]
    zone: str
    facts: Mapping[str, Mapping[str, object]]

    @property
    def text(self) -> str:
        """The file, with its ``expect never`` last."""
        blocks = [[f'rules for "Desk"\n  time zone {self.zone}'], *([one.line()] for one in self.hours)]
        blocks += [[f'define "{name}"', *when.lines()] for name, when in self.defines.items()]
        blocks += [rule.lines() for rule in self.rules]
        outcomes = [one.line(place == 0) for place, one in enumerate(self.outcomes)]
        blocks.append(['expect never "x"', *self.claim.lines(), *outcomes])
        return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"

    @property
    def directory(self) -> dict[str, object]:
        """As ``desk.directory.json`` says it."""
        return {
            "desk": "Desk", "time_zone": self.zone, "currency": "EUR", "titles": [*TITLES], "skills": [*SKILLS],
            "teams": [{"name": team, "address": f"{team}@desk.example"} for team in TEAMS],
            "holidays": {name: {"country": country} for name, country in COUNTRIES.items()},
            "facts": {name: {**fact} for name, fact in self.facts.items()},
            "people": [
                {"name": f"Person {number}", "email": f"{number}@desk.example", "team": one.team, "title": one.title,
                 "skills": {**one.skills}, "languages": [*one.languages],
                 "roles": ["agent" if one.takes_calls else "manager"]}
                for number, one in enumerate(self.people, 1)
            ],
        }  # fmt: skip


def random_file(seed: int) -> RandomFile:
    return _Author(Random(seed)).file()


class _Author:
    def __init__(self, random: Random) -> None:
        self.random = random
        names = random.sample([*c.FACTS], random.choice((1, 2, 2, 3, 4)))
        self.asks = [name for name in c.FACTS if name in names]
        self.hours = tuple(random.sample(HOURS, random.choice((0, 1, 2, 2))))
        self.defines: dict[str, c.When] = {}
        self.facts = {name: dict(fact) for name, fact in c.FACTS.items()}
        for name in ("reopened", "tags", "replies"):
            self.facts[name]["may_be_missing"] = self.maybe(0.5)

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def file(self) -> RandomFile:
        for name in ("big", "stuck")[: self.random.choice((0, 0, 1, 2))]:
            self.defines[name] = self.when()
        rules = [self.rule(f"r{number}", self.when()) for number in range(self.random.randint(2, 5))]
        if self.maybe(0.3):
            rules += self.opposites()
        if self.maybe(0.7):
            rules.append(self.rule("otherwise", None))
        claim = c.When(((c.Anything(),),)) if self.maybe(0.3) else self.when()
        people = tuple(self.person(number) for number in range(self.random.randint(3, 8)))
        return RandomFile(
            people, self.hours, self.defines, tuple(rules), claim, self.outcomes(rules),
            self.random.choice(ZONES), self.facts,
        )  # fmt: skip

    def opposites(self) -> list[Rule]:
        """Two rules that leave nothing to others, except what is unknown."""
        fact = self.random.choice([*c.VALUES])
        values = (self.random.choice(c.VALUES[fact]),)
        whens = (c.When(((c.Chosen(fact, values, negated),),)) for negated in (False, True))
        return [self.rule(f"o{number}", when) for number, when in enumerate(whens)]

    def person(self, number: int) -> Person:
        """The first three are one of each team and of each title."""
        skills = self.random.sample(SKILLS, self.random.randint(0, 3))
        return Person(
            TEAMS[number] if number < len(TEAMS) else self.random.choice(TEAMS),
            TITLES[number] if number < len(TITLES) else self.random.choice(TITLES),
            {skill: self.random.randint(1, 3) for skill in skills},
            tuple(self.random.sample(c.VALUES["language"], self.random.randint(0, 2))),
            number < len(TEAMS) or self.maybe(0.8),
        )

    def when(self) -> c.When:
        alternatives = tuple(self.clauses(self.random.randint(1, 3)) for _ in range(self.random.choice((1, 1, 2))))
        return c.When(alternatives, self.clauses(self.random.choice((0, 0, 0, 1, 2))))

    def clauses(self, number: int) -> tuple[c.Condition, ...]:
        return tuple(self.condition() for _ in range(number))

    def condition(self) -> c.Condition:
        if self.hours and self.maybe(0.35):
            return c.Open(self.random.choice(self.hours).name, self.maybe(0.5))
        if self.defines and self.maybe(0.2):
            name = self.random.choice([*self.defines])
            return c.Defined(name, self.defines[name], self.maybe(0.4))
        fact = self.random.choice(self.asks)
        if self.maybe(0.1) and self.facts[fact].get("may_be_missing", True):
            return c.Known(fact, self.maybe(0.5))
        if fact == "reopened":
            return c.Flag(fact, self.maybe(0.5))
        if fact == "tags":
            tags = tuple(self.random.sample(("spam", "vip", "press"), self.random.randint(1, 2)))
            negated = self.maybe(0.4)
            # `do not include … and …` is refused: it lets tickets through that have only one of them.
            return c.Tagged(tags, "or" if negated else self.random.choice(("and", "or")), negated)
        return self.valued(fact)

    def valued(self, fact: str) -> c.Condition:
        comparison = self.random.choice(("at least", "at most", "over", "under"))
        if fact in c.UNITS:
            low = self.random.randint(0, _LIMITS[fact])
            if self.maybe(0.25):
                return c.Between(fact, low, low + self.random.randint(0, 2))
            return c.Compared(fact, comparison, low)
        values = c.VALUES[fact]
        if fact == "priority" and self.maybe(0.5):
            return c.Compared(fact, comparison, self.random.choice(values))
        chosen = self.random.sample(values, self.random.randint(1, 2))
        return c.Chosen(fact, tuple(chosen), self.maybe(0.4))

    def rule(self, name: str, when: c.When | None) -> Rule:
        kind = self.random.choice(("a call", "a call", "a call", "booking only", "no call"))
        if kind == "no call":
            return Rule(name, when, kind, (), (), ())
        needs = [need for need in self.needs() if self.maybe(0.4)]
        return Rule(name, when, kind, self.targets(), tuple(needs), self.steps(needs))

    def needs(self) -> list[Need]:
        skill = self.random.choice(SKILLS)
        return [
            Need(f'skill "{skill}"', skill, self.random.randint(1, 2)),
            Need("the customer's language"),
            Need("skill of this product area", None, self.random.randint(1, 2)),
        ]

    def targets(self) -> tuple[Target, ...]:
        return tuple(self.target() for _ in range(self.random.choice((1, 1, 2))))

    def target(self) -> Target:
        titles = tuple(self.random.sample(TITLES, self.random.choice((0, 1, 1, 2))))
        team = self.random.choice(TEAMS) if self.maybe(0.6) or not titles else None
        return Target(team, titles)

    def steps(self, needs: Sequence[Need]) -> tuple[Step, ...]:
        targets = [self.targets() for _ in range(2)]
        possible = [Step(0, f"widen to {' or '.join(one.text() for one in some)}", some) for some in targets]
        possible += [Step(0, "alert the team lead"), Step(0, "drop preferred skills")]
        for need in needs:
            if need.skill:
                possible.append(Step(0, f'drop skill "{need.skill}"', drops=need.skill))
            elif "area" in need.text:
                possible.append(Step(0, "drop skill of this product area", drops="product area"))
        chosen = self.random.sample(possible, min(self.random.choice((0, 1, 2, 3, 4)), len(possible)))
        chosen += [Step(0, "offer booking")] * self.maybe(0.3)
        return tuple(Step(5 * number, one.text, one.targets, one.drops) for number, one in enumerate(chosen, 1))

    def outcomes(self, rules: Sequence[Rule]) -> tuple[Outcome, ...]:
        return tuple(self.outcome(rules) for _ in range(self.random.choice((1, 1, 1, 2))))

    def outcome(self, rules: Sequence[Rule]) -> Outcome:
        negated = self.maybe(0.3)
        match self.random.randrange(10):
            case 0:
                name = self.random.choice(rules).name
                return Outcome("rule", "otherwise" if name == "otherwise" else f'rule "{name}"', negated)
            case 1:
                return Outcome("result", self.random.choice(("a call", "booking only", "no call")), negated)
            case 2:
                return Outcome("step", self.random.choice(("alert the team lead", "offer booking")), negated)
        target = self.target()
        at = self.random.choice(("", "", "", "at first", "3 minutes", "5 minutes", "12 minutes"))
        return Outcome("team", target.text(), negated, target, at)
