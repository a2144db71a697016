"""The words of the field. Standard library only: no Flask, no SQLAlchemy, no clock."""
