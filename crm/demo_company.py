"""The invented company of `epicevents demo`: who works there, for whom, and what they organise.

Days count from the day the demo is made (-1: yesterday) unless they are dates. The records of the
specification are as it has them. All other people and firms are made up: addresses end in .example,
telephone numbers come from the ranges that France, the United Kingdom, Germany, Sweden and North
America keep for fiction.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

Day = int | date


class Person(NamedTuple):
    """An employee; `left`: the day of leaving, None for those still here."""

    full_name: str
    email: str
    department: str
    hired: Day
    left: int | None = None


class Customer(NamedTuple):
    """A client; `former_contact`: who looked after them until leaving."""

    first_contact: Day
    full_name: str
    email: str
    phone: str
    company_name: str
    contact: str
    former_contact: str = ""


class Happening(NamedTuple):
    """An event; `support` "": nobody yet. Hours of the day and of duration may be fractions."""

    day: Day
    hour: float
    hours: float
    title: str
    location: str
    attendees: int | None
    support: str
    notes: str = ""
    cancelled: int | None = None
    number: int | None = None


class Project(NamedTuple):
    """A contract and its events.

    `total` in euros; `signed_after`: days from creation to signature, None for unsigned; `paid`: per cent.
    """

    created: Day
    client: str
    total: int
    signed_after: int | None
    paid: int
    happenings: tuple[Happening, ...] = ()
    number: int | None = None


BILL, SEGOLENE, CLARA, YANIS = "Bill Boquet", "Ségolène Drouhin", "Clara Whitcombe", "Yanis Benkirane"
KATE, ALIENOR, TOMAS, MAELLE = "Kate Hastroff", "Aliénor Vichum", "Tomás Iglesias", "Maëlle Quéméneur"
ACCOUNTANTS = GISELE, RACHID, INGRID = "Gisèle Paumier", "Rachid Ouadah", "Ingrid Solberg"
ADELE = "Adèle Fontanel"
HUBERT = "Hubert Lacassagne"

# In the order in which they came; the number of an employee is the place in this list.
PEOPLE = (
    Person(ADELE, "adele.fontanel@epicevents.example", "admin", date(2018, 1, 8)),
    Person(BILL, "bill.boquet@epicevents.example", "sales", date(2018, 3, 5)),
    Person(KATE, "kate.hastroff@epicevents.example", "support", date(2018, 9, 3)),
    Person(GISELE, "gisele.paumier@epicevents.example", "accounting", date(2019, 1, 14)),
    Person(ALIENOR, "alienor.vichum@epicevents.example", "support", date(2019, 6, 17)),
    Person(HUBERT, "hubert.lacassagne@epicevents.example", "sales", date(2019, 10, 7), left=-130),
    Person(SEGOLENE, "segolene.drouhin@epicevents.example", "sales", date(2019, 10, 21)),
    Person(RACHID, "rachid.ouadah@epicevents.example", "accounting", date(2019, 11, 4)),
    Person(TOMAS, "tomas.iglesias@epicevents.example", "support", date(2020, 2, 3)),
    Person(CLARA, "clara.whitcombe@epicevents.example", "sales", date(2020, 6, 8)),
    Person(INGRID, "ingrid.solberg@epicevents.example", "accounting", date(2020, 9, 14)),
    Person(MAELLE, "maelle.quemeneur@epicevents.example", "support", date(2020, 10, 5)),
    Person(YANIS, "yanis.benkirane@epicevents.example", "sales", -170),
)

KEVIN_CASEY_LAST_UPDATE = date(2023, 3, 29)

# In the order of first contact; the number of a client is the place in this list.
CUSTOMERS = (
    Customer(date(2021, 4, 18), "Kevin Casey", "kevin@startup.io", "+678 123 456 78", "Cool Startup LLC", BILL),
    Customer(date(2022, 9, 12), "Jacky Blangier", "jacky@loubouzin.grd", "+ 666 12345", "Lou Bouzin", CLARA),
    Customer(date(2023, 1, 10), "John Ouick", "john.ouick@gmail.com", "+1 234 567 8901", "", SEGOLENE),
    Customer(
        -1190, "Éloïse Marchandeau", "eloise@brasserie-du-quai.example", "+33 4 65 71 20 14", "Brasserie du Quai", BILL
    ),
    Customer(
        -1175, "Gunther Albrecht", "g.albrecht@albrecht-optik.example", "+49 30 23125204", "Albrecht Optik GmbH",
        YANIS, HUBERT,
    ),
    Customer(-1160, "Nadège Thirion", "nadege.thirion@courriel.example", "+33 6 39 98 41 07", "", SEGOLENE),
    Customer(
        -1148, "Margaret Ashdown", "m.ashdown@ashdown-leigh.example", "+44 20 7946 0112", "Ashdown & Leigh LLP", CLARA
    ),
    Customer(
        -1120, "Fabrice Courtemanche", "fabrice@courtemanche.example", "+33 2 61 91 33 80", "Transports Courtemanche",
        BILL,
    ),
    Customer(-1101, "Sofia Lindqvist", "sofia.lindqvist@nordljus.example", "+46 8 465 004 21", "Nordljus AB", CLARA),
    Customer(-1084, "Thibault de La Roncière", "thibault@laronciere.example", "+33 6 39 98 77 12", "", SEGOLENE),
    Customer(
        -1063, "Amadou Diarra", "a.diarra@diarra-solaire.example", "+33 4 65 71 62 05", "Diarra Énergies Solaires",
        YANIS, HUBERT,
    ),
    Customer(
        -1040, "Pilar Echeverría", "pilar@bodegas-echeverria.example", "+33 5 36 49 18 41", "Bodegas Echeverría", BILL
    ),
    Customer(
        -1022, "Jean-Baptiste Le Goff", "jb.legoff@conserveries-legoff.example", "+33 2 61 91 07 66",
        "Conserveries Le Goff", CLARA,
    ),
    Customer(-1003, "Mireille Sabatier", "mireille.sabatier@courriel.example", "+33 6 39 98 20 53", "", YANIS, HUBERT),
    Customer(
        -981, "Hiroshi Tanabe", "h.tanabe@tanabe-precision.example", "+33 5 36 49 72 30", "Tanabe Precision France",
        BILL,
    ),
    Customer(
        -960, "Charlotte Vandenberghe", "charlotte@maison-vandenberghe.example", "+33 3 53 01 44 18",
        "Maison Vandenberghe", SEGOLENE,
    ),
    Customer(
        -941, "Rosalind Okafor", "r.okafor@brightwater.example", "+44 20 7946 0357", "Brightwater Foundation", CLARA
    ),
    Customer(
        -925, "Odile Carpentras", "odile@fetes-mufflins.example", "+33 2 61 91 58 02", "Comité des fêtes de Mufflins",
        SEGOLENE,
    ),
    Customer(-902, "Leïla Haddouche", "leila.haddouche@courriel.example", "+33 6 39 98 64 29", "", BILL),
    Customer(
        -884, "Étienne Rocamadour", "etienne@rocamadour-fils.example", "+33 5 36 49 05 93", "Rocamadour & Fils",
        BILL, HUBERT,
    ),
    Customer(
        -866, "Thandeka Nkosi", "thandeka@nkosi-architecture.example", "+33 1 99 00 31 75", "Nkosi Architecture", CLARA
    ),
    Customer(-850, "Giulia Ferrante", "giulia@ferrante-moda.example", "+33 1 99 00 86 40", "Ferrante Moda", SEGOLENE),
    Customer(-828, "Benoît Ménétrier", "benoit.menetrier@courriel.example", "+33 6 39 98 13 88", "", SEGOLENE, HUBERT),
    Customer(-810, "Harriet Pell", "harriet@pell-robotics.example", "+44 117 496 0144", "Pell Robotics Ltd", CLARA),
    Customer(
        -795, "Ludovic Tisserand", "l.tisserand@tisserand-mutuelle.example", "+33 3 53 01 90 27",
        "Tisserand Mutuelle", BILL,
    ),
    Customer(-776, "Anneliese Vogt", "a.vogt@vogt-pharma.example", "+49 30 23125388", "Vogt Pharma AG", CLARA),
    Customer(
        -758, "Séverine Bonhomme", "severine@lapagecornee.example", "+33 1 99 00 17 52", "Librairie La Page Cornée",
        SEGOLENE,
    ),
    Customer(-740, "Oscar Nyström", "oscar.nystrom@courriel.example", "+46 8 465 004 63", "", CLARA, HUBERT),
    Customer(-722, "Capucine Delahaye", "capucine.delahaye@courriel.example", "+33 6 39 98 50 36", "", SEGOLENE),
    Customer(
        -705, "Walter Brannigan", "walt@brannigan-whiskey.example", "+1 202-555-0117", "Brannigan Whiskey Co.", BILL
    ),
    Customer(-688, "Inês Carvalho", "ines@atelier-carvalho.example", "+33 1 99 00 63 09", "Atelier Carvalho", BILL),
    Customer(
        -670, "Mathurin Kerbrat", "m.kerbrat@laitiere-tregor.example", "+33 2 61 91 84 15",
        "Coopérative laitière du Trégor", CLARA,
    ),
    Customer(
        -648, "Yolande Pasquier", "yolande@amicale-bourges.example", "", "Amicale laïque de Bourges", SEGOLENE
    ),
    Customer(
        -630, "Samir Belkacem", "s.belkacem@belkacem-avocats.example", "+33 4 65 71 39 71", "Belkacem & Associés",
        YANIS, HUBERT,
    ),
    Customer(-611, "Phoebe Langtry", "phoebe.langtry@mail.example", "+44 7700 900482", "", CLARA),
    Customer(
        -593, "Grégoire Fontvieille", "g.fontvieille@fontvieille-immo.example", "+33 4 65 71 11 60",
        "Fontvieille Immobilier", SEGOLENE,
    ),
    Customer(-575, "Nguyễn Thị Lan", "lan@lotus-cie.example", "+33 1 99 00 42 98", "Lotus & Cie", BILL),
    Customer(-556, "Aurélie Chastaing", "aurelie.chastaing@courriel.example", "+33 6 39 98 35 71", "", BILL),
    Customer(
        -538, "Dimitri Papadakis", "d.papadakis@aegean-agency.example", "+33 4 65 71 55 24", "Aegean Shipping Agency",
        YANIS, HUBERT,
    ),
    Customer(-520, "Solène Guivarc'h", "solene.guivarch@courriel.example", "+33 6 39 98 09 44", "", CLARA),
    Customer(
        -501, "Cédric Maupertuis", "cedric@velos-maupertuis.example", "+33 4 65 71 78 36", "Vélos Maupertuis", SEGOLENE
    ),
    Customer(-483, "Naomi Feldstein", "naomi@feldstein-gallery.example", "+1 202-555-0164", "Feldstein Gallery", BILL),
    Customer(-466, "Ulysse Bergeron", "ulysse.bergeron@courriel.example", "+33 6 39 98 82 17", "", SEGOLENE),
    Customer(
        -447, "Katarzyna Wójcik", "k.wojcik@wojcik-logistics.example", "+33 3 53 01 27 59", "Wójcik Logistics", CLARA
    ),
    Customer(
        -428, "Romain Estève", "president@rc-corbieres.example", "+33 4 65 71 90 82", "Rugby Club des Corbières", BILL
    ),
    Customer(
        -410, "Fatoumata Sylla", "fatoumata@graines-avenir.example", "+33 1 99 00 75 13",
        "Association Graines d'Avenir", SEGOLENE,
    ),
    Customer(-391, "Edmund Thackeray-Jones", "edmund@thackeray-jones.example", "+44 131 496 0271", "", CLARA),
    Customer(
        -372, "Margaux Peyrolles", "margaux@domaine-peyrolles.example", "+33 4 65 71 03 47", "Domaine de Peyrolles",
        BILL, HUBERT,
    ),
    Customer(-350, "Tariq Mahmood", "tariq@mahmood-textiles.example", "+44 20 7946 0733", "Mahmood Textiles", BILL),
    Customer(
        -322, "Bérengère Autissier", "berengere.autissier@courriel.example", "+33 6 39 98 26 60", "", YANIS, HUBERT
    ),
    Customer(
        -301, "Joaquim Almeida", "j.almeida@almeida-batiment.example", "+33 1 99 00 58 81", "Almeida Bâtiment",
        SEGOLENE,
    ),
    Customer(
        -280, "Élodie Froment", "contact@vet-tilleuls.example", "+33 3 53 01 66 34",
        "Clinique vétérinaire des Tilleuls", YANIS, HUBERT,
    ),
    Customer(-255, "Marguerite Ozanne", "marguerite.ozanne@courriel.example", "", "", BILL),
    Customer(-231, "Kwame Asante", "kwame@asante-coffee.example", "+44 20 7946 0590", "Asante Coffee Roasters", CLARA),
    Customer(-205, "Blandine Roquefeuil", "blandine.roquefeuil@courriel.example", "+33 6 39 98 71 95", "", SEGOLENE),
    Customer(-141, "Perrine Lestrade", "perrine.lestrade@courriel.example", "+33 6 39 98 04 18", "", BILL),
    Customer(
        -124, "Augustin Vauquelin", "augustin@imprimerie-vauquelin.example", "+33 2 61 91 49 73",
        "Imprimerie Vauquelin", YANIS,
    ),
    Customer(-82, "Deborah Kessler", "d.kessler@kessler-wray.example", "+1 202-555-0189", "Kessler & Wray Inc.", YANIS),
    Customer(-55, "Hélène Zimmermann", "helene.zimmermann@courriel.example", "+33 6 39 98 47 22", "", YANIS),
    Customer(-6, "Chiara Bonaventura", "chiara.bonaventura@courriel.example", "+33 6 39 98 90 31", "", SEGOLENE),
)  # fmt: skip

AMBOISE = "Domaine des Tilleuls, 14 chemin du Lavoir, 37400 Amboise, France"
ANNECY = "Centre de congrès du Lac, 5 quai des Cygnes, 74000 Annecy, France"
BORDEAUX = "Chai des Jacobins, 27 rue des Faures, 33000 Bordeaux, France"
BRUSSELS = "Halles Sainte-Gudule, Rue du Marais 112, 1000 Bruxelles, Belgium"
CHENONCEAUX = "Château de la Roncière, 37150 Chenonceaux, France"
CONCARNEAU = "Criée du Port, 8 quai Pénéroff, 29900 Concarneau, France"
DEAUVILLE = "Villa Augeval, 61 avenue de la Plage, 14800 Deauville, France"
LILLE = "La Halle aux Lins, 33 avenue du Peuple belge, 59800 Lille, France"
LONDON = "Farrier's Hall, 41 Cloth Lane, London EC1A 7QX, United Kingdom"
LYON = "Les Entrepôts du Rhône, 12 quai Rambaud, 69002 Lyon, France"
MARSEILLE = "Le Dock des Suds-Est, 18 rue Urbain V, 13002 Marseille, France"
MUFFLINS = "Salle des fêtes de Mufflins"
NANTES = "L'Atelier des Machines, 4 boulevard Léon Bureau, 44200 Nantes, France"
PARIS = "Pavillon Montsouris-Sud, 20 rue Gazan, 75014 Paris, France"
PARIS_LOFT = "Le Loft du Canal, 146 quai de Jemmapes, 75010 Paris, France"
PROVENCE = "Mas des Cigales, route de Lourmarin, 84160 Cucuron, France"
RENNES = "Le Couvent des Cordiers, 9 rue de Saint-Malo, 35000 Rennes, France"
STRASBOURG = "Pavillon des Limousines, 1 allée des Limousines, 67000 Strasbourg, France"
TOULOUSE = "Hangar 31, 7 avenue de l'Aérodrome, 31400 Toulouse, France"

# Contracts in the order in which they were made. For a client without a company, coming and past events
# are shifted to the next Saturday away from today, for a company to the next working day.
PROJECTS = (
    Project(date(2023, 1, 20), "Jacky Blangier", 3600, 11, 100, (
        Happening(date(2023, 5, 5), 15, 2, "Lou Bouzin General Assembly", MUFFLINS, 200, ALIENOR,
                  "Assemblée générale des actionnaires (~200 personnes).", number=1023),
    ), number=412),
    Project(date(2023, 2, 14), "John Ouick", 14800, 9, 100, (
        Happening(date(2023, 6, 4), 13, 13, "John Ouick Wedding", "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
                  75, KATE, "Wedding starts at 3PM, by the river.\nCatering is organized, reception starts at 5PM.",
                  number=109),
    ), number=652),
    Project(-1178, "Éloïse Marchandeau", 6400, 7, 100, (
        Happening(-1115, 19, 5, "Réouverture de la Brasserie du Quai", "2 quai Saint-Vincent, 69001 Lyon, France",
                  140, KATE),
    )),
    Project(-1150, "Gunther Albrecht", 18250, 12, 100, (
        Happening(-1080, 9, 9, "Albrecht Optik Dealer Day", LYON, 90, ALIENOR, "Badges à imprimer en allemand."),
    )),
    Project(-1139, "Nadège Thirion", 15900, 15, 100, (
        Happening(-990, 14, 13, "Mariage Thirion-Lambert", AMBOISE, 120, KATE,
                  "Cérémonie laïque à 15 h sous le cèdre.\nRepli sous la serre en cas de pluie."),
        Happening(-989, 11, 4, "Brunch Thirion-Lambert", AMBOISE, 60, KATE),
    )),
    Project(-1110, "Margaret Ashdown", 22400, 9, 100, (
        Happening(-1052, 18, 5, "Ashdown & Leigh Partners' Dinner", LONDON, 80, TOMAS, "Black tie. Two vegans."),
    )),
    Project(-1060, "Fabrice Courtemanche", 9800, 10, 100, (
        Happening(-1005, 10, 8, "Journée des familles Courtemanche", "Dépôt Courtemanche, 72100 Le Mans, France",
                  250, ALIENOR, "Visite des ateliers, puis méchoui."),
    )),
    Project(-1044, "Sofia Lindqvist", 27600, 20, 100, (
        Happening(-952, 9, 33, "Nordljus Sales Kick-off", ANNECY, 110, MAELLE),
    )),
    Project(-1012, "Thibault de La Roncière", 31000, 14, 100, (
        Happening(-880, 16, 11, "Bal de La Roncière", CHENONCEAUX, 180, KATE,
                  "Orchestre de onze musiciens : prévoir les loges."),
    )),
    Project(-962, "Pilar Echeverría", 12300, 11, 100, (
        Happening(-905, 11, 6, "Bodegas Echeverría Tasting – Bordeaux", BORDEAUX, 60, ALIENOR),
        Happening(-898, 11, 6, "Bodegas Echeverría Tasting – Paris", PARIS_LOFT, 75, ALIENOR),
    )),
    Project(-930, "Jean-Baptiste Le Goff", 8900, 9, 100, (
        Happening(-861, 12, 6, "Centenaire des Conserveries Le Goff", CONCARNEAU, 300, MAELLE, "Fanfare à 12 h 30."),
    )),
    Project(-832, "Rosalind Okafor", 38500, 21, 100, (
        Happening(-735, 19, 5, "Brightwater Foundation Charity Gala", PARIS, 220, KATE,
                  "Auction starts at 9PM.\nPress list: Ms Okafor's office."),
    )),
    Project(-810, "Odile Carpentras", 4300, 9, 100, (
        Happening(-742, 10, 14, "Fête foraine de Mufflins", "Place de l'Église, Mufflins", 600, ALIENOR),
    )),
    Project(-780, "Leïla Haddouche", 11600, 8, 100, (
        Happening(-655, 15, 11, "Mariage Haddouche-Perrin", MARSEILLE, 160, MAELLE),
    )),
    Project(-730, "Thandeka Nkosi", 9950, 7, 100, (
        Happening(-668, 18, 4, "Nkosi Architecture Exhibition Opening", PARIS_LOFT, 150, ALIENOR),
    )),
    Project(-700, "Giulia Ferrante", 24800, 16, 100, (
        Happening(-612, 20, 4, "Ferrante Moda Runway Show", PARIS, 280, KATE, "Fittings from noon, press at 7PM."),
    )),
    Project(-655, "Harriet Pell", 17200, 18, 100, (
        Happening(-560, 10, 7, "Pell Robotics Demo Day", LONDON, 120, TOMAS, "Robots arrive the evening before."),
    )),
    Project(-640, "Ludovic Tisserand", 20900, 14, 100, (
        Happening(-548, 14, 4, "Assemblée générale de Tisserand Mutuelle", STRASBOURG, 350, ALIENOR,
                  "Vote électronique : boîtiers loués à part."),
    )),
    Project(-610, "Anneliese Vogt", 33100, 22, 70, (
        Happening(-490, 8.5, 34, "Vogt Pharma European Congress", STRASBOURG, 400, KATE,
                  "Interpreters: German, French, Polish."),
    )),
    Project(-541, "Capucine Delahaye", 19400, 12, 100, (
        Happening(-406, 14, 13, "Mariage Delahaye-Roux", AMBOISE, 130, KATE, "Feu d'artifice à 23 h : arrêté du maire "
                  "reçu."),
        Happening(-405, 11, 4, "Brunch Delahaye-Roux", AMBOISE, 65, KATE),
    )),
    Project(-520, "Walter Brannigan", 13800, 15, 50, (
        Happening(-440, 19, 4, "Brannigan Single Malt Launch", PARIS_LOFT, 100, ALIENOR),
    )),
    Project(-430, "Samir Belkacem", 10400, 11, 100, (
        Happening(-371, 18, 5, "Belkacem & Associés : les dix ans du cabinet", LYON, 120, KATE),
    )),
    Project(-415, "Margaret Ashdown", 16800, 10, 100, (
        Happening(-340, 9, 8, "Ashdown & Leigh Legal Summit", BRUSSELS, 95, TOMAS),
    )),
    Project(-400, "Phoebe Langtry", 21500, 13, 100, (
        Happening(-290, 14, 12, "Langtry–Moreau Wedding", PROVENCE, 90, KATE, "Guests land at Marignane at 11AM."),
    )),
    Project(-380, "Kevin Casey", 12500, 9, 100, (
        Happening(-318, 18, 5, "Cool Startup Product Launch", PARIS_LOFT, 150, ALIENOR, "Live stream, two cameras."),
    )),
    Project(-366, "Nguyễn Thị Lan", 5300, 6, 100, (
        Happening(-310, 12, 8, "Lotus & Cie Street Food Day", LILLE, 200, MAELLE),
    )),
    Project(-350, "Grégoire Fontvieille", 9200, 8, 0, (
        Happening(-288, 18, 4, "Inauguration de la résidence Les Cèdres", "3 allée des Cèdres, 06130 Grasse, France",
                  75, TOMAS),
    )),
    Project(-318, "Dimitri Papadakis", 15600, 12, 100, (
        Happening(-250, 19, 5, "Aegean Shipping Captains' Dinner", MARSEILLE, 110, ALIENOR),
    )),
    Project(-300, "Fabrice Courtemanche", 11200, 7, 60, (
        Happening(-212, 9, 8, "Courtemanche : convention des conducteurs", NANTES, 180, KATE),
    )),
    Project(-290, "Solène Guivarc'h", 14300, 10, 100, (
        Happening(-170, 15, 12, "Mariage Guivarc'h-Le Bihan", CONCARNEAU, 140, MAELLE, "Bagad sur le port à 17 h."),
    )),
    Project(-275, "Cédric Maupertuis", 6900, 6, 100, (
        Happening(-205, 8, 10, "Maupertuis Bike Festival", ANNECY, 500, TOMAS, "Signaleurs : 22 bénévoles, liste "
                  "jointe au dossier."),
    )),
    Project(-262, "Naomi Feldstein", 18900, 14, 100, (
        Happening(-190, 18, 4, "Feldstein Gallery Collectors' Evening", PARIS, 90, ALIENOR),
    )),
    Project(-255, "Ulysse Bergeron", 9600, 10, 30, (
        Happening(40, 15, 11, "Mariage Bergeron-Diallo", CHENONCEAUX, 85, MAELLE, "Reporté à l'an prochain par les "
                  "familles.", cancelled=-12),
    )),
    Project(-240, "Katarzyna Wójcik", 8300, 9, 100, (
        Happening(-160, 9, 8, "Wójcik Logistics Safety Day", LILLE, 60, KATE),
    )),
    Project(-228, "Romain Estève", 5600, 5, 100, (
        Happening(-150, 18, 6, "Rugby Club des Corbières – soirée des partenaires", TOULOUSE, 210, TOMAS),
    )),
    Project(-219, "Fatoumata Sylla", 7200, 8, 100, (
        Happening(-120, 19, 5, "Dîner caritatif Graines d'Avenir", PARIS, 160, ALIENOR),
    )),
    Project(-210, "Edmund Thackeray-Jones", 26400, 15, 100, (
        Happening(-75, 15, 11, "Thackeray-Jones Golden Wedding", CHENONCEAUX, 100, MAELLE,
                  "Wheelchair access for six guests."),
    )),
    Project(-204, "Giulia Ferrante", 29700, None, 0),
    Project(-196, "Margaux Peyrolles", 9400, 10, 100, (
        Happening(-118, 11, 8, "Portes ouvertes du Domaine de Peyrolles", "Domaine de Peyrolles, 11200 Lézignan, "
                  "France", 350, KATE),
    )),
    Project(-185, "Tariq Mahmood", 13100, 12, 40, (
        Happening(-90, 10, 7, "Mahmood Textiles Buyers' Fair", BRUSSELS, 170, TOMAS),
    )),
    Project(-176, "Harriet Pell", 19800, 9, 100, (
        Happening(-68, 9, 32, "Pell Robotics Partner Summit", ANNECY, 130, ALIENOR),
    )),
    Project(-168, "Bérengère Autissier", 5800, 7, 100, (
        Happening(-60, 12, 7, "Baptême d'Achille Autissier", PROVENCE, 50, MAELLE),
    )),
    Project(-160, "Odile Carpentras", 4900, 6, 0, (
        Happening(-52, 10, 13, "Bal populaire de Mufflins", MUFFLINS, 550, ALIENOR, "Annulé : vigilance orage.",
                  cancelled=-56),
    )),
    Project(-151, "Kevin Casey", 8000, 11, 40, (
        Happening(-33, 18, 4, "Cool Startup Investor Evening", PARIS_LOFT, 60, ALIENOR),
        Happening(26, 9, 33, "Cool Startup Hackathon", TOULOUSE, 120, "", "Needs 120 power sockets and a quiet room."),
    )),
    Project(-136, "Élodie Froment", 2900, None, 0),
    Project(-128, "Rosalind Okafor", 41200, 18, 50, (
        Happening(38, 19, 5, "Brightwater Foundation Annual Gala", PARIS, 240, KATE, "Same auctioneer as last time."),
    )),
    Project(-121, "Ludovic Tisserand", 21700, 10, 30, (
        Happening(33, 14, 4, "Assemblée générale extraordinaire de Tisserand Mutuelle", STRASBOURG, 380, ALIENOR),
    )),
    Project(-119, "Inês Carvalho", 5200, None, 0),
    Project(-115, "Marguerite Ozanne", 8800, 8, 100, (
        Happening(-27, 12, 8, "80 ans de Marguerite Ozanne", DEAUVILLE, 70, MAELLE),
    )),
    Project(-108, "Kwame Asante", 6500, 7, 30, (
        Happening(-6, 10, 8, "Asante Coffee Tasting Fair", NANTES, 200, TOMAS),
    )),
    Project(-101, "Augustin Vauquelin", 3400, 5, 30),
    Project(-97, "Blandine Roquefeuil", 17900, 12, 40, (
        Happening(47, 14, 13, "Mariage Roquefeuil-Santoni", AMBOISE, 150, MAELLE, "Menu sans arachide."),
        Happening(48, 11, 4, "Brunch Roquefeuil-Santoni", AMBOISE, None, ""),
    )),
    Project(-92, "Sofia Lindqvist", 30500, 15, 50, (
        Happening(-1, 9, 58, "Nordljus Design Fair", LILLE, 900, KATE, "Three days. Stand plan: hall B."),
    )),
    Project(-84, "Naomi Feldstein", 12700, None, 0),
    Project(-79, "Jean-Baptiste Le Goff", 10600, 10, 30, (
        Happening(0, 9, 10, "Salon des produits de la mer – stand Le Goff", RENNES, 400, TOMAS),
    )),
    Project(-74, "Perrine Lestrade", 13200, 8, 30, (
        Happening(19, 14, 13, "Mariage Lestrade-Okonkwo", PROVENCE, 110, ALIENOR, "Deux cérémonies : 14 h et 17 h."),
    )),
    Project(-70, "Dimitri Papadakis", 16200, 11, 30, (
        Happening(0, 19, 5, "Aegean Shipping Anniversary Dinner", MARSEILLE, 130, KATE),
    )),
    Project(-66, "Deborah Kessler", 23500, 9, 50, (
        Happening(9, 9, 32, "Kessler & Wray Leadership Offsite", DEAUVILLE, 60, TOMAS, "Sea-view rooms for the board."),
    )),
    Project(-64, "Cédric Maupertuis", 7600, 8, 30, (
        Happening(68, 20, 4, "Maupertuis Night Ride", ANNECY, 650, "", "Éclairage du parcours : devis en attente."),
    )),
    Project(-62, "Mathurin Kerbrat", 8100, None, 0),
    Project(-61, "Séverine Bonhomme", 2600, 3, 100, (
        Happening(4, 18.5, 3, "Rencontre d'auteurs – La Page Cornée", "", None, MAELLE),
    )),
    Project(-57, "Hiroshi Tanabe", 15500, 12, 0, (
        Happening(5, 9, 8, "Tanabe Precision Technical Day", TOULOUSE, 70, ""),
    )),
    Project(-53, "Charlotte Vandenberghe", 6800, 6, 30, (
        Happening(9, 16, 5, "Atelier chocolat Vandenberghe", LILLE, 50, TOMAS, "Tabliers brodés : livrés la veille."),
    )),
    Project(-49, "Amadou Diarra", 8200, 7, 0, (
        Happening(12, 14, 4, "Inauguration de l'ombrière de Frontignan", "", None, ""),
    )),
    Project(-46, "Oscar Nyström", 18400, None, 0),
    Project(-43, "Hélène Zimmermann", 12900, 9, 30, (
        Happening(61, 15, 12, "Mariage Zimmermann-Adjovi", STRASBOURG, 125, ALIENOR),
    )),
    Project(-40, "Étienne Rocamadour", 6200, 5, 0),
    Project(-37, "Fatoumata Sylla", 5100, 6, 0),
    Project(-34, "Thandeka Nkosi", 10800, 9, 0),
    Project(-32, "Joaquim Almeida", 7700, None, 0),
    Project(-31, "Gunther Albrecht", 19400, 8, 30, (
        Happening(16, 9, 8, "Albrecht Optik Dealer Day", LYON, 95, ""),
    )),
    Project(-28, "Nguyễn Thị Lan", 5700, 4, 0, (
        Happening(2, 18, 5, "Lotus & Cie Tenth Anniversary", LILLE, 180, "", "Dragon dance: ceiling above 4 m."),
    )),
    Project(-25, "Pilar Echeverría", 13400, 7, 0, (
        Happening(23, 18, 5, "Bodegas Echeverría Cellar Evening", BORDEAUX, 65, KATE),
    )),
    Project(-22, "Katarzyna Wójcik", 9100, None, 0),
    Project(-20, "Anneliese Vogt", 36000, 10, 0, (
        Happening(75, 8.5, 34, "Vogt Pharma Research Congress", STRASBOURG, 420, KATE),
    )),
    Project(-18, "Romain Estève", 6100, 5, 0, (
        Happening(30, 18, 6, "Rugby Club des Corbières – gala", "", None, ""),
    )),
    Project(-16, "Aurélie Chastaing", 5000, None, 0),
    Project(-15, "Margaux Peyrolles", 9900, None, 0),
    Project(-14, "Margaret Ashdown", 24100, 6, 30, (
        Happening(54, 18, 5, "Ashdown & Leigh Partners' Dinner", LONDON, 85, TOMAS, "Black tie. Four vegans."),
    )),
    Project(-12, "Samir Belkacem", 7300, None, 0),
    Project(-11, "Tariq Mahmood", 14000, None, 0),
    Project(-9, "Kwame Asante", 7100, None, 0),
    Project(-8, "Grégoire Fontvieille", 9900, 4, 0),
    Project(-7, "Walter Brannigan", 14500, None, 0),
    Project(-6, "Bérengère Autissier", 6100, None, 0),
    Project(-5, "Leïla Haddouche", 3300, None, 0),
    Project(-4, "Chiara Bonaventura", 16700, None, 0),
    Project(-3, "Kevin Casey", 15000, None, 0),
    Project(-2, "Augustin Vauquelin", 2800, None, 0),
    Project(-1, "Harriet Pell", 20500, None, 0),
)  # fmt: skip
