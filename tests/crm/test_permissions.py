"""The rights that the menus go by are those of crm.permission, of one's own department."""

from __future__ import annotations

from crm.permissions import Permissions
from tests.company import EMPLOYEES, Office

STAFF = [(name, department) for _, name, _, department, active in EMPLOYEES if active]


def test_everybody_gets_the_rights_of_their_department(office: Office) -> None:
    for full_name, department in STAFF:
        rows = office.as_owner("SELECT entity, action, scope FROM crm.permission WHERE department = %s", department)
        assert rows
        assert office.session(full_name).permissions.scopes == {
            (entity, action): scope for entity, action, scope in rows
        }


def test_own_all_or_none(office: Office) -> None:
    bill = office.session("Bill Boquet").permissions
    assert bill.scope("client", "read") == "all"
    assert bill.scope("client", "update") == "own"
    assert bill.scope("contract", "create") is None
    assert bill.allow(("client", "update"))
    assert not bill.allow(("contract", "create"))
    assert not bill.allow(("weather", "change"))


def test_a_right_is_written_once(office: Office) -> None:
    """Give support a right in the table, and the menus and the database both grant it."""
    office.as_owner("INSERT INTO crm.permission VALUES ('support', 'client', 'create', 'own')")
    kate = office.session("Kate Hastroff")
    assert kate.permissions.allow(("client", "create"))
    assert kate.clients.create(full_name="New", email="new@x.example").commercial_contact.full_name == "Kate Hastroff"


def test_a_token_that_is_worth_nothing_has_none(office: Office) -> None:
    assert Permissions.of_bearer(office.nobody().database).scopes == {}
    bill = office.session("Bill Boquet")
    office.as_owner("UPDATE crm.session SET revoked_at = now()")
    assert Permissions.of_bearer(bill.database).scopes == {}


def test_nobody_can_write_their_own(office: Office) -> None:
    for full_name, _department in STAFF:
        with office.connect(office.token(full_name)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_any_column_privilege('crm.permission', 'INSERT, UPDATE'), has_table_privilege('crm.permission', 'DELETE')"
            )
            assert cursor.fetchone() == (False, False)
        connection.close()
