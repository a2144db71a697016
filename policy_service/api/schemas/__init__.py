"""marshmallow schemas of the REST door."""
