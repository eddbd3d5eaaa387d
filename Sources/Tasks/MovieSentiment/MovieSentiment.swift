public import Datasets
public import Foundation
public import Tokenization

/// Real movie reviews whose gold reward is a sentiment score: Rafailov (2023), appendix C.1, small.
///
/// A prompt is the begin token and the first 2 to 8 tokens of a passage of a review; the completion
/// goes on with it. The gold reward is the score of the whole text,
///
///     r = goldScale · VADER compound(prompt + completion)
///
/// with the compound score of Hutto and Gilbert (2014) in −1…1, so that at an annotator temperature
/// of 1 and the default scale of 4 a difference of a half makes σ(2) = 88 % of the labels agree.
/// VADER's rules are a defined gold, not a good classifier: on movie snippets its scores and human
/// ratings correlate with 0.43 only.
public struct MovieSentiment: PreferenceTask {
  /// Tokens of a review that a prompt takes, as in the paper.
  public static let prefixLengths = 2...8
  /// Passages from which the vocabulary is learned.
  static let vocabularyPassages = 20_000

  /// The name in specifications.
  public let name = Settings.name.rawValue
  /// There is one term, the scaled score.
  public let goldTermNames = ["compound"]
  /// Snippets of another source are the held-out split.
  public let supportedSplits: [Split] = [.train, .test, .heldOut, .unlabelled]
  /// Nobody lists what can be said of a film.
  public let allCompletions: [[Int]]? = nil
  /// The most tokens of a completion, its end token included.
  public let maximumCompletionLength: Int
  /// The gold reward of a text whose compound score is 1.
  public let goldScale: Double
  let vocabulary: BytePairEncoding
  private let analyzer: VADER
  private let corpus: MovieCorpus

  /// Byte-pair encoding learned from the training passages.
  public var tokenizer: any Tokenizer { vocabulary }

  /// Reads the files of a folder.
  public init(folder: URL, _ settings: Settings = Settings()) throws {
    try settings.validate()
    let files = MovieFiles(folder: folder)
    analyzer = VADER(
      lexicon: try files.text(of: MovieFiles.lexicon), emojis: try files.text(of: MovieFiles.emojis)
    )
    // A token of a small vocabulary stands for two to three bytes of English.
    let longest = 5 * settings.movieTokens / 2
    do {
      corpus = try MovieCorpus(
        csv: try files.bytes(of: MovieFiles.reviews), lengths: longest / 4...longest)
    } catch let failure as CSVReader.Failure {
      throw files.problem(
        MovieFiles.reviews, line: failure.line, failure.what, "fetch it: \(MovieFiles.mend)")
    }
    vocabulary = .train(
      on: Array(corpus.passages[.train, default: []].prefix(Self.vocabularyPassages)),
      vocabularySize: settings.vocabularySize)
    maximumCompletionLength = settings.movieTokens
    goldScale = settings.goldScale
  }

  /// Training passages, each cut into a prompt and its continuation.
  ///
  /// A continuation longer than the limit is cut and has no end token.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    (0..<count).map { index in
      var generator = seed.generator(for: "movie-sentiment.demonstrations", index: index)
      let (prompt, rest) = cutPassage(of: .train, using: &generator)
      let completion = (rest + [vocabulary.endToken]).prefix(maximumCompletionLength)
      return TokenSequence(prompt: prompt, completion: Array(completion))
    }
  }

  /// The beginnings of passages of the split.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    (0..<count).map { index in
      var generator = seed.generator(for: "movie-sentiment.\(split.rawValue)", index: index)
      return cutPassage(of: split, using: &generator).prompt
    }
  }

  private func cutPassage(
    of split: Split, using generator: inout CounterGenerator
  ) -> (prompt: [Int], rest: [Int]) {
    let passages = corpus.passages[split, default: []]
    precondition(!passages.isEmpty, "\(name) has no split '\(split.rawValue)'")
    let tokens = vocabulary.encode(generator.choose(passages))
    let wanted = Self.prefixLengths.lowerBound + generator.integer(below: Self.prefixLengths.count)
    let length = min(wanted, tokens.count - 1)
    return ([vocabulary.beginToken] + tokens.prefix(length), Array(tokens.dropFirst(length)))
  }

  /// The scaled score of the text of prompt and completion; ids outside the vocabulary say nothing.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    let tokens = sequence.tokens.filter { (0..<vocabulary.vocabularySize).contains($0) }
    let score = analyzer.compound(of: vocabulary.decode(tokens))
    return GoldReward([GoldTerm(name: "compound", value: goldScale * score)])
  }

  /// The number of review tokens in the prompt, as `prefix=3`.
  public func group(of prompt: [Int]) -> String { "prefix=\(max(0, prompt.count - 1))" }
}
