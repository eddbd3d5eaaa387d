public import Datasets
public import Tokenization

/// Short reviews that should speak well of the aspects that the prompt requests.
///
/// A prompt is `<bos> TOPIC ASPECT… :` with one to three aspects A (four in one split); a completion
/// is read by a parser, so that the gold reward of every completion is known:
///
///     r = w·coverage(A) + 2·mean over distinct aspects of tanh(v·i·(−0.7 if negated)/2)
///         − 0.06·max(0, length − 18) − 0.5·repeated aspects − 0.35·violations
///
/// with the valence v of the adjective, the intensity i of the adverb before it (1 without), and
/// the length in words before the end token. An aspect named twice counts with its first clause;
/// each further clause about it is a repeated aspect. Coverage is the share of A that complete
/// clauses name; without clauses the mean is zero. The grammar's violations are those that the
/// parser defines: foreign or misplaced words, and a missing end.
public struct AspectReviews: PreferenceTask {
  /// How the sentiment of the clauses makes one number.
  public enum SentimentForm: String, Codable, Sendable, CaseIterable {
    /// The mean over the distinct aspects that the review names.
    case meanOfNamed = "mean-of-named"
    /// The sum over the requested aspects that it names, over the number requested: the harder form.
    case sumOverRequested = "sum-over-requested"
  }

  /// Weight of the sentiment term.
  public static let sentimentWeight = 2.0
  /// Cost of each word past ``freeLength``.
  public static let lengthCost = 0.06
  /// Words that cost nothing.
  public static let freeLength = 18
  /// Cost of each clause about an aspect named before.
  public static let repetitionCost = 0.5
  /// Cost of each violation of the grammar.
  public static let violationCost = 0.35
  /// The factor that `not` puts on a valence.
  public static let negationFactor = -0.7

  /// The name in specifications.
  public let name = Settings.name.rawValue
  /// The terms of the formula, in its order.
  public let goldTermNames = ["coverage", "sentiment", "length", "repetition", "grammar"]
  /// All of them.
  public let supportedSplits = Split.allCases
  /// Too many to list.
  public let allCompletions: [[Int]]? = nil
  /// The most tokens of a review, its end token included.
  public let maximumCompletionLength: Int
  /// Weight w of the coverage term.
  public let coverageWeight: Double
  /// How the sentiment of the clauses makes one number.
  public let sentimentForm: SentimentForm
  let vocabulary: WordVocabulary
  let grammar: ReviewGrammar
  let parser: ReviewParser
  let topicRange: Range<Int>
  let aspectRange: Range<Int>
  let separator: Int
  private let splits = ReviewSplits()

  /// One token a word.
  public var tokenizer: any Tokenizer { vocabulary }

  /// The task that the settings describe.
  public init(_ settings: Settings = Settings()) throws {
    try settings.validate()
    let lexicon = ReviewLexicon(adjectiveCount: settings.adjectives)
    vocabulary = WordVocabulary(words: lexicon.words)
    grammar = ReviewGrammar(lexicon: lexicon, slipRate: settings.slipRate)
    parser = ReviewParser(roles: lexicon.roles(in: vocabulary))
    topicRange = vocabulary.range(of: ReviewLexicon.topics)
    aspectRange = vocabulary.range(of: ReviewLexicon.aspects)
    separator = vocabulary.id(of: ReviewLexicon.separator)
    maximumCompletionLength = settings.reviewTokens
    coverageWeight = settings.coverageWeight
    sentimentForm = settings.sentimentForm
  }

  /// Reviews that the stochastic grammar writes for training prompts.
  ///
  /// A review that is longer than the limit is cut and has no end token.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    (0..<count).map { index in
      var generator = seed.generator(for: "aspect-reviews.demonstrations", index: index)
      let prompt = prompt(of: .train, using: &generator)
      let words = grammar.review(of: requestedAspects(of: prompt), using: &generator)
      let completion = words.map(vocabulary.id(of:)) + [vocabulary.endToken]
      return TokenSequence(
        prompt: prompt, completion: Array(completion.prefix(maximumCompletionLength)))
    }
  }

  /// Draws the number of aspects first, then topic and aspects until they belong to the split.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    (0..<count).map { index in
      var generator = seed.generator(for: "aspect-reviews.\(split.rawValue)", index: index)
      return prompt(of: split, using: &generator)
    }
  }

  private func prompt(of split: Split, using generator: inout CounterGenerator) -> [Int] {
    let size = split == .fourAspects ? 4 : 1 + generator.integer(below: 3)
    while true {
      let topic = generator.integer(below: topicRange.count)
      let aspects = generator.choose(size, of: Array(0..<aspectRange.count))
      guard splits.split(topic: topic, aspects: aspects) == split else { continue }
      return [vocabulary.beginToken, topicRange.lowerBound + topic]
        + aspects.map { aspectRange.lowerBound + $0 } + [separator]
    }
  }

  /// The split to which a prompt of this task belongs, or nil if it is none.
  public func split(of prompt: [Int]) -> Split? {
    let aspects = requestedAspects(of: prompt)
    guard let topic = prompt.first(where: topicRange.contains), (1...4).contains(aspects.count)
    else { return nil }
    return splits.split(topic: topic - topicRange.lowerBound, aspects: aspects)
  }

  /// The distinct requested aspects in the order of the prompt, as indices of the lexicon.
  func requestedAspects(of prompt: [Int]) -> [Int] {
    var aspects: [Int] = []
    for token in prompt where aspectRange.contains(token) {
      let aspect = token - aspectRange.lowerBound
      if !aspects.contains(aspect) { aspects.append(aspect) }
    }
    return aspects
  }

  /// The number of requested aspects, as `|A|=2`.
  public func group(of prompt: [Int]) -> String {
    "|A|=\(requestedAspects(of: prompt).count)"
  }
}
