/// Which task an experiment runs on, and its knobs.
///
/// In a specification it is either the name alone, `task: aspect-reviews`, or an object with the
/// keys below; keys left out take the defaults, and each task reads only the keys of its own.
public struct TaskConfiguration: Codable, Equatable, Sendable {
  /// The tasks there are.
  public enum Name: String, Codable, Sendable, CaseIterable {
    /// ``AspectReviews``, the default.
    case aspectReviews = "aspect-reviews"
    /// ``EnumerableLanguage``.
    case enumerableLanguage = "enumerable-language"
    /// ``MovieSentiment``.
    case movieSentiment = "movie-sentiment"
    /// ``Stories``.
    case stories
  }

  /// Which task.
  public var name = Name.aspectReviews

  /// Aspect reviews: adjectives in the lexicon, a multiple of 6 up to 96.
  public var adjectives = 48
  /// Aspect reviews: probability that a slip follows a word of the reference text.
  public var slipRate = 0.04
  /// Aspect reviews: weight of the coverage of the requested aspects in the gold reward.
  public var coverageWeight = 2.0
  /// Aspect reviews: how the sentiment of the clauses makes one number.
  public var sentimentForm = AspectReviews.SentimentForm.meanOfNamed
  /// Aspect reviews: the most tokens of a completion.
  public var reviewTokens = 48

  /// Enumerable language: words of the vocabulary, which has the end token besides.
  public var words = 7
  /// Enumerable language: the most words of a completion.
  public var maximumWords = 4
  /// Enumerable language: cost of a word that occurred before.
  public var repetitionCost = 2.0

  /// Movie sentiment: size of the byte-pair vocabulary, the 256 bytes included.
  public var vocabularySize = 512
  /// Movie sentiment: the most tokens of a completion.
  public var movieTokens = 32
  /// Movie sentiment: gold reward of a text whose VADER compound score is 1.
  public var goldScale = 4.0
  /// Movie sentiment and stories: folder of their files; empty for the cache folder.
  public var dataFolder = ""

  /// The keys of a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case name, adjectives
    case slipRate = "slip_rate"
    case coverageWeight = "coverage_weight"
    case sentimentForm = "sentiment_form"
    case reviewTokens = "review_tokens"
    case words
    case maximumWords = "maximum_words"
    case repetitionCost = "repetition_cost"
    case vocabularySize = "vocabulary_size"
    case movieTokens = "movie_tokens"
    case goldScale = "gold_scale"
    case dataFolder = "data_folder"
  }

  /// A task with its defaults.
  public init(name: Name = .aspectReviews) { self.name = name }

  /// Reads the name alone, or an object in which every key may be left out.
  public init(from decoder: any Decoder) throws {
    self.init()
    let single = try? decoder.singleValueContainer()
    if let single, (try? single.decode(String.self)) != nil {
      name = try single.decode(Name.self)
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(.name, into: &name)
    try values.read(.adjectives, into: &adjectives)
    try values.read(.slipRate, into: &slipRate)
    try values.read(.coverageWeight, into: &coverageWeight)
    try values.read(.sentimentForm, into: &sentimentForm)
    try values.read(.reviewTokens, into: &reviewTokens)
    try values.read(.words, into: &words)
    try values.read(.maximumWords, into: &maximumWords)
    try values.read(.repetitionCost, into: &repetitionCost)
    try values.read(.vocabularySize, into: &vocabularySize)
    try values.read(.movieTokens, into: &movieTokens)
    try values.read(.goldScale, into: &goldScale)
    try values.read(.dataFolder, into: &dataFolder)
  }

  /// Throws the first setting that is out of range.
  public func validate() throws(TaskConfigurationError) {
    try require(
      adjectives % 6 == 0 && (6...96).contains(adjectives), .adjectives, adjectives,
      "a multiple of 6 from 6 to 96")
    try require((0...0.5).contains(slipRate), .slipRate, slipRate, "0 ≤ rate ≤ 0.5")
    try require(
      coverageWeight >= 0 && coverageWeight.isFinite, .coverageWeight, coverageWeight, "≥ 0")
    try require((8...512).contains(reviewTokens), .reviewTokens, reviewTokens, "8 to 512")
    try require((3...26).contains(words), .words, words, "3 to 26")
    try require(
      (1...12).contains(maximumWords)
        && EnumerableLanguage.completionCount(words: words, maximumWords: maximumWords)
          <= EnumerableLanguage.maximumCompletionCount,
      .maximumWords, maximumWords,
      "so many that there are at most \(EnumerableLanguage.maximumCompletionCount) completions")
    try require(
      repetitionCost >= 0 && repetitionCost.isFinite, .repetitionCost, repetitionCost, "≥ 0")
    try require(
      (260...4096).contains(vocabularySize), .vocabularySize, vocabularySize, "260 to 4,096")
    try require((8...128).contains(movieTokens), .movieTokens, movieTokens, "8 to 128")
    try require(goldScale > 0 && goldScale.isFinite, .goldScale, goldScale, "> 0")
  }

  private func require(
    _ isAllowed: Bool, _ key: CodingKeys, _ value: some CustomStringConvertible, _ allowed: String
  ) throws(TaskConfigurationError) {
    if !isAllowed { throw .outOfRange(key.rawValue, value.description, allowed: allowed) }
  }
}

/// The task that a configuration asks for, ready to draw from.
public func makeTask(_ configuration: TaskConfiguration) throws -> any PreferenceTask {
  switch configuration.name {
  case .aspectReviews: try AspectReviews(configuration)
  case .enumerableLanguage: try EnumerableLanguage(configuration)
  case .movieSentiment: try MovieSentiment(configuration)
  case .stories: try Stories(configuration)
  }
}

extension KeyedDecodingContainer {
  /// Overwrites a default where the key is there.
  fileprivate func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    if let given = try decodeIfPresent(Value.self, forKey: key) { value = given }
  }
}
