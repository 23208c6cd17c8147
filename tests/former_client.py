"""A former client: contracts paid, events over, and a past that names them in every way."""

from __future__ import annotations

from tests.company import Office

NUMBER, CONTRACT, EVENT, CANCELLED = 17, 170, 1700, 1701
VERSION = 2
"""Of the client."""
NAME = "Séamus O'Brien 🎉"
NOTES = ("Séamus likes the river.\n=SUM(A1)\n" + "🎉 no tomatoes, thank you " * 500)[:10_000]
TRACES = ("brien", "séamus", "seamus", "shamus", "353 1 234", "3531234", "tinker", "wicklow", "tomatoes", "mary")
"""What the database must not hold any more once they are anonymised, in small letters."""


def add(office: Office) -> None:
    """Client 17 of Bill's with contract 170 and two events, one cancelled; an event and a contract were deleted."""
    office.as_owner(
        "INSERT INTO crm.client (id, full_name, email, phone, company_name, first_contact, commercial_contact_id)"
        " VALUES (%s, 'Shamus Brien', 'shamus@brien.example', '+353 1 234 5678', '=Tinker & Tailor', '2019-02-28', 2)",
        NUMBER,
    )
    for number, status in ((CONTRACT, "signed"), (171, "unsigned")):
        office.as_owner(
            "INSERT INTO crm.contract (id, client_id, total_amount, amount_to_be_paid, creation_date, status)"
            " VALUES (%s, %s, 1234.50, 1000, '2019-03-01', %s)",
            number,
            NUMBER,
            status,
        )
    for number, title in ((EVENT, "+O'Brien Wedding"), (CANCELLED, "Brien Picnic"), (1702, "Mary Brien's Birthday")):
        office.as_owner(
            "INSERT INTO crm.event (id, contract_id, title, support_contact_id, start_date, end_date, location, attendees, notes)"
            " VALUES (%s, %s, %s, 4, '2020-07-01 13:00Z', '2020-07-02 01:30Z', '1 Wicklow Road', 75, %s)",
            number,
            CONTRACT,
            title,
            NOTES,
        )
    bill, gina, kate = (office.session(name) for name in ("Bill Boquet", "Gina Comptoir", "Kate Hastroff"))
    client = bill.clients.get(NUMBER)
    bill.clients.update(client, full_name=NAME, email="seamus.obrien@tinker.example")
    kate.events.update(kate.events.get(EVENT), notes=f"Mary decides.\n{NOTES}"[:10_000], attendees=80)
    gina.contracts.record_payment(gina.contracts.get(CONTRACT), gina.contracts.get(CONTRACT).amount_to_be_paid)
    office.as_owner(
        "UPDATE crm.event SET cancelled_at = '2020-06-01 08:00Z', end_date = '2031-01-01 08:00Z' WHERE id = %s",
        CANCELLED,
    )
    gina.events.delete(gina.events.get(1702))
    gina.contracts.delete(gina.contracts.get(171))
    for session in (bill, gina, kate):
        session.database.close()
