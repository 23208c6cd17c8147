"""One question of a form: how its field is asked, what is said meanwhile, what is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm.errors import Invalid
from crm.fields import TEXTS, Field, Kind
from menus.answers import Answers
from menus.i18n import _
from menus.messages import sentence
from menus.terminal import Done, Guide, Option
from menus.written import typed, understood

if TYPE_CHECKING:
    from menus.shell import Shell


def ask(shell: Shell, field: Field) -> Any:
    """One value, outside of any form. Raises Back, Abandon."""
    answers = Answers((field,), None, shell.reading, {}, {})
    return Question(shell, answers, field).ask(None)[0]


class Question:
    """A field, asked of the person at `shell`."""

    def __init__(self, shell: Shell, answers: Answers, field: Field) -> None:
        self.shell = shell
        self.answers = answers
        self.field = field

    def ask(self, value: object, guessed: bool = False) -> tuple[Any, bool]:
        """The answer, and whether it is Done; what was typed before going back, or else `value`, is offered.

        `guessed`: nobody has said that `value` is it.
        """
        if self.field.kind is Kind.RECORD:
            return self.shell.pick(_(self.field.label), self.field.entity, value), False
        draft = self.answers.drafts.get(self.field.name)
        offered = typed(self.field, value) if draft is None else draft
        try:
            answer, done = self._typed(offered, guessed and draft is None), False
        except Done as end:
            answer, done = end.answer, True
        return self.answers.read(self.field, answer), done

    def unfinished(self, left: str | None, value: object) -> dict[str, str]:
        """What stood there when somebody left for another question, unless it is `value` as it was offered."""
        if left is None or self.field.kind in (Kind.CHOICE, Kind.RECORD) or left == typed(self.field, value):
            return {}
        return {self.field.name: left}

    def _typed(self, offered: str, guessed: bool) -> str:
        name, terminal = _(self.field.label), self.shell.terminal
        if self.field.kind is Kind.CHOICE:
            options = [Option(key, _(shown)) for key, shown in self.field.choices.items()]
            return terminal.choose(name, options, offered, in_form=True)
        guide = Guide(self._remark, guessed)
        if self.field.kind is Kind.LINES:
            return terminal.lines(name, offered, self._refusal, guide)
        return terminal.text(name, offered, self._refusal, self.field.example, guide)

    def _refusal(self, answer: str) -> str | None:
        try:
            self.answers.read(self.field, answer)
        except Invalid as invalid:
            return sentence(invalid)
        return None

    def _remark(self, answer: str) -> str:
        """How `answer` is understood, or what to write."""
        if not answer.strip() and (not self.field.required or self.field.kind in TEXTS):
            return self._what_to_write()
        try:
            meant = understood(self.field, self.answers.read(self.field, answer))
        except Invalid as invalid:
            return sentence(invalid)
        return "" if meant == answer.strip() else meant

    def _what_to_write(self) -> str:
        example = _("For example: {example}").format(example=self.field.example) if self.field.example else ""
        return " · ".join(filter(None, (example, "" if self.field.required else _("this may stay empty"))))
