-- Epic Events CRM: the whole database, for PostgreSQL 14 or later.
--
-- PostgreSQL is the trust boundary: whoever holds the application role and a
-- colleague's computer can do here what the menus offer, and nothing more.
--
-- Applied in one transaction by `epicevents install` (by hand: psql -1 -f schema.sql),
-- as a superuser, or as a role that may create roles and owns the database.
--
--   1 roles             5 sign-in
--   2 schemas           6 rules of business and history
--   3 tables            7 verbs and lookups
--   4 identity, rights  8 policies, grants

-- ===========================================================================
-- 1 ROLES
-- ===========================================================================

-- Nothing of somebody else's making may answer to a name or an operator below.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
BEGIN
    IF pg_catalog.to_regrole('epic_owner') IS NULL THEN
        CREATE ROLE epic_owner NOLOGIN;
    END IF;
    IF pg_catalog.to_regrole('epic_app') IS NULL THEN
        CREATE ROLE epic_app LOGIN;
    END IF;
    -- From PostgreSQL 16 on, creating a role does not include acting as it.
    EXECUTE pg_catalog.format('GRANT epic_owner TO %I', current_user);
    EXECUTE pg_catalog.format('GRANT CREATE ON DATABASE %I TO epic_owner', pg_catalog.current_database());
    EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
    EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO epic_app', pg_catalog.current_database());
END $$;
COMMENT ON ROLE epic_owner IS 'Owns the schema crm of every Epic Events database of this server; nobody signs in with it.';
COMMENT ON ROLE epic_app IS 'What every employee''s program connects as: owns nothing; the token decides what it may do.';

-- What only a superuser may tighten. Without one the rest still holds; docs/security.md says what then stays open.
DO $$
DECLARE
    loose regprocedure;
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) THEN
        RAISE WARNING 'not installed by a superuser: colleagues can see each other''s statements and end each other''s connections';
        RETURN;
    END IF;
    ALTER ROLE epic_owner NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
    ALTER ROLE epic_app NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
    ALTER ROLE epic_app SET track_activities = off;
    FOR loose IN
        SELECT p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
          AND (p.proname LIKE 'lo\_%' OR p.proname IN ('loread', 'lowrite', 'pg_terminate_backend', 'pg_cancel_backend'))
    LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', loose);
    END LOOP;
END $$;

-- ===========================================================================
-- 2 SCHEMAS
-- ===========================================================================

REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA crm_extensions AUTHORIZATION epic_owner;
COMMENT ON SCHEMA crm_extensions IS 'unaccent and pg_trgm, out of the way of search paths.';
CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA crm_extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA crm_extensions;

CREATE SCHEMA crm AUTHORIZATION epic_owner;
COMMENT ON SCHEMA crm IS 'Epic Events: employees, clients, contracts, events, their history, and who may do what.';

SET LOCAL ROLE epic_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE epic_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE epic_owner REVOKE USAGE ON TYPES FROM PUBLIC;

CREATE FUNCTION crm.schema_version() RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT 1 $$;
COMMENT ON FUNCTION crm.schema_version() IS 'The version of this file; a program of another version refuses to work on it.';

CREATE FUNCTION crm.fold(written text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN lower(crm_extensions.unaccent('crm_extensions.unaccent'::regdictionary, written)); END $$;
COMMENT ON FUNCTION crm.fold(text) IS 'Lower case without accents: what lookups compare.';

-- Control and direction-changing characters would let one colleague write on another's screen.
CREATE DOMAIN crm.line AS text CHECK (
    char_length(VALUE) <= 200
    AND VALUE !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
    AND VALUE = btrim(VALUE)
);
COMMENT ON DOMAIN crm.line IS 'One line of text as people write it: at most 200 characters, no control characters.';

CREATE DOMAIN crm.lines AS text CHECK (
    char_length(VALUE) <= 10000
    AND VALUE !~ '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
);
COMMENT ON DOMAIN crm.lines IS 'Notes on several lines: at most 10 000 characters, no control characters but the line feed.';

-- ===========================================================================
-- 3 TABLES
-- ===========================================================================
-- Texts with CHECK instead of enums: only the comparisons of text, integers and
-- timestamps are leakproof and so reach an index under row-level security.

CREATE TABLE crm.employee (
    id                   int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY CHECK (id > 0),  -- to crm.reach 0 is everybody
    full_name            crm.line NOT NULL CHECK (full_name <> ''),
    email                crm.line NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    department           text NOT NULL CHECK (department IN ('sales', 'support', 'accounting', 'admin')),
    creation_date        date NOT NULL DEFAULT current_date,
    active               boolean NOT NULL DEFAULT true,
    must_change_password boolean NOT NULL DEFAULT true,
    version              int NOT NULL DEFAULT 1
);
COMMENT ON TABLE crm.employee IS 'Who works here. Never deleted: a closed account is inactive and keeps its name in the history.';
COMMENT ON COLUMN crm.employee.must_change_password IS 'The password was set by somebody else: until it is changed, every right rests.';
CREATE UNIQUE INDEX employee_email_key ON crm.employee (lower(email));
COMMENT ON INDEX crm.employee_email_key IS 'One account per address. On lower(), which is not leakproof: so nobody can ask it about hidden rows (section 8).';

CREATE TABLE crm.credential (
    employee_id int PRIMARY KEY REFERENCES crm.employee,
    salt        bytea NOT NULL CHECK (octet_length(salt) = 16),
    -- What the default was, is, or may be raised to: anything else would mark an account, and those invented in its likeness.
    params      text NOT NULL CHECK (params IN ('m=19456,t=2,p=1', 'm=19456,t=3,p=1', 'm=47104,t=2,p=1', 'm=65536,t=3,p=1', 'm=102400,t=2,p=1')),
    verifier    bytea NOT NULL CHECK (octet_length(verifier) = 32)
);
COMMENT ON TABLE crm.credential IS 'How an employee proves to be one: verifier = sha256(argon2id(password, salt, params)). Granted to nobody.';

CREATE TABLE crm.secret (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    ipad   bytea NOT NULL,
    opad   bytea NOT NULL
);
COMMENT ON TABLE crm.secret IS 'The key that signs tokens, as the two padded blocks of HMAC-SHA256. Granted to nobody.';

CREATE TABLE crm.session_length (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    token   interval NOT NULL DEFAULT '8 hours',
    longest interval NOT NULL DEFAULT '12 hours',
    CONSTRAINT session_length_in_bounds CHECK (token BETWEEN interval '1 hour' AND longest AND longest <= interval '168 hours')
);
COMMENT ON TABLE crm.session_length IS 'How long a token lasts, and until how long after the sign-in it is renewed; epicevents install sets it. Granted to nobody.';
COMMENT ON COLUMN crm.session_length.token IS 'What somebody who leaves the program alone has; while they work it begins anew.';
COMMENT ON COLUMN crm.session_length.longest IS 'From the sign-in on, renewed or not.';
INSERT INTO crm.session_length DEFAULT VALUES;

CREATE TABLE crm.session (
    jti         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    employee_id int NOT NULL REFERENCES crm.employee,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    last_used   timestamptz NOT NULL DEFAULT date_trunc('minute', clock_timestamp()),
    place       crm.line NOT NULL DEFAULT '',
    address     inet DEFAULT inet_client_addr()
);
COMMENT ON TABLE crm.session IS 'One row for each session that began and is not yet forgotten; a token counts only while its row does.';
COMMENT ON COLUMN crm.session.expires_at IS 'Moved on by crm.keep_alive while somebody works; the token''s own claim exp is for showing only.';
COMMENT ON COLUMN crm.session.last_used IS 'To the minute, so that it is written once a minute at most.';
COMMENT ON COLUMN crm.session.place IS 'What the program said its machine is called; anybody can say anything.';
COMMENT ON COLUMN crm.session.address IS 'Where PostgreSQL saw the sign-in come from; NULL: over a socket of its own machine.';
CREATE INDEX session_employee ON crm.session (employee_id);
COMMENT ON INDEX crm.session_employee IS 'For revoking all sessions of one employee.';

CREATE TABLE crm.revocation (
    jti uuid NOT NULL,
    at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE crm.revocation IS
    'Sessions that were ended. Neither unique nor a reference: so no transaction that somebody holds open can keep a line from being written, '
    'as it can hold up a change of crm.session. Granted to nobody.';
CREATE INDEX revocation_jti ON crm.revocation (jti);
COMMENT ON INDEX crm.revocation_jti IS 'Whether a token was ended, at every statement.';

CREATE TABLE crm.login_throttle (
    email_hash   bytea PRIMARY KEY,
    failures     int NOT NULL DEFAULT 0,
    not_before   timestamptz NOT NULL DEFAULT '-infinity',
    last_attempt timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE crm.login_throttle IS 'Failed sign-ins in a row and the earliest next one; by hash, so that unknown addresses slow down alike.';

CREATE TABLE crm.login_attempt (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email_hash bytea NOT NULL,
    guess      bytea NOT NULL,
    delayed    interval,
    made_by    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE crm.login_attempt IS 'Sign-ins between their two halves. guess: what the verifier would be, were the password right.';

CREATE TABLE crm.permission (
    department text NOT NULL CHECK (department IN ('sales', 'support', 'accounting', 'admin')),
    entity     text NOT NULL CHECK (entity IN ('client', 'contract', 'event', 'employee', 'administrator', 'session')),
    action     text NOT NULL CHECK (action IN ('read', 'create', 'update', 'delete', 'assign', 'history', 'revoke', 'export', 'anonymise')),
    scope      text NOT NULL CHECK (scope IN ('own', 'all')),
    PRIMARY KEY (department, entity, action)
);
COMMENT ON TABLE crm.permission IS
    'Who may do what: read by the policies below, by the managers and by the menus; a right is written here and nowhere else. '
    'The entity administrator stands for employees of the department admin: changing those takes a right of its own.';

CREATE TABLE crm.client (
    id                    int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    full_name             crm.line NOT NULL CHECK (full_name <> ''),
    email                 crm.line NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'),
    phone                 crm.line NOT NULL DEFAULT '',
    company_name          crm.line NOT NULL DEFAULT '',
    first_contact         date NOT NULL DEFAULT current_date CONSTRAINT client_first_contact_in_bounds CHECK (first_contact BETWEEN '1900-01-01' AND '2199-12-31'),
    last_update           timestamptz NOT NULL DEFAULT now(),
    commercial_contact_id int NOT NULL REFERENCES crm.employee,
    version               int NOT NULL DEFAULT 1,
    anonymised_at         timestamptz,
    search                text COLLATE "C" NOT NULL GENERATED ALWAYS AS
        (crm.fold(full_name || ' ' || company_name || ' ' || email) || ' ' || regexp_replace(phone, '[^0-9]', '', 'g')) STORED
);
COMMENT ON TABLE crm.client IS 'Whom Epic Events organises events for.';
COMMENT ON COLUMN crm.client.commercial_contact_id IS 'The employee of sales responsible: whoever created the client.';
COMMENT ON COLUMN crm.client.last_update IS 'When the row last changed; kept by the database.';
COMMENT ON COLUMN crm.client.anonymised_at IS 'When the personal data was taken away (crm.anonymise_client); nothing of the client changes from then on.';
CREATE INDEX client_of_contact ON crm.client (commercial_contact_id, id);
COMMENT ON INDEX crm.client_of_contact IS 'Pages of one''s own clients.';
CREATE INDEX client_first_contact ON crm.client (first_contact, id);
COMMENT ON INDEX crm.client_first_contact IS 'Pages of clients by first contact.';
CREATE INDEX client_last_update ON crm.client (last_update, id);
COMMENT ON INDEX crm.client_last_update IS 'Pages of clients by last update.';
CREATE INDEX client_untouched ON crm.client (commercial_contact_id, last_update, id) WHERE anonymised_at IS NULL;
COMMENT ON INDEX crm.client_untouched IS 'My day: one''s own clients, those left alone for longest first.';
CREATE INDEX client_anonymised ON crm.client (id) WHERE anonymised_at IS NOT NULL;
COMMENT ON INDEX crm.client_anonymised IS 'My day: the few clients whose contracts wait for nothing any more.';
CREATE INDEX client_search ON crm.client (search, id);
COMMENT ON INDEX crm.client_search IS 'Lookups by the beginning of the name.';
CREATE INDEX client_of_contact_search ON crm.client (commercial_contact_id, search, id);
COMMENT ON INDEX crm.client_of_contact_search IS 'Lookups among one''s own clients.';
CREATE INDEX client_search_trigrams ON crm.client USING gin (search crm_extensions.gin_trgm_ops);
COMMENT ON INDEX crm.client_search_trigrams IS 'Lookups by any part of name, company, email or phone.';

CREATE TABLE crm.contract (
    id                int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    client_id         int NOT NULL REFERENCES crm.client,
    commercial_id     int NOT NULL REFERENCES crm.employee,
    total_amount      numeric(12,2) NOT NULL CONSTRAINT contract_total_amount CHECK (total_amount BETWEEN 0 AND 9999999999.99),
    amount_to_be_paid numeric(12,2) NOT NULL,
    creation_date     date NOT NULL DEFAULT current_date,
    status            text NOT NULL DEFAULT 'unsigned' CHECK (status IN ('unsigned', 'signed')),
    signed_at         timestamptz,
    version           int NOT NULL DEFAULT 1,
    -- BETWEEN also refuses NaN, which is greater than every number.
    CONSTRAINT contract_amount_to_be_paid CHECK (amount_to_be_paid BETWEEN 0 AND total_amount),
    CONSTRAINT contract_signed_at CHECK ((status = 'signed') = (signed_at IS NOT NULL))
);
COMMENT ON TABLE crm.contract IS 'What a client agreed to pay. Amounts in euros.';
COMMENT ON COLUMN crm.contract.commercial_id IS 'Always the client''s commercial contact; kept here so that pages of one''s own contracts need no join.';
CREATE INDEX contract_of_client ON crm.contract (client_id);
COMMENT ON INDEX crm.contract_of_client IS 'The contracts on a client''s card.';
CREATE INDEX contract_of_commercial ON crm.contract (commercial_id, status, id);
COMMENT ON INDEX crm.contract_of_commercial IS 'Pages of one''s own contracts, unsigned ones too.';
CREATE INDEX contract_of_commercial_newest ON crm.contract (commercial_id, id);
COMMENT ON INDEX crm.contract_of_commercial_newest IS 'The newest of one''s own contracts, signed or not.';
CREATE INDEX contract_unsigned ON crm.contract (id) INCLUDE (commercial_id, creation_date, total_amount) WHERE status = 'unsigned';
COMMENT ON INDEX crm.contract_unsigned IS 'Pages of everybody''s unsigned contracts; My day adds them up without fetching a row.';
CREATE INDEX contract_unpaid ON crm.contract (id) WHERE amount_to_be_paid > 0;
COMMENT ON INDEX crm.contract_unpaid IS 'Pages of contracts with something left to pay.';
CREATE INDEX contract_unsigned_since ON crm.contract (creation_date, id) INCLUDE (commercial_id, total_amount) WHERE status = 'unsigned';
COMMENT ON INDEX crm.contract_unsigned_since IS 'My day: unsigned contracts by age; holds what is added up and what the policy asks, so no row is fetched.';
CREATE INDEX contract_outstanding ON crm.contract (signed_at, id) INCLUDE (commercial_id, amount_to_be_paid) WHERE status = 'signed' AND amount_to_be_paid > 0;
COMMENT ON INDEX crm.contract_outstanding IS 'My day: amounts outstanding by age; no row is fetched.';
CREATE INDEX contract_signed ON crm.contract (commercial_id, signed_at, id) INCLUDE (total_amount, client_id) WHERE status = 'signed';
COMMENT ON INDEX crm.contract_signed IS 'My day: amounts signed per month; no row is fetched.';
CREATE INDEX contract_creation ON crm.contract (creation_date, id);
COMMENT ON INDEX crm.contract_creation IS 'Pages of contracts by creation date.';
CREATE INDEX contract_of_commercial_creation ON crm.contract (commercial_id, creation_date, id);
COMMENT ON INDEX crm.contract_of_commercial_creation IS 'Pages of one''s own contracts by creation date.';
-- CASE is leakproof, COALESCE is not.
CREATE INDEX contract_signature ON crm.contract ((CASE WHEN signed_at IS NULL THEN '-infinity'::timestamptz ELSE signed_at END), id);
COMMENT ON INDEX crm.contract_signature IS 'Pages of contracts by signature; unsigned ones stand before all others.';
-- Amounts are not compared by leakproof operators: these give an order to read in, but no condition reaches them.
CREATE INDEX contract_total_amount ON crm.contract (total_amount, id);
COMMENT ON INDEX crm.contract_total_amount IS 'Pages of contracts by total amount.';
CREATE INDEX contract_amount_to_be_paid ON crm.contract (amount_to_be_paid, id);
COMMENT ON INDEX crm.contract_amount_to_be_paid IS 'Pages of contracts by what remains to be paid.';
CREATE INDEX contract_of_commercial_total_amount ON crm.contract (commercial_id, total_amount, id);
COMMENT ON INDEX crm.contract_of_commercial_total_amount IS 'Pages of one''s own contracts by total amount.';
CREATE INDEX contract_of_commercial_amount_to_be_paid ON crm.contract (commercial_id, amount_to_be_paid, id);
COMMENT ON INDEX crm.contract_of_commercial_amount_to_be_paid IS 'Pages of one''s own contracts by what remains to be paid.';

CREATE TABLE crm.event (
    id                 int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    contract_id        int NOT NULL REFERENCES crm.contract,
    title              crm.line NOT NULL CHECK (title <> ''),
    support_contact_id int REFERENCES crm.employee,
    start_date         timestamptz NOT NULL,
    end_date           timestamptz NOT NULL,
    location           crm.line NOT NULL DEFAULT '',
    attendees          int CONSTRAINT event_attendees CHECK (attendees BETWEEN 0 AND 1000000),
    notes              crm.lines NOT NULL DEFAULT '',
    cancelled_at       timestamptz CONSTRAINT event_cancelled_at CHECK (cancelled_at >= '1900-01-01 00:00Z' AND cancelled_at < '2200-01-01 00:00Z'),
    version            int NOT NULL DEFAULT 1,
    search             text COLLATE "C" NOT NULL DEFAULT '',
    CONSTRAINT event_end_date CHECK (end_date > start_date AND start_date >= '1900-01-01 00:00Z' AND end_date < '2200-01-01 00:00Z')
);
COMMENT ON TABLE crm.event IS 'What Epic Events organises under a signed contract.';
COMMENT ON COLUMN crm.event.support_contact_id IS 'The employee of support who runs it; NULL: to be assigned.';
COMMENT ON COLUMN crm.event.search IS 'Title, location and the client''s search, folded; kept by the database, so that a lookup takes one index.';
COMMENT ON COLUMN crm.event.attendees IS 'How many people are expected; NULL: not known yet.';
CREATE INDEX event_of_contract ON crm.event (contract_id) INCLUDE (support_contact_id);
COMMENT ON INDEX crm.event_of_contract IS 'The events on a contract''s card; contracts without any, asking the policy on the way.';
CREATE INDEX event_start ON crm.event (start_date, id) INCLUDE (support_contact_id, cancelled_at);
COMMENT ON INDEX crm.event_start IS 'Pages of everybody''s events, coming ones too; events per week without fetching a row.';
CREATE INDEX event_of_support ON crm.event (support_contact_id, start_date, id);
COMMENT ON INDEX crm.event_of_support IS 'Pages of one''s own events.';
CREATE INDEX event_unassigned ON crm.event (start_date, id) WHERE support_contact_id IS NULL;
COMMENT ON INDEX crm.event_unassigned IS 'Pages of events that wait for a support contact.';
CREATE INDEX event_coming ON crm.event (support_contact_id, end_date, id) WHERE cancelled_at IS NULL;
COMMENT ON INDEX crm.event_coming IS 'My day: one''s own events that are not over yet.';
CREATE INDEX event_duration ON crm.event ((end_date - start_date));
COMMENT ON INDEX crm.event_duration IS 'How long the longest event takes: one that is not over began no longer ago.';
CREATE INDEX event_search_trigrams ON crm.event USING gin (search crm_extensions.gin_trgm_ops);
COMMENT ON INDEX crm.event_search_trigrams IS 'Lookups by any part of title, location or client.';
CREATE INDEX event_search ON crm.event (search);
COMMENT ON INDEX crm.event_search IS 'Lookups by the beginning of the title.';

CREATE TABLE crm.change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id  int REFERENCES crm.employee,
    client_id int,
    entity    text NOT NULL CHECK (entity IN ('client', 'contract', 'event', 'employee')),
    entity_id int NOT NULL,
    action    text NOT NULL CHECK (action IN ('create', 'update', 'delete', 'export', 'anonymise', 'unlock')),
    fields    jsonb NOT NULL
);
COMMENT ON TABLE crm.change IS 'The history, append-only: who did what when. actor_id NULL: the owner of the database, at installation or import.';
COMMENT ON COLUMN crm.change.client_id IS 'The client it is about: itself, or the one of the contract or event; so that all of a client''s past is one range of an index, what is deleted included. NULL: an employee.';
COMMENT ON COLUMN crm.change.fields IS '{"field": [old, new], …}; old is null at creation, new at deletion; a value that was taken away is {"removed": true}.';
CREATE INDEX change_at ON crm.change (at, id);
COMMENT ON INDEX crm.change_at IS 'Pages of the history, newest first, and of some days of it.';
CREATE INDEX change_of_record ON crm.change (entity, entity_id, at, id);
COMMENT ON INDEX crm.change_of_record IS 'The last changes of one record.';
CREATE INDEX change_of_client ON crm.change (client_id, at, id);
COMMENT ON INDEX crm.change_of_client IS 'Pages of what happened to a client, its contracts and events.';
CREATE INDEX change_of_actor ON crm.change (actor_id, at, id);
COMMENT ON INDEX crm.change_of_actor IS 'Pages of what somebody changed.';
CREATE INDEX change_of_entity ON crm.change (entity, at, id);
COMMENT ON INDEX crm.change_of_entity IS 'Pages of changes of one kind of record.';
CREATE INDEX change_of_action ON crm.change (action, at, id);
COMMENT ON INDEX crm.change_of_action IS 'Pages of creations or of deletions, which are rare.';

CREATE TABLE crm.scrubbing (
    xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE crm.scrubbing IS
    'The transaction in which crm.anonymise_client is at work, for as long as it is: no other may touch the history. Granted to nobody.';

INSERT INTO crm.permission (department, entity, action, scope)
SELECT rights.department, rights.entity, rights.action, rights.scope
FROM (VALUES
    ('client',        'read',    'all', 'all', 'all', 'all'),
    ('client',        'create',  'own', NULL,  NULL,  NULL),
    ('client',        'update',  'own', NULL,  NULL,  NULL),
    ('client',        'history', 'all', 'all', 'all', 'all'),
    ('client',        'export',  NULL,  NULL,  'all', NULL),
    ('client',        'anonymise', NULL, NULL, 'all', NULL),
    ('contract',      'read',    'all', 'all', 'all', 'all'),
    ('contract',      'create',  NULL,  NULL,  'all', NULL),
    ('contract',      'update',  'own', NULL,  'all', NULL),
    ('contract',      'delete',  NULL,  NULL,  'all', NULL),
    ('contract',      'history', 'all', 'all', 'all', 'all'),
    ('event',         'read',    'all', 'all', 'all', 'all'),
    ('event',         'create',  'own', NULL,  'all', NULL),
    ('event',         'update',  NULL,  'own', 'all', NULL),
    ('event',         'assign',  NULL,  NULL,  'all', NULL),
    ('event',         'delete',  NULL,  NULL,  'all', NULL),
    ('event',         'history', 'all', 'all', 'all', 'all'),
    ('employee',      'read',    'own', 'own', 'all', 'all'),
    ('employee',      'create',  NULL,  NULL,  'all', 'all'),
    ('employee',      'update',  NULL,  NULL,  'all', 'all'),
    ('employee',      'delete',  NULL,  NULL,  'all', 'all'),
    ('employee',      'history', NULL,  NULL,  NULL,  'all'),
    ('administrator', 'create',  NULL,  NULL,  NULL,  'all'),
    ('administrator', 'update',  NULL,  NULL,  NULL,  'all'),
    ('administrator', 'delete',  NULL,  NULL,  NULL,  'all'),
    ('session',       'read',    'own', 'own', 'own', 'all'),
    ('session',       'revoke',  'own', 'own', 'own', 'all')
) AS a_row (entity, action, sales, support, accounting, admin)
CROSS JOIN LATERAL (VALUES
    ('sales',      a_row.entity, a_row.action, a_row.sales),
    ('support',    a_row.entity, a_row.action, a_row.support),
    ('accounting', a_row.entity, a_row.action, a_row.accounting),
    ('admin',      a_row.entity, a_row.action, a_row.admin)
) AS rights (department, entity, action, scope)
WHERE rights.scope IS NOT NULL;

-- ===========================================================================
-- 4 IDENTITY AND RIGHTS
-- ===========================================================================
-- plpgsql throughout: as LANGUAGE sql these cost ten times as much in a policy. Calls stand in
-- scalar sub-selects here too: bare ones are repeated for every row of a small table.

CREATE FUNCTION crm.base64url(raw bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN translate(encode(raw, 'base64'), E'+/=\n', '-_'); END $$;
COMMENT ON FUNCTION crm.base64url(bytea) IS 'RFC 4648 section 5, without padding, as JSON Web Tokens want it.';

CREATE FUNCTION crm.hmac(message bytea) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT sha256(key.opad || sha256(key.ipad || message)) FROM crm.secret AS key);
END $$;
COMMENT ON FUNCTION crm.hmac(bytea) IS 'HMAC-SHA256 under the signing key (RFC 2104); NULL before there is a key. Granted to nobody.';

CREATE FUNCTION crm.set_signing_key(signing_key bytea) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ipad bytea := decode(repeat('36', 64), 'hex');
    opad bytea := decode(repeat('5c', 64), 'hex');
    byte int;
BEGIN
    IF octet_length(signing_key) < 32 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a signing key has at least 32 bytes';
    END IF;
    IF octet_length(signing_key) > 64 THEN
        signing_key := sha256(signing_key);
    END IF;
    FOR i IN 0 .. octet_length(signing_key) - 1 LOOP
        byte := get_byte(signing_key, i);
        ipad := set_byte(ipad, i, byte # 54);
        opad := set_byte(opad, i, byte # 92);
    END LOOP;
    DELETE FROM crm.secret;
    INSERT INTO crm.secret (ipad, opad) VALUES (ipad, opad);
END $$;
COMMENT ON FUNCTION crm.set_signing_key(bytea) IS 'Installation: signs tokens with this key (32 bytes or more) from now on; earlier tokens die. Granted to nobody.';

CREATE FUNCTION crm.token_jti() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    token  text := current_setting('epic.token', true);
    header constant text := 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';  -- {"alg":"HS256","typ":"JWT"}: no other algorithm exists here
    claims text := split_part(token, '.', 2);
BEGIN
    -- An older snapshot would not see a dismissal: a right counts at its statement.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN NULL;
    END IF;
    IF token IS DISTINCT FROM header || '.' || claims || '.' || crm.base64url(crm.hmac(convert_to(header || '.' || claims, 'UTF8'))) THEN
        RETURN NULL;
    END IF;
    -- Signed by us, so it is what crm.issue_token wrote: no need to doubt the rest.
    RETURN convert_from(decode(rpad(translate(claims, '-_', '+/'), (length(claims) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::json ->> 'jti';
END $$;
COMMENT ON FUNCTION crm.token_jti() IS 'The session named by the token of this connection (setting epic.token) if we signed it, else NULL. Granted to nobody.';

CREATE FUNCTION crm.actor_id() RETURNS int
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT employee.id
        FROM crm.session JOIN crm.employee ON employee.id = session.employee_id
        WHERE session.jti = (SELECT crm.token_jti())
          AND session.revoked_at IS NULL AND session.expires_at > clock_timestamp() AND employee.active
          AND NOT EXISTS (SELECT FROM crm.revocation WHERE revocation.jti = session.jti)
    );
END $$;
COMMENT ON FUNCTION crm.actor_id() IS 'Who is at the other end: the active employee whose unexpired, unrevoked token this connection carries, else NULL.';

CREATE FUNCTION crm.actor_department() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT department FROM crm.employee WHERE id = (SELECT crm.actor_id()) AND NOT must_change_password);
END $$;
COMMENT ON FUNCTION crm.actor_department() IS 'The actor''s department as the table has it, never as the token claims; NULL while a password of somebody else''s choice must be changed.';

CREATE FUNCTION crm.reach(wanted_entity text, wanted_action text) RETURNS int
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT CASE permission.scope WHEN 'all' THEN 0 ELSE crm.actor_id() END
        FROM crm.permission
        WHERE permission.department = (SELECT crm.actor_department())
          AND permission.entity = wanted_entity AND permission.action = wanted_action
    );
END $$;
COMMENT ON FUNCTION crm.reach(text, text) IS 'How far the actor''s right goes: 0, all records; an employee id, that employee''s own; NULL, none.';

CREATE FUNCTION crm.may_all(wanted_entity text, wanted_action text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN coalesce(crm.reach(wanted_entity, wanted_action) = 0, false); END $$;
COMMENT ON FUNCTION crm.may_all(text, text) IS 'May the actor do this to all records? Apart from reach() because "reach() IN (0, owner)" misleads the planner.';

CREATE FUNCTION crm.is_owner() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN pg_has_role(session_user, 'epic_owner', 'MEMBER'); END $$;
COMMENT ON FUNCTION crm.is_owner() IS 'Is this the owner of the database at work (installation, import), not an employee? Granted to nobody.';

CREATE FUNCTION crm.demand(wanted_entity text, wanted_action text, owner_id int DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reached int := crm.reach(wanted_entity, wanted_action);
BEGIN
    IF reached = 0 OR reached = owner_id OR crm.is_owner() THEN
        RETURN;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = format('not allowed: %s %s', wanted_action, wanted_entity);
END $$;
COMMENT ON FUNCTION crm.demand(text, text, int) IS 'Refuses (42501) an actor who may not do this to a record of that owner. Granted to nobody.';

-- ===========================================================================
-- 5 SIGN-IN
-- ===========================================================================

CREATE FUNCTION crm.email_hash(email text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN sha256(convert_to(lower(btrim(email)), 'UTF8')); END $$;
COMMENT ON FUNCTION crm.email_hash(text) IS 'What sign-in attempts are counted under.';

CREATE FUNCTION crm.argon2_cost(params text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN substring(params FROM '^m=([0-9]+)')::bigint * substring(params FROM 't=([0-9]+)')::bigint; END $$;
COMMENT ON FUNCTION crm.argon2_cost(text) IS 'What a guess costs under these argon2id parameters: KiB times passes. Granted to nobody.';

CREATE FUNCTION crm.login_challenge(email text, OUT salt bytea, OUT params text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
    -- Everybody is read, whoever is asked for: an index would be read further for those whom it finds, and EXPLAIN tells.
    SET enable_indexscan = off SET enable_indexonlyscan = off SET enable_bitmapscan = off SET enable_nestloop = off
AS $$
DECLARE
    -- After the default was raised people move over one by one, the cheapest first. An unknown address moves with them: it
    -- has a fixed rank among all accounts, in per mille, and a new salt whenever it moves, as they have.
    rank     int := get_byte(crm.hmac('params'::bytea || crm.email_hash(email)), 0) * 1000 / 256;
    alike    text;
    invented bytea;
BEGIN
    SELECT (array_agg(c.salt) FILTER (WHERE lower(e.email) = lower(btrim(login_challenge.email))))[1],
           (array_agg(c.params) FILTER (WHERE lower(e.email) = lower(btrim(login_challenge.email))))[1],
           (array_agg(c.params ORDER BY crm.argon2_cost(c.params), c.params))[1 + count(*) * rank / 1000]
        INTO salt, params, alike
        FROM crm.employee AS e JOIN crm.credential AS c ON c.employee_id = e.id;
    alike := coalesce(alike, 'm=19456,t=2,p=1');
    invented := substr(crm.hmac('salt'::bytea || convert_to(alike, 'UTF8') || crm.email_hash(email)), 1, 16);
    salt := coalesce(salt, invented);
    params := coalesce(params, alike);
END $$;
COMMENT ON FUNCTION crm.login_challenge(text) IS
    'Salt and argon2id parameters for an address; an unknown one gets a salt of its own, always the same, and parameters spread as those of '
    'the accounts are, so that existence does not show.';

CREATE FUNCTION crm.login_delay(failures int) RETURNS interval
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE
        WHEN failures < 3 THEN interval '0'
        WHEN failures = 3 THEN interval '2 seconds'
        WHEN failures = 4 THEN interval '5 seconds'
        ELSE least(interval '5 minutes' * 2 ^ least(failures - 5, 10), interval '1 hour')
    END;
END $$;
COMMENT ON FUNCTION crm.login_delay(int) IS 'How long after that many failures in a row the next attempt has to wait: slow at three, shut at five.';

CREATE FUNCTION crm.login_begin(email text, digest bytea) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hash     constant bytea := crm.email_hash(email);
    guess    constant bytea := sha256(digest);
    throttle crm.login_throttle;
    attempt  uuid;
BEGIN
    DELETE FROM crm.login_attempt WHERE id IN (  -- one that somebody holds on to holds nobody up
        SELECT old.id FROM crm.login_attempt AS old WHERE old.made_at < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED);
    INSERT INTO crm.login_throttle AS t (email_hash) VALUES (hash)
        ON CONFLICT (email_hash) DO UPDATE SET  -- locks the row: attempts at one address come one by one
            failures = CASE WHEN t.last_attempt < clock_timestamp() - interval '1 day' THEN 0 ELSE t.failures END
        RETURNING t.* INTO throttle;
    IF throttle.not_before > clock_timestamp() THEN
        INSERT INTO crm.login_attempt (email_hash, guess, delayed)
            VALUES (hash, guess, throttle.not_before - clock_timestamp()) RETURNING id INTO attempt;
        RETURN attempt;
    END IF;
    -- Counted as a failure, and nobody looks yet: a verdict would show in pg_locks and in statistics before the COMMIT.
    UPDATE crm.login_throttle AS t
        SET failures = throttle.failures + 1, last_attempt = clock_timestamp(),
            not_before = clock_timestamp() + crm.login_delay(throttle.failures + 1)
        WHERE t.email_hash = hash;
    INSERT INTO crm.login_attempt (email_hash, guess) VALUES (hash, guess) RETURNING id INTO attempt;
    RETURN attempt;
END $$;
COMMENT ON FUNCTION crm.login_begin(text, bytea) IS 'First half of a sign-in: counts it and notes the guess, without looking whether it is right. digest = argon2id(password).';

CREATE FUNCTION crm.token_of(of_session uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unsigned text;
BEGIN
    SELECT crm.base64url('{"alg":"HS256","typ":"JWT"}'::bytea) || '.' || crm.base64url(convert_to(json_build_object(
            'sub', employee.id::text, 'jti', session.jti,
            'iat', floor(extract(epoch FROM clock_timestamp()))::bigint, 'exp', floor(extract(epoch FROM session.expires_at))::bigint,
            'until', floor(extract(epoch FROM session.created_at + length.longest))::bigint,
            'name', employee.full_name, 'department', employee.department,
            'must_change_password', employee.must_change_password
        )::text, 'UTF8'))
        INTO unsigned
        FROM crm.session JOIN crm.employee ON employee.id = session.employee_id CROSS JOIN crm.session_length AS length
        WHERE session.jti = of_session;
    RETURN unsigned || '.' || crm.base64url(crm.hmac(convert_to(unsigned, 'UTF8')));
END $$;
COMMENT ON FUNCTION crm.token_of(uuid) IS
    'The session as a JSON Web Token (HS256). exp and until, the latest it can be renewed to, are for showing: the row decides. Granted to nobody.';

CREATE FUNCTION crm.issue_token(for_employee int, at_place crm.line DEFAULT '') RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    begun uuid;
BEGIN
    DELETE FROM crm.revocation AS r USING crm.session AS old
        WHERE r.jti = old.jti AND old.employee_id = for_employee AND old.expires_at < clock_timestamp() - interval '30 days';
    DELETE FROM crm.session AS old WHERE old.employee_id = for_employee AND old.expires_at < clock_timestamp() - interval '30 days';
    INSERT INTO crm.session (employee_id, expires_at, place)
        VALUES (for_employee, clock_timestamp() + (SELECT length.token FROM crm.session_length AS length), at_place)
        RETURNING jti INTO begun;
    RETURN crm.token_of(begun);
END $$;
COMMENT ON FUNCTION crm.issue_token(int, crm.line) IS 'A new session, by default of 8 hours, and its token. Granted to nobody.';

CREATE FUNCTION crm.login_finish(attempt uuid, at_place crm.line DEFAULT '', OUT status text, OUT token text, OUT seconds int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made     crm.login_attempt;
    found_id int;
BEGIN
    DELETE FROM crm.login_attempt WHERE id = attempt RETURNING * INTO made;
    status := 'refused';
    -- The count must stand before the verdict is found; else a ROLLBACK would erase failed guesses.
    IF made.id IS NULL OR pg_xact_status(made.made_by) IS DISTINCT FROM 'committed' THEN
        RETURN;
    ELSIF made.delayed IS NOT NULL THEN
        status := 'delayed';
        seconds := ceil(extract(epoch FROM made.delayed));
        RETURN;
    END IF;
    -- Locked from the look until this transaction ends, neither is the password replaced nor the account closed meanwhile:
    -- a token held back uncommitted would otherwise outlive both.
    SELECT employee.id INTO found_id
    FROM crm.employee JOIN crm.credential ON credential.employee_id = employee.id
    WHERE crm.email_hash(employee.email) = made.email_hash AND employee.active AND credential.verifier = made.guess
    FOR SHARE;
    IF found_id IS NOT NULL THEN
        DELETE FROM crm.login_throttle WHERE email_hash = made.email_hash;
        status := 'ok';
        token := crm.issue_token(found_id, coalesce(at_place, ''));
    END IF;
END $$;
COMMENT ON FUNCTION crm.login_finish(uuid, crm.line) IS 'Second half of a sign-in, in a later transaction than the first: ok and a token, refused, or delayed by so many seconds.';

CREATE PROCEDURE crm.login(email text, digest bytea, place crm.line DEFAULT '', INOUT status text DEFAULT NULL, INOUT token text DEFAULT NULL, INOUT seconds int DEFAULT NULL)
    LANGUAGE plpgsql
AS $$
DECLARE
    attempt uuid := crm.login_begin(email, digest);
BEGIN
    COMMIT;
    SELECT finished.status, finished.token, finished.seconds INTO status, token, seconds
    FROM crm.login_finish(attempt, place) AS finished;
END $$;
COMMENT ON PROCEDURE crm.login(text, bytea, crm.line, text, text, int) IS
    'Both halves of a sign-in with the COMMIT between them, in one round trip. place: what the machine is called.';

CREATE FUNCTION crm.end_session(doomed uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO crm.revocation (jti) VALUES (doomed);
    UPDATE crm.session AS s SET revoked_at = clock_timestamp()  -- for those who look; whoever holds the row holds up nothing
        WHERE s.jti = (SELECT o.jti FROM crm.session AS o WHERE o.jti = doomed AND o.revoked_at IS NULL FOR UPDATE SKIP LOCKED);
END $$;
COMMENT ON FUNCTION crm.end_session(uuid) IS 'Ends a session, whatever transactions are open elsewhere. Granted to nobody.';

CREATE FUNCTION crm.live_sessions(of_employee int) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT s.jti FROM crm.session AS s
        WHERE s.employee_id = of_employee AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
          AND NOT EXISTS (SELECT FROM crm.revocation AS r WHERE r.jti = s.jti);
END $$;
COMMENT ON FUNCTION crm.live_sessions(int) IS 'The sessions of an employee that are not over. Granted to nobody.';

CREATE PROCEDURE crm.logout()
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.end_session(s.jti) FROM crm.session AS s WHERE s.jti = crm.token_jti() AND s.revoked_at IS NULL;
END $$;
COMMENT ON PROCEDURE crm.logout() IS 'Revokes the token of this connection, wherever copies of it may lie.';

CREATE PROCEDURE crm.keep_alive(INOUT token text DEFAULT NULL, INOUT expires_at timestamptz DEFAULT NULL)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment  constant timestamptz := clock_timestamp();
    length  crm.session_length;
    session crm.session;
    later   timestamptz;
BEGIN
    token := NULL;
    SELECT * INTO session FROM crm.session AS s WHERE s.jti = crm.token_jti() AND s.employee_id = crm.actor_id();
    IF session.jti IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed: keep a session alive that is over';
    END IF;
    SELECT * INTO length FROM crm.session_length;
    later := session.expires_at;
    IF later - moment < length.token / 2 THEN
        later := greatest(later, least(moment + length.token, session.created_at + length.longest));
    END IF;
    -- Once a minute one write, else none. Again under the lock: whoever revokes it meanwhile has the last word.
    IF later > session.expires_at OR session.last_used < date_trunc('minute', moment) THEN
        UPDATE crm.session AS s SET last_used = date_trunc('minute', moment), expires_at = later
            WHERE s.jti = session.jti AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp();
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'not allowed: keep a session alive that is over';
        END IF;
    END IF;
    IF later > session.expires_at THEN
        token := crm.token_of(session.jti);
    END IF;
    expires_at := later;
END $$;
COMMENT ON PROCEDURE crm.keep_alive(text, timestamptz) IS
    'Notes that the actor''s session is in use; with less than half of its time left it begins anew, but never beyond the longest length '
    'from the sign-in. token: the renewed one, under the same jti: copies in other connections go on, and signing out still ends all of them.';

CREATE PROCEDURE crm.revoke_session(doomed uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.demand('session', 'revoke', (SELECT s.employee_id FROM crm.session AS s WHERE s.jti = doomed));
    IF doomed NOT IN (SELECT crm.live_sessions(s.employee_id) FROM crm.session AS s WHERE s.jti = doomed) THEN
        RAISE no_data_found USING MESSAGE = 'no such session';
    END IF;
    PERFORM crm.end_session(doomed);
END $$;
COMMENT ON PROCEDURE crm.revoke_session(uuid) IS 'Ends a session: its token is worth nothing from the next statement on.';

CREATE PROCEDURE crm.revoke_sessions(of_employee int, but_this boolean DEFAULT false)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.demand('session', 'revoke', of_employee);
    PERFORM crm.end_session(live.jti) FROM crm.live_sessions(of_employee) AS live (jti) WHERE NOT (but_this AND live.jti = crm.token_jti());
END $$;
COMMENT ON PROCEDURE crm.revoke_sessions(int, boolean) IS 'Ends all sessions of an employee; but_this: but the one that asks.';

CREATE FUNCTION crm.write_credential(of_employee int, salt bytea, params text, digest bytea, one_time boolean) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF octet_length(digest) IS DISTINCT FROM 32 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a digest has 32 bytes';
    END IF;
    INSERT INTO crm.credential (employee_id, salt, params, verifier)
        VALUES (of_employee, write_credential.salt, write_credential.params, sha256(digest))
        ON CONFLICT (employee_id) DO UPDATE SET salt = excluded.salt, params = excluded.params, verifier = excluded.verifier;
    UPDATE crm.employee SET must_change_password = one_time WHERE id = of_employee AND must_change_password <> one_time;
    PERFORM crm.end_session(live.jti) FROM crm.live_sessions(of_employee) AS live (jti) WHERE live.jti IS DISTINCT FROM crm.token_jti();
END $$;
COMMENT ON FUNCTION crm.write_credential(int, bytea, text, bytea, boolean) IS 'Replaces a password and ends the employee''s other sessions. Granted to nobody.';

CREATE FUNCTION crm.demand_fresh_sign_in() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM crm.session WHERE jti = crm.token_jti() AND employee_id = crm.actor_id()
                   AND created_at > clock_timestamp() - interval '10 minutes') THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed without a fresh sign-in';
    END IF;
END $$;
COMMENT ON FUNCTION crm.demand_fresh_sign_in() IS
    'Refuses (42501) an actor whose session did not begin in the last ten minutes; that it was renewed does not help. Granted to nobody.';

CREATE PROCEDURE crm.change_password(salt bytea, params text, digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A fresh sign-in instead of the old password: its guesses are counted, and a stolen token cannot change the lock.
    PERFORM crm.demand_fresh_sign_in();
    PERFORM crm.write_credential(crm.actor_id(), change_password.salt, change_password.params, change_password.digest, false);
END $$;
COMMENT ON PROCEDURE crm.change_password(bytea, text, bytea) IS 'The actor''s own password, within ten minutes of a sign-in.';

CREATE PROCEDURE crm.raise_cost(proof bytea, salt bytea, params text, digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.demand_fresh_sign_in();
    IF octet_length(digest) IS DISTINCT FROM 32 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a digest has 32 bytes';
    END IF;
    UPDATE crm.credential AS c SET salt = raise_cost.salt, params = raise_cost.params, verifier = sha256(raise_cost.digest)
        WHERE c.employee_id = crm.actor_id() AND c.verifier = sha256(proof)
          AND crm.argon2_cost(c.params) < crm.argon2_cost(raise_cost.params);
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed: raise the cost of a password without knowing it, or lower it';
    END IF;
END $$;
COMMENT ON PROCEDURE crm.raise_cost(bytea, bytea, text, bytea) IS
    'The same password under costlier argon2id parameters, right after a sign-in. proof: the digest of now. Sessions and must_change_password stay.';

CREATE PROCEDURE crm.set_one_time_password(of_employee int, salt bytea, params text, digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.demand('employee', 'update');
    IF (SELECT department FROM crm.employee WHERE id = of_employee FOR UPDATE) = 'admin' THEN  -- also one being made so
        PERFORM crm.demand('administrator', 'update');
    END IF;
    IF of_employee = crm.actor_id() THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed: reset one''s own password';
    END IF;
    PERFORM crm.write_credential(of_employee, set_one_time_password.salt, set_one_time_password.params, set_one_time_password.digest, true);
END $$;
COMMENT ON PROCEDURE crm.set_one_time_password(int, bytea, text, bytea) IS 'A password to be changed at the next sign-in, set for a colleague.';

-- ===========================================================================
-- 6 RULES OF BUSINESS AND HISTORY
-- ===========================================================================
-- A rule refused is a check_violation whose CONSTRAINT names it; crm/refusals.py has the sentences.

CREATE FUNCTION crm.keep_anonymised(of_client int, wanted_entity text, wanted_action text, owner_id int) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM crm.client AS k WHERE k.id = of_client AND k.anonymised_at IS NOT NULL) THEN
        PERFORM crm.demand(wanted_entity, wanted_action, owner_id);
        RAISE check_violation USING MESSAGE = 'nothing of an anonymised client changes any more', CONSTRAINT = 'client_anonymised';
    END IF;
END $$;
COMMENT ON FUNCTION crm.keep_anonymised(int, text, text, int) IS
    'Refuses a change of an anonymised client or of what belongs to one, which could bring personal data back; the right is asked for first. Granted to nobody.';

CREATE FUNCTION crm.keep_client() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    loose constant text[] := ARRAY['commercial_contact_id', 'version', 'last_update', 'search'];
BEGIN
    IF to_jsonb(NEW) - loose <> to_jsonb(OLD) - loose THEN  -- a portfolio is handed over whole
        PERFORM crm.keep_anonymised(OLD.id, 'client', 'update', OLD.commercial_contact_id);
    END IF;
    IF to_jsonb(NEW) - 'search' <> to_jsonb(OLD) - 'search' THEN  -- search comes after this
        NEW.version := OLD.version + 1;
        NEW.last_update := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.keep_client() IS 'Counts the version and dates the last update, of what changes something: so each version but the first is a line of the history. An anonymised client changes no more than its commercial contact.';
CREATE TRIGGER keep_client BEFORE UPDATE ON crm.client FOR EACH ROW EXECUTE FUNCTION crm.keep_client();
COMMENT ON TRIGGER keep_client ON crm.client IS 'Version and last update are the database''s.';

CREATE FUNCTION crm.keep_new_client() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT crm.is_owner() THEN
        -- Whoever closes or moves this employee meanwhile hands this client over too; or has done so, and then this is refused.
        PERFORM FROM crm.employee WHERE id = NEW.commercial_contact_id FOR SHARE;
        PERFORM crm.demand('client', 'create', NEW.commercial_contact_id);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.keep_new_client() IS 'No client for somebody who is leaving at this moment: the right is asked for once their row is locked.';
CREATE TRIGGER keep_new_client BEFORE INSERT ON crm.client FOR EACH ROW EXECUTE FUNCTION crm.keep_new_client();
COMMENT ON TRIGGER keep_new_client ON crm.client IS 'Whose client it is cannot leave meanwhile.';

CREATE FUNCTION crm.carry_commercial_contact() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crm.contract SET commercial_id = NEW.commercial_contact_id WHERE client_id = NEW.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION crm.carry_commercial_contact() IS 'Gives a client''s contracts to the client''s new commercial contact.';
CREATE TRIGGER carry_commercial_contact AFTER UPDATE ON crm.client FOR EACH ROW
    WHEN (OLD.commercial_contact_id <> NEW.commercial_contact_id) EXECUTE FUNCTION crm.carry_commercial_contact();
COMMENT ON TRIGGER carry_commercial_contact ON crm.client IS 'contract.commercial_id is always the client''s commercial contact.';

CREATE FUNCTION crm.carry_search() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crm.event AS e SET search = '' FROM crm.contract AS c WHERE c.client_id = NEW.id AND e.contract_id = c.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION crm.carry_search() IS 'Has a client''s events found by what the client is called now; crm.keep_event fills it in. As definer: whoever changes clients need not change events.';
CREATE TRIGGER carry_search AFTER UPDATE ON crm.client FOR EACH ROW WHEN (OLD.search <> NEW.search) EXECUTE FUNCTION crm.carry_search();
COMMENT ON TRIGGER carry_search ON crm.client IS 'event.search always holds the client''s.';

CREATE FUNCTION crm.keep_contract() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM crm.demand('contract', 'create');
        -- Locked against a change of commercial contact, which then finds this contract; and against crm.anonymise_client.
        NEW.commercial_id := (SELECT commercial_contact_id FROM crm.client WHERE id = NEW.client_id FOR SHARE);
        PERFORM crm.keep_anonymised(NEW.client_id, 'contract', 'create', NULL);
    ELSE
        NEW.version := OLD.version + (NEW IS DISTINCT FROM OLD)::int;
        IF OLD.status = 'signed' AND NEW.status <> 'signed' THEN
            PERFORM crm.demand('contract', 'update', OLD.commercial_id);
            RAISE check_violation USING MESSAGE = 'a signed contract stays signed', CONSTRAINT = 'contract_stays_signed';
        END IF;
        IF (NEW.total_amount, NEW.amount_to_be_paid, NEW.status) <> (OLD.total_amount, OLD.amount_to_be_paid, OLD.status) THEN
            PERFORM crm.keep_anonymised(OLD.client_id, 'contract', 'update', OLD.commercial_id);
        END IF;
    END IF;
    IF NEW.status = 'signed' THEN
        NEW.signed_at := coalesce(NEW.signed_at, clock_timestamp());
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.keep_contract() IS 'Fills in the commercial contact, the version and the moment of signature; keeps a signed contract signed.';
CREATE TRIGGER keep_contract BEFORE INSERT OR UPDATE ON crm.contract FOR EACH ROW EXECUTE FUNCTION crm.keep_contract();
COMMENT ON TRIGGER keep_contract ON crm.contract IS 'Commercial contact, version and signature are the database''s.';

CREATE FUNCTION crm.keep_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    contract crm.contract;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO contract FROM crm.contract AS c WHERE c.id = NEW.contract_id;
        PERFORM crm.demand('event', 'create', contract.commercial_id);
        IF contract.status = 'unsigned' THEN
            RAISE check_violation USING MESSAGE = 'an event needs a signed contract', CONSTRAINT = 'event_contract_signed';
        END IF;
        PERFORM FROM crm.client AS k WHERE k.id = contract.client_id FOR SHARE;  -- whoever renames the client meanwhile waits, and finds this event
        PERFORM crm.keep_anonymised(contract.client_id, 'event', 'create', contract.commercial_id);
    ELSIF to_jsonb(NEW) - 'search' <> to_jsonb(OLD) - 'search' THEN
        NEW.version := OLD.version + 1;
        PERFORM crm.keep_anonymised((SELECT c.client_id FROM crm.contract AS c WHERE c.id = OLD.contract_id), 'event', 'update', OLD.support_contact_id);
        IF OLD.cancelled_at IS NOT NULL AND NOT crm.is_owner() AND NOT crm.anonymising() THEN
            PERFORM crm.demand('event', 'update', OLD.support_contact_id);
            RAISE check_violation USING MESSAGE = 'a cancelled event stays as it is', CONSTRAINT = 'event_cancelled';
        END IF;
    END IF;
    NEW.search := crm.fold(NEW.title || ' ' || NEW.location)
        || coalesce((SELECT ' ' || k.search FROM crm.contract AS c JOIN crm.client AS k ON k.id = c.client_id WHERE c.id = NEW.contract_id), '');
    -- Given to somebody, or moved into the future, where whoever runs it must still be here. At creation OLD is null.
    IF NEW.support_contact_id IS DISTINCT FROM OLD.support_contact_id
       OR (NEW.cancelled_at IS NULL AND NEW.end_date > now() AND (OLD.cancelled_at IS NOT NULL OR OLD.end_date <> NEW.end_date)) THEN
        PERFORM FROM crm.employee WHERE id = NEW.support_contact_id AND department = 'support' AND active FOR SHARE;
        IF NOT FOUND AND NEW.support_contact_id IS NOT NULL AND NOT crm.is_owner() THEN
            RAISE check_violation USING MESSAGE = 'only an active employee of support runs events', CONSTRAINT = 'event_support_contact';
        END IF;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.keep_event() IS
    'Events only under signed contracts, and given only to an active employee of support, who cannot leave meanwhile.';
CREATE TRIGGER keep_event BEFORE INSERT OR UPDATE ON crm.event FOR EACH ROW EXECUTE FUNCTION crm.keep_event();
COMMENT ON TRIGGER keep_event ON crm.event IS 'Signed contract, active support contact, version, search.';

CREATE FUNCTION crm.demand_assignment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crm.demand('event', 'assign', OLD.support_contact_id);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.demand_assignment() IS 'A change of support contact takes the right to assign; else support could write itself in.';
CREATE TRIGGER demand_assignment BEFORE UPDATE ON crm.event FOR EACH ROW
    WHEN (NEW.support_contact_id IS DISTINCT FROM OLD.support_contact_id AND current_user <> 'epic_owner')
    EXECUTE FUNCTION crm.demand_assignment();
COMMENT ON TRIGGER demand_assignment ON crm.event IS
    'Right event/assign. Not asked where a definer function changes it: crm.hand_over, whose callers asked for their own rights.';

CREATE FUNCTION crm.keep_employee() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closing constant boolean := OLD.active AND NOT NEW.active;
    opening constant boolean := NEW.active AND NOT OLD.active;
    moving  constant boolean := OLD.department <> NEW.department;
BEGIN
    NEW.version := OLD.version + (NEW IS DISTINCT FROM OLD)::int;
    IF opening THEN
        PERFORM crm.demand('employee', 'create');
    END IF;
    IF NEW.email <> OLD.email THEN  -- else each new address would allow guesses anew
        INSERT INTO crm.login_throttle AS t (email_hash, failures, not_before, last_attempt)
            SELECT crm.email_hash(NEW.email), f.failures, f.not_before, f.last_attempt
            FROM crm.login_throttle AS f WHERE f.email_hash = crm.email_hash(OLD.email)
            ON CONFLICT (email_hash) DO UPDATE SET failures = greatest(t.failures, excluded.failures),
                not_before = greatest(t.not_before, excluded.not_before), last_attempt = greatest(t.last_attempt, excluded.last_attempt);
    END IF;
    IF closing THEN
        PERFORM crm.demand('employee', 'delete');
        PERFORM crm.end_session(live.jti) FROM crm.live_sessions(OLD.id) AS live (jti);
    END IF;
    IF 'admin' IN (OLD.department, NEW.department) AND OLD.must_change_password = NEW.must_change_password THEN
        PERFORM crm.demand('administrator', CASE WHEN closing THEN 'delete' WHEN opening THEN 'create' ELSE 'update' END);
    END IF;
    IF OLD.id = crm.actor_id() AND (closing OR moving) THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed: close one''s own account or change one''s own department';
    END IF;
    IF OLD.department = 'admin' AND (closing OR NEW.department <> 'admin') THEN
        PERFORM FROM crm.secret FOR UPDATE;  -- one at a time: two administrators must not close each other
        IF NOT EXISTS (SELECT FROM crm.employee WHERE department = 'admin' AND active AND id <> OLD.id) THEN
            RAISE check_violation USING MESSAGE = 'the last active administrator stays', CONSTRAINT = 'employee_last_admin';
        END IF;
    END IF;
    -- This row is locked by now, and whoever gives somebody a client or an event locks it too: none can come in between.
    IF ((closing OR moving AND NEW.department <> 'sales') AND EXISTS (SELECT FROM crm.client AS c WHERE c.commercial_contact_id = OLD.id))
        OR ((closing OR moving AND NEW.department <> 'support') AND EXISTS (
            SELECT FROM crm.event AS e WHERE e.support_contact_id = OLD.id AND e.end_date > now() AND e.cancelled_at IS NULL)) THEN
        RAISE check_violation USING MESSAGE = 'clients and coming events are handed over first', CONSTRAINT = 'employee_portfolio';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.keep_employee() IS
    'Nobody closes their own account or changes their own department, administrators are changed by administrators, the last one stays; '
    'whoever leaves, leaves no client and no coming event behind; a closed account has no sessions.';
CREATE TRIGGER keep_employee BEFORE UPDATE ON crm.employee FOR EACH ROW EXECUTE FUNCTION crm.keep_employee();
COMMENT ON TRIGGER keep_employee ON crm.employee IS 'The guards of the staff, and the version.';

CREATE FUNCTION crm.client_of(entity text, record jsonb) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE entity
        WHEN 'client' THEN (record ->> 'id')::int
        WHEN 'contract' THEN (record ->> 'client_id')::int
        WHEN 'event' THEN (SELECT c.client_id FROM crm.contract AS c WHERE c.id = (record ->> 'contract_id')::int)
    END;
END $$;
COMMENT ON FUNCTION crm.client_of(text, jsonb) IS 'The client that a row of crm.client, crm.contract or crm.event is about. Granted to nobody.';

CREATE FUNCTION crm.anonymising() RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN EXISTS (SELECT FROM crm.scrubbing AS s WHERE s.xid = pg_current_xact_id_if_assigned()); END $$;
COMMENT ON FUNCTION crm.anonymising() IS 'Is crm.anonymise_client at work in this transaction, now? Granted to nobody.';

CREATE FUNCTION crm.record_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'  -- else whoever writes chooses how moments stand in the history, readable or not
AS $$
DECLARE
    actor  constant int := crm.actor_id();
    hidden constant text[] := ARRAY['id', 'version', 'search', 'last_update'];
    anonymising constant boolean := crm.anonymising();  -- then only who and when: the values are to be gone
BEGIN
    IF actor IS NULL AND NOT crm.is_owner() THEN
        RAISE insufficient_privilege USING MESSAGE = 'not allowed: a change that nobody made';
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO crm.change (actor_id, client_id, entity, entity_id, action, fields)
        SELECT actor, crm.client_of(TG_TABLE_NAME, to_jsonb(made)), TG_TABLE_NAME, made.id, 'create',
               (SELECT jsonb_object_agg(f.key, jsonb_build_array(NULL, f.value)) FROM jsonb_each(jsonb_strip_nulls(to_jsonb(made) - hidden)) AS f)
        FROM new_rows AS made;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO crm.change (actor_id, client_id, entity, entity_id, action, fields)
        SELECT actor, crm.client_of(TG_TABLE_NAME, to_jsonb(gone)), TG_TABLE_NAME, gone.id, 'delete',
               (SELECT jsonb_object_agg(f.key, jsonb_build_array(f.value, NULL)) FROM jsonb_each(jsonb_strip_nulls(to_jsonb(gone) - hidden)) AS f)
        FROM old_rows AS gone;
    ELSE
        INSERT INTO crm.change (actor_id, client_id, entity, entity_id, action, fields)
        SELECT actor, crm.client_of(TG_TABLE_NAME, pair.record), TG_TABLE_NAME, pair.id, CASE WHEN anonymising THEN 'anonymise' ELSE 'update' END,
               CASE WHEN anonymising THEN '{}' ELSE pair.fields END
        FROM (
            SELECT n.id, to_jsonb(n) AS record,
                         (SELECT jsonb_object_agg(f.key, jsonb_build_array(to_jsonb(o) -> f.key, f.value))
                          FROM jsonb_each(to_jsonb(n) - hidden) AS f
                          WHERE to_jsonb(o) -> f.key IS DISTINCT FROM f.value) AS fields
            FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id
        ) AS pair
        WHERE pair.fields IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION crm.record_change() IS 'Writes the history of a statement, field by field; refuses a change without an actor.';

DO $$
DECLARE
    entity text;
BEGIN
    FOREACH entity IN ARRAY ARRAY['client', 'contract', 'event', 'employee'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER record_insert AFTER INSERT ON crm.%I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION crm.record_change()', entity);
        EXECUTE pg_catalog.format('CREATE TRIGGER record_update AFTER UPDATE ON crm.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION crm.record_change()', entity);
        EXECUTE pg_catalog.format('CREATE TRIGGER record_delete AFTER DELETE ON crm.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION crm.record_change()', entity);
        EXECUTE pg_catalog.format('COMMENT ON TRIGGER record_insert ON crm.%I IS ''History of creations.''', entity);
        EXECUTE pg_catalog.format('COMMENT ON TRIGGER record_update ON crm.%I IS ''History of changes.''', entity);
        EXECUTE pg_catalog.format('COMMENT ON TRIGGER record_delete ON crm.%I IS ''History of deletions.''', entity);
    END LOOP;
END $$;

CREATE FUNCTION crm.scrubbed(of_entity text, written jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed  constant jsonb := '{"removed": true}';
    personal constant text[] := CASE of_entity
        WHEN 'client' THEN ARRAY['full_name', 'email', 'phone', 'company_name']
        WHEN 'event' THEN ARRAY['title', 'location', 'notes']
        ELSE '{}'
    END;
BEGIN
    RETURN (
        SELECT coalesce(jsonb_object_agg(f.key, CASE WHEN f.key <> ALL (personal) THEN f.value ELSE (
            SELECT jsonb_agg(CASE WHEN side.value IN ('null', '""') THEN side.value ELSE removed END ORDER BY side.place)
            FROM jsonb_array_elements(f.value) WITH ORDINALITY AS side (value, place)) END), '{}')
        FROM jsonb_each(written) AS f);
END $$;
COMMENT ON FUNCTION crm.scrubbed(text, jsonb) IS
    'A line of the history without what it says of a person: which fields changed stays, and what was empty. Granted to nobody.';

CREATE FUNCTION crm.refuse_rewriting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND crm.anonymising() THEN
        RETURN NULL;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'the history is append-only';
END $$;
COMMENT ON FUNCTION crm.refuse_rewriting() IS 'The history is append-only, for the owner too; crm.anonymise_client alone may take values out of it.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON crm.change FOR EACH STATEMENT EXECUTE FUNCTION crm.refuse_rewriting();
COMMENT ON TRIGGER append_only ON crm.change IS 'Nothing in the history is changed or removed.';

CREATE FUNCTION crm.refuse_more_than_scrubbing() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_jsonb(NEW) <> jsonb_set(to_jsonb(OLD), '{fields}', crm.scrubbed(OLD.entity, OLD.fields)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the history is append-only';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION crm.refuse_more_than_scrubbing() IS 'Where a line of the history may be changed at all, then to crm.scrubbed and to nothing else.';
CREATE TRIGGER scrubbed_only BEFORE UPDATE ON crm.change FOR EACH ROW EXECUTE FUNCTION crm.refuse_more_than_scrubbing();
COMMENT ON TRIGGER scrubbed_only ON crm.change IS 'Who, when, what and all figures stay, whatever is taken out.';

-- ===========================================================================
-- 7 VERBS AND LOOKUPS
-- ===========================================================================
-- Deletion goes through procedures: a grant of DELETE would also grant LOCK TABLE, token or not.

CREATE FUNCTION crm.demand_version(seen int, current int) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF seen IS DISTINCT FROM current THEN
        RAISE serialization_failure USING MESSAGE = 'somebody else changed this record meanwhile';
    END IF;
END $$;
COMMENT ON FUNCTION crm.demand_version(int, int) IS 'Refuses (40001) a verb whose caller saw another version of the record, or none. Granted to nobody.';

CREATE FUNCTION crm.lock_employee(of_employee int, wanted_action text) RETURNS crm.employee
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    employee crm.employee;
BEGIN
    PERFORM crm.demand('employee', wanted_action);
    PERFORM FROM crm.secret FOR UPDATE;  -- one at a time: two hand-overs to each other would wait for ever
    SELECT * INTO employee FROM crm.employee AS e WHERE e.id = of_employee FOR NO KEY UPDATE;
    IF employee.id IS NULL THEN
        RAISE no_data_found USING MESSAGE = 'no such employee';
    ELSIF employee.department = 'admin' THEN  -- also one being made so
        PERFORM crm.demand('administrator', wanted_action);
    END IF;
    IF of_employee = crm.actor_id() THEN
        RAISE insufficient_privilege USING MESSAGE = format('not allowed: %s oneself', wanted_action);
    END IF;
    PERFORM crm.demand('employee', wanted_action);  -- again: a right lost while waiting is lost
    RETURN employee;
END $$;
COMMENT ON FUNCTION crm.lock_employee(int, text) IS
    'An employee as they are now, locked; refuses an actor without the right, administrators to all but administrators, and oneself. Granted to nobody.';

CREATE FUNCTION crm.hand_over(leaving int, clients_to int, events_to int, events_to_nobody boolean) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM crm.employee AS e WHERE e.id IN (clients_to, events_to) FOR SHARE;  -- nor do these leave meanwhile
    IF clients_to IS NOT NULL AND NOT EXISTS (
        SELECT FROM crm.employee AS e WHERE e.id = clients_to AND e.id <> leaving AND e.active AND e.department = 'sales') THEN
        RAISE check_violation USING MESSAGE = 'clients go to another active employee of sales', CONSTRAINT = 'hand_over_clients_to';
    ELSIF events_to IS NOT NULL AND NOT EXISTS (
        SELECT FROM crm.employee AS e WHERE e.id = events_to AND e.id <> leaving AND e.active AND e.department = 'support') THEN
        RAISE check_violation USING MESSAGE = 'events go to another active employee of support', CONSTRAINT = 'hand_over_events_to';
    ELSIF clients_to IS NULL AND EXISTS (SELECT FROM crm.client AS c WHERE c.commercial_contact_id = leaving) THEN
        RAISE check_violation USING MESSAGE = 'nobody was named for the clients', CONSTRAINT = 'hand_over_clients_to_nobody';
    ELSIF events_to IS NULL AND events_to_nobody IS NOT TRUE AND EXISTS (
        SELECT FROM crm.event AS e WHERE e.support_contact_id = leaving AND e.end_date > now() AND e.cancelled_at IS NULL) THEN
        RAISE check_violation USING MESSAGE = 'nobody was named for the coming events', CONSTRAINT = 'hand_over_events_to_nobody';
    END IF;
    UPDATE crm.client AS c SET commercial_contact_id = clients_to WHERE c.commercial_contact_id = leaving;
    UPDATE crm.event AS e SET support_contact_id = events_to
        WHERE e.support_contact_id = leaving AND e.end_date > now() AND e.cancelled_at IS NULL;
END $$;
COMMENT ON FUNCTION crm.hand_over(int, int, int, boolean) IS
    'All clients, with their contracts, go to a colleague of sales; all events not over yet to a colleague of support, or to nobody if that is said. '
    'Whose rights allow that, the caller asks. Granted to nobody.';

CREATE PROCEDURE crm.deactivate_employee(leaving int, seen int, clients_to int, events_to int, events_to_nobody boolean DEFAULT false)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
    employee constant crm.employee := crm.lock_employee(leaving, 'delete');
BEGIN
    PERFORM crm.demand_version(seen, employee.version);
    IF NOT employee.active THEN
        RAISE check_violation USING MESSAGE = 'this account is closed', CONSTRAINT = 'employee_open';
    END IF;
    PERFORM crm.hand_over(leaving, clients_to, events_to, events_to_nobody);
    UPDATE crm.employee AS e SET active = false WHERE e.id = leaving;
END $$;
COMMENT ON PROCEDURE crm.deactivate_employee(int, int, int, int, boolean) IS
    'Closes an account and hands over what its owner was responsible for, all or nothing. seen: the version that the actor saw.';

CREATE PROCEDURE crm.move_employee(
    moving int, seen int, to_department text, clients_to int, events_to int, events_to_nobody boolean DEFAULT false)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
    employee constant crm.employee := crm.lock_employee(moving, 'update');
BEGIN
    IF to_department = 'admin' THEN
        PERFORM crm.demand('administrator', 'update');
    END IF;
    PERFORM crm.demand_version(seen, employee.version);
    IF employee.department = to_department THEN
        RAISE check_violation USING MESSAGE = 'this is the department of now', CONSTRAINT = 'employee_other_department';
    END IF;
    PERFORM crm.hand_over(moving, clients_to, events_to, events_to_nobody);
    UPDATE crm.employee AS e SET department = to_department WHERE e.id = moving;
END $$;
COMMENT ON PROCEDURE crm.move_employee(int, int, text, int, int, boolean) IS 'Another department, with the same hand-over as crm.deactivate_employee.';

CREATE PROCEDURE crm.reactivate_employee(returning_one int, seen int, salt bytea, params text, digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
    employee constant crm.employee := crm.lock_employee(returning_one, 'create');
BEGIN
    PERFORM crm.demand_version(seen, employee.version);
    IF employee.active THEN
        RAISE check_violation USING MESSAGE = 'this account is open', CONSTRAINT = 'employee_closed';
    END IF;
    UPDATE crm.employee AS e SET active = true WHERE e.id = returning_one;
    PERFORM crm.write_credential(returning_one, reactivate_employee.salt, reactivate_employee.params, reactivate_employee.digest, true);
END $$;
COMMENT ON PROCEDURE crm.reactivate_employee(int, int, bytea, text, bytea) IS
    'Opens a closed account again, as one is opened at first: right create, and a one-time password. Sessions of before stay over.';

CREATE PROCEDURE crm.unlock_employee(locked int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
    employee constant crm.employee := crm.lock_employee(locked, 'update');
BEGIN
    -- The count stays: whoever guesses wrong once more waits again, so that unlocking is no way to guess on.
    UPDATE crm.login_throttle AS t SET not_before = '-infinity'
        WHERE t.email_hash = crm.email_hash(employee.email) AND t.not_before > clock_timestamp();
    IF NOT FOUND THEN
        RAISE check_violation USING MESSAGE = 'this account is not locked', CONSTRAINT = 'employee_locked';
    END IF;
    INSERT INTO crm.change (actor_id, entity, entity_id, action, fields) VALUES (crm.actor_id(), 'employee', locked, 'unlock', '{}');
END $$;
COMMENT ON PROCEDURE crm.unlock_employee(int) IS
    'Lets a colleague try to sign in now; one more failure, and they wait again. Not oneself: a stolen token must not help to guess on.';

CREATE PROCEDURE crm.delete_contract(doomed int, seen int DEFAULT NULL)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    contract crm.contract;
BEGIN
    PERFORM crm.demand('contract', 'delete', (SELECT c.commercial_id FROM crm.contract AS c WHERE c.id = doomed));
    SELECT * INTO contract FROM crm.contract AS c WHERE c.id = doomed FOR UPDATE;
    IF contract.id IS NULL THEN
        RAISE no_data_found USING MESSAGE = 'no such contract';
    END IF;
    PERFORM crm.demand_version(coalesce(seen, contract.version), contract.version);
    IF contract.status = 'signed' THEN
        RAISE check_violation USING MESSAGE = 'a signed contract is not deleted', CONSTRAINT = 'contract_delete_unsigned';
    ELSIF EXISTS (SELECT FROM crm.event WHERE contract_id = doomed) THEN
        RAISE check_violation USING MESSAGE = 'a contract with events is not deleted', CONSTRAINT = 'contract_delete_without_events';
    END IF;
    DELETE FROM crm.contract AS c WHERE c.id = doomed;
END $$;
COMMENT ON PROCEDURE crm.delete_contract(int, int) IS 'Deletes an unsigned contract without events. seen: the version that the caller saw.';

CREATE PROCEDURE crm.delete_event(doomed int, seen int DEFAULT NULL)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    event crm.event;
BEGIN
    PERFORM crm.demand('event', 'delete', (SELECT e.support_contact_id FROM crm.event AS e WHERE e.id = doomed));
    SELECT * INTO event FROM crm.event AS e WHERE e.id = doomed FOR UPDATE;
    IF event.id IS NULL THEN
        RAISE no_data_found USING MESSAGE = 'no such event';
    END IF;
    PERFORM crm.demand_version(coalesce(seen, event.version), event.version);
    DELETE FROM crm.event AS e WHERE e.id = doomed;
END $$;
COMMENT ON PROCEDURE crm.delete_event(int, int) IS 'Deletes an event. seen: the version that the caller saw.';

-- Personal data: what is held on a client, and how it goes.

CREATE PROCEDURE crm.export_client(of_client int, INOUT held jsonb DEFAULT NULL)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    technical constant text[] := ARRAY['version', 'search'];
BEGIN
    PERFORM crm.demand('client', 'export', (SELECT k.commercial_contact_id FROM crm.client AS k WHERE k.id = of_client));
    IF NOT EXISTS (SELECT FROM crm.client AS k WHERE k.id = of_client) THEN
        RAISE no_data_found USING MESSAGE = 'no such client';
    END IF;
    INSERT INTO crm.change (actor_id, client_id, entity, entity_id, action, fields) VALUES (crm.actor_id(), of_client, 'client', of_client, 'export', '{}');
    held := jsonb_build_object(
        'client', (
            SELECT to_jsonb(k) - technical || jsonb_build_object('commercial_contact', p.full_name)
            FROM crm.client AS k JOIN crm.employee AS p ON p.id = k.commercial_contact_id WHERE k.id = of_client),
        'contracts', (
            SELECT coalesce(jsonb_agg(to_jsonb(c) - technical || jsonb_build_object('commercial', p.full_name) ORDER BY c.id), '[]')
            FROM crm.contract AS c JOIN crm.employee AS p ON p.id = c.commercial_id WHERE c.client_id = of_client),
        'events', (
            SELECT coalesce(jsonb_agg(to_jsonb(e) - technical || jsonb_build_object('support_contact', p.full_name) ORDER BY e.id), '[]')
            FROM crm.contract AS c JOIN crm.event AS e ON e.contract_id = c.id LEFT JOIN crm.employee AS p ON p.id = e.support_contact_id
            WHERE c.client_id = of_client),
        'history', (
            SELECT coalesce(jsonb_agg(to_jsonb(h) || jsonb_build_object('actor', p.full_name) ORDER BY h.id), '[]')
            FROM crm.change AS h LEFT JOIN crm.employee AS p ON p.id = h.actor_id WHERE h.client_id = of_client));
END $$;
COMMENT ON PROCEDURE crm.export_client(int, jsonb) IS
    'Everything held on a client: its row, contracts, events, and the history of all of them, also of deleted ones. Who asked stands in the history, as its last line.';

CREATE PROCEDURE crm.anonymise_client(of_client int, seen int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    client crm.client;
BEGIN
    PERFORM crm.demand('client', 'anonymise', (SELECT k.commercial_contact_id FROM crm.client AS k WHERE k.id = of_client));
    -- Whoever adds or changes something of this client meanwhile waits (keep_contract, keep_event lock the client), and is then refused.
    SELECT * INTO client FROM crm.client AS k WHERE k.id = of_client FOR UPDATE;
    PERFORM FROM crm.contract AS c WHERE c.client_id = of_client ORDER BY c.id FOR UPDATE;
    PERFORM FROM crm.event AS e WHERE e.contract_id IN (SELECT c.id FROM crm.contract AS c WHERE c.client_id = of_client) ORDER BY e.id FOR UPDATE;
    IF client.id IS NULL THEN
        RAISE no_data_found USING MESSAGE = 'no such client';
    ELSIF client.anonymised_at IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = 'nothing of an anonymised client changes any more', CONSTRAINT = 'client_anonymised';
    END IF;
    PERFORM crm.demand_version(seen, client.version);
    IF EXISTS (SELECT FROM crm.contract AS c WHERE c.client_id = of_client AND c.status = 'unsigned') THEN
        RAISE check_violation USING MESSAGE = 'a contract of this client is unsigned', CONSTRAINT = 'client_contract_unsigned';
    ELSIF EXISTS (SELECT FROM crm.contract AS c WHERE c.client_id = of_client AND c.amount_to_be_paid > 0) THEN
        RAISE check_violation USING MESSAGE = 'something of this client is left to pay', CONSTRAINT = 'client_contract_unpaid';
    ELSIF EXISTS (
        SELECT FROM crm.contract AS c JOIN crm.event AS e ON e.contract_id = c.id
        WHERE c.client_id = of_client AND e.cancelled_at IS NULL AND e.end_date > clock_timestamp()) THEN
        RAISE check_violation USING MESSAGE = 'an event of this client is not over', CONSTRAINT = 'client_event_coming';
    END IF;
    INSERT INTO crm.scrubbing DEFAULT VALUES;
    UPDATE crm.event AS e SET title = '#' || e.id, location = '', notes = ''
        FROM crm.contract AS c WHERE c.client_id = of_client AND e.contract_id = c.id;
    UPDATE crm.client AS k
        SET full_name = 'Client ' || of_client, email = 'client-' || of_client || '@anonymous.invalid', phone = '', company_name = '',
            anonymised_at = now()
        WHERE k.id = of_client;
    UPDATE crm.change AS h SET fields = crm.scrubbed(h.entity, h.fields) WHERE h.client_id = of_client AND h.entity <> 'contract';
    DELETE FROM crm.scrubbing AS s WHERE s.xid = pg_current_xact_id();
END $$;
COMMENT ON PROCEDURE crm.anonymise_client(int, int) IS
    'Takes the personal data of a client without running contracts away, for good, also out of the history; figures, dates and numbers stay. seen: the version the actor saw.';

-- A lookup finds, best first: the number; what begins as typed; what holds every word anywhere. No text may take long,
-- however frequent its words are and however rare the records that are asked for. So each step looks at so many rows and
-- no more, from two sides: the newest within reach, where frequent words are found at once, then trigrams, for the rare ones.

CREATE FUNCTION crm.typed_number(typed text) RETURNS int
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN substring(typed FROM '^\s*#?\s*([0-9]{1,9})\s*$')::int; END $$;
COMMENT ON FUNCTION crm.typed_number(text) IS 'The number of a record as people type it, 652 or #652, else NULL. Granted to nobody.';

CREATE FUNCTION crm.search_patterns(typed text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    words text := btrim(crm.fold(left(typed, 100)));
BEGIN
    IF words ~ '^[0-9 +()./-]*[0-9][0-9 +()./-]*$' THEN  -- a telephone number: its digits, however they are grouped here or abroad
        words := coalesce(nullif(ltrim(regexp_replace(words, '[^0-9]', '', 'g'), '0'), ''), words);
    END IF;
    RETURN (
        SELECT array_agg('%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%' ORDER BY length(word) DESC)
        FROM regexp_split_to_table(words, '\s+') AS word
    );
END $$;
COMMENT ON FUNCTION crm.search_patterns(text) IS 'A LIKE pattern for each word typed, the longest first; nothing typed has a meaning to LIKE. Granted to nobody.';

CREATE FUNCTION crm.lookup_reach(looked_up text, wanted_entity text, wanted_action text) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    readable constant int := crm.reach(looked_up, 'read');
    wanted   constant int := CASE WHEN (wanted_entity, wanted_action) = (looked_up, 'read') THEN readable ELSE crm.reach(wanted_entity, wanted_action) END;
BEGIN
    RETURN CASE WHEN readable IS NOT NULL AND wanted IS NOT NULL THEN greatest(readable, wanted) END;  -- own, if either is
END $$;
COMMENT ON FUNCTION crm.lookup_reach(text, text, text) IS
    'Within what a lookup of an entity searches for an action, as crm.reach says it: what may be read and the action be done to. Granted to nobody.';

CREATE FUNCTION crm.clients_by_trigrams(patterns text[], changing boolean, most int) RETURNS int[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
AS $$
BEGIN
    RETURN ARRAY(
        SELECT hit.id FROM (
            SELECT c.id, c.search FROM crm.client AS c
            WHERE c.search LIKE patterns[1]
              AND (patterns[2] IS NULL OR c.search LIKE patterns[2]) AND (patterns[3] IS NULL OR c.search LIKE patterns[3])
              AND (patterns[4] IS NULL OR c.search LIKE ALL (patterns[4:])) AND (NOT changing OR c.anonymised_at IS NULL)
            LIMIT most) AS hit
        ORDER BY hit.search, hit.id);
END $$;
COMMENT ON FUNCTION crm.clients_by_trigrams(text[], boolean, int) IS
    'Clients whose words all match. The trigrams of all words are intersected, whatever the planner thinks of stopping early. Granted to nobody.';

CREATE FUNCTION crm.clients_with_words(typed text, reached int, changing boolean, most int) RETURNS int[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    patterns constant text[] := crm.search_patterns(typed);
    found    int[];
BEGIN
    IF length(patterns[1]) < 5 THEN  -- %ab%: trigrams need three letters
        RETURN '{}';
    ELSIF reached <> 0 THEN  -- a portfolio is small enough to be read, in the order of the index
        RETURN ARRAY(
            SELECT c.id FROM crm.client AS c WHERE c.commercial_contact_id = reached AND c.search LIKE ALL (patterns) AND (NOT changing OR c.anonymised_at IS NULL)
            ORDER BY c.search, c.id LIMIT most);
    END IF;
    found := ARRAY(
        SELECT c.id FROM (SELECT newest.id, newest.search, newest.anonymised_at FROM crm.client AS newest ORDER BY newest.id DESC LIMIT 2000) AS c
        WHERE c.search LIKE ALL (patterns) AND (NOT changing OR c.anonymised_at IS NULL) ORDER BY c.search, c.id LIMIT most);
    RETURN CASE WHEN cardinality(found) < most THEN crm.clients_by_trigrams(patterns, changing, most) ELSE found END;
END $$;
COMMENT ON FUNCTION crm.clients_with_words(text, int, boolean, int) IS 'Clients with all the words typed, one of them of three letters, among all (reached 0) or those of one contact; changing: only those not anonymised. Granted to nobody.';

CREATE FUNCTION crm.matching_clients(typed text, wanted_action text DEFAULT 'read', most int DEFAULT 20, wanted_entity text DEFAULT 'client') RETURNS int[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    reached  constant int := crm.lookup_reach('client', wanted_entity, wanted_action);
    changing constant boolean := wanted_action NOT IN ('read', 'history', 'export');  -- which no anonymised client does any more
    room     constant int := least(greatest(most, 1), 50);
    folded   constant text := btrim(crm.fold(left(typed, 100)));
    found    int[];
    more     int[];
BEGIN
    IF reached IS NULL OR typed IS NULL THEN
        RETURN '{}';
    END IF;
    found := ARRAY(SELECT c.id FROM crm.client AS c WHERE c.id = crm.typed_number(typed) AND (reached = 0 OR c.commercial_contact_id = reached)
        AND (NOT changing OR c.anonymised_at IS NULL));
    IF folded LIKE '#%' THEN  -- a number, and nothing else
        RETURN found;
    END IF;
    found := found || ARRAY(
        SELECT c.id FROM crm.client AS c
        WHERE c.search >= folded AND c.search < folded || U&'\+10FFFF' AND (reached = 0 OR c.commercial_contact_id = reached)
          AND (NOT changing OR c.anonymised_at IS NULL) AND c.id <> ALL (found)
        ORDER BY c.search, c.id LIMIT room);
    IF cardinality(found) < room THEN
        more := crm.clients_with_words(typed, reached, changing, room);  -- not in the query: the planner would call it too
        found := found || ARRAY(SELECT hit.id FROM unnest(more) WITH ORDINALITY AS hit (id, place) WHERE hit.id <> ALL (found) ORDER BY hit.place);
    END IF;
    RETURN found[1:room];
END $$;
COMMENT ON FUNCTION crm.matching_clients(text, text, int, text) IS
    'Clients by number, beginning of name, or any words of name, company, email and phone, best first, among those that may be read and '
    'the actor may do the action (of wanted_entity) to: anonymised ones are only read. As definer, because LIKE reaches no index under row-level security.';

CREATE FUNCTION crm.matching_contracts(
    typed text, wanted_action text DEFAULT 'read', most int DEFAULT 20, wanted_entity text DEFAULT 'contract', among text[] DEFAULT '{}') RETURNS int[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET random_page_cost = 1.1
AS $$
DECLARE
    reached  constant int := crm.lookup_reach('contract', wanted_entity, wanted_action);
    clients  constant int := crm.lookup_reach('client', 'client', 'read');
    unsigned constant boolean := 'unsigned' = ANY (among);
    signed   constant boolean := 'signed' = ANY (among);
    unpaid   constant boolean := 'unpaid' = ANY (among);
    room     constant int := least(greatest(most, 1), 50);
    folded   constant text := btrim(crm.fold(left(typed, 100)));
    patterns constant text[] := crm.search_patterns(typed);
    named    int[];
    found    int[];
BEGIN
    IF reached IS NULL OR typed IS NULL THEN
        RETURN '{}';
    ELSIF NOT among <@ '{unsigned,signed,unpaid}' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'no such contracts';
    END IF;
    found := ARRAY(
        SELECT c.id FROM crm.contract AS c WHERE c.id = crm.typed_number(typed) AND (reached = 0 OR c.commercial_id = reached)
          AND (NOT unsigned OR c.status = 'unsigned') AND (NOT signed OR c.status = 'signed') AND (NOT unpaid OR c.amount_to_be_paid > 0));
    IF clients IS NULL OR folded LIKE '#%' THEN  -- by number alone
        RETURN found;
    END IF;
    IF folded <> '' THEN
        found := found || ARRAY(
            SELECT c.id
            FROM (SELECT c.id, c.search FROM crm.client AS c
                  WHERE c.search >= folded AND c.search < folded || U&'\+10FFFF'
                    AND (greatest(reached, clients) = 0 OR c.commercial_contact_id = greatest(reached, clients))
                  ORDER BY c.search, c.id LIMIT 500) AS k
                 CROSS JOIN LATERAL (  -- OFFSET: client by client, instead of all contracts in search of a few
                     SELECT c.id FROM crm.contract AS c
                     WHERE c.client_id = k.id AND (reached = 0 OR c.commercial_id = reached)
                       AND (NOT unsigned OR c.status = 'unsigned') AND (NOT signed OR c.status = 'signed') AND (NOT unpaid OR c.amount_to_be_paid > 0)
                       AND c.id <> ALL (found)
                     OFFSET 0) AS c
            ORDER BY k.search, c.id DESC LIMIT room);
    END IF;
    IF cardinality(found) < room THEN
        found := found || ARRAY(
            SELECT c.id
            FROM (SELECT c.id, c.client_id FROM crm.contract AS c
                  WHERE (greatest(reached, clients) = 0 OR c.commercial_id = greatest(reached, clients))
                    AND (NOT unsigned OR c.status = 'unsigned') AND (NOT signed OR c.status = 'signed') AND (NOT unpaid OR c.amount_to_be_paid > 0)
                  ORDER BY c.id DESC LIMIT 300) AS c
                 JOIN crm.client AS k ON k.id = c.client_id
            WHERE k.search LIKE ALL (patterns) AND c.id <> ALL (found)
            ORDER BY c.id DESC LIMIT room - cardinality(found));
    END IF;
    IF cardinality(found) < room THEN
        named := crm.clients_with_words(typed, greatest(reached, clients), false, 1000);
        found := found || ARRAY(
            SELECT c.id
            FROM unnest(named) AS k (id)
                 CROSS JOIN LATERAL (
                     SELECT c.id FROM crm.contract AS c
                     WHERE c.client_id = k.id AND (reached = 0 OR c.commercial_id = reached)
                       AND (NOT unsigned OR c.status = 'unsigned') AND (NOT signed OR c.status = 'signed') AND (NOT unpaid OR c.amount_to_be_paid > 0)
                       AND c.id <> ALL (found)
                     OFFSET 0) AS c
            ORDER BY c.id DESC LIMIT room - cardinality(found));
    END IF;
    RETURN found[1:room];
END $$;
COMMENT ON FUNCTION crm.matching_contracts(text, text, int, text, text[]) IS
    'Contracts by number or by their client, best first, among those the actor may do the action to. among: only unsigned, signed, unpaid ones.';

CREATE FUNCTION crm.events_by_trigrams(patterns text[], reached int, going_on boolean, unassigned boolean, most int) RETURNS int[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
AS $$
BEGIN
    RETURN ARRAY(
        SELECT hit.id FROM (
            SELECT e.id, e.start_date FROM crm.event AS e
            WHERE e.search LIKE patterns[1]
              AND (patterns[2] IS NULL OR e.search LIKE patterns[2]) AND (patterns[3] IS NULL OR e.search LIKE patterns[3])
              AND (patterns[4] IS NULL OR e.search LIKE ALL (patterns[4:]))
              AND (reached = 0 OR e.support_contact_id = reached)
              AND (NOT going_on OR e.cancelled_at IS NULL) AND (NOT unassigned OR e.support_contact_id IS NULL)
            LIMIT most) AS hit
        ORDER BY hit.start_date DESC, hit.id DESC);
END $$;
COMMENT ON FUNCTION crm.events_by_trigrams(text[], int, boolean, boolean, int) IS 'Events whose words all match, as crm.clients_by_trigrams finds clients. Granted to nobody.';

CREATE FUNCTION crm.matching_events(
    typed text, wanted_action text DEFAULT 'read', most int DEFAULT 20, wanted_entity text DEFAULT 'event', among text[] DEFAULT '{}') RETURNS int[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET random_page_cost = 1.1
AS $$
DECLARE
    reached    constant int := crm.lookup_reach('event', wanted_entity, wanted_action);
    -- Without the right to read every client, and the contracts that lead there, only what stands in the event itself may be found.
    clients    constant boolean := coalesce(crm.reach('client', 'read') = 0 AND crm.reach('contract', 'read') = 0, false);
    going_on   constant boolean := 'going on' = ANY (among);
    unassigned constant boolean := 'without support' = ANY (among);
    room       constant int := least(greatest(most, 1), 50);
    folded     constant text := btrim(crm.fold(left(typed, 100)));
    patterns   constant text[] := crm.search_patterns(typed);
    found      int[];
    more       int[];
BEGIN
    IF reached IS NULL OR typed IS NULL THEN
        RETURN '{}';
    ELSIF NOT among <@ '{going on,without support}' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'no such events';
    END IF;
    found := ARRAY(
        SELECT e.id FROM crm.event AS e WHERE e.id = crm.typed_number(typed) AND (reached = 0 OR e.support_contact_id = reached)
          AND (NOT going_on OR e.cancelled_at IS NULL) AND (NOT unassigned OR e.support_contact_id IS NULL));
    IF folded LIKE '#%' THEN  -- a number, and nothing else
        RETURN found;
    END IF;
    IF folded <> '' AND clients THEN
        found := found || ARRAY(
            SELECT e.id
            FROM (SELECT e.id, e.search, e.support_contact_id, e.cancelled_at FROM crm.event AS e
                  WHERE e.search >= folded AND e.search < folded || U&'\+10FFFF' ORDER BY e.search LIMIT 500) AS e
            WHERE (reached = 0 OR e.support_contact_id = reached)
              AND (NOT going_on OR e.cancelled_at IS NULL) AND (NOT unassigned OR e.support_contact_id IS NULL) AND e.id <> ALL (found)
            ORDER BY e.search LIMIT room);
    END IF;
    IF cardinality(found) < room THEN
        found := found || ARRAY(
            SELECT e.id
            FROM (SELECT e.id, e.search, e.title, e.location, e.start_date FROM crm.event AS e
                  WHERE (reached = 0 OR e.support_contact_id = reached)
                    AND (NOT going_on OR e.cancelled_at IS NULL) AND (NOT unassigned OR e.support_contact_id IS NULL)
                  ORDER BY e.start_date DESC, e.id DESC LIMIT CASE WHEN reached = 0 THEN 500 ELSE 2000 END) AS e
            WHERE e.search LIKE ALL (patterns) AND (clients OR crm.fold(e.title || ' ' || e.location) LIKE ALL (patterns)) AND e.id <> ALL (found)
            ORDER BY e.start_date DESC, e.id DESC LIMIT room - cardinality(found));
    END IF;
    IF cardinality(found) < room AND length(patterns[1]) >= 5 AND clients THEN
        more := crm.events_by_trigrams(patterns, reached, going_on, unassigned, 200);
        found := found || ARRAY(
            SELECT e.id FROM unnest(more) WITH ORDINALITY AS hit (id, place) JOIN crm.event AS e ON e.id = hit.id
            WHERE e.id <> ALL (found)
            ORDER BY hit.place LIMIT room - cardinality(found));
    END IF;
    RETURN found[1:room];
END $$;
COMMENT ON FUNCTION crm.matching_events(text, text, int, text, text[]) IS
    'Events by number, or by words of title, location and their client, best first, among those the actor may do the action to. '
    'among: only those going on (not cancelled), without support.';

CREATE FUNCTION crm.locked_accounts() RETURNS TABLE (employee_id int, until timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT crm.may_all('employee', 'update') THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.id, t.not_before FROM crm.employee AS e JOIN crm.login_throttle AS t ON t.email_hash = crm.email_hash(e.email)
        WHERE e.active AND t.not_before > clock_timestamp() ORDER BY e.id;
END $$;
COMMENT ON FUNCTION crm.locked_accounts() IS
    'Active employees who have to wait before they may try to sign in again, and until when; nothing of addresses that are nobody''s. Right employee/update on all.';

-- ===========================================================================
-- 8 POLICIES AND GRANTS
-- ===========================================================================
-- Every call stands in a scalar sub-select: once a statement, not once a row.
-- UPDATE sees what may be read and checks what may be updated: a refusal is an error, not zero rows.

CREATE VIEW crm.colleague WITH (security_barrier = true) AS
    SELECT id, full_name, department FROM crm.employee WHERE (SELECT crm.actor_department()) IS NOT NULL;
COMMENT ON VIEW crm.colleague IS 'Everybody''s name and department, for everybody; the owner''s rights show them where the rows of crm.employee are closed.';

ALTER TABLE crm.employee ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.session_length ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.session ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.login_throttle ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.login_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.permission ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.client ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.change ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm.scrubbing ENABLE ROW LEVEL SECURITY;

CREATE POLICY client_read ON crm.client FOR SELECT TO epic_app
    USING ((SELECT crm.may_all('client', 'read')) OR commercial_contact_id = (SELECT crm.reach('client', 'read')));
COMMENT ON POLICY client_read ON crm.client IS 'Right client/read.';
CREATE POLICY client_create ON crm.client FOR INSERT TO epic_app
    WITH CHECK ((SELECT crm.may_all('client', 'create')) OR commercial_contact_id = (SELECT crm.reach('client', 'create')));
COMMENT ON POLICY client_create ON crm.client IS 'Right client/create.';
CREATE POLICY client_update ON crm.client FOR UPDATE TO epic_app
    USING ((SELECT crm.may_all('client', 'read')) OR commercial_contact_id = (SELECT crm.reach('client', 'read')))
    WITH CHECK ((SELECT crm.may_all('client', 'update')) OR commercial_contact_id = (SELECT crm.reach('client', 'update')));
COMMENT ON POLICY client_update ON crm.client IS 'Right client/update.';

CREATE POLICY contract_read ON crm.contract FOR SELECT TO epic_app
    USING ((SELECT crm.may_all('contract', 'read')) OR commercial_id = (SELECT crm.reach('contract', 'read')));
COMMENT ON POLICY contract_read ON crm.contract IS 'Right contract/read.';
CREATE POLICY contract_create ON crm.contract FOR INSERT TO epic_app
    WITH CHECK ((SELECT crm.may_all('contract', 'create')) OR commercial_id = (SELECT crm.reach('contract', 'create')));
COMMENT ON POLICY contract_create ON crm.contract IS 'Right contract/create.';
CREATE POLICY contract_update ON crm.contract FOR UPDATE TO epic_app
    USING ((SELECT crm.may_all('contract', 'read')) OR commercial_id = (SELECT crm.reach('contract', 'read')))
    WITH CHECK ((SELECT crm.may_all('contract', 'update')) OR commercial_id = (SELECT crm.reach('contract', 'update')));
COMMENT ON POLICY contract_update ON crm.contract IS 'Right contract/update.';

CREATE POLICY event_read ON crm.event FOR SELECT TO epic_app
    USING ((SELECT crm.may_all('event', 'read')) OR support_contact_id = (SELECT crm.reach('event', 'read')));
COMMENT ON POLICY event_read ON crm.event IS 'Right event/read.';
CREATE POLICY event_create ON crm.event FOR INSERT TO epic_app
    WITH CHECK ((SELECT crm.may_all('event', 'create')) OR EXISTS (
        SELECT FROM crm.contract WHERE contract.id = event.contract_id AND contract.commercial_id = (SELECT crm.reach('event', 'create'))));
COMMENT ON POLICY event_create ON crm.event IS 'Right event/create; one''s own event is one under one''s own contract.';
CREATE POLICY event_update ON crm.event FOR UPDATE TO epic_app
    USING ((SELECT crm.may_all('event', 'read')) OR support_contact_id = (SELECT crm.reach('event', 'read')))
    WITH CHECK ((SELECT crm.may_all('event', 'update')) OR support_contact_id = (SELECT crm.reach('event', 'update')));
COMMENT ON POLICY event_update ON crm.event IS 'Right event/update.';

CREATE POLICY employee_read ON crm.employee FOR SELECT TO epic_app
    USING ((SELECT crm.may_all('employee', 'read')) OR id = (SELECT crm.reach('employee', 'read')));
COMMENT ON POLICY employee_read ON crm.employee IS 'Right employee/read.';
CREATE POLICY employee_create ON crm.employee FOR INSERT TO epic_app
    WITH CHECK ((SELECT crm.may_all('employee', 'create')) AND (department <> 'admin' OR (SELECT crm.may_all('administrator', 'create'))));
COMMENT ON POLICY employee_create ON crm.employee IS 'Rights employee/create and, for the department admin, administrator/create.';
CREATE POLICY employee_update ON crm.employee FOR UPDATE TO epic_app
    USING ((SELECT crm.may_all('employee', 'read')) OR id = (SELECT crm.reach('employee', 'read')))
    WITH CHECK ((SELECT crm.may_all('employee', 'update')) AND (department <> 'admin' OR (SELECT crm.may_all('administrator', 'update'))));
COMMENT ON POLICY employee_update ON crm.employee IS 'Rights employee/update and, for the department admin, administrator/update; the trigger keep_employee looks at the department before.';

CREATE POLICY session_read ON crm.session FOR SELECT TO epic_app
    USING ((SELECT crm.may_all('session', 'read')) OR employee_id = (SELECT crm.reach('session', 'read')));
COMMENT ON POLICY session_read ON crm.session IS 'Right session/read.';

CREATE POLICY permission_read ON crm.permission FOR SELECT TO epic_app
    USING (department = (SELECT crm.actor_department()));
COMMENT ON POLICY permission_read ON crm.permission IS 'The rights of one''s own department.';

CREATE POLICY change_read ON crm.change FOR SELECT TO epic_app
    USING (CASE entity
        WHEN 'client' THEN (SELECT crm.may_all('client', 'history'))
        WHEN 'contract' THEN (SELECT crm.may_all('contract', 'history'))
        WHEN 'event' THEN (SELECT crm.may_all('event', 'history'))
        WHEN 'employee' THEN (SELECT crm.may_all('employee', 'history'))
    END);
COMMENT ON POLICY change_read ON crm.change IS 'Right …/history of the entity changed.';

-- EXPLAIN estimates from statistics and, with ANALYZE, counts what an index finds, whatever the policies say: whoever
-- asks long enough learns values, token or not. So what people wrote has neither statistics nor an index that
-- epic_app's own conditions reach. The columns search have indexes, and are granted to nobody; but a plan is made, and
-- shown to whoever sets debug_print_plan, before a grant is asked for: so they have no statistics either.
ALTER TABLE crm.client ALTER COLUMN full_name SET STATISTICS 0, ALTER COLUMN email SET STATISTICS 0,
    ALTER COLUMN phone SET STATISTICS 0, ALTER COLUMN company_name SET STATISTICS 0, ALTER COLUMN search SET STATISTICS 0;
ALTER TABLE crm.event ALTER COLUMN title SET STATISTICS 0, ALTER COLUMN location SET STATISTICS 0, ALTER COLUMN notes SET STATISTICS 0,
    ALTER COLUMN search SET STATISTICS 0;
ALTER TABLE crm.employee ALTER COLUMN full_name SET STATISTICS 0, ALTER COLUMN email SET STATISTICS 0;
ALTER INDEX crm.employee_email_key ALTER COLUMN 1 SET STATISTICS 0;
ALTER TABLE crm.session ALTER COLUMN created_at SET STATISTICS 0, ALTER COLUMN expires_at SET STATISTICS 0, ALTER COLUMN revoked_at SET STATISTICS 0,
    ALTER COLUMN last_used SET STATISTICS 0, ALTER COLUMN place SET STATISTICS 0, ALTER COLUMN address SET STATISTICS 0;
-- The history holds what people wrote, before and after.
ALTER TABLE crm.change ALTER COLUMN fields SET STATISTICS 0;

-- The default of this column is the one place that says "clients belong to whoever creates them".
ALTER TABLE crm.client ALTER COLUMN commercial_contact_id SET DEFAULT crm.actor_id();

-- Columns without a grant are nobody's to write: numbers, versions, owners kept by triggers.
-- No table-wide INSERT, UPDATE or DELETE: each would also grant LOCK TABLE.
GRANT USAGE ON SCHEMA crm, crm_extensions TO epic_app;
GRANT SELECT ON crm.permission, crm.employee, crm.colleague, crm.contract, crm.change TO epic_app;
GRANT SELECT (jti, employee_id, created_at, expires_at, revoked_at, last_used, place, address) ON crm.session TO epic_app;
GRANT SELECT (id, full_name, email, phone, company_name, first_contact, last_update, commercial_contact_id, version, anonymised_at) ON crm.client TO epic_app;
GRANT SELECT (id, contract_id, title, support_contact_id, start_date, end_date, location, attendees, notes, cancelled_at, version) ON crm.event TO epic_app;
GRANT INSERT (full_name, email, department), UPDATE (full_name, email) ON crm.employee TO epic_app;
GRANT INSERT (full_name, email, phone, company_name, first_contact), UPDATE (full_name, email, phone, company_name, first_contact) ON crm.client TO epic_app;
GRANT INSERT (client_id, total_amount, amount_to_be_paid), UPDATE (total_amount, amount_to_be_paid, status) ON crm.contract TO epic_app;
GRANT INSERT (contract_id, title, start_date, end_date, location, attendees, notes),
      UPDATE (title, support_contact_id, start_date, end_date, location, attendees, notes, cancelled_at) ON crm.event TO epic_app;

GRANT EXECUTE ON FUNCTION crm.schema_version(), crm.fold(text) TO epic_app;
GRANT EXECUTE ON FUNCTION crm.actor_id(), crm.actor_department(), crm.reach(text, text), crm.may_all(text, text) TO epic_app;
GRANT EXECUTE ON FUNCTION crm.login_challenge(text), crm.login_begin(text, bytea), crm.login_finish(uuid, crm.line) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.login(text, bytea, crm.line, text, text, int), crm.logout() TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.keep_alive(text, timestamptz), crm.revoke_session(uuid), crm.revoke_sessions(int, boolean) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.raise_cost(bytea, bytea, text, bytea), crm.change_password(bytea, text, bytea), crm.set_one_time_password(int, bytea, text, bytea) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.deactivate_employee(int, int, int, int, boolean), crm.move_employee(int, int, text, int, int, boolean) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.reactivate_employee(int, int, bytea, text, bytea), crm.unlock_employee(int) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.delete_contract(int, int), crm.delete_event(int, int) TO epic_app;
GRANT EXECUTE ON PROCEDURE crm.export_client(int, jsonb), crm.anonymise_client(int, int) TO epic_app;
GRANT EXECUTE ON FUNCTION crm.matching_clients(text, text, int, text), crm.matching_contracts(text, text, int, text, text[]),
      crm.matching_events(text, text, int, text, text[]) TO epic_app;
GRANT EXECUTE ON FUNCTION crm.locked_accounts() TO epic_app;

RESET ROLE;
