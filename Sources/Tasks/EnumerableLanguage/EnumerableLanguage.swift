public import Datasets
public import Tokenization

/// A language so small that every completion can be listed: expectations are sums, not estimates.
///
/// A prompt is the begin token and a topic, which is a word. A completion is at most n words; one
/// of fewer words closes with the end token, and one of n words is cut there without it, so that a
/// sampler limited to ``maximumCompletionLength`` tokens draws exactly these completions. With V
/// words there are V⁰ + V¹ + … + Vⁿ of them (2,801 for 7 words and n = 4, 3,906 for 5 and n = 5),
/// and under any policy over the vocabulary their probabilities sum to one.
///
///     r = Σ valence(word) + 1 if the completion names the word after the topic − c·repetitions
///
/// Valences rise evenly from −1.5 for the first word to 1.5 for the last; the last word's topic is
/// followed by the first word; a repetition is a word that occurred before in the completion.
public struct EnumerableLanguage: PreferenceTask {
  /// The most completions a language may have.
  public static let maximumCompletionCount = 4096
  /// What naming the word after the topic earns, once.
  public static let topicReward = 1.0
  /// The valence of the last word; that of the first is its negative.
  public static let highestValence = 1.5

  /// The name in specifications.
  public let name = Settings.name.rawValue
  /// The terms of the formula, in its order.
  public let goldTermNames = ["valence", "topic", "repetition"]
  /// Test prompts are those of training, for there are few; the last word's topic is held out.
  public let supportedSplits: [Split] = [.train, .test, .heldOut]
  /// The most words of a completion.
  public let maximumCompletionLength: Int
  /// Cost c of a repetition.
  public let repetitionCost: Double
  let vocabulary: ClosedVocabulary
  private let chain: ReferenceChain

  /// One token a word, and the end token.
  public var tokenizer: any Tokenizer { vocabulary }

  /// The language that the settings describe: by default 7 words, at most 4 a completion.
  public init(_ settings: Settings = Settings()) throws {
    try settings.validate()
    vocabulary = ClosedVocabulary(
      words: "abcdefghijklmnopqrstuvwxyz".prefix(settings.words).map(String.init))
    maximumCompletionLength = settings.maximumWords
    repetitionCost = settings.repetitionCost
    chain = ReferenceChain(words: settings.words)
  }

  /// V⁰ + V¹ + … + Vⁿ, or `Int.max` where that is past every bound.
  public static func completionCount(words: Int, maximumWords: Int) -> Int {
    var (sum, power) = (0, 1)
    for _ in 0...maximumWords {
      sum += power
      power *= words
      guard sum <= 1 << 32 else { return .max }
    }
    return sum
  }

  /// Every completion once, as ``completions()`` has them.
  public var allCompletions: [[Int]]? { completions() }

  /// Every completion once: by length, then in the order of the token ids.
  public func completions() -> [[Int]] {
    var all: [[Int]] = []
    var prefixes: [[Int]] = [[]]
    for length in 0...maximumCompletionLength {
      all += prefixes.map(closed)
      guard length < maximumCompletionLength else { break }
      prefixes = prefixes.flatMap { prefix in (1...vocabulary.words.count).map { prefix + [$0] } }
    }
    return all
  }

  /// The words with the end token behind them, unless they reach the limit.
  private func closed(_ words: [Int]) -> [Int] {
    words.count < maximumCompletionLength ? words + [vocabulary.endToken] : words
  }

  /// Every prompt of the language, the held-out one last.
  public var allPrompts: [[Int]] {
    (1...vocabulary.words.count).map { [vocabulary.beginToken, $0] }
  }

  /// Draws from the Markov chain that follows a training prompt.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    (0..<count).map { index in
      var generator = seed.generator(for: "enumerable-language.demonstrations", index: index)
      let topic = generator.integer(below: vocabulary.words.count - 1)
      let text = chain.draw(after: topic, limit: maximumCompletionLength, using: &generator)
      return TokenSequence(
        prompt: [vocabulary.beginToken, topic + 1], completion: closed(text.words.map { $0 + 1 }))
    }
  }

  /// Draws topics, all of the split equally likely.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    precondition(supportedSplits.contains(split), "\(name) has no split '\(split.rawValue)'")
    let prompts = split == .heldOut ? allPrompts.suffix(1) : allPrompts.dropLast()
    return (0..<count).map { index in
      var generator = seed.generator(for: "enumerable-language.\(split.rawValue)", index: index)
      return generator.choose(Array(prompts))
    }
  }

  /// The log-probability of a completion in the reference text, −∞ if it is none of the language.
  public func referenceLogProbability(of sequence: TokenSequence) -> Double {
    let words = words(of: sequence.completion)
    guard let topic = topic(of: sequence.prompt), words.count <= maximumCompletionLength,
      closed(words) == sequence.completion
    else { return -.infinity }
    return chain.logProbability(
      of: words.map { $0 - 1 }, hasEnded: words.count < maximumCompletionLength, after: topic - 1)
  }

  /// The formula above, term by term.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    let words = words(of: sequence.completion)
    let valence = words.reduce(0) { $0 + self.valence(of: $1) }
    let repetitions = words.count - Set(words).count
    let wanted = topic(of: sequence.prompt).map { $0 % vocabulary.words.count + 1 }
    let isOnTopic = wanted.map(words.contains) ?? false
    return GoldReward([
      GoldTerm(name: "valence", value: valence),
      GoldTerm(name: "topic", value: isOnTopic ? Self.topicReward : 0),
      GoldTerm(name: "repetition", value: -repetitionCost * Double(repetitions)),
    ])
  }

  /// −1.5 for the first word, 1.5 for the last, evenly spaced between.
  func valence(of word: Int) -> Double {
    Self.highestValence * (2 * Double(word - 1) / Double(vocabulary.words.count - 1) - 1)
  }

  /// The words of a completion up to its first end token.
  private func words(of completion: [Int]) -> [Int] {
    completion.prefix { $0 != vocabulary.endToken }
      .filter { (1...vocabulary.words.count).contains($0) }
  }

  private func topic(of prompt: [Int]) -> Int? {
    prompt.last.flatMap { (1...vocabulary.words.count).contains($0) ? $0 : nil }
  }

  /// The topic, as `topic=a`.
  public func group(of prompt: [Int]) -> String {
    "topic=\(topic(of: prompt).map { vocabulary.words[$0 - 1] } ?? "none")"
  }
}
