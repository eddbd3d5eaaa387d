import Autograd
import Datasets
import LanguageModel
import TensorKernels
import Tokenization

/// A language of eight tokens in which the annotator always prefers more fives to more sixes.
enum TinyPreferences {
  static let begin = 1
  static let end = 2

  /// A transformer of a few hundred weights; `scale` widens its matrices from their start.
  static func policy<Scalar: TensorScalar>(
    width: Int = 8, scale: Scalar = 1, seed: UInt64 = 1
  ) -> Transformer<Scalar> {
    var generator = Seed(seed).generator(for: "tests.policy")
    var policy = Transformer<Scalar>(
      configuration: ModelConfiguration(
        layers: 1, hiddenSize: width, intermediateSize: width, heads: 2, vocabularySize: 8,
        maximumLength: 16), using: &generator)
    for (index, shape) in policy.parameters.shapes.enumerated() where shape.rows > 1 {
      policy.parameters.values[index] = policy.parameters.values[index].map { $0 * scale }
    }
    return policy
  }

  /// Pairs of random completions of one to four words, the fives preferred; no ties.
  static func pairs(count: Int, seed: UInt64 = 1) -> [PreferencePair] {
    var generator = Seed(seed).generator(for: "tests.pairs")
    func completion() -> [Int] {
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        Int.random(in: 3...7, using: &generator)
      } + [end]
    }
    var pairs: [PreferencePair] = []
    while pairs.count < count {
      let prompt = [begin, Int.random(in: 3...7, using: &generator)]
      let (first, second) = (completion(), completion())
      guard score(first) != score(second) else { continue }
      let firstIsBetter = score(first) > score(second)
      pairs.append(
        PreferencePair(
          prompt: prompt, chosen: firstIsBetter ? first : second,
          rejected: firstIsBetter ? second : first))
    }
    return pairs
  }

  /// What the annotator counts.
  static func score(_ completion: [Int]) -> Int {
    completion.count { $0 == 5 } - completion.count { $0 == 6 }
  }
}

extension [PreferencePair] {
  /// The same pairs with margins of their own, nil for none.
  func withMargins(_ margins: [Double?]) -> [PreferencePair] {
    zip(self, margins).map { pair, margin in
      var pair = pair
      pair.margin = margin
      return pair
    }
  }
}
