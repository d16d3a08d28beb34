"""Which classes models know: lists of classes as sources state them, and finding a class by what people call it.

naming     keys of classes and lists, and how names are compared; free of Django
same       whether a list of names says the same as one of WordNet ids
writing    listings of lists -> lists, classes, and which output stands for which class
words      how names are cut, and what is typed may stand in them; search.py asks Postgres
outputs    the classes of a list in the order of a model's outputs; which models know a class
offers     what a search for models says about classes of that name
page       what the pages of a class and of a list say
"""
