import Datasets
import LanguageModel
import TensorKernels
import Tokenization
import Training

/// What turns batches of preferences into gradients of a policy: one for pairs, one for rankings.
protocol PreferenceLearner: Learner<Transformer<Float>, DPOMetrics> {
  /// What measures the size of updates.
  var probe: UpdateProbe { get set }
  /// How the reference follows the policy, if it does.
  var movement: MovingReference? { get }
  /// Moves the reference once.
  mutating func moveReference(_ movement: MovingReference, towards policy: Transformer<Float>)
}

extension PreferenceLearner {
  /// Measures the update, and moves the reference where it is time.
  mutating func follow(_ model: Transformer<Float>, step: Int, metrics: inout DPOMetrics) {
    metrics.approximateKL = probe.approximateKL(after: model)
    guard let movement else { return }
    for _ in 0..<movement.moves(before: step - 1, now: step) {
      moveReference(movement, towards: model)
    }
  }
}

/// A few fixed sequences on which the policy is read after every update.
struct UpdateProbe {
  private let sequences: [TokenSequence]
  private let readers: InferenceWorkers<Float>
  private var logProbabilities: [[Float]]

  init(
    _ pairs: some Sequence<PreferencePair>, policy: Transformer<Float>,
    readers: InferenceWorkers<Float>
  ) {
    self.readers = readers
    sequences = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
    logProbabilities = policy.logProbabilities(of: sequences, on: readers)
  }

  /// ½·mean over tokens of (log π_new − log π_old)², where old is the policy of the last call.
  mutating func approximateKL(after policy: Transformer<Float>) -> Double {
    let new = policy.logProbabilities(of: sequences, on: readers)
    let changes = zip(new.joined(), logProbabilities.joined()).map { Double($0 - $1) }
    logProbabilities = new
    return mean(of: changes.map { 0.5 * $0 * $0 }, ofNone: 0)
  }
}
