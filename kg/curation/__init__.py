"""Curation tables: evidence as sheets that a biologist can fill in, to Turtle and back.

What the columns mean is data: ``tables.csvw.json``, after the W3C's Metadata Vocabulary for
Tabular Data (https://www.w3.org/TR/tabular-metadata/).
"""
