"""Keep arms to their bounds: freeze what goes beyond them, and let people pause, cap and free arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from firstline.domain.arm_guard import Bounds, why_frozen
from firstline.domain.errors import InvalidInputError, TransactionConflictError
from firstline.domain.learning_context import parent_of, segments
from firstline.domain.ports import Clock
from firstline.domain.turn import Strategy
from firstline.repositories.arm_controls import EVERYWHERE, ArmControl, ArmControlRepository
from firstline.repositories.arms import ArmRepository

_TRIES = 10
GUARD = "guard"
"""By whom an arm is frozen."""

DEFAULT_ARM = Strategy.CONCISE
"""What the holdout always gets. It is never frozen or paused, so that something can always be chosen."""


class GuardArms:
    """Freezes by category: a segment's own counts are fewer, and customers do not choose their channel by the arm."""

    def __init__(
        self,
        controls: ArmControlRepository,
        arms: ArmRepository,
        *,
        clock: Clock,
        bounds: Bounds,
        on_freeze: Callable[[ArmControl], None],
    ) -> None:
        self._controls = controls
        self._arms = arms
        self._clock = clock
        self._bounds = bounds
        self._on_freeze = on_freeze

    def controls(self, *, consistent: bool = False) -> list[ArmControl]:
        """Return what is set for arms."""
        return self._controls.all(consistent=consistent)

    def check(
        self, policy: str, category: str, counts: Sequence[Mapping[str, int]], controls: Sequence[ArmControl]
    ) -> list[Strategy]:
        """Freeze the arms of a category whose counts are beyond their bounds, and return those newly frozen.

        Parameters
        ----------
        policy : str
            The policy version whose counts they are.
        counts : sequence of mapping
            Per arm in the order of ``Strategy``.
        controls : sequence of ArmControl
            What is set; read again before anything is written.
        """
        known = {control.arm: control for control in controls if control.segment == category}
        newly = []
        for arm, found in zip(Strategy, counts, strict=True):
            control = known.get(arm)
            if arm is DEFAULT_ARM or (control and control.frozen):
                continue
            since = control.lifted.get(policy) if control else None
            if why_frozen(found, self._bounds, since=since) and self._freeze(policy, category, arm, found):
                newly.append(arm)
        return newly

    def check_all(self, policy: str) -> list[tuple[str, Strategy]]:
        """Check every category of a policy version."""
        controls = self._controls.all(consistent=True)
        categories = [segment for segment in segments() if not parent_of(segment)]
        return [
            (category, arm)
            for category in categories
            for arm in self.check(policy, category, self._arms.read(policy, category), controls)
        ]

    def set(
        self,
        segment: str,
        arm: Strategy,
        *,
        by: str,
        policy: str,
        paused: bool | None = None,
        cap: float | None = None,
        least: float | None = None,
        frozen: bool | None = None,
        reason: str = "",
    ) -> ArmControl:
        """Change what is set for an arm; what is not named stays as it is.

        Lifting a freeze has the guard count from then on.

        Raises
        ------
        InvalidInputError
            There is no such segment, or the fixed default would be paused, frozen or capped.
        TransactionConflictError
        """
        if segment != EVERYWHERE and (parent_of(segment) or segment not in segments()):
            raise InvalidInputError("segment is a category, or all")
        if arm is DEFAULT_ARM and (paused or frozen or (cap is not None and cap < 1)):
            raise InvalidInputError(f"{arm.value} is the fixed default, which is never paused, frozen or capped")
        given = {"paused": paused, "cap": cap, "least": least, "frozen": frozen}
        changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        for _ in range(_TRIES):
            seen = self._controls.get(segment, arm)
            before = seen or ArmControl(segment=segment, arm=arm, at=self._clock.now())
            if frozen is False and before.frozen:
                counts = self._arms.read(policy, segment)[tuple(Strategy).index(arm)]
                held = {name: n for name, n in counts.items() if name.startswith("guard_")}
                changes["lifted"] = {**before.lifted, policy: held}
            update = {**changes, "reason": reason, "by": by, "at": self._clock.now()}
            after = before.model_copy(update=update)
            if self._controls.put(after, seen=seen):
                return self._controls.get(segment, arm) or after
        raise TransactionConflictError(f"control of {segment} {arm.value}: too many writers at once")

    def _freeze(self, policy: str, category: str, arm: Strategy, counts: Mapping[str, int]) -> bool:
        for _ in range(_TRIES):
            seen = self._controls.get(category, arm)
            why = why_frozen(counts, self._bounds, since=seen.lifted.get(policy) if seen else None)
            if not why or (seen and seen.frozen):
                return False
            before = seen or ArmControl(segment=category, arm=arm, at=self._clock.now())
            told = {"frozen": True, "reason": why, "by": GUARD, "at": self._clock.now()}
            frozen = before.model_copy(update=told)
            if self._controls.put(frozen, seen=seen):
                self._on_freeze(frozen)
                return True
        raise TransactionConflictError(f"control of {category} {arm.value}: too many writers at once")
