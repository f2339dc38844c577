"""The metadata of all tables, and the column types they share."""

from sqlalchemy import Column, DateTime, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def instant(name: str, *, nullable: bool = False) -> Column[object]:
    """A timestamp in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
