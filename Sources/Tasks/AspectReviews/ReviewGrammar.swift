import Datasets

/// The stochastic grammar that writes the reference text.
///
/// A review has a mood: its adjectives are positive with probability 0.8 or 0.2, by the toss of a
/// coin. A clause names a requested aspect that is not yet mentioned (0.8) or any aspect; another
/// clause follows with probability 0.75 while requested aspects are left and 0.25 after. The
/// conjunction says whether the polarity of the clauses, negation included, stays: `and` if it
/// stays, `but` if not, and the other one in a tenth of the cases. After any word but the period a
/// slip may follow: the word again, or a foreign word, in equal shares.
struct ReviewGrammar: Sendable {
  let lexicon: ReviewLexicon
  /// The probability of a slip after a word.
  let slipRate: Double

  static let negationRate = 0.12
  static let intensifierRate = 0.3
  static let moodStrength = 0.8
  static let requestedRate = 0.8
  static let agreementRate = 0.9
  static let continuationRate = (whileAspectsAreLeft: 0.75, after: 0.25)

  /// Words of one clause and whether it praises.
  private struct Clause {
    var words: [String]
    var isPositive: Bool
  }

  /// Writes one review of the requested aspects, without its end token.
  func review(of requested: [Int], using generator: inout CounterGenerator) -> [String] {
    let positiveRate =
      generator.happens(withProbability: 0.5) ? Self.moodStrength : 1 - Self.moodStrength
    var left = requested
    var words: [String] = []
    var isPositive: Bool?
    repeat {
      let clause = nextClause(left: &left, positiveRate: positiveRate, using: &generator)
      if let previous = isPositive {
        let agrees = generator.happens(withProbability: Self.agreementRate)
        let stays = previous == clause.isPositive
        words.append(ReviewLexicon.conjunctions[stays == agrees ? 0 : 1])
      }
      words += clause.words
      isPositive = clause.isPositive
    } while generator.happens(
      withProbability: left.isEmpty
        ? Self.continuationRate.after : Self.continuationRate.whileAspectsAreLeft)
    return withSlips(words, using: &generator) + [ReviewLexicon.period]
  }

  /// Plans a clause and takes its aspect off the list of those left.
  private func nextClause(
    left: inout [Int], positiveRate: Double, using generator: inout CounterGenerator
  ) -> Clause {
    let isRequested =
      !left.isEmpty && generator.happens(withProbability: Self.requestedRate)
    let aspect =
      isRequested
      ? generator.choose(left) : generator.integer(below: ReviewLexicon.aspects.count)
    left.removeAll { $0 == aspect }
    let isNegated = generator.happens(withProbability: Self.negationRate)
    let isIntensified = generator.happens(withProbability: Self.intensifierRate)
    let isGood = generator.happens(withProbability: positiveRate)
    let adjectives = lexicon.adjectives.filter { ($0.valence > 0) == isGood }
    var words = [ReviewLexicon.the, ReviewLexicon.aspects[aspect], ReviewLexicon.copula]
    if isNegated { words.append(ReviewLexicon.negation) }
    if isIntensified { words.append(generator.choose(ReviewLexicon.intensifiers).word) }
    words.append(generator.choose(adjectives).word)
    return Clause(words: words, isPositive: isGood != isNegated)
  }

  /// Lets a repeated or foreign word follow each word with the slip rate.
  private func withSlips(
    _ words: [String], using generator: inout CounterGenerator
  ) -> [String] {
    words.flatMap { word -> [String] in
      guard generator.happens(withProbability: slipRate) else { return [word] }
      let isRepeated = generator.happens(withProbability: 0.5)
      return [word, isRepeated ? word : generator.choose(ReviewLexicon.foreignWords)]
    }
  }
}

/// Which split a prompt belongs to: a function of its topic and aspects that no seed moves.
///
/// A fifth of all aspect sets is held out whatever the topic; of the prompts that are left 70 % are
/// for training, 15 % for testing and 15 % stay unlabelled. Sets of four aspects are a split of
/// their own.
struct ReviewSplits: Sendable {
  static let heldOutShare = 0.2
  static let trainShare = 0.7
  static let testShare = 0.15

  private let seed = Seed(2305_18290).derived("aspect-reviews.splits")

  /// The split of a topic with a set of one to four aspects.
  func split(topic: Int, aspects: [Int]) -> Split {
    guard aspects.count < 4 else { return .fourAspects }
    let set = aspects.reduce(0) { $0 | 1 << $1 }
    if seed.uniform(for: "aspects", step: 0, index: set, position: 0) < Self.heldOutShare {
      return .heldOut
    }
    switch seed.uniform(for: "prompt", step: topic, index: set, position: 0) {
    case ..<Self.trainShare: return .train
    case ..<(Self.trainShare + Self.testShare): return .test
    default: return .unlabelled
    }
  }
}
