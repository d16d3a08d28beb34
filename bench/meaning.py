"""Search by meaning: how well it finds in a filled catalogue, how long it takes, what a process pays for it.

    .venv/bin/python -m bench.meaning              the table, and times over what the catalogue holds
    .venv/bin/python -m bench.meaning --texts 100000    also over so many vectors, made of its own with noise

Run it with DATABASE_URL of a catalogue whose meanings were made (manage.py shell: make_meanings). Times are ratios to
the shortest query of the same run.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import django

# What is looked for, and a pattern (of a name, or of what is said) that one of the first ten must have.
WANTED = {
    "identify bird species": "bird|fauna|cub",
    "which fruit is ripe": "fruit",
    "x-ray of lungs": "xray|pneumo|lung",
    "pneumonia in chest radiographs": "pneumonia",
    "tell cats from dogs": "cat",
    "recognise handwritten digits": "digit|mnist|lenet",
    "estimate how old somebody is": "age",
    "emotion of a face": "emotion",
    "find faces in a photo": "face",
    "read licence plates of cars": "plate",
    "detect pedestrians and cars on the road": "pedestrian|vehicle",
    "is the driver sleepy": "driver",
    "remove the background of a picture": "background|matting",
    "how far away is everything in the picture": "depth|midas",
    "turn speech into text": "speech-recognition|whisper|wav2vec|asr",
    "make a voice read text aloud": "speech|voice|tts|tacotron",
    "translate English to German": "opus|translat|nmt",
    "summarise a long article": "summar|xsum|cnn|led",
    "is this review positive or negative": "sentiment|review",
    "answer questions about a document": "docvqa|question|qa|squad",
    "sort rubbish for recycling": "garbage|recyl|trash|waste",
    "which dish is on the plate": "food|dish|snack",
    "kinds of flowers": "flower",
    "plant diseases on leaves": "plant|leaf|bean|crop",
    "where do people look": "gaze",
    "skeleton of a person": "pose|hrnet|keypoint",
    "what are people doing in a video clip": "action|kinetics|video|x3d|slowfast",
    "holes in the street": "pothole|road",
    "upscale a small photo": "super|esrgan|upscal|sr",
    "satellite pictures of land use": "eurosat|satell|landuse",
    "recognise text in pictures": "ocr|text",
    "describe a picture in words": "caption",
    "detect spam or toxic comments": "toxic|spam|hate",
    "medical papers": "bio|pubmed|med",
    "sound of the environment": "aclnet|sound|audio",
    "write program code": "code|coder",
    "teeth in dental images": "teeth",
    "aircraft": "plane|aircraft",
    "find similar sentences": "sentence|similar|bge",
    "hot dog or not": "hot",
    "safety helmets of workers": "helmet|hard-hat|hardhat|worker|protective",
    "number of people in a crowd": "crowd|person|people",
    "colour old black and white photos": "color",
    "draw a picture from words": "diffusion|text-to-image|dalle",
    "separate voices from music": "audio|separat|sep|speech",
}
NONSENSE = (
    "qwertz asdf zxcv", "lorem ipsum dolor sit amet", "cheap flights to madrid", "mortgage interest rates",
    "who won the election", "how to bake bread without yeast", "knitting a scarf", "stock exchange tomorrow",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=0, help="synthetic vectors to measure with")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    before = memory()
    django.setup()
    print(f"memory (PSS): {memory() - before:.0f} MB for Django", end="")
    started, before = time.perf_counter(), memory()
    from catalog.meaning.encoder import encoder, query

    encoder()
    query("a first one")
    print(
        f", {memory() - before:.0f} MB more for the encoder, ready in {time.perf_counter() - started:.2f} s"
    )
    quality()
    times()
    if arguments.texts:
        vectors(arguments.texts)


def memory() -> float:
    """MB of this process, what it shares with others counted in parts; 0 where the system does not tell."""
    path = Path("/proc/self/smaps_rollup")
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def quality() -> None:
    """Of each query whether what is wanted is among the first ten of the page, and of words alone."""
    both = [is_found(words, wanted, "") for words, wanted in WANTED.items()]
    alone = [is_found(words, wanted, "&meaning=off") for words, wanted in WANTED.items()]
    print(f"among the first ten: {sum(both)} of {len(both)}, by words alone {sum(alone)}")
    print("missed: " + "; ".join(w for w, found in zip(WANTED, both, strict=True) if not found))
    added = [words for words in NONSENSE if rows(words, "")]
    print(f"nonsense that found something: {len(added)} of {len(NONSENSE)} {added}")


def is_found(words: str, wanted: str, rest: str) -> bool:
    import re

    said = [f"{row.slug} {row.task} {row.tags}" for row in rows(words, rest)[:10]]
    return any(re.search(wanted, text, re.IGNORECASE) for text in said)


def rows(words: str, rest: str) -> list[object]:
    from catalog.facets import read
    from catalog.facets.results import results

    return list(results(read(f"q={words.replace(' ', '+')}{rest}")).rows)


def times() -> None:
    from django.db import connection

    from catalog.meaning.encoder import encoder
    from catalog.meaning.nearest import _nearest, nearest
    from catalog.models import Meaning, TextVector

    print(f"{Meaning.objects.count():,} models by {TextVector.objects.count():,} texts")
    with connection.cursor() as cursor:
        least = median(lambda _: cursor.execute("SELECT 1"))
    asked = list(WANTED)
    vector = median(lambda number: encoder().vectors([asked[number % len(asked)]]))
    near = median(lambda number: (_nearest.cache_clear(), nearest(asked[number % len(asked)])))
    print(f"SELECT 1: {least:.2f} ms; a vector {vector / least:.0f} times that ({vector:.1f} ms),")
    print(f"the nearest, vector remembered, {near / least:.0f} times ({near:.1f} ms)")


def median(what: Callable[[int], object], rounds: int = 90) -> float:
    """Milliseconds, the first half of the rounds left out."""
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        what(number)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[rounds // 2 :])


def vectors(number: int) -> None:
    """Exact and by the index, over vectors that lie about as closely together as real ones."""
    import numpy as np
    from django.db import connection
    from pgvector import HalfVector

    from catalog.models import TextVector

    chance = np.random.default_rng(1)
    real = np.array(list(TextVector.objects.values_list("vector", flat=True)[:20_000]))

    def near_real(count: int) -> list[str]:
        made = real[chance.integers(0, len(real), count)] + chance.normal(0, 0.035, (count, 384))
        return [HalfVector(vector).to_text() for vector in made.astype(np.float32)]

    def ask(vector: str) -> set[int]:
        cursor.execute("SELECT id FROM many ORDER BY v <=> %s::halfvec LIMIT 100", [vector])
        return {pk for (pk,) in cursor.fetchall()}

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE many (id int, v halfvec(384))")
        with cursor.copy("COPY many FROM STDIN") as copy:
            for pk, vector in enumerate(near_real(number)):
                copy.write_row((pk, vector))
        cursor.execute(
            "SET max_parallel_workers_per_gather = 0; SET maintenance_work_mem = '512MB'"
        )
        wanted = near_real(60)
        exact = median(lambda n: ask(wanted[n]), 60)
        expected = [ask(vector) for vector in wanted]
        began = time.perf_counter()
        cursor.execute("CREATE INDEX ON many USING hnsw (v halfvec_cosine_ops)")
        built = time.perf_counter() - began
        cursor.execute("SET hnsw.ef_search = 100")
        quick = median(lambda n: ask(wanted[n]), 60)
        found = [len(ask(v) & e) / 100 for v, e in zip(wanted, expected, strict=True)]
    print(f"{number:,} vectors: the index is {exact / quick:.0f} times as fast as looking at all ({quick:.1f} and "
          f"{exact:.1f} ms), finds {statistics.mean(found):.1%} of the same, was built in {built:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
