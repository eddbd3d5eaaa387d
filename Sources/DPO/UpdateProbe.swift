import Datasets
import LanguageModel
import TensorKernels
import Tokenization

/// A few fixed sequences on which the policy is read after every update.
struct UpdateProbe {
  private let sequences: [TokenSequence]
  private var logProbabilities: [[Float]]

  init(_ pairs: some Sequence<PreferencePair>, policy: Transformer<Float>) {
    sequences = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
    logProbabilities = policy.logProbabilities(of: sequences)
  }

  /// ½·mean over tokens of (log π_new − log π_old)², where old is the policy of the last call.
  mutating func approximateKL(after policy: Transformer<Float>) -> Double {
    let new = policy.logProbabilities(of: sequences)
    let changes = zip(new.joined(), logProbabilities.joined()).map { Double($0 - $1) }
    logProbabilities = new
    return mean(of: changes.map { 0.5 * $0 * $0 }, ofNone: 0)
  }
}
