"""The model of Epic Events: data, rights and rules. Knows nothing of terminals."""

SCHEMA_VERSION = 1
"""The version of schema.sql that this program speaks; `crm.schema_version()` of the database must equal it."""
