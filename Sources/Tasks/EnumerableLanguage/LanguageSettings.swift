extension EnumerableLanguage {
  /// The settings of the enumerable language.
  public struct Settings: TaskSettings {
    /// The name of the task.
    public static let name = TaskConfiguration.Name.enumerableLanguage

    /// Words of the vocabulary, which has the end token besides.
    public var words = 7
    /// The most words of a completion.
    public var maximumWords = 4
    /// Cost of a word that occurred before.
    public var repetitionCost = 2.0

    /// V⁰ + V¹ + … + Vⁿ completions over V words and the end token.
    public var enumerationSize: EnumerationSize? {
      EnumerationSize(
        completions: completionCount(words: words, maximumWords: maximumWords),
        vocabulary: words + 1)
    }

    /// The defaults.
    public init() {}

    /// Throws the first setting that is out of range.
    public func validate() throws(TaskConfigurationError) {
      try require((3...26).contains(words), CodingKeys.words, words, "3 to 26")
      try require(
        (1...12).contains(maximumWords)
          && completionCount(words: words, maximumWords: maximumWords) <= maximumCompletionCount,
        CodingKeys.maximumWords, maximumWords,
        "so many that there are at most \(maximumCompletionCount) completions")
      try require(
        repetitionCost >= 0 && repetitionCost.isFinite, CodingKeys.repetitionCost, repetitionCost,
        "≥ 0")
    }

    /// The task; it reads no files.
    public func makeTask(dataFolder: String) throws -> any PreferenceTask {
      try EnumerableLanguage(self)
    }
  }
}

extension EnumerableLanguage.Settings {
  private enum CodingKeys: String, CodingKey {
    case words
    case maximumWords = "maximum_words"
    case repetitionCost = "repetition_cost"
  }

  /// Reads the keys that are there over the defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(.words, into: &words)
    try values.read(.maximumWords, into: &maximumWords)
    try values.read(.repetitionCost, into: &repetitionCost)
  }
}

extension TaskConfiguration.Name {
  /// ``EnumerableLanguage``.
  public static let enumerableLanguage = Self(ofTask: "enumerable-language")
}

extension TaskConfiguration {
  /// The settings of ``EnumerableLanguage``.
  public var language: EnumerableLanguage.Settings {
    get { self[EnumerableLanguage.Settings.self] }
    set { self[EnumerableLanguage.Settings.self] = newValue }
  }
}
