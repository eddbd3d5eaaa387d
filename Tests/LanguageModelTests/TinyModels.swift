import Autograd
import LanguageModel
import TensorKernels
import Tokenization

/// SplitMix64 of Steele (2014): a generator of a few lines, so that tests need no other module.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// A configuration small enough to differentiate by hand: two layers, grouped-query heads.
func tinyConfiguration(
  vocabularySize: Int = 7, tiedHead: Bool = true, maximumLength: Int = 32
) -> ModelConfiguration {
  ModelConfiguration(
    layers: 2, hiddenSize: 8, intermediateSize: 6, heads: 4, keyValueHeads: 2, headDimension: 2,
    vocabularySize: vocabularySize, maximumLength: maximumLength, tiedHead: tiedHead)
}

/// A model whose weights are large enough that every part of it matters.
func tinyModel<Scalar: TensorScalar>(
  _ configuration: ModelConfiguration = tinyConfiguration(), seed: UInt64 = 1,
  as scalar: Scalar.Type = Scalar.self
) -> Transformer<Scalar> {
  var generator = SplitMix(state: seed)
  var model = Transformer<Scalar>(configuration: configuration, using: &generator)
  for p in model.parameters.values.indices {
    for i in model.parameters.values[p].indices {
      model.parameters.values[p][i] += Scalar(generator.uniform() - 0.5)
    }
  }
  return model
}

/// Sequences of different lengths over a vocabulary of seven.
let exampleSequences = [
  TokenSequence(prompt: [1], completion: [4, 5, 6, 2]),
  TokenSequence(prompt: [1, 3, 6], completion: [2]),
  TokenSequence(prompt: [1, 5], completion: [3, 3, 0, 4, 6, 5]),
]
