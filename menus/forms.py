"""Questions one after the other, then a summary to save, mend or abandon. Nothing typed is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from crm import monitoring
from crm.errors import Conflict, CrmError, Invalid, NotAllowed, SignedOut, Unavailable
from crm.fields import Field, Kind
from crm.models import Record
from menus.finding import entry
from menus.i18n import _, colon
from menus.messages import sentence
from menus.terminal import Abandon, Back, Find, Option
from menus.written import typed, written

if TYPE_CHECKING:
    from menus.shell import Shell

T = TypeVar("T")
SAVE, ABANDON, BACK = "save", "abandon", "back"


class Form:
    """A form over some fields of one record, new or not."""

    def __init__(
        self,
        shell: Shell,
        title: str,
        fields: Sequence[Field],
        record: Record | None = None,
        told: Sequence[Field] = (),
        like: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        """`record`: what is changed, None for something new; `self.record` is its newest version seen.

        `told`: without `record`, what to tell of one that somebody else changed meanwhile.
        `like`: field -> the field whose answer is offered for it; `values`: what is known beforehand.
        """
        self.shell = shell
        self.title = title
        self.fields = fields
        self.record = record
        self.told = told
        self.like = like or {}
        self.before = self._values_of(record) if record is not None else {}
        self.values = {**self.before, **values}
        self.new = record is None
        self._drafts: dict[str, str] = {}

    def submit(self, save: Callable[[dict[str, Any]], T]) -> T:
        """Ask, show the summary, and hand what is new to `save` until it succeeds. Raises Abandon."""
        if self.new:
            self._fill()
        while True:
            choice = self._review()
            if choice == ABANDON:
                raise Abandon
            if choice == SAVE and not self.changes():
                self.shell.say(_("Nothing has changed."))
                raise Back
            if choice == BACK:
                self._fill(len(self.fields) - 1)
                continue
            if choice != SAVE:
                self._ask_again(choice)
                continue
            try:
                return self._save(save)
            except Invalid as invalid:
                self.shell.terminal.refuse(sentence(invalid))
                self._ask_again(invalid.field or "")
            except Conflict as conflict:
                self._take_over(conflict)
            except (NotAllowed, Unavailable) as error:
                self.shell.terminal.refuse(sentence(error))

    def changes(self) -> dict[str, Any]:
        """What differs from the record."""
        return {name: value for name, value in self.values.items() if self.new or value != self.before.get(name)}

    def _values_of(self, record: Record) -> dict[str, Any]:
        return {field.name: field.of(record, self.shell.now()) for field in self.fields}

    def _take_over(self, conflict: Conflict) -> None:
        """Go on from what somebody else saved; the summary then shows their values against mine."""
        mine = self.changes()
        theirs = {} if self.new else self._values_of(conflict.current)
        changed = [field for field in self.fields if theirs.get(field.name) != self.before.get(field.name)]
        news = [
            f"{colon(_(field.label))} {written(field, field.of(conflict.current, self.shell.now())) or '–'}"
            for field in (*changed, *self.told)
        ]
        self.shell.terminal.refuse(
            "\n".join([sentence(conflict), *news, _("Look at the summary again before you save.")])
        )
        self.record, self.before, self.values = conflict.current, theirs, {**theirs, **mine}

    def _save(self, save: Callable[[dict[str, Any]], T]) -> T:
        while True:
            try:
                return save(self.changes())
            except SignedOut as error:
                self.shell.terminal.refuse(sentence(error))
                self.shell.sign_in()

    def _fill(self, asked: int = 0) -> None:
        """The questions from that one on; back goes to the one before."""
        while asked < len(self.fields):
            try:
                self._ask(self.fields[asked])
                asked += 1
            except Back as back:
                if asked == 0:
                    raise Abandon from None
                self._drafts[self.fields[asked].name] = back.typed
                asked -= 1

    def _ask_again(self, name: str) -> None:
        for field in self.fields:
            if field.name == name:
                try:
                    self._ask(field)
                except Back:
                    return

    def _ask(self, field: Field) -> None:
        draft = self._drafts.pop(field.name, "")
        known = self.values.get(field.name, self.values.get(self.like.get(field.name, "")))
        self.values[field.name] = ask(self.shell, field, known, draft)

    def _review(self) -> str:
        try:
            return self.shell.terminal.choose(self.title, self._summary(), SAVE)
        except Back:
            return BACK if self.new else ABANDON

    def _summary(self) -> list[Option]:
        lines = [Option(field.name, f"{colon(_(field.label))} {self._shown(field)}") for field in self.fields]
        return [Option(SAVE, _("Save")), *lines, Option(ABANDON, _("Abandon"))]

    def _shown(self, field: Field) -> str:
        new, old = (
            " ⏎ ".join(written(field, values.get(field.name)).split("\n")) or "–"
            for values in (self.values, self.before)
        )
        return new if self.new or new == old else f"{old} → {new}"


def ask(shell: Shell, field: Field, value: object, draft: str = "") -> Any:
    """One value for `field`; `draft`, what was typed before going back, or else `value` is offered."""
    name = _(field.label)
    if field.kind is Kind.CHOICE:
        options = [Option(key, _(shown)) for key, shown in field.choices.items()]
        return shell.terminal.choose(name, options, str(value) if value is not None else "")
    if field.kind is Kind.RECORD:
        return shell.pick(name, field.entity)
    check = _check(shell, field)
    offered = draft or typed(field, value)
    if field.kind is Kind.LINES:
        answer = shell.terminal.lines(name, offered, check)
    else:
        answer = shell.terminal.text(name, offered, check, field.example)
    return field.read(answer, shell.reading())


def confirm(shell: Shell, question: str, verb: str, final: bool = False) -> None:
    """Go on only when `verb` is chosen; Abandon otherwise.

    `final`: it cannot be taken back, so Enter alone is no consent.
    """
    options = [Option("yes", verb), Option("no", _("Abandon"))]
    try:
        chosen = shell.terminal.choose(question, options, "no" if final else "yes")
    except Back:
        chosen = "no"
    if chosen != "yes":
        raise Abandon


def _check(shell: Shell, field: Field) -> Callable[[str], str | None]:
    def refusal(answer: str) -> str | None:
        try:
            field.read(answer, shell.reading())
        except Invalid as invalid:
            return sentence(invalid)
        return None

    return refusal


def finder(
    find: Callable[[str], Sequence[Record]], line: Callable[[Record], Option] = entry
) -> tuple[Find, Mapping[str, Record]]:
    """Records as options, and the records behind the keys given out so far. Never raises."""
    found: dict[str, Record] = {}

    def options(answer: str) -> list[Option]:
        try:
            records = find(answer)
        except CrmError:
            return []
        except Exception as error:  # a completer that raises would take the prompt down with it
            monitoring.unexpected(error)
            return []
        lines = [line(record) for record in records]
        found.update({option.key: record for option, record in zip(lines, records, strict=True)})
        return lines

    return options, found
