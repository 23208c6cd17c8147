"""Questions one after the other, then a summary to save, mend or abandon. Nothing typed is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from crm.errors import Conflict, CrmError, Invalid, NotAllowed, NotFound, SignedOut, Unavailable
from crm.fields import Field
from crm.models import Record
from menus.answers import Answers, Offer
from menus.asking import Question
from menus.conflicts import lines, refusal, which_count
from menus.differences import difference
from menus.i18n import _, colon
from menus.messages import sentence
from menus.terminal import Abandon, Back, Option
from menus.written import NOTHING, entity_of, on_one_line, written

if TYPE_CHECKING:
    from menus.shell import Shell

T = TypeVar("T")
Settle = Callable[["Form", Conflict], None]
"""Asks what to make of a conflict, until that is settled. Raises Back, Abandon."""
SAVE, ABANDON, BACK = "save", "abandon", "back"


class Form:
    """A form over some fields of one record, new or not."""

    def __init__(
        self,
        shell: Shell,
        title: str,
        fields: Sequence[Field],
        record: Record | None = None,
        about: Record | None = None,
        settle: Settle | None = None,
        offers: Mapping[str, Offer] | None = None,
        **values: Any,
    ) -> None:
        """`record`: what is changed, None for something new; `self.record` is its newest version seen.

        `about`: without `record`, what the new thing belongs to. `settle`: what is asked when somebody else changed
        that meanwhile. `offers`: field -> what is offered for it; `values`: known beforehand.
        """
        self.shell = shell
        self.title = title
        self.fields = fields
        self.record = record
        self.answers = Answers(fields, record, shell.reading, offers or {}, values)
        self._author = shell.session.identity
        self._asked = 0
        self._settle_conflict = settle or (which_count if record is not None else None)
        self._conflict: Conflict | None = None
        self._seen = of = record or about
        self._key = self._author.employee_id, tuple(field.name for field in fields), type(of).__name__, of and of.id

    def submit(self, save: Callable[[dict[str, Any]], T]) -> T:
        """Ask, show the summary, and hand what is new to `save` until it succeeds. Raises Abandon, Back."""
        try:
            self._take_up_the_draft()
            if self.answers.new:
                self._fill(self._asked)
            for name in [*self.answers.drafts]:
                self.ask_again(name)
            return self._until_saved(save)
        except (Exception, KeyboardInterrupt) as way_out:
            if self.answers.touched:
                self.shell.drafts[self._key] = self.answers.put_aside(self._asked, self._seen)
            if isinstance(way_out, Abandon):
                way_out.kept = self._key in self.shell.drafts
            raise

    def _take_up_the_draft(self) -> None:
        draft = self.shell.drafts.get(self._key)
        if draft is None:
            return
        options = [Option("on", _("Go on")), Option("afresh", _("Start afresh"))]
        chosen = self.shell.terminal.choose(_("Go on with what you typed before?"), options, "on")
        del self.shell.drafts[self._key]
        if chosen == "on":
            now, self._seen = self._seen, draft.seen or self._seen
            self.answers.take_up(draft)
            self._asked = draft.asked
            self._catch_up(now)

    def _catch_up(self, now: Any) -> None:
        """What was typed against an older version than `now` is not to undo silently what was changed since."""
        seen: Any = self._seen
        if self._settle_conflict is None or seen is None or seen.version == now.version:
            return
        if seen.version > now.version:  # an old card was open
            self.record = seen
            self.answers.take_over(Conflict(seen))
            return
        changes = {} if self.answers.new else self.answers.changes()
        conflict = self._signed_in(lambda: self.shell.session.of(entity_of(now)).since(seen, now, changes))
        if conflict.news:
            changed = _("This has been changed since you typed that:")
            self.shell.say("\n".join([changed, *lines(now, conflict.news, self.shell.now())]))
        self._go_on_from(conflict)

    def _fill(self, asked: int) -> None:
        """The questions from that one on; back goes to the one before. After Ctrl-S only what is still missing."""
        done = False
        while asked < len(self.fields):
            self._asked = asked
            try:
                done = self._ask(self.fields[asked]) or done
            except Back:
                if asked == 0:
                    self._leave()
                asked, done = asked - 1, False
            else:
                asked = self.answers.missing() if done else asked + 1
        self._asked = len(self.fields)
        self._settle()

    def _until_saved(self, save: Callable[[dict[str, Any]], T]) -> T:
        while True:
            choice = self._review()
            if choice == ABANDON:
                raise Abandon
            if choice == BACK:
                self._fill(len(self.fields) - 1)
            elif choice != SAVE:
                self.ask_again(choice)
                self._settle()
                self._settled()
            elif self.answers.clashes:
                self._let_choose()
            elif not self.answers.changes():
                self.shell.say(_("Nothing has changed."))
                raise Back
            elif self.answers.disagreement() is not None:
                self._settle()
            else:
                try:
                    return self._signed_in(lambda: save(self.answers.changes()))
                except CrmError as error:
                    self._refused(error)
                except Back:  # somebody thought better of it
                    continue

    def _refused(self, error: CrmError) -> None:
        """Say why it is not saved, and lead to where that can be mended; anything unexpected goes further up."""
        match error:
            case Conflict() if error.current is not None:
                self._meet(error)
            case Invalid():
                self.shell.terminal.refuse(sentence(error))
                self.ask_again(error.field or "")
            case Conflict() | NotAllowed() | NotFound() | Unavailable():
                self.shell.terminal.refuse(sentence(error))
            case _other:
                raise error

    def _signed_in(self, work: Callable[[], T]) -> T:
        """What comes of `work`; whenever the session is over, its owner signs in again and `work` is repeated."""
        while True:
            try:
                return work()
            except SignedOut:
                self.shell.sign_in_again(self._author)

    def _leave(self) -> None:
        raise Abandon if self.answers.touched else Back

    def _settle(self) -> bool:
        """Lead to each value that does not go with another one, until all do; False when somebody will not mend it."""
        while (invalid := self.answers.disagreement()) is not None:
            self.shell.terminal.refuse(sentence(invalid))
            if not self.ask_again(invalid.field or "", anew=True):
                return False
        return True

    def ask_again(self, name: str, anew: bool = False) -> bool:
        """Ask for the field of that name; False when somebody went back; nothing has changed then."""
        for field in self.fields:
            if field.name == name:
                try:
                    self._ask(field, anew)
                except Back:
                    self.answers.drafts.pop(name, None)
                    return False
        return True

    def _ask(self, field: Field, anew: bool = False) -> bool:
        """Ask for `field`; True when nothing more is to be asked."""
        value, guessed = self.answers.offered(field, anew)
        question = Question(self.shell, self.answers, field)
        try:
            answer, done = self._signed_in(lambda: question.ask(value, guessed))
        except (Back, Abandon) as left:
            self.answers.drafts |= question.unfinished(left.typed, value)
            raise
        self.answers.answer(field, answer)
        return done

    def _review(self) -> str:
        try:
            return self.shell.terminal.choose(self.title, self._summary(), SAVE)
        except Back:
            if not self.answers.new:
                self._leave()
            return BACK

    def _summary(self) -> list[Option]:
        return [Option(SAVE, _("Save")), *map(self._line, self.fields), Option(ABANDON, _("Abandon"))]

    def _line(self, field: Field) -> Option:
        old, new = (written(field, values.get(field.name)) for values in (self.answers.before, self.answers.values))
        changed = not self.answers.new and old != new
        shown = difference(old, new) if changed else on_one_line(new) or NOTHING
        return Option(field.name, f"{colon(_(field.label))} {shown}", quiet=not self.answers.new and not changed)

    def _meet(self, conflict: Conflict) -> None:
        """Tell what somebody else saved, and go on from there."""
        asked = [field.name for field in self.fields]
        self.shell.terminal.refuse(refusal(conflict, self.shell.now(), asked))
        mine = {name: self.answers.values[name] for name in conflict.changes.keys() & {*asked}}
        self._go_on_from(conflict)
        mended = any(self.answers.values[name] != value for name, value in mine.items())
        if conflict.refused is not None and not mended:
            self._refused(conflict.refused)

    def _go_on_from(self, conflict: Conflict) -> None:
        """On top of what the record is by now, as soon as it is settled what counts."""
        self.record = conflict.current
        self.answers.take_over(conflict)
        self._conflict = conflict
        self._let_choose()

    def _let_choose(self) -> None:
        """Esc leads to the summary; until all clashes are settled, nothing is saved."""
        try:
            if self._conflict is not None and self._settle_conflict is not None:
                self._settle_conflict(self, self._conflict)
        except Back:
            return
        self._settled()
        self._settle()

    def _settled(self) -> None:
        if self._conflict is not None and not self.answers.clashes:
            self._conflict, self._seen = None, self.record


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
