import Tokenization

/// The words of the aspect reviews, with what the gold reward knows about them.
struct ReviewLexicon: Sendable {
  /// An adverb and the factor by which it scales the adjective after it.
  struct Intensifier: Sendable {
    let word: String
    let intensity: Double
  }

  /// An adjective and how good (+3) or bad (−3) it is.
  struct Adjective: Sendable {
    let word: String
    let valence: Int
  }

  static let topics = [
    "restaurant", "hotel", "cafe", "cinema", "museum", "library", "airport", "school", "theatre",
    "market",
  ]
  static let aspects = [
    "food", "service", "staff", "price", "location", "view", "music", "lighting", "seating",
    "parking", "menu", "coffee", "garden", "entrance", "decor", "heating", "wifi", "queue",
    "opening", "signage", "noise", "smell", "layout", "toilet",
  ]
  static let intensifiers = [
    Intensifier(word: "barely", intensity: 0.4), Intensifier(word: "slightly", intensity: 0.5),
    Intensifier(word: "somewhat", intensity: 0.7), Intensifier(word: "fairly", intensity: 0.8),
    Intensifier(word: "quite", intensity: 1.1), Intensifier(word: "very", intensity: 1.3),
    Intensifier(word: "really", intensity: 1.4), Intensifier(word: "extremely", intensity: 1.6),
  ]
  /// Sixteen adjectives of each valence; a task of n adjectives takes the first n/6 of each.
  static let adjectivesByValence: [(valence: Int, words: [String])] = [
    (
      3,
      [
        "superb", "excellent", "wonderful", "perfect", "brilliant", "outstanding", "magnificent",
        "fantastic", "marvellous", "exquisite", "splendid", "stunning", "sublime", "glorious",
        "flawless", "terrific",
      ]
    ),
    (
      2,
      [
        "good", "lovely", "charming", "pleasant", "delightful", "great", "impressive", "elegant",
        "enjoyable", "admirable", "tasteful", "inviting", "cheerful", "welcoming", "attractive",
        "stylish",
      ]
    ),
    (
      1,
      [
        "decent", "fine", "nice", "okay", "adequate", "tidy", "handy", "fair", "sound", "usable",
        "passable", "neat", "proper", "agreeable", "reasonable", "sensible",
      ]
    ),
    (
      -1,
      [
        "plain", "dull", "bland", "slow", "odd", "worn", "cramped", "dated", "stale", "faded",
        "clumsy", "drab", "stiff", "patchy", "modest", "tired",
      ]
    ),
    (
      -2,
      [
        "bad", "poor", "dirty", "annoying", "shabby", "gloomy", "messy", "unpleasant", "rude",
        "chaotic", "dreary", "grubby", "tedious", "careless", "shoddy", "tasteless",
      ]
    ),
    (
      -3,
      [
        "awful", "terrible", "horrible", "dreadful", "disgusting", "atrocious", "appalling", "vile",
        "ghastly", "abysmal", "hideous", "horrendous", "revolting", "repulsive", "wretched",
        "unbearable",
      ]
    ),
  ]
  /// Words that no clause allows; the reference text slips one in now and then.
  static let foreignWords = [
    "um", "er", "well", "like", "maybe", "somehow", "anyway", "indeed", "perhaps", "honestly",
    "actually", "basically",
  ]
  static let the = "the"
  static let copula = "is"
  static let negation = "not"
  static let conjunctions = ["and", "but"]
  static let period = "."
  /// Closes the list of requested aspects in a prompt.
  static let separator = ":"

  let adjectives: [Adjective]

  /// The lexicon with `adjectiveCount` adjectives, a multiple of 6 up to 96.
  init(adjectiveCount: Int) {
    let perValence = adjectiveCount / Self.adjectivesByValence.count
    adjectives = Self.adjectivesByValence.flatMap { entry in
      entry.words.prefix(perValence).map { Adjective(word: $0, valence: entry.valence) }
    }
  }

  /// Every word in a fixed order: the order of the token ids after the special tokens.
  var words: [String] {
    [Self.the, Self.copula, Self.negation] + Self.conjunctions + [Self.period, Self.separator]
      + Self.topics + Self.aspects + Self.intensifiers.map(\.word) + adjectives.map(\.word)
      + Self.foreignWords
  }
}

extension ReviewLexicon {
  /// The role of every token id of the vocabulary that holds this lexicon.
  func roles(in vocabulary: WordVocabulary) -> [ReviewRole] {
    var roles = Array(repeating: ReviewRole.foreign, count: vocabulary.vocabularySize)
    func assign(_ role: ReviewRole, to word: String) { roles[vocabulary.id(of: word)] = role }
    roles[vocabulary.endToken] = .end
    assign(.the, to: Self.the)
    assign(.copula, to: Self.copula)
    assign(.negation, to: Self.negation)
    assign(.period, to: Self.period)
    for word in Self.conjunctions { assign(.conjunction, to: word) }
    for (index, word) in Self.aspects.enumerated() { assign(.aspect(index), to: word) }
    for entry in Self.intensifiers { assign(.intensifier(entry.intensity), to: entry.word) }
    for entry in adjectives { assign(.adjective(entry.valence), to: entry.word) }
    return roles
  }
}

extension WordVocabulary {
  /// The id of a word that the task itself put into the vocabulary.
  func id(of word: String) -> Int {
    guard let id = self[word] else { preconditionFailure("'\(word)' is not in the vocabulary") }
    return id
  }

  /// The ids of words that were numbered one after the other.
  func range(of words: [String]) -> Range<Int> {
    let first = words.first.map(id(of:)) ?? 0
    return first..<first + words.count
  }
}
