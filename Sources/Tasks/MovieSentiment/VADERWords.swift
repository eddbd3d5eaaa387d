/// The word lists and constants of VADER, Hutto and Gilbert (2014).
///
/// They are those of vaderSentiment 3.3.2, copyright 2016 C.J. Hutto, MIT licence.
enum VADERWords {
  /// What a booster adds to the valence of the word after it, and a dampener takes away.
  static let boost = 0.293
  /// What capitals add where the rest of the text has none.
  static let capitals = 0.733
  /// The factor that a negation puts on a valence.
  static let negation = -0.74
  /// The square of the sum at which the compound score reaches 1/√2.
  static let normalization = 15.0

  static let negations: Set<String> = [
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt", "doesnt", "ain't", "aren't",
    "can't", "couldn't", "daren't", "didn't", "doesn't", "dont", "hadnt", "hasnt", "havent",
    "isnt", "mightnt", "mustnt", "neither", "don't", "hadn't", "hasn't", "haven't", "isn't",
    "mightn't", "mustn't", "neednt", "needn't", "never", "none", "nope", "nor", "not", "nothing",
    "nowhere", "oughtnt", "shant", "shouldnt", "uhuh", "wasnt", "werent", "oughtn't", "shan't",
    "shouldn't", "uh-uh", "wasn't", "weren't", "without", "wont", "wouldnt", "won't", "wouldn't",
    "rarely", "seldom", "despite",
  ]

  static let boosters: Set<String> = [
    "absolutely", "amazingly", "awfully", "completely", "considerable", "considerably",
    "decidedly", "deeply", "effing", "enormous", "enormously", "entirely", "especially",
    "exceptional", "exceptionally", "extreme", "extremely", "fabulously", "flipping", "flippin",
    "frackin", "fracking", "fricking", "frickin", "frigging", "friggin", "fully", "fuckin",
    "fucking", "fuggin", "fugging", "greatly", "hella", "highly", "hugely", "incredible",
    "incredibly", "intensely", "major", "majorly", "more", "most", "particularly", "purely",
    "quite", "really", "remarkably", "so", "substantially", "thoroughly", "total", "totally",
    "tremendous", "tremendously", "uber", "unbelievably", "unusually", "utter", "utterly", "very",
  ]

  static let dampeners: Set<String> = [
    "almost", "barely", "hardly", "just enough", "kind of", "kinda", "kindof", "kind-of", "less",
    "little", "marginal", "marginally", "occasional", "occasionally", "partly", "scarce",
    "scarcely", "slight", "slightly", "somewhat", "sort of", "sorta", "sortof", "sort-of",
  ]

  /// Phrases whose valence is not that of their words.
  static let idioms: [String: Double] = [
    "the shit": 3.0,
    "the bomb": 3.0,
    "bad ass": 1.5,
    "badass": 1.5,
    "bus stop": 0.0,
    "yeah right": -2.0,
    "kiss of death": -1.5,
    "to die for": 3.0,
    "beating heart": 3.5,
  ]

  /// What a word or phrase adds to a positive valence; zero for most.
  static func boost(of phrase: String) -> Double {
    boosters.contains(phrase) ? boost : dampeners.contains(phrase) ? -boost : 0
  }

  /// Whether a lower-case word negates.
  static func isNegation(_ word: String) -> Bool {
    negations.contains(word) || word.contains("n't")
  }
}
