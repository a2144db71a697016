"""Parsers of the files people bring, one file per source: text in, rows and errors out."""
