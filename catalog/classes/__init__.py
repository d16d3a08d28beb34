"""Which classes models know: lists of classes as sources state them, and finding a class by what people call it.

naming        keys of classes and lists, and how names are compared; free of Django
"""
