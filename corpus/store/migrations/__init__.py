"""Alembic migrations of the store. A new one: `python -m corpus.store.migrations "what changed"`, then read it and edit it."""
