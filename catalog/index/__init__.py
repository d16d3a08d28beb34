"""Exact counts and pages of results out of files beside Postgres: docs/decisions/0090-an-index-of-bitmaps-and-columns.md.

current       the index that answers now, or None: then plain SQL does
state         how it is, in words
bitmaps       sets of documents; `strings` and `arrays`: how names and columns are kept in a file
reading       rows out of Postgres as columns
building      columns into a segment: a file of arrays that is mapped into memory
segment       what stands in such a file; `view` is two of them, the base and what has changed since, as one
selecting     filters to the documents that they leave; `words` what is typed, `asking` what only Postgres knows
tallying      how many documents each value has; `answering` all that a page asks
computed      ranges that are worked out for a machine
fronts        which documents nothing beats, and those that a plot draws
ordering      the documents of one page in the order asked for; `relevance` and `nearness` by what was typed
following     keeps the files up with Postgres; `manage.py index --follow`
"""
