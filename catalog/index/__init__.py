"""Exact counts and pages of results out of files beside Postgres: docs/decisions/0090-an-index-of-bitmaps-and-columns.md.

current       the index that answers now, or None: then plain SQL does
bitmaps       sets of documents; strings, files: how they and their names are kept
reading       rows out of Postgres as columns
building      columns into a segment: a folder of arrays that are mapped into memory
segment       what stands in such a folder; `view` is two of them, the base and what has changed since, as one
selecting     filters to the documents that they leave; `words` what is typed
tallying      how many documents each value has; `counts` all of a page
fronts        which documents nothing beats, and those that a plot draws
ordering      the documents of one page in the order asked for
following     keeps the files up with Postgres; `manage.py index --follow`
"""
