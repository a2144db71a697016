"""Parsers of the files people bring, one file per source.

Pure: text in, rows and line-numbered errors out.
"""
