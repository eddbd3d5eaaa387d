import Autograd
import Datasets
package import LanguageModel
package import Tasks
package import TensorKernels
package import Tokenization

/// A random transformer of one layer, wide enough to be nowhere near uniform.
package func tinyModel<Scalar: TensorScalar>(
  vocabularySize: Int, maximumLength: Int, seed: UInt64, as _: Scalar.Type = Float.self
) -> Transformer<Scalar> {
  var generator = Seed(seed).generator(for: "test.tiny-model")
  var model = Transformer<Scalar>(
    configuration: ModelConfiguration(
      layers: 1, hiddenSize: 16, intermediateSize: 24, heads: 2, vocabularySize: vocabularySize,
      maximumLength: maximumLength),
    using: &generator)
  // Fresh weights have deviation 0.02, which leaves all tokens about equally likely.
  for i in model.parameters.values.indices where model.parameters.shapes[i].rows > 1 {
    for j in model.parameters.values[i].indices { model.parameters.values[i][j] *= 20 }
  }
  return model
}

/// The smallest enumerable language: three words, at most three of them, 40 completions.
package func tinyLanguage() throws -> EnumerableLanguage {
  var settings = EnumerableLanguage.Settings()
  settings.words = 3
  settings.maximumWords = 3
  return try EnumerableLanguage(settings)
}

/// A reward known by hand: the number of tokens.
package struct LengthReward: RewardFunction {
  /// A reward.
  package init() {}

  /// The number of tokens of each completion.
  package func rewards(of sequences: [TokenSequence]) -> [Double] {
    sequences.map { Double($0.completion.count) }
  }
}
