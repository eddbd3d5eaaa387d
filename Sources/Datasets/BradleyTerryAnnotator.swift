import Foundation
public import Tokenization

/// How an annotator turns a preference probability into a label.
public enum LabelMode: String, Codable, Sendable, CaseIterable {
  /// The label is drawn with the preference probability.
  case sampled
  /// The likelier completion is chosen always; a tie is drawn.
  case argmax
}

/// What is known about a label because the gold reward is known.
public struct Annotation: Codable, Hashable, Sendable {
  /// Gold reward of the chosen completion minus that of the rejected one.
  public var goldDifference: Double
  /// The probability with which the annotator gives the label that it gave.
  public var probability: Double

  /// Notes the gold difference and the probability of a label.
  public init(goldDifference: Double, probability: Double) {
    (self.goldDifference, self.probability) = (goldDifference, probability)
  }
}

/// A preference pair with what is known about its label.
public struct AnnotatedPair: Codable, Hashable, Sendable {
  /// The pair that the pipelines see.
  public var pair: PreferencePair
  /// What they do not see.
  public var annotation: Annotation

  /// Joins a pair and its annotation.
  public init(pair: PreferencePair, annotation: Annotation) {
    (self.pair, self.annotation) = (pair, annotation)
  }
}

/// A simulated annotator after Bradley and Terry (1952), with the faults that real ones have.
///
///     d = (r(first) − r(second)) / temperature + lengthBias·(|first| − |second|)
///     p = (1 − flipRate)·σ(d) + flipRate·(1 − σ(d))
///
/// where `argmax` replaces σ(d) by 1, ½ or 0 as d is positive, zero or negative.
public struct BradleyTerryAnnotator: Sendable {
  /// The gold difference that counts as one logit.
  public let temperature: Double
  /// The share of labels turned round, whatever the completions.
  public let flipRate: Double
  /// The logits by which each token more makes a completion preferred.
  public let lengthBias: Double
  /// Whether labels are drawn or the likelier completion wins.
  public let labelMode: LabelMode
  /// The seed of the labels.
  public let seed: Seed
  private let draws: UniformStream

  /// Sets the annotator's parameters; the defaults are a faultless Bradley–Terry annotator.
  public init(
    temperature: Double = 1, flipRate: Double = 0, lengthBias: Double = 0,
    labelMode: LabelMode = .sampled, seed: Seed
  ) {
    precondition(temperature > 0, "temperature \(temperature) is not positive")
    precondition((0...1).contains(flipRate), "flip rate \(flipRate) is outside 0...1")
    (self.temperature, self.flipRate, self.lengthBias) = (temperature, flipRate, lengthBias)
    (self.labelMode, self.seed) = (labelMode, seed)
    draws = UniformStream(seed: seed, purpose: "annotator.labels")
  }

  /// The exact probability that the first completion is labelled as chosen.
  public func probabilityFirstPreferred(
    goldDifference: Double, lengthDifference: Int = 0
  ) -> Double {
    let clean = cleanProbability(goldDifference, lengthDifference)
    return (1 - flipRate) * clean + flipRate * (1 - clean)
  }

  /// Labels two completions of a prompt; the index names the draw.
  public func label(
    prompt: [Int], first: [Int], second: [Int], gold: (TokenSequence) -> Double, index: Int
  ) -> PreferencePair {
    annotate(prompt: prompt, first: first, second: second, gold: gold, index: index).pair
  }

  /// Labels two completions and notes the probability of the label.
  public func annotate(
    prompt: [Int], first: [Int], second: [Int], gold: (TokenSequence) -> Double, index: Int
  ) -> AnnotatedPair {
    let difference =
      gold(TokenSequence(prompt: prompt, completion: first))
      - gold(TokenSequence(prompt: prompt, completion: second))
    let clean = cleanProbability(difference, first.count - second.count)
    // Two draws, so that another flip rate turns some labels round and redraws none.
    let isFirst = (draws(index, 0) < clean) != (draws(index, 1) < flipRate)
    let probability = (1 - flipRate) * clean + flipRate * (1 - clean)
    return AnnotatedPair(
      pair: PreferencePair(
        prompt: prompt, chosen: isFirst ? first : second, rejected: isFirst ? second : first),
      annotation: Annotation(
        goldDifference: isFirst ? difference : -difference,
        probability: isFirst ? probability : 1 - probability))
  }

  private func cleanProbability(_ goldDifference: Double, _ lengthDifference: Int) -> Double {
    let logit = goldDifference / temperature + lengthBias * Double(lengthDifference)
    switch labelMode {
    case .sampled: return 1 / (1 + exp(-logit))
    case .argmax: return logit > 0 ? 1 : logit < 0 ? 0 : 0.5
    }
  }
}

/// The accuracy of the best possible guess at the labels: the mean of max(p, 1 − p).
///
/// It bounds what any reward model can reach on the labels as given, flips and biases included.
public func bayesAccuracy(of annotations: [Annotation]) -> Double? {
  guard !annotations.isEmpty else { return nil }
  let best = annotations.map { max($0.probability, 1 - $0.probability) }
  return best.reduce(0, +) / Double(annotations.count)
}
