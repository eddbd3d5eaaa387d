import Foundation

extension MovieSentiment {
  /// The settings of the movie reviews.
  public struct Settings: TaskSettings {
    /// The name of the task.
    public static let name = TaskConfiguration.Name.movieSentiment

    /// Size of the byte-pair vocabulary, the 256 bytes included.
    public var vocabularySize = 512
    /// The most tokens of a completion.
    public var movieTokens = 32
    /// Gold reward of a text whose VADER compound score is 1.
    public var goldScale = 4.0

    /// Nobody lists what can be said of a film.
    public var enumerationSize: EnumerationSize? { nil }

    /// The defaults.
    public init() {}

    /// Throws the first setting that is out of range.
    public func validate() throws(TaskConfigurationError) {
      try require(
        (260...4096).contains(vocabularySize), CodingKeys.vocabularySize, vocabularySize,
        "260 to 4,096")
      try require((8...128).contains(movieTokens), CodingKeys.movieTokens, movieTokens, "8 to 128")
      try require(goldScale > 0 && goldScale.isFinite, CodingKeys.goldScale, goldScale, "> 0")
    }

    /// Reads the files of a folder, or of the cache folder where it is empty.
    public func makeTask(dataFolder: String) throws -> any PreferenceTask {
      let folder = dataFolder.isEmpty ? MovieFiles.cacheFolder() : URL(fileURLWithPath: dataFolder)
      return try MovieSentiment(folder: folder, self)
    }
  }
}

extension MovieSentiment.Settings {
  private enum CodingKeys: String, CodingKey {
    case vocabularySize = "vocabulary_size"
    case movieTokens = "movie_tokens"
    case goldScale = "gold_scale"
  }

  /// Reads the keys that are there over the defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(.vocabularySize, into: &vocabularySize)
    try values.read(.movieTokens, into: &movieTokens)
    try values.read(.goldScale, into: &goldScale)
  }
}

extension TaskConfiguration.Name {
  /// ``MovieSentiment``.
  public static let movieSentiment = Self(ofTask: "movie-sentiment")
}

extension TaskConfiguration {
  /// The settings of ``MovieSentiment``.
  public var movies: MovieSentiment.Settings {
    get { self[MovieSentiment.Settings.self] }
    set { self[MovieSentiment.Settings.self] = newValue }
  }
}
