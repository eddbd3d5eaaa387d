extension AspectReviews {
  /// The settings of the aspect reviews.
  public struct Settings: TaskSettings {
    /// The name of the task, the default one.
    public static let name = TaskConfiguration.Name.aspectReviews

    /// Adjectives in the lexicon, a multiple of 6 up to 96.
    public var adjectives = 48
    /// Probability that a slip follows a word of the reference text.
    public var slipRate = 0.04
    /// Weight of the coverage of the requested aspects in the gold reward.
    public var coverageWeight = 2.0
    /// How the sentiment of the clauses makes one number.
    public var sentimentForm = SentimentForm.meanOfNamed
    /// The most tokens of a completion.
    public var reviewTokens = 48

    /// Completions of 48 words are too many to list.
    public var enumerationSize: EnumerationSize? { nil }

    /// The defaults.
    public init() {}

    /// Throws the first setting that is out of range.
    public func validate() throws(TaskConfigurationError) {
      try require(
        adjectives % 6 == 0 && (6...96).contains(adjectives), CodingKeys.adjectives, adjectives,
        "a multiple of 6 from 6 to 96")
      try require((0...0.5).contains(slipRate), CodingKeys.slipRate, slipRate, "0 ≤ rate ≤ 0.5")
      try require(
        coverageWeight >= 0 && coverageWeight.isFinite, CodingKeys.coverageWeight, coverageWeight,
        "≥ 0")
      try require(
        (8...512).contains(reviewTokens), CodingKeys.reviewTokens, reviewTokens, "8 to 512")
    }

    /// The task; it reads no files.
    public func makeTask(dataFolder: String) throws -> any PreferenceTask {
      try AspectReviews(self)
    }
  }
}

extension AspectReviews.Settings {
  private enum CodingKeys: String, CodingKey {
    case adjectives
    case slipRate = "slip_rate"
    case coverageWeight = "coverage_weight"
    case sentimentForm = "sentiment_form"
    case reviewTokens = "review_tokens"
  }

  /// Reads the keys that are there over the defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(.adjectives, into: &adjectives)
    try values.read(.slipRate, into: &slipRate)
    try values.read(.coverageWeight, into: &coverageWeight)
    try values.read(.sentimentForm, into: &sentimentForm)
    try values.read(.reviewTokens, into: &reviewTokens)
  }
}

extension TaskConfiguration.Name {
  /// ``AspectReviews``, the default.
  public static let aspectReviews = Self(ofTask: "aspect-reviews")
}

extension TaskConfiguration {
  /// The settings of ``AspectReviews``.
  public var reviews: AspectReviews.Settings {
    get { self[AspectReviews.Settings.self] }
    set { self[AspectReviews.Settings.self] = newValue }
  }
}
