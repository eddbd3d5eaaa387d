import Foundation
public import Tokenization

extension AspectReviews {
  /// The formula above, term by term.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    let requested = requestedAspects(of: sequence.prompt)
    let reading = parser.read(sequence.completion)
    var named = AspectSet()
    var repeated = 0
    var sentiments = (named: 0.0, requested: 0.0)
    let isRequested = AspectSet(requested)
    for clause in reading.clauses {
      guard named.insert(clause.aspect) else {
        repeated += 1
        continue
      }
      let sentiment = Self.sentiment(of: clause)
      sentiments.named += sentiment
      if isRequested.contains(clause.aspect) { sentiments.requested += sentiment }
    }
    let covered = named.intersection(isRequested).count
    let sentiment =
      switch sentimentForm {
      case .meanOfNamed: sentiments.named / Double(max(1, named.count))
      case .sumOverRequested: sentiments.requested / Double(max(1, requested.count))
      }
    let values = [
      coverageWeight * Double(covered) / Double(max(1, requested.count)),
      Self.sentimentWeight * sentiment,
      -Self.lengthCost * Double(max(0, reading.length - Self.freeLength)),
      -Self.repetitionCost * Double(repeated),
      -Self.violationCost * Double(reading.violations),
    ]
    return GoldReward(zip(goldTermNames, values).map(GoldTerm.init))
  }

  /// tanh(v·i/2), with `not` putting −0.7 on the valence.
  static func sentiment(of clause: ReviewClause) -> Double {
    let factor = clause.isNegated ? negationFactor : 1
    return tanh(Double(clause.valence) * clause.intensity * factor / 2)
  }

  /// A review that no other review of the same prompt surpasses.
  ///
  /// The best clause about an aspect takes an adjective of the highest valence; what remains to be
  /// tried is how many requested aspects to name and how many clauses to intensify, because words
  /// past the free length cost.
  public func bestCompletion(for prompt: [Int]) -> TokenSequence {
    let requested = requestedAspects(of: prompt)
    var best = TokenSequence(prompt: prompt, completion: [vocabulary.endToken])
    var bestGold = gold(best).total
    for named in 1...max(1, requested.count) {
      for intensified in 0...named {
        let aspects = requested.isEmpty ? [0] : Array(requested.prefix(named))
        let candidate = TokenSequence(
          prompt: prompt, completion: praise(of: aspects, intensified: intensified))
        let candidateGold = gold(candidate).total
        if candidateGold > bestGold { (best, bestGold) = (candidate, candidateGold) }
      }
    }
    return best
  }

  /// A sound review that praises the aspects to the utmost, the first `intensified` with an adverb.
  private func praise(of aspects: [Int], intensified: Int) -> [Int] {
    let adjective = grammar.lexicon.adjectives.max { $0.valence < $1.valence }?.word ?? ""
    let adverb = ReviewLexicon.intensifiers.max { $0.intensity < $1.intensity }?.word ?? ""
    let clauses = aspects.enumerated().map { index, aspect in
      [ReviewLexicon.the, ReviewLexicon.aspects[aspect], ReviewLexicon.copula]
        + (index < intensified ? [adverb] : []) + [adjective]
    }
    let words = Array(clauses.joined(separator: [ReviewLexicon.conjunctions[0]]))
    return (words + [ReviewLexicon.period]).map(vocabulary.id(of:)) + [vocabulary.endToken]
  }
}

/// A set of at most 64 aspects in one word.
private struct AspectSet {
  private var bits: UInt64 = 0

  init(_ aspects: [Int] = []) {
    for aspect in aspects { insert(aspect) }
  }

  var count: Int { bits.nonzeroBitCount }

  func contains(_ aspect: Int) -> Bool { bits & (1 << UInt64(aspect)) != 0 }

  /// Adds an aspect; says whether it is new.
  @discardableResult
  mutating func insert(_ aspect: Int) -> Bool {
    defer { bits |= 1 << UInt64(aspect) }
    return !contains(aspect)
  }

  func intersection(_ other: AspectSet) -> AspectSet {
    var result = AspectSet()
    result.bits = bits & other.bits
    return result
  }
}
